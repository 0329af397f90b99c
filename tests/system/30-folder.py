#!/usr/bin/env python3
"""The drop folder: everything that people and programs put there comes out
rebuilt or is held for its own reason; nothing is lost, nothing comes twice."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time

import gateway

CONFIG = """
folder:
  settle_ms: 500
  poll_seconds: 2
"""
DEPARTMENT = "総務課"


def write_slowly(path, pieces):
    """A copy that takes its time, as over a slow share."""
    with open(path, "wb") as file:
        os.chmod(path, 0o644)
        for piece in pieces:
            file.write(piece)
            file.flush()
            time.sleep(0.3)


def reason(report):
    return (report["reason"] or {}).get("code", "")


def drop_all(running):
    """What comes out and what is held, by name."""
    out, held = {}, {}
    box = running.inbox(DEPARTMENT)
    running.drop(DEPARTMENT, "公告.txt", "入札公告\n".encode())
    out["公告.txt"] = "入札公告\n"
    running.drop(DEPARTMENT, "議事録.txt".encode("cp932"), b"cp932 name\n")
    out["議事録.txt"] = "cp932 name\n"
    running.drop(DEPARTMENT, b"bell\x07and\nnewline.txt", b"control\n")
    out["bell_and_newline.txt"] = "control\n"
    running.drop(DEPARTMENT + "/契約/令和7年度", "深い.txt", b"deep\n")
    out["契約/令和7年度/深い.txt"] = "deep\n"
    running.drop(DEPARTMENT, "空.txt", b"")
    held["空.txt"] = "type.empty"
    running.drop(DEPARTMENT, "道具.exe", b"MZ" + bytes(200))
    held["道具.exe"] = "type.executable"
    os.symlink("/etc/passwd", box / "リンク.txt")
    held["リンク.txt"] = "intake.not_regular"
    os.mkfifo(box / "fifo.txt")
    held["fifo.txt"] = "intake.not_regular"
    hidden = running.state.parent / "unreadable"
    hidden.write_text("secret")
    os.chmod(hidden, 0)
    os.rename(hidden, box / "読めない.txt")
    held["読めない.txt"] = "intake.unreadable"
    writer = threading.Thread(target=write_slowly, args=(
        box / "書込中.txt", [b"one\n", b"two\n", b"three\n", b"four\n"]))
    writer.start()
    out["書込中.txt"] = "one\ntwo\nthree\nfour\n"
    return out, held, writer


def check(running, out, held):
    delivered = running.outcomes(f"out/{DEPARTMENT}")
    assert set(delivered) == set(out), (set(delivered) ^ set(out))
    for name, text in out.items():
        content = (running.state / "out" / DEPARTMENT / name).read_text()
        assert content == text, (name, content)
    notices = running.outcomes(f"held/{DEPARTMENT}")
    found = {name.removesuffix(".held.txt"): reason(report)
             for name, report in notices.items()}
    assert found == held, (found, held)
    for name in notices:
        notice = (running.state / "held" / DEPARTMENT / name).read_text()
        assert notices[name]["item"] in notice and "理由" in notice and "Reason" in notice
    names = running.files("out") + running.files("held")
    assert not [name for name in names if "/.sekisho" in name], names
    # What cannot be read is not removed, everything else was taken.
    left = running.files(f"in/{DEPARTMENT}")
    assert left == ["読めない.txt"], left


def same_name_twice(running):
    before = len(running.outcomes("out")) + len(running.outcomes("held"))
    running.drop(DEPARTMENT, "二度.txt", b"first\n")
    running.wait_outcomes(before + 1)
    running.drop(DEPARTMENT, "二度.txt", b"second\n")
    running.wait_outcomes(before + 2)
    folder = running.state / "out" / DEPARTMENT
    assert (folder / "二度.txt").read_text() == "first\n"
    assert (folder / "二度 (2).txt").read_text() == "second\n"


def vault_away(running):
    """A delivery that the vault could not be told of is told when it is back."""
    before = len(running.outcomes("out")) + len(running.outcomes("held"))
    for number in range(12):
        running.drop(DEPARTMENT, f"保管{number}.txt", b"away\n")
        if number % 4 == 1:
            for pid in running.pids("sekisho-vault"):
                os.kill(pid, signal.SIGKILL)
    running.wait_outcomes(before + 12, 90)
    running.wait_ready()
    time.sleep(1)  # deliveries ride along with the next commit
    done = subprocess.run(
        [gateway.BIN / "sekisho", "items", "list", "--state", "ready", "--json",
         "--state-folder", running.state], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [], done.stdout


def closed_to_us_too_late(running):
    """A file that becomes unreadable just when it is taken is not lost: it comes
    out, or it lies where it lay and is said to be unreadable, once."""
    box = running.inbox("閉鎖課")
    before = len(running.outcomes("out")) + len(running.outcomes("held"))
    for number in range(20):
        path = box / f"{number}.txt"
        path.write_text("secret\n")
        try:
            os.chmod(path, 0)
        except FileNotFoundError:
            pass  # taken before
    running.wait_outcomes(before + 20)
    out = set(running.outcomes("out/閉鎖課"))
    held = {name.removesuffix(".held.txt") for name in running.outcomes("held/閉鎖課")}
    left = {path.name for path in box.iterdir()}
    assert held == left and not out & held and len(out | held) == 20, (out, held, left)


def already_there(running):
    """Files dropped while the gateway was down, and one written on afterwards."""
    box = running.inbox("夜間")
    (box / "朝.txt").write_bytes(b"morning\n")
    os.chmod(box / "朝.txt", 0o644)
    running.start()
    running.wait_outcomes(1)
    assert (running.state / "out/夜間/朝.txt").read_text() == "morning\n"


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o755)
        running = gateway.Gateway(folder / "state", CONFIG).start()
        running.stop()
        already_there(running)
        out, held, writer = drop_all(running)
        writer.join()
        running.wait_outcomes(1 + len(out) + len(held))
        check(running, out, held)
        same_name_twice(running)
        closed_to_us_too_late(running)
        vault_away(running)
        assert running.stop() == 0
    print("the drop folder took everything")


if __name__ == "__main__":
    if os.geteuid() != 0:
        # A plain user's own files are readable to its gateway: the case of an
        # unreadable file needs two users.
        print("needs root")
        sys.exit(77)
    sys.exit(main())
