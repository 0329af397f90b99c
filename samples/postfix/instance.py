#!/usr/bin/env python3
"""Sets up the example Postfix instances in a folder and runs them.

    instance.py edge|inner FOLDER [NAME=VALUE ...]     write the configuration
    instance.py edge|inner FOLDER --run [NAME=VALUE...] and run it until SIGTERM

Each instance has its own queue, data and configuration below FOLDER; nothing of
the machine's Postfix is touched. Root is needed, as for any Postfix. The system
tests use the class.
"""
import ctypes
import os
import pathlib
import pwd
import re
import shutil
import signal
import stat
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
MASTER = "/usr/lib/postfix/sbin/master"

DEFAULTS = {
    "edge": {"DOMAIN": "city.example.jp", "PORT": 10025, "RETURN_PORT": 10026,
             "INNER_PORT": 10035, "OUTSIDE_PORT": 10045,
             "LINK": "secure match=inner.example.jp",
             "MILTER": "unix:/var/lib/sekisho/mail/milter.sock"},
    "inner": {"DOMAIN": "city.example.jp", "PORT": 10035, "RETURN_PORT": 10036,
              "STORE_PORT": 10055, "EDGE_RETURN_PORT": 10026,
              "LINK": "secure match=edge.example.jp",
              "SEAL": "unix:/var/lib/sekisho/mail/seal.sock"},
}


def is_complete(path):
    """Whether it is a queue file that cleanup has finished; it may go meanwhile."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    return stat.S_ISREG(mode) and bool(mode & 0o100)


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def run_openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True,
                   stdin=subprocess.DEVNULL)


def make_certificates(folder):
    """An authority for trying out, and a certificate of it for each instance; the
    authority's key is thrown away. A site takes certificates of its own."""
    if (folder / "inner.crt").exists():
        return
    folder.mkdir(mode=0o755, exist_ok=True)
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    run_openssl("req", "-x509", *curve, "-days", "3650", "-subj", "/CN=Sekisho example",
                "-keyout", str(folder / "ca.key"), "-out", str(folder / "ca.crt"))
    for name in ("edge", "inner"):
        host = f"{name}.example.jp"
        (folder / "names").write_text(f"subjectAltName=DNS:{host}\n")
        run_openssl("req", "-new", *curve, "-subj", f"/CN={host}", "-keyout",
                    str(folder / f"{name}.key"), "-out", str(folder / "request"))
        run_openssl("x509", "-req", "-in", str(folder / "request"), "-CA",
                    str(folder / "ca.crt"), "-CAkey", str(folder / "ca.key"),
                    "-CAcreateserial", "-days", "3650", "-extfile", str(folder / "names"),
                    "-out", str(folder / f"{name}.crt"))
        os.chmod(folder / f"{name}.key", 0o600)
    for name in ("ca.key", "ca.srl", "names", "request"):
        (folder / name).unlink(missing_ok=True)


def settle(path):
    """As if the file had been written long ago: whatever reads one of the last
    seconds waits for its writer, who is done here."""
    os.utime(path, (time.time() - 60, time.time() - 60))


class Instance:
    """One Postfix instance below `folder`; values replace DEFAULTS."""

    def __init__(self, kind, folder, **values):
        self.kind = kind
        self.folder = pathlib.Path(folder).resolve()
        self.values = {**DEFAULTS[kind], "TLS": self.folder.parent / "tls", **values,
                       "FOLDER": self.folder}
        self.config = self.folder / "etc"
        self.process = None

    def write(self, extra=""):
        """Writes main.cf and master.cf, with `extra` lines at the end of main.cf."""
        self.config.mkdir(parents=True, exist_ok=True)
        make_certificates(pathlib.Path(self.values["TLS"]))
        for name in ("main.cf", "master.cf"):
            text = (HERE / self.kind / name).read_text()
            text = re.sub("@([A-Z_]+)@", lambda m: str(self.values[m.group(1)]), text)
            (self.config / name).write_text(text + (extra if name == "main.cf" else ""))
            settle(self.config / name)
        owner = pwd.getpwnam("postfix")
        for name in ("queue", "data"):
            (self.folder / name).mkdir(exist_ok=True)
        os.chown(self.folder / "data", owner.pw_uid, owner.pw_gid)
        os.chmod(self.folder, 0o755)
        return self

    def postfix(self, *arguments, check=True):
        return subprocess.run(["postfix", "-c", self.config, *arguments], check=check,
                              capture_output=True, text=True, stdin=subprocess.DEVNULL)

    def postconf(self, *arguments):
        return subprocess.run(["postconf", "-c", self.config, *arguments], check=True,
                              capture_output=True, text=True).stdout

    def set(self, name, value):
        """One line of main.cf; what runs reads it after a reload."""
        self.postconf("-e", f"{name}={value}")
        settle(self.config / "main.cf")

    def start(self, seconds=30):
        self.postfix("check")
        log = open(self.folder / "master.out", "ab")
        self.process = subprocess.Popen(
            [MASTER, "-c", self.config, "-d"], stdin=subprocess.DEVNULL, stdout=log,
            stderr=log, env={**os.environ, "MAIL_CONFIG": str(self.config)},
            preexec_fn=die_with_parent)
        log.close()
        end = time.monotonic() + seconds
        while "daemon started" not in self.log():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("Postfix did not start:\n" + self.log()
                                   + (self.folder / "master.out").read_text())
            time.sleep(0.05)
        return self

    def log(self):
        path = self.folder / "maillog"
        return path.read_text(errors="replace") if path.exists() else ""

    def queued(self):
        """Queue files by queue name. What cleanup was killed over never was accepted:
        it lacks the mode of a complete one, and Postfix removes it by and by."""
        found = {}
        for name in ("maildrop", "incoming", "active", "deferred", "hold", "corrupt"):
            files = [path for path in (self.folder / "queue" / name).rglob("*")
                     if is_complete(path)]
            if files:
                found[name] = files
        return found

    def flush(self):
        """Tries what is deferred again now."""
        self.postfix("flush", check=False)

    def processes(self, name):
        """Process ids of this instance's daemons called `name`."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                status = (entry / "stat").read_text()
            except OSError:
                continue
            parent = int(status.rsplit(")", 1)[1].split()[1])
            if f"({name})" in status and self.process and parent == self.process.pid:
                found.append(int(entry.name))
        return found

    def stop(self, seconds=20):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


def available():
    """Whether this machine can run the instances."""
    return os.geteuid() == 0 and os.path.exists(MASTER) and bool(shutil.which("postfix"))


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in DEFAULTS:
        print(__doc__, file=sys.stderr)
        return 64
    values = dict(word.split("=", 1) for word in sys.argv[3:] if "=" in word)
    instance = Instance(sys.argv[1], sys.argv[2], **values).write()
    print(instance.config)
    if "--run" not in sys.argv[3:]:
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    instance.start()
    try:
        return instance.process.wait()
    finally:
        instance.stop()


if __name__ == "__main__":
    sys.exit(main())
