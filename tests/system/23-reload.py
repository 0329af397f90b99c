#!/usr/bin/env python3
"""A changed configuration is taken over while items flow; one that cannot be
used, or that needs a restart, changes nothing; `status` knows each process."""
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

import gateway
import web

BEFORE = "vault:\n  keep_held_days: 30\n"
KEEPS_LINKS = BEFORE + "policies:\n  - name: default\n    modes: {csv: rebuild}\n"
TEXT_ONLY = BEFORE + "policies:\n  - name: default\n    modes: {csv: text}\n"
TABLE = "a,b\r\n1,2\r\n".encode()


def wait_for(what, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = what()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError("did not come true in time")


def reload(running, config):
    """The new text in the file, and what the command said."""
    running.config.write_text(config)
    return subprocess.run([gateway.BIN / "sekisho", "reload", "--state", running.state],
                          capture_output=True, text=True, timeout=30, check=False,
                          env={**os.environ, "LC_ALL": "C.UTF-8"})


def count(running, line):
    return running.log().count(line)


def reload_and_wait(running, config, door=True):
    """Until the new one is in force everywhere: a program that starts over a
    file that cannot be used stays down until it can."""
    old = running.pids("sekisho-folder")
    done = count(running, "sekishod: info: reloaded")
    told = count(running, "sekisho-broker: info: reloaded")
    answer = reload(running, config)
    assert answer.returncode == 0, answer
    wait_for(lambda: count(running, "sekishod: info: reloaded") == done + 1)
    wait_for(lambda: count(running, "sekisho-broker: info: reloaded") == told + 1)
    wait_for(lambda: bool(pids := running.pids("sekisho-folder")) == door and pids != old
             or (not door and not pids))


def verdict(running):
    client = running.client()
    try:
        result = client.sanitize(TABLE, "a.csv")
        return result["verdict"], result["report"].get("reason")
    finally:
        client.close()


def modes_change_without_a_restart(running):
    broker = running.pids("sekisho-broker")
    scanner = running.pids("sekisho-scanner")
    assert verdict(running)[0] == "unchanged"
    reload_and_wait(running, TEXT_ONLY)
    assert verdict(running) == ("converted", None)
    reload_and_wait(running, KEEPS_LINKS)
    assert verdict(running)[0] == "unchanged"
    assert running.pids("sekisho-broker") == broker, "the broker was restarted"
    assert running.pids("sekisho-scanner") == scanner, "the scanner was restarted"
    print("modes change while it runs")


def nothing_is_lost_on_the_way(running):
    """Reloads replace the folder's program, and the vault with other days."""
    stop = threading.Event()

    def drop():
        for number in range(200):
            running.drop("", f"n{number}.txt", b"line\n")
            time.sleep(0.02)
        stop.set()

    before = len(running.outcomes("out"))
    dropper = threading.Thread(target=drop)
    dropper.start()
    rounds = 0
    while not stop.is_set() or rounds < 3:
        old = running.pids("sekisho-vault")
        days = 31 + rounds % 2
        reload_and_wait(running, f"vault:\n  keep_held_days: {days}\n")
        wait_for(lambda: (pids := running.pids("sekisho-vault")) and pids != old)
        rounds += 1
    dropper.join()
    running.wait_outcomes(before + 200, 300)
    names = sorted(path.name for path in (running.state / "out").glob("n*.txt"))
    assert len(names) == 200, len(names)
    ended = [line for line in running.log().splitlines() if "program-ended" in line]
    assert not ended, ended
    print(f"200 files through {rounds} reloads, none lost, none twice")


def who_is_started_otherwise_is_replaced(running):
    """What a program is told by its command line; and nobody else."""
    trusted, _ = web.make_certificate(running.state.parent)
    names = ("vault", "opener", "scanner", "worker", "verifier", "broker")
    for config, wanted in ((BEFORE + "  keep_waiting_days: 12\n", "vault"),
                           (BEFORE + "  retention: [\"a* 7\"]\n", "vault"),
                           (BEFORE + "accounts:\n  banner: words\n", "vault"),
                           (BEFORE, "vault"),
                           (BEFORE + f"mail:\n  certificates: {trusted}\n", "opener"),
                           (BEFORE, "opener"),
                           (BEFORE + "definitions: {max_age_hours: 47}\n", "scanner"),
                           (BEFORE, "scanner")):
        old = {name: running.pids(f"sekisho-{name}") for name in names}
        replaced = count(running, f"replaced program=sekisho-{wanted}")
        reload_and_wait(running, config)
        try:
            wait_for(lambda: count(running, f"replaced program=sekisho-{wanted}") > replaced)
        except AssertionError as error:
            raise AssertionError(f"{wanted}: {config}\n{running.log()[-3000:]}") from error
        wait_for(lambda: (pids := running.pids(f"sekisho-{wanted}")) and pids != old[wanted])
        for name in names:
            if name != wanted:
                assert running.pids(f"sekisho-{name}") == old[name], (config, name)
    running.wait_ready()
    print("who is started in another way is replaced, and nobody else")


def bad_ones_change_nothing(running):
    reload_and_wait(running, TEXT_ONLY)
    running.wait_ready()  # the vault is started otherwise, too
    refused = count(running, "reload-refused")
    assert reload(running, TEXT_ONLY + "nonsense: 1\n").returncode == 0
    wait_for(lambda: count(running, "reload-refused") == refused + 1)
    assert verdict(running) == ("converted", None)
    reload(running, KEEPS_LINKS + "folders:\n  in: elsewhere\n")
    wait_for(lambda: "reason=needs_restart key=folders.in" in running.log())
    assert verdict(running) == ("converted", None)
    print("what cannot be used changes nothing")


def doors_come_and_go(running):
    assert running.pids("sekisho-folder")
    reload_and_wait(running, BEFORE + "folder:\n  enabled: false\n", door=False)
    reload_and_wait(running, BEFORE)
    print("a door is closed and opened")


def status_names_the_processes(running):
    def programs():
        client = running.client()
        try:
            return client.status()["programs"]
        finally:
            client.close()

    for name in ("vault", "worker", "decoder", "opener", "scanner", "verifier", "reader", "folder",
                 "broker"):
        pid = running.pids(f"sekisho-{name}")[0]
        wait_for(lambda: programs()[name].get("pid") == pid)
    old = running.pids("sekisho-folder")[0]
    os.kill(old, 9)
    wait_for(lambda: programs()["folder"].get("pid", old) != old)
    assert programs()["folder"]["restarts"] == 1, programs()["folder"]
    text = subprocess.run([gateway.BIN / "sekisho", "status", "--state", running.state],
                          capture_output=True, text=True, timeout=30, check=False).stdout
    assert f"pid {running.pids('sekisho-vault')[0]}" in text, text
    print("status knows each process")


def without_a_gateway_it_says_so(folder):
    done = subprocess.run([gateway.BIN / "sekisho", "reload", "--state", folder],
                          capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1 and str(folder) in done.stderr, done


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o777)
        with gateway.Gateway(folder / "state", KEEPS_LINKS) as running:
            status_names_the_processes(running)
        with gateway.Gateway(folder / "second", KEEPS_LINKS) as running:
            modes_change_without_a_restart(running)
            doors_come_and_go(running)
            who_is_started_otherwise_is_replaced(running)
            nothing_is_lost_on_the_way(running)
            bad_ones_change_nothing(running)
        without_a_gateway_it_says_so(folder / "second")


if __name__ == "__main__":
    sys.exit(main())
