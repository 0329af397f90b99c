#!/usr/bin/env python3
"""Ten thousand files at once: each comes out once, memory does not grow."""
import os
import pathlib
import sys
import tempfile
import time

import gateway


def memory_kilobytes(running):
    """Resident memory of the gateway's long-lived programs."""
    total = {}
    for program in ["sekishod", "sekisho-broker", "sekisho-worker", "sekisho-decoder", "sekisho-opener",
                    "sekisho-scanner", "sekisho-verifier", "sekisho-reader",
                    "sekisho-vault", "sekisho-folder"]:
        pids = [running.process.pid] if program == "sekishod" else running.pids(program)
        total[program] = 0
        for pid in pids:
            for line in open(f"/proc/{pid}/status", encoding="ascii"):
                if line.startswith("RssAnon:"):
                    total[program] += int(line.split()[1])
    return total


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10000
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o755)
        running = gateway.Gateway(folder / "state").start()
        box = running.inbox("全庁")
        begun = time.monotonic()
        for number in range(count):
            (folder / "x").write_bytes(b"%d end\n" % number)
            os.rename(folder / "x", box / f"{number}.txt")
            if number == count // 10:
                early = memory_kilobytes(running)
        running.wait_outcomes(count, 600)
        took = time.monotonic() - begun
        late = memory_kilobytes(running)
        names = [name for name in running.files("out") if not name.endswith(".json")]
        numbers = sorted(int((running.state / "out" / name).read_text().split()[0])
                         for name in names)
        assert numbers == list(range(count)), "lost or doubled"
        assert not running.files("held")
        print(f"{count} files in {took:.0f} s, {count / took:.0f} files/s")
        for program, kilobytes in late.items():
            print(f"  {program}: {early[program]} -> {kilobytes} KiB")
            # The list of waiting names shrinks again; caches may settle.
            assert kilobytes - early[program] < 16 * 1024, program
        assert running.stop() == 0


if __name__ == "__main__":
    sys.exit(main())
