#!/usr/bin/env python3
"""sekishod: says when it is ready, runs as a plain user, restarts what dies,
lets no stranger's frame disturb it, and leaves nothing behind when it stops."""
import array
import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

import gateway

PROGRAMS = ["sekisho-vault", "sekisho-broker", "sekisho-worker", "sekisho-decoder",
            "sekisho-opener",
            "sekisho-scanner", "sekisho-verifier", "sekisho-reader",
            "sekisho-folder"]


def wait_for(what, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = what()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError("did not come true in time")


def records(state, action):
    """Of programs, from the log's files: object, reason, outcome."""
    found = []
    for path in sorted((pathlib.Path(state) / "audit").glob("log-*.jsonl")):
        for line in path.read_bytes().split(b"\n"):
            if line.endswith(b"}") and b'"program:' in line:
                record = json.loads(line)
                if record["action"] == action:
                    assert record["actor"] == "sekishod", record
                    assert record["version"] > 1600000000000, record
                    found.append((record["object"].removeprefix("program:"),
                                  record["reason"], record["outcome"]))
    return found


def one_pid(running, program):
    return wait_for(lambda: (running.pids(program) or [None])[0])


def notices(path):
    server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    server.bind(str(path))
    os.chmod(path, 0o777)
    server.settimeout(30)
    return server


def user_of(pid):
    for line in open(f"/proc/{pid}/status", encoding="ascii"):
        if line.startswith("Uid:"):
            return {int(word) for word in line.split()[1:]}
    return set()


def runs_as_a_plain_user(running):
    pids = [running.process.pid] + [one_pid(running, name) for name in PROGRAMS]
    for pid in pids:
        assert 0 not in user_of(pid), f"{pid} runs as root"


def restarts_what_dies(running):
    for program in PROGRAMS:
        old = one_pid(running, program)
        os.kill(old, signal.SIGKILL)
        new = wait_for(lambda: [pid for pid in running.pids(program) if pid != old])
        running.wait_ready()
        client = running.client()
        assert client.sanitize(b"after\n", "after.txt")["verdict"] == "unchanged"
        client.close()
        end = (program, "signal.9", "restarting")
        wait_for(lambda: end in records(running.state, "program.end"), 90)
        back = (program, "", "running")
        wait_for(lambda: back in records(running.state, "program.start"), 90)
        print(f"{program} killed: {old} -> {new[0]}, and it goes on, on record")
    assert running.log().count("program-ended") >= len(PROGRAMS)
    ends = records(running.state, "program.end")
    assert ends.count(("sekisho-vault", "signal.9", "restarting")) == 1, ends
    assert ("sekisho-worker", "broker.ended", "restarting") in ends, ends


def waits_longer_each_time(running):
    for _ in range(4):
        os.kill(one_pid(running, "sekisho-verifier"), signal.SIGKILL)
        time.sleep(0.05)
    assert "failures=4" in running.log(), "the failures in a row are not counted"
    running.wait_ready()


def survives_bad_frames(running):
    def connect():
        return running.client().socket

    header = struct.pack("<IIQ", gateway.MESSAGE["MESSAGE_SUBMIT"], 0, 1)
    bad = {
        "short": b"abc",
        "wrong length": header[:4] + struct.pack("<I", 99) + header[8:],
        "unknown type": struct.pack("<IIQ", 9999, 0, 1),
        "somebody else's": struct.pack("<IIQ", gateway.MESSAGE["MESSAGE_JOB_DONE"], 0, 1),
        "no content": header,
        "garbage": struct.pack("<IIQ", gateway.MESSAGE["MESSAGE_SUBMIT"], 40, 1) + bytes(40),
        "too long": struct.pack("<IIQ", 1, 65000, 1) + bytes(65000),
    }
    neighbour = running.client()
    for name, frame in bad.items():
        peer = connect()
        peer.send(frame)
        assert peer.recv(100) == b"", f"{name}: not closed"
        assert neighbour.sanitize(b"fine\n", "a.txt")["verdict"] == "unchanged", name
    # Two descriptors where one is allowed: refused, and none is kept.
    broker = one_pid(running, "sekisho-broker")
    before = len(os.listdir(f"/proc/{broker}/fd"))
    for _ in range(20):
        peer = connect()
        two = array.array("i", [0, 1])
        try:
            peer.sendmsg([header], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, two)])
            assert peer.recv(100) == b"", "two descriptors: not closed"
        except (ConnectionError, BrokenPipeError):
            pass
        peer.close()
    assert neighbour.sanitize(b"fine\n", "a.txt")["verdict"] == "unchanged"
    # The answer comes a moment before the item's own are closed.
    for _ in range(100):
        after = len(os.listdir(f"/proc/{broker}/fd"))
        if after <= before + 1:
            break
        time.sleep(0.02)
    assert after <= before + 1, f"descriptors leak: {before} -> {after}"


def nested_objects_run_side_by_side(folder):
    """With the hostile worker, whose `pair` waits for two that hang."""
    sys.path.insert(0, str(pathlib.Path(__file__).parent))
    programs = folder / "bin"
    programs.mkdir()
    for program in gateway.BIN.iterdir():
        (programs / program.name).write_bytes(program.read_bytes())
        os.chmod(programs / program.name, 0o755)
    hostile = (gateway.BUILD / "tests/hostile-worker").read_bytes()
    (programs / "sekisho-worker").write_bytes(hostile)
    kept, gateway.BIN = gateway.BIN, programs
    limits = "policies:\n  - name: default\n    limits:\n      seconds: 8\n"
    running = gateway.Gateway(folder / "nested", limits)
    with running:
        client = running.client()
        client.submit(b"pair\n", "pair.txt")
        zygote = one_pid(running, "sekisho-worker")
        wait_for(lambda: len(children(zygote, spare=False)) == 3, 7)
        result = client.result()
        assert result["report"]["reason"]["code"] == "limit.time", result
    gateway.BIN = kept
    print("two nested objects ran beside each other and their parent")


def children(zygote, spare):
    """The processes that wait for a job, or those that have one."""
    found = set()
    for pid in pathlib.Path(f"/proc/{zygote}/task/{zygote}/children").read_text().split():
        try:
            name = pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
        except OSError:
            continue
        if (name == "spare") == spare:
            found.add(int(pid))
    return found


def state_of(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def processes_wait_in_the_sandbox(folder):
    """Each serves one job, with the limits of its policy, and is not missed."""
    config = ("policies:\n  - name: small\n    limits: {cpu_seconds: 3}\n"
              "rules:\n  - {department: small, policy: small}\n")
    with gateway.Gateway(folder / "spares", config) as running:
        client = running.client()
        zygote = one_pid(running, "sekisho-worker")
        assert not children(zygote, spare=True)

        def after(department):
            result = client.sanitize(b"fine\n", "a.txt", department=department)
            assert result["verdict"] == "unchanged", result
            return wait_for(lambda: len(found := children(zygote, True)) == 2 and found)

        def seconds(pid):
            for line in open(f"/proc/{pid}/limits", encoding="ascii"):
                if line.startswith("Max cpu time"):
                    return line.split()[3]

        first = after("large")
        for pid in first:
            state = wait_for(lambda: (s := state_of(pid))["Seccomp"] == "2" and s)
            assert state["NoNewPrivs"] == "1" and int(state["CapEff"], 16) == 0, state
            assert seconds(pid) == "60", seconds(pid)
        second = after("large")
        assert first - second, "no process that waited took a job and ended with it"
        small = after("small")
        assert len(small & second) == 0 and {seconds(pid) for pid in small} == {"3"}
        for pid in small:
            os.kill(pid, signal.SIGKILL)
        again = after("small")
        # Those that die with a job in their hands, but unread: another does it.
        for pid in again:
            os.kill(pid, signal.SIGSTOP)
        client.submit(b"fine\n", "a.txt", department="small")
        time.sleep(0.3)
        for pid in again:
            os.kill(pid, signal.SIGKILL)
        result = client.result()
        assert result["verdict"] == "unchanged", result
        again = wait_for(lambda: len(found := children(zygote, True)) == 2 and found)
        os.kill(zygote, signal.SIGKILL)
        wait_for(lambda: not any(pathlib.Path(f"/proc/{pid}").exists() for pid in again))
        client.close()
    print("processes wait in the sandbox for one job each")


def second_one_is_refused(running):
    done = subprocess.run([gateway.BIN / "sekishod", "--state", running.state],
                          capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1 and "already-running" in done.stderr, done.stderr


def a_damaged_vault_stays_down(folder):
    """And while it is down nothing comes out."""
    running = gateway.Gateway(folder / "damaged").start()
    running.drop("", "before.txt", b"before\n")
    running.wait_outcomes(1)
    running.stop()
    key = running.state / "keys/vault.key"
    whole = key.read_bytes()
    key.write_bytes(whole[:-1])
    running.start(wait=0)
    running.wait_ready(healthy=False)
    wait_for(lambda: "program-stays-down program=sekisho-vault" in running.log())
    running.drop("", "after.txt", b"after\n")
    time.sleep(2)
    assert not (running.state / "out/after.txt").exists()
    assert not running.client().status()["healthy"]
    assert not running.pids("sekisho-vault")
    # What it ended by is told to the vault that is mended, by another sekishod.
    running.stop()
    assert records(running.state, "program.end") == []
    assert (running.state / "programs.pending").exists()
    key.write_bytes(whole)
    running.start()
    down = ("sekisho-vault", "exit.2", "down")
    wait_for(lambda: records(running.state, "program.end") == [down], 90)
    wait_for(lambda: not (running.state / "programs.pending").exists(), 90)
    running.stop()
    assert records(running.state, "program.end") == [down]
    print("a damaged vault stays down, and nothing passes; it is on record afterwards")


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o777)
        server = notices(folder / "notify")
        running = gateway.Gateway(folder / "state", environment={
            "NOTIFY_SOCKET": str(folder / "notify")}).start()
        assert server.recv(100) == b"READY=1"
        if os.geteuid() == 0:
            runs_as_a_plain_user(running)
        second_one_is_refused(running)
        survives_bad_frames(running)
        restarts_what_dies(running)
        waits_longer_each_time(running)
        pids = [pid for program in PROGRAMS for pid in running.pids(program)]
        assert running.stop() == 0
        assert server.recv(100) == b"STOPPING=1"
        for pid in pids:
            assert not pathlib.Path(f"/proc/{pid}").exists(), f"{pid} is left"
        a_damaged_vault_stays_down(folder)
        nested_objects_run_side_by_side(folder)
        processes_wait_in_the_sandbox(folder)
    print("the supervisor does what it should")


if __name__ == "__main__":
    sys.exit(main())
