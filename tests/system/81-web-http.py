#!/usr/bin/env python3
"""sekisho-web against clients that misuse HTTP itself: shapes of request
smuggling, headers and bodies that are too large or too slow, too many
connections, requests from other sites, names and methods that are not there.
Nothing here needs an account."""
import pathlib
import socket
import ssl
import sys
import tempfile
import threading
import time
import warnings

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import web

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def raw(port, data, wait=30, shut=True):
    """Sends bytes as they are; gives everything that comes back."""
    with socket.create_connection(("127.0.0.1", port), timeout=wait) as plain:
        answer = b""
        try:
            plain.sendall(data)
            if shut:
                plain.shutdown(socket.SHUT_WR)
            while True:
                piece = plain.recv(65536)
                if not piece:
                    break
                answer += piece
        except OSError: # refused while we were still sending
            pass
        return answer


def statuses(answer):
    """The status of each answer in what came back on one connection."""
    found = []
    for line in answer.split(b"\r\n"):
        if line.startswith(b"HTTP/1.1 "):
            found.append(int(line.split()[1]))
    return found


def check_smuggling(port):
    hidden = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    body = b"{}"
    chunked = b"2\r\n{}\r\n0\r\n\r\n"
    head = b"POST /api/v1/about HTTP/1.1\r\nHost: localhost\r\n" \
           b"Content-Type: application/json\r\n"
    shapes = {
        "length and coding": head + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked,
        "coding and length": head + b"Transfer-Encoding: chunked\r\nContent-Length: 45\r\n\r\n" + b"0\r\n\r\n",
        "two lengths": head + b"Content-Length: 2\r\nContent-Length: 45\r\n\r\n" + body,
        "same length twice": head + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n" + body,
        "length list": head + b"Content-Length: 2, 2\r\n\r\n" + body,
        "length with plus": head + b"Content-Length: +2\r\n\r\n" + body,
        "length negative": head + b"Content-Length: -1\r\n\r\n" + body,
        "length hexadecimal": head + b"Content-Length: 0x2\r\n\r\n" + body,
        "length huge": head + b"Content-Length: 99999999999999999999\r\n\r\n" + body,
        "length with space": head + b"Content-Length : 2\r\n\r\n" + body,
        "coding alone": head + b"Transfer-Encoding: chunked\r\n\r\n" + chunked,
        "coding unknown": head + b"Transfer-Encoding: xchunked\r\n\r\n" + chunked,
        "coding with tab": head + b"Transfer-Encoding:\tchunked\r\n\r\n" + chunked,
        "coding twice": head + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + chunked,
        "coding folded": head + b"Transfer-Encoding:\r\n chunked\r\n\r\n" + chunked,
        "coding folded twice": head + b"Transfer-Encoding: identity,\r\n chunked\r\n\r\n" + chunked,
        "length folded": head + b"Content-Length:\r\n 2\r\n\r\n" + body,
        "first field folded": b"POST /api/v1/about HTTP/1.1\r\n Transfer-Encoding: chunked\r\nHost: localhost\r\n\r\n" + chunked,
        "bare CR": head + b"X: a\rTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n" + body,
        "length behind a bare LF": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: a\nContent-Length: 45\r\n\r\n",
        "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
        "two hosts": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: elsewhere\r\n\r\n",
        "host with path": b"GET /healthz HTTP/1.1\r\nHost: localhost/x\r\n\r\n",
        "body with GET": b"GET /api/v1/about HTTP/1.1\r\nHost: localhost\r\nContent-Length: 45\r\n\r\n",
        "version 2": b"GET /healthz HTTP/2.0\r\nHost: localhost\r\n\r\n",
        "version 1.2": b"GET /healthz HTTP/1.2\r\nHost: localhost\r\n\r\n",
        "name with space": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX y: z\r\n\r\n",
        "two cookies": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nCookie: a=b\r\nCookie: c=d\r\n\r\n",
    }
    for name, shape in shapes.items():
        answer = raw(port, shape + hidden)
        found = statuses(answer)
        # Refused, and nothing behind it is taken for a request.
        assert all(status >= 400 for status in found), (name, answer[:400])
        assert not found or b"\r\nConnection: close" in answer, (name, answer[:400])


def check_paths(port):
    def ask(path, method=b"GET"):
        return raw(port, method + b" " + path + b" HTTP/1.1\r\nHost: localhost\r\n"
                   b"Connection: close\r\n\r\n")

    for path in (b"/../etc/passwd", b"/%2e%2e/etc/passwd", b"/api/v1/%61bout", b"//healthz",
                 b"/healthz/", b"/healthz%00", b"http://elsewhere/healthz", b"*",
                 b"/api/v1/about/../about", b"/api/v1/nothing", b"/.html",
                 b"/" + b"a" * 3000):
        found = statuses(ask(path))
        assert found and found[0] in (400, 404), (path, found)
    for method in (b"DELETE", b"PUT", b"PATCH", b"TRACE", b"CONNECT", b"OPTIONS", b"FOO"):
        found = statuses(ask(b"/healthz", method))
        assert found and found[0] in (405, 404, 400, 403), (method, found)
    assert b"\r\nAllow: GET" in ask(b"/healthz", b"DELETE")
    head = ask(b"/healthz", b"HEAD")
    assert statuses(head) == [200] and head.endswith(b"\r\n\r\n"), head


def check_sizes(port):
    large = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"a" * 100000
    assert 200 not in statuses(raw(port, large + b"\r\n\r\n"))
    many = b"".join(b"X-%d: a\r\n" % number for number in range(5000))
    assert 200 not in statuses(raw(port, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
                                   + many + b"\r\n"))
    claimed = (b"POST /api/v1/about HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
               b"application/json\r\nContent-Length: 10000000\r\n\r\n")
    assert statuses(raw(port, claimed, shut=False))[0] in (405, 413)


def check_other_sites(console):
    browser = console.browser()
    same = {"Content-Type": "application/json"}
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"},
                    {"Origin": f"http://{browser.authority}"},
                    {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
                    {"Sec-Fetch-Site": "none"}):
        answer = browser.post("/api/v1/files?name=a", b"x", headers={**same, **headers})
        assert answer.status == 403, (headers, answer)
    answer = browser.get("/api/v1/about", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status == 403, answer
    answer = browser.get("/", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status == 200, answer
    # Nobody's session: refused by the vault, and never with a cookie.
    answer = browser.post("/api/v1/files?name=a", b"x", headers={
        "Origin": f"https://{browser.authority}", "Sec-Fetch-Site": "same-origin"})
    assert answer.status == 401 and "Set-Cookie" not in answer.headers, answer


def check_headers(console):
    browser = console.browser()
    for path in ("/", "/api/v1/about", "/api/v1/nothing", "/healthz"):
        answer = browser.get(path)
        for name, value in HEADERS.items():
            assert answer.header(name) == value, (path, name)
        policy = answer.header("Content-Security-Policy")
        assert policy.startswith("default-src 'none'; "), (path, policy)
        assert "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert answer.header("Server") is None
        wanted = "no-cache" if path == "/" else "no-store"
        assert answer.header("Cache-Control") == wanted, path
    answer = browser.get("/api/v1/nothing")
    assert answer.header("Content-Type") == "application/problem+json"
    assert answer.json()["title"] == "見つかりません。"
    answer = browser.get("/api/v1/nothing", headers={"Accept-Language": "en-US,en;q=0.9"})
    assert answer.json()["title"] == "There is no such thing."
    first = browser.get("/")
    again = browser.get("/", headers={"If-None-Match": first.header("ETag")})
    assert again.status == 304 and again.body == b"", again


def check_slow(port):
    """One byte a second is not enough, neither in headers nor in a body."""
    ended = {}

    def drip(name, start, piece):
        begun = time.monotonic()
        with socket.create_connection(("127.0.0.1", port), timeout=5) as slow:
            slow.sendall(start)
            slow.settimeout(0.05)
            while time.monotonic() < begun + 240:
                try:
                    slow.sendall(piece)
                    if slow.recv(4096) == b"":
                        break
                except socket.timeout:
                    pass
                except OSError:
                    break
                time.sleep(1)
            else:
                ended[name] = None
                return
        ended[name] = time.monotonic() - begun

    threads = [
        threading.Thread(target=drip, args=("headers", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: ", b"a")),
        threading.Thread(target=drip, args=("line", b"GET /", b"a")),
        threading.Thread(target=drip, args=("nothing", b"", b"")),
        threading.Thread(target=drip, args=("body", b"POST /api/v1/about2 HTTP/1.1\r\nHost: localhost\r\n"
                                            b"Content-Type: application/json\r\nContent-Length: 200000\r\n\r\n", b" ")),
    ]
    for thread in threads:
        thread.start()
    # Others are served meanwhile.
    browser = web.Browser(port, plain=True)
    while any(thread.is_alive() for thread in threads):
        assert browser.get("/healthz").status == 200
        time.sleep(1)
    for name, seconds in ended.items():
        assert seconds is not None, f"a slow client ({name}) was never ended"


def check_many(console, limit):
    """One address gets so many connections and no more."""
    held = []
    try:
        for _ in range(limit + 40):
            one = socket.create_connection(("127.0.0.1", console.port), timeout=10)
            held.append(one)
        end = time.monotonic() + 60
        refused = set()
        while len(refused) < 40:
            assert time.monotonic() < end, len(refused)
            for one in held:
                one.setblocking(False)
                try:
                    if one.recv(1) == b"":
                        refused.add(one)
                except BlockingIOError:
                    pass
                except ConnectionResetError:
                    refused.add(one)
            time.sleep(0.05)
    finally:
        for one in held:
            one.close()
    end = time.monotonic() + 60
    while True:
        try:
            if console.browser().get("/healthz").status == 200:
                return
        except OSError:
            pass
        assert time.monotonic() < end
        time.sleep(0.1)


def check_tls(console):
    warnings.simplefilter("ignore", DeprecationWarning)
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname = False
    old.verify_mode = ssl.CERT_NONE
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    with socket.create_connection(("127.0.0.1", console.port), timeout=30) as plain:
        try:
            old.wrap_socket(plain)
            raise AssertionError("TLS 1.1 was accepted")
        except (ssl.SSLError, OSError):
            pass
    # Plain HTTP on the port of TLS: nothing comes back that is HTTP.
    assert b"HTTP/" not in raw(console.port, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")


def check_key_modes(folder):
    """A key that others may read is refused."""
    console = web.Console(folder / "modes")
    key = folder / "web.key"
    key.chmod(0o644)
    try:
        console.start(wait=0)
        end = time.monotonic() + 60
        while "certificate-refused" not in console.log():
            assert time.monotonic() < end, console.log()
            time.sleep(0.1)
    finally:
        key.chmod(0o600)
        console.stop()


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        with web.Console(folder / "tls") as console:
            check_headers(console)
            check_other_sites(console)
            check_tls(console)
        with web.Console(folder / "many", extra="connections_per_address: 24") as console:
            check_many(console, 24)
        check_key_modes(folder)
        # As behind a proxy: the same server, without TLS in between.
        with web.Console(folder / "plain", plain=True) as console:
            check_smuggling(console.port)
            check_paths(console.port)
            check_sizes(console.port)
            check_slow(console.port)
            assert "program-ended" not in console.log(), console.log()
    print("ok")


if __name__ == "__main__":
    main()
