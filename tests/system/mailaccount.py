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
import subprocess
import threading
import time

import gateway
import mailledger
import mailsystem

# Where a program kills itself, once for each file of that name.
POINTS = ["mail.header", "mail.body", "mail.submitting", "mail.result", "mail.deleted",
          "mail.replacing", "mail.answering", "mail.closing", "broker.job_ended",
          "broker.item_ended", "vault.blob_written", "vault.committing",
          "vault.committed"]
# What is killed from outside, at any moment.
OURS = ["sekisho-worker", "sekisho-opener", "sekisho-scanner", "sekisho-verifier", "sekisho-reader",
        "sekisho-milter", "sekisho-broker", "sekisho-vault"]
POSTFIX = ["cleanup", "smtpd", "qmgr"]
# With the inner instance, and behind the queue.
SEAL_POINTS = ["seal.written", "seal.used"]
LMTP_POINTS = ["mail.submitting", "mail.result", "lmtp.forwarded", "lmtp.answered",
               "broker.job_ended", "broker.item_ended", "vault.blob_written",
               "vault.committing", "vault.committed"]
CANARY = "KANARIENVOGEL-\x1b[31m"
SEND_SECONDS = 120
STILL_SECONDS = 300  # without anything moving: it hangs


class Account:
    def __init__(self, relay, kill_folder, threads=6, chance=None):
        self.relay = relay
        self.kills = kill_folder
        self.threads = threads
        self.chance = chance or random.Random(3)
        self.lock = threading.Lock()
        self.next = 0
        self.accepted = set()
        self.replies = collections.defaultdict(list)  # number: [(code, text)]
        self.codes = collections.Counter()
        self.given_up = []
        self.killed = collections.Counter()
        self.points = list(POINTS)
        self.programs = list(OURS)
        if relay.inner:
            self.points += SEAL_POINTS
            self.programs += ["sekisho-seal"]
        self.send = relay.send
        if not relay.instances():
            self.send = relay.send_one
            self.points = LMTP_POINTS
            self.programs = [name.replace("milter", "lmtp") for name in OURS]
        self.stalled = False

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

    @staticmethod
    def envelope(number):
        return f"s{number}@example.com", f"u{number}@{mailsystem.DOMAIN}"

    def deliver(self, number):
        """As an MTA does: again and again until it has been told 250."""
        data = self.message(number)
        sender, recipient = self.envelope(number)
        while not self.stalled:
            code, text = self.send(data, sender=sender, recipients=[recipient],
                                   timeout=SEND_SECONDS)
            with self.lock:
                self.codes[code] += 1
                self.replies[number].append((code, text))
                if code == 250:
                    self.accepted.add(number)
                    return
            time.sleep(0.05 + self.chance.random() * 0.2)
        with self.lock:
            self.given_up.append(number)

    def kill_some(self, count, messages, stop):
        """Half at named points, half from outside, as the messages go on: so many of
        them are accepted between two kills, however fast the machine is."""
        while sum(self.killed.values()) < count and not stop.is_set():
            if sum(self.killed.values()) * messages > len(self.accepted) * count:
                time.sleep(0.01)
                continue
            kind = self.chance.random()
            if kind < 0.5:
                self.kill_at(self.chance.choice(self.points), stop)
            elif kind < 0.85 or not self.relay.instances():
                name = self.chance.choice(self.programs)
                self.kill_pids(name, self.relay.gateway.pids(name))
            else:
                instance = self.chance.choice(self.relay.instances())
                name = self.chance.choice(POSTFIX)
                self.kill_pids(f"{instance.kind}/{name}", instance.processes(name))
            time.sleep(self.chance.random() * 0.1)

    def kill_at(self, point, stop):
        flag = self.kills / point
        flag.touch()
        end = time.monotonic() + 3
        while flag.exists() and time.monotonic() < end and not stop.is_set():
            time.sleep(0.01)
        try:
            flag.unlink()  # nothing came by there
        except FileNotFoundError:
            self.killed[point] += 1

    def kill_pids(self, name, pids):
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
                self.killed[name] += 1
            except ProcessLookupError:
                pass

    def flush_some(self, stop):
        """What an instance put off because the next one died is tried again now, not
        in five minutes."""
        while not stop.wait(1):
            for instance in self.relay.instances():
                if "deferred" in instance.queued():
                    instance.flush()

    def run(self, messages, kills):
        stop = threading.Event()
        killer = threading.Thread(target=self.kill_some, args=(kills, messages, stop))
        clients = [threading.Thread(target=self.client, args=(messages,))
                   for _ in range(self.threads)]
        flusher = threading.Thread(target=self.flush_some, args=(stop,))
        for thread in [killer, flusher, *clients]:
            thread.start()
        try:
            self.watch(clients)
        finally:
            stop.set()
        killer.join()
        flusher.join()
        for point in self.points:
            (self.kills / point).unlink(missing_ok=True)

    def watch(self, clients):
        """Until the clients have ended; what hangs is said, not waited for."""
        before, end = None, 0
        while any(thread.is_alive() for thread in clients):
            taken = len(self.accepted)
            if taken // 1000 != (before or 0) // 1000:
                print(f"{taken} accepted, {sum(self.killed.values())} kills", flush=True)
            if taken != before:
                before, end = taken, time.monotonic() + STILL_SECONDS
            self.stalled = time.monotonic() > end
            for thread in clients:
                thread.join(0.2)
        assert not self.stalled, f"nothing is taken any more: {dict(self.codes)}"

    def waiting(self):
        """What the instances still have, by queue."""
        found = collections.Counter()
        for instance in self.relay.instances():
            for queue, files in instance.queued().items():
                found[f"{instance.kind}/{queue}"] += len(files)
        return found

    def wait(self):
        """Until the queues are empty, as long as anything leaves them."""
        before, end = None, 0
        while sum(now := self.waiting().values()):
            if now != before:
                before, end = now, time.monotonic() + STILL_SECONDS
            assert time.monotonic() < end, f"nothing moves: {self.waiting()}"
            for instance in self.relay.instances():
                instance.flush()
            time.sleep(0.5)

    def check(self, messages):
        copies = [mailledger.Copy(raw) for raw in self.relay.store.raw()]
        outside = [mailledger.Copy(raw) for raw in self.relay.outside.raw()]
        arrived = {copy.number for copy in copies} - {None}
        open_ended = sum(mailledger.unclear(self.replies[number]) > 0
                         for number in self.accepted)
        lost = sorted(self.accepted - arrived)
        twice = mailledger.doubled(copies, self.replies, self.relay.instances())
        print(f"{messages} messages, {sum(self.killed.values())} kills, replies {dict(self.codes)}: "
              f"accepted {len(self.accepted)}, arrived {len(arrived)}, "
              f"without a clear reply once {open_ended}, copies {len(copies)}, "
              f"lost {len(lost)}, doubled after one reply {len(twice)}", flush=True)
        print("killed:", ", ".join(f"{name} {count}" for name, count
                                   in sorted(self.killed.items())), flush=True)
        assert not self.given_up, self.given_up
        assert len(self.accepted) == messages
        assert not lost, lost
        assert not self.waiting(), self.waiting()
        for path, onward in twice:
            print("doubled:", path, onward, self.replies[path[0]])
        assert not twice, twice
        for raw in self.relay.store.raw() + self.relay.outside.raw():
            assert_clean(raw)
        self.check_vault(copies + outside)

    def check_vault(self, copies):
        """Each message has its item, in the state that its content asks for, with the
        original of what is held; each copy names the item it came from."""
        vault = mailledger.Vault(self.relay.gateway)
        wrong = []
        states = collections.Counter()
        ours = {}
        for number in self.accepted:
            identity = mailledger.item_id(*self.envelope(number), self.message(number))
            ours[identity] = number
            state = vault.items.get(identity)
            parts = vault.parts.get(identity, [])
            states[state] += 1
            if (state != ("held" if number % 4 == 0 else "delivered")
                    or parts != (["held"] if number % 4 == 2 else [])):
                wrong.append((number, identity, state, parts))
        print(f"items by state: {dict(states)}", flush=True)
        assert not wrong, wrong
        assert not vault.without_original, vault.without_original
        strangers = [copy.item for copy in copies if copy.item not in vault.items]
        assert not strangers, strangers
        mixed = [(copy.number, copy.item) for copy in copies
                 if copy.number is not None and ours.get(copy.item) != copy.number]
        assert not mixed, mixed
        # What is left is what Postfix tells its postmaster of a killed cleanup; that
        # may be recorded and never arrive: Postfix does not send it a second time.
        senders = collections.defaultdict(set)
        for identity, sender in re.findall(r'item=(\w+) direction.*sender="([^"]*)"',
                                           self.relay.gateway.log()):
            senders[identity].add(sender)
        for identity in vault.items.keys() - ours.keys():
            assert all(sender.startswith("double-bounce@") for sender in senders[identity]), (
                identity, senders[identity])

    def check_seals(self):
        """Only what carries the seal passes the inner instance, to the end."""
        code, text = self.relay.send(mailsystem.plain("raw", "raw content"),
                                     port=self.relay.inner_port)
        assert code == 451, (code, text)
        refused = re.findall(r"sekisho-seal: \w+: refused wrong=(\S+)",
                             self.relay.gateway.log())
        assert set(refused) <= {"no-seal", "not-written-down"}, collections.Counter(refused)


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


def verify_audit(relay):
    audit = relay.gateway.state / "audit"
    done = subprocess.run([gateway.BIN / "sekisho-audit", "verify", audit, "--key",
                           audit / "audit.pub"], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def kill_folder(folder):
    """Where files name the points at which a program kills itself; its environment."""
    kills = pathlib.Path(folder) / "kills"
    kills.mkdir(parents=True, exist_ok=True)
    os.chmod(kills, 0o777)
    os.chmod(folder, 0o755)
    return kills, {"SEKISHO_KILL_AT": f"*@{kills}"}


def relay_with_kills(folder, **options):
    """A relay whose programs kill themselves where a file of `kills` says."""
    kills, environment = kill_folder(folder)
    # Postfix lets a service rest for a minute whose process died as it started.
    relay = mailsystem.Relay(pathlib.Path(folder) / "relay", environment=environment,
                             extra="service_throttle_time = 1s\n", **options)
    return relay, kills
