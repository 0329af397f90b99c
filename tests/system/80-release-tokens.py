#!/usr/bin/env python3
"""A door gets originals to deliver from a broker that is not to be trusted: it
delivers nothing without the vault's token for just this content, these
receivers and this try, and tells the vault of every other one. The broker and
the vault are this test."""
import base64
import contextlib
import hashlib
import importlib
import os
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

import gateway
import mailsystem

mail_password = importlib.import_module("79-mail-password")

A, B = "a@city.example.jp", "b@city.example.jp"
ENVELOPE = f" whole\n\n\n100\nsender@example.com\n{A}\n"
CONTENT = b"From: x@example.com\r\n\r\nthe original\r\n"
TASK_RELEASE, TASK_ORIGINAL = 2, 3
ITEM = "%032x"


class Key:
    """A log's key, as the vault has it."""

    def __init__(self, folder):
        self.path = folder / "key.pem"
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", self.path],
                       check=True, capture_output=True)
        der = subprocess.run(["openssl", "pkey", "-in", self.path, "-pubout", "-outform",
                              "DER"], check=True, capture_output=True).stdout
        self.public = b"\1" + der[-32:]

    def text(self):
        name = b"test"
        key_id = hashlib.sha256(name + b"\n" + self.public).hexdigest()[:8]
        return f"test+{key_id}+{base64.b64encode(self.public).decode()}\n"

    def token(self, item, version=7, expires=None, content=CONTENT, text=ENVELOPE):
        expires = int(time.time()) + 600 if expires is None else expires
        signed = "sekisho-release-1\n%s\n%d\n%d\n%s\n%s\n" % (
            item, version, expires, hashlib.sha256(content).hexdigest(),
            hashlib.sha256(text.encode()).hexdigest())
        with tempfile.NamedTemporaryFile() as file:
            file.write(signed.encode())
            file.flush()
            made = subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey",
                                   self.path, "-in", file.name], check=True,
                                  capture_output=True).stdout
        return f"1.{version}.{expires}." + \
            base64.urlsafe_b64encode(made).decode().rstrip("=")


class Edge:
    """Our end of an edge, with the other for the program to inherit."""

    def __init__(self, name):
        self.name = name
        self.ours, self.theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.ours.settimeout(60)

    send = gateway.Client.send
    receive = gateway.Client.receive

    @property
    def socket(self):
        return self.ours


class Door:
    """A door's program between a broker and a vault that are ours."""

    def __init__(self, program, folder, config):
        self.folder = folder
        (folder / "audit").mkdir(parents=True)
        self.key = Key(folder)
        (folder / "audit/audit.pub").write_text(self.key.text())
        path = folder / "door.yaml"
        path.write_text(config)
        self.edges = [Edge(name) for name in ("supervisor", "broker", "vault")]
        self.broker, self.vault = self.edges[1:]
        self.asked = []       # (item, version, what the door found wrong)
        self.delivered = []   # items
        self.present = {}     # {item: version of the present try}
        self.number = 0
        command = [gateway.BIN / program, "--config", path, "--state", folder]
        for edge in self.edges:
            command += ["--edge", f"{edge.name}={edge.theirs.fileno()}"]
        self.log = open(folder / "log", "wb")
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stderr=self.log,
            pass_fds=[edge.theirs.fileno() for edge in self.edges],
            preexec_fn=gateway.die_with_parent)
        for edge in self.edges:
            edge.theirs.close()
        threading.Thread(target=self.be_vault, daemon=True).start()

    def be_vault(self):
        with contextlib.suppress(OSError, EOFError):
            while True:
                kind, ticket, payload, _ = self.vault.receive()
                reader = gateway.Reader(payload)
                if kind == gateway.MESSAGE["MESSAGE_VAULT_TRAFFIC_ASK"]:
                    self.vault.send("MESSAGE_VAULT_TRAFFIC_STATE", ticket, b"\0\0")
                    continue
                item = reader.string()
                error = 0
                if kind == gateway.MESSAGE["MESSAGE_VAULT_TOKEN"]:
                    version, wrong = reader.take("Q"), reader.take("I")
                    self.asked.append((item, version, wrong))
                    error = 0 if not wrong and self.present.get(item) == version else 1
                else:
                    self.delivered.append(item)
                    self.present.pop(item, None)
                self.vault.send("MESSAGE_VAULT_ACK", ticket, struct.pack("<I", error))

    def give(self, item, token, content=CONTENT, text=ENVELOPE, task=TASK_ORIGINAL,
             sealed=True, name="message.eml"):
        """What the door answers to this: 0, or an error."""
        self.number += 1
        payload = gateway.string(item) + gateway.string("") + struct.pack(
            "<BBB", task, 0, gateway.VERDICTS.index("unchanged"))
        for value in ("税務課", name, "", "", text, "", token):
            payload += gateway.string(value)
        if sealed:
            fd = gateway.sealed_file(content)
        else:
            fd = os.memfd_create("open")
            os.write(fd, content)
        self.broker.send("MESSAGE_DELIVER", self.number, payload, fd)
        os.close(fd)
        while True:
            kind, ticket, answer, _ = self.broker.receive()
            if kind == gateway.MESSAGE["MESSAGE_DELIVERED"] and ticket == self.number:
                return struct.unpack("<I", answer)[0]

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.log.close()


# What it is: (door, item) -> token, what else is other.
FORGED = {
    "none": lambda door, item: ("", {}),
    "no token": lambda door, item: ("1.7.99999999999.x", {}),
    "another content": lambda door, item: (door.key.token(item), {"content": b"other"}),
    "other receivers": lambda door, item: (door.key.token(item),
                                           {"text": ENVELOPE.replace(A, B)}),
    "one receiver more": lambda door, item: (door.key.token(item),
                                             {"text": ENVELOPE + B + "\n"}),
    "its time is over": lambda door, item: (
        door.key.token(item, expires=int(time.time()) - 1), {}),
    "another gateway's": lambda door, item: (door.other.token(item), {}),
    "of another item": lambda door, item: (door.key.token(ITEM % 4711), {}),
    "can still be changed": lambda door, item: (door.key.token(item), {"sealed": False}),
    "of another task": lambda door, item: (door.key.token(item), {"task": TASK_RELEASE}),
}


def check_door(door, received):
    """`received(item)`: how often it has arrived."""
    folder = door.folder / "other"
    folder.mkdir()
    door.other = Key(folder)
    for number, (what, forge) in enumerate(FORGED.items(), 100):
        item = ITEM % number
        token, changed = forge(door, item)
        door.present[item] = 7
        before = len(door.asked)
        assert door.give(item, token, **changed) != 0, what
        end = time.monotonic() + 60
        while len(door.asked) == before:
            assert time.monotonic() < end, what + " is not told"
            time.sleep(0.01)
        assert door.asked[-1][0] == item and door.asked[-1][2] != 0, (what, door.asked[-1])
        assert received(item) == 0 and item not in door.delivered, what
    # An old one, then the present one, then that one again.
    item = ITEM % 1
    door.present[item] = 7
    assert door.give(item, door.key.token(item, version=5)) != 0
    assert door.asked[-1] == (item, 5, 0) and received(item) == 0
    good = door.key.token(item)
    assert door.give(item, good) == 0
    assert received(item) == 1 and door.delivered.count(item) == 1
    assert door.give(item, good) != 0
    assert received(item) == 1 and door.delivered.count(item) == 1


def check_mail(folder):
    port, next_hop = mailsystem.free_ports(2)
    server = mail_password.Server(next_hop).start()
    door = Door("sekisho-lmtp", folder, f"""
mail: {{lmtp: 'inet:{port}@127.0.0.1', next_hop: 'inet:{next_hop}@127.0.0.1'}}
""")
    try:
        check_door(door, lambda item: sum(item.encode() in raw for _, raw in server.taken))
        assert [to for to, _ in server.taken] == [[A]], server.taken
        assert b"message.eml" in server.taken[0][1]
    finally:
        door.stop()
        server.stop()
    print("sekisho-lmtp: delivers by the vault's token alone, and once")


def check_folder(folder):
    for box in ("in", "out", "held"):
        (folder / box).mkdir()
    door = Door("sekisho-folder", folder, "folder: {enabled: true}\n")

    def files():
        return [path for path in (folder / "out").rglob("*") if path.is_file()]

    try:
        check_door(door, lambda item: len(files()))
        got = files()
        assert [path.read_bytes() for path in got] == [CONTENT], got
        assert got[0].parent.name == "税務課", got
    finally:
        door.stop()
    print("sekisho-folder: delivers by the vault's token alone, and once")


def main():
    with tempfile.TemporaryDirectory() as name:
        for check in (check_mail, check_folder):
            folder = pathlib.Path(name) / check.__name__
            folder.mkdir()
            try:
                check(folder)
            except BaseException:
                print((folder / "log").read_text(errors="replace")[-3000:], file=sys.stderr)
                raise


if __name__ == "__main__":
    main()
