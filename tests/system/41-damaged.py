#!/usr/bin/env python3
"""Truncated and bit-flipped files of each format: each is held for a reason a
person understands, or comes out verified; no process crashes, hangs or is
stopped by the sandbox, and the file behind it passes."""
import collections
import json
import os
import pathlib
import random
import sys
import tempfile

import gateway

# What may not happen, whatever the input.
FAULTS = {"sandbox.crashed", "sandbox.killed", "sandbox.denied", "sandbox.no_report",
          "sandbox.setup", "internal", "protocol", "unavailable", "limit.time",
          "limit.cpu", "verify.unstable"}
SAMPLES_EACH = 3
FLIPS_EACH = 6
SIZE_MAX = 200 * 1024


def whole_samples():
    """Some samples of each format that pass undamaged, the same ones each run."""
    for folder in sorted(gateway.SAMPLES.iterdir()):
        good = []
        for path in sorted(folder.glob("*.expect.json")):
            expectation = json.loads(path.read_text())
            sample = path.with_name(path.name.removesuffix(".expect.json"))
            if expectation["verdict"] in ("sanitized", "unchanged", "converted") and \
                    not expectation.get("passwords") and \
                    64 < sample.stat().st_size < SIZE_MAX:
                good.append(sample)
        chance = random.Random(folder.name)
        yield from chance.sample(good, min(SAMPLES_EACH, len(good)))


def damaged(sample):
    data = sample.read_bytes()
    chance = random.Random(sample.name)
    for share in (0.1, 0.5, 0.9, 0.99):
        yield f"cut-{share}", data[:max(1, int(len(data) * share))]
    for number in range(FLIPS_EACH):
        flipped = bytearray(data)
        for _ in range(1 + number * number):
            bit = chance.randrange(len(data) * 8)
            flipped[bit // 8] ^= 1 << bit % 8
        yield f"flip-{number}", bytes(flipped)
    start = chance.randrange(len(data))
    yield "hole", data[:start] + bytes(min(64, len(data) - start)) + data[start + 64:]
    yield "doubled", data + data


def main():
    only = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o755)
        with gateway.Gateway(folder / "state") as running:
            return check(running, only)


def check(running, only):
    client = running.client()
    reasons = collections.Counter()
    faults, total = [], 0
    waiting = [(sample, how, data) for sample in whole_samples()
               if not only or any(word in str(sample) for word in only)
               for how, data in damaged(sample)]
    tickets = {}
    while waiting or tickets:
        while waiting and len(tickets) < 6:
            sample, how, data = waiting.pop()
            tickets[client.submit(data, sample.name)] = (sample, how)
        result = client.result()
        sample, how = tickets.pop(result["ticket"])
        total += 1
        reason = (result["report"]["reason"] or {}).get("code", "passes")
        reasons[f"{sample.parent.name}: {reason}"] += 1
        nested = [(entry.get("reason") or {}).get("code")
                  for entry in result["report"]["objects"]]
        bad = FAULTS.intersection([reason, *nested])
        if bad or (result["output"] is not None) != (reason == "passes"):
            faults.append(f"{sample.parent.name}/{sample.name} {how}: {reason} {bad}")
    assert client.sanitize(b"fine\n", "next.txt")["verdict"] == "unchanged"
    client.close()
    for line, count in sorted(reasons.items()):
        print(f"{count:5} {line}")
    print("\n".join(faults))
    print(f"{total} damaged files, {len(faults)} faults")
    return 1 if faults or not total else 0


if __name__ == "__main__":
    sys.exit(main())
