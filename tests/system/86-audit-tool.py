#!/usr/bin/env python3
"""What an auditor does with the log alone: proofs, a witness in another
municipality, a copy for offline media, the daily examination."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import gateway


def audit(*arguments, expect=0):
    done = subprocess.run([gateway.BIN / "sekisho-audit", *arguments, "--lang", "en"],
                          capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == expect, (arguments, done)
    return done.stdout


def last_size(folder):
    """How many records the last checkpoint covers."""
    path, = folder.glob("checkpoints-*")
    blocks = path.read_text().split("\n\n")
    return int([block for block in blocks if block.startswith("sekisho/")][-1].splitlines()[1])


def check_proofs(root, folder, year, key, other_key):
    proof = root / "proof.json"
    for seq in (0, 3, last_size(folder) - 1):
        proof.write_text(audit("prove", folder, "--year", year, "--seq", str(seq)))
        audit("check", proof, "--key", key)
        audit("check", proof, "--key", other_key, expect=1)
        value = json.loads(proof.read_text())
        for change in ({"index": seq + 1}, {"record": value["record"].replace('"node":"', '"node":"x', 1)},
                       {"hashes": value["hashes"][:-1]},
                       {"checkpoint": value["checkpoint"].replace("checkpoint", "chekpoint")}):
            proof.write_text(json.dumps({**value, **change}))
            audit("check", proof, "--key", key, expect=1)
    audit("prove", folder, "--year", year, "--seq", "100000", expect=2)


def check_witness(root, running, other):
    """The other gateway countersigns with its own log key."""
    folder, key = running.state / "audit", running.state / "audit/audit.pub"
    year = next(folder.glob("log-*.jsonl")).name[4:8]
    memory = root / "seen"
    request = root / "request.json"
    witness = ["--key", key, "--signer", other.state / "keys/audit.key", "--name", "city-2",
               "--memory", memory]
    subprocess.run(["chown", "0", other.state / "keys/audit.key"], check=False)
    first = last_size(folder)
    request.write_text(audit("prove", folder, "--year", year, "--since", str(first)))
    signed = audit("witness", request, *witness)
    (folder / f"witness-{year}").write_text(signed)
    both = ["verify", folder, "--key", key, "--witness-key", other.state / "audit/audit.pub"]
    assert "witnessed=" in audit(*both)
    audit("verify", folder, "--key", key, "--witness-key", key, expect=1)
    # The log grows; the proof must begin where the witness saw it last.
    running.start()
    running.drop("課", "more.csv", b"a,=1\r\n")
    running.wait_outcomes(3)
    assert running.stop() == 0
    request.write_text(audit("prove", folder, "--year", year, "--since", str(first + 1)))
    audit("witness", request, *witness, expect=1)
    request.write_text(audit("prove", folder, "--year", year, "--since", str(first)))
    signed += audit("witness", request, *witness)
    (folder / f"witness-{year}").write_text(signed)
    audit(*both)
    # Once more from the old place: the witness does not forget.
    audit("witness", request, *witness, expect=1)
    (folder / f"witness-{year}").write_text(signed.replace("A", "B", 1))
    audit(*both, expect=1)
    (folder / f"witness-{year}").unlink()
    audit(*both, expect=2)


def check_examination(folder):
    path = next(folder.glob("log-*.jsonl"))
    record = json.loads(path.read_text().splitlines()[-1])
    # The log's days are Japan's.
    hour = int(record["time"][11:13])
    day = subprocess.run(["date", "-u", "-d", record["time"][:10] + (" +1 day" if hour >= 15
                                                                      else ""), "+%Y-%m-%d"],
                         capture_output=True, text=True, check=True).stdout.strip()
    report = json.loads(audit("examine", folder, "--day", day, "--json"))
    assert report["day"] == day and report["records"] > 5, report
    kinds = {finding["kind"]: finding for finding in report["findings"]}
    assert kinds["infected"]["count"] == 1 and kinds["infected"]["who"] == "課", report
    assert "synchronised" in report["clock"], report
    assert "known malware" in audit("examine", folder, "--day", day)
    report = json.loads(audit("examine", folder, "--day", "2001-01-01", "--json"))
    assert report["findings"][0]["kind"] == "nothing", report
    audit("examine", folder, "--day", "yesterday", expect=3)


def main():
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        os.chmod(root, 0o755)
        running = gateway.Gateway(root / "state", "vault:\n  node: city-1\n").start()
        other = gateway.Gateway(root / "other", "vault:\n  node: city-2\n").start()
        running.drop("課", "a.csv", b"a,=1+1\r\n")
        eicar = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
        running.drop("課", "virus.txt", eicar)
        running.wait_outcomes(2)
        assert running.stop() == 0 and other.stop() == 0
        folder, key = running.state / "audit", running.state / "audit/audit.pub"
        year = next(folder.glob("log-*.jsonl")).name[4:8]
        check_proofs(root, folder, year, key, other.state / "audit/audit.pub")
        check_examination(folder)
        out = root / "medium"
        assert "whole" in audit("export", folder, out, "--key", key)
        assert sorted(path.name for path in out.iterdir()) == \
            sorted(["audit.pub", "certificate.pub", f"checkpoints-{year}", f"log-{year}.jsonl"])
        shutil.rmtree(out)
        check_witness(root, running, other)
        print("proofs, witness, export, examination")


if __name__ == "__main__":
    main()
