#!/usr/bin/env python3
"""Whether the first pages of two PDFs look the same to poppler, byte by byte.

usage: tests/corpus/pdf_pages.py BEFORE AFTER
"""
import hashlib
import pathlib
import subprocess
import sys
import tempfile

PAGES = 3
RESOLUTION = 72
SECONDS = 60


def digests(path):
    """One digest per page that could be drawn; None where it took too long."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            subprocess.run(["pdftoppm", "-r", str(RESOLUTION), "-l", str(PAGES), str(path),
                            folder + "/page"], capture_output=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return None
        return [hashlib.sha256(page.read_bytes()).hexdigest()
                for page in sorted(pathlib.Path(folder).iterdir())]


def same(before, after):
    return digests(before) == digests(after)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(0 if same(sys.argv[1], sys.argv[2]) else 1)
