"""The account of a relay under kills: every message has a recipient of its own,
so that what was accepted can be held against what arrived, whatever became of
its content; and a canary that must arrive nowhere."""
import base64
import collections
import os
import pathlib
import quopri
import random
import re
import signal
import smtplib
import sqlite3
import threading
import time

import gateway
import mailsystem

# Where a program kills itself, once for each file of that name.
POINTS = ["mail.header", "mail.body", "mail.submitting", "mail.result", "mail.deleted",
          "mail.replacing", "mail.answering", "mail.closing", "broker.job_ended",
          "broker.item_ended", "vault.blob_written", "vault.committing",
          "vault.committed"]
# What is killed from outside, at any moment.
OURS = ["sekisho-worker", "sekisho-scanner", "sekisho-verifier", "sekisho-reader",
        "sekisho-milter", "sekisho-broker", "sekisho-vault"]
POSTFIX = ["cleanup", "smtpd", "qmgr"]
CANARY = "KANARIENVOGEL-\x1b[31m"
ATTEMPT_SECONDS = 180


class Account:
    def __init__(self, relay, kill_folder, threads=6, chance=None):
        self.relay = relay
        self.kills = kill_folder
        self.threads = threads
        self.chance = chance or random.Random(3)
        self.lock = threading.Lock()
        self.next = 0
        self.accepted = {}       # number: whether an attempt before had no reply
        self.codes = collections.Counter()
        self.given_up = []
        self.done_kills = 0

    def message(self, number):
        """By fours: held whole, text alone, a program that is held, a table."""
        subject = f"number {number}"
        text = f"unique-{number} {CANARY}\x08 end"
        if number % 4 == 0:
            return mailsystem.plain(subject, text, Content_Type="text/plain",
                                    content_type="text/html")
        if number % 4 == 1:
            return mailsystem.plain(subject, text)
        kind = "application/x-msdownload" if number % 4 == 2 else "text/csv"
        name = "setup.exe" if number % 4 == 2 else "table.csv"
        content = (b"MZ" + CANARY.encode() * 20 if number % 4 == 2
                   else b"a,b\r\n=cmd|'/c calc'!A0,2\r\n")
        boundary = f"limit{number}"
        body = (f"--{boundary}\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\n{text}\r\n"
                f"--{boundary}\r\nContent-Type: {kind}; name={name}\r\n"
                "Content-Transfer-Encoding: base64\r\n"
                f"Content-Disposition: attachment; filename={name}\r\n\r\n"
                + base64.encodebytes(content).decode().replace("\n", "\r\n")
                + f"--{boundary}--")
        return mailsystem.plain(subject, body, MIME_Version="1.0",
                                Content_Type=f'multipart/mixed; boundary="{boundary}"')

    def client(self, count):
        while True:
            with self.lock:
                number = self.next
                self.next += 1
            if number >= count:
                return
            self.deliver(number)

    def deliver(self, number):
        """As an MTA does: again and again until it has been told 250."""
        data = self.message(number)
        unclear = False
        end = time.monotonic() + ATTEMPT_SECONDS
        while time.monotonic() < end:
            code, _ = self.relay.send(data, sender=f"s{number}@example.com",
                                      recipients=[f"u{number}@{mailsystem.DOMAIN}"],
                                      timeout=120)
            with self.lock:
                self.codes[code] += 1
            if code == 250:
                with self.lock:
                    self.accepted[number] = unclear
                return
            unclear |= code == 0
            time.sleep(0.05 + self.chance.random() * 0.2)
        with self.lock:
            self.given_up.append(number)

    def kill_some(self, count, stop):
        """Half at named points, half from outside."""
        while self.done_kills < count and not stop.is_set():
            kind = self.chance.random()
            if kind < 0.5:
                self.kill_at(self.chance.choice(POINTS), stop)
            elif kind < 0.85:
                self.kill_pids(self.relay.gateway.pids(self.chance.choice(OURS)))
            else:
                self.kill_pids(self.relay.edge.processes(self.chance.choice(POSTFIX)))
            time.sleep(self.chance.random() * 0.3)

    def kill_at(self, point, stop):
        flag = self.kills / point
        flag.touch()
        end = time.monotonic() + 3
        while flag.exists() and time.monotonic() < end and not stop.is_set():
            time.sleep(0.01)
        if flag.exists():
            flag.unlink(missing_ok=True)  # nothing came by there
        else:
            self.done_kills += 1

    def kill_pids(self, pids):
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
                self.done_kills += 1
            except ProcessLookupError:
                pass

    def run(self, messages, kills):
        stop = threading.Event()
        killer = threading.Thread(target=self.kill_some, args=(kills, stop))
        clients = [threading.Thread(target=self.client, args=(messages,))
                   for _ in range(self.threads)]
        for thread in [killer, *clients]:
            thread.start()
        for thread in clients:
            thread.join()
        stop.set()
        killer.join()
        for point in POINTS:
            (self.kills / point).unlink(missing_ok=True)

    def arrived(self):
        """How many copies each number has at the store."""
        copies = collections.Counter()
        for raw in self.relay.store.raw():
            for number in re.findall(rb"X-Rcpt-Args: <u(\d+)@", raw):
                copies[int(number)] += 1
        return copies

    def wait(self, seconds=120):
        """Until the queue is empty."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.relay.edge.flush()
            if not set(self.relay.edge.queued()) & {"incoming", "active", "deferred"}:
                break
            time.sleep(0.5)
        time.sleep(0.5)

    def check(self, messages):
        copies = self.arrived()
        queued = sum(len(files) for files in self.relay.edge.queued().values())
        lost = [number for number in self.accepted if copies[number] == 0]
        twice = [number for number, count in copies.items()
                 if count > 1 and not self.accepted.get(number, True)]
        unclear = sum(self.accepted.values())
        print(f"{messages} messages, {self.done_kills} kills, replies {dict(self.codes)}: "
              f"accepted {len(self.accepted)}, arrived {len(copies)}, queued {queued}, "
              f"without a reply once {unclear}, copies {sum(copies.values())}, "
              f"lost {len(lost)}, doubled after one reply {len(twice)}", flush=True)
        assert not self.given_up, self.given_up
        assert len(self.accepted) == messages
        assert not lost and not queued, (lost, queued)
        assert not twice, twice
        self.check_canary()
        self.check_vault(copies)

    def check_canary(self):
        for raw in self.relay.store.raw():
            assert_clean(raw)

    def check_vault(self, copies):
        """Each message has its item; what is held has its original."""
        base = sqlite3.connect(f"file:{self.relay.gateway.state}/vault.db?mode=ro", uri=True)
        states = collections.Counter(state for (state,) in base.execute(
            "SELECT state FROM item LEFT JOIN lineage ON lineage.item = item.number"
            " WHERE channel = 'mail' AND parent IS NULL"))
        missing = base.execute(
            "SELECT count(*) FROM item WHERE state = 'held' AND NOT EXISTS (SELECT 1"
            " FROM blob WHERE blob.item = item.number AND wrapped_key IS NOT NULL)"
            ).fetchone()[0]
        base.close()
        # What Postfix tells its postmaster of a killed cleanup comes through, too.
        own = set(re.findall(r'item=(\w+) direction.*sender="double-bounce@',
                             self.relay.gateway.log()))
        states["delivered"] -= len(own)
        print(f"items by state: {dict(states)}", flush=True)
        assert sum(states.values()) == len(copies), (states, len(copies))
        assert set(states) <= {"held", "delivered"}, states
        assert missing == 0, missing


def assert_clean(raw):
    """Neither as it stands nor in any decoding of a part: four readers."""
    needles = [CANARY.encode(), b"KANARIENVOGEL-\x1b", b"\x1b[31m"]
    forms = [raw, quopri.decodestring(raw)]
    for block in re.findall(rb"(?:[A-Za-z0-9+/]{40,76}\r?\n)+[A-Za-z0-9+/=]*", raw):
        block = re.sub(rb"\s", b"", block)
        forms.append(base64.b64decode(block + b"=" * (-len(block) % 4)))
    import email
    for part in email.message_from_bytes(raw).walk():
        forms.append(part.get_payload(decode=True) or b"")
    for form in forms:
        for needle in needles:
            assert needle not in form, raw[:2000]


def relay_with_kills(folder, **options):
    """A relay whose programs kill themselves where a file of `kills` says."""
    folder = pathlib.Path(folder)
    kills = folder / "kills"
    kills.mkdir(parents=True, exist_ok=True)
    os.chmod(kills, 0o777)
    os.chmod(folder, 0o755)
    relay = mailsystem.Relay(folder / "relay", environment={
        "SEKISHO_KILL_AT": f"*@{kills}"}, **options)
    return relay, kills
