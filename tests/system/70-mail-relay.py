#!/usr/bin/env python3
"""Messages through a real Postfix: in at the edge, decided by the gateway
before they are queued, out at the sink; what is held leaves a notice."""
import pathlib
import sys
import tempfile

import mailsystem


def check_notice(relay):
    """Held whole: the recipient learns of it, nobody else, and it is kept."""
    raw = mailsystem.plain("canary-subject", "canary " + mailsystem.EICAR)
    code, text = relay.send(raw)
    assert code == 250, (code, text)
    relay.store.wait(1)
    message = relay.store.messages()[-1]
    assert message["X-Mail-Args"].split()[0] == "<>", message["X-Mail-Args"]
    assert "canary" not in message.as_string()
    item = message["X-Sekisho-Result"].split("id=")[1][:32]
    held = relay.items("--state", "held")
    assert [entry["id"] for entry in held] == [item], held
    assert held[0]["channel"] == "mail" and held[0]["direction"] == "inbound"
    print("held whole: a notice, and the original in the vault")


def check_open_relay(relay):
    code, _ = relay.send(mailsystem.plain("x", "y"), recipients=["a@elsewhere.example"])
    assert 500 <= code < 600, code
    print("the edge relays for nobody else")


def main():
    mailsystem.need_postfix()
    with tempfile.TemporaryDirectory() as name:
        with mailsystem.Relay(pathlib.Path(name) / "relay") as relay:
            check_notice(relay)
            check_open_relay(relay)
    return 0


if __name__ == "__main__":
    sys.exit(main())
