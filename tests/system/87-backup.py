#!/usr/bin/env python3
"""A backup made while items flow, brought back into an empty state folder and
held against its log; altered backups are refused."""
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading
import time

import gateway

PASSPHRASE = "たいへん長い合言葉です"


CONFIG = "vault:\n  node: city-1\n"


def sekisho(command, *arguments, expect=0):
    done = subprocess.run([gateway.BIN / "sekisho", command, *arguments], capture_output=True,
                          text=True, timeout=300, check=False)
    arguments = (command, *arguments)
    assert done.returncode == expect, (arguments, done)
    return done.stdout + done.stderr


def audit(state, expect=0):
    done = subprocess.run(
        [gateway.BIN / "sekisho-audit", "verify", state / "audit", "--key",
         state / "audit/audit.pub", "--state", state / "vault.db", "--lang", "en"],
        capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode in (expect if isinstance(expect, tuple) else (expect,)), done.stdout
    return done.stdout


def drop_until(running, stop, count):
    while not stop.is_set():
        number = count[0] = count[0] + 1
        running.drop("課", f"{number}.csv", f"{number},=1+1\r\n".encode())
        running.drop("課", f"{number}.exe", b"MZ" + os.urandom(2000))
        time.sleep(0.05)


def back_up_while_items_flow(running, root, secret):
    stop, count = threading.Event(), [0]
    flow = threading.Thread(target=drop_until, args=(running, stop, count))
    flow.start()
    try:
        end = time.monotonic() + 120
        while len(running.outcomes("out")) < 4 and time.monotonic() < end:
            time.sleep(0.1)
        began = time.monotonic()
        said = sekisho("backup", root / "backup", "--config", running.config, "--state", running.state,
                       "--passphrase-file", secret)
        print(f"backup in {time.monotonic() - began:.1f} s: {said.strip()}")
    finally:
        stop.set()
        flow.join()
    assert "on record" not in said, said
    manifest = re.search("manifest=([0-9a-f]{64})", said).group(1)
    log = (running.state / "audit").glob("log-*.jsonl")
    assert any(f'"object":"backup:{manifest}"' in path.read_text() for path in log)


def own(folder, state):
    """The state's owner is who the gateway runs as."""
    status = (state / "vault.db").stat()
    os.chown(folder, status.st_uid, status.st_gid)


def check_altered(root):
    """One file after the other, changed, cut, removed or added."""
    backup = root / "backup"
    files = [path for path in sorted(backup.rglob("*")) if path.is_file()]
    blobs = [path for path in files if "blobs" in path.parts]
    files = [path for path in files if path not in blobs[2:]]
    for path in files:
        whole = path.read_bytes()
        middle = len(whole) // 2
        changed = whole[:middle] + bytes([(whole or b"x")[middle] ^ 1]) + whole[middle + 1:]
        altered = [changed, whole[:-1] if whole else b"more", None]
        for content in altered:
            if content is not None:
                path.write_bytes(content)
            else:
                path.rename(root / "aside")
            state = root / "refused"
            shutil.rmtree(state, ignore_errors=True)
            shutil.copytree(root / "state/keys", state / "keys")
            own(state, root / "state")
            own(state / "keys", root / "state")
            for key in (state / "keys").iterdir():
                own(key, root / "state")
            done = subprocess.run(
                [gateway.BIN / "sekisho", "restore", backup, "--state", state], capture_output=True, text=True,
                timeout=120, check=False)
            assert done.returncode in (1, 2), (path, done)
            left = sorted(path.name for path in state.iterdir())
            assert left in (["keys"], ["keys", "vault.lock"]), (path, left)
            if content is None:
                (root / "aside").rename(path)
            path.write_bytes(whole)


def main():
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        os.chmod(root, 0o755)
        secret = root / "passphrase"
        secret.write_text(PASSPHRASE + "\n")
        os.chmod(secret, 0o600)
        running = gateway.Gateway(root / "state", CONFIG).start()
        policies = running.state / "policy/policies.yaml"
        # As if approved for a configuration that says nothing of policies.
        policies.write_text(f"# sekisho-policies version={'a' * 32} "
                            f"base={hashlib.sha256(b'').hexdigest()}\n#\nrules: []\n")
        own(policies, running.state)
        back_up_while_items_flow(running, root, secret)
        assert running.stop() == 0
        audit(root / "backup", expect=(0, 2))  # it is a state folder of its own
        restored = gateway.Gateway(root / "restored", CONFIG)
        own(restored.state, running.state)
        began = time.monotonic()
        said = sekisho("restore", root / "backup", "--state", restored.state,
                       "--passphrase-file", secret)
        print(f"restored in {time.monotonic() - began:.1f} s: {said.strip()}")
        assert "whole" in audit(restored.state)
        brought = restored.state / "policy/policies.yaml"
        assert brought.read_bytes() == policies.read_bytes()
        for name in ("vault", "audit", "certificate"):
            one, other = (state / f"keys/{name}.key" for state in (running.state, restored.state))
            assert one.read_bytes() == other.read_bytes()
            assert other.stat().st_mode & 0o777 == 0o600
        # A second time there is a state already.
        sekisho("restore", root / "backup", "--state", restored.state, "--passphrase-file",
                secret, expect=1)
        # It is a gateway again: what was held is there, new items come.
        restored.start()
        restored.drop("課", "after.csv", b"a,=1+1\r\n")
        restored.wait_outcomes(1)
        listed = sekisho("items", "list", "--state-folder", restored.state)
        assert ".exe" in listed, listed
        assert restored.stop() == 0
        audit(restored.state)
        wrong = root / "wrong"
        wrong.write_text("not the right words\n")
        os.chmod(wrong, 0o600)
        (root / "empty").mkdir()
        own(root / "empty", running.state)
        sekisho("restore", root / "backup", "--state", root / "empty", "--passphrase-file",
                wrong, expect=1)
        os.chmod(secret, 0o644)
        sekisho("restore", root / "backup", "--state", root / "empty", "--passphrase-file",
                secret, expect=1)
        os.chmod(secret, 0o600)
        check_altered(root)
        print("altered backups are refused")


if __name__ == "__main__":
    main()
