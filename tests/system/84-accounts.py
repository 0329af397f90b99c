#!/usr/bin/env python3
"""Accounts over a real vault's sockets: `sekisho users` makes the first
administrators, a login goes through all its steps, the loop does not wait for
passwords, sessions outlive a kill and end by themselves, and the log verifies.
No password lies anywhere afterwards."""
import base64
import hashlib
import hmac
import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

import gateway
from gateway import MESSAGE, Reader, sealed_file, string

FIRST = "Anfang-Q7canary Zz9"
SECOND = "Weiter-K3canary Yy8"
ERRORS = [line.split('"')[1] for line in
          (gateway.ROOT / "base/error.def").read_text().splitlines()
          if line.startswith("ERROR(")]


def totp(secret, step=0):
    """Not where a step ends: what is sent now is looked at within it."""
    if time.time() % 30 > 20:
        time.sleep(30 - time.time() % 30)
    counter = struct.pack(">Q", int(time.time()) // 30 + step)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack_from('>I', digest, at)[0] & 0x7fffffff) % 10**6:06}"


class Vault:
    """A vault with an edge like sekisho-web's, and the command line's socket."""

    def __init__(self, state, *options, directory=None):
        self.state = pathlib.Path(state)
        self.options = options
        self.directory = directory
        (self.state / "run").mkdir(parents=True, exist_ok=True)
        self.ticket = 0
        self.answers = {}
        self.start()

    def start(self):
        path = self.state / "run/vault.sock"
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listener.bind(str(path))
        listener.listen(8)
        pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(2)]
        self.web, self.supervisor = (pair[0] for pair in pairs)
        self.web.settimeout(120)
        fds = {"web": pairs[0][1].fileno(), "supervisor": pairs[1][1].fileno(),
               "listen": listener.fileno()}
        if self.directory is not None:
            fds["directory"] = self.directory.fileno()
        edges = [word for name, fd in fds.items() for word in ("--edge", f"{name}={fd}")]
        self.process = subprocess.Popen(
            [gateway.BIN / "sekisho-vault", "--node", "test", *edges, *self.options],
            cwd=self.state, pass_fds=list(fds.values()))
        for one in (listener, pairs[0][1], pairs[1][1]):
            one.close()

    def stop(self):
        self.supervisor.send(struct.pack("<IIQ", MESSAGE["MESSAGE_STOP"], 0, 0))
        assert self.process.wait(60) == 0

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(60)
        self.web.close()
        self.supervisor.close()

    def send(self, operation, token="", **parameters):
        self.ticket += 1
        payload = string(operation) + string(token) + string("192.0.2.9") + string("")
        payload += string("") + b"\0"  # tenant; no API client
        frame = struct.pack("<IIQ", MESSAGE["MESSAGE_CONSOLE"], len(payload), self.ticket)
        fd = sealed_file(json.dumps(parameters).encode())
        socket.send_fds(self.web, [frame + payload], [fd])
        os.close(fd)
        return self.ticket

    def receive(self):
        """The next answer: (ticket, name of the error, object)."""
        data, fds, _, _ = socket.recv_fds(self.web, 1 << 17, 1)
        assert data, "the vault is gone"
        kind, _, ticket = struct.unpack_from("<IIQ", data)
        assert kind == MESSAGE["MESSAGE_CONSOLE_REPLY"]
        code = Reader(data[16:]).take("I")
        answer = {}
        for fd in fds:
            answer = json.loads(os.pread(fd, os.fstat(fd).st_size, 0))
            os.close(fd)
        return ticket, ERRORS[code - 1] if code else None, answer

    def ask(self, operation, token="", **parameters):
        ticket = self.send(operation, token, **parameters)
        got, error, answer = self.receive()
        assert got == ticket
        return error, answer

    def do(self, operation, token="", **parameters):
        error, answer = self.ask(operation, token, **parameters)
        assert error is None, (operation, error, answer)
        return answer


def users(state, *words, given=None, status=0):
    """sekisho users; a password goes in by a descriptor."""
    arguments = [gateway.BIN / "sekisho", "users", "--state", state, "--lang", "en", *words]
    fds = ()
    if given is not None:
        read, write = os.pipe()
        os.write(write, given.encode() + b"\n")
        os.close(write)
        fds = (read,)
        arguments += ["--password-fd", str(read)]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=120, pass_fds=fds,
                          stdin=subprocess.DEVNULL, check=False)
    for fd in fds:
        os.close(fd)
    assert done.returncode == status, (words, done)
    return done


def check_report(state):
    """sekisho report: the vault makes it, to a file or to standard output."""
    command = [gateway.BIN / "sekisho", "report", "--state", state, "--lang", "en"]
    year = str(time.gmtime(time.time() + 9 * 3600 - 90 * 86400).tm_year)
    done = subprocess.run([*command, "--year", year], capture_output=True, timeout=120,
                          check=True, text=True)
    assert done.stdout.startswith("<!DOCTYPE html>"), done
    assert "users made" in done.stdout and "<script" not in done.stdout, done
    done = subprocess.run([*command, "--year", year, "-o", state / "report.html"],
                          capture_output=True, timeout=120, check=True)
    assert "Fiscal year " + year in (state / "report.html").read_text(), done
    (state / "report.html").unlink()
    for wrong in ([], ["--year", "19"], ["--year", "x"]):
        assert subprocess.run([*command, *wrong], capture_output=True, timeout=120,
                              check=False).returncode == 64


def check_command_line(vault):
    state = vault.state
    assert "0 administrators" in users(state, "list").stderr
    users(state, "create", "hana", "--name", "佐藤 花", "--role", "administrator", given=FIRST)
    done = users(state, "create", "taro", "--role", "administrator")
    assert "temporary password" in done.stdout
    assert "administrators" not in users(state, "list").stderr
    users(state, "add-unit", "総務課")
    users(state, "create", "jiro", "--unit", "総務課", "--role", "staff", given=FIRST)
    listed = json.loads(users(state, "list", "--json").stdout)["users"]
    assert [user["login"] for user in listed] == ["hana", "taro", "jiro"]
    assert listed[0]["roles"] == ["administrator"] and listed[2]["unit"] == "総務課"
    # What the rules of passwords and of roles say holds here too.
    done = users(state, "create", "weak", given="Password1!", status=1)
    assert "account.password_weak" in done.stderr and "easy to guess" in done.stderr
    done = users(state, "disable", "taro", "--reason", "left", status=1)
    assert "two_administrators" in done.stderr
    users(state, "grant", "jiro", "auditor", status=1)
    users(state, "grant", "jiro", "reviewer", "--unit", "総務課")
    users(state, "revoke", "jiro", "reviewer", "--unit", "総務課")
    users(state, "revoke", "jiro", "reviewer", "--unit", "総務課", status=1)
    users(state, "show", "nobody", status=1)
    # There is no way to say a password where others can read it.
    users(state, "create", "x", "--password", FIRST, status=64)


def log_in(vault):
    """Through all the steps of the first login; (token, secret)."""
    answer = vault.do("session_login", login="hana", password=FIRST)
    assert answer["state"] == "password"
    answer = vault.do("session_password", answer["token"], password=FIRST, new_password=SECOND)
    assert answer["state"] == "enrol"
    token = answer["token"]
    secret = vault.do("totp_enrol", token)["secret"]
    answer = vault.do("totp_confirm", token, code=totp(secret, -1))
    assert answer["state"] == "active" and len(answer["recovery_codes"]) == 10
    assert vault.ask("session_show", token)[0] == "console.unauthenticated"
    return answer["token"], secret


def check_login(vault):
    error, answer = vault.ask("session_login", login="hana", password="wrong")
    assert (error, answer) == ("account.login_refused", {})
    assert vault.ask("session_login", login="x" * 40, password="wrong")[0] == error
    token, secret = log_in(vault)
    assert vault.do("session_show", token)["user"]["login"] == "hana"
    answer = vault.do("session_login", login="hana", password=SECOND)
    assert answer["state"] == "second_factor"
    code = totp(secret)
    answer = vault.do("session_second_factor", answer["token"], code=code)
    assert answer["state"] == "active"
    again = vault.do("session_login", login="hana", password=SECOND)
    assert vault.ask("session_second_factor", again["token"], code=code)[0] == \
        "account.code_wrong"
    assert len(vault.do("sessions_list", token)["sessions"]) == 3
    assert vault.do("users_list", token)["administrators"] == 2
    kinds = [event["kind"] for event in vault.do("my_activity", token)["events"]]
    assert kinds == ["failed", "login", "login", "failed"], kinds
    return token


def check_loop(vault, token):
    """Passwords wait in line, everybody else does not; a full line says so, and
    an address that failed a hundred times waits in any case."""
    tries = [vault.send("session_login", login=f"nobody{i}", password="x")
             for i in range(200)]
    about = vault.send("console_about")
    order = []
    errors = []
    while len(order) < len(tries) + 1:
        ticket, error, _ = vault.receive()
        order.append(ticket)
        errors.append(error)
    assert set(order) == {*tries, about}
    assert order.index(about) < len(order) - 1
    assert errors.count("console.too_many") > 0
    assert errors.count("account.login_refused") >= 64
    assert vault.do("session_show", token)["user"]["login"] == "hana"


def check_kill(vault, token):
    vault.kill()
    vault.start()
    assert vault.do("session_show", token)["user"]["login"] == "hana"
    vault.do("session_logout", token)
    assert vault.ask("session_show", token)[0] == "console.unauthenticated"


def check_idle(state):
    vault = Vault(state, "--accounts", "idle_seconds=2", "--accounts", "banner=関係者のみ")
    assert vault.do("console_about")["banner"] == "関係者のみ"
    done = users(state, "reset", "taro")
    word = done.stdout.strip().split()[-1]
    token = vault.do("session_login", login="taro", password=word)["token"]
    until = time.monotonic() + 60
    # Asking keeps it alive: so ask seldom.
    while vault.ask("session_show", token)[0] is None and time.monotonic() < until:
        time.sleep(4)
    assert vault.ask("session_show", token)[0] == "console.unauthenticated"
    while time.monotonic() < until:
        shown = json.loads(users(state, "show", "taro").stdout)
        if not shown["sessions"]:
            break
        time.sleep(0.5)
    assert not shown["sessions"]
    vault.stop()


def check_afterwards(state):
    done = subprocess.run(
        [gateway.BIN / "sekisho-audit", "verify", state / "audit", "--key",
         state / "audit/audit.pub", "--state", state / "vault.db", "--lang", "en"],
        capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done
    for path in state.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            for canary in (b"Q7canary", b"K3canary", b"$argon2id$"):
                assert canary not in data, (path, canary)
    log = b"".join(path.read_bytes() for path in (state / "audit").glob("log-*.jsonl"))
    for name in ("hana".encode(), "佐藤".encode()):
        assert name not in log, "a name stands in the log itself"
    for action in (b"user.create", b"grant.add", b"session.login", b"session.failed",
                   b"session.logout", b"factor.begin", b"user.password"):
        assert b'"action":"%s"' % action in log, action


def main():
    with tempfile.TemporaryDirectory() as folder:
        state = pathlib.Path(folder) / "state"
        vault = Vault(state)
        check_command_line(vault)
        check_report(state)
        token = check_login(vault)
        check_loop(vault, token)
        check_kill(vault, token)
        vault.stop()
        check_idle(state)
        check_afterwards(state)
    print("accounts: ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())
