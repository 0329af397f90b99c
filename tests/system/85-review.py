#!/usr/bin/env python3
"""What people ask for and decide, over a real gateway: asked for by one,
approved by another, delivered by the channel it came from (folder, upload,
command line), once, also when a program is killed on the way; nothing without a
decision; stops; policies that are changed and brought back; the log."""
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import gateway
import policychange
import shown
import web

UNIT = "税務課"
BLOCKED = """
policies: [{name: people, modes: {text: block, eml: block}}]
rules: [{policy: people}]
"""
POINTS = ["vault.opened", "broker.opened", "broker.delivering", "folder.released",
          "folder.temporary_written", "folder.target_written", "folder.appeared",
          "folder.delivered"]


def wait(what, check, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = check()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(what)


def forbidden(number):
    """What no policy lets pass: it is held, whatever its name."""
    return b"MZ" + bytes(62) + b"program %d" % number + bytes(200)


def held(console, person, name, data):
    """Drops a file and waits until it is held; the item."""
    console.drop(UNIT, name, data)

    def found():
        answer = person.browser.get("/api/v1/items?limit=200")
        assert answer.status == 200, answer
        return [item for item in answer.json()["items"]
                if item["name"] == name and item["state"] == "held"]
    return wait(name + " is not held", found)[0]["id"]


def show(person, item):
    answer = person.browser.get("/api/v1/items/" + item)
    assert answer.status == 200, answer
    return answer.json()


def ask(person, item, kind):
    answer = person.browser.post(f"/api/v1/items/{item}:request",
                                 {"kind": kind, "reason": "業務で必要"})
    assert answer.status == 201, answer
    return answer.json()["request"]


def approve(person, request, status=204):
    answer = person.browser.post(f"/api/v1/requests/{request}:approve", {"reason": "可"})
    assert answer.status == status, answer


def reaches(person, item, state):
    wait(f"{item} does not become {state}: {show(person, item)['state']}",
         lambda: show(person, item)["state"] == state)


def outputs(console, name):
    return [path for path in console.files("out")
            if pathlib.Path(path).name.startswith(pathlib.Path(name).stem) and
            not path.endswith(".json")]


def check_release(console, rin, ann):
    data = forbidden(0)
    item = held(console, rin, "first.exe", data)
    request = ask(rin, item, "release_original")
    assert show(rin, item)["state"] == "requested"
    # Neither the one who asked nor nobody at all.
    answer = rin.browser.post(f"/api/v1/requests/{request}:approve", {})
    assert answer.status == 403, answer
    time.sleep(1)
    assert not outputs(console, "first.exe")
    own = ask(ann, held(console, rin, "own.exe", forbidden(1)), "release_original")
    answer = ann.browser.post(f"/api/v1/requests/{own}:approve", {})
    assert answer.status in (403, 409), answer
    approve(ann, request)
    reaches(rin, item, "released_original")
    found = outputs(console, "first.exe")
    assert len(found) == 1, found
    assert (console.state / "out" / found[0]).read_bytes() == data
    approve(ann, request, status=409)


def check_decided_in_vain(console, rin, ann):
    """What does not pass when it goes all the way again is held again."""
    item = held(console, rin, "vain.exe", forbidden(2))
    approve(ann, ask(rin, item, "release_sanitized"))
    wait("vain", lambda: show(rin, item)["requests"][0]["state"] == "failed")
    reaches(rin, item, "held")
    approve(ann, ask(rin, item, "reprocess"))
    wait("again", lambda: show(rin, item)["requests"][0]["state"] == "done")
    reaches(rin, item, "held")
    assert not outputs(console, "vain.exe")


def hand_in(console, person, name, data):
    """By the console, until it is held."""
    answer = person.browser.upload(name, data)
    assert answer.status == 202, answer
    item = answer.json()["id"]
    shown = person.browser.get(f"/api/v1/files/{item}?wait=60").json()
    assert shown["state"] == "held" and shown["released"] is None, shown
    return item


def fetch(person, item, what, status=200):
    answer = person.browser.get(f"/api/v1/files/{item}/{what}")
    assert answer.status == status, (what, answer)
    return answer.body


def set_policy(console, text):
    """The configuration, with this behind it."""
    console.config.write_text(console.base + text)
    told = console.log().count("sekisho-broker: info: reloaded")
    done = sekisho(console, "reload")
    assert done.returncode == 0, done
    wait("reload", lambda: console.log().count("sekisho-broker: info: reloaded") > told)


def check_uploads(console, rin, ann, sam, points):
    """What sam handed in and others let out is his to fetch, out of the vault;
    by a new policy, too."""
    set_policy(console, BLOCKED)
    by = {kind: hand_in(console, sam, kind + ".txt", kind.encode() + b"\n")
          for kind in ("release_sanitized", "reprocess", "release_original")}
    dropped = held(console, rin, "folder.txt", b"by the folder\n")
    commanded = command(console, b"From: a@example.com\r\n\r\n", 2)
    set_policy(console, "")
    fetch(sam, by["release_sanitized"], "released", 410)
    for point in ("vault.blob_written", "broker.delivering"):
        # Whatever dies on the way, it is kept once.
        (points / point).touch()
        os.chmod(points / point, 0o666)
        kind = "release_sanitized" if point.startswith("vault") else "release_original"
        approve_and_wait(console, rin, ann, by[kind], kind, points / point)
    reaches(rin, by["release_sanitized"], "released_sanitized")
    reaches(rin, by["release_original"], "released_original")
    approve(ann, ask(rin, by["reprocess"], "reprocess"))
    reaches(rin, by["reprocess"], "delivered")
    approve(ann, ask(rin, dropped, "reprocess"))
    reaches(rin, dropped, "delivered")
    assert len(wait("folder.txt", lambda: outputs(console, "folder.txt"))) == 1
    for pid in console.pids("sekisho-web"):
        os.kill(pid, signal.SIGKILL)
    wait("web", lambda: ready(console))
    for kind, item in by.items():
        shown = sam.browser.get(f"/api/v1/files/{item}").json()
        assert shown["released"] == (
            "original" if kind == "release_original" else "sanitized"), (kind, shown)
        assert shown["available"] and shown["until"], shown
        assert fetch(sam, item, "released") == kind.encode() + b"\n"
        # Nobody else's, not even of those who decided.
        for other in (rin, ann):
            fetch(other, item, "released", 404)
    fetch(sam, by["release_original"], "sanitized", 410)
    certificate = fetch(sam, by["release_sanitized"], "certificate")
    assert by["release_sanitized"].encode() in certificate
    assert fetch(sam, by["reprocess"], "sanitized") == b"reprocess\n"
    steps = rin.browser.get(f"/api/v1/items/{by['reprocess']}/timeline").json()["timeline"]
    assert sum(step["reason"] == "fetch" for step in steps) == 2, steps
    # No folder has any of it, and on the disk there is nothing to read.
    assert not [path for path in console.files("out") if "release_" in path]
    for path in (console.state / "blobs").rglob("*"):
        assert path.is_dir() or b"release_original\n" not in path.read_bytes(), path
    return commanded


def ready(console):
    try:
        return console.browser().get("/readyz").status == 200
    except OSError:
        return False


def approve_and_wait(console, rin, ann, item, kind, point):
    request = ask(rin, item, kind)
    wait("approval", lambda: decided(ann, request))
    wait(f"{point.name} was not reached", lambda: not point.exists())

    def settled():
        try:
            return show(rin, item)["state"].startswith("released_")
        except (OSError, AssertionError):
            return False
    wait(f"{point.name}: not released\n" + console.log()[-3000:], settled, 240)


def decided(ann, request):
    """The vault may die right behind the decision: then it is asked again."""
    try:
        answer = ann.browser.post(f"/api/v1/requests/{request}:approve", {"reason": "可"})
        return answer.status in (204, 409)
    except OSError:
        return False


def command(console, data, code):
    """A message by `sekisho mail`; the item."""
    before = {item["id"] for item in listed(console)}
    done = sekisho(console, "mail", input=data)
    assert done.returncode == code, done
    return [item["id"] for item in listed(console) if item["id"] not in before]


def sekisho(console, *arguments, **options):
    return subprocess.run([gateway.BIN / "sekisho", *arguments, "--config",
                           console.config], capture_output=True, check=False,
                          env={**os.environ, "SEKISHO_STATE": str(console.state)},
                          **options)


def listed(console):
    done = sekisho(console, "items", "list", "--json", "--limit", "1000")
    assert done.returncode == 0, done
    return json.loads(done.stdout)


def check_command(console, rin, ann, items):
    """What came from the command line is fetched there."""
    item, = items
    assert sekisho(console, "items", "fetch", item).returncode == 64
    target = console.state.parent / "fetched"
    done = sekisho(console, "items", "fetch", item, "-o", target)
    assert done.returncode == 2 and not target.exists(), done
    approve(ann, ask(rin, item, "release_sanitized"))
    reaches(rin, item, "released_sanitized")
    done = sekisho(console, "items", "fetch", item, "-o", target)
    assert done.returncode == 0, done
    assert b"X-Sekisho-Result" in target.read_bytes(), target.read_bytes()
    assert target.stat().st_mode & 0o777 == 0o600
    # Only there.
    for other in (rin, ann):
        fetch(other, item, "released", 404)


def check_certificates(console):
    """`sekisho sanitize --certificates` writes what proves its outputs."""
    folder = console.state.parent / "certified"
    folder.mkdir()
    (folder / "a.txt").write_bytes(b"text\n")
    done = sekisho(console, "sanitize", "--certificates", "--out-dir", folder / "out",
                   folder / "a.txt")
    assert done.returncode == 0, done
    assert sorted(path.name for path in (folder / "out").iterdir()) == \
        ["a.txt", "a.txt.cert.json"]
    key = console.state / "audit/certificate.pub"
    check = [gateway.BIN / "sekisho", "verify", "--key", key, folder / "out/a.txt"]
    assert subprocess.run(check, check=False, capture_output=True).returncode == 0
    (folder / "out/a.txt").write_bytes(b"other\n")
    assert subprocess.run(check, check=False, capture_output=True).returncode == 2
    done = sekisho(console, "sanitize", "--certificates", "--standalone", "--out-dir",
                   folder / "out", folder / "a.txt")
    assert done.returncode == 64, done


def check_stop(console, rin, ann, ada):
    item = held(console, rin, "stopped.exe", forbidden(3))
    answer = ada.browser.post("/api/v1/incidents:stopTraffic",
                              {"scope": "release", "reason": "事故"})
    assert answer.status == 204, answer
    approve(ann, ask(rin, item, "release_original"))
    time.sleep(2)
    assert show(rin, item)["state"] == "approved"
    assert not outputs(console, "stopped.exe")
    answer = ada.browser.post("/api/v1/incidents:resume", {"reason": "復旧"})
    assert answer.status == 204, answer
    reaches(rin, item, "released_original")
    answer = ada.browser.post("/api/v1/incidents:stopTraffic",
                              {"scope": "intake", "reason": "事故"})
    assert answer.status == 204, answer
    time.sleep(1)
    console.drop(UNIT, "waits.txt", b"plain text\n")
    time.sleep(3)
    assert not outputs(console, "waits.txt")
    answer = ada.browser.post("/api/v1/incidents:resume", {"reason": "復旧"})
    assert answer.status == 204, answer
    wait("waits.txt", lambda: outputs(console, "waits.txt"))


def check_destruction(console, rin, ann):
    item = held(console, rin, "gone.exe", forbidden(4))
    answer = rin.browser.post(f"/api/v1/items/{item}:hold", {"reason": "保全"})
    assert answer.status == 204, answer
    answer = rin.browser.post(f"/api/v1/items/{item}:request",
                              {"kind": "delete", "reason": "不要"})
    assert answer.status == 409, answer
    approve(ann, ask(rin, item, "unhold"))
    approve(ann, ask(rin, item, "delete"))
    reaches(rin, item, "destroyed")
    original = [one for one in show(rin, item)["artifacts"] if one["kind"] == "original"]
    assert original[0]["kept"] is False and original[0]["sha256"], original


def found(person, name):
    """The item that a dropped file became."""
    def look():
        answer = person.browser.get("/api/v1/items?limit=200")
        assert answer.status == 200, answer
        return [item for item in answer.json()["items"]
                if item["name"] == name and item["state"] != "ready"]
    return wait(name + " is no item", look)[0]["id"]


def previewed(person, item, status=202):
    """Asks for the preview and waits until it is known what came of it."""
    path = f"/api/v1/items/{item}"
    answer = person.browser.post(path + ":preview", {})
    assert answer.status == status, answer

    def known():
        answer = person.browser.get(path + "/previews")
        assert answer.status == 200, answer
        return answer.json() if answer.json()["state"] != "making" else None
    return wait("no preview of " + item, known)


def records(console, item, action):
    with sqlite3.connect(f"file:{console.state}/vault.db?mode=ro", uri=True) as base:
        return base.execute(
            "SELECT count(*) FROM audit_entry WHERE json_extract(line, '$.action') = ?"
            " AND json_extract(line, '$.object') LIKE ?",
            (action, f"preview:{item}%")).fetchone()[0]


def check_page(console, rin, item):
    path = f"/api/v1/items/{item}/previews/"
    page = rin.browser.get(path + "2")
    assert page.status == 200 and page.body.startswith(b"\x89PNG\r\n"), page
    assert page.header("Content-Type") == "image/png", page.headers
    assert page.header("X-Content-Type-Options") == "nosniff", page.headers
    assert "sandbox" in page.header("Content-Security-Policy"), page.headers
    assert page.header("Cache-Control") == "no-store", page.headers
    assert records(console, item, "content.look") == 1
    for number in ("0", "11", "33", "x", "1.5"):
        assert rin.browser.get(path + number).status in (404, 422), number
    assert records(console, item, "content.look") == 1


def check_strangers(console, item, people):
    """Who does not see the item does not see that there is one; who has other
    things to do sees no content."""
    for person, status in people:
        browser = person.browser
        for answer in (browser.post(f"/api/v1/items/{item}:preview", {}),
                       browser.get(f"/api/v1/items/{item}/previews"),
                       browser.get(f"/api/v1/items/{item}/previews/1")):
            assert answer.status == status, (person.login, answer)
    nobody = console.browser()
    assert nobody.get(f"/api/v1/items/{item}/previews/1").status == 401
    assert nobody.post(f"/api/v1/items/{item}:preview", {}).status in (401, 403)


def blobs(console):
    return {path.name for path in (console.state / "blobs").glob("*/*")}


def check_preview(console, rin, ann, ada):
    """What is left of a file is shown to those who may see it, once made; the
    original never; and it is destroyed with it."""
    other = console.person("oda", "福祉課", "reviewer", "approver")
    aud = console.person("aud", "", "auditor")
    for name, data in shown.FILES.items():
        console.drop(UNIT, name, data)
    pdf = found(rin, shown.PDF)
    before = blobs(console)
    asked = ask(rin, pdf, "delete")
    seen = previewed(rin, pdf)
    assert seen["state"] == "ready" and seen["pages"] == shown.PAGES, seen
    assert [part["kind"] for part in seen["previews"]] == ["page"] * 10, seen
    check_page(console, rin, pdf)
    assert previewed(ann, pdf) == seen and records(console, pdf, "preview.open") == 1
    check_strangers(console, pdf, ((other, 404), (ada, 403), (aud, 403)))
    made = blobs(console) - before
    assert len(made) == 1, made
    name = next(iter(made))
    sealed = (console.state / "blobs" / name[:2] / name).read_bytes()
    assert b"PNG" not in sealed[:4096] and b"IHDR" not in sealed, "not encrypted"
    # It is no reason to ask again, and goes with its original.
    approve(ann, asked)
    wait("not destroyed", lambda: not (blobs(console) & made))
    gone = rin.browser.get(f"/api/v1/items/{pdf}/previews").json()
    assert gone["state"] == "impossible" and gone["previews"] == [], gone
    assert gone["reason"] == "preview.no_original", gone
    assert rin.browser.get(f"/api/v1/items/{pdf}/previews/2").status == 404
    check_texts(console, rin)


def check_texts(console, rin):
    seen = previewed(rin, found(rin, shown.MACRO))
    assert [part["kind"] for part in seen["previews"]] == ["text", "macro"], seen
    path = f"/api/v1/items/{found(rin, shown.MACRO)}/previews/"
    macro = rin.browser.get(path + "2")
    assert macro.header("Content-Type") == "text/plain; charset=utf-8", macro.headers
    assert macro.header("X-Content-Type-Options") == "nosniff", macro.headers
    assert shown.ATTACK in macro.body.decode(), macro
    mail = found(rin, shown.MAIL)
    previewed(rin, mail)
    assert shown.SUBJECT in rin.browser.get(
        f"/api/v1/items/{mail}/previews/1").body.decode()
    infected = found(rin, shown.EICAR)
    seen = previewed(rin, infected, status=409)
    assert seen["state"] == "impossible" and seen["reason"] == "scanner.infected", seen
    assert records(console, infected, "preview.open") == 0
    program = held(console, rin, "shown.exe", forbidden(5))
    seen = previewed(rin, program)
    assert seen["state"] == "failed" and seen["reason"] == "type.executable", seen
    assert seen["previews"] == [] and records(console, program, "preview.fail") == 1


def check_kills(console, rin, ann, points):
    """At each point once: released once, and never without its decision."""
    for number, point in enumerate(POINTS):
        name = f"kill{number}x.exe"
        data = forbidden(100 + number)
        item = held(console, rin, name, data)
        request = ask(rin, item, "release_original")
        (points / point).touch()
        os.chmod(points / point, 0o666)
        approve(ann, request)

        def released():
            try:
                return show(rin, item)["state"] == "released_original"
            except (OSError, AssertionError):
                return False  # the vault is just being started again
        wait(f"{point}: not released\n" + console.log()[-3000:], released, 240)
        assert not (points / point).exists(), point + " was not reached"
        found = outputs(console, name)
        assert len(found) == 1, (point, found)
        assert (console.state / "out" / found[0]).read_bytes() == data, point
        steps = rin.browser.get(f"/api/v1/items/{item}/timeline").json()["timeline"]
        assert sum(step["to"] == "released_original" for step in steps) == 1, steps


def main():
    with tempfile.TemporaryDirectory(prefix="sekisho-") as name:
        folder = pathlib.Path(name)
        points = folder / "points"
        points.mkdir()
        os.chmod(folder, 0o755)
        os.chmod(points, 0o777)
        console = web.Console(folder / "state" / "gateway", environment={
            "SEKISHO_KILL_AT": f"*@{points}"}, config="vault:\n  keep_all_days: 1\n")
        console.base = console.config.read_text()
        with console:
            console.unit(UNIT)
            rin = console.person("rin", UNIT, "reviewer")
            ann = console.person("ann", UNIT, "approver")
            ben = console.person("ben", "", "approver")
            ada = console.person("ada", "", "administrator")
            sam = console.person("sam", UNIT, "staff")
            all_rin = console.person("ria", "", "reviewer")
            all_ann = console.person("ani", "", "approver")
            check_release(console, rin, ann)
            items = check_uploads(console, rin, ann, sam, points)
            check_command(console, all_rin, all_ann, items)
            check_certificates(console)
            check_decided_in_vain(console, rin, ann)
            check_stop(console, rin, ann, ada)
            check_destruction(console, rin, ann)
            policychange.check(console, ada, ben, ann, points)
            console.unit("福祉課")
            check_preview(console, rin, ann, ada)
            check_kills(console, rin, ann, points)
        state = console.state
        done = subprocess.run([gateway.BIN / "sekisho-audit", "verify", state / "audit",
                               "--key", state / "audit/audit.pub", "--state",
                               state / "vault.db", "--lang", "en"],
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0, done
    print("85-review: ok")


if __name__ == "__main__":
    main()
