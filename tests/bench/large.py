"""A workbook of 100 MB: whether it passes, how long it takes, and how much
memory each process has at its highest."""
import collections
import threading
import time

import documents
import run

MEGABYTE = 1e6
AIM_FACTOR, AIM_BASE = 4, 32 * 1024 * 1024
WORKERS = {"sekisho-worker", "sekisho-verifier", "sekisho-scanner"}


class Highest(threading.Thread):
    """The most memory that a process of each program had, in bytes, by the
    kernel's own high-water mark; looked at often, as processes end."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.family = run.Memory(pid).family
        self.bytes = collections.Counter()
        self.ended = threading.Event()

    def look(self):
        for pid in self.family():
            try:
                with open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:
                    name = file.read().split("\0")[0].rsplit("/", 1)[-1]
                with open(f"/proc/{pid}/status", encoding="utf-8") as file:
                    marks = [line.split() for line in file if line.startswith("VmHWM")]
            except OSError:
                continue
            if marks:
                self.bytes[name] = max(self.bytes[name], int(marks[0][1]) * 1024)

    def run(self):
        while not self.ended.wait(0.05):
            self.look()


def measure(bench):
    rows = 200_000 if bench.options.quick else 1_000_000
    path = bench.folder / "large.xlsx"
    part = documents.large_xlsx(path, rows)
    data = path.read_bytes()
    path.unlink()
    with bench.gateway("large") as running:
        watch = Highest(running.process.pid)
        watch.start()
        client = running.client()
        client.socket.settimeout(600)
        begun = time.monotonic()
        result = client.sanitize(data, path.name)
        took = time.monotonic() - begun
        watch.ended.set()
        watch.join()
    came = result["verdict"]
    if result["output"] is None:
        reason = result["report"]["reason"]
        came = f"{reason['code']} {reason.get('detail', '')}"
    bench.say(f"large: xlsx of {len(data) / MEGABYTE:.0f} MB, a sheet of {rows} rows",
              came, "passes")
    bench.say("large: time", f"{took:.1f} s")
    bench.say("large: its largest part", f"{part / MEGABYTE:.0f} MB")
    for name in sorted(watch.bytes):
        size = watch.bytes[name]
        aim = AIM_FACTOR * part + AIM_BASE
        if name in WORKERS:
            bench.say(f"large: highest memory of {name}", f"{size / MEGABYTE:.0f} MB",
                      f"at most {aim / MEGABYTE:.0f} MB"
                      + ("" if size <= aim else ": missed"))
