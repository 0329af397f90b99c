#!/usr/bin/python3
"""Signed mail made by openssl and gpg, through the real processes with what they
trust: each result is said in the message and in the report, and nothing of the
signature is delivered."""
import email
import email.policy
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import gateway

SENDER = "yamada@example.lg.jp"
HEADER = (f"From: Yamada <{SENDER}>\r\nTo: user@city.example.jp\r\nSubject: signed\r\n"
          "Date: Sat, 21 Nov 2026 10:00:00 +0900\r\nMessage-ID: <1@example.lg.jp>\r\n"
          "MIME-Version: 1.0\r\n").encode()
ENTITY = b"Content-Type: text/plain; charset=utf-8\r\n\r\nthe signed words\r\n"
MACRO = b"Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n" + ENTITY + (
    b"\r\n--m\r\nContent-Type: application/octet-stream; name=setup.exe\r\n"
    b"Content-Disposition: attachment; filename=setup.exe\r\n\r\nMZ\x90\r\n--m--\r\n")


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, check=False, **options)
    assert done.returncode == 0, (command, done.stderr.decode(errors="replace"))
    return done.stdout


class Smime:
    """An authority, a signer it knows, and a signer that nobody knows."""

    def __init__(self, folder):
        self.folder = folder
        self.make("ca", ["-subj", "/CN=Test Authority", "-addext", "basicConstraints=critical,CA:TRUE"])
        self.make("stranger", ["-subj", f"/CN=Stranger/emailAddress={SENDER}"])
        self.signer("signer", f"/CN=山田太郎/emailAddress={SENDER}")
        self.signer("colleague", "/CN=Colleague/emailAddress=other@example.lg.jp")

    def make(self, name, options):
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-utf8",
            "-keyout", self.folder / f"{name}.key", "-out", self.folder / f"{name}.pem", *options)

    def signer(self, name, subject):
        run("openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-utf8", "-subj", subject,
            "-keyout", self.folder / f"{name}.key", "-out", self.folder / f"{name}.csr")
        run("openssl", "x509", "-req", "-days", "2", "-in", self.folder / f"{name}.csr",
            "-CA", self.folder / "ca.pem", "-CAkey", self.folder / "ca.key", "-CAcreateserial",
            "-out", self.folder / f"{name}.pem")

    def sign(self, entity, name="signer", options=()):
        """One message, lines in CRLF, as mailers send it."""
        made = run("openssl", "smime" if "-md" in options else "cms", "-sign", "-signer",
                   self.folder / f"{name}.pem", "-inkey", self.folder / f"{name}.key",
                   "-crlfeol" if "-md" not in options else "-binary", "-binary", *options, input=entity)
        made = made.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        assert made.startswith(b"MIME-Version: 1.0\r\n"), made[:80]
        return HEADER + made[len(b"MIME-Version: 1.0\r\n"):]

    def encrypt(self, entity):
        made = run("openssl", "cms", "-encrypt", "-aes256", self.folder / "signer.pem", input=entity)
        return HEADER + made.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")[len(b"MIME-Version: 1.0\r\n"):]


class Gpg:
    def __init__(self, folder):
        self.home = folder / "gnupg"
        self.home.mkdir(mode=0o700)
        self.keys = {}
        for name, user in (("known", f"Yamada <{SENDER}>"), ("stranger", f"Stranger <{SENDER}>")):
            self.gpg("--quick-generate-key", user + (" " if name == "known" else ""), "ed25519", "sign", "1d")
        listed = self.gpg("--list-keys", "--with-colons").decode()
        prints = [line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr")]
        users = [line.split(":")[9] for line in listed.splitlines() if line.startswith("uid")]
        self.keys = {"known" if "Yamada" in user else "stranger": key for user, key in zip(users, prints)}

    def gpg(self, *arguments, **options):
        return run("gpg", "--homedir", self.home, "--batch", "--pinentry-mode", "loopback", "--passphrase", "",
                   "--trust-model", "always", *arguments, **options)

    def stop(self):
        subprocess.run(["gpgconf", "--homedir", str(self.home), "--kill", "all"], capture_output=True, check=False)

    def export(self, path):
        path.write_bytes(self.gpg("--armor", "--export", self.keys["known"]))

    def detached(self, entity, name="known"):
        made = self.gpg("--local-user", self.keys[name], "--armor", "--detach-sign", input=entity)
        return (HEADER + b'Content-Type: multipart/signed; micalg=pgp-sha256; boundary="s";\r\n'
                b' protocol="application/pgp-signature"\r\n\r\n--s\r\n' + entity
                + b"\r\n--s\r\nContent-Type: application/pgp-signature\r\n\r\n"
                + made.replace(b"\n", b"\r\n") + b"\r\n--s--\r\n")

    def clear(self, text, name="known"):
        made = self.gpg("--local-user", self.keys[name], "--clear-sign", input=text)
        return made.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")

    def encrypted(self, text):
        made = self.gpg("--armor", "--symmetric", "--passphrase", "x", input=text)
        return made.replace(b"\n", b"\r\n")


def text(body):
    return HEADER + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + body


class Check:
    def __init__(self, client):
        self.client = client

    def of(self, message, *wanted, said=None, words="the signed words", name="signed.eml"):
        """The kinds about signatures, the line, the words, and no signature."""
        result = self.client.sanitize(message, name, format="eml", record=False)
        report = result["report"]
        kinds = [removal["kind"] for removal in report["removals"] if removal["kind"].startswith("mail.signature")]
        assert result["output"], (result["verdict"], report)
        out = email.message_from_bytes(result["output"], policy=email.policy.default)
        body = out.get_body().get_content().replace("\r\n", "\n")
        assert kinds == list(wanted), (kinds, report["removals"], body)
        assert words in body, body
        for trace in ("BEGIN PGP", "smime.p7", "signature.asc", "pkcs7"):
            assert trace not in out.as_string(), trace
        if said:
            assert said in body, (said, body)
        return report, out

    def held(self, message, reason):
        result = self.client.sanitize(message, "a.eml", format="eml", record=False)
        assert result["output"] is None and result["report"]["reason"]["code"] == reason, result["report"]


def check_smime(check, smime):
    valid = smime.sign(ENTITY)
    report, out = check.of(valid, "mail.signature.valid", said="署名者: 山田太郎 <" + SENDER + ">")
    assert "valid, by 山田太郎 <" + SENDER in out.get_body().get_content()
    assert any(SENDER in removal["detail"] for removal in report["removals"])
    check.of(smime.sign(ENTITY, options=["-nodetach"]), "mail.signature.valid")
    check.of(valid.replace(b"signed words", b"forged words"), "mail.signature.invalid", words="the forged words",
             said="署名: 無効です")
    check.of(smime.sign(ENTITY, "stranger"), "mail.signature.unknown", said="署名者を確認できません")
    check.of(smime.sign(ENTITY, options=["-nocerts"]), "mail.signature.unknown")
    check.of(smime.sign(ENTITY, "colleague"), "mail.signature.other", said="署名者は差出人と異なります")
    check.of(smime.sign(ENTITY, options=["-md", "sha1"]), "mail.signature.unknown")
    # Valid within, text of somebody else around it.
    inner = valid[len(HEADER):]
    around = (HEADER + b"Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n" + inner
              + b"\r\n--o\r\nContent-Type: text/plain\r\n\r\npay at once\r\n--o--\r\n")
    check.of(around, "mail.signature.part", said="一部だけ")
    opaque = smime.sign(ENTITY, options=["-nodetach"])[len(HEADER):]
    report, out = check.of(HEADER + b"Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n"
                           b"Content-Type: text/plain\r\n\r\npay at once\r\n--o\r\n" + opaque + b"\r\n--o--\r\n",
                           "mail.signature.part", words="pay at once")
    assert "the signed words" in out.as_string(), out.as_string()
    # What is enclosed goes the same way as everything else.
    for options in ([], ["-nodetach"]):
        report, out = check.of(smime.sign(MACRO, options=options), "mail.signature.valid")
        assert "setup.exe" not in [part.get_filename() for part in out.walk()]
        assert "mail.attachment_held" in [removal["kind"] for removal in report["removals"]]
    twice = smime.sign(smime.sign(ENTITY, options=["-nodetach"])[len(HEADER):], options=["-nodetach"])
    check.of(twice, "mail.signature.valid", "mail.signature.part")
    check.held(smime.encrypt(ENTITY), "mail.encrypted")
    check.held(smime.sign(smime.encrypt(ENTITY)[len(HEADER):], options=["-nodetach"]), "mail.encrypted")
    damaged = valid.replace(b"MII", b"MIJ", 1)
    check.of(damaged, "mail.signature.invalid")
    print("S/MIME: valid, other, part, unknown, invalid; encrypted is held")


def check_openpgp(check, gpg):
    valid = gpg.detached(ENTITY)
    check.of(valid, "mail.signature.valid", said="Yamada <" + SENDER + ">")
    check.of(valid.replace(b"\r\n", b"\n"), "mail.signature.valid")
    check.of(valid.replace(b"signed words", b"forged words"), "mail.signature.invalid", words="the forged words")
    check.of(gpg.detached(ENTITY, "stranger"), "mail.signature.unknown")
    check.of(valid.replace(b"From: Yamada <yamada@", b"From: Yamada <boss@"), "mail.signature.other")
    clear = gpg.clear(b"the signed words\n- a list\n-----\n")
    report, out = check.of(text(clear), "mail.signature.valid")
    assert "\n- a list\n-----" in out.get_body().get_content().replace("\r\n", "\n")
    check.of(text(clear.replace(b"signed", b"forged")), "mail.signature.invalid", words="the forged words")
    check.of(text(b"pay at once\r\n" + clear), "mail.signature.part")
    check.of(text(gpg.clear(b"the signed words\n", "stranger")), "mail.signature.unknown")
    check.held(text(b"see here:\r\n\r\n" + gpg.encrypted(b"secret")), "mail.encrypted")
    print("OpenPGP: valid, other, part, unknown, invalid; encrypted is held")


def check_nothing_trusted(folder, smime, gpg):
    with gateway.Gateway(folder / "plain", "folder: {enabled: false}\n") as server:
        check = Check(server.client())
        check.of(smime.sign(ENTITY), "mail.signature", said="検証していません")
        check.of(smime.sign(ENTITY, options=["-nodetach"]), "mail.signature")
        check.of(gpg.detached(ENTITY), "mail.signature")
        check.of(text(gpg.clear(b"the signed words\n")), "mail.signature")
    print("where nothing is trusted, that is said")


def main():
    if shutil.which("gpg") is None or shutil.which("openssl") is None:
        print("needs gpg and openssl")
        return 77
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o755)
        smime, gpg = Smime(folder), Gpg(folder)
        try:
            trusted = folder / "trusted"
            trusted.mkdir()
            shutil.copy(folder / "ca.pem", trusted / "ca.pem")
            gpg.export(folder / "keys.asc")
            config = (f'folder: {{enabled: false}}\nmail:\n  certificates: "{trusted}"\n'
                      f'  keyring: "{folder / "keys.asc"}"\n')
            with gateway.Gateway(folder / "state", config) as server:
                check = Check(server.client())
                check_smime(check, smime)
                check_openpgp(check, gpg)
            check_nothing_trusted(folder, smime, gpg)
        finally:
            gpg.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
