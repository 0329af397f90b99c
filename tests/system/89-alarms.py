#!/usr/bin/env python3
"""Administrators are told by mail, by themselves: of a failed self-check, of
programs that keep falling or stay down, of definitions that are too old. Each
message, and each that nobody took, is on record, also when it was the vault
that was away."""
import json
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time

import gateway
import mailsystem
import web

TO = ["one@city.example.jp", "two@city.example.jp"]


def wait_for(what, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = what()
        if value:
            return value
        time.sleep(0.1)
    raise AssertionError("did not come true in time")


def told(state):
    """(kind, reason, outcome) of every record of a telling."""
    found = []
    for path in sorted((pathlib.Path(state) / "audit").glob("log-*.jsonl")):
        for line in path.read_bytes().split(b"\n"):
            if line.endswith(b"}") and b'"alarm.tell"' in line:
                record = json.loads(line)
                assert record["actor"] == "sekisho-notifier", record
                found.append((record["object"], record["reason"], record["outcome"]))
    return found


def letter(sink, kind):
    """The first whole message of this kind."""
    for message in sink.messages():
        try:
            if ".alarm@" in message["Message-ID"] and kind in message["Message-ID"]:
                return message, message.get_content()
        except (KeyError, TypeError, ValueError):
            continue
    return None


def wait_letter(sink, kind, seconds=180):
    message, text = wait_for(lambda: letter(sink, kind), seconds)
    assert message["To"].replace("\n", "").split(", ") == TO, message["To"]
    assert message["From"] == "Sekisho <gate@city.example.jp>", message["From"]
    assert message["Subject"].startswith("[Sekisho] "), message["Subject"]
    assert message["Auto-Submitted"] == "auto-generated"
    assert f"Kind: {kind}" in text, text
    print(f"told: {message['Subject']}")
    return text


def falls(running, sink):
    """Until somebody says so: three times in a row is enough."""
    def kill():
        for pid in running.pids("sekisho-verifier"):
            os.kill(pid, signal.SIGKILL)
        return letter(sink, "program.falling")

    wait_for(kill)
    assert "sekisho-verifier" in wait_letter(sink, "program.falling")
    wait_for(lambda: ("alarm:program.falling", "smtp.250", "sent.2") in told(running.state))


def grows_old(running, sink, definitions):
    old = time.time() - 49 * 3600
    for path in definitions.iterdir():
        os.utime(path, (old, old))
    assert "stale" in wait_letter(sink, "definitions.stale")
    now = time.time()
    for path in definitions.iterdir():
        os.utime(path, (now, now))


def stays_down(running, sink):
    """Told while there is no vault, on record when there is one again."""
    running.stop()
    key = running.state / "keys/vault.key"
    whole = key.read_bytes()
    key.write_bytes(whole[:-1])
    running.start(wait=0)
    assert "sekisho-vault" in wait_letter(sink, "program.down")
    sent = ("alarm:program.down", "smtp.250", "sent.2")
    assert sent not in told(running.state)
    running.stop()
    key.write_bytes(whole)
    running.start()
    wait_for(lambda: sent in told(running.state))


def main():
    mailsystem.need_postfix()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o777)
        definitions = folder / "definitions"
        shutil.copytree(gateway.SAMPLES / "definitions", definitions)
        os.chmod(definitions, 0o755)
        port = mailsystem.free_ports(1)[0]
        config = f"""
language: en
mail: {{notice_from: gate@city.example.jp}}
alarms:
  to: [{", ".join(TO)}]
  server: "inet:{port}@127.0.0.1"
"""
        running = gateway.Gateway(folder / "state", config=config, definitions=definitions)
        sink = mailsystem.Sink(folder / "mail", port)
        try:
            running.start()
            # Nobody listens yet: that, too, is on record, and tried again.
            web.Console.operate(running, "self_checks_run", {})
            wait_for(lambda: ("alarm:self_check.failed", "smtp.451", "failed")
                     in told(running.state))
            sink.start()
            falls(running, sink)
            grows_old(running, sink, definitions)
            stays_down(running, sink)
            text = wait_letter(sink, "self_check.failed")
            assert "(backup.age)" in text, text
            wait_for(lambda: ("alarm:self_check.failed", "smtp.250", "sent.2")
                     in told(running.state))
            # Once each, however often it was looked at.
            kinds = [kind for kind, _, outcome in told(running.state)
                     if outcome.startswith("sent.")]
            assert len(kinds) == len(set(kinds)), kinds
            assert len(sink.raw()) == len(kinds), (len(sink.raw()), kinds)
        except BaseException:
            print(running.log()[-5000:], file=sys.stderr)
            raise
        finally:
            running.stop()
            sink.stop()
    print("administrators are told by themselves, once each, on record")


if __name__ == "__main__":
    sys.exit(main())
