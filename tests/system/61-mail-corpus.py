#!/usr/bin/env python3
"""The real messages of the corpus, when the folder of them is there: no crash, none
passes but as the gateway writes it, and the text of the well-formed ones is whole."""
import pathlib
import sys
import tempfile

import gateway

sys.path.insert(0, str(gateway.ROOT / "tests/corpus"))
import mail  # noqa: E402

SKIPPED = 77


def main():
    if not mail.corpus().is_dir():
        print(f"SKIPPED: no {mail.corpus()}: no real message was tried")
        return SKIPPED
    with tempfile.TemporaryDirectory() as name:
        return mail.main(["--corpus", str(mail.corpus()), "--work",
                          str(pathlib.Path(name))])


if __name__ == "__main__":
    sys.exit(main())
