#!/usr/bin/env python3
"""Passwords, names and departments from a directory: a real slapd behind TLS
with an authority of the test's own, sekisho-directory, and a real vault."""
import importlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import gateway

accounts = importlib.import_module("84-accounts")
WORD = "Verzeichnis-J4canary Ww7"
SEARCH = "suchen-P8canary"
CONFIG = """include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/slapd.pid
TLSCACertificateFile {folder}/ca.pem
TLSCertificateFile {folder}/server.pem
TLSCertificateKeyFile {folder}/server.key
disallow bind_anon
database mdb
directory {folder}/data
suffix "dc=city,dc=example"
rootdn "cn=search,dc=city,dc=example"
rootpw {search}
"""
PEOPLE = """dn: dc=city,dc=example
objectClass: dcObject
objectClass: organization
dc: city
o: City

dn: uid=hana,dc=city,dc=example
objectClass: inetOrgPerson
uid: hana
cn: hana
sn: Sato
displayName: 佐藤 花
mail: hana@city.example
departmentNumber: 総務課
userPassword: {word}

dn: uid=neu,dc=city,dc=example
objectClass: inetOrgPerson
uid: neu
cn: neu
sn: Neu
displayName: 新人
departmentNumber: 総務課
userPassword: {word}

dn: uid=fern,dc=city,dc=example
objectClass: inetOrgPerson
uid: fern
cn: fern
sn: Fern
departmentNumber: 知らない課
userPassword: {word}
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def run(*words, **more):
    subprocess.run(words, check=True, capture_output=True, timeout=120, **more)


def make_authority(folder, name):
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
        f"/CN={name}", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem")


def make_certificates(folder):
    make_authority(folder, "ca")
    make_authority(folder, "other")
    run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
        "-keyout", folder / "server.key", "-out", folder / "server.csr")
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    run("openssl", "x509", "-req", "-in", folder / "server.csr", "-CA", folder / "ca.pem",
        "-CAkey", folder / "ca.key", "-CAcreateserial", "-days", "2", "-extfile",
        folder / "names", "-out", folder / "server.pem")


class Slapd:
    def __init__(self, folder, program):
        self.folder = folder
        self.program = program
        self.plain, self.tls = free_port(), free_port()
        (folder / "data").mkdir()
        (folder / "slapd.conf").write_text(CONFIG.format(folder=folder, search=SEARCH))
        (folder / "people.ldif").write_text(PEOPLE.format(word=WORD))
        make_certificates(folder)
        run(program, "-T", "add", "-f", folder / "slapd.conf", "-l", folder / "people.ldif")

    def start(self):
        self.process = subprocess.Popen(
            [self.program, "-d", "0", "-f", self.folder / "slapd.conf", "-h",
             f"ldap://127.0.0.1:{self.plain} ldaps://127.0.0.1:{self.tls}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.tls), 5).close()
                return
            except OSError:
                time.sleep(0.2)
        raise RuntimeError("slapd does not listen")

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


class Gateway:
    """A vault and a sekisho-directory with an edge between them."""

    def __init__(self, state, folder, url, authority="ca.pem", create=0):
        config = state.parent / "sekisho.yaml"
        word = folder / "search.word"
        word.write_text(SEARCH + "\n")
        word.chmod(0o600)
        config.write_text(json.dumps({"directory": {
            "url": url, "ca": str(folder / authority), "bind": "cn=search,dc=city,dc=example",
            "password": str(word), "base": "dc=city,dc=example",
            "department": "departmentNumber"}}))
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        stay, theirs_supervisor = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.stay = stay
        self.process = subprocess.Popen(
            [gateway.BIN / "sekisho-directory", "--config", config, "--state", state,
             "--edge", f"vault={theirs.fileno()}",
             "--edge", f"supervisor={theirs_supervisor.fileno()}"],
            pass_fds=(theirs.fileno(), theirs_supervisor.fileno()))
        self.vault = accounts.Vault(state, "--accounts", f"directory_create={create}",
                                    directory=ours)
        for one in (ours, theirs, theirs_supervisor):
            one.close()

    def log_in(self, login, password=WORD):
        return self.vault.ask("session_login", login=login, password=password)

    def stop(self):
        self.vault.stop()
        self.process.terminate()
        assert self.process.wait(60) == 0


def check_people(slapd, state):
    running = Gateway(state, slapd.folder, f"ldaps://127.0.0.1:{slapd.tls}")
    accounts.users(state, "add-unit", "総務課")
    accounts.users(state, "create", "hana", "--directory", "--role", "staff")
    accounts.users(state, "create", "lokal", "--role", "staff", given=accounts.FIRST)
    error, answer = running.log_in("hana")
    assert error is None and answer["state"] == "enrol", (error, answer)
    shown = json.loads(accounts.users(state, "show", "hana").stdout)
    assert (shown["name"], shown["mail"], shown["unit"]) == \
        ("佐藤 花", "hana@city.example", "総務課")
    for login, password in (("hana", "wrong"), ("neu", WORD), ("nobody", WORD), ("*", WORD),
                            ("han*", WORD), ("hana)(uid=*", WORD), ("lokal", WORD)):
        error, answer = running.log_in(login, password)
        assert (error, answer) == ("account.login_refused", {}), (login, error, answer)
    # An empty one would be a bind as nobody, which a directory lets through.
    assert running.log_in("hana", "")[0] == "console.parameter"
    # A password of the directory is not changed here.
    assert running.vault.ask("session_password", running.log_in("hana")[1]["token"],
                             password=WORD, new_password=accounts.SECOND)[0] == "stale"
    slapd.stop()
    assert running.log_in("hana")[0] == "unavailable"
    assert running.log_in("lokal", accounts.FIRST)[0] is None
    slapd.start()
    assert running.log_in("hana")[0] is None
    running.stop()


def check_new_people(slapd, state):
    running = Gateway(state, slapd.folder, f"ldap://127.0.0.1:{slapd.plain}", create=1)
    error, answer = running.log_in("neu")
    assert error is None and answer["state"] == "enrol", (error, answer)
    shown = json.loads(accounts.users(state, "show", "neu").stdout)
    assert (shown["source"], shown["unit"], shown["roles"]) == ("directory", "総務課", ["staff"])
    # Of no department of ours: no account.
    assert running.log_in("fern")[0] == "account.login_refused"
    running.stop()


def check_trust(slapd, state):
    """Somebody else's certificate, over ldaps and StartTLS alike; and a name
    that the certificate does not have."""
    for url in (f"ldaps://127.0.0.1:{slapd.tls}", f"ldap://127.0.0.1:{slapd.plain}"):
        running = Gateway(state, slapd.folder, url, authority="other.pem")
        assert running.log_in("hana")[0] == "unavailable"
        running.stop()
    # libldap takes localhost for the host's own name, which is not in it.
    if socket.gethostname() != "localhost":
        running = Gateway(state, slapd.folder, f"ldaps://localhost:{slapd.tls}")
        assert running.log_in("hana")[0] == "unavailable"
        running.stop()


def main():
    program = shutil.which("slapd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if program is None:
        print("no slapd here")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "ldap").mkdir()
        (folder / "gate").mkdir()
        slapd = Slapd(folder / "ldap", program)
        slapd.start()
        try:
            check_people(slapd, folder / "gate/state")
            check_new_people(slapd, folder / "gate/state")
            check_trust(slapd, folder / "gate/state")
        finally:
            slapd.stop()
        accounts_log = (folder / "gate/state/audit")
        done = subprocess.run(
            [gateway.BIN / "sekisho-audit", "verify", accounts_log, "--key",
             accounts_log / "audit.pub", "--state", folder / "gate/state/vault.db", "--lang",
             "en"], capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done
        for path in (folder / "gate").rglob("*"):
            assert not path.is_file() or b"J4canary" not in path.read_bytes(), path
    print("directory: ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())
