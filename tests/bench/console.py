#!/usr/bin/env python3
"""The console under load: list and search over a full vault, many sessions at
once while files go through.

usage: tests/bench/console.py [--items N] [--sessions N] [--seconds N] [--quick]
"""
import argparse
import multiprocessing
import os
import pathlib
import pwd
import random
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/system"))
import gateway  # noqa: E402
import web  # noqa: E402

DEPARTMENTS = [f"第{number}課" for number in range(1, 21)]


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def fill(console, count):
    """So many held items, recorded as the broker has them recorded."""
    console.state.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([gateway.BUILD / "tests/bench-vault-fill", str(count)],
                          cwd=console.state, check=True, capture_output=True, text=True)
    print(f"  {done.stdout.strip()} items/s recorded in groups, with their audit records")
    if os.geteuid() == 0:
        user = pwd.getpwnam(web.GATEWAY_USER)
        for root, folders, files in os.walk(console.state):
            for name in [".", *folders, *files]:
                os.chown(os.path.join(root, name), user.pw_uid, user.pw_gid)


QUERIES = {
    "list": lambda: "",
    "next page": lambda: "?limit=50&cursor=" + str(random.randint(100, 90000)),
    "held": lambda: "?state=held",
    "department": lambda: "?department=" + urllib.parse.quote(random.choice(DEPARTMENTS)),
    "name": lambda: "?name=" + urllib.parse.quote(f"文書{random.randint(0, 99999)}"),
    "no such name": lambda: "?name=" + urllib.parse.quote("どこにもない"),
    "common name": lambda: "?name=" + urllib.parse.quote("予算"),
    "reason": lambda: "?reason=type.executable&limit=100",
}


def processor(console):
    """Seconds that the gateway's programs have had of the processor."""
    ticks = 0
    for program in ("sekisho-vault", "sekisho-web", "sekisho-broker"):
        for pid in console.pids(program):
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def measure(console, browser, seconds_each):
    """Besides the time by the clock what the gateway itself worked for a call,
    which does not depend on who else wants the processors."""
    print("search, one session:")
    worst = 0.0
    for name, query in QUERIES.items():
        times = []
        before = processor(console)
        end = time.monotonic() + seconds_each
        while time.monotonic() < end:
            begun = time.perf_counter()
            answer = browser.get("/api/v1/items" + query())
            times.append((time.perf_counter() - begun) * 1000)
            assert answer.status == 200, answer
        worst = max(worst, percentile(times, 0.95))
        worked = (processor(console) - before) * 1000 / len(times)
        print(f"  {name:12} {len(times):6} calls  median {percentile(times, 0.5):7.1f} ms"
              f"  p95 {percentile(times, 0.95):7.1f} ms  worked {worked:6.1f} ms", flush=True)
    return worst


class Session(threading.Thread):
    """A person who looks at a list every few seconds, on a connection that is
    kept, as browsers keep it. Its handshake comes before the measuring."""

    def __init__(self, browser, ready, until):
        super().__init__(daemon=True)
        self.browser, self.ready, self.until = browser, ready, until
        self.times, self.failures = [], 0

    def ask(self):
        try:
            return self.browser.get("/api/v1/items?limit=20").status == 200
        except OSError:
            return False

    def run(self):
        self.failures += not self.ask()
        self.ready.wait()
        time.sleep(8 * random.random())
        while time.monotonic() < self.until.value:
            begun = time.perf_counter()
            ok = self.ask()
            self.times.append((time.perf_counter() - begun) * 1000)
            self.failures += not ok
            time.sleep(random.uniform(2, 8))


def client(port, token, csrf, count, ready, until, results):
    """A process with some of the sessions: one for all of them would be slower
    than the server."""
    sessions = []
    for _ in range(count):
        browser = web.Browser(port)
        browser.token, browser.csrf = token, csrf
        sessions.append(Session(browser, ready, until))
        sessions[-1].start()
        time.sleep(0.05)
    for session in sessions:
        session.join(600)
    results.put(([value for session in sessions for value in session.times],
                 sum(session.failures for session in sessions)))


def flow(console, until, counts):
    client = console.client()
    sent = done = 0
    while time.monotonic() < until:
        while sent - done < 8:
            client.submit(f"本文 {sent}\n".encode(), f"{sent}.txt", department="第1課")
            sent += 1
        client.result()
        done += 1
    counts.append(done)
    client.close()


def memory(console):
    total = {}
    for program in ("sekisho-vault", "sekisho-web", "sekisho-broker"):
        for pid in console.pids(program):
            for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmRSS"):
                    total[program] = int(line.split()[1]) // 1024
    return ", ".join(f"{name} {size} MiB" for name, size in total.items())


CLIENTS = 8


def many(console, person, count, seconds):
    context = multiprocessing.get_context("fork")
    ready, until, results = context.Event(), context.Value("d", 0.0), context.Queue()
    # Sessions of one account are few; the load is in the connections.
    share = -(-count // CLIENTS)
    clients = [context.Process(target=client, args=(
        console.port, person.browser.token, person.browser.csrf, share, ready, until, results))
        for _ in range(CLIENTS)]
    for process in clients:
        process.start()
    time.sleep(share * 0.05 + 5)
    alone, counts = [], []
    flow(console, time.monotonic() + 5, alone)
    before = processor(console)
    until.value = time.monotonic() + seconds
    ready.set()
    flow(console, until.value, counts)
    used = processor(console) - before
    gathered = [results.get(timeout=seconds + 600) for _ in clients]
    for process in clients:
        process.join(60)
    times = [value for one, _ in gathered for value in one]
    failures = sum(failed for _, failed in gathered)
    print(f"{share * CLIENTS} sessions for {seconds} s while items flow:")
    print(f"  {len(times)} calls, {failures} failed, median {percentile(times, 0.5):.1f} ms,"
          f" p95 {percentile(times, 0.95):.1f} ms")
    print(f"  items: {alone[0] / 5:.1f}/s alone, {counts[0] / seconds:.1f}/s beside them")
    print(f"  processor: {used / seconds * 100:.0f} % of one for vault, web and broker")
    print(f"  memory: {memory(console)}")
    return failures


def load():
    """How many others want the processors."""
    return "load average " + " ".join(f"{value:.1f}" for value in os.getloadavg())


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--items", type=int, default=100000)
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    if options.quick:
        options.items, options.sessions, options.seconds = 500, 20, 5
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        folder = pathlib.Path(name)
        console = web.Console(folder / "state", extra="connections_per_address: 400\n"
                              "connections: 512",
                              config="vault:\n  node: bench\n")
        print(f"filling the vault with {options.items} items", flush=True)
        fill(console, options.items)
        with console:
            for department in DEPARTMENTS:
                console.unit(department)
            everything = console.person("all", "", "reviewer")
            one = console.person("one", DEPARTMENTS[3], "reviewer")
            print(load())
            print("who sees every department:")
            worst = measure(console, everything.browser, 1 if options.quick else 4)
            print("who sees one of twenty:")
            worst = max(worst, measure(console, one.browser, 1 if options.quick else 4))
            print(load())
            failures = many(console, everything, options.sessions, options.seconds)
            print(f"worst p95 of list and search: {worst:.1f} ms")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
