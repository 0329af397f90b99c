#!/usr/bin/env python3
"""What goes wrong around a message puts it off and loses nothing: a scanner that
hangs, a disk that is full or fails, a client that is slow, a sink that is away,
too much at once; and a message that kills what touches it is held in the end."""
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import gateway
import mailaccount
import mailsystem

USER = "user@" + mailsystem.DOMAIN
POLICY = """
policies:
  - {name: default, limits: {seconds: 5}}
"""


def ambiguous(number):
    """Held whole, so that its original has to be kept."""
    return mailsystem.plain(f"held {number}", "x" * 100, Content_Type="text/plain",
                            content_type="text/html")


def until_taken(relay, data, seconds=60):
    """As an MTA: again until 250. The codes on the way."""
    codes = []
    end = time.monotonic() + seconds
    while True:
        code, _ = relay.send(data, sender=f"s{time.time()}@example.com")
        codes.append(code)
        if code == 250:
            return codes
        assert code == 451, codes
        assert time.monotonic() < end, codes
        time.sleep(0.2)


def children(pid):
    found = [pid]
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            if int(stat.rsplit(")", 1)[1].split()[1]) == pid:
                found += children(int(entry.name))
    return found


def hung_scanner(relay):
    pids = [pid for top in relay.gateway.pids("sekisho-scanner") for pid in children(top)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    begun = time.monotonic()
    code, text = relay.send(mailsystem.plain("hung", "scanner"))
    took = time.monotonic() - begun
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
    assert code == 451 and took < 30, (code, text, took)
    until_taken(relay, mailsystem.plain("hung", "scanner"))
    assert not relay.items("--state", "held"), relay.items("--state", "held")
    print(f"a scanner that hangs: put off after {took:.1f} s, taken when it goes on")


def slow_client(relay):
    """A byte at a time; others are not kept waiting."""
    data = mailsystem.plain("slow", "drop by drop")
    done = []

    def drip():
        with socket.create_connection(("127.0.0.1", relay.port), 60) as s:
            stream = s.makefile("rwb")
            stream.readline()
            for line in (b"EHLO slow", b"MAIL FROM:<slow@example.com>",
                         b"RCPT TO:<" + USER.encode() + b">", b"DATA"):
                stream.write(line + b"\r\n")
                stream.flush()
                while stream.readline()[3:4] == b"-":
                    pass
            for byte in data + b".\r\n":
                stream.write(bytes([byte]))
                stream.flush()
                time.sleep(0.02)
            done.append(stream.readline())

    threads = [threading.Thread(target=drip) for _ in range(5)]
    for thread in threads:
        thread.start()
    times = []
    while any(thread.is_alive() for thread in threads):
        begun = time.monotonic()
        code, text = relay.send(mailsystem.plain("fast", f"{begun}"),
                                sender=f"f{begun}@example.com")
        times.append(time.monotonic() - begun)
        assert code == 250, (code, text)
    assert len(done) == 5 and all(reply.startswith(b"250") for reply in done), done
    print(f"5 slow clients; meanwhile {len(times)} others, {max(times):.2f} s at most")


def failing_sink(relay):
    before = len(relay.store.raw())
    relay.store.stop()
    for number in range(3):
        code, text = relay.send(mailsystem.plain("sink", f"away {number}"))
        assert code == 250, (code, text)
    end = time.monotonic() + 20
    while len(relay.edge.queued().get("deferred", [])) < 3:
        assert time.monotonic() < end, relay.edge.queued()
        time.sleep(0.1)
    relay.store.start()
    relay.edge.flush()
    relay.store.wait(before + 3)
    print("a sink that is away: the queue keeps it")


def overload(relay):
    """More at once than may be in memory: put off, and memory stays bounded."""
    body = ("z" * 70 + "\r\n") * 6000
    codes = []
    peak = []

    def one(number):
        codes.append(relay.send(mailsystem.plain("much", body + str(number)),
                                sender=f"o{number}@example.com")[0])

    threads = [threading.Thread(target=one, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        for pid in relay.gateway.pids("sekisho-milter"):
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            peak.append(int(status.split("VmHWM:")[1].split()[0]) // 1024)
        time.sleep(0.05)
    assert set(codes) <= {250, 451, 452}, codes
    assert codes.count(250) > 0 and codes.count(250) < 40, codes
    assert max(peak) < 200, max(peak)
    print(f"overload: {codes.count(250)} taken, {40 - codes.count(250)} put off, "
          f"{max(peak)} MB at most")


def poison(relay, kills):
    """Each attempt kills the broker: after three of them it is held whole."""
    data = mailsystem.plain("poison", "kills the broker each time")
    before = len(relay.items("--state", "held"))
    codes = []
    for _ in range(3):
        (kills / "broker.item_ended").touch()
        codes.append(relay.send(data)[0])
        end = time.monotonic() + 10
        while (kills / "broker.item_ended").exists() and time.monotonic() < end:
            codes[-1] = relay.send(data)[0]
        relay.gateway.wait_ready()
        time.sleep(0.3)
    assert codes == [451] * 3, codes
    assert relay.send(data)[0] == 250
    held = relay.items("--state", "held")
    assert len(held) == before + 1 and held[0]["reason"] == "mail.poison", held
    print("a message that kills the broker is held after three attempts")


def full_disk(relay, disk):
    filler = disk / "filler"
    with open(filler, "wb") as file:
        try:
            while True:
                file.write(bytes(65536))
                file.flush()
        except OSError:
            pass
    before = len(relay.items("--state", "held"))
    code, text = relay.send(ambiguous(1))
    assert code == 451, (code, text)
    filler.unlink()
    until_taken(relay, ambiguous(1))
    assert len(relay.items("--state", "held")) == before + 1
    print("a full disk: put off, then held and kept")


def failing_disk(relay, flag):
    before = len(relay.items("--state", "held"))
    flag.touch()
    for data in (ambiguous(2), mailsystem.plain("eio", "clean")):
        code, text = relay.send(data)
        assert code == 451, (code, text)
    flag.unlink()
    until_taken(relay, ambiguous(2))
    until_taken(relay, mailsystem.plain("eio", "clean"))
    assert len(relay.items("--state", "held")) == before + 1
    print("a disk that fails: put off, then held and kept")


def main():
    mailsystem.need_postfix()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o755)
        disk = folder / "work/relay/state"
        disk.mkdir(parents=True)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", disk],
                                 check=False, capture_output=True).returncode == 0
        flag = folder / "eio"
        os.environ["SEKISHO_FAILING_DISK"] = str(flag)
        relay, kills = mailaccount.relay_with_kills(
            folder / "work", config=POLICY,
            mail="  poison_after: 3\n  memory_bytes: 4MiB\n")
        relay.gateway.environment["LD_PRELOAD"] = str(gateway.BUILD
                                                      / "tests/failing-disk.so")
        try:
            with relay:
                hung_scanner(relay)
                slow_client(relay)
                failing_sink(relay)
                overload(relay)
                failing_disk(relay, flag)
                if mounted:
                    full_disk(relay, disk)
                poison(relay, kills)
        finally:
            if mounted:
                subprocess.run(["umount", "-l", disk], check=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
