#!/usr/bin/env python3
"""Ratios within one run: what the gateway adds, and other programs beside it.

usage: tests/bench/bench.py [--only NAME,...] [--quick] [--corpus DIR]
                            [--markdown FILE]

overhead    a text of 10 KB through the gateway, less its sanitizer's own time:
            claims, processes, sandbox, messages, scans with the tiny database;
            and with the durable record in the vault (fsync) on top
pdf         PDFs through the gateway beside `qpdf in out`
office      docx, xlsx and pptx of 0.3-2 MB, made and real ones, and doc, xls
            and ppt of 0.1-2 MB, beside `soffice --headless --convert-to`
large       an xlsx of 100 MB, a sheet of a million rows: time, and the memory of
            each program's processes at its highest
mix         a mixed folder: files/s and MB/s per core, two cores against one
memory      the whole gateway idle, at its highest, and over 10,000 files

Figures are medians or sums of one run on one machine; nothing here fails
because a machine is slow. Without the corpus, own samples take its place.
"""
import argparse
import contextlib
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/corpus"), str(ROOT / "tests/bench")]
import run  # noqa: E402
import gateway  # noqa: E402
import documents  # noqa: E402
import large  # noqa: E402

PUBLISHED_FILES, PUBLISHED_MEGABYTES = 0.46, 1.7


class Bench:
    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.lines = []

    def say(self, what, figure, aim=""):
        self.lines.append((what, figure, aim))
        print(f"{what:<58} {figure:>22}  {aim}", flush=True)

    @contextlib.contextmanager
    def gateway(self, name, config="", cores=None):
        running = gateway.Gateway(self.folder / name, config=config)
        mine = os.sched_getaffinity(0)
        if cores:  # children keep it
            os.sched_setaffinity(0, cores)
        try:
            running.start()
        finally:
            os.sched_setaffinity(0, mine)
        try:
            yield running
        finally:
            running.stop()

    def corpus(self, extensions, count):
        """Real files when they are there, else the samples that come out."""
        top = self.options.corpus if self.options.corpus.is_dir() else gateway.SAMPLES
        found = [path for path in sorted(top.rglob("*")) if path.is_file()
                 and path.suffix[1:].lower() in extensions]
        return found[::max(1, len(found) // count)][:count]


def one_by_one(client, pairs, record=True):
    """Seconds of each (data, name) and whether it came out."""
    for data, name in pairs:
        begun = time.monotonic()
        result = client.sanitize(data, name, record=record)
        yield time.monotonic() - begun, result["output"] is not None


def overhead(bench):
    times = 60 if bench.options.quick else 300
    line = "議事録 10 KB の文書 plain text that passes as it is.\r\n"
    data = (line * (10240 // len(line.encode()))).encode()
    path = bench.folder / "ten.txt"
    path.write_bytes(data)
    with bench.gateway("overhead") as running:
        client = running.client()
        took = {True: [], False: []}
        for number in range(2 * (times + 20)):
            record = number % 2 == 1
            (seconds, _), = one_by_one(client, [(data, "ten.txt")], record)
            if number >= 40:
                took[record].append(seconds)
    done = subprocess.run([gateway.BUILD / "tests/bench-library", str(times), path],
                          stdout=subprocess.PIPE, check=True, timeout=120)
    library = float(done.stdout) / 1000
    bare = statistics.median(took[False]) * 1000
    whole = statistics.median(took[True]) * 1000
    bench.say("overhead: 10 KB text through the gateway, no record", f"{bare:.2f} ms")
    bench.say("overhead: with its durable record", f"{whole:.2f} ms")
    bench.say("overhead: its sanitizer alone", f"{library:.3f} ms")
    bench.say("overhead: added per object, no record", f"{bare - library:.2f} ms",
              "at most 3 ms")
    bench.say("overhead: added per object, with the record", f"{whole - library:.2f} ms")


def pdf(bench):
    paths = bench.corpus({"pdf"}, 20 if bench.options.quick else 100)
    mine = other = 0.0
    ratios = []
    with bench.gateway("pdf") as running:
        client = running.client()
        for path in paths:
            begun = time.monotonic()
            done = subprocess.run(["qpdf", path, bench.folder / "out.pdf"],
                                  stderr=subprocess.DEVNULL, timeout=120, check=False)
            theirs = time.monotonic() - begun
            (took, out), = one_by_one(client, [(path.read_bytes(), path.name)])
            if out and done.returncode in (0, 3):
                mine, other = mine + took, other + theirs
                ratios.append(took / theirs)
    bench.say(f"pdf: {len(ratios)} files through the gateway", f"{mine:.2f} s")
    bench.say("pdf: the same by `qpdf in out`", f"{other:.2f} s")
    bench.say("pdf: ratio of the sums", f"{mine / other:.2f}", "at most 1.5")
    bench.say("pdf: median of the ratios", f"{statistics.median(ratios):.2f}")


# How many times faster than soffice, by the smallest file that is looked at.
OFFICE_AIMS = {"docx": (20, 3e5), "xlsx": (20, 3e5), "pptx": (20, 3e5),
               "doc": (50, 1e5), "xls": (50, 1e5), "ppt": (50, 1e5)}


def made_documents(bench, kind):
    make = {"docx": documents.docx, "xlsx": documents.xlsx}.get(kind)
    if make is None:
        return
    sizes = [0.3, 1.0] if bench.options.quick else [0.3, 0.7, 1.2, 2.0]
    for size in sizes:
        path = bench.folder / f"{size}.{kind}"
        path.write_bytes(make(int(size * 1e6)))
        yield path


def real_documents(bench, kind):
    """Those of the corpus of up to 2 MB, the smallest left out."""
    if not bench.options.corpus.is_dir():
        return []
    found = [path for path in sorted(bench.options.corpus.rglob(f"*.{kind}"))
             if path.is_file() and OFFICE_AIMS[kind][1] <= path.stat().st_size <= 2e6]
    count = 3 if bench.options.quick else 12
    return found[::-(-len(found) // count) or 1]


def beside_soffice(bench, client, path, kind):
    """Seconds by the gateway and by soffice; None where one does not do it."""
    data = path.read_bytes()
    took = list(one_by_one(client, [(data, path.name)] * 3))
    if not all(out for _, out in took):
        bench.say(f"office: {path.name[:32]} of {len(data) / 1e6:.2f} MB", "held")
        return None
    outputs = bench.folder / "lo-out"
    begun = time.monotonic()
    try:
        subprocess.run(["soffice", f"-env:UserInstallation=file://{bench.folder}/lo",
                        "--headless", "--convert-to", kind, "--outdir", outputs, path],
                       timeout=180, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False)
    except subprocess.TimeoutExpired:
        pass
    other = time.monotonic() - begun
    if not (outputs / path.name).exists():
        bench.say(f"office: {path.name[:32]} of {len(data) / 1e6:.2f} MB",
                  "soffice cannot")
        return None
    mine = statistics.median(seconds for seconds, _ in took)
    bench.say(f"office: {path.name[:32]} of {len(data) / 1e6:.2f} MB, gateway / soffice",
              f"{mine * 1000:.0f} / {other * 1000:.0f} ms")
    return mine, other


def office(bench):
    with bench.gateway("office") as running:
        client = running.client()
        for kind, (aim, _) in OFFICE_AIMS.items():
            for what, paths in (("made", made_documents(bench, kind)),
                                ("real", real_documents(bench, kind))):
                pairs = [beside_soffice(bench, client, path, kind) for path in paths]
                pairs = [pair for pair in pairs if pair]
                if not pairs:
                    continue
                mine, other = (sum(column) for column in zip(*pairs))
                bench.say(f"office: {what} {kind}, times faster ({len(pairs)} files)",
                          f"{other / mine:.1f}", f"at least {aim}")


def mix_once(bench, name, paths, cores):
    with bench.gateway(name, f"parallel: {len(cores)}\n", cores) as running:
        entries = [(path, path.suffix[1:].lower()) for path in paths]
        outputs = bench.folder / (name + "-out")
        outputs.mkdir()
        begun = time.monotonic()
        rows = run.send_all(running, entries, 2 * len(cores) + 2, outputs)
        took = time.monotonic() - begun
    size = sum(row["bytes"] for row in rows) / 1e6
    return len(rows) / took, size / took, sum(row["output"] is not None for row in rows)


def mix(bench):
    extensions = {"docx", "xlsx", "pptx", "pdf", "jpg", "png", "txt", "csv", "zip",
                  "docm", "xlsm", "pptm", "tif", "gif", "webp", "bmp"}
    paths = bench.corpus(extensions, 150 if bench.options.quick else 500)
    every = sorted(os.sched_getaffinity(0))
    one = mix_once(bench, "mix-one", paths, {every[0]})
    bench.say(f"mix: {len(paths)} files ({one[2]} came out), one core",
              f"{one[0]:.1f} files/s")
    bench.say("mix: one core", f"{one[1]:.2f} MB/s")
    bench.say(f"mix: files/s per core, times {PUBLISHED_FILES}",
              f"{one[0] / PUBLISHED_FILES:.1f}", "4 or more")
    bench.say(f"mix: MB/s per core, times {PUBLISHED_MEGABYTES}",
              f"{one[1] / PUBLISHED_MEGABYTES:.1f}", "4 or more")
    if len(every) > 1:
        two = mix_once(bench, "mix-two", paths, set(every[:2]))
        bench.say("mix: two cores", f"{two[0]:.1f} files/s")
        bench.say("mix: two cores against one", f"{two[0] / one[0]:.2f}",
                  "at least 1.8")


def memory(bench):
    count = 1000 if bench.options.quick else 10000
    with bench.gateway("memory") as running:
        watch = run.Memory(running.process.pid)
        idle = watch.now()
        watch.start()
        client = running.client()

        def send(first, last):
            waiting = 0
            for number in range(first, last):
                client.submit(b"%d end\n" % number, f"{number}.txt")
                waiting += 1
                while waiting >= 8:
                    client.result()
                    waiting -= 1
            while waiting:
                client.result()
                waiting -= 1
            # What has ended is gone, what waits for the next has come.
            time.sleep(1)
            return watch.shares()

        # Caches (the database's pages) are full after a thousand files.
        warm = send(0, 1000)
        begun = time.monotonic()
        late = send(1000, 1000 + count)
        took = time.monotonic() - begun - 1
        for path in bench.corpus({"pdf", "docx", "xlsx", "png", "jpg"}, 60):
            client.sanitize(path.read_bytes(), path.name)
        watch.ended.set()
        watch.join()
    bench.say("memory: whole gateway (PSS), idle", f"{idle / 1024:.0f} MiB")
    bench.say("memory: at its highest", f"{watch.highest / 1024:.0f} MiB")
    growth = {name: late[name] - warm.get(name, 0) for name in late}
    bench.say(f"memory: growth over {count} files, after 1000",
              f"{sum(growth.values()) / 1024:+.1f} MiB", "none")
    for name, size in sorted(growth.items()):
        if abs(size) > 100:
            bench.say(f"memory: of it {name}", f"{size} KiB")
    bench.say(f"memory: {count} small texts", f"{count / took:.0f} files/s")


PARTS = {"overhead": overhead, "pdf": pdf, "office": office, "large": large.measure,
         "mix": mix, "memory": memory}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--corpus", type=pathlib.Path,
                        default=ROOT.parent / "shared/corpus")
    parser.add_argument("--markdown", type=pathlib.Path)
    options = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        bench = Bench(options, pathlib.Path(name))
        for part in options.only.split(","):
            PARTS[part](bench)
    if options.markdown:
        rows = "".join(f"| {what} | {figure} | {aim} |\n" for what, figure, aim in bench.lines)
        real = "real files" if options.corpus.is_dir() else "the project's samples"
        options.markdown.write_text(
            "# Benchmarks\n\nMade by `tests/bench/bench.py --markdown docs/benchmarks.md`"
            f" (`./setup.sh bench` prints it),\nwith {real}, {os.cpu_count()} cores. "
            "What is measured stands in that script. What is added per object is claims,"
            " processes, sandbox,\nmessages and scans, to which the aim belongs; the record"
            " that the vault syncs to the disk stands beside\nit, measured in turn with"
            " it. Load of the machine by others before the"
            f" run: {load:.1f}{' (too busy to compare with the aims)' if load > 1 else ''}.\n\n"
            f"| what | figure | aim |\n|---|---|---|\n{rows}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
