#!/usr/bin/env python3
"""Mail stopped and resumed by direction, over a restart and on record; limits
per sender; messages that are too large; a gateway that is not there."""
import email
import email.policy
import os
import pathlib
import signal
import sys
import tempfile
import time

import mailsystem

POLICIES = """
policies:
  - {name: pass, mail_spam: pass}
  - {name: hold, mail_spam: hold}
rules:
  - {channel: mail, sender: "*@pass.example", policy: pass}
  - {channel: mail, sender: "*@hold.example", policy: hold}
"""
MAIL = """
  sender_per_minute: 5
  message_bytes: 1MiB
"""


def stop_and_resume(relay):
    inbound = mailsystem.plain("in", "inbound")

    def outward():
        return relay.send(mailsystem.plain("out", "outbound"), sender="user@city.example.jp",
                          recipients=["a@example.com"], port=relay.return_port)[0]

    done = relay.command("mail", "stop", "--direction", "in", "--reason", "incident 7")
    assert done.returncode == 0 and b"inbound: stopped" in done.stdout, done
    code, text = relay.send(inbound)
    assert code == 451 and "4.3.2" in text, (code, text)
    assert outward() == 250
    relay.gateway.stop()
    relay.gateway.start()
    relay.wait_socket()
    deadline = time.monotonic() + 120
    while outward() != 250:
        assert time.monotonic() < deadline
    code, text = relay.send(inbound)
    assert code == 451, (code, text)
    print("stopped by direction, over a restart")
    done = relay.command("mail", "resume")
    assert done.returncode == 0 and b"inbound: running" in done.stdout, done
    code, text = relay.send(inbound)
    assert code == 250, (code, text)
    lines = "".join(path.read_text() for path in
                    (relay.gateway.state / "audit").glob("log-*.jsonl"))
    assert '"action":"mail.stop","object":"mail:inbound"' in lines, lines[-2000:]
    assert '"reason":"incident 7"' in lines and '"action":"mail.resume"' in lines
    print("resumed, and all of it is in the audit log")


def limits(relay):
    codes = [relay.send(mailsystem.plain("many", f"number {n}"),
                        sender="flood@example.com")[0] for n in range(8)]
    assert codes[:5] == [250] * 5 and codes[5:] == [451] * 3, codes
    assert relay.send(mailsystem.plain("x", "other"), sender="else@example.com")[0] == 250
    print("a sender has so many messages a minute")
    code, text = relay.send(mailsystem.plain("big", "x" * 70 + ("\r\n" + "y" * 70) * 20000),
                            sender="big@example.com")
    assert code == 552, (code, text)
    print("what is too large is refused for good")


def spam(relay):
    """What a filter in front says is heard, by the policy of the sender."""
    def one(sender, **headers):
        count = len(relay.store.raw())
        code, text = relay.send(mailsystem.plain("offer", f"cheap {time.time()}", **headers),
                                sender=sender)
        assert code == 250, (code, text)
        relay.store.wait(count + 1)
        newest = max(relay.store.folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)
        return email.message_from_bytes(newest.read_bytes(), policy=email.policy.default)

    assert one("a1@example.com", X_Spam_Flag="NO")["Subject"] == "offer"
    assert one("a2@example.com", X_Spam_Flag="YES")["Subject"] == "【迷惑メール】offer"
    assert one("a3@pass.example", X_Spam_Status="Yes, score=9")["Subject"] == "offer"
    notice = one("a4@hold.example", X_Rspamd_Action="add header")
    assert notice["X-Mail-Args"].split()[0] == "<>", notice
    assert "mail.spam" in notice.get_content(), notice.get_content()
    print("spam by a filter in front: tagged, passed or held")


def gone(relay):
    """No program behind the socket, or none behind the milter: put off."""
    code = None
    for program in ("sekisho-vault", "sekisho-broker", "sekisho-milter"):
        pids = relay.gateway.pids(program)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        code, text = relay.send(mailsystem.plain("gone", program),
                                sender=f"{program}@example.com")
        assert code in (451, 250), (program, code, text)
        deadline = time.monotonic() + 120
        while code != 250:
            assert time.monotonic() < deadline, (program, code, text)
            time.sleep(0.2)
            code, text = relay.send(mailsystem.plain("gone", program),
                                    sender=f"{program}{time.time()}@example.com")
        print(f"{program} killed: put off, then taken")
    relay.gateway.stop()
    code, text = relay.send(mailsystem.plain("gone", "all"))
    assert code == 451, (code, text)
    print("no gateway at all: put off")


def main():
    mailsystem.need_postfix()
    with tempfile.TemporaryDirectory() as name:
        with mailsystem.Relay(pathlib.Path(name) / "relay", mail=MAIL, config=POLICIES) as relay:
            stop_and_resume(relay)
            limits(relay)
            spam(relay)
            gone(relay)
    return 0


if __name__ == "__main__":
    sys.exit(main())
