#!/usr/bin/python3
"""DKIM as python3-dkim signs it, through a real Postfix: what was found is in our
Authentication-Results, with keys from a file and from a DNS server on loopback;
every field about it that came in is gone."""
import base64
import os
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import threading

import mailsystem

try:
    import dkim
except ImportError:
    dkim = None

DOMAIN = "example.com"
OURS = "gw.city.example.jp"


def run(*command, **options):
    return subprocess.run(command, capture_output=True, check=True, **options).stdout


class Signer:
    """Two keys: RSA as `r`, Ed25519 as `e`; the records that go with them."""

    def __init__(self):
        self.rsa = run("openssl", "genrsa", "-traditional", "2048")
        public = run("openssl", "rsa", "-pubout", "-outform", "DER", input=self.rsa)
        seed = run("openssl", "genpkey", "-algorithm", "ed25519", "-outform", "DER")[-32:]
        self.ed25519 = base64.b64encode(seed)
        private = bytes.fromhex("302e020100300506032b657004220420") + seed
        point = run("openssl", "pkey", "-inform", "DER", "-pubout", "-outform", "DER", input=private)[-32:]
        self.records = {f"r._domainkey.{DOMAIN}": "v=DKIM1; k=rsa; p=" + base64.b64encode(public).decode(),
                        f"e._domainkey.{DOMAIN}": "v=DKIM1; k=ed25519; p=" + base64.b64encode(point).decode()}

    def sign(self, message, selector="r", domain=DOMAIN, canonical=(b"relaxed", b"relaxed"), **options):
        ed = selector == "e"
        field = dkim.sign(message, selector.encode(), domain.encode(), self.ed25519 if ed else self.rsa,
                          canonicalize=canonical, include_headers=[b"from", b"to", b"subject"],
                          signature_algorithm=b"ed25519-sha256" if ed else b"rsa-sha256", **options)
        return field + message


class Server(threading.Thread):
    """Answers TXT questions over UDP; what it does not know does not exist, and
    to names that begin with `silent` it says nothing."""

    def __init__(self, records):
        super().__init__(daemon=True)
        self.records = records
        self.asked = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.start()

    def run(self):
        while True:
            data, peer = self.socket.recvfrom(4096)
            labels, at = [], 12
            while data[at]:
                labels.append(data[at + 1:at + 1 + data[at]].decode())
                at += 1 + data[at]
            name = ".".join(labels)
            self.asked.append(name)
            if name.startswith("silent"):
                continue
            text = self.records.get(name)
            answer = b""
            if text:
                pieces = [text[i:i + 255].encode() for i in range(0, len(text), 255)]
                value = b"".join(bytes([len(piece)]) + piece for piece in pieces)
                answer = b"\xc0\x0c" + struct.pack(">HHIH", 16, 1, 60, len(value)) + value
            self.socket.sendto(data[:2] + struct.pack(">HHHHH", 0x8180 if text else 0x8183, 1, bool(text), 0, 0)
                               + data[12:at + 5] + answer, peer)


class Check:
    def __init__(self, relay):
        self.relay = relay
        self.count = 0

    def of(self, message, *wanted):
        code, text = self.relay.send(message)
        assert code == 250, (code, text)
        self.count += 1
        self.relay.store.wait(self.count)
        # By its Message-ID: files of the sink have no order.
        found = [one for one in self.relay.store.messages() if one["Message-ID"].encode() in message]
        fields = found[-1].get_all("Authentication-Results") or []
        assert len(fields) == 1, fields
        said = [piece.strip() for piece in " ".join(fields[0].split()).split(";")]
        assert said == [OURS, *wanted], (said, wanted)
        for name in ("DKIM-Signature", "ARC-Seal", "ARC-Message-Signature"):
            assert found[-1][name] is None, name
        return found[-1]


def result(said, selector="r", domain=DOMAIN):
    return f"dkim={said} header.d={domain} header.s={selector}"


def plain(number):
    return mailsystem.plain(f"message {number}", f"the words of {number}")


def check_file(relay, signer):
    check = Check(relay)
    check.of(plain(1), "dkim=none")
    check.of(signer.sign(plain(2)), result("pass"))
    check.of(signer.sign(plain(3), canonical=(b"simple", b"simple")), result("pass"))
    check.of(signer.sign(plain(4), "e"), result("pass", "e"))
    check.of(signer.sign(plain(5)).replace(b"the words", b"other words"), result("fail"))
    check.of(signer.sign(plain(6)).replace(b"Subject: message", b"Subject: massage"), result("fail"))
    check.of(signer.sign(plain(7), domain="elsewhere.example"), result("permerror", "r", "elsewhere.example"))
    check.of(signer.sign(plain(8), length=True) + b"and what nobody signed\r\n", result("policy"))
    two = signer.sign(signer.sign(plain(9)), "e")
    check.of(two, result("pass", "e"), result("pass"))
    forged = (b"Authentication-Results: " + OURS.encode() + b"; dkim=pass header.d=boss.example\r\n"
              b"ARC-Seal: i=1; a=rsa-sha256; d=boss.example; s=r; cv=none; b=AAAA\r\n")
    check.of(forged + plain(10), "dkim=none")
    report = relay.items()[0]
    assert report["state"] == "delivered", report
    check.of(b"DKIM-Signature: v=1; a=rsa-sha256; d=" + b"a" * 500 + b"; s=../..; b=!!\r\n" + plain(11), "dkim=permerror")
    print("keys from a file: pass, fail, policy, permerror, none; what was forged is gone")


def check_server(relay, signer, server):
    check = Check(relay)
    check.of(signer.sign(plain(1)), result("pass"))
    check.of(signer.sign(plain(2), "e"), result("pass", "e"))
    check.of(signer.sign(plain(3), domain="elsewhere.example"), result("permerror", "r", "elsewhere.example"))
    check.of(signer.sign(plain(4), "silent"), result("temperror", "silent"))
    both = signer.sign(signer.sign(plain(6)), "silent")
    check.of(both, result("temperror", "silent"), result("pass"))
    assert f"r._domainkey.{DOMAIN}" in server.asked
    before = len(server.asked)
    check.of(b"DKIM-Signature: v=1; d=a b;c s=\r\n" + plain(5), "dkim=permerror")
    assert len(server.asked) == before, server.asked[before:]
    print("keys by DNS: found, not there, no answer; nothing is asked that is no name")


def check_arc(relay, signer):
    """What we sign verifies by an implementation that is not ours."""
    records = {f"{name}.": f"{text}".encode() for name, text in signer.records.items()}

    def answer(name, timeout=5):
        return records.get(name.decode().lower())
    for number, message in enumerate((signer.sign(plain(1)), plain(2), signer.sign(plain(3)).replace(b"words", b"xwords"))):
        code, text = relay.send(message)
        assert code == 250, (code, text)
        relay.store.wait(number + 1)
    # What the sink and the servers on the way wrote in front is not the gateway's.
    for raw in relay.store.raw():
        raw = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        result, sets, why = dkim.arc_verify(raw, dnsfunc=answer)
        assert result == b"pass", (result, sets, why, raw)
        assert sets[0]["cv"] == b"none" and sets[0]["ams-domain"] == DOMAIN.encode(), sets
        result, _, _ = dkim.arc_verify(raw.replace(b"Subject: ", b"Subject: x"), dnsfunc=answer)
        assert result != b"pass", result
        result, _, _ = dkim.arc_verify(raw.replace(b"ARC-Authentication-Results: i=1; gw", b"ARC-Authentication-Results: i=1; xw"),
                                       dnsfunc=answer)
        assert result != b"pass", result
    print("ARC: what we sign verifies elsewhere, and no longer when it is changed")


def main():
    mailsystem.need_postfix()
    if dkim is None:
        print("needs python3-dkim")
        return 77
    signer = Signer()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        keys = folder / "keys"
        keys.write_text("".join(f"{key} {text}\n" for key, text in signer.records.items()))
        with mailsystem.Relay(folder / "file", mail=f'  authserv_id: "{OURS}"\n  dkim_keys: "{keys}"\n') as relay:
            check_file(relay, signer)
        arc = folder / "arc.key"
        arc.write_bytes(signer.rsa)
        arc.chmod(0o600)
        user = mailsystem.gateway_user()
        os.chown(arc, user.pw_uid, user.pw_gid)
        with mailsystem.Relay(folder / "arc", mail=f'  authserv_id: "{OURS}"\n  dkim_keys: "{keys}"\n'
                              f'  arc_key: "{arc}"\n  arc_domain: "{DOMAIN}"\n  arc_selector: "r"\n') as relay:
            check_arc(relay, signer)
        server = Server(signer.records)
        with mailsystem.Relay(folder / "dns", mail=f'  authserv_id: "{OURS}"\n'
                              f'  resolver: "inet:{server.port}@127.0.0.1"\n') as relay:
            check_server(relay, signer, server)
    return 0


if __name__ == "__main__":
    sys.exit(main())
