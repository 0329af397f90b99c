#!/usr/bin/env python3
"""Sends a folder of real files through a running gateway and prints a table.

usage: tests/corpus/run.py [--corpus DIR] [--format docx,xlsx,...] [--limit N]
                           [--text] [--pages] [--jobs N] [--work DIR]
                           [--markdown FILE]

For each format: how many files, how many of them their own tool opens
(LibreOffice, poppler, libvips, Python), how many came out rebuilt, with --text
whether other tools see the same before and after, and what is left in the
output that should not be. The same is: text but for white space and what does
not show; pictures by size, pages and structural similarity (0.95); archives by
the number of files. With --pages LibreOffice draws the first page of each office
document before and after: alike is a structural similarity of 0.98 or more, and
a page that is not there afterwards or has another size is not alike (pages.py).
Without --format: those that a sanitizer takes; "all" is
every file. Outputs, reports and lists lie in the work folder (build/corpus).
Fails when a file takes over 60 s, a sandboxed process crashes,
or the gateway is not healthy at the end.
"""
import argparse
import collections
import json
import os
import pathlib
import re
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/system"))
import gateway  # noqa: E402
import other_tools  # noqa: E402
import pages  # noqa: E402
import plain_tools  # noqa: E402
import residue  # noqa: E402

PASSED = ("sanitized", "unchanged", "converted")
LIMIT_SECONDS = 60
# What must never be the reason, and what is worth a line each.
FAULTS = ("sandbox.", "internal", "unavailable", "protocol", "io")
TOLD = FAULTS + ("limit.",)


def our_extensions():
    """What the sanitizers take, by their tables."""
    table = (ROOT / "sanitizers/formats.def").read_text()
    found = set()
    for name in re.findall(r"^FORMAT\(\w+, (\w+),", table, re.MULTILINE):
        source = (ROOT / f"sanitizers/{name}.c").read_text()
        found.update(re.search(r'\.extensions = "([^"]*)"', source)[1].split())
    return found


def files(options):
    wanted = set(options.format.lower().split(",")) if options.format else our_extensions()
    if wanted == {"all"}:
        wanted = None
    counts = collections.Counter()
    for path in sorted(options.corpus.rglob("*")):
        if not path.is_file() or path.is_symlink() or path.name == "README.md":
            continue
        extension = path.suffix[1:].lower()
        if wanted is not None and extension not in wanted:
            continue
        counts[extension] += 1
        if options.limit and counts[extension] > options.limit:
            continue
        yield path, extension


class Memory(threading.Thread):
    """The share of memory of all the gateway's processes, watched."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid = pid
        self.highest = 0
        self.ended = threading.Event()

    def now(self):
        return sum(self.share(pid)["Pss"] for pid in self.family())

    def shares(self):
        """Memory of its own of each program, KiB."""
        found = collections.Counter()
        for pid in self.family():
            try:
                name = open(f"/proc/{pid}/cmdline", encoding="utf-8").read().split("\0")[0]
            except OSError:
                continue
            found[os.path.basename(name)] += self.share(pid)["Anonymous"]
        return found

    def family(self):
        parents = {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    stat = open(f"/proc/{entry}/stat", encoding="latin-1").read()
                    parents[int(entry)] = int(stat.rsplit(")", 1)[1].split()[1])
                except (OSError, IndexError):
                    continue
        family, added = {self.pid}, True
        while added:
            more = {pid for pid, parent in parents.items() if parent in family} - family
            family |= more
            added = bool(more)
        return family

    def share(self, pid):
        found = collections.Counter()
        try:
            for line in open(f"/proc/{pid}/smaps_rollup", encoding="ascii"):
                words = line.split()
                if words[0].endswith(":"):
                    found[words[0][:-1]] = int(words[1])
        except (OSError, IndexError):
            pass
        return found

    def run(self):
        while not self.ended.wait(0.5):
            self.highest = max(self.highest, self.now())


def send_all(running, entries, jobs, outputs):
    """Every file through the gateway, `jobs` at a time."""
    client, rows, tickets = running.client(), [], {}
    waiting = list(reversed(entries))
    while waiting or tickets:
        while waiting and len(tickets) < jobs:
            path, extension = waiting.pop()
            data = path.read_bytes()
            ticket = client.submit(data, path.name)
            tickets[ticket] = (path, extension, len(data), time.monotonic())
        result = client.result()
        path, extension, size, begun = tickets.pop(result["ticket"])
        report = result["report"] or {}
        row = {"path": path, "extension": extension, "bytes": size,
               "seconds": time.monotonic() - begun, "verdict": result["verdict"],
               "reason": (report.get("reason") or {}).get("code", ""),
               "detail": (report.get("reason") or {}).get("detail", ""),
               "removals": result["removals"], "output": None}
        stem = f"{path.parent.name}__{path.name}"
        (outputs / f"{stem}.json").write_text(json.dumps(report, ensure_ascii=False, indent=1))
        if result["output"] is not None:
            row["output_extension"] = result["extension"].lstrip(".") or extension
            row["output"] = outputs / f"{stem}.out.{row['output_extension']}"
            row["output"].write_bytes(result["output"])
        rows.append(row)
        progress(len(rows), len(entries), "through the gateway")
    client.close()
    return rows


def progress(done, of, what, last=[0.0]):
    """A line on a terminal once a second, elsewhere one each half minute."""
    terminal = sys.stderr.isatty()
    if time.monotonic() - last[0] < (1 if terminal else 30):
        return
    last[0] = time.monotonic()
    print(f"\r{what}: {done} of {of}" if terminal else f"{what}: {done} of {of}",
          end="" if terminal else "\n", file=sys.stderr, flush=True)


def judge_document(row, texts):
    before = texts.get(row["path"].read_bytes(), row["extension"])
    row["opens"] = before is not None
    known = other_tools.OFFICE | {"pdf"}
    if before is not None and row.get("output_extension") in known:
        after = texts.get(row["output"].read_bytes(), row["output_extension"])
        row["same"] = after is not None and other_tools.same(before, after)
        row["lost"] = after is None


def judge_plain(row):
    after = row["output"].read_bytes() if row["output"] else None
    row["opens"], same = plain_tools.compare(row["path"].read_bytes(), row["extension"], after,
                                             row.get("output_extension"))
    if same is not None and row["opens"]:
        row["same"], row["lost"] = same, False


def judge(rows, texts, with_text):
    """Adds to each row whether its tool opens it, whether what came out is the
    same, and its residue."""
    documents = other_tools.OFFICE | {"pdf"}
    judged = [row for row in rows if row["extension"] in documents]
    if with_text:
        texts.ask((row["path"].read_bytes(), row["extension"]) for row in judged)
        texts.ask((row["output"].read_bytes(), row["output_extension"])
                  for row in judged if row["output"])
    judged += [row for row in rows if row["extension"] in plain_tools.KNOWN]
    for number, row in enumerate(judged):
        progress(number, len(judged), "judged")
        if row["output"] and row["extension"] in documents:
            row["residue"] = residue.found(row["output"].read_bytes(),
                                           row["output_extension"], other_tools.OFFICE)
        if with_text and row["extension"] in documents:
            judge_document(row, texts)
        elif with_text:
            judge_plain(row)


def table(rows):
    """One line of figures for each format."""
    groups = collections.defaultdict(list)
    for row in rows:
        groups[row["extension"] or "(none)"].append(row)
    yield ["format", "files", "out", "opens", "of these out", "%", "compared", "equal",
           "pages", "alike", "%", "residue", "held, of all: reason (count)"]
    for extension in sorted(groups, key=lambda name: -len(groups[name])):
        group = groups[extension]
        out = [row for row in group if row["verdict"] in PASSED]
        opens = [row for row in group if row.get("opens")]
        good = [row for row in opens if row["verdict"] in PASSED]
        read = [row for row in good if "same" in row]
        drawn = [row for row in group if "alike" in row]
        alike = sum(row["alike"] >= pages.ALIKE for row in drawn)
        reasons = collections.Counter(row["reason"] for row in group
                                      if row["verdict"] not in PASSED)
        known = any("opens" in row for row in group)
        looked = any("residue" in row for row in group)
        yield [extension, len(group), len(out), len(opens) if known else "",
               len(good) if known else "",
               f"{100 * len(good) / len(opens):.1f}" if opens else "",
               len(read) if known else "",
               sum(row["same"] for row in read) if known else "",
               len(drawn) if drawn else "", alike if drawn else "",
               f"{100 * alike / len(drawn):.1f}" if drawn else "",
               sum(bool(row.get("residue")) for row in group) if looked else "",
               ", ".join(f"{name} {count}" for name, count in reasons.most_common())]


def lists(rows):
    """Named lists of what one must look at."""
    yield "over 60 s", [f"{row['seconds']:.1f} s {row['path']}" for row in rows
                        if row["seconds"] > LIMIT_SECONDS]
    yield "sandbox and limits", [f"{row['reason']} {row['path']} ({row['detail']})"
                                 for row in rows if row["reason"].startswith(TOLD)]
    yield "opens, but held", [f"{row['reason']} {row['path']} ({row['detail']})"
                              for row in rows if row.get("opens") and not row["output"]]
    yield "does not open afterwards", [str(row["path"]) for row in rows if row.get("lost")]
    yield "not the same", [f"{row['path']} ({row['removals']} removals)" for row in rows
                         if row.get("same") is False and not row["lost"]]
    yield "first page not alike", [f"{row['alike']:.3f} {row['path']} ({row['removals']} removals)"
                                   for row in rows if row.get("alike", 1) < pages.ALIKE]
    yield "residue", [f"{row['path']}: {'; '.join(row['residue'])}" for row in rows
                      if row.get("residue")]


def faults(rows):
    return [row for row in rows if row["seconds"] > LIMIT_SECONDS
            or row["reason"].startswith(FAULTS)]


def print_table(lines, stream):
    lines = [[str(cell) for cell in line] for line in lines]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]) - 1)]
    for number, line in enumerate(lines):
        cells = [cell.rjust(width) for cell, width in zip(line, widths)]
        print("| " + " | ".join(cells + [line[-1]]) + " |", file=stream)
        if number == 0:
            print("|" + "---|" * len(line), file=stream)


def summary(rows, took, memory):
    out = [row for row in rows if row["verdict"] in PASSED]
    size = sum(row["bytes"] for row in rows) / 1e6
    slow = sorted(rows, key=lambda row: -row["seconds"])[:3]
    return [f"{len(rows)} files, {size:.1f} MB in {took:.1f} s: {len(rows) / took:.1f} "
            f"files/s, {size / took:.2f} MB/s; {len(out)} came out.",
            f"Memory of the whole gateway (PSS): {memory[0] // 1024} MiB before, "
            f"{memory[1] // 1024} MiB at its highest, {memory[2] // 1024} MiB after.",
            "Slowest: " + ", ".join(f"{row['path'].name} {row['seconds']:.1f} s"
                                    for row in slow)]


def from_heading(path, heading):
    """What another program wrote at the end of a page, to be kept there."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return text[text.index(heading):] if heading in text else ""


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--corpus", type=pathlib.Path,
                        default=ROOT.parent / "shared/corpus")
    parser.add_argument("--format")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--text", action="store_true")
    parser.add_argument("--pages", action="store_true")
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--work", type=pathlib.Path, default=gateway.BUILD / "corpus")
    parser.add_argument("--markdown", type=pathlib.Path)
    return parser.parse_args(arguments)


def through_gateway(entries, jobs, outputs):
    """Rows, seconds, and memory before, highest and after."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        with gateway.Gateway(pathlib.Path(name) / "state") as running:
            watch = Memory(running.process.pid)
            idle = watch.now()
            watch.start()
            begun = time.monotonic()
            try:
                rows = send_all(running, entries, jobs, outputs)
            except (OSError, EOFError):
                print(running.log()[-4000:], file=sys.stderr)
                raise
            took = time.monotonic() - begun
            watch.ended.set()
            watch.join()
            running.wait_ready(10)
            outputs.with_name("gateway.log").write_text(running.log())
            return rows, took, (idle, watch.highest, watch.now())


def main(arguments=None):
    options = parse(arguments)
    entries = list(files(options))
    if not entries:
        print(f"no files in {options.corpus}", file=sys.stderr)
        return 64
    outputs = options.work / "outputs"
    outputs.mkdir(parents=True, exist_ok=True)
    rows, took, memory = through_gateway(entries, options.jobs, outputs)
    judge(rows, other_tools.Texts(options.work / "texts"), options.text)
    if options.pages:
        pages.judge(rows, options.work / "pages")
    lines, words = list(table(rows)), summary(rows, took, memory)
    print_table(lines, sys.stdout)
    print("\n" + "\n".join(words))
    for title, names in lists(rows):
        if names:
            print(f"\n{title} ({len(names)}):")
            print("\n".join("  " + name for name in names))
    if options.markdown:
        kept = from_heading(options.markdown, "## Messages")
        with open(options.markdown, "w", encoding="utf-8") as stream:
            print("# The corpus\n\nMade by `tests/corpus/run.py --text --pages --markdown "
                  "docs/corpus.md`: every file of\nthe folder of real files through a "
                  "running gateway. What the columns mean stands in that script.\n",
                  file=stream)
            print_table(lines, stream)
            print("\n" + "\n".join("- " + word for word in words), file=stream)
            print(f"\n{kept}" if kept else "", end="", file=stream)
    return 1 if faults(rows) else 0


if __name__ == "__main__":
    sys.exit(main())
