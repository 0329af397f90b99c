#!/usr/bin/env python3
"""Makes every sample from nothing.

usage: samples/make.py OUT

Each folder samples/FORMAT/ has a make.py with a function `samples()` that
yields Sample objects (samples/sample.py). They are written to
OUT/FORMAT/NAME, each with its expectation beside it as NAME.expect.json.
The same call always writes the same bytes; what a former one left goes.
"""
import importlib.util
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))


def load(path):
    spec = importlib.util.spec_from_file_location(f"samples_{path.parent.name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main(out):
    for path in sorted(HERE.glob("*/make.py")):
        folder = out / path.parent.name
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.iterdir():
            left.unlink()
        for sample in load(path).samples():
            (folder / sample.name).write_bytes(sample.data)
            expectation = json.dumps(sample.expectation(), ensure_ascii=False,
                                     indent=2, sort_keys=True)
            (folder / (sample.name + ".expect.json")).write_text(expectation + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
