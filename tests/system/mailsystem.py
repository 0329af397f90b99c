"""A mail relay for a test: the gateway with its mail doors, the example Postfix
instances, a sink behind them, and clients that know what they were told."""
import contextlib
import email
import email.policy
import json
import os
import pathlib
import smtplib
import socket
import subprocess
import sys
import time

import gateway

sys.path.insert(0, str(gateway.ROOT / "samples/postfix"))
import instance  # noqa: E402

DOMAIN = "city.example.jp"
EICAR = r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def free_ports(count):
    sockets = []
    for _ in range(count):
        s = socket.socket()
        s.bind(("127.0.0.1", 0))
        sockets.append(s)
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def listening(port, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"nobody listens on {port}")


class Sink:
    """smtp-sink that keeps every message in a file of its own."""

    def __init__(self, folder, port, options=()):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        os.chmod(self.folder, 0o777)
        self.port = port
        self.options = options
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            ["smtp-sink", "-u", "nobody", "-d", "%s.", *self.options,
             f"127.0.0.1:{self.port}", "100"], cwd=self.folder,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=open(self.folder.parent / f"sink-{self.port}.log", "ab"),
            preexec_fn=gateway.die_with_parent)
        listening(self.port)
        return self

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
        self.process = None

    def raw(self):
        """Every message, whole, as bytes."""
        return [path.read_bytes() for path in sorted(self.folder.iterdir())]

    def messages(self):
        return [email.message_from_bytes(data, policy=email.policy.default)
                for data in self.raw()]

    def wait(self, count, seconds=60):
        end = time.monotonic() + seconds
        while len(list(self.folder.iterdir())) < count:
            if time.monotonic() > end:
                raise AssertionError(
                    f"{len(list(self.folder.iterdir()))} of {count} messages arrived")
            time.sleep(0.05)
        while self.writes():
            assert time.monotonic() < end + seconds, "a message does not end"
            time.sleep(0.01)

    def writes(self):
        """Whether one of the messages is not written to its end."""
        if self.process is None:
            return False
        for fd in pathlib.Path(f"/proc/{self.process.pid}/fd").iterdir():
            try:
                if os.readlink(fd).startswith(str(self.folder) + "/"):
                    return True
            except FileNotFoundError:
                continue
        return False


class Relay:
    """sekishod with a milter, an edge instance, a store and an outside sink; with
    `inner` also the inner instance with its seal."""

    def __init__(self, folder, mail="", config="", inner=False, environment=None,
                 extra="", store_options=()):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in (self.folder, self.folder.parent):
            os.chmod(path, 0o755)
        (self.port, self.return_port, self.inner_port, self.inner_return, self.store_port,
         self.outside_port) = free_ports(6)
        text = f"""
folder: {{enabled: false}}
mail:
  milter: "unix:milter.sock"
  local: ["*@{DOMAIN}"]
  next_hop: "inet:{self.inner_port if inner else self.store_port}@127.0.0.1"
  next_hop_out: "inet:{self.outside_port}@127.0.0.1"
"""
        if inner:
            text += '  seal: "unix:seal.sock"\n'
            key = self.folder / "seal.key"
            key.write_text(os.urandom(32).hex() + "\n")
            os.chmod(key, 0o600)
            user = gateway_user()
            os.chown(key, user.pw_uid, user.pw_gid)
            text += f'  seal_key: "{key}"\n'
        text += mail + "\n" + config
        self.gateway = gateway.Gateway(self.folder / "state", text,
                                       environment=environment)
        self.milter = self.folder / "state/mail/milter.sock"
        self.edge = instance.Instance(
            "edge", self.folder / "edge", PORT=self.port, RETURN_PORT=self.return_port,
            INNER_PORT=self.inner_port if inner else self.store_port,
            OUTSIDE_PORT=self.outside_port, MILTER=f"unix:{self.milter}",
            **({} if inner else {"LINK": "may"}))
        self.inner = instance.Instance(
            "inner", self.folder / "inner", PORT=self.inner_port,
            RETURN_PORT=self.inner_return, STORE_PORT=self.store_port,
            EDGE_RETURN_PORT=self.return_port,
            SEAL=f"unix:{self.folder / 'state/mail/seal.sock'}") if inner else None
        self.extra = extra
        self.store = Sink(self.folder / "store", self.store_port, store_options)
        self.outside = Sink(self.folder / "outside", self.outside_port)

    def start(self):
        self.store.start()
        self.outside.start()
        self.gateway.start()
        self.wait_socket()
        self.edge.write(self.extra).start()
        listening(self.port)
        if self.inner:
            self.inner.write(self.extra).start()
            listening(self.inner_port)
        return self

    def instances(self):
        """The Postfix instances, in the order in which a message passes them."""
        return [one for one in (self.edge, self.inner) if one]

    def wait_socket(self, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                with socket.socket(socket.AF_UNIX) as s:
                    s.connect(str(self.milter))
                    return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("no milter:\n" + self.gateway.log()[-3000:])

    def stop(self):
        for thing in (self.edge, self.inner, self.gateway, self.store, self.outside):
            if thing:
                thing.stop()

    def send(self, data, sender="someone@example.com", recipients=("user@" + DOMAIN,),
             port=None, timeout=700):
        """Sends one message; the reply's code and text, 0: there was none."""
        client = None
        try:
            client = smtplib.SMTP("127.0.0.1", port or self.port, local_hostname="client",
                                  timeout=timeout)
            client.sendmail(sender, list(recipients), data)
            return 250, ""
        except smtplib.SMTPRecipientsRefused as refused:
            code, text = next(iter(refused.recipients.values()))
            return code, text.decode(errors="replace")
        except smtplib.SMTPResponseException as error:
            return error.smtp_code, (error.smtp_error or b"").decode(errors="replace")
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            return 0, str(error)
        finally:  # what is said after the message's own reply changes nothing
            if client:
                with contextlib.suppress(smtplib.SMTPException, OSError):
                    client.quit()
                client.close()

    def command(self, *arguments, **options):
        """`sekisho` with this gateway's configuration."""
        return subprocess.run(
            [gateway.BIN / "sekisho", *arguments, "--config", self.gateway.config],
            capture_output=True, env={**os.environ, "LC_ALL": "C.UTF-8",
                                      "SEKISHO_STATE": str(self.gateway.state)},
            check=False, **options)

    def items(self, *arguments):
        done = self.command("items", "list", "--json", "--limit", "1000", *arguments)
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, kind, value, trace):
        if kind:
            print(self.gateway.log()[-6000:], file=sys.stderr)
            print(self.edge.log()[-4000:], file=sys.stderr)
            if self.inner:
                print(self.inner.log()[-4000:], file=sys.stderr)
        self.stop()


def gateway_user():
    import pwd
    for name in ("sekisho", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("no user for the gateway")


def need_postfix():
    """Ends the test as skipped where there is no Postfix or no root."""
    if not instance.available():
        print("needs root and Postfix")
        sys.exit(77)


def plain(subject, text, **headers):
    lines = [f"From: Someone <someone@example.com>", f"To: user@{DOMAIN}",
             f"Subject: {subject}", "Message-ID: <%s@example.com>" % abs(hash(text)),
             "Date: Sat, 21 Nov 2026 10:00:00 +0900"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n" + text + "\r\n").encode()
