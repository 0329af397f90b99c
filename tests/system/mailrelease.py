"""Messages that were held whole, let out by people over the console: to whom it
was decided, once, sealed. For tests that have a relay already."""
import email
import email.message
import email.policy
import os
import re
import time

import mailsystem
import web

A, B = "a@" + mailsystem.DOMAIN, "b@" + mailsystem.DOMAIN
UNIT_A, UNIT_B = "税務課", "福祉課"
POINTS = ["mail.releasing", "mail.forwarded", "mail.released"]


def config():
    """(configuration, section of mail): what the relay needs beside its own, and
    a console."""
    return ("policies:\n  - {name: people, mail_spam: pass}\n"
            "rules:\n  - {channel: mail, policy: people}\n",
            f"  departments: ['{A} {UNIT_A}', '{B} {UNIT_B}']\n")


class Desk(web.Console):
    """The people at the console of a relay's gateway."""

    def __init__(self, relay):
        text = relay.gateway.config.read_text()
        self.state, self.plain = relay.gateway.state, False
        self.port = int(re.search(r"listen: inet:(\d+)@", text).group(1))
        for unit in (UNIT_A, UNIT_B):
            self.unit(unit)
        self.asks = {UNIT_A: self.person("rin", UNIT_A, "reviewer"),
                     UNIT_B: self.person("ren", UNIT_B, "reviewer")}
        self.decides = {UNIT_A: self.person("ann", UNIT_A, "approver"),
                        UNIT_B: self.person("anna", UNIT_B, "approver")}

    def release(self, unit, item, kind):
        answer = self.asks[unit].browser.post(
            f"/api/v1/items/{item}:request", {"kind": kind, "reason": "業務で必要"})
        assert answer.status == 201, answer
        request = answer.json()["request"]
        answer = self.decides[unit].browser.post(
            f"/api/v1/requests/{request}:approve", {"reason": "可"})
        assert answer.status == 204, answer
        return request

    def show(self, unit, item):
        answer = self.asks[unit].browser.get("/api/v1/items/" + item)
        assert answer.status == 200, answer
        return answer.json()


def wait(what, condition, seconds=180):
    end = time.monotonic() + seconds
    while True:
        try:
            got = condition()
        except OSError:
            got = None  # a program is just being started again
        if got:
            return got
        assert time.monotonic() < end, what
        time.sleep(0.1)


def infected(number):
    """What is malware as a whole: nothing of it is rebuilt."""
    return mailsystem.plain(f"virus {number}", mailsystem.EICAR + f"\r\n{number}")


def held(relay, data, recipients):
    """Sends what is held whole; the new item's id."""
    before = {item["id"] for item in relay.items()}
    code, text = relay.send(data, recipients=recipients)
    assert code == 250, (code, text)
    new = [item for item in relay.items() if item["id"] not in before]
    assert [item["state"] for item in new] == ["held"], new
    return new[0]["id"]


def copies(sink, item):
    """(recipients, message) of what was released of this item."""
    found = []
    for raw in sink.raw():
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        # The notice about it has the same id.
        if f"id={item};" in (mail["X-Sekisho-Result"] or "") and \
                not mail["Message-ID"].endswith(".held@sekisho.invalid>"):
            to = sorted(one.decode() for one in
                        re.findall(rb"^X-Rcpt-Args: <([^>]*)>", raw, re.MULTILINE))
            found.append((to, mail))
    return found


def check_original(relay, desk):
    """Infected, for two departments: each lets it out for its own people."""
    data = infected(1)
    item = held(relay, data, (A, B))
    assert not copies(relay.store, item)
    # Two people: neither the one who asked, nor one of another department.
    answer = desk.asks[UNIT_A].browser.post(
        f"/api/v1/items/{item}:request", {"kind": "release_original", "reason": "要"})
    assert answer.status == 201, answer
    answer = desk.asks[UNIT_A].browser.post(
        f"/api/v1/requests/{answer.json()['request']}:approve", {})
    assert answer.status == 403, answer
    own = desk.show(UNIT_A, item)["requests"][0]["id"]
    answer = desk.decides[UNIT_A].browser.post(f"/api/v1/requests/{own}:approve", {})
    assert answer.status == 204, answer
    got = wait("the original", lambda: copies(relay.store, item))
    assert [to for to, _ in got] == [[A]], got
    mail = got[0][1]
    assert mail["Subject"] == "【原本送付】", mail.items()
    assert "released=original" in mail["X-Sekisho-Result"], mail.items()
    assert mail["X-Sekisho-Seal"] is None  # the inner side took it off
    text, attachment = mail.get_payload()
    assert "無害化していません" in text.get_content(), text
    assert attachment.get_filename() == "message.eml", attachment.items()
    sent = attachment.get_content()
    assert data in sent and mailsystem.EICAR.encode() in sent, sent
    wait("the rest waits", lambda: desk.show(UNIT_B, item)["state"] == "held")
    names = {one["name"]: one["released"] for one in desk.show(UNIT_B, item)["recipients"]}
    assert names[A] and not names[B], names
    desk.release(UNIT_B, item, "release_original")
    wait("all have it", lambda: desk.show(UNIT_B, item)["state"] == "released_original")
    assert sorted(to for to, _ in copies(relay.store, item)) == [[A], [B]]
    print("an original: to each department by its own decision, once")


def check_sanitized(relay, desk):
    """Held by one policy, let out under another: it comes as the message."""
    path = relay.gateway.config
    before = path.read_text()
    path.write_text(before.replace("mail_spam: pass", "mail_spam: hold"))
    reload(relay)
    data = mailsystem.plain("seal and all", "text of the message", X_Spam_Flag="YES")
    item = held(relay, data, (A, B))
    # As it is now it does not pass: people see that, and why.
    request = desk.release(UNIT_A, item, "release_sanitized")
    wait("in vain", lambda: desk.show(UNIT_A, item)["failed"])
    answer = desk.asks[UNIT_A].browser.get(f"/api/v1/requests/{request}").json()
    assert (answer["state"], answer["failed"]) == ("failed", "mail.spam"), answer
    lines = desk.asks[UNIT_A].browser.get("/api/v1/items?state=held").json()["items"]
    assert [one["failed"] for one in lines if one["id"] == item] == ["mail.spam"], lines
    assert [one["failed"] for one in relay.items() if one["id"] == item] == ["mail.spam"]
    path.write_text(before)
    reload(relay)
    desk.release(UNIT_A, item, "release_sanitized")
    got = wait("the message", lambda: copies(relay.store, item))
    assert [to for to, _ in got] == [[A]], got
    mail = got[0][1]
    assert mail["Subject"] == "seal and all" and "text of the message" in \
        mail.get_content(), mail
    wait("the rest waits", lambda: desk.show(UNIT_B, item)["state"] == "held")
    # All the others by going all the way again.
    item = held_again(relay, desk, before)
    print("sanitized: after the policy changed, as the message that it was")
    return item


def check_part(relay, desk):
    """An attachment that is held by itself, let out as it came: a message of its
    own, in the thread of the one that it came with."""
    tool = b"MZ" + bytes(range(256))
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"], message["Subject"] = "x@example.com", A, "道具の送付"
    message["Message-ID"], message["Date"] = "<tool@example.com>", \
        "Sat, 21 Nov 2026 10:00:00 +0900"
    message.set_content("text")
    message.add_attachment(tool, maintype="application", subtype="octet-stream",
                           filename="tool.exe")
    code, text = relay.send(message.as_bytes(), recipients=(A, B))
    assert code == 250, (code, text)
    item, = [one["id"] for one in relay.items() if one["name"] == "tool.exe"]
    desk.release(UNIT_B, item, "release_original")
    got = wait("the attachment", lambda: copies(relay.store, item))
    assert [to for to, _ in got] == [[B]], got
    mail = got[0][1]
    assert mail["Subject"] == "【原本送付】道具の送付", mail.items()
    assert mail["In-Reply-To"] == "<tool@example.com>", mail.items()
    text, attachment = mail.get_payload()
    assert attachment.get_filename() == "tool.exe" and attachment.get_content() == tool
    wait("the rest waits", lambda: desk.show(UNIT_A, item)["state"] == "held")
    print("an attachment as it came: in the thread, to those it was decided for")


def check_certificate(relay, desk, folder):
    """The certificate of a message proves the attachments that were saved."""
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"], message["Subject"] = "x@example.com", A, "table"
    message["Message-ID"], message["Date"] = "<table@example.com>", \
        "Sat, 21 Nov 2026 10:00:00 +0900"
    message.set_content("text")
    message.add_attachment(b"name,price\r\n=1+1,2\r\n", maintype="text", subtype="csv",
                           filename="table.csv")
    code, text = relay.send(message.as_bytes(), recipients=(A,))
    assert code == 250, (code, text)
    got = wait("the message", lambda: [
        mail for mail in relay.store.messages() if mail["Message-ID"] == message["Message-ID"]])
    item = re.search(r"id=(\w+)", got[0]["X-Sekisho-Result"]).group(1)
    attachment, = got[0].iter_attachments()
    saved = folder / "table.csv"
    saved.write_bytes(attachment.get_payload(decode=True))
    answer = desk.asks[UNIT_A].browser.get(f"/api/v1/items/{item}/certificate")
    assert answer.status == 200, answer
    (folder / "table.cert.json").write_bytes(answer.body)
    assert desk.asks[UNIT_B].browser.get(
        f"/api/v1/items/{item}/certificate").status == 404
    for content, code in ((None, 0), (b"name,price\r\n=1+1,2\r\n", 2)):
        if content:
            saved.write_bytes(content)
        done = relay.command("verify", "--key", relay.gateway.state / "audit/certificate.pub",
                             "--certificate", folder / "table.cert.json", saved)
        assert done.returncode == code, done
    print("certificate: proves an attachment that was saved, and no other file")


def held_again(relay, desk, before):
    path = relay.gateway.config
    path.write_text(before.replace("mail_spam: pass", "mail_spam: hold"))
    reload(relay)
    item = held(relay, mailsystem.plain("again", "text", X_Spam_Flag="YES"), (A,))
    path.write_text(before)
    reload(relay)
    desk.release(UNIT_A, item, "reprocess")
    wait("reprocessed", lambda: desk.show(UNIT_A, item)["state"] == "delivered")
    assert [to for to, _ in copies(relay.store, item)] == [[A]]
    return item


def reload(relay):
    pids = relay.gateway.pids("sekisho-milter")
    done = relay.command("reload")
    assert done.returncode == 0, done.stderr
    # The doors are ended and started again.
    wait("reload", lambda: pids != relay.gateway.pids("sekisho-milter") and
         relay.gateway.pids("sekisho-milter"))
    relay.gateway.wait_ready()
    relay.wait_socket()


def check_kills(relay, desk, kills):
    """At each point of the door: not lost, and once but where no reply was
    seen."""
    for number, point in enumerate(POINTS, 10):
        item = held(relay, infected(number), (A, B))
        (kills / point).touch()
        os.chmod(kills / point, 0o666)
        desk.release(UNIT_A, item, "release_original")
        wait(point + " is not reached", lambda: not (kills / point).exists())
        wait(f"{point}: arrived", lambda: copies(relay.store, item))
        wait(f"{point}: recorded", lambda: desk.show(UNIT_A, item)["state"] == "held")
        relay.wait_socket()
        got = [to for to, _ in copies(relay.store, item)]
        most = 2 if point == "mail.forwarded" else 1
        assert got in ([[A]], [[A]] * most), (point, got)
        names = {one["name"]: one["released"]
                 for one in desk.show(UNIT_B, item)["recipients"]}
        assert names[A] and not names[B], (point, names)
        print(f"killed at {point}: released, copies {len(got)}")


def check(relay, kills):
    desk = Desk(relay)
    check_original(relay, desk)
    check_sanitized(relay, desk)
    check_part(relay, desk)
    check_certificate(relay, desk, kills.parent)
    check_kills(relay, desk, kills)
