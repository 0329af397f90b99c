#!/usr/bin/env python3
"""Edge and inner instance: what came through the gateway arrives, and nothing
else does: no seal, a changed one, another recipient, an old one too often."""
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import mailsystem

USER = "user@" + mailsystem.DOMAIN


def sealed_message(relay):
    """A message as the edge would hand it to the inner instance: stopped there."""
    relay.inner.stop()
    code, text = relay.send(mailsystem.plain("sealed", "to be caught"))
    assert code == 250, (code, text)
    end = time.monotonic() + 120
    while "deferred" not in relay.edge.queued():
        assert time.monotonic() < end, relay.edge.queued()
        time.sleep(0.1)
    path = relay.edge.queued()["deferred"][0]
    text = subprocess.run(["postcat", "-c", relay.edge.config, "-hb", path], check=True,
                          capture_output=True).stdout
    sender = subprocess.run(["postcat", "-c", relay.edge.config, "-e", path], check=True,
                            capture_output=True, text=True).stdout
    sender = re.search(r"^sender: ?(.*)$", sender, re.MULTILINE).group(1)
    relay.inner.start()
    mailsystem.listening(relay.inner_port)
    return sender, text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def check_refused(relay, sender, message):
    inner = relay.inner_port

    def refused(what, data, sender=sender, recipients=(USER,)):
        code, text = relay.send(data, sender=sender, recipients=recipients, port=inner)
        assert code == 451, (what, code, text)
        print("refused:", what)

    refused("no seal", mailsystem.plain("raw", "raw content"))
    assert b"X-Sekisho-Seal:" in message, message
    refused("another body", message + b"more\r\n")
    refused("another subject", message.replace(b"\r\nSubject:", b"\r\nSubject: X", 1))
    refused("one header more", b"X-More: 1\r\n" + message)
    refused("another recipient", message, recipients=["other@" + mailsystem.DOMAIN])
    refused("one recipient more", message,
            recipients=[USER, "other@" + mailsystem.DOMAIN])
    refused("another sender", message, sender="else@example.com")
    refused("two seals", message.replace(b"X-Sekisho-Seal:", b"X-Sekisho-Seal: v=1\r\n"
                                         b"X-Sekisho-Seal:", 1))
    tag = re.search(rb"r=([A-Za-z0-9+/]{22})", message).group(1)
    other = tag[:5] + (b"A" if tag[5:6] != b"A" else b"B") + tag[6:]
    refused("a forged tag", message.replace(tag, other))
    refused("another time", re.sub(rb"t=(\d+)", rb"t=1\1", message))


def main():
    mailsystem.need_postfix()
    with tempfile.TemporaryDirectory() as name:
        with mailsystem.Relay(pathlib.Path(name) / "relay", inner=True,
                              mail="  seal_uses: 3") as relay:
            code, text = relay.send(mailsystem.plain("hello", "through both"))
            assert code == 250, (code, text)
            relay.store.wait(1)
            raw = relay.store.raw()[0]
            assert b"X-Sekisho-Result" in raw and b"X-Sekisho-Seal" not in raw, raw
            print("sealed at the edge, opened at the inner instance")
            sender, message = sealed_message(relay)
            check_refused(relay, sender, message)
            # What the edge adds on the way does not matter, nor a restart.
            received = b"Received: from x by y; now\r\n" + message
            for data in (received, message):
                code, text = relay.send(data, sender=sender, port=relay.inner_port)
                assert code == 250, (code, text)
            for pid in relay.gateway.pids("sekisho-seal"):
                import os
                os.kill(pid, 9)
            end = time.monotonic() + 120
            while len(relay.store.raw()) < 4:  # the seal's program may not be back yet
                assert time.monotonic() < end, relay.edge.queued()
                relay.edge.flush()
                time.sleep(0.5)
            code, text = relay.send(message, sender=sender, port=relay.inner_port)
            assert code == 451, (code, text)
            print("the same seal passes three times, after a kill too, and no more")
    return 0


if __name__ == "__main__":
    sys.exit(main())
