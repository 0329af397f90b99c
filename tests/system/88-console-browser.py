#!/usr/bin/env python3
"""The console's pages in Debian's Chromium: tests/browser/console.mjs; what
reviewers see of sanitized copies: preview.mjs; and what
the recipient of a password ZIP sees without an account: recipient.mjs.
Pictures of the pages are left in browser/ of the build folder."""
import importlib
import json
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import time

import gateway
import maillmtp
import mailsystem
import shown
import web

mail = importlib.import_module("79-mail-password")
BROWSER = pathlib.Path(__file__).resolve().parents[1] / "browser"
HELD = "設計書.xlsm.exe"
MANY = ["一覧.exe", "台帳.exe"]
OWN = "自分の.exe"
CHANGED = "差替え.exe"
RELEASED, FAILED = "受付票.exe", "集計表.exe"
SCRIPT = "<img src=x onerror=alert(1)>.exe"
DEPARTMENT = "税務課"
BANNER = "許可された職員だけが利用できます。操作は記録されます。"


def people(console):
    """Everybody but `fresh` has been here before."""
    made = {"fresh": console.person("sato", DEPARTMENT, "approver", name="佐藤 実",
                                    log_in=False)}
    for login, name, roles in (("yamada", "山田 太郎", ["reviewer"]),
                               ("suzuki", "鈴木 一郎", ["approver"]),
                               ("tanaka", "田中 次郎", ["staff"])):
        made[roles[0]] = console.person(login, DEPARTMENT, *roles, name=name)
    made["administrator"] = console.person("kanri", "", "administrator", name="管理 花子")
    made["second"] = console.person("kanri2", "", "administrator", name="管理 次郎")
    made["viewer"] = console.person("inoue", DEPARTMENT, "reviewer", name="井上 五月")
    made["auditor"] = console.person("kansa", "", "auditor", name="監査 三郎")
    return made


def keys(made):
    return {role: {"login": one.login, "password": one.password, "secret": one.secret,
                   "used": one.used} for role, one in made.items()}


def decide(made, item, kind, state):
    """Asked for by one, approved by another, until it has come to something."""
    ask, approve = made["reviewer"].browser, made["approver"].browser
    answer = ask.post(f"/api/v1/items/{item}:request", {"kind": kind, "reason": "業務で必要"})
    assert answer.status == 201, answer
    answer = approve.post(f"/api/v1/requests/{answer.json()['request']}:approve", {})
    assert answer.status == 204, answer
    end = time.monotonic() + 120
    while ask.get(f"/api/v1/items/{item}").json()["state"] != state:
        assert time.monotonic() < end, ask.get(f"/api/v1/items/{item}")
        time.sleep(0.1)


def let_out(made):
    """What staff handed in: one let out, one that could not be."""
    staff = made["staff"].browser
    for name, kind, state in ((RELEASED, "release_original", "released_original"),
                              (FAILED, "release_sanitized", "held")):
        item = staff.upload(name, b"MZ" + bytes(300)).json()["id"]
        assert staff.get(f"/api/v1/files/{item}?wait=60").json()["state"] == "held"
        decide(made, item, kind, state)


def change(database, name):
    """What somebody who has the database would do between a request and its approval."""
    base = sqlite3.connect(database, timeout=60)
    with base:
        base.execute("INSERT INTO finding SELECT number, 999, tenant, 'type.renamed', '', '', 0,"
                     " zeroblob(32) FROM item WHERE name = ?", (name,))
    base.close()


def drop(console):
    for name in [HELD, *MANY, OWN, CHANGED, SCRIPT.replace("/", "_")]:
        console.drop(DEPARTMENT, name, b"MZ" + bytes(200))
    console.drop(DEPARTMENT, "お知らせ.txt", "お知らせ\n".encode())
    console.wait_outcomes(7)
    for name, data in shown.FILES.items():
        console.drop(DEPARTMENT, name, data)
    console.wait_outcomes(7 + len(shown.FILES))


class Post:
    """Where sekisho-lmtp takes mail, and the next server."""

    def __init__(self):
        self.port, self.next = mailsystem.free_ports(2)
        self.config = f"""mail:
  lmtp: "inet:{self.port}@127.0.0.1"
  next_hop: "inet:{self.next}@127.0.0.1"
"""
        self.server = mail.Server(self.next).start()

    def bring(self):
        """A mail with archives; what its recipient knows of it, of the notice."""
        mailsystem.listening(self.port)
        names = ["見積書.zip", "別紙.zip", "<img src=x onerror=alert(1)>.zip"]
        raw = mail.message(1, {name: mail.archive("aes") for name in names})
        given = maillmtp.Door.send(self, raw, [mail.A, mail.B])
        assert given == {mail.A: 250, mail.B: 250}, given
        notice = "".join(part.get_content() for part in
                         mail.parse(self.server.taken[0][1]).walk()
                         if part.get_content_type() == "text/plain")
        links = [found.group(0) for found in mail.LINK.finditer(notice)][:len(names)]
        ids = mail.re.findall(r"受付番号: (\w+)", notice)
        return {"link": links[0], "otherLink": links[1], "hostileLink": links[2],
                "id": ids[0], "file": names[0], "other": names[1],
                "subject": mail.SUBJECT, "sender": mail.SENDER,
                "password": mail.password.PASSWORD}

    def check_delivered(self, facts):
        (to, raw), = self.server.released(1)
        to = b"".join(b"X-Rcpt-Args: <%s>\n" % one.encode() for one in to)
        mail.check_released(to + raw, facts["id"], facts["file"], 1)


def run(script, *arguments):
    return subprocess.run(["node", BROWSER / script, *arguments], timeout=1500,
                          check=False).returncode


def change_policies(console, facts):
    """What the page says is what becomes of a file."""
    def verdict():
        client = console.client()
        try:
            return client.sanitize(b"a,b\r\n1,2\r\n", "a.csv")["verdict"]
        finally:
            client.close()

    assert verdict() == "unchanged"
    if run("policy.mjs", facts, "change"):
        return 1
    assert verdict() == "converted", verdict()
    if run("policy.mjs", facts, "back"):
        return 1
    assert verdict() == "unchanged", verdict()
    return 0


def main():
    pictures = gateway.BUILD / "browser"
    pictures.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        post = Post()
        with web.Console(folder / "state", f"accounts:\n  banner: {BANNER}\n"
                         "vault:\n  keep_all_days: 1\n" + post.config,
                         extra="url: https://localhost:{port}") as console:
            console.unit(DEPARTMENT)
            made = people(console)
            let_out(made)
            facts = {"address": f"https://localhost:{console.port}",
                     "pictures": str(pictures), "people": keys(made), "held": HELD,
                     "many": MANY, "own": OWN,
                     "released": RELEASED, "failed": FAILED, "banner": BANNER,
                     **shown.FACTS}
            drop(console)
            found = made["reviewer"].browser.get("/api/v1/items?state=held").json()["items"]
            item = next(one["id"] for one in found if one["name"] == CHANGED)
            answer = made["reviewer"].browser.post(f"/api/v1/items/{item}:request", {
                "kind": "release_original", "reason": "業務で必要"})
            assert answer.status == 201, answer
            facts["changed"] = {"name": CHANGED, "request": answer.json()["request"],
                                "command": [sys.executable, __file__, "change",
                                            str(console.state / "vault.db"), CHANGED]}
            path = folder / "facts.json"
            path.write_text(json.dumps(facts))
            failed = run("preview.mjs", path) | run("console.mjs", path)
            recipient = post.bring()
            path.write_text(json.dumps({**json.loads(path.read_text()), **recipient}))
            failed |= run("recipient.mjs", path)
            if failed:
                print(console.log()[-6000:])
            else:
                post.check_delivered(recipient)
                failed = change_policies(console, path)
            post.server.stop()
            return failed


if __name__ == "__main__":
    sys.exit(change(*sys.argv[2:]) if sys.argv[1:2] == ["change"] else main())
