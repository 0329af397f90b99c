#!/usr/bin/env python3
"""The demonstration: a gateway on a fresh folder, fed with the samples.

usage: samples/demo.py [--once] [--state FOLDER] [--lang ja|en] [--no-console]
       samples/demo.py --code LOGIN [--state FOLDER]

Starts sekishod with the sample definitions, drops the demo samples in
in/DEPARTMENT/, waits for each outcome and shows them as a table. Then it goes on
running, so that you can drop files of your own, until Ctrl+C; with --once it
stops and exits 0 only if every sample met its expectation. The console runs
with accounts that are printed; --code gives the second factor of one now.
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unicodedata

import demo_console
import demo_mail

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = pathlib.Path(os.environ.get("SEKISHO_BUILD", ROOT / "build"))
DEPARTMENT = "総務課"
WAIT_SECONDS = 120

TEXT = {
    "ja": {
        "head": ("入ったもの", "結果", "出たもの", "除去したもの / 保留の理由"),
        "sanitized": "無害化", "unchanged": "そのまま", "converted": "変換",
        "blocked": "保留", "password": "保留(パスワード)",
        "waiting": "検体を {} 件投入しました。結果を待っています…",
        "where": "受付: {0}\n結果: {1}\n保留の通知: {2}\n記録: {3}",
        "again": "{} にファイルを置くと無害化されます。終了は Ctrl+C。",
        "missing": "結果が出ませんでした", "expected": "期待と違います: {}",
        "good": "すべての検体が期待どおりでした。", "more": "ほか {} 種",
        "console": "コンソール: https://localhost:{}/(自己署名証明書)",
        "accounts": ("ID", "役割", "パスワード"),
        "code": "確認コード: samples/demo.py --code ID{}",
        "pending": "shinsa の承認依頼が一件、kessai を待っています。",
        "recipient": "パスワード付き ZIP のメールが届いています。受信者のページ:\n  {0}\n"
                     "  パスワードは {1}、届いたメールは {2}",
        "roles": {"administrator": "管理者", "auditor": "監査", "reviewer": "審査",
                  "approver": "承認", "staff": "職員"},
    },
    "en": {
        "head": ("came in", "outcome", "came out", "what was removed / why it is held"),
        "sanitized": "sanitized", "unchanged": "unchanged", "converted": "converted",
        "blocked": "held", "password": "held (password)",
        "waiting": "Dropped {} samples; waiting for their outcomes...",
        "where": "intake: {0}\noutput: {1}\nnotices of what is held: {2}\nlog: {3}",
        "again": "Drop your own files in {}. Ctrl+C ends the demonstration.",
        "missing": "no outcome came", "expected": "not as expected: {}",
        "good": "Every sample met its expectation.", "more": "and {} more kinds",
        "console": "console: https://localhost:{}/ (self-signed certificate)",
        "accounts": ("ID", "role", "password"),
        "code": "second factor: samples/demo.py --code ID{}",
        "pending": "A request of shinsa waits for kessai's approval.",
        "recipient": "A mail with a password ZIP has come. The recipient's page:\n  {0}\n"
                     "  Its password is {1}; what is delivered lies in {2}",
        "roles": {role: role for role in ("administrator", "auditor", "reviewer",
                                          "approver", "staff")},
    },
}


def width(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def cut(text, size):
    while width(text) > size:
        text = text[:-2] + "…"
    return text


def print_table(head, rows):
    columns = max(80, shutil.get_terminal_size((120, 24)).columns)
    sizes = [max(width(row[i]) for row in [head, *rows]) for i in range(3)]
    sizes = [min(size, 34) for size in sizes]
    rest = max(30, columns - sum(sizes) - 6)
    for number, row in enumerate([head, *rows]):
        cells = [cut(cell, size) for cell, size in zip(row, sizes)]
        line = "  ".join(cell + " " * (size - width(cell))
                         for cell, size in zip(cells, sizes))
        lines = row[3].split("\n")
        print((line + "  " + cut(lines[0], rest)).rstrip())
        for more in lines[1:]:
            print(" " * (sum(sizes) + 6) + cut(more, rest))
        if number == 0:
            print("-" * min(columns, sum(sizes) + 6 + rest))


class Demo:
    def __init__(self, state, lang, console=True):
        self.console = console
        self.port = self.door = self.mailbox = None
        self.state = state
        self.lang = lang
        self.text = TEXT[lang]
        self.inbox = state / "in" / DEPARTMENT
        self.log = state.parent / (state.name + ".log")
        self.process = None
        self.seen = set()

    def start(self):
        definitions = self.state / "definitions"
        if self.state.exists():
            shutil.rmtree(self.state)
        self.state.mkdir(parents=True)
        os.chmod(self.state, 0o755)
        # Beside the state, where the gateway's user can reach them.
        shutil.copytree(BUILD / "samples/definitions", definitions)
        command = [BUILD / "bin/sekishod", "--state", self.state, "--definitions",
                   definitions]
        if self.console:
            config, self.port, self.door, self.mailbox = \
                demo_console.configure(self.state)
            command += ["--config", config]
        log = open(self.log, "wb")
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL, stderr=log)
        log.close()
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if self.process.poll() is not None:
                sys.exit(f"sekishod ended:\n{self.log.read_text()}")
            if self.is_healthy():
                return
            time.sleep(0.1)
        sys.exit(f"the gateway did not become ready:\n{self.log.read_text()}")

    def show_console(self):
        people, pending = demo_console.prepare(self.state, self.port)
        print(self.text["console"].format(self.port))
        rows = [self.text["accounts"]]
        rows += [(person.login, self.text["roles"][person.role], person.password)
                 for person in people.values()]
        for row in rows:
            print("  " + "  ".join(cell + " " * (14 - width(cell)) for cell in row))
        given = "" if self.state == default_state() else f" --state {self.state}"
        print(self.text["code"].format(given))
        if pending:
            print(self.text["pending"])
        link = demo_mail.bring(self.door, self.mailbox)
        if link:
            print(self.text["recipient"].format(link, demo_mail.PASSWORD,
                                                self.mailbox.folder))

    def is_healthy(self):
        done = subprocess.run([BUILD / "bin/sekisho", "status", "--state", self.state],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              check=False)
        return done.returncode == 0

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)

    def drop(self, samples):
        self.inbox.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:  # the gateway takes files out of the folder
            os.chown(self.inbox, *self.owner())
        os.chmod(self.inbox, 0o777)  # and anybody here may try it
        os.chmod(self.inbox.parent, 0o755)
        for path in samples:
            hidden = self.state / ".dropping"  # not below in/: it would be taken
            shutil.copyfile(path, hidden)
            os.rename(hidden, self.inbox / path.name)

    def owner(self):
        status = os.stat(self.state / "in")
        return status.st_uid, status.st_gid

    def reports(self):
        """Every report that has appeared, newest last, each once."""
        found = []
        for top in ("out", "held"):
            for path in sorted((self.state / top).rglob("*.report.json")):
                if path not in self.seen and not path.name.startswith("."):
                    self.seen.add(path)
                    found.append((path, json.loads(path.read_text())))
        return found

    def row(self, path, report):
        verdict = report["verdict"]
        passes = verdict in ("sanitized", "unchanged", "converted")
        out = path.name[:-len(".report.json")] if passes else "-"
        if passes:
            sentences = []
            for removal in report["removals"]:
                sentence = f"{removal[self.lang]} [{removal['kind']}]"
                if sentence not in sentences:
                    sentences.append(sentence)
            shown = sentences[:6]
            if len(sentences) > 6:
                shown.append(self.text["more"].format(len(sentences) - 6))
            why = "\n".join(shown)
        else:
            why = f"{report['reason'][self.lang]} [{report['reason']['code']}]"
        return report["input"]["name"], self.text[verdict], out, why


def demo_samples():
    chosen = []
    for path in sorted((BUILD / "samples").rglob("*.expect.json")):
        expectation = json.loads(path.read_text())
        if expectation.get("demo"):
            chosen.append((path.with_name(path.name[:-len(".expect.json")]), expectation))
    return chosen


def unmet(report, path, expectation):
    """What of the expectation does not hold, "" when all does."""
    problems = []
    if report["verdict"] != expectation["verdict"]:
        problems.append(f"{report['verdict']} != {expectation['verdict']}")
    kinds = {removal["kind"] for removal in report["removals"]}
    missing = set(expectation["removals"]) - kinds
    if missing:
        problems.append("not reported: " + " ".join(sorted(missing)))
    reason = (report["reason"] or {}).get("code", "")
    if expectation.get("reason", reason) != reason:
        problems.append(f"{reason} != {expectation['reason']}")
    wanted = expectation.get("output")
    if wanted and path.name != wanted + ".report.json":
        problems.append(f"{path.name} != {wanted}")
    return ", ".join(problems)


def default_state():
    """In the checkout where the gateway's user can reach it, else elsewhere."""
    state = ROOT / "var" / "demo"
    if os.geteuid() != 0:
        return state
    folder = ROOT
    while folder != folder.parent:
        if not os.stat(folder).st_mode & 0o001:
            return pathlib.Path(tempfile.gettempdir()) / "sekisho-demo"
        folder = folder.parent
    return state


def run(demo, once):
    samples = demo_samples()
    expectations = {path.name: expectation for path, expectation in samples}
    demo.start()
    demo.drop([path for path, _ in samples])
    print(demo.text["waiting"].format(len(samples)), flush=True)
    outcomes, bad = {}, []
    end = time.monotonic() + WAIT_SECONDS
    while len(outcomes) < len(samples) and time.monotonic() < end:
        for path, report in demo.reports():
            outcomes[report["input"]["name"]] = (path, report)
        time.sleep(0.1)
    print_table(demo.text["head"],
                [demo.row(*outcomes[name]) for name in sorted(outcomes)])
    for name, expectation in expectations.items():
        problem = demo.text["missing"]
        if name in outcomes:
            path, report = outcomes[name]
            problem = unmet(report, path, expectation)
        if problem:
            bad.append(f"{name} ({problem})")
    print()
    print(demo.text["where"].format(demo.inbox, demo.state / "out" / DEPARTMENT,
                                    demo.state / "held" / DEPARTMENT, demo.log))
    if demo.console:
        print()
        demo.show_console()
        print()
    for line in bad:
        print(demo.text["expected"].format(line))
    if not bad:
        print(demo.text["good"])
    if once:
        return 1 if bad or not samples else 0
    print(demo.text["again"].format(demo.inbox), flush=True)
    while demo.process.poll() is None:
        for path, report in demo.reports():
            print_table(demo.text["head"], [demo.row(path, report)])
            sys.stdout.flush()
        time.sleep(0.5)
    return 1


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--state", type=pathlib.Path)
    parser.add_argument("--no-console", action="store_true")
    parser.add_argument("--code", metavar="LOGIN")
    language = "ja" if os.environ.get("LANG", "").startswith("ja") else "en"
    parser.add_argument("--lang", choices=("ja", "en"), default=language)
    options = parser.parse_args()
    if options.code:
        code = demo_console.code((options.state or default_state()).absolute(),
                                 options.code)
        print(code or f"no such account: {options.code}")
        return 0 if code else 1
    demo = Demo((options.state or default_state()).absolute(), options.lang,
                not options.no_console)
    try:
        return run(demo, options.once)
    except KeyboardInterrupt:
        print()
        return 0
    finally:
        demo.stop()


if __name__ == "__main__":
    sys.exit(main())
