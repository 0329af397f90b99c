"""Starts a real gateway for a test, and speaks to it as a client would.

A test makes a Gateway in a folder of its own, uses it, and stops it; every wait
is bounded. Nothing here knows what the gateway does with a file.
"""
import array
import ctypes
import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SEKISHO_BUILD", ROOT / "build"))
BIN = BUILD / "bin"
SAMPLES = BUILD / "samples"
# What sekisho-office starts.
OFFICE = pathlib.Path("/usr/lib/libreoffice/program/soffice.bin")

VERDICTS = ["blocked", "password", "sanitized", "unchanged", "converted"]


def message_numbers():
    """enum message, read from base/message.h so that it cannot drift."""
    text = (ROOT / "base/message.h").read_text()
    body = text[text.index("enum message {"):]
    body = body[:body.index("};")]
    names = []
    for line in body.splitlines():
        word = line.strip().split(",")[0].split(" ")[0]
        if word.startswith("MESSAGE_"):
            names.append(word)
    return {name: number for number, name in enumerate(names)}


MESSAGE = message_numbers()


def string(text):
    data = text.encode()
    return struct.pack("<H", len(data)) + data


class Reader:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, layout):
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values[0]

    def string(self):
        size = self.take("H")
        text = self.data[self.at:self.at + size].decode()
        self.at += size
        return text

    def bytes(self, size):
        data = self.data[self.at:self.at + size]
        self.at += size
        return data


def sealed_file(data):
    fd = os.memfd_create("input", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(fd, data) if len(data) < 1 << 20 else os.writev(fd, [data])
    import fcntl
    fcntl.fcntl(fd, 1033, 0x1 | 0x2 | 0x4 | 0x8)  # F_ADD_SEALS, all
    return fd


class Client:
    """One connection to the broker's intake socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(120)
        here = os.open(".", os.O_PATH)
        try:  # the path may be longer than a socket address
            os.chdir(os.path.dirname(path))
            self.socket.connect(os.path.basename(path))
        finally:
            os.fchdir(here)
            os.close(here)
        self.tickets = 0
        self.reports = {}

    def close(self):
        self.socket.close()

    def send(self, kind, ticket, payload=b"", fd=None):
        frame = struct.pack("<IIQ", MESSAGE[kind], len(payload), ticket) + payload
        control = []
        if fd is not None:
            control = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))]
        self.socket.sendmsg([frame], control)

    def receive(self):
        data, control, _, _ = self.socket.recvmsg(1 << 17, socket.CMSG_SPACE(4))
        if not data:
            raise EOFError("the broker closed the connection")
        kind, size, ticket = struct.unpack_from("<IIQ", data)
        fd = None
        for level, sort, value in control:
            if level == socket.SOL_SOCKET and sort == socket.SCM_RIGHTS:
                fd = array.array("i", value)[0]
        return kind, ticket, data[16:16 + size], fd

    def submit(self, data, name, department="", passwords=(), mode=None, record=True,
               format=""):
        """Hands in one file; result() gives what became of it."""
        self.tickets += 1
        payload = string("") + struct.pack("<BB", 0, 0) + string(department)
        payload += string(name) + string("") + string(format) + b"\0"
        modes = ["block", "rebuild", "text", "pdf", "picture", "convert"]
        payload += struct.pack("<BBB", mode is not None,
                               modes.index(mode) if mode else 0, record)
        payload += b"\0" + struct.pack("<I", 0) + string("") + string("")
        payload += struct.pack("<H", len(passwords))
        payload += b"".join(string(password) for password in passwords)
        fd = sealed_file(data)
        self.send("MESSAGE_SUBMIT", self.tickets, payload, fd)
        os.close(fd)
        return self.tickets

    def result(self):
        """The next result, as a dict with `ticket`, `report` and `output`."""
        while True:
            kind, ticket, payload, fd = self.receive()
            content = b""
            if fd is not None:
                content = os.pread(fd, os.fstat(fd).st_size, 0)
                os.close(fd)
            if kind == MESSAGE["MESSAGE_REPORT"]:
                self.reports[ticket] = json.loads(content)
                continue
            reader = Reader(payload)
            result = {"ticket": ticket, "item": reader.string(),
                      "verdict": VERDICTS[reader.take("B")], "reason": reader.take("I"),
                      "type": reader.string(), "extension": reader.string(),
                      "mime": reader.string(), "input_sha256": reader.bytes(32).hex(),
                      "output_sha256": reader.bytes(32).hex(),
                      "output_bytes": reader.take("Q"), "removals": reader.take("I"),
                      "duration_ms": reader.take("I"), "recorded": reader.take("B")}
            result["report"] = self.reports.pop(ticket, None)
            result["output"] = content if fd is not None else None
            return result

    def sanitize(self, data, name, **options):
        self.submit(data, name, **options)
        return self.result()

    def status(self):
        self.send("MESSAGE_STATUS", 0)
        _, _, _, fd = self.receive()
        content = os.pread(fd, os.fstat(fd).st_size, 0)
        os.close(fd)
        return json.loads(content)


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Gateway:
    def __init__(self, folder, config="", definitions=None, environment=None):
        self.state = pathlib.Path(folder)
        self.state.mkdir(parents=True, exist_ok=True)
        os.chmod(self.state, 0o755)
        self.config = None
        if config:
            self.config = self.state.parent / (self.state.name + ".yaml")
            self.config.write_text(config)
        self.definitions = definitions or SAMPLES / "definitions"
        self.environment = {**os.environ, **(environment or {})}
        self.process = None
        self.log_path = self.state.parent / (self.state.name + ".log")

    def start(self, wait=60):
        command = [BIN / "sekishod", "--state", self.state, "--definitions",
                   self.definitions]
        if self.config:
            command += ["--config", self.config]
        log = open(self.log_path, "ab")
        self.process = subprocess.Popen(command, stderr=log, stdin=subprocess.DEVNULL,
                                        env=self.environment,
                                        preexec_fn=die_with_parent)
        log.close()
        if wait:
            self.wait_ready(wait)
        return self

    def wait_ready(self, seconds=60, healthy=True):
        end = time.monotonic() + seconds
        last = None
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError("sekishod ended:\n" + self.log())
            try:
                client = self.client()
                last = client.status()
                client.close()
                if last["healthy"] or not healthy:
                    return last
            except (OSError, EOFError):
                pass
            time.sleep(0.05)
        raise RuntimeError(f"not ready: {last}\n" + self.log())

    def client(self):
        return Client(str(self.state / "run/intake.sock"))

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def pids(self, program):
        """Processes of this program below the gateway, zygote first."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                stat = (entry / "stat").read_text()
                name = (entry / "cmdline").read_bytes().split(b"\0")[0].decode()
            except OSError:
                continue
            parent = int(stat.rsplit(")", 1)[1].split()[1])
            if name.endswith(program) and parent == self.process.pid:
                found.append(int(entry.name))
        return sorted(found)

    def stop(self, seconds=60):
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise RuntimeError("sekishod did not stop:\n" + self.log())
        self.process = None
        return code

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process = None

    def inbox(self, department):
        """in/DEPARTMENT, open to the gateway's user."""
        box = folder = self.state / "in" / department
        box.mkdir(parents=True, exist_ok=True)
        while folder != self.state / "in":
            os.chmod(folder, 0o777)
            folder = folder.parent
        return box

    def drop(self, department, name, data):
        """Puts a file in whole, by rename; `name` may be bytes."""
        hidden = self.state.parent / "being-dropped"
        hidden.write_bytes(data)
        os.chmod(hidden, 0o644)
        target = os.fsencode(self.inbox(department)) + b"/" + os.fsencode(name)
        os.rename(hidden, target)

    def outcomes(self, top):
        """Every delivered file or notice below out/ or held/, as
        {path relative to it: report}."""
        found = {}
        root = self.state / top
        for path in root.rglob("*.report.json"):
            if path.name.startswith("."):
                continue
            name = str(path.relative_to(root))[:-len(".report.json")]
            try:
                found[name] = json.loads(path.read_text())
            except FileNotFoundError:
                continue
        return found

    def files(self, top):
        root = self.state / top
        return sorted(str(path.relative_to(root)) for path in root.rglob("*")
                      if path.is_file())

    def wait_outcomes(self, count, seconds=60):
        """Waits until so many files have come out or are held and nothing is
        left to do."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            done = sum(name.endswith(".report.json") and "/.sekisho-" not in "/" + name
                       for top in ("out", "held") for name in self.files(top))
            claims = self.state / "in/.sekisho"
            if done >= count and not any(claims.iterdir()):
                return
            time.sleep(0.05)
        raise AssertionError(f"{done} of {count} outcomes after {seconds} s\n"
                             + self.log()[-4000:])

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
