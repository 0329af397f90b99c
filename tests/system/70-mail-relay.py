#!/usr/bin/env python3
"""Messages through a real Postfix: in at the edge, decided by the gateway
before they are queued, out at the sink; what is held leaves a notice."""
import base64
import email
import email.policy
import pathlib
import sys
import tempfile

import mailsystem

PROGRAM = b"MZ\x90\0\x03" + bytes(57) + b"\x80\0\0\0" + bytes(64) + b"PE\0\0" + bytes(99)
TABLE = b"name,sum\r\n=cmd|'/c calc'!A0,1\r\n"


def with_attachments():
    lines = ["From: Someone <someone@example.com>", "To: user@" + mailsystem.DOMAIN,
             "Subject: two attachments", "Message-ID: <two@example.com>",
             "Date: Sat, 21 Nov 2026 10:00:00 +0900", "X-Secret: must-not-arrive",
             "MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="b"', "",
             "preamble-must-not-arrive", "--b", "Content-Type: text/plain; charset=UTF-8",
             "", "the visible text", "--b", "Content-Type: text/csv; name=table.csv",
             "Content-Transfer-Encoding: base64",
             "Content-Disposition: attachment; filename=table.csv", "",
             base64.b64encode(TABLE).decode(), "--b",
             "Content-Type: application/octet-stream; name=setup.exe",
             "Content-Transfer-Encoding: base64",
             "Content-Disposition: attachment; filename=setup.exe", "",
             base64.b64encode(PROGRAM).decode(), "--b--", ""]
    return "\r\n".join(lines).encode()


def ambiguous():
    return mailsystem.plain("canary-subject", "canary text", MIME_Version="1.0",
                            Content_Type='multipart/mixed; boundary="a"',
                            content_type='multipart/mixed; boundary="b"')


def check_parts(relay):
    """The clean text and the table arrive; in the program's place is a notice, its
    original is kept under the message."""
    code, text = relay.send(with_attachments())
    assert code == 250, (code, text)
    relay.store.wait(1)
    raw = relay.store.raw()[-1]
    message = relay.store.messages()[-1]
    assert b"must-not-arrive" not in raw, raw
    assert message["Message-ID"] == "<two@example.com>", message["Message-ID"]
    names = [part.get_filename() for part in message.iter_attachments()]
    assert "table.csv" in names and "setup.exe" not in names, names
    assert len(names) == 2, names
    table = [part for part in message.iter_attachments()
             if part.get_filename() == "table.csv"][0]
    assert b"\n=cmd" not in table.get_payload(decode=True)
    assert "the visible text" in message.get_body().get_content()
    result = message["X-Sekisho-Result"]
    item = result.split("id=")[1][:32]
    parts = relay.items("--state", "held")
    assert len(parts) == 1, parts
    assert parts[0]["parent"] == item and parts[0]["name"] == "setup.exe", parts
    assert parts[0]["reason"] == "type.executable", parts
    whole = [entry for entry in relay.items() if entry["id"] == item]
    assert whole[0]["state"] == "delivered" and whole[0]["parent"] is None, whole
    assert parts[0]["id"] in message.as_string() or any(
        parts[0]["id"] in part.get_content() for part in message.iter_attachments()
        if part.get_content_type() == "text/plain"), "the notice names its id"
    print("clean parts arrive, a held one is kept under its message")


def check_repeat(relay):
    """The same message again, as after a reply that was lost: delivered again."""
    before = len(relay.items())
    code, text = relay.send(with_attachments())
    assert code == 250, (code, text)
    relay.store.wait(2)
    bodies = [raw[raw.index(b"From: "):] for raw in relay.store.raw()]
    assert bodies[0] == bodies[1], "the same input gives the same bytes"
    assert len(relay.items()) == before
    print("the same message again: the same bytes, under the same id")


def check_whole(relay):
    """Held whole: the recipient learns of it, nobody else, and it is kept."""
    code, text = relay.send(ambiguous())
    assert code == 250, (code, text)
    relay.store.wait(3)
    message = [one for one in relay.store.messages()
               if one["X-Mail-Args"].split()[0] == "<>"][0]
    assert "canary" not in message.as_string()
    assert "canary" not in message.get_content()
    item = message["X-Sekisho-Result"].split("id=")[1][:32]
    held = [entry for entry in relay.items("--state", "held") if entry["parent"] is None]
    assert [entry["id"] for entry in held] == [item], held
    assert held[0]["channel"] == "mail" and held[0]["direction"] == "inbound"
    print("held whole: a notice, and the original in the vault")


def check_many(relay):
    """More held parts than anybody sends: each is kept, the text arrives."""
    lines = ["From: Someone <someone@example.com>", "To: user@" + mailsystem.DOMAIN, "Subject: many",
             "Message-ID: <many@example.com>", "Date: Sat, 21 Nov 2026 10:00:00 +0900", "MIME-Version: 1.0",
             'Content-Type: multipart/mixed; boundary="b"', "", "--b", "Content-Type: text/plain", "", "many files"]
    for number in range(80):
        lines += ["--b", "Content-Type: application/octet-stream", "Content-Transfer-Encoding: base64",
                  f"Content-Disposition: attachment; filename=setup{number}.exe", "",
                  base64.b64encode(PROGRAM + bytes([number])).decode()]
    code, text = relay.send("\r\n".join(lines + ["--b--", ""]).encode())
    assert code == 250, (code, text)
    relay.store.wait(4)
    message = [one for one in relay.store.messages() if one["Message-ID"] == "<many@example.com>"][0]
    assert "many files" in message.get_body().get_content()
    item = message["X-Sekisho-Result"].split("id=")[1][:32]
    assert message["X-Sekisho-Result"].endswith("clean=0; held=80"), message["X-Sekisho-Result"]
    kept = [entry for entry in relay.items("--state", "held") if entry["parent"] == item]
    assert len(kept) == 80, len(kept)
    print("eighty held parts are kept one by one")


def check_open_relay(relay):
    code, _ = relay.send(mailsystem.plain("x", "y"), recipients=["a@elsewhere.example"])
    assert 500 <= code < 600, code
    print("the edge relays for nobody else")


def check_pipe(relay):
    """`sekisho mail`, with the gateway that runs, with and without CRLF."""
    for raw in (with_attachments(), with_attachments().replace(b"\r\n", b"\n")):
        done = relay.command("mail", input=raw)
        assert done.returncode == 0, done.stderr
        message = email.message_from_bytes(done.stdout, policy=email.policy.default)
        assert "the visible text" in message.get_body().get_content()
        assert (b"\r\n" in raw) == (b"\r\n" in done.stdout)
    done = relay.command("mail", input=ambiguous())
    assert done.returncode == 2 and not done.stdout, done
    assert relay.command("mail", "--wrong", input=b"").returncode == 64
    done = relay.command("mail", "--standalone", "--definitions",
                         relay.gateway.definitions, input=with_attachments())
    assert done.returncode == 0 and b"setup.exe\"" not in done.stdout, done.stderr
    print("the same through a pipe")


def main():
    mailsystem.need_postfix()
    with tempfile.TemporaryDirectory() as name:
        with mailsystem.Relay(pathlib.Path(name) / "relay") as relay:
            check_parts(relay)
            check_repeat(relay)
            check_whole(relay)
            check_many(relay)
            check_open_relay(relay)
            check_pipe(relay)
    return 0


if __name__ == "__main__":
    sys.exit(main())
