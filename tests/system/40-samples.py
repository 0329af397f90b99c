#!/usr/bin/env python3
"""Every sample through the real processes, held against its expectation:
verdict, removals, reason, and for what passes that it is stable."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import gateway

IN_FLIGHT = 6


def samples():
    for path in sorted(gateway.SAMPLES.rglob("*.expect.json")):
        name = path.name.removesuffix(".expect.json")
        expectation = json.loads(path.read_text())
        if not expectation.get("engine") or gateway.OFFICE.exists():
            yield path.with_name(name), expectation


def problems(result, expectation):
    report = result["report"]
    if result["verdict"] != expectation["verdict"]:
        yield f"{result['verdict']} instead of {expectation['verdict']}"
    kinds = {removal["kind"] for removal in report["removals"]}
    missing = set(expectation["removals"]) - kinds
    if missing:
        yield f"not reported: {sorted(missing)}"
    reason = (report["reason"] or {}).get("code", "")
    wanted = expectation.get("reason", reason)
    if reason != wanted:
        yield f"reason {reason} instead of {wanted}"
    if expectation.get("output") and report["output"]:
        if report["output"]["name"] != expectation["output"]:
            yield f"came out as {report['output']['name']}"
    if expectation["verdict"] in ("blocked", "password") and result["output"] is not None:
        yield "content came out"


def main():
    only = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o755)
        running = gateway.Gateway(folder / "state").start()
        code = check(running, only)
        assert running.stop() == 0
        audit = subprocess.run(
            [gateway.BIN / "sekisho-audit", "verify", running.state / "audit", "--key",
             running.state / "audit/audit.pub"], capture_output=True, text=True,
            check=False)
        assert audit.returncode == 0, audit.stdout + audit.stderr
        return code


def listed(running, state):
    """What `sekisho items` lists in this state, by item id."""
    done = subprocess.run(
        [gateway.BIN / "sekisho", "items", "list", "--state", state, "--limit", "1000",
         "--json", "--state-folder", running.state], capture_output=True, text=True,
        check=True)
    return {item["id"]: item for item in json.loads(done.stdout)}


def check_items(running, held):
    """Each held sample is in the vault and in the log with its reason."""
    items = listed(running, "held") | listed(running, "awaiting_password")
    log = running.log()
    for item, reason in held.items():
        assert items[item]["reason"] == reason, (items[item], reason)
        assert f"item-ended item={item}" in log
        assert f"reason={reason}" in log


def check(running, only):
    client = running.client()
    waiting = [pair for pair in samples()
               if not only or any(word in str(pair[0]) for word in only)]
    total, bad, tickets, held = len(waiting), 0, {}, {}
    while waiting or tickets:
        while waiting and len(tickets) < IN_FLIGHT:
            path, expectation = waiting.pop(0)
            ticket = client.submit(path.read_bytes(), path.name,
                                   passwords=expectation.get("passwords", ()))
            tickets[ticket] = (path, expectation)
        result = client.result()
        path, expectation = tickets.pop(result["ticket"])
        found = list(problems(result, expectation))
        if result["output"] is None:
            held[result["item"]] = result["report"]["reason"]["code"]
        if found:
            bad += 1
            reason = result["report"]["reason"] or {}
            detail = [entry.get("detail", "") for entry in result["report"]["objects"]]
            print(f"{path.parent.name}/{path.name}: {'; '.join(found)} "
                  f"[{reason.get('code', '')} {' '.join(filter(None, detail))[:200]}]")
    client.close()
    check_items(running, held)
    status = running.client().status()
    assert status["healthy"], status
    print(f"{total - bad} of {total} samples met their expectation")
    return 1 if bad or not total else 0


if __name__ == "__main__":
    sys.exit(main())
