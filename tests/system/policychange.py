"""Policies changed through the API: what really happens to a file changes, and
changes back; for the gateway of another test."""
import hashlib
import os
import sqlite3
import subprocess
import time

import gateway

TABLE = b"a,b\r\n1,2\r\n"
BASE = "/api/v1/policies/default"
TEXT = "policies:\n  - name: default\n    modes: {csv: text}\n"


def wait(what, check, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            found = check()
        except OSError:  # sekisho-web reads a changed file by starting again
            found = None
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(what)


def in_force(person):
    answer = person.browser.get("/api/v1/policies")
    assert answer.status == 200, answer
    return answer.json()["policies"][0]["in_force"]


def show(person, version):
    answer = person.browser.get(f"{BASE}/versions/{version}")
    assert answer.status == 200, answer
    return answer.json()


def changes(person):
    return person.browser.get("/api/v1/config-changes").json()["changes"]


def verdict(console):
    client = console.client()
    try:
        return client.sanitize(TABLE, "a.csv")["verdict"]
    finally:
        client.close()


def propose(person, text, reason="表計算は文字だけで渡す", status=201):
    answer = person.browser.post(f"{BASE}:propose", {
        "text": text, "base": in_force(person)["id"], "reason": reason})
    assert answer.status == status, answer
    return answer.json().get("id") if status == 201 else answer.json()


def decide(person, version, action="approve", status=204):
    answer = person.browser.post(f"{BASE}/versions/{version}:{action}", {"reason": "確認"})
    assert answer.status == status, answer
    return answer


def settled(console, person, version, state):
    try:
        wait(state, lambda: show(person, version)["state"] == state)
    except AssertionError as error:
        raise AssertionError(f"{show(person, version)}\n{console.log()[-3000:]}") from error


def takes_effect(console, wanted):
    wait(f"not {wanted}: {verdict(console)}", lambda: verdict(console) == wanted)


def check_bad_texts(author):
    """Line and key of what is wrong, before anything is kept."""
    bad = "policies:\n  - name: default\n    limits: {seconds: 0}\n    colour: red\n"
    errors = propose(author, bad, status=422)["problems"]
    assert [(one["line"], one["key"]) for one in errors] == [
        (3, "policies[0].limits.seconds"), (4, "policies[0].colour")], errors
    assert "1 - 86400" in errors[0]["en"] and errors[0]["ja"], errors
    for text in ("a: &x [*x, *x]\n", "policies: [{file: /etc/passwd}]\n",
                 "web: {enabled: false}\n", "policies: {{\n", "[" * 5000,
                 "rules: [{policy: nowhere}]\n"):
        errors = propose(author, text, status=422)["problems"]
        assert errors and errors[0]["en"], (text, errors)
        checked = author.browser.post(f"{BASE}:check", {"text": text})
        assert checked.status == 200 and checked.json()["problems"] == errors, checked
    good = author.browser.post(f"{BASE}:check", {"text": TEXT}).json()
    assert good["problems"] == [] and good["policies"] == [
        {"name": "default", "modes.csv": "text"}], good
    assert any(key["name"] == "limits.seconds" for key in good["keys"])


def check_own(console, author, version):
    """Neither API nor database let the author approve."""
    answer = decide(author, version, status=409)
    assert answer.json()["code"] == "review.own_request", answer
    with sqlite3.connect(f"file:{console.state}/vault.db?mode=ro", uri=True) as base:
        copy = sqlite3.connect(":memory:")
        base.backup(copy)
    for change in ("approver = author, approver_login = 'x'",
                   "approver = 999, approver_login = author_login"):
        try:
            copy.execute("UPDATE policy_version SET state = 'approved', version = version + 1,"
                         f" {change} WHERE id = ?", (version,))
            raise AssertionError(change)
        except sqlite3.IntegrityError as error:
            assert "CHECK" in str(error), error
    copy.close()


def check_policies(console, author, approver, outsider):
    first = in_force(author)
    assert first["origin"] == "file" and first["approver"] is None, first
    assert verdict(console) == "unchanged"
    check_bad_texts(author)
    version = propose(author, TEXT)
    check_own(console, author, version)
    assert decide(outsider, version, status=403)  # of one department only
    assert verdict(console) == "unchanged"
    decide(approver, version)
    settled(console, author, version, "in_force")
    takes_effect(console, "converted")
    shown = show(author, version)
    assert (shown["author"], shown["approver"]) == (author.login, approver.login), shown
    assert shown["sha256"] == hashlib.sha256(TEXT.encode()).hexdigest()
    assert shown["reason"] == "表計算は文字だけで渡す" and shown["decision"] == "確認", shown
    kept = (console.state / "policy/policies.yaml").read_text()
    assert kept.split("\n", 2)[2] == TEXT, kept
    assert show(author, first["id"])["state"] == "replaced"
    last = changes(author)[0]
    assert (last["subject"], last["actor"], last["reason"], last["policy"]) == (
        "policies", approver.login, "version", version), last
    assert last["after"] == shown["sha256"] and last["before"] == first["sha256"]
    # Somebody who looked at what is not in force any more.
    answer = author.browser.post(f"{BASE}:propose", {
        "text": "rules: []\n", "base": first["id"], "reason": "x"})
    assert answer.status == 409, answer
    check_roll_back(console, author, approver, first)


def check_roll_back(console, author, approver, first):
    denied = author.browser.post(f"{BASE}/versions/{first['id']}:rollBack",
                                 {"reason": "戻す"}).json()["id"]
    decide(approver, denied, "deny")
    assert show(author, denied)["state"] == "denied"
    answer = author.browser.post(f"{BASE}/versions/{first['id']}:rollBack", {"reason": "戻す"})
    assert answer.status == 201, answer
    back = answer.json()["id"]
    other = propose(author, "rules: []\n", "別の案")
    decide(approver, back)
    settled(console, author, back, "in_force")
    takes_effect(console, "unchanged")
    assert show(author, back)["rolls_back"] == first["id"]
    # It was made from what is not in force any more.
    decide(approver, other, status=409)
    assert show(author, other)["state"] == "superseded"


def reload(console):
    done = subprocess.run([gateway.BIN / "sekisho", "reload", "--state", console.state],
                          capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done


def check_by_hand(console, author, approver):
    """The file is changed by hand as well: what was changed last counts, and
    all of it is on record."""
    path, before = console.config, console.config.read_text()
    path.write_text(before + "nonsense: 1\n")
    count = len(changes(author))
    reload(console)
    wait("refusal on record", lambda: len(changes(author)) > count)
    last = changes(author)[0]
    assert last["outcome"] == "refused" and last["subject"] == "file", last
    assert last["problems"][0]["key"] == "nonsense" and last["problems"][0]["line"] > 1, last
    assert last["actor"].startswith("local:"), last
    # A version that is approved now is refused, too: nothing changes by half.
    version = propose(author, TEXT)
    decide(approver, version)
    settled(console, author, version, "refused")
    assert show(author, version)["problems"][0]["key"] == "nonsense"
    path.write_text(before + TEXT)
    reload(console)
    wait("by hand", lambda: in_force(author)["origin"] == "file")
    takes_effect(console, "converted")
    assert in_force(author)["author"].startswith("local:")
    path.write_text(before)
    reload(console)
    # Without its own policies it is what the approved version was made for.
    wait("back", lambda: show(author, in_force(author)["id"])["text"].startswith("policies"))
    takes_effect(console, "unchanged")


def check_kills(console, author, approver, points):
    """The vault dies between the approval and the record of what came of it:
    it comes into force once."""
    for number, point in enumerate(("vault.policy_due", "vault.policy_told")):
        version = propose(author, TEXT + f"# {number}\n")
        (points / point).touch()
        os.chmod(points / point, 0o666)
        decide(approver, version)

        def done():
            try:
                return (not (points / point).exists()
                        and show(author, version)["state"] == "in_force")
            except (OSError, AssertionError):
                return False  # the vault is just being started again
        wait(f"{point}\n{console.log()[-3000:]}", done)
        takes_effect(console, "converted")
        assert [one["policy"] for one in changes(author)].count(version) == 1


def check(console, author, approver, outsider, points):
    check_policies(console, author, approver, outsider)
    check_by_hand(console, author, approver)
    check_kills(console, author, approver, points)
