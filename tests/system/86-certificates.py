#!/usr/bin/env python3
"""Each output has a signed certificate; `sekisho verify` tells without the
gateway whether a file is one that was let out, and moves those that are."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import gateway

KEY = "audit/certificate.pub"


def verify(*arguments, key, expect):
    done = subprocess.run([gateway.BIN / "sekisho", "verify", "--json", "--key", key,
                           *arguments], capture_output=True, timeout=120, check=False)
    assert done.returncode == expect, (arguments, done)
    return [json.loads(line) for line in done.stdout.splitlines()]


def reason(path, key, *options):
    line, = verify(path, *options, key=key, expect=2)
    assert not line["valid"], line
    return line["reason"]


def check_alterations(folder, key, other_key):
    """Of file and certificate, byte by byte; swapped; under another key."""
    first, second = folder / "a.csv", folder / "b.csv"
    certificate = folder / "a.csv.cert.json"
    line, = verify(first, key=key, expect=0)
    assert line["valid"] and line["removals"] > 0, line
    text = certificate.read_bytes()
    assert json.loads(text)["output"]["bytes"] == first.stat().st_size
    assert reason(first, key, "--certificate", folder / "b.csv.cert.json") == "content"
    assert reason(first, other_key) == "other_key"
    for place in range(0, len(text), 7):
        altered = bytearray(text)
        altered[place] ^= 1
        certificate.write_bytes(altered)
        assert reason(first, key) in ("malformed", "other_key", "signature"), place
    for altered in (text + b"\n", text[:-1], b"", text + text, text.replace(b"{", b"{ ", 1)):
        certificate.write_bytes(altered)
        assert reason(first, key) in ("malformed", "signature"), altered
    certificate.write_bytes(text)
    content = first.read_bytes()
    for altered in (content + b"x", content[:-1], b"", content[:3] + b"?" + content[4:]):
        first.write_bytes(altered)
        assert reason(first, key) == "content"
    first.write_bytes(content)
    shutil.copy(first, folder / "alone.csv")
    assert reason(folder / "alone.csv", key) == "no_certificate"
    verify(first, second, key=key, expect=0)
    verify(folder / "missing", key=key, expect=1)
    verify(first, key=folder / "a.csv", expect=1)


def check_policy(folder, key):
    """An output of a policy that is no longer accepted does not pass again."""
    new, old = (json.loads((folder / f"{name}.csv.cert.json").read_text())["policy"]
                for name in ("b", "c"))
    assert new != old
    accepted = ["--policy", f"{'0' * 64},{new}"]
    verify(folder / "b.csv", *accepted, key=key, expect=0)
    assert reason(folder / "c.csv", key, *accepted) == "policy"
    verify(folder / "c.csv", "--policy", old, key=key, expect=0)
    verify(folder / "b.csv", "--max-age-hours", "1", key=key, expect=0)


def check_move(folder, target, key):
    (folder / "unknown.txt").write_text("nobody let this out")
    (folder / "c.csv").write_bytes(b"changed")
    os.symlink("/etc/passwd", folder / "link.csv")
    shutil.copy(folder / "a.csv.cert.json", folder / "link.csv.cert.json")
    (target / "b.csv").write_text("here before")
    lines = verify("--move", target, folder, key=key, expect=1)
    found = {line["file"]: line["reason"] for line in lines}
    assert found == {"a.csv": "valid", "b.csv": "unreadable", "c.csv": "content",
                     "alone.csv": "no_certificate", "unknown.txt": "no_certificate",
                     "link.csv": "unreadable"}, found
    assert sorted(path.name for path in target.iterdir()) == \
        ["a.csv", "a.csv.cert.json", "b.csv"]
    assert (target / "b.csv").read_text() == "here before"
    assert not (folder / "a.csv").exists() and (folder / "c.csv").exists()
    verify(target / "a.csv", key=key, expect=0)


def main():
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        os.chmod(root, 0o755)
        options = "folder:\n  certificates: true\n  settle_ms: 0\n"
        running = gateway.Gateway(root / "state", options).start()
        for letter in "ab":
            running.drop("課", f"{letter}.csv", f"{letter},=1+1\r\n".encode())
        running.drop("課", "tool.exe", b"MZ" + bytes(100))
        running.wait_outcomes(3)
        running.stop()
        # Another policy, from here on.
        running.config.write_text(options + "policies:\n  - {name: default, links: remove}\n")
        running.start()
        running.drop("課", "c.csv", b"c,=1+1\r\n")
        running.wait_outcomes(4)
        assert running.stop() == 0
        files = running.files("out") + running.files("held")
        assert "課/tool.exe.held.txt.cert.json" not in files
        outbox = root / "outbox"
        shutil.copytree(running.state / "out/課", outbox)
        key = root / "certificate.pub"
        shutil.copy(running.state / KEY, key)
        other = gateway.Gateway(root / "other").start()
        assert other.stop() == 0
        check_alterations(outbox, key, other.state / KEY)
        check_policy(outbox, key)
        (root / "taken").mkdir()
        check_move(outbox, root / "taken", key)
        print("certificates: what was altered, exchanged or is unknown does not pass")


if __name__ == "__main__":
    main()
