#!/usr/bin/env python3
"""Peers that do not read for a while: what is for them waits in order, and
nothing is lost, refused or done twice."""
import base64
import contextlib
import os
import pathlib
import signal
import sys
import tempfile
import threading
import time

import gateway

PROGRAM = b"MZ\x90\0\x03" + bytes(57) + b"\x80\0\0\0" + bytes(64) + b"PE\0\0" + bytes(99)
MAILS = 24
PARTS = 30  # of each, held, with a record of its own
FILES = 200
QUESTIONS = 1500  # more than the socket to a client has room for


def message(parts, seed):
    """A mail with programs attached, each of which is held by itself."""
    lines = [b"From: a@example.com", b"To: b@example.com", b"Subject: parts",
             b"MIME-Version: 1.0", b"Content-Type: multipart/mixed; boundary=b", b"",
             b"--b", b"Content-Type: text/plain", b"", b"the visible text"]
    for number in range(parts):
        lines += [b"--b", b"Content-Type: application/octet-stream",
                  b"Content-Transfer-Encoding: base64",
                  b"Content-Disposition: attachment; filename=%d.exe" % number, b"",
                  base64.b64encode(PROGRAM + str(number).encode())]
    return b"\r\n".join(lines + [b"--b--", b""])


@contextlib.contextmanager
def stopped(running, program, seconds):
    """The program stands still for some seconds while the block runs."""
    pid = running.pids(program)[0]
    os.kill(pid, signal.SIGSTOP)
    timer = threading.Timer(seconds, os.kill, (pid, signal.SIGCONT))
    timer.start()
    try:
        yield
    finally:
        timer.join()


def the_vault_is_slow(running):
    with stopped(running, "sekisho-vault", 2):
        for number in range(FILES):
            running.drop("", f"{number}.txt", b"text %d\n" % number)
        time.sleep(1)
        assert not running.outcomes("out"), "let out before it was recorded"
    running.wait_outcomes(FILES, 120)
    out = running.outcomes("out")
    assert len(out) == FILES, len(out)
    for number in range(FILES):
        content = (running.state / f"out/{number}.txt").read_bytes()
        assert content == b"text %d\n" % number
    print(f"{FILES} files while the vault stood still: all recorded and delivered")


def mails_have_many_held_parts(running):
    clients = [running.client() for _ in range(MAILS)]
    with stopped(running, "sekisho-vault", 5):
        for number, client in enumerate(clients):
            client.submit(message(PARTS, number), "mail.eml", format="eml")
    for client in clients:
        result = client.result()
        client.close()
        assert result["verdict"] == "sanitized" and result["recorded"], result
        assert result["removals"] == PARTS, result
    print(f"{MAILS} mails with {PARTS} parts that are held: recorded in whole")


def a_client_is_slow(running):
    client = running.client()
    for _ in range(QUESTIONS):
        client.send("MESSAGE_STATUS", 0)
    time.sleep(2)
    for _ in range(QUESTIONS):
        kind, _, _, fd = client.receive()
        assert kind == gateway.MESSAGE["MESSAGE_STATUS_REPLY"]
        os.close(fd)
    assert client.sanitize(b"fine\n", "a.txt")["verdict"] == "unchanged"
    broker = running.pids("sekisho-broker")[0]
    client.close()
    assert len(os.listdir(f"/proc/{broker}/fd")) < 100, "descriptors are left"
    print(f"{QUESTIONS} answers waited for a client that did not read")


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o777)
        with gateway.Gateway(folder / "state", CONFIG) as running:
            a_client_is_slow(running)
            the_vault_is_slow(running)
            mails_have_many_held_parts(running)
            for bad in ("record-failed", "submit-again", "submit-failed",
                        "client-closed", "edge-lost", "answer-failed",
                        "vault-not-told", "job-start-failed"):
                assert bad not in running.log(), running.log()[-4000:]
    print("slow peers lose nothing")


CONFIG = """
policies:
  - name: default
    limits: {members: 5000}
"""

if __name__ == "__main__":
    sys.exit(main())
