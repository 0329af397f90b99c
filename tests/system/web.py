"""A gateway with its console, for tests, and clients that speak to it as a
browser or an attacker would."""
import base64
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import socket
import ssl
import struct
import subprocess
import time
import urllib.parse

import gateway

COOKIE = "__Host-sekisho"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_certificate(folder):
    """A self-signed certificate and its key, readable by the gateway's user."""
    folder = pathlib.Path(folder)
    certificate, key = folder / "web.crt", folder / "web.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
                    "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out",
                    certificate], check=True, capture_output=True)
    os.chmod(key, 0o600)
    if os.geteuid() == 0:
        import pwd
        user = pwd.getpwnam(GATEWAY_USER)
        os.chown(key, user.pw_uid, user.pw_gid)
        os.chown(certificate, user.pw_uid, user.pw_gid)
    return certificate, key


def gateway_user():
    import pwd
    try:
        pwd.getpwnam("sekisho")
        return "sekisho"
    except KeyError:
        return "nobody"


GATEWAY_USER = gateway_user()


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    def header(self, name):
        return self.headers.get(name)

    def __repr__(self):
        return f"{self.status} {self.body[:600]!r}"


class Browser:
    """One client with its cookie and request token. `anonymous` requests go
    without either."""

    def __init__(self, port, plain=False):
        self.port, self.plain = port, plain
        self.token = self.csrf = None
        self.connection = None
        self.authority = f"localhost:{port}"

    def connect(self):
        if self.plain:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=90)
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=90,
                                           context=context)

    def request(self, method, path, body=None, headers=None, csrf=True, cookie=True):
        sent = {"Host": self.authority}
        if cookie and self.token:
            sent["Cookie"] = f"{COOKIE}={self.token}"
        if csrf and self.csrf and method not in ("GET", "HEAD"):
            sent["X-CSRF-Token"] = self.csrf
        if isinstance(body, (dict, list)):
            sent["Content-Type"] = "application/json"
            body = json.dumps(body).encode()
        sent.update(headers or {})
        for attempt in range(2):
            if self.connection is None:
                self.connection = self.connect()
            try:
                self.connection.request(method, path, body, sent)
                response = self.connection.getresponse()
                data = response.read()
                break
            except (http.client.RemoteDisconnected, ConnectionError, ssl.SSLError):
                # An idle connection that the server ended meanwhile.
                self.connection.close()
                self.connection = None
                if attempt:
                    raise
        if response.will_close:
            self.connection.close()
            self.connection = None
        answer = Answer(response.status, response.headers, data)
        self.keep_session(answer)
        return answer

    def keep_session(self, answer):
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, rest = line.partition("=")
            value = rest.split(";")[0]
            if name == COOKIE:
                self.token = value or None
        if answer.body.startswith(b"{") and b'"csrf"' in answer.body:
            self.csrf = answer.json().get("csrf", self.csrf)

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.request("POST", path, body, **options)

    def upload(self, name, data, query=""):
        path = "/api/v1/files?name=" + urllib.parse.quote(name) + query
        return self.request("POST", path, data,
                            {"Content-Type": "application/octet-stream"})


def totp(secret, at=None, step=0):
    """The code of RFC 6238 now, or `step` half minutes from now."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    counter = int((time.time() if at is None else at) // 30) + step
    digest = hmac.new(key, struct.pack(">Q", counter), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset:offset + 4])[0] & 0x7fffffff
    return f"{number % 1000000:06d}"


class Person:
    """An account with what its owner knows."""

    def __init__(self, login, number, password):
        self.login, self.number, self.password = login, number, password
        self.secret = None
        self.host = ""  # where another than localhost is to be asked for
        self.used = 0  # the last half minute whose code was used

    def code(self):
        """A code that was not used yet; a step ahead is accepted, too."""
        now = int(time.time() // 30)
        if now <= self.used:
            if now + 1 <= self.used:
                while int(time.time() // 30) < self.used:
                    time.sleep(0.2)
                now = int(time.time() // 30)
            now = max(now, self.used + 1) if now <= self.used else now
        self.used = now
        return totp(self.secret, now * 30)


class Console(gateway.Gateway):
    """A gateway with sekisho-web on a port of its own."""

    def __init__(self, folder, config="", plain=False, extra="", **options):
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        os.chmod(folder, 0o755)
        os.chmod(folder.parent, 0o755)
        self.port, self.plain = free_port(), plain
        lines = ["web:", "  enabled: true",
                 f"  listen: inet:{self.port}@127.0.0.1"]
        if plain:
            lines.append("  proxy: true")
        else:
            certificate, key = make_certificate(folder.parent)
            lines += [f"  certificate: {certificate}", f"  key: {key}"]
        lines += [f"  {line}" for line in
                  extra.replace("{port}", str(self.port)).splitlines()]
        super().__init__(folder, "\n".join(lines) + "\n" + config, **options)

    def wait_ready(self, seconds=60, healthy=True):
        state = super().wait_ready(seconds, healthy)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if self.browser().get("/readyz").status == 200:
                    return state
            except OSError:
                pass
            time.sleep(0.05)
        raise RuntimeError("the console is not ready:\n" + self.log())

    def browser(self):
        return Browser(self.port, self.plain)

    # --- accounts, made as the operator of the machine does ---

    def operate(self, operation, parameters, tenant=""):
        """One operation over run/vault.sock: what `sekisho users` asks."""
        client = gateway.Client(str(self.state / "run/vault.sock"))
        try:
            payload = b"".join(gateway.string(text)
                               for text in (operation, "", "console", "", tenant)) + b"\0"
            fd = gateway.sealed_file(json.dumps(parameters).encode())
            client.send("MESSAGE_CONSOLE", 1, payload, fd)
            os.close(fd)
            _, _, answer, fd = client.receive()
            content = {}
            if fd is not None:
                content = json.loads(os.pread(fd, os.fstat(fd).st_size, 0))
                os.close(fd)
            error = struct.unpack("<I", answer[:4])[0]
            if error:
                raise RuntimeError(f"{operation}: error {error} {content}")
            return content
        finally:
            client.close()

    def unit(self, name, parent="", tenant=""):
        parameters = {"name": name}
        if parent:
            parameters["parent"] = parent
        return self.operate("units_create", parameters, tenant)["unit"]

    def person(self, login, unit="", *roles, name=None, log_in=True, tenant="", host=""):
        """A user with these roles over the department, ready to work; of a
        tenant, at its host name."""
        made = self.operate("users_create", {"login": login, "name": name or login,
                                             "unit": unit}, tenant)
        person = Person(login, made["user"], made["temporary_password"])
        person.host = host
        for role in roles:
            self.operate("grants_add", {"user": person.number, "role": role, "unit": unit},
                         tenant)
        if log_in:
            person.browser = self.first_login(person)
        return person

    def first_login(self, person, password=None):
        """Through the forced change of the temporary password and, where the
        role wants one, the enrolment of a second factor."""
        browser = self.browser()
        browser.authority = person.host or browser.authority
        answer = browser.post("/api/v1/session",
                              {"login": person.login, "password": person.password})
        assert answer.status == 200 and answer.json()["state"] == "password", answer
        new = password or f"Matsu#Kaze-{person.number}-Uguisu"
        answer = browser.post("/api/v1/session:password",
                              {"password": person.password, "new_password": new})
        assert answer.status == 200, answer
        person.password = new
        if answer.json()["state"] == "enrol":
            self.enrol(person, browser)
        return browser

    def enrol(self, person, browser):
        answer = browser.post("/api/v1/session/totp:enrol", {})
        assert answer.status == 200, answer
        person.secret = answer.json()["secret"]
        answer = browser.post("/api/v1/session/totp:confirm", {"code": person.code()})
        assert answer.status == 200 and answer.json()["state"] == "active", answer
        person.recovery = answer.json().get("recovery_codes", [])

    def log_in(self, person):
        browser = self.browser()
        answer = browser.post("/api/v1/session",
                              {"login": person.login, "password": person.password})
        assert answer.status == 200, answer
        if answer.json()["state"] == "second_factor":
            answer = browser.post("/api/v1/session:secondFactor",
                                  {"code": person.code()})
        assert answer.status == 200 and answer.json()["state"] == "active", answer
        return browser
