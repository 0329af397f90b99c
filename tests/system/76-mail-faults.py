#!/usr/bin/env python3
"""What goes wrong around a message puts it off and loses nothing: a scanner that
hangs, a disk that is full or fails, a client that is slow, a sink that is away,
too much at once; and a message that kills what touches it is held in the end."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import gateway
import mailaccount
import mailsystem

USER = "user@" + mailsystem.DOMAIN
POLICY = """
policies:
  - {name: default, limits: {seconds: 5}}
"""


def ambiguous(number):
    """Held whole, so that its original has to be kept."""
    return mailsystem.plain(f"held {number}", "x" * 100, Content_Type="text/plain",
                            content_type="text/html")


def until_taken(relay, data, seconds=300, sender=None):
    """As an MTA: again until 250. The codes on the way."""
    codes = []
    end = time.monotonic() + seconds
    while True:
        code, _ = relay.send(data, sender=sender or f"s{time.time()}@example.com")
        codes.append(code)
        if code == 250:
            return codes
        assert code in (451, 452), codes
        assert time.monotonic() < end, codes
        time.sleep(0.2)


def children(pid):
    found = [pid]
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            if int(stat.rsplit(")", 1)[1].split()[1]) == pid:
                found += children(int(entry.name))
    return found


def pids_below(relay, program):
    return [pid for top in relay.gateway.pids(program) for pid in children(top)]


def hung_scanner(relay):
    stopped = pids_below(relay, "sekisho-scanner")
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    code, text = relay.send(mailsystem.plain("hung", "scanner"))
    for pid in stopped:
        os.kill(pid, signal.SIGCONT)
    assert code == 451, (code, text)
    until_taken(relay, mailsystem.plain("hung", "scanner"))
    assert not relay.items("--state", "held"), relay.items("--state", "held")
    print("a scanner that hangs: put off, taken when it goes on")


def loads(relay):
    return relay.gateway.log().count(": definitions-loaded ")


def scanner_away(relay, definitions):
    """No definitions, hence no scanner: everything is put off and nothing held."""
    kept = {path: path.read_bytes() for path in definitions.iterdir()}
    for path in kept:
        path.unlink()
    for pid in relay.gateway.pids("sekisho-scanner"):
        os.kill(pid, signal.SIGKILL)
    for number in range(3):
        code, text = relay.send(mailsystem.plain("away", f"scanner {number}"))
        assert code == 451, (code, text)
    for path, data in kept.items():
        path.write_bytes(data)
    until_taken(relay, mailsystem.plain("away", "scanner 0"))
    assert not relay.items("--state", "held"), relay.items("--state", "held")
    print("no scanner: put off, taken when there is one")


def scanner_reloads(relay, definitions):
    """New definitions while messages come: all are taken, by one set or the other."""
    before = loads(relay)
    taken = 0
    end = time.monotonic() + 300
    written = 0
    while loads(relay) < before + 2:
        if written <= loads(relay) - before:  # it must rest to be loaded
            fresh = definitions.parent / "fresh.ndb"
            fresh.write_text(f"Test.Reload{taken}:0:*:{os.urandom(24).hex()}\n")
            os.chmod(fresh, 0o644)
            fresh.rename(definitions / "reload.ndb")
            written += 1
        for _ in range(3):
            until_taken(relay, mailsystem.plain("reload", f"number {taken}"))
            taken += 1
        assert time.monotonic() < end, relay.gateway.log()[-3000:]
    assert not relay.items("--state", "held"), relay.items("--state", "held")
    code, text = relay.send(mailsystem.plain("virus", mailsystem.EICAR), sender="v@example.com")
    assert code in (250, 451), (code, text)
    until_taken(relay, mailsystem.plain("virus", mailsystem.EICAR), sender="v@example.com")
    held = relay.items("--state", "held")
    assert [item["reason"] for item in held] == ["scanner.infected"], held
    print(f"definitions reloaded twice while {taken} messages came")


def slow_client(relay):
    """A byte at a time; others are not kept waiting."""
    data = mailsystem.plain("slow", "drop by drop")
    done = []

    def drip():
        with socket.create_connection(("127.0.0.1", relay.port), 60) as s:
            stream = s.makefile("rwb")
            stream.readline()
            for line in (b"EHLO slow", b"MAIL FROM:<slow@example.com>",
                         b"RCPT TO:<" + USER.encode() + b">", b"DATA"):
                stream.write(line + b"\r\n")
                stream.flush()
                while stream.readline()[3:4] == b"-":
                    pass
            whole = data + b".\r\n"
            for left, byte in zip(range(len(whole), 0, -1), whole):
                stream.write(bytes([byte]))
                stream.flush()
                time.sleep(1 if left < 20 else 0.02)
            done.append(stream.readline())

    threads = [threading.Thread(target=drip) for _ in range(5)]
    for thread in threads:
        thread.start()
    others = 0
    while any(thread.is_alive() for thread in threads):
        until_taken(relay, mailsystem.plain("fast", f"number {others}"))
        others += 1
        time.sleep(0.2)
    assert len(done) == 5 and all(reply.startswith(b"250") for reply in done), done
    assert others > 0
    print(f"5 clients with a byte a second; meanwhile {others} others")


def until_delivered(relay, seconds=300):
    """What was accepted before has left the queue."""
    end = time.monotonic() + seconds
    while any(relay.edge.queued().get(name) for name in ("incoming", "active", "deferred")):
        assert time.monotonic() < end, relay.edge.queued()
        relay.edge.flush()
        time.sleep(0.2)


def failing_sink(relay):
    """Away, refusing for now, slow: the queue keeps it, and each arrives once."""
    until_delivered(relay)
    before = len(relay.store.raw())
    for number, options in enumerate((None, ["-r", "data"], ["-w", "2"])):
        relay.store.stop()
        if options:
            relay.store.options = options
            relay.store.start()
        for copy in range(3):
            until_taken(relay, mailsystem.plain("sink", f"{number} {copy}"))
        if options is None or "-r" in options:
            end = time.monotonic() + 300
            while len(relay.edge.queued().get("deferred", [])) < 3:
                assert time.monotonic() < end, relay.edge.queued()
                time.sleep(0.1)
            relay.store.stop()
            relay.store.options = ()
            relay.store.start()
            relay.edge.flush()
        relay.store.wait(before + 3 * (number + 1), 300)
    relay.store.stop()
    relay.store.options = ()
    relay.store.start()
    assert len(relay.store.raw()) == before + 9, len(relay.store.raw())
    print("a sink that is away, that refuses, that is slow: the queue keeps it")


def overload(relay):
    """More at once than may be in memory: put off, and memory stays bounded. The broker
    stands still until the first has been put off."""
    body = ("z" * 70 + "\r\n") * 6000
    codes = []
    peak = []

    def one(number):
        codes.append(relay.send(mailsystem.plain("much", body + str(number)),
                                sender=f"o{number}@example.com")[0])

    threads = [threading.Thread(target=one, args=(number,)) for number in range(40)]
    stopped = relay.gateway.pids("sekisho-broker")
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        for pid in relay.gateway.pids("sekisho-milter"):
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            peak.append(int(status.split("VmHWM:")[1].split()[0]) // 1024)
        if codes:
            for pid in stopped:
                os.kill(pid, signal.SIGCONT)
            stopped = []
        time.sleep(0.05)
    assert set(codes) <= {250, 451, 452}, codes
    assert codes.count(452) > 0, codes
    assert max(peak) < 200, max(peak)
    until_taken(relay, mailsystem.plain("much", body + "again"))
    print(f"overload: {codes.count(250)} taken, {40 - codes.count(250)} put off, "
          f"{max(peak)} MB at most")


def poison(relay, kills):
    """Each attempt kills the broker: after three of them it is held whole."""
    data = mailsystem.plain("poison", "kills the broker each time")
    before = len(relay.items("--state", "held"))
    flag = kills / "broker.item_ended"
    for _ in range(3):
        flag.touch()
        end = time.monotonic() + 300
        while flag.exists():  # a restart may still be under way
            code, text = relay.send(data)
            assert code == 451, (code, text)
            assert time.monotonic() < end, "nothing comes by"
        relay.gateway.wait_ready()
    until_taken(relay, data, sender="someone@example.com")
    held = relay.items("--state", "held")
    assert len(held) == before + 1 and held[0]["reason"] == "mail.poison", held
    print("a message that kills the broker is held after three attempts")


def full_disk(relay, disk):
    filler = disk / "filler"
    with open(filler, "wb") as file:
        try:
            while True:
                file.write(bytes(65536))
                file.flush()
        except OSError:
            pass
    before = len(relay.items("--state", "held"))
    code, text = relay.send(ambiguous(1))
    assert code == 451, (code, text)
    filler.unlink()
    until_taken(relay, ambiguous(1))
    assert len(relay.items("--state", "held")) == before + 1
    print("a full disk: put off, then held and kept")


def failing_disk(relay, flag):
    before = len(relay.items("--state", "held"))
    flag.touch()
    for data in (ambiguous(2), mailsystem.plain("eio", "clean")):
        code, text = relay.send(data)
        assert code == 451, (code, text)
    flag.unlink()
    until_taken(relay, ambiguous(2))
    until_taken(relay, mailsystem.plain("eio", "clean"))
    assert len(relay.items("--state", "held")) == before + 1
    print("a disk that fails: put off, then held and kept")


def main():
    mailsystem.need_postfix()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o755)
        disk = folder / "work/relay/state"
        disk.mkdir(parents=True)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", disk],
                                 check=False, capture_output=True).returncode == 0
        flag = folder / "eio"
        os.environ["SEKISHO_FAILING_DISK"] = str(flag)
        relay, kills = mailaccount.relay_with_kills(
            folder / "work", config=POLICY,
            mail="  poison_after: 3\n  memory_bytes: 4MiB\n")
        definitions = folder / "definitions"
        shutil.copytree(relay.gateway.definitions, definitions)
        relay.gateway.definitions = definitions
        relay.gateway.environment["LD_PRELOAD"] = str(gateway.BUILD
                                                      / "tests/failing-disk.so")
        try:
            with relay:
                hung_scanner(relay)
                scanner_away(relay, definitions)
                scanner_reloads(relay, definitions)
                slow_client(relay)
                failing_sink(relay)
                overload(relay)
                failing_disk(relay, flag)
                if mounted:
                    full_disk(relay, disk)
                poison(relay, kills)
        finally:
            if mounted:
                subprocess.run(["umount", "-l", disk], check=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
