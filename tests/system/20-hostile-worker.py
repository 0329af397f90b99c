#!/usr/bin/env python3
"""A rebuild that was taken over: every way it can misbehave holds its object
for its own reason, and the object behind it passes."""
import os
import pathlib
import shutil
import sys
import tempfile

import gateway

# The input says what the process does; this is what must be recorded.
CASES = {
    "crash": "sandbox.crashed", "stack": "sandbox.crashed",
    "hang": "limit.time", "spin": "limit.cpu", "memory": "limit.memory",
    "output": "limit.output", "open": "sandbox.denied",
    "socket": "sandbox.denied", "exit": "sandbox.no_report",
    "kind": "protocol", "path": "protocol", "unsealed": "protocol",
    "lie": "protocol", "empty": "type.empty", "original": "verify.",
    "abandon": None,  # ends without waiting for its nested object: no harm
    "hand-removal": "internal.decoded_elsewhere",
    "hand-nested": "internal.decoded_elsewhere",
    "hand-over": None,  # nothing done, nothing kept: the next one does it all
}
CONFIG = """
policies:
  - name: default
    recheck: false
    limits:
      seconds: 30
      cpu_seconds: 2
      output_bytes: 8MiB
      memory_bytes: 64MiB
"""


def programs_with_hostile_worker(folder):
    """A copy of the programs in which the worker is the hostile one."""
    folder.mkdir()
    for program in gateway.BIN.iterdir():
        shutil.copy2(program, folder / program.name)
    shutil.copy2(gateway.BUILD / "tests/hostile-worker", folder / "sekisho-worker")
    os.chmod(folder, 0o755)


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o755)
        programs_with_hostile_worker(folder / "bin")
        gateway.BIN = folder / "bin"
        with gateway.Gateway(folder / "state", CONFIG) as running:
            client = running.client()
            for word, wanted in CASES.items():
                result = client.sanitize(word.encode() + b" please\n", word + ".txt")
                reason = (result["report"]["reason"] or {}).get("code", "none")
                print(f"{word}: {result['verdict']} {reason}")
                if wanted is None:
                    assert result["verdict"] == "unchanged", result
                    expected = b"hand-over please\n" if word == "hand-over" else b"fine\n"
                    assert result["output"] == expected, result
                else:
                    assert result["verdict"] == "blocked", result
                    assert reason.startswith(wanted), (word, reason)
                    assert result["output"] is None
                after = client.sanitize(b"fine\n", "next.txt")
                assert after["verdict"] == "unchanged", (word, after)
            assert len(running.pids("sekisho-worker")) == 1
            client.close()
    print("every misbehaviour was held for its own reason")


if __name__ == "__main__":
    sys.exit(main())
