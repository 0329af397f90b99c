#!/usr/bin/env python3
"""A full and a read-only out/: nothing half-written, nothing lost; what waited
comes out as soon as there is room. Needs root to mount a small disk."""
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import gateway

FILES = 12
SIZE = 100 * 1024


def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True)


def settle(running, seconds=4):
    """Until nothing new has come out for a while."""
    last, since = None, time.monotonic()
    while time.monotonic() - since < seconds:
        now = running.files("out")
        if now != last:
            last, since = now, time.monotonic()
        time.sleep(0.1)
    return last


def check_whole(running, out):
    """Every file that shows is whole and rebuilt."""
    names = [name for name in out if name.endswith(".txt")]
    for name in names:
        text = (running.state / "out" / name).read_text()
        assert text.endswith("end\n") and "\x1b" not in text, name
    return len(names)


def content(number):
    return (f"{number} \x1b[1m" + "x" * SIZE + " end\n").encode()


def main():
    if os.geteuid() != 0:
        print("needs root")
        return 77
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o755)
        disk = folder / "disk"
        disk.mkdir()
        mount("-t", "tmpfs", "-o", "size=512k,mode=0777", "tmpfs", str(disk))
        try:
            return run(folder, disk)
        finally:
            subprocess.run(["umount", "-l", str(disk)], check=False)


def run(folder, disk):
    running = gateway.Gateway(folder / "state", f"folders:\n  out: {disk}\n")
    (running.state / "out").symlink_to(disk)  # for the library: it looks there
    running.start()
    for number in range(FILES):
        running.drop("土木課", f"{number}.txt", content(number))
    whole = check_whole(running, settle(running))
    assert 0 < whole < FILES, whole
    assert "io.no_space" in running.log(), running.log()[-2000:]
    print(f"full disk: {whole} of {FILES} came out, each whole")
    # The neighbours go on: what is held needs no room there.
    running.drop("土木課", "道具.exe", b"MZ" + bytes(100))
    end = time.monotonic() + 30
    while not running.outcomes("held") and time.monotonic() < end:
        time.sleep(0.1)
    assert running.outcomes("held"), "a held file waited for the disk"
    mount("-o", "remount,size=16m", str(disk))
    running.wait_outcomes(FILES + 1, 90)
    assert check_whole(running, running.files("out")) == FILES
    mount("-o", "remount,ro", str(disk))
    running.drop("土木課", "読取専用.txt", content(99))
    time.sleep(3)
    assert check_whole(running, running.files("out")) == FILES
    running.stop()  # and what waits survives a restart
    mount("-o", "remount,rw", str(disk))
    running.start()
    running.wait_outcomes(FILES + 2, 60)
    assert check_whole(running, running.files("out")) == FILES + 1
    assert running.stop() == 0
    print("read-only disk: what waited came out after it could be written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
