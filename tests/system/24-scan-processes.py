#!/usr/bin/env python3
"""The scans of one item by one process: it waits between them, ends with its
item, holds it when it dies, and is not believed when it fails at a second one."""
import os
import pathlib
import signal
import sys
import tempfile
import time

import gateway

LIMITS = "policies:\n  - name: default\n    recheck: false\n    limits:\n      seconds: {}\n"
TRIES = 5


def wait_for(what, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = what()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError("did not come true in time")


def children(pid, spare=False):
    """{pid} below it that have a job, or that wait for their first."""
    found = set()
    try:
        pids = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return found
    for child in pids:
        try:
            name = pathlib.Path(f"/proc/{child}/comm").read_text().strip()
        except OSError:
            continue
        if (name == "spare") == spare:
            found.add(int(child))
    return found


def scanning(running):
    """Processes that scan, or wait for another scan of their item."""
    return set().union(*map(children, children(running.pids("sekisho-scanner")[0])))


def the_one_that_waits(running, seconds=60):
    """A process that was just forked ahead has not its name yet."""
    def same_twice():
        found = scanning(running)
        time.sleep(0.2)
        return len(found) == 1 and scanning(running) == found and found

    return next(iter(wait_for(same_twice, seconds)))


def programs_with_hostile_worker(folder):
    """A copy of the programs in which the worker takes its time."""
    folder.mkdir()
    for program in gateway.BIN.iterdir():
        (folder / program.name).write_bytes(program.read_bytes())
    worker = gateway.BUILD / "tests/hostile-worker"
    (folder / "sekisho-worker").write_bytes(worker.read_bytes())
    for program in folder.iterdir():
        os.chmod(program, 0o755)
    os.chmod(folder, 0o755)


def one_ends_with_its_item(folder):
    with gateway.Gateway(folder / "ends", LIMITS.format(12)) as running:
        client = running.client()
        client.submit(b"hang please\n", "hang.txt")
        waiting = the_one_that_waits(running)
        result = client.result()
        assert result["report"]["reason"]["code"] == "limit.time", result
        wait_for(lambda: not pathlib.Path(f"/proc/{waiting}").exists())
        client.close()
    print("a process that waits for another scan ends with its item")


def one_that_dies_holds_its_item(running, client):
    """At once, and not those that come after it."""
    client.submit(b"hang please\n", "hang.txt")
    waiting = the_one_that_waits(running)
    time.sleep(0.5)  # where it were still scanning, the reason is the same
    os.kill(waiting, signal.SIGKILL)
    result = client.result()
    assert result["report"]["reason"]["code"] == "sandbox.killed", result
    assert client.sanitize(b"fine\n", "next.txt")["verdict"] == "unchanged"
    print("one that dies while it waits holds its item")


def another_decides(running, client):
    """Where a process dies over its second scan. Whether it has that in its
    hands cannot be seen from outside: once of a few times it will."""
    for _ in range(TRIES):
        client.submit(b"slow please\n", "slow.txt")
        worker = running.pids("sekisho-worker")[0]
        try:
            waiting = the_one_that_waits(running, 3)
            wait_for(lambda: state(waiting) == "S")
            os.kill(waiting, signal.SIGSTOP)
            wait_for(lambda: not children(worker))
            time.sleep(1)
            os.kill(waiting, signal.SIGKILL)
        except (AssertionError, ProcessLookupError, FileNotFoundError):
            pass  # the item was faster
        result = client.result()
        if result["verdict"] == "unchanged" and "scan-again" in running.log():
            assert result["output"] == b"fine\n", result
            print("another process decides where a used one fails")
            return
        reason = (result["report"]["reason"] or {}).get("code")
        assert reason in ("sandbox.killed", None), result
    raise AssertionError("never seen with a second scan in its hands")


def state(pid):
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    return stat.rsplit(")", 1)[1].split()[0]


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o755)
        programs_with_hostile_worker(folder / "bin")
        gateway.BIN = folder / "bin"
        one_ends_with_its_item(folder)
        with gateway.Gateway(folder / "state", LIMITS.format(120)) as running:
            client = running.client()
            one_that_dies_holds_its_item(running, client)
            another_decides(running, client)
            client.close()


if __name__ == "__main__":
    sys.exit(main())
