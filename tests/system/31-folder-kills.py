#!/usr/bin/env python3
"""Killed at each named point, and each program at random moments: every file
dropped comes out exactly once, rebuilt, and the audit log verifies."""
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

import gateway

POINTS = ["folder.placed", "folder.claimed", "folder.submitted", "folder.result",
          "folder.temporary_written", "folder.target_written",
          "folder.report_appeared", "folder.appeared", "folder.delivered",
          "folder.removing_claim"]
RAW = "\x1b[31mred\x1b[0m"  # an escape sequence that may not come out
PROGRAMS = ["sekisho-folder", "sekisho-broker", "sekisho-worker", "sekisho-decoder",
            "sekisho-opener",
            "sekisho-scanner", "sekisho-verifier", "sekisho-reader",
            "sekisho-vault"]
CONFIG = """
folder:
  settle_ms: 200
  poll_seconds: 1
"""


def check_once(running, numbers):
    """Each number came out once, and nothing raw, half or temporary with it."""
    seen = {}
    for name in running.files("out"):
        assert "/.sekisho" not in name, name
        if name.endswith(".report.json"):
            continue
        text = (running.state / "out" / name).read_text()
        assert "\x1b" not in text, f"raw content in {name}"
        assert text.endswith("end\n"), f"half of {name}"
        number = int(text.split()[0])
        assert number not in seen, f"{number} twice: {name}, {seen[number]}"
        seen[number] = name
    assert set(seen) == set(numbers), f"lost: {set(numbers) - set(seen)}"
    assert not running.outcomes("held"), running.outcomes("held")


def drop(running, number):
    running.drop("税務課", f"{number}.txt", f"{number} {RAW} end\n".encode())


def verify_audit(running):
    done = subprocess.run(
        [gateway.BIN / "sekisho-audit", "verify", running.state / "audit", "--key",
         running.state / "audit/audit.pub"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def at_points(folder):
    flag = folder / "kill-now"
    numbers = 0
    for point in POINTS:
        running = gateway.Gateway(folder / "points", CONFIG, environment={
            "SEKISHO_KILL_AT": f"{point}@{flag}"})
        os.chmod(folder, 0o777)  # the killed program removes the flag
        running.start()
        flag.touch()
        for _ in range(3):
            numbers += 1
            drop(running, numbers)
        running.wait_outcomes(numbers)
        assert not flag.exists(), f"{point} was never reached"
        assert running.stop() == 0
        check_once(running, range(1, numbers + 1))
        print(f"killed at {point}: each file came out once", flush=True)
    verify_audit(running)


def held_at_points(folder):
    """What is held leaves one notice, and the vault is told of no delivery."""
    flag = folder / "kill-held"
    for count, point in enumerate(("folder.target_written", "folder.appeared",
                                   "folder.removing_claim"), 1):
        running = gateway.Gateway(folder / "held", CONFIG, environment={
            "SEKISHO_KILL_AT": f"{point}@{flag}"}).start()
        flag.touch()
        running.drop("課", f"{count}.exe", b"MZ" + bytes(200))
        end = time.monotonic() + 60
        while time.monotonic() < end and (flag.exists() or claims(running)):
            time.sleep(0.05)
        assert not flag.exists(), f"{point} was never reached"
        assert running.stop() == 0
        notices = [name for name in running.files("held")
                   if name.endswith(".held.txt")]
        assert len(notices) == count, notices
        assert not claims(running), claims(running)
        assert "delivery-not-recorded" not in running.log(), running.log()
        print(f"held, killed at {point}: one notice", flush=True)
    verify_audit(running)


def claims(running):
    folder = running.state / "in/.sekisho"
    return [path.name for path in folder.iterdir()] + [
        path.name for path in (running.state / "in").rglob("*.exe")]


def at_random(folder, rounds):
    chance = random.Random(7)
    running = gateway.Gateway(folder / "random", CONFIG).start()
    numbers = 0
    for _ in range(rounds):
        for _ in range(5):
            numbers += 1
            drop(running, numbers)
        time.sleep(chance.random() * 0.08)
        program = chance.choice([*PROGRAMS, "sekishod"])
        if program == "sekishod":
            running.kill()
            time.sleep(0.3)  # its programs end with it
            running.start()
        else:
            for pid in running.pids(program):
                os.kill(pid, signal.SIGKILL)
    running.wait_outcomes(numbers, 180)
    assert running.stop() == 0
    check_once(running, range(1, numbers + 1))
    verify_audit(running)
    print(f"{rounds} random kills: {numbers} files came out once each")


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 25
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o755)
        at_points(folder)
        held_at_points(folder)
        at_random(folder, rounds)


if __name__ == "__main__":
    sys.exit(main())
