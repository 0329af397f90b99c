"""A gateway with its console, for tests, and clients that speak to it as a
browser or an attacker would."""
import http.client
import json
import os
import pathlib
import socket
import ssl
import subprocess
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
        lines += [f"  {line}" for line in extra.splitlines()]
        super().__init__(folder, "\n".join(lines) + "\n" + config, **options)

    def wait_ready(self, seconds=60, healthy=True):
        import time
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
