#!/usr/bin/env python3
"""Password archives and documents wait in the vault; `sekisho items password` opens them, what
comes out is delivered by the channel that it came by, once, and the password
is nowhere afterwards."""
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import zipfile

import gateway

sys.path.insert(0, str(gateway.ROOT / "samples"))
from officelock import Agile, Standard, locked  # noqa: E402
from sample import sibling  # noqa: E402
from zipmaker import Entry, zip_file  # noqa: E402

TRIES = 10  # within an hour
PASSWORD = "合言葉-Q7canaryZ9"
DEPARTMENT = "総務課"
NOTICE = "入札公告\n".encode()
CONFIG = """
folder:
  settle_ms: 500
  poll_seconds: 2
"""


def archive(cipher="aes", content=NOTICE, name=b"a.txt", password=PASSWORD):
    return zip_file([Entry(name, content, cipher=cipher, password=password.encode())])


def give(state, item, password, *more, wait=True, environment=None):
    """sekisho items password; (exit status, answer, standard error)."""
    process = subprocess.Popen(
        [gateway.BIN / "sekisho", "items", "password", "--json", "--lang", "en",
         "--state-folder", state, *more, item], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, **(environment or {})})
    if not wait:
        process.stdin.write(password + "\n")
        process.stdin.close()
        return process
    out, err = process.communicate(password + "\n", timeout=120)
    return process.returncode, json.loads(out) if out else None, err


def items(state, wanted=None):
    out = subprocess.run(
        [gateway.BIN / "sekisho", "items", "--json", "--state-folder", state],
        capture_output=True, check=True, timeout=60).stdout
    found = {item["name"]: item for item in json.loads(out)}
    return found if wanted is None else found[wanted]


def drop(running, name, data):
    """Into the folder; its id once it waits for its password."""
    running.drop(DEPARTMENT, name, data)
    end = time.monotonic() + 60
    notice = running.state / "held" / DEPARTMENT / (name + ".held.txt")
    while not notice.exists() or any((running.state / "in/.sekisho").iterdir()):
        assert time.monotonic() < end, running.log()[-3000:]
        time.sleep(0.05)
    item = items(running.state, name)
    assert item["state"] == "awaiting_password", item
    return item["id"]


def state_of(state, item):
    end = time.monotonic() + 60
    while True:
        done = subprocess.run(
            [gateway.BIN / "sekisho", "items", "show", "--json", "--state-folder", state,
             item], capture_output=True, timeout=60)
        if done.returncode == 0:
            return json.loads(done.stdout)["state"]
        # The vault may be one of those that were killed.
        assert time.monotonic() < end, done.stderr
        time.sleep(0.2)


def audited(running):
    done = subprocess.run(
        [gateway.BIN / "sekisho-audit", "verify", running.state / "audit", "--key",
         running.state / "audit/audit.pub", "--state", running.state / "vault.db"], capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


def members(path):
    with zipfile.ZipFile(path) as found:
        return {name: found.read(name) for name in found.namelist()}


def canaries():
    """The password in the codings that it could be kept in."""
    return [PASSWORD.encode(), b"Q7canaryZ9", "Q7canaryZ9".encode("utf-16-le")]


def search_files(folder):
    for path in pathlib.Path(folder).rglob("*"):
        if not path.is_file():
            continue
        data = path.read_bytes()
        for canary in canaries():
            assert canary not in data, f"the password is in {path}"


def search_process(pid):
    """Its arguments, its environment and all of its memory."""
    base = pathlib.Path("/proc") / str(pid)
    for name in ("cmdline", "environ"):
        assert canaries()[1] not in (base / name).read_bytes(), (pid, name)
    searched = 0
    with open(base / "mem", "rb", buffering=0) as memory:
        for line in (base / "maps").read_text().splitlines():
            span, rights = line.split()[:2]
            if "r" not in rights or "[v" in line:
                continue
            start, end = (int(edge, 16) for edge in span.split("-"))
            try:
                data = os.pread(memory.fileno(), end - start, start)
            except (OSError, OverflowError):
                continue
            searched += len(data)
            for canary in canaries():
                assert canary not in data, \
                    f"the password is in the memory of {base / 'comm'}: {line}"
    assert searched > 1 << 16, (pid, searched)


def search_programs(running):
    for program in ("sekisho-broker", "sekisho-vault", "sekisho-folder",
                    "sekisho-worker", "sekisho-decoder", "sekisho-opener",
                    "sekisho-scanner",
                    "sekisho-verifier", "sekisho-reader"):
        for pid in running.pids(program):
            search_process(pid)
    search_process(running.process.pid)


def check_delivered(running):
    """Both ciphers, and an archive in an archive."""
    inner = archive("zipcrypto")
    for name, data in (("aes.zip", archive("aes")),
                       ("zipcrypto.zip", archive("zipcrypto")),
                       ("nested.zip", archive("aes", inner, b"inner.zip"))):
        item = drop(running, name, data)
        code, answer, err = give(running.state, item, PASSWORD)
        assert (code, answer["state"]) == (0, "delivered"), (answer, err)
        path = running.state / "out" / DEPARTMENT / name
        got = members(path)
        if name == "nested.zip":
            assert list(got) == ["inner.zip"], got
            got = members(io.BytesIO(got["inner.zip"]))
        assert got == {"a.txt": NOTICE}, (name, got)
        report = json.loads(pathlib.Path(str(path) + ".report.json").read_text())
        assert report["item"] == item, report
        assert state_of(running.state, item) == "delivered"
        code, answer, err = give(running.state, item, PASSWORD)
        assert (code, answer["reason"]) == (1, "stale"), (code, answer, err)
    assert len(running.files("out")) == 6, running.files("out")
    assert not any((running.state / "in/.sekisho").iterdir())


def check_document(running):
    """Office documents, locked both ways: a wrong password, then the right one."""
    plain = sibling("docx", "入札説明書.docm")
    for name, lock in (("agile.docm", Agile(plain, PASSWORD, spin=100000)),
                       ("standard.docm", Standard(plain, PASSWORD))):
        item = drop(running, name, locked(lock))
        code, answer, err = give(running.state, item, "wrong")
        assert (code, answer["reason"]) == (2, "encrypted.wrong_password"), (answer, err)
        code, answer, err = give(running.state, item, PASSWORD)
        assert (code, answer["state"]) == (0, "delivered"), (answer, err)
        path = running.state / "out" / DEPARTMENT / name.replace(".docm", ".docx")
        got = members(path)
        assert "word/document.xml" in got and not any("vba" in part for part in got), list(got)
        report = json.loads(pathlib.Path(str(path) + ".report.json").read_text())
        kinds = {removal["kind"] for removal in report["removals"]}
        assert {"ooxml.decrypted", "ooxml.vba_project"} <= kinds, kinds


def check_wrong(running):
    """A wrong one has its own answer; after ten within an hour there is no more
    opening, and the item waits on."""
    item = drop(running, "locked.zip", archive())
    for left in range(9, -1, -1):
        code, answer, err = give(running.state, item, "wrong-" + str(left))
        assert code == 2 and answer["reason"] == "encrypted.wrong_password", (answer, err)
        assert answer["state"] == "awaiting_password", answer
        assert answer["tries_left"] == left, answer
    code, answer, err = give(running.state, item, PASSWORD)
    assert (code, answer["reason"]) == (1, "password.tries"), (answer, err)
    assert state_of(running.state, item) == "awaiting_password"
    code, answer, err = give(running.state, "0" * 32, PASSWORD)
    assert (code, answer["reason"]) == (1, "not_found"), (answer, err)


def check_bad_inside(running):
    """The right password of something that may not pass holds it."""
    item = drop(running, "bad.zip", archive("aes", b"MZ" + bytes(200), b"a.exe"))
    code, answer, err = give(running.state, item, PASSWORD)
    assert code == 0 and answer["state"] == "delivered", (answer, err)
    got = members(running.state / "out" / DEPARTMENT / "bad.zip")
    assert not any(b"MZ" in data[:2] for data in got.values()), got


def check_taken(running, folder):
    """-o takes the output; what cannot be kept is not delivered. Without it the
    vault keeps what came from the command line, to be fetched."""
    client = running.client()
    item = client.sanitize(archive(), "mine.zip")["item"]
    other = client.sanitize(archive(), "later.zip")["item"]
    client.close()
    code, answer, err = give(running.state, other, PASSWORD)
    assert (code, answer["state"]) == (0, "delivered"), (answer, err)
    target = folder / "later.zip"
    done = subprocess.run([gateway.BIN / "sekisho", "items", "fetch", "--state-folder",
                           running.state, "-o", target, other], capture_output=True,
                          check=False, timeout=120)
    assert done.returncode == 0 and members(target) == {"a.txt": NOTICE}, done
    code, answer, err = give(running.state, item, PASSWORD, "-o", "/nowhere/at/all.zip")
    assert code == 1 and state_of(running.state, item) == "ready", (answer, err)
    target = folder / "mine.zip"
    code, answer, err = give(running.state, item, PASSWORD, "-o", str(target))
    assert (code, answer["state"]) == (0, "delivered"), (answer, err)
    assert members(target) == {"a.txt": NOTICE}
    assert state_of(running.state, item) == "delivered"


def check_killed(folder):
    """Whatever dies on the way to the folder: delivered once."""
    kills = folder / "kills"
    kills.mkdir()
    os.chmod(kills, 0o777)  # the killed program removes its file
    with gateway.Gateway(folder / "killed", CONFIG,
                         environment={"SEKISHO_KILL_AT": f"*@{kills}"}) as running:
        for point in ("vault.opened", "broker.opened", "broker.delivering",
                      "folder.released", "folder.appeared"):
            item = drop(running, point + ".zip", archive())
            (kills / point).touch()
            give(running.state, item, PASSWORD)
            end = time.monotonic() + 120
            while (kills / point).exists():
                assert time.monotonic() < end, f"{point} is not reached"
                time.sleep(0.1)
            # What was killed is there again after a while; each opening is a try.
            for _ in range(TRIES - 2):
                running.wait_ready()
                if state_of(running.state, item) == "delivered":
                    break
                give(running.state, item, PASSWORD)
                if state_of(running.state, item) == "delivered":
                    break
                time.sleep(5)
            assert state_of(running.state, item) == "delivered", running.log()[-3000:]
            end = time.monotonic() + 120
            claims = running.state / "in/.sekisho"
            while any(claims.iterdir()):
                assert time.monotonic() < end, point
                time.sleep(0.1)
            got = [name for name in running.files("out")
                   if point in name and not name.endswith(".report.json")]
            assert len(got) == 1, (point, got)
            assert members(running.state / "out" / got[0]) == {"a.txt": NOTICE}
        search_programs(running)


def check_environment(running):
    """Neither an argument nor the environment is a way to give it."""
    help_text = subprocess.run([gateway.BIN / "sekisho", "--help"], capture_output=True,
                               text=True, check=True).stdout
    assert "items password" in help_text
    done = subprocess.run([gateway.BIN / "sekisho", "items", "password", "--state-folder",
                           running.state, "0" * 32, "argument"],
                          stdin=subprocess.DEVNULL, capture_output=True)
    assert done.returncode == 64, done
    done = subprocess.run([gateway.BIN / "sekisho", "items", "password", "--state-folder",
                           running.state, "0" * 32], stdin=subprocess.DEVNULL,
                          capture_output=True)
    assert done.returncode == 64, done


def main():
    with tempfile.TemporaryDirectory(prefix="sekisho-") as name:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o755)
        with gateway.Gateway(folder / "state", CONFIG) as running:
            check_delivered(running)
            check_document(running)
            search_programs(running)
            check_wrong(running)
            check_bad_inside(running)
            check_taken(running, folder)
            check_environment(running)
            search_programs(running)
        check_killed(folder)
        search_files(folder)
        code, text = audited(running)
        assert code == 0, text
    print("78-password: ok")


if __name__ == "__main__":
    main()
