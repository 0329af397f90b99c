#!/usr/bin/env python3
"""`sekisho self-check mail` finds nothing wrong with the example instances and
everything that is wrong with altered ones; `postconf -n` of both is what is
recorded beside them. Mail between the two is encrypted."""
import pathlib
import re
import sqlite3
import sys
import tempfile
import time

import gateway
import mailsystem
from mailsystem import instance

WRONG = {
    "milter_default_action": "accept",
    "milter_protocol": "2",
    "smtpd_milters": "",
    "non_smtpd_milters": "",
    "smtpd_milter_maps": "inline:{ {127.0.0.1=DISABLE} }",
    "receive_override_options": "no_milters",
    "internal_mail_filter_classes": "",
    "smtpd_forbid_bare_newline": "no",
    "smtpd_forbid_bare_newline_exclusions": "127.0.0.0/8",
    "smtpd_forbid_unauth_pipelining": "no",
    "smtpd_discard_ehlo_keywords": "",
    "local_header_rewrite_clients": "permit_mynetworks",
    "enable_long_queue_ids": "no",
    "smtputf8_enable": "yes",
    "message_size_limit": "0",
    "queue_minfree": "0",
    "smtp_tls_security_level": "none",
    "smtp_tls_mandatory_protocols": ">=TLSv1",
    "smtpd_tls_security_level": "none",
    "smtpd_tls_cert_file": "",
    "smtpd_tls_mandatory_protocols": "!SSLv2, !SSLv3",
}

# What transport_maps says of the mail for inside, what TLS it is to have, and
# whether that is good enough.
STORE = "[192.0.2.25]:25"
LINKS = [
    ("", False),
    (f"inline:{{ {{ {STORE} = may }} }}", False),
    (f"inline:{{ {{ {STORE} = none }} }}", False),
    ("inline:{ { [192.0.2.26]:25 = secure } }", False),
    (f"inline:{{ {{ {STORE} = encrypt }} }}", True),
    (f"inline:{{ {{ {STORE} = secure match=store.example.jp }} }}", True),
    (f"inline:{{ {{ a.example = may }} }}, inline:{{ {{ {STORE} = verify }} }}", True),
]


def recorded(relay, which):
    """postconf -n and -M, with what differs from run to run by its name."""
    text = which.postconf("-n") + which.postconf("-M")
    names = sorted(which.values.items(), key=lambda item: -len(str(item[1])))
    for name, value in names:
        text = text.replace(str(value), f"@{name}@")
    path = gateway.ROOT / "samples/postfix" / which.kind / "postconf.expected"
    if "--record" in sys.argv:
        path.write_text(text)
    assert text == path.read_text(), f"{path} is not what the instance says:\n{text}"
    print(which.kind, "is configured as recorded")


def check(relay, which, *arguments):
    role = ["--inner"] if which.kind == "inner" else []
    done = relay.command("self-check", "mail", "--postfix", which.config, *role,
                         *arguments)
    return done.returncode, done.stdout.decode()


EDGE = ["mail.open_relay", "mail.tempfail", "mail.size_limits", "mail.settings", "mail.tls",
        "mail.path"]


def on_record(relay):
    """What the last `self-check mail` put into the vault."""
    with sqlite3.connect(f"file:{relay.gateway.state}/vault.db?mode=ro", uri=True) as base:
        return dict(base.execute("SELECT name, result FROM self_check_result WHERE run ="
                                 " (SELECT max(number) FROM self_check)"))


def wrong(text):
    return set(re.findall(r"^WRONG ([^:]+):", text, re.MULTILINE))


def links(relay, which):
    """Mail that leaves the host has to be encrypted."""
    before = {name: which.postconf("-h", name).strip()
              for name in ("transport_maps", "smtp_tls_policy_maps", "relayhost")}
    which.set("transport_maps",
              f"inline:{{ {{ {mailsystem.DOMAIN} = relay:{STORE} }} }}")
    for maps, good in LINKS:
        which.set("smtp_tls_policy_maps", maps)
        code, text = check(relay, which)
        assert wrong(text) == (set() if good else {"link inward"}), (maps, text)
        assert code == (0 if good else 2), (maps, text)
    # Of the inner instance the other way, too.
    which.set("relayhost", "[192.0.2.30]:25")
    _, text = check(relay, which)
    assert wrong(text) == ({"link outward"} if which.kind == "inner" else set()), text
    which.set("smtp_tls_security_level", "secure")
    which.set("smtp_tls_policy_maps", "")
    assert check(relay, which)[0] == 0, check(relay, which)
    which.set("smtp_tls_security_level", "may")
    for name, value in before.items():
        which.set(name, value)
    assert check(relay, which)[0] == 0, check(relay, which)
    print(which.kind, "says where mail would leave the host in clear")


def encrypted(relay):
    """Both ways between the instances: TLS, and the certificate was checked."""
    sent = relay.send(b"Subject: out\r\n\r\nout\r\n", port=relay.inner_return,
                      sender="user@" + mailsystem.DOMAIN, recipients=("x@example.com",))
    assert sent[0] == 250, sent
    relay.outside.wait(1)
    for which, port in ((relay.edge, relay.inner_port), (relay.inner, relay.return_port)):
        line = f"Verified TLS connection established to 127.0.0.1[127.0.0.1]:{port}: TLSv1.3"
        assert line in which.log(), f"{which.kind}: {line}\n{which.log()[-3000:]}"
    assert b"with ESMTPS" in relay.store.raw()[0], relay.store.raw()[0][:2000]
    # A server that is not who it should be gets nothing.
    before = relay.edge.postconf("-h", "smtp_tls_policy_maps").strip()
    relay.edge.set("smtp_tls_policy_maps",
                   before.replace("inner.example.jp", "other.example.jp"))
    relay.edge.postfix("reload")
    assert relay.send(b"Subject: in\r\n\r\nin\r\n")[0] == 250
    end = time.monotonic() + 60
    while "Server certificate not verified" not in relay.edge.log():
        assert time.monotonic() < end, relay.edge.log()[-3000:]
        time.sleep(0.1)
    assert len(relay.store.raw()) == 1
    relay.edge.set("smtp_tls_policy_maps", before)
    relay.edge.postfix("reload")
    relay.edge.flush()
    relay.store.wait(2)
    print("between the instances mail is encrypted, and to nobody else")


def main():
    mailsystem.need_postfix()
    with tempfile.TemporaryDirectory() as name:
        with mailsystem.Relay(pathlib.Path(name) / "relay", inner=True) as relay:
            recorded(relay, relay.edge)
            recorded(relay, relay.inner)
            smtp = f"inet:{relay.port}@127.0.0.1"
            code, text = check(relay, relay.edge, "--smtp", smtp, "--recipient",
                               "postmaster@" + mailsystem.DOMAIN)
            assert code == 0 and "ok    probe message: 250" in text, (code, text)
            assert on_record(relay) == {name: "ok" for name in EDGE}, on_record(relay)
            code, text = check(relay, relay.inner)
            assert code == 0, (code, text)
            assert on_record(relay) == {"mail.inner": "ok"}, on_record(relay)
            relay.store.wait(1)
            print("nothing is wrong with the examples")
            encrypted(relay)
            links(relay, relay.edge)
            links(relay, relay.inner)
            for name, value in WRONG.items():
                before = relay.edge.postconf("-h", name).strip()
                relay.edge.set(name, value)
                code, text = check(relay, relay.edge)
                assert code == 2 and name in wrong(text), (name, value, text)
                relay.edge.set(name, before)
            assert check(relay, relay.edge)[0] == 0, check(relay, relay.edge)
            code, text = check(relay, relay.edge, "--smtp",
                               f"inet:{relay.return_port}@127.0.0.1")
            assert code == 2 and wrong(text) == {"open relay"}, text
            assert on_record(relay)["mail.open_relay"] == "failed", on_record(relay)
            master = relay.edge.config / "master.cf"
            good = master.read_text()
            master.write_text(good.replace(
                "100 smtpd\n", "100 smtpd\n  -o smtpd_milters=\n", 1))
            instance.settle(master)
            code, text = check(relay, relay.edge)
            assert wrong(text) == {"master.cf smtpd_milters"}, (code, text)
            print("whatever is altered is found:", len(WRONG) + 2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
