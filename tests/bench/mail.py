#!/usr/bin/env python3
"""Mail through the gateway and through other filters, in one run.

usage: tests/bench/mail.py [--quick] [--ways alone,null,clamav,rspamd,amavis,sekisho]
                           [--sets "4 KB,200 KB,5 MB,mix"] [--corpus DIR]
                           [--markdown FILE]

Each way is a Postfix of its own (samples/postfix, edge) with that filter, and
smtp-sink behind it; ten sessions send, a connection for each message. All
filters that scan have the same signatures: those of the samples.

accepted    messages answered with 250 in a second, from the first to the last
drained     messages at the sink in a second, from the first one's connection
p50, p99    from the end of a message's data to the reply
memory      share (PSS) of all the filter's processes at its highest, clamd's
            included, Postfix's not

Only what stands in one run can be compared: other work on the machine moves
all of it. A filter that cannot be started is named, with the reason.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in
                ("tests/corpus", "tests/system", "tests/bench", "samples/postfix")]
import run  # noqa: E402
import gateway  # noqa: E402
import instance  # noqa: E402
import mailmessages  # noqa: E402
import mailpeers  # noqa: E402
import mailsystem  # noqa: E402

SESSIONS = 10
# Messages of each set; a tenth with --quick, a fifth for a slow way.
COUNTS = {"4 KB": 2000, "200 KB": 500, "5 MB": 40, "mix": 300}
QUICK = {"4 KB": 300, "200 KB": 100, "5 MB": 10, "mix": 90}
SLOW = {"amavis": 4}
DRAIN_SECONDS = 240


class Memory(run.Memory):
    """The highest share of several families of processes."""

    def __init__(self, pids):
        super().__init__(pids[0] if pids else 0)
        self.pids = pids

    def now(self):
        total = 0
        for self.pid in self.pids:
            total += run.Memory.now(self)
        return total


class Delivered:
    """Counts what the edge handed to the sink, from its log."""

    def __init__(self, edge, port):
        self.path = edge.folder / "maillog"
        self.word = f"relay=127.0.0.1[127.0.0.1]:{port},"
        self.at = 0
        self.rest = ""
        self.count = 0

    def look(self):
        with open(self.path, encoding="utf-8", errors="replace") as log:
            log.seek(self.at)
            text = self.rest + log.read()
            self.at = log.tell()
        lines = text.split("\n")
        self.rest = lines.pop()
        self.count += sum(self.word in line and "status=sent" in line for line in lines)
        return self.count


class Way:
    """One filter with its Postfix and its sink."""

    def __init__(self, key, folder, number):
        self.key = key
        self.folder = folder / key
        self.peer = mailpeers.PEERS[key](self.folder)
        self.first = number * 1_000_000
        ports = mailsystem.free_ports(4)
        self.port, back, self.store, outside = ports
        self.edge = instance.Instance(
            "edge", self.folder / "edge", PORT=self.port, RETURN_PORT=back,
            INNER_PORT=self.store, OUTSIDE_PORT=outside, MILTER="unix:none",
            LINK="may")
        self.sink = None

    def __enter__(self):
        try:
            self.peer.start()
            # The brake of a queue that fills is not what is measured.
            self.edge.write("in_flow_delay = 0s\n" + self.peer.extra())
            with open(self.edge.config / "master.cf", "a", encoding="ascii") as master:
                master.write(self.peer.services(self.edge))
            self.sink = subprocess.Popen(
                ["smtp-sink", "-u", "nobody", f"127.0.0.1:{self.store}", "1000"],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, preexec_fn=gateway.die_with_parent)
            mailsystem.listening(self.store)
            self.edge.start()
            mailsystem.listening(self.port)
            return self
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        self.edge.stop()
        self.peer.stop()
        if self.sink:
            self.sink.kill()
            self.sink.wait()

    def load(self, paths, count):
        """Sends; [(at, took, code)] in microseconds."""
        done = subprocess.run(
            [gateway.BUILD / "tests/bench-smtp-load", str(self.port), str(SESSIONS),
             str(count), str(self.first), "someone@example.com",
             "user@" + mailsystem.DOMAIN, *paths],
            stdout=subprocess.PIPE, text=True, check=True, timeout=1200)
        self.first += count
        return [tuple(map(int, line.split())) for line in done.stdout.splitlines()]

    def measure(self, paths, count):
        self.load(paths, 2 * SESSIONS)
        self.drain(2 * SESSIONS, 60)
        memory = Memory(self.peer.pids())
        memory.start()
        begun = time.monotonic()
        rows = self.load(paths, count)
        accepted = sum(code == 250 for _, _, code in rows)
        delivered = self.drain(accepted, DRAIN_SECONDS)
        took = time.monotonic() - begun
        memory.highest = max(memory.highest, memory.now())
        memory.ended.set()
        memory.join()
        times = sorted(took for _, took, code in rows if code == 250)
        codes = sorted({code for _, _, code in rows if code != 250})
        return {"sent": count, "accepted": accepted, "delivered": delivered,
                "codes": codes, "memory": memory.highest / 1024,
                "rate": accepted / (max(row[0] for row in rows) / 1e6),
                "drain": delivered / took,
                "p50": statistics.median(times) / 1000 if times else float("nan"),
                "p99": times[int(len(times) * 0.99)] / 1000 if times else float("nan")}

    def drain(self, count, seconds):
        """Waits for so many more deliveries; how many came."""
        if not hasattr(self, "delivered"):
            self.delivered = Delivered(self.edge, self.store)
            self.before = 0
        end = time.monotonic() + seconds
        while self.delivered.look() - self.before < count and time.monotonic() < end:
            time.sleep(0.02)
        came = self.delivered.count - self.before
        self.before = self.delivered.count
        return came


class Table:
    head = ("messages", "filter", "accepted/s", "drained/s", "of Postfix alone",
            "p50 ms", "p99 ms", "PSS MiB", "")

    def __init__(self):
        self.rows = []
        self.results = {}

    def add(self, kind, key, result, alone):
        self.results[kind, key] = result
        note = ""
        if result["accepted"] < result["sent"]:
            note = f"{result['sent'] - result['accepted']} refused {result['codes']}"
        if result["delivered"] < result["accepted"]:
            note += f" {result['accepted'] - result['delivered']} not at the sink"
        share = f"{result['drain'] / alone['drain']:.2f}" if alone else ""
        self.say(kind, mailpeers.PEERS[key].name, f"{result['rate']:.1f}",
                 f"{result['drain']:.1f}", share, f"{result['p50']:.1f}",
                 f"{result['p99']:.1f}", f"{result['memory']:.0f}", note)

    def say(self, *cells):
        self.rows.append(cells)
        print("{:<8} {:<24} {:>10} {:>10} {:>8} {:>8} {:>8} {:>8}  {}".format(*cells),
              flush=True)


def aims(table):
    """(what, figure, aim, reached)"""
    def drain(kind, key):
        result = table.results.get((kind, key))
        return result["drain"] if result else None

    found = []
    for kind in ("4 KB", "200 KB"):
        mine, other = drain(kind, "sekisho"), drain(kind, "clamav")
        if mine and other:
            found.append((f"{kind}, times clamav-milter", mine / other, 1.0))
    for kind in COUNTS:
        mine, other = drain(kind, "sekisho"), drain(kind, "amavis")
        if mine and other:
            found.append((f"{kind}, times amavisd-new", mine / other, 5.0))
    if drain("mix", "sekisho"):
        found.append(("mix, messages a second", drain("mix", "sekisho"), 20.0))
    return [(what, f"{figure:.2f}", f"at least {aim:g}",
             "reached" if figure >= aim else "not reached") for what, figure, aim in found]


ACCOUNT = "## The account under kills"


def markdown(options, table, reached, missing, load):
    def line(cells):
        return "| " + " | ".join(str(cell) for cell in cells) + " |\n"

    real = "with mails and documents of public test suites" \
        if options.corpus.is_dir() else "of made messages"
    text = ("# Mail beside other filters\n\nMade by `tests/bench/mail.py"
            f"{' --quick' if options.quick else ''} --markdown docs/benchmarks-mail.md`; "
            "what is measured,\nand how, stands in that script. "
            f"{os.cpu_count()} cores, {SESSIONS} sessions, the mix {real}.\nLoad of the "
            f"machine by others before the run: {load:.1f}"
            f"{' (too busy to hold the aims to it)' if load > 1 else ''}.\nOnly figures of "
            "one run can be compared.\namavisd-new stands behind the queue: what it accepts is Postfix's "
            "figure,\nwhat it drains is its own.\n"
            "rspamd is told to ask clamd, but let the EICAR test message pass like this "
            "(clamav-milter\nand amavisd-new stopped it): its figures are those of its own "
            "rules.\n\n")
    text += line(Table.head) + line(["---"] * len(Table.head))
    text += "".join(line(row) for row in table.rows)
    text += "\nBy what is drained:\n\n" + line(("aim", "figure", "wanted", "")) \
        + line(["---"] * 4) + "".join(line(row) for row in reached)
    for name, why in missing:
        text += f"\n{name} was not measured: {why}.\n"
    before = options.markdown.read_text(encoding="utf-8") if options.markdown.exists() else ""
    if ACCOUNT in before:  # of another program
        text += "\n" + before[before.index(ACCOUNT):]
    options.markdown.write_text(text, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--ways", default=",".join(mailpeers.PEERS))
    parser.add_argument("--sets", default=",".join(COUNTS))
    parser.add_argument("--corpus", type=pathlib.Path, default=pathlib.Path(
        os.environ.get("SEKISHO_CORPUS", ROOT.parent / "shared/corpus")))
    parser.add_argument("--markdown", type=pathlib.Path)
    options = parser.parse_args()
    if not instance.available():
        print("mail: needs root and Postfix: not measured")
        return 0
    load = os.getloadavg()[0]
    counts = QUICK if options.quick else COUNTS
    table, missing = Table(), []
    table.say(*Table.head)
    table.rows.clear()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o755)
        kinds = options.sets.split(",")
        paths = {}
        for kind, messages in mailmessages.sets(options.corpus, gateway.SAMPLES,
                                                kinds).items():
            paths[kind] = []
            for number, data in enumerate(messages):
                path = folder / f"{kind.replace(' ', '-')}-{number}"
                path.write_bytes(data)
                paths[kind].append(path)
        for number, key in enumerate(options.ways.split(",")):
            try:
                with Way(key, folder, number) as way:
                    for kind in kinds:
                        count = max(SESSIONS, counts[kind] // SLOW.get(key, 1))
                        table.add(kind, key, way.measure(paths[kind], count),
                                  table.results.get((kind, "alone")))
            except (mailpeers.Missing, RuntimeError, OSError) as error:
                missing.append((mailpeers.PEERS[key].name,
                                str(error).strip().split("\n")[0]))
                print(f"{missing[-1][0]}: not measured: {error}", flush=True)
    table.rows.sort(key=lambda row: list(COUNTS).index(row[0]))
    reached = aims(table)
    for row in reached:
        print("{:<34} {:>8}  {}: {}".format(*row))
    if options.markdown:
        markdown(options, table, reached, missing, load)
    return 0


if __name__ == "__main__":
    sys.exit(main())
