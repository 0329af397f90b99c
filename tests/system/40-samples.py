#!/usr/bin/env python3
"""Every sample through the real processes, held against its expectation:
verdict, removals, reason, and for what passes that it is stable."""
import json
import os
import pathlib
import sys
import tempfile

import gateway

IN_FLIGHT = 6


def samples():
    for path in sorted(gateway.SAMPLES.rglob("*.expect.json")):
        name = path.name.removesuffix(".expect.json")
        yield path.with_name(name), json.loads(path.read_text())


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
        with gateway.Gateway(folder / "state") as running:
            return check(running, only)


def check(running, only):
    client = running.client()
    waiting = [pair for pair in samples()
               if not only or any(word in str(pair[0]) for word in only)]
    total, bad, tickets = len(waiting), 0, {}
    while waiting or tickets:
        while waiting and len(tickets) < IN_FLIGHT:
            path, expectation = waiting.pop(0)
            ticket = client.submit(path.read_bytes(), path.name,
                                   passwords=expectation.get("passwords", ()))
            tickets[ticket] = (path, expectation)
        result = client.result()
        path, expectation = tickets.pop(result["ticket"])
        found = list(problems(result, expectation))
        if found:
            bad += 1
            reason = result["report"]["reason"] or {}
            detail = [entry.get("detail", "") for entry in result["report"]["objects"]]
            print(f"{path.parent.name}/{path.name}: {'; '.join(found)} "
                  f"[{reason.get('code', '')} {' '.join(filter(None, detail))[:200]}]")
    client.close()
    status = running.client().status()
    assert status["healthy"], status
    print(f"{total - bad} of {total} samples met their expectation")
    return 1 if bad or not total else 0


if __name__ == "__main__":
    sys.exit(main())
