#!/usr/bin/env python3
"""A few real files of each format, when the folder of them is there: nothing
crashes or hangs, and nothing active is left in what comes out."""
import os
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "corpus"))
import run  # noqa: E402

PER_FORMAT = 12
SKIPPED = 77


def corpus():
    named = os.environ.get("SEKISHO_CORPUS")
    return pathlib.Path(named) if named else run.ROOT.parent / "shared/corpus"


def main():
    if not corpus().is_dir():
        print(f"no {corpus()}: skipped")
        return SKIPPED
    with tempfile.TemporaryDirectory() as name:
        options = run.parse(["--corpus", str(corpus()), "--limit", str(PER_FORMAT), "--format", "all",
                             "--work", name])
        outputs = options.work / "outputs"
        outputs.mkdir()
        rows, took, memory = run.through_gateway(list(run.files(options)), 4, outputs)
        run.judge(rows, None, False)
    print("\n".join(run.summary(rows, took, memory)))
    bad = run.faults(rows) + [row for row in rows if row.get("residue")]
    for row in bad:
        print(row["path"], row["reason"], row["detail"], row.get("residue", ""))
    office = [row for row in rows if row["extension"] in ("docx", "xlsx", "pptx", "pdf")]
    out = sum(row["output"] is not None for row in office)
    print(f"{out} of {len(office)} documents came out")
    return 1 if bad or not office or out < 0.7 * len(office) else 0


if __name__ == "__main__":
    sys.exit(main())
