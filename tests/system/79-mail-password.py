#!/usr/bin/env python3
"""An attachment that waits for its password comes in a message of its own once
somebody gives it, by command or by the link in the notice: sanitized, sealed,
to everybody who was promised it, in the thread of the first message, once,
whatever is killed meanwhile."""
import email.policy
import importlib
import io
import os
import pathlib
import re
import signal
import socketserver
import sys
import tempfile
import threading
import time
import zipfile
from email.message import EmailMessage

import gateway
import maillmtp
import mailrelease
import mailsystem
import web

password = importlib.import_module("78-password")
sys.path.insert(0, str(gateway.ROOT / "samples"))
from zipmaker import Entry, zip_file  # noqa: E402

A, B = "a@" + mailsystem.DOMAIN, "b@" + mailsystem.DOMAIN
SENDER = "山田 太郎"
SUBJECT = "入札公告の送付について、関係する資料を添付いたします(第三回)"
MEMBER = "資料①.txt"
CONTENT = "公告\n".encode()
POINTS = ["vault.opened", "broker.opened", "broker.delivering", "mail.releasing",
          "mail.forwarded", "mail.released"]


def archive(cipher):
    return zip_file([Entry(MEMBER.encode("cp932"), CONTENT, cipher=cipher,
                           password=password.PASSWORD.encode())])


def message(number, archives):
    """Mail with archives {name: content}."""
    mail = EmailMessage(policy=email.policy.SMTP)
    mail["From"] = f"{SENDER} <someone@example.com>"
    mail["To"] = A
    mail["Cc"] = B
    mail["Subject"] = SUBJECT
    mail["Message-ID"] = f"<first-{number}@example.com>"
    mail["Date"] = "Sat, 21 Nov 2026 10:00:00 +0900"
    mail.set_content(f"資料をお送りします。{number}\n")
    for name, data in archives.items():
        mail.add_attachment(data, maintype="application", subtype="zip", filename=name)
    return mail.as_bytes()


def recipients(raw):
    return sorted(re.findall(rb"^X-Rcpt-Args: <([^>]*)>", raw, re.MULTILINE))


def parse(raw):
    return email.message_from_bytes(raw, policy=email.policy.default)


def wait(what, condition, seconds=120):
    end = time.monotonic() + seconds
    while True:
        got = condition()
        if got:
            return got
        assert time.monotonic() < end, what
        time.sleep(0.1)


def waiting(relay, name):
    """Ids of what waits under this name, the newest first."""
    return [item["id"] for item in relay.items()
            if item["name"] == name and item["state"] == "awaiting_password"]


def state_of(relay, item):
    return password.state_of(relay.gateway.state, item)


def give(relay, item, word=password.PASSWORD, **options):
    return password.give(relay.gateway.state, item, word, "--config",
                         str(relay.gateway.config), **options)


def give_until_delivered(state, item, *more):
    """Again until it is: what was killed is there again after a while, and each
    opening counts as a try."""
    for _ in range(password.TRIES - 2):
        if password.state_of(state, item) == "delivered":
            return
        answer = password.give(state, item, password.PASSWORD, *more)[1]
        if answer is not None and answer["state"] == "delivered":
            return
        time.sleep(5)
    raise AssertionError(f"{item}: {answer}")


def released(sink, number):
    """The raw messages that refer to the first of this number."""
    return [raw for raw in sink.raw()
            if parse(raw)["In-Reply-To"] == f"<first-{number}@example.com>"]


def check_released(raw, item, name, number, to=(A, B)):
    assert recipients(raw) == sorted(one.encode() for one in to), raw[:3000]
    mail = parse(raw)
    assert mail["Message-ID"] == f"<{item}.released@sekisho.invalid>", mail.items()
    assert mail["References"] == f"<first-{number}@example.com>", mail.items()
    assert mail["Subject"] == "【添付送付】" + SUBJECT, mail["Subject"]
    assert mail["Reply-To"] == f"{SENDER} <someone@example.com>", mail["Reply-To"]
    assert mail["From"] == "Sekisho <sekisho@localhost.localdomain>", mail["From"]
    assert f"id={item};" in mail["X-Sekisho-Result"], mail.items()
    assert mail["X-Sekisho-Seal"] is None and mail["Auto-Submitted"], mail.items()
    text, attachment = mail.get_payload()
    said = text.get_content()
    for wanted in (SUBJECT, item, name, "無害化しました", "was opened with its password"):
        assert wanted in said, (wanted, said)
    assert attachment.get_filename() == name, attachment.items()
    got = zipfile.ZipFile(io.BytesIO(attachment.get_content()))
    assert {one: got.read(one) for one in got.namelist()} == {MEMBER: CONTENT}
    assert not any(info.flag_bits & 1 for info in got.infolist())


def check_first(relay, number, names):
    """The first message: without the archives, with how to go on."""
    first = wait("the first message", lambda: [
        raw for raw in relay.store.raw()
        if parse(raw)["Message-ID"] == f"<first-{number}@example.com>"])
    mail = parse(first[0])
    assert mail["Subject"] == "【添付隔離】" + SUBJECT, mail["Subject"]
    notice = [part for part in mail.iter_attachments()]
    assert len(notice) == 1, mail
    text = notice[0].get_content()
    found = {}
    for name in names:
        found[name] = item = waiting(relay, name)[0]
        page_of(relay, item)
        for wanted in (name, f"受付番号: {item}", LINKS[item],
                       "パスワードが分かる場合は", "無害化したファイルが別の",
                       f"ID: {item}", "If you know its password"):
            assert wanted in text, (wanted, text)
        assert text.count(LINKS[item]) == 2, text  # Japanese, English
    assert len(set(re.findall(LINK, text))) == len(names), text
    assert password.PASSWORD not in text
    return found


LINKS = {}  # of items, while they waited
LINK = re.compile(r"https://localhost:(\d+)/password#([0-9a-f]{40})")


def link_of(relay, item):
    done = relay.command("items", "link", item)
    assert done.returncode == 0, done
    return done.stdout.decode().strip()


def page_of(relay, item):
    """What its recipient's browser asks: a client without a session, and where."""
    if item not in LINKS:
        LINKS[item] = link_of(relay, item)
    port, token = LINK.fullmatch(LINKS[item]).groups()
    return web.Browser(int(port)), f"/api/v1/password-tasks/{token}"


def check_both_ciphers(relay):
    names = ["見積書.zip", "aes.zip"]
    code, text = relay.send(message(1, {names[0]: archive("zipcrypto"),
                                        names[1]: archive("aes")}), recipients=(A, B))
    assert code == 250, (code, text)
    items = check_first(relay, 1, names)
    for count, name in enumerate(names, 1):
        item = items[name]
        code, answer, err = give(relay, item, "wrong")
        assert (code, answer["reason"]) == (2, "encrypted.wrong_password"), (answer, err)
        assert answer["tries_left"] == 9, answer
        assert len(released(relay.store, 1)) == count - 1
        code, answer, err = give(relay, item)
        assert (code, answer["state"]) == (0, "delivered"), (answer, err)
        got = wait(name, lambda: len(released(relay.store, 1)) == count and
                   [raw for raw in released(relay.store, 1) if item.encode() in raw])
        check_released(got[0], item, name, 1)
        assert state_of(relay, item) == "delivered"
        code, answer, err = give(relay, item)
        assert (code, answer["reason"]) == (1, "stale"), (answer, err)
    done = relay.command("mail", input=got[0].split(b"\n", 5)[5].replace(b"\n", b"\r\n"))
    assert done.returncode == 0 and b"aes.zip" in done.stdout, done
    print("both ciphers: released to both recipients, in the thread, sealed")


def check_away(relay):
    """The next server is away for a moment; it comes back, and has it once."""
    code, text = relay.send(message(2, {"away.zip": archive("aes")}), recipients=(A, B))
    assert code == 250, (code, text)
    item = check_first(relay, 2, ["away.zip"])["away.zip"]
    relay.inner.stop()
    process = give(relay, item, wait=False)
    wait("a refusal", lambda: f"release-refused item={item}" in relay.gateway.log())
    relay.inner.start()
    mailsystem.listening(relay.inner_port)
    assert process.wait(120) == 0, process.stderr.read()
    wait("the release", lambda: released(relay.store, 2))
    assert len(released(relay.store, 2)) == 1
    check_released(released(relay.store, 2)[0], item, "away.zip", 2)
    print("a next server that is away: delivered when it is back")


def check_link(relay):
    """By the link in the notice: following it does nothing, whoever does; what
    is given there opens this attachment alone."""
    names = ["リンク.zip", "other.zip"]
    code, text = relay.send(message(5, {names[0]: archive("aes"),
                                        names[1]: archive("aes")}), recipients=(A, B))
    assert code == 250, (code, text)
    items = check_first(relay, 5, names)
    item, other = (items[name] for name in names)
    client, path = page_of(relay, item)
    for _ in range(30):  # scanners of links, forwarded mail, impatient people
        answer = client.get(path)
        assert client.request("HEAD", path).status == 200
    assert client.get("/password").status == 200
    task = answer.json()
    assert (task["state"], task["tries_left"], task["name"], task["sender"]) == \
        ("waiting", password.TRIES, names[0], "someone@example.com"), task
    assert [one["name"] for one in task["others"]] == [names[1]], task
    assert item not in str(task) and other not in str(task) and A not in str(task)
    assert answer.header("Referrer-Policy") == "no-referrer", answer.headers
    assert answer.header("Cache-Control") == "no-store", answer.headers
    # Nobody acts from another site, or by a form.
    body = {"passwords": [password.PASSWORD]}
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert client.post(path, body, headers=headers).status == 403
    assert client.request("POST", path, b"passwords=x", {
        "Content-Type": "application/x-www-form-urlencoded"}).status == 415
    # Nor with what is nearly it; whether it ever was is not told.
    unknown = [client.get(path[:-40] + token).body for token in
               ("0" * 40, "f" * 40, path[-40:].upper(), path[-40:-1], path[-40:] + "0", item)]
    assert len(set(unknown)) == 1, unknown
    assert client.post(path[:-40] + "0" * 40, body).body == unknown[0]
    answer = client.post(path, {"passwords": ["wrong", "falsch"]}).json()
    assert (answer["state"], answer["reason"], answer["tries_left"]) == \
        ("awaiting_password", "encrypted.wrong_password", password.TRIES - 1), answer
    answer = client.post(path, {"passwords": ["wrong", password.PASSWORD]}).json()
    assert answer["state"] == "delivered", answer
    got = wait("the release", lambda: released(relay.store, 5))
    assert len(got) == 1
    check_released(got[0], item, names[0], 5)
    task = client.get(path).json()
    assert (task["state"], task["others"][0]["state"]) == ("delivered", "waiting"), task
    assert client.post(path, body).status == 409
    assert state_of(relay, other) == "awaiting_password"
    metrics = client.get("/metrics").body.decode()
    for token in (path[-40:], LINKS[other][-40:]):
        assert token not in metrics and token not in relay.gateway.log()
        for place in relay.gateway.state.rglob("*"):
            if place.is_file():
                assert token.encode() not in place.read_bytes(), place
    print("by the link in the notice: wrong, right, delivered; nothing of it anywhere")


def check_outbound(relay):
    mail = message(3, {"out.zip": archive("aes")})
    code, text = relay.send(mail, sender="user@" + mailsystem.DOMAIN,
                            recipients=("partner@example.net",), port=relay.return_port)
    assert code == 250, (code, text)
    relay.outside.wait(1)
    item = waiting(relay, "out.zip")[0]
    code, answer, err = give(relay, item)
    assert (code, answer["state"]) == (0, "delivered"), (answer, err)
    raw = wait("the release", lambda: released(relay.outside, 3))[0]
    check_released(raw, item, "out.zip", 3, ["partner@example.net"])
    print("outbound: by next_hop_out")


def check_killed(relay, kills, number, point):
    """Whatever dies, it is delivered: by itself where a reply was seen, else
    when the password is given again, and not twice but where no reply was."""
    name = point + ".zip"
    code, text = relay.send(message(number, {name: archive("aes")}), recipients=(A, B))
    assert code == 250, (code, text)
    item = check_first(relay, number, [name])[name]
    (kills / point).touch()
    code, answer, err = give(relay, item)
    wait(f"{point} is reached", lambda: not (kills / point).exists())
    if point == "mail.released":
        wait("recovery", lambda: state_of(relay, item) == "delivered")
    else:
        assert code != 0 or point == "broker.delivering", (point, answer)
    relay.gateway.wait_ready()
    relay.wait_socket()
    give_until_delivered(relay.gateway.state, item, "--config", str(relay.gateway.config))
    wait(f"{point}: arrived", lambda: released(relay.store, number))
    wait("the inner queue", lambda: not any(relay.inner.queued().values()))
    got = released(relay.store, number)
    assert len(got) <= (2 if point == "mail.forwarded" else 1), (point, len(got))
    for raw in got:
        check_released(raw, item, name, number)
    print(f"killed at {point}: delivered, copies {len(got)}")


def check_stopped(relay):
    """Nothing is sent while somebody has stopped this direction; then it is, by
    itself: nobody gives the password twice."""
    code, text = relay.send(message(4, {"stop.zip": archive("aes")}), recipients=(A, B))
    assert code == 250, (code, text)
    item = check_first(relay, 4, ["stop.zip"])["stop.zip"]
    done = relay.command("mail", "stop", "--direction", "in", "--reason", "test")
    assert done.returncode == 0, done.stderr
    code, answer, err = give(relay, item)
    for _ in range(2):
        assert (code, answer["reason"], answer["state"]) == (1, "delivery.later", "ready"), \
            (answer, err)
        code, answer, err = give(relay, item, "whatever")  # is not even looked at
    client, path = page_of(relay, item)
    assert client.get(path).json()["state"] == "opened"
    assert not released(relay.store, 4)
    done = relay.command("mail", "resume")
    assert done.returncode == 0, done.stderr
    wait("the release", lambda: released(relay.store, 4))
    wait("delivered", lambda: state_of(relay, item) == "delivered")
    assert len(released(relay.store, 4)) == 1
    check_released(released(relay.store, 4)[0], item, "stop.zip", 4)
    print("stopped: not sent; resumed: sent by itself")


class Server(socketserver.ThreadingTCPServer):
    """An SMTP server that answers some recipients as the test says."""
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port):
        self.codes = {}  # of recipients; else 250
        self.taken = []  # (recipients, content)
        self.port = port
        super().__init__(("127.0.0.1", port), Session)

    def start(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def stop(self):
        self.shutdown()
        self.server_close()

    def released(self, number):
        return [(to, raw) for to, raw in self.taken
                if parse(raw)["In-Reply-To"] == f"<first-{number}@example.com>"]


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        to = []
        self.say("220 test")
        for line in self.rfile:
            word = line.strip().upper()
            if word.startswith(b"RCPT TO:"):
                who = re.search(rb"<([^>]*)>", line).group(1).decode()
                code = self.server.codes.get(who, 250)
                if code == 250:
                    to.append(who)
                self.say(f"{code} as told")
            elif word == b"DATA":
                self.say("354 go on")
                lines = []
                for text in self.rfile:
                    if text == b".\r\n":
                        break
                    lines.append(text[1:] if text.startswith(b".") else text)
                self.server.taken.append((to, b"".join(lines)))
                to = []
                self.say("250 taken")
            elif word == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 fine")


def lmtp_item(door, number, name):
    """The id of an archive that came by LMTP and waits."""
    given = door.send(message(number, {name: archive("aes")}), [A, B])
    assert given == {A: 250, B: 250}, given
    text = "".join(part.get_content() for part in parse(door.sink.taken[-1][1]).walk()
                   if part.get_content_type() == "text/plain")
    item = password.items(door.gateway.state, name)
    assert item["state"] == "awaiting_password", (item, text)
    # Without web.url there is no page, and the notice says how else.
    assert f"sekisho items password {item['id']}" in text and "#" not in text, text
    return item["id"]


def check_lmtp(folder):
    with maillmtp.Door(folder, server=Server) as door:
        server = door.sink
        state = door.gateway.state
        # One recipient is put off: both have it once.
        item = lmtp_item(door, 50, "one.zip")
        server.codes[B] = 450
        process = password.give(state, item, password.PASSWORD, wait=False)
        wait("the first of two", lambda: len(server.released(50)) == 1)
        del server.codes[B]
        assert process.wait(120) == 0, process.stderr.read()
        assert [to for to, _ in server.released(50)] == [[A], [B]], server.released(50)
        assert len({parse(raw)["Message-ID"] for _, raw in server.released(50)}) == 1
        print("LMTP: put off for one recipient, delivered to each once")
        # Nor twice when the door dies in between.
        item = lmtp_item(door, 51, "two.zip")
        server.codes[B] = 450
        process = password.give(state, item, password.PASSWORD, wait=False)
        wait("a receipt", lambda: f"release-refused item={item}" in door.gateway.log())
        for pid in door.gateway.pids("sekisho-lmtp"):
            os.kill(pid, signal.SIGKILL)
        assert process.wait(120) == 1, process.stderr.read()
        del server.codes[B]
        mailsystem.listening(door.port, 60)
        give_until_delivered(state, item)
        assert [to for to, _ in server.released(51)] == [[A], [B]], server.released(51)
        print("LMTP: killed between two recipients, each has it once")
        # Refused for good: by one it is delivered without, by all it is not.
        item = lmtp_item(door, 52, "three.zip")
        server.codes[B] = 550
        code, answer, err = password.give(state, item, password.PASSWORD)
        assert (code, answer["state"]) == (0, "delivered"), (answer, err)
        assert [to for to, _ in server.released(52)] == [[A]]
        del server.codes[B]
        item = lmtp_item(door, 53, "four.zip")
        server.codes.update({A: 550, B: 550})
        code, answer, err = password.give(state, item, password.PASSWORD)
        assert (answer["reason"], answer["state"]) == ("delivery.no_way", "ready"), answer
        assert not server.released(53)
        print("LMTP: refused for good")


def search(relay):
    """Nowhere is the password: memory, arguments, environment, files."""
    for program in ("sekisho-broker", "sekisho-vault", "sekisho-worker",
                    "sekisho-decoder", "sekisho-opener", "sekisho-scanner", "sekisho-verifier",
                    "sekisho-reader", "sekisho-milter", "sekisho-seal", "sekisho-web"):
        pids = relay.gateway.pids(program)
        assert pids, program
        for pid in pids:
            password.search_process(pid)
            limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
            core = re.search(r"Max core file size +(\S+)", limits).group(1)
            if program in ("sekisho-broker", "sekisho-vault"):
                assert core == "0", (program, core)
    password.search_process(relay.gateway.process.pid)


def web_section(folder):
    port = web.free_port()
    certificate, key = web.make_certificate(folder)
    return f"""web:
  enabled: true
  listen: inet:{port}@127.0.0.1
  url: https://localhost:{port}
  certificate: {certificate}
  key: {key}
"""


def main():
    mailsystem.need_postfix()
    with tempfile.TemporaryDirectory() as name:
        kills = pathlib.Path(name) / "kills"
        kills.mkdir()
        os.chmod(name, 0o755)
        os.chmod(kills, 0o777)  # the killed program removes its file
        config, mail = mailrelease.config()
        with mailsystem.Relay(pathlib.Path(name) / "relay", mail,
                              web_section(name) + config, inner=True,
                              environment={"SEKISHO_KILL_AT": f"*@{kills}"}) as relay:
            check_both_ciphers(relay)
            check_link(relay)
            check_away(relay)
            check_outbound(relay)
            check_stopped(relay)
            for number, point in enumerate(POINTS, 10):
                check_killed(relay, kills, number, point)
            mailrelease.check(relay, kills)
            search(relay)
            for path in (relay.gateway.state / "releases").iterdir():
                assert b"@" not in path.read_bytes(), path.read_bytes()
        password.search_files(name)
        code, text = password.audited(relay.gateway)
        assert code == 0, text
        folder = pathlib.Path(name) / "lmtp"
        folder.mkdir()
        check_lmtp(folder)
        password.search_files(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
