#!/usr/bin/env python3
"""docs/openapi.json against the server: every path and method is there and no
other; every answer has the form that it says; who lacks the role is refused;
members that it does not name are refused; and an auditor who tries everything
changes nothing."""
import json
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile
import time

import jsonschema

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import gateway
import web

DESCRIPTION = json.loads((gateway.ROOT / "docs/openapi.json").read_text())
ROLES = ["staff", "reviewer", "approver", "administrator", "auditor"]
DEPARTMENT = "総務課"


def operations():
    for path, methods in DESCRIPTION["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def check_table():
    """The same paths and methods as gateway/web/routes.def."""
    text = (gateway.ROOT / "gateway/web/routes.def").read_text()
    routes = {(method, path.replace("{+", "{"))
              for method, path in re.findall(r'^ROUTE\("(\w+)", "([^"]+)"', text, re.M)}
    described = {(method, path) for path, method, _ in operations()}
    assert routes == described, (routes - described, described - routes)
    names = [operation["operationId"] for _, _, operation in operations()]
    # One name each, but a GET and what is below it may share a noun.
    for path, method, operation in operations():
        assert operation["responses"] and operation["summary"] and operation["tags"]
        declared = set(re.findall(r"\{(\w+)\}", path))
        given = {parameter["name"] for parameter in operation.get("parameters", [])
                 if parameter.get("in") == "path"}
        assert declared == given, path
    assert len(names) > 40


def resolve(node):
    while "$ref" in node:
        target = DESCRIPTION
        for part in node["$ref"].lstrip("#/").split("/"):
            target = target[part]
        node = target
    return node


def check_answer(path, method, operation, answer):
    responses = operation["responses"]
    known = responses.get(str(answer.status), responses["default"])
    if str(answer.status) not in responses:
        assert answer.status >= 400, (method, path, answer)
    known = resolve(known)
    if answer.status == 204:
        assert answer.body == b"", (method, path, answer)
        return
    kinds = known["content"]
    kind = answer.header("Content-Type").split(";")[0]
    assert kind in kinds, (method, path, kind, answer)
    if not kind.endswith("json"):
        return
    schema = dict(kinds[kind]["schema"], components=DESCRIPTION["components"])
    if schema.get("format") == "binary":
        return
    try:
        jsonschema.Draft202012Validator(schema).validate(answer.json())
    except jsonschema.ValidationError as error:
        raise AssertionError(f"{method} {path}: {error.message} in {answer!r}") from error


def sample(schema, name=""):
    """A value that fits the schema."""
    schema = resolve(schema)
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = kind[0]
    if "enum" in schema:
        return schema["enum"][0]
    if kind == "object":
        return {key: sample(schema["properties"][key], key)
                for key in schema.get("required", [])}
    if kind == "array":
        return [sample(schema["items"], name)]
    if kind == "integer":
        return 1
    if kind == "boolean":
        return True
    if schema.get("format") == "date-time":
        return "2027-01-31T00:00:00.000Z"
    if schema.get("pattern") == "^[0-9a-f]{32}$":
        return "0" * 32
    return "token" if name in ("password", "new_password") else "試験"


def address(path, values):
    return re.sub(r"\{(\w+)\}", lambda match: str(values.get(match.group(1), "0" * 32)),
                  path)


def body_of(operation):
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        return sample(content["application/json"]["schema"])
    return b"file" if content else None


def call(browser, path, method, operation, values, body=None, **options):
    where = address(path, values)
    if path == "/api/v1/files" and method == "POST":
        where += "?name=a.txt"
        options["headers"] = {"Content-Type": "application/octet-stream"}
    return browser.request(method, where, body_of(operation) if body is None else body,
                           **options)


def is_own(operation):
    """What everybody does to his own session and factors."""
    return operation["tags"][0] == "session"


def is_recorded(path):
    """Reads, and is put on record by the dispatcher."""
    return path.endswith((":export", ":bundle"))


def snapshot(console):
    """Every row of the vault but the times at which sessions were used, and what the
    vault says of the log by itself, once a day."""
    with sqlite3.connect(f"file:{console.state}/vault.db?mode=ro", uri=True) as base:
        tables = [row[0] for row in base.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
        return {table: sorted(row for row in map(repr, base.execute(f"SELECT * FROM {table}"))
                              if '"action":"log.examine"' not in row)
                for table in tables if table not in ("session", "seal", "sqlite_sequence")}


def settled(console):
    """The rows once nothing is written any more."""
    last = snapshot(console)
    for _ in range(600):
        time.sleep(0.3)
        now = snapshot(console)
        if now == last:
            return now
        last = now
    raise AssertionError("the vault does not come to rest")


def make_world(console):
    console.unit(DEPARTMENT)
    console.unit("税務課")
    people = {"administrator": console.person("kanri", "", "administrator"),
              "administrator2": console.person("kanri2", "", "administrator"),
              "auditor": console.person("kansa", "", "auditor")}
    for role in ("staff", "reviewer", "approver"):
        people[role] = console.person(role, DEPARTMENT, role)
    return people


def hand_in(person, name, data):
    answer = person.browser.upload(name, data)
    assert answer.status == 202, answer
    item = answer.json()["id"]
    shown = person.browser.get(f"/api/v1/files/{item}?wait=60").json()
    assert shown["state"] != "processing", shown
    return item, shown


def check_files(people):
    staff = people["staff"]
    item, shown = hand_in(staff, "報告 書.txt", b"hello\n")
    assert shown["state"] == "delivered" and shown["available"], shown
    answer = staff.browser.get(f"/api/v1/files/{item}/sanitized")
    assert answer.body == b"hello\n"
    assert answer.header("Content-Disposition") == (
        "attachment; filename=\"__________.txt\"; filename*=UTF-8''"
        "%E5%A0%B1%E5%91%8A%20%E6%9B%B8.txt"), answer.headers
    assert answer.header("Content-Type") == "application/octet-stream"
    assert "sandbox" in answer.header("Content-Security-Policy")
    report = staff.browser.get(f"/api/v1/files/{item}/report").json()
    assert report["verdict"] == "unchanged" and report["channel"] == "upload"
    certificate = staff.browser.get(f"/api/v1/files/{item}/certificate").json()
    assert certificate["item"] == item
    # Nobody else's, whatever the role.
    for role in ("reviewer", "administrator", "auditor"):
        for rest in ("", "/sanitized", "/report", "/certificate"):
            answer = people[role].browser.get(f"/api/v1/files/{item}{rest}")
            assert answer.status == 404, (role, rest, answer)
    held, shown = hand_in(staff, "bad.exe", b"MZ" + bytes(500))
    assert shown["state"] == "held" and shown["reason"] == "type.executable", shown
    assert staff.browser.get(f"/api/v1/files/{held}/sanitized").status == 410
    return item, held


def check_password(people):
    """A file that waits for its password, given it on the item's page."""
    expected = json.loads(
        (gateway.SAMPLES / "zip/aes-password-utf8.zip.expect.json").read_text())
    data = (gateway.SAMPLES / "zip/aes-password-utf8.zip").read_bytes()
    staff = people["staff"]
    item, shown = hand_in(staff, "資料.zip", data)
    assert shown["state"] == "awaiting_password", shown
    path = f"/api/v1/items/{item}:password"
    for wrong in ({}, {"passwords": []}, {"passwords": ["x"] * 17}, {"passwords": [1]},
                  {"passwords": ["x" * 300]}, {"passwords": ["x"], "state": "ready"}):
        assert staff.browser.post(path, wrong).status == 422, wrong
    answer = people["auditor"].browser.post(path, {"passwords": ["x"]})
    assert answer.status == 403, answer
    answer = staff.browser.post(path, {"passwords": ["not this"]})
    assert answer.status == 200 and answer.json()["state"] == "awaiting_password", answer
    assert answer.json()["reason"] == "encrypted.wrong_password", answer
    left = answer.json()["tries_left"]
    answer = staff.browser.post(path, {"passwords": ["x", *expected["passwords"]]})
    assert answer.status == 200 and answer.json()["reason"] is None, answer
    assert answer.json()["tries_left"] == left - 1, answer
    answer = staff.browser.get(f"/api/v1/files/{item}/sanitized")
    assert answer.status == 200 and answer.body[:2] == b"PK", answer
    answer = staff.browser.post(path, {"passwords": expected["passwords"]})
    assert answer.status == 409, answer


def check_release(people, console):
    """What somebody handed in and others let out is his to fetch, and nobody
    else's."""
    staff = people["staff"].browser
    item, _ = hand_in(people["staff"], "tool.exe", b"MZ" + bytes(700))
    made = people["reviewer"].browser.post(f"/api/v1/items/{item}:request", {
        "kind": "release_original", "reason": "業務に必要"})
    assert made.status == 201, made
    answer = people["approver"].browser.post(
        f"/api/v1/requests/{made.json()['request']}:approve", {})
    assert answer.status == 204, answer
    end = time.monotonic() + 120
    while people["reviewer"].browser.get(
            f"/api/v1/items/{item}").json()["state"] != "released_original":
        assert time.monotonic() < end, console.log()[-3000:]
        time.sleep(0.2)
    assert not (console.state / "out" / DEPARTMENT).exists()
    shown = staff.get(f"/api/v1/files/{item}").json()
    assert shown["released"] == "original" and shown["until"], shown
    # An original is not called sanitized.
    assert staff.get(f"/api/v1/files/{item}/sanitized").status == 410
    for role in ("reviewer", "administrator", "auditor"):
        answer = people[role].browser.get(f"/api/v1/files/{item}/released")
        assert answer.status == 404, (role, answer)
    answer = staff.get(f"/api/v1/files/{item}/released")
    assert answer.body == b"MZ" + bytes(700), answer
    assert "attachment; filename=\"tool.exe\"" in answer.header("Content-Disposition")
    assert staff.get(f"/api/v1/files/{item}/report").json()["channel"] == "upload"
    steps = people["reviewer"].browser.get(f"/api/v1/items/{item}/timeline").json()["timeline"]
    assert [step["actor"] for step in steps if step["reason"] == "fetch"] == \
        [people["staff"].login], steps


def check_all(people, values):
    """Each operation by each role: refused without it, in the form that the
    description says in any case."""
    for path, method, operation in operations():
        if is_own(operation):
            continue
        allowed = operation.get("x-roles", ROLES)
        for role in ROLES:
            # What would end the test for the others is only asked in vain.
            person = people[role]
            body = body_of(operation)
            answer = call(person.browser, path, method, operation, values, body=body)
            check_answer(path, method, operation, answer)
            if role not in allowed:
                assert answer.status == 403, (role, method, path, answer)
            else:
                assert answer.status != 403 or method != "GET", (role, method, path, answer)
            assert answer.status != 401, (role, method, path, answer)
            assert answer.status < 500, (role, method, path, answer)
    # And without a session.
    nobody = people["staff"].browser.__class__(people["staff"].browser.port)
    for path, method, operation in operations():
        answer = call(nobody, path, method, operation, values)
        check_answer(path, method, operation, answer)
        if operation.get("security") != []:
            assert answer.status == 401, (method, path, answer)


def check_members(people, values, console):
    """Members that are not in the description change nothing."""
    before = settled(console)
    extra = {"roles": ["administrator"], "state": "active", "approver": 1, "tenant": "x",
             "verdict": "unchanged", "user_id": 1, "is_admin": True}
    for path, method, operation in operations():
        body = body_of(operation)
        if not isinstance(body, dict) or is_own(operation):
            continue
        role = operation.get("x-roles", ROLES)[-1]
        for key, value in extra.items():
            known = operation["requestBody"]["content"]["application/json"]["schema"]
            if key in known["properties"]:
                continue
            answer = call(people[role].browser, path, method, operation, values,
                          body={**body, key: value})
            assert answer.status == 422, (role, method, path, key, answer)
    for path in ("/api/v1/users?role=administrator", "/api/v1/items?tenant=x",
                 "/api/v1/items?limit=1&limit=2", "/api/v1/items?limit=x",
                 "/api/v1/items?name=%00", "/api/v1/items?name=%ff"):
        answer = people["administrator"].browser.get(path)
        assert answer.status == 422, (path, answer)
    after = settled(console)
    assert before == after, differences(before, after)


def differences(before, after):
    return {table: set(after[table]) ^ set(before[table])
            for table in after if before.get(table) != after[table]}


def check_auditor(people, values, console):
    before = settled(console)
    auditor = people["auditor"].browser
    for path, method, operation in operations():
        if is_own(operation) and method != "GET" or is_recorded(path):
            continue
        answer = call(auditor, path, method, operation, values)
        assert answer.status < 500, (method, path, answer)
        if method != "GET" and not path.endswith(":search"):
            assert answer.status in (403, 404), (method, path, answer)
    after = settled(console)
    assert before == after, differences(before, after)


def check_recorded(people, values, console):
    """What goes out as a file leaves one record behind and nothing else, for
    auditors too."""
    auditor = people["auditor"].browser
    for path, method, operation in operations():
        if not is_recorded(path):
            continue
        before = settled(console)
        answer = call(auditor, path, method, operation, values)
        if answer.status == 404:
            continue
        assert answer.status == 200 and "attachment" in answer.header(
            "Content-Disposition"), (path, answer)
        changed = differences(before, settled(console))
        assert set(changed) <= {"audit_entry", "audit_payload", "audit_checkpoint"}, changed
        assert len(changed["audit_entry"]) == 1, changed
        assert '"actor":"kansa"' in str(changed["audit_entry"]), changed


def check_bundle(people, console, folder):
    """The evidence of an incident, checked with the public key alone."""
    made = people["administrator"].browser.post("/api/v1/incidents", {
        "kind": "malware", "description": "感染の疑い"})
    assert made.status == 201, made
    path = f"/api/v1/incidents/{made.json()['id']}:bundle"
    assert people["reviewer"].browser.post(path, {}).status == 403
    answer = people["auditor"].browser.post(path, {})
    assert answer.status == 200 and ".tar" in answer.header("Content-Disposition"), answer
    file = folder / "evidence.tar"
    for data, status in ((answer.body, 0), (answer.body.replace(b"malware", b"mistake"), 1)):
        file.write_bytes(data)
        done = subprocess.run([gateway.BIN / "sekisho-audit", "bundle", file, "--key",
                               console.state / "audit/audit.pub", "--lang", "en"],
                              capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == status, done
    # The originals stay where they are.
    assert b"MZ" + bytes(500) not in answer.body and "bad.exe".encode() in answer.body


def check_status(console):
    """`sekisho status` asks the vault, too."""
    done = subprocess.run([gateway.BIN / "sekisho", "status", "--config", console.config,
                           "--state", console.state, "--lang", "en"],
                          capture_output=True, text=True, timeout=120, check=False)
    assert "emergency file: 0 of 4096 bytes used, last used never" in done.stdout, done


def check_gets(people, values, console):
    """A GET never acts, whoever asks."""
    before = settled(console)
    for role in ROLES:
        for path, method, operation in operations():
            if method == "GET":
                call(people[role].browser, path, "GET", operation, values)
                call(people[role].browser, path, "HEAD", operation, values)
            else:
                # The path of something that acts, asked for by a link.
                answer = people[role].browser.get(address(path, values))
                assert answer.status in (200, 403, 404, 405, 410, 422), (path, answer)
    after = settled(console)
    assert before == after, differences(before, after)


def check_conditions(people, values):
    """ETag, If-None-Match, If-Match, Idempotency-Key."""
    reviewer = people["reviewer"].browser
    item = values["id"]
    shown = reviewer.get(f"/api/v1/items/{item}")
    tag = shown.header("ETag")
    assert tag == f'"{shown.json()["version"]}"', shown
    again = reviewer.get(f"/api/v1/items/{item}", headers={"If-None-Match": tag})
    assert again.status == 304 and again.body == b""
    wish = {"kind": "release_sanitized", "reason": "業務に必要"}
    for wrong, status in (('"999"', 412), ("999", 422), ("*", 422), ('W/"1"', 422)):
        answer = reviewer.post(f"/api/v1/items/{item}:request", wish,
                               headers={"If-Match": wrong})
        assert answer.status == status, (wrong, answer)
    headers = {"If-Match": tag, "Idempotency-Key": "one"}
    first = reviewer.post(f"/api/v1/items/{item}:request", wish, headers=headers)
    assert first.status == 201, first
    second = reviewer.post(f"/api/v1/items/{item}:request", wish, headers=headers)
    assert second.status == 201 and second.json() == first.json(), second
    other = reviewer.post(f"/api/v1/items/{item}:request", {**wish, "reason": "他"},
                          headers=headers)
    assert other.status == 422, other
    # Somebody else's key is another key.
    staff = people["staff"].browser.post(f"/api/v1/items/{item}:request", wish,
                                         headers=headers)
    assert staff.status in (404, 409, 412), staff
    own = reviewer.post(f"/api/v1/requests/{first.json()['request']}:approve", {})
    assert own.status == 403, own
    done = reviewer.post(f"/api/v1/requests/{first.json()['request']}:withdraw", {})
    assert done.status == 204, done


def check_clients(people, values, console):
    """A program's account does what it was made for; of everything else that
    the description names it does nothing, whatever is asked."""
    administrator = people["administrator"].browser
    wish = {"name": "文書管理", "unit": DEPARTMENT, "operations": ["upload", "read", "report"],
            "expires": "2000-01-01T00:00:00.000Z", "per_minute": 6000}
    assert administrator.post("/api/v1/clients", wish).status == 422
    wish["expires"] = time.strftime("%Y-%m-%dT00:00:00.000Z",
                                    time.gmtime(time.time() + 30 * 86400))
    assert people["staff"].browser.post("/api/v1/clients", wish).status == 403
    made = administrator.post("/api/v1/clients", wish,
                              headers={"Idempotency-Key": "client"})
    assert made.status == 201, made
    secret, number = made.json()["secret"], made.json()["client"]
    program = console.browser()
    bearer = {"Authorization": f"Bearer {secret}"}

    def ask(method, path, body=None, **headers):
        return program.request(method, path, body, {**bearer, **headers})

    kind = {"Content-Type": "application/octet-stream"}
    answer = ask("POST", "/api/v1/files?name=a.txt", b"hello\n", **kind)
    assert answer.status == 202 and not answer.header("Set-Cookie"), answer
    path = f"/api/v1/files/{answer.json()['id']}"
    shown = ask("GET", path + "?wait=60")
    assert shown.json()["state"] == "delivered", shown
    assert ask("GET", path + "/sanitized").body == b"hello\n"
    assert ask("GET", path + "/report").json()["verdict"] == "unchanged"
    assert ask("GET", path + "/certificate").status == 403
    # Nobody else's, and nobody else sees the program's.
    assert ask("GET", f"/api/v1/files/{values['id']}").status == 404
    assert people["staff"].browser.get(path).status == 404
    # What it does not hand over is held for the department, and reviewed there.
    held = ask("POST", "/api/v1/files?name=b.exe", b"MZ" + bytes(300), **kind).json()["id"]
    assert ask("GET", f"/api/v1/files/{held}?wait=60").json()["state"] == "held"
    seen = people["reviewer"].browser.get(f"/api/v1/items/{held}")
    assert seen.status == 200, seen

    before = settled(console)
    for place, method, operation in operations():
        if operation.get("x-client") in wish["operations"] or (
                operation.get("security") == [] and "machines" in operation["tags"]):
            continue
        body = body_of(operation)
        headers = {"Content-Type": "application/octet-stream"} if body == b"file" else {}
        answer = ask(method, address(place, values), body, **headers)
        assert answer.status == 403, (method, place, answer)
        check_answer(place, method, operation, answer)
    after = settled(console)
    for table in before:
        if not table.startswith("audit_") and table != "api_client":
            assert before[table] == after[table], (table, differences(before, after))
    # A session's cookie beside it: in whose name would it be?
    staff = people["staff"].browser
    for where in ("/api/v1/files", "/api/v1/session"):
        assert staff.get(where, headers=bearer).status == 400
    assert staff.get("/api/v1/files", cookie=False, headers=bearer).status == 200
    # Its digits are no session, a session's are no secret.
    assert program.get("/api/v1/files", headers={
        "Cookie": f"{web.COOKIE}={secret[4:]}"}).status == 401
    for wrong in (f"Bearer skc_{staff.token}", f"Bearer {secret[4:]}", f"Basic {secret}",
                  f"Bearer {secret}x", f"Bearer {secret[:-1]}", "Bearer", secret,
                  f"Bearer skc_{'0' * 64}"):
        answer = program.get("/api/v1/files", headers={"Authorization": wrong})
        assert answer.status == 401 and not answer.header("Set-Cookie"), (wrong, answer)
    # Revoked is revoked, also on a connection that was let in before.
    assert people["staff"].browser.post(f"/api/v1/clients/{number}:revoke").status == 403
    assert administrator.post(f"/api/v1/clients/{number}:revoke").status == 204
    for _ in range(2):
        assert ask("GET", path).status == 401
        assert ask("POST", "/api/v1/files?name=a.txt", b"x", **kind).status == 401
    # A repeated call tells the secret again, of one that is worth nothing.
    again = administrator.post("/api/v1/clients", wish, headers={"Idempotency-Key": "client"})
    assert again.status == 201 and again.json()["secret"] == secret, again
    assert ask("GET", path).status == 401
    entries = people["auditor"].browser.get(
        f"/api/v1/audit/entries?object=client:{number}&limit=200").json()["entries"]
    actions = {entry["action"] for entry in entries}
    assert actions >= {"client.create", "client.use", "client.refused",
                       "client.revoke"}, entries[:3]


def main():
    check_table()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        with web.Console(folder / "state") as console:
            people = make_world(console)
            served = people["staff"].browser.get("/api/v1/openapi.json")
            assert served.json() == DESCRIPTION
            _, held = check_files(people)
            check_password(people)
            check_release(people, console)
            values = {"id": held, "number": 1, "year": 2026, "session": 999999, "user": 999999,
                      "grant": 999999,
                      "client": 999999}
            check_conditions(people, values)
            check_gets(people, values, console)
            check_members(people, values, console)
            check_auditor(people, values, console)
            check_clients(people, values, console)
            check_recorded(people, values, console)
            check_bundle(people, console, folder)
            check_status(console)
            check_all(people, values)
            assert "program-ended" not in console.log(), console.log()
    print("ok")


if __name__ == "__main__":
    main()
