#!/usr/bin/env python3
"""Processor time for each object, by program: what can be compared where the
clock cannot, on a machine with other work.

usage: tests/bench/cpu.py [--builds BUILD,...] [--count N] [--rounds N] [--record]
                          [--corpus DIR] WHAT...

WHAT: "text" (10 KB), "4 KB", "200 KB", "5 MB", "mix" (mails of tests/bench/mail.py)
or a file. Several builds take turns; each figure is the median of its rounds.
Times are those of the kernel: user and system, of a program itself (a zygote:
its forks) and of its processes that have ended. What the kernel does later, for
nobody in particular, is not in them.
"""
import argparse
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/system"), str(ROOT / "tests/bench")]
TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


def objects(what, corpus):
    """[content], file name, and what a door vouches for."""
    import gateway
    import mailmessages

    if what == "text":
        line = "議事録 10 KB の文書 plain text that passes as it is.\r\n"
        return [(line * (10240 // len(line.encode()))).encode()], "ten.txt", ""
    if what == "mix" or re.fullmatch(r"\d+ [KM]B", what):
        messages = mailmessages.sets(corpus, gateway.SAMPLES, [what])[what]
        return ([re.sub(rb"(?m)^\.\.", b".", data) for data in messages],
                "message.eml", "eml")
    path = pathlib.Path(what)
    return [path.read_bytes()], path.name, ""


def times(top):
    """{program: [own, its ended processes'] in ms} of the family of a process."""
    rows = {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text()
        except OSError:
            continue
        fields = stat.rsplit(")", 1)[1].split()
        rows[int(entry.name)] = (stat[stat.index("(") + 1:stat.rindex(")")],
                                 int(fields[1]), [int(field) for field in fields[11:15]])
    family = {top}
    while True:
        more = {pid for pid, row in rows.items() if row[1] in family} - family
        if not more:
            break
        family |= more
    total = {}
    for pid in family & rows.keys():
        name, _, ticks = rows[pid]
        # The scanner's generations run as the same file by another name.
        sums = total.setdefault("generation" if name == "exe" else name, [0, 0])
        sums[0] += (ticks[0] + ticks[1]) * TICK_MS
        sums[1] += (ticks[2] + ticks[3]) * TICK_MS
    total.pop("spare", None)
    return total


def measure(what, count, record, corpus):
    import gateway

    contents, name, vouched = objects(what, corpus)
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        with gateway.Gateway(pathlib.Path(folder) / "state") as running:
            client = running.client()

            def send(number):
                content = contents[number % len(contents)]
                client.sanitize(content.replace(b"@@NUMBER@@", b"%010d" % number), name,
                                record=record, format=vouched)

            for number in range(10):
                send(number)
            time.sleep(0.3)
            before = times(running.process.pid)
            for number in range(10, 10 + count):
                send(number)
            time.sleep(0.3)  # the last processes end, the next ones wait
            after = times(running.process.pid)
    for program, sums in sorted(after.items()):
        old = before.get(program, [0, 0])
        print(program, *((new - was) / count for new, was in zip(sums, old)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--builds", default=os.environ.get("SEKISHO_BUILD",
                                                           str(ROOT / "build")))
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--corpus", type=pathlib.Path,
                        default=ROOT.parent / "shared/corpus")
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("what", nargs="+")
    options = parser.parse_args()
    if options.once:
        measure(options.what[0], options.count, options.record, options.corpus)
        return 0
    builds = options.builds.split(",")
    for what in options.what:
        found = {build: [] for build in builds}
        for _ in range(options.rounds):
            for build in builds:
                command = [sys.executable, __file__, "--once", "--count", str(options.count),
                           "--corpus", str(options.corpus), what]
                command += ["--record"] if options.record else []
                done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True,
                                      env={**os.environ, "SEKISHO_BUILD": build})
                found[build].append({row[0]: (float(row[1]), float(row[2])) for row in
                                     (line.split() for line in done.stdout.splitlines())})
        for build, rounds in found.items():
            whole = [sum(map(sum, one.values())) for one in rounds]
            print(f"{what}: {statistics.median(whole):.2f} ms for each ({build})")
            for program in sorted(set().union(*rounds)):
                own, ended = (statistics.median(one.get(program, (0, 0))[which]
                                                for one in rounds) for which in (0, 1))
                if own + ended >= 0.02:
                    print(f"    {program:<16} {own:6.2f} itself {ended:6.2f} its processes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
