#!/usr/bin/env python3
"""Makes a tiny set of malware definitions for demonstrations and tests.

usage: samples/definitions/generate.py FOLDER

It knows the EICAR test file, by content and by hash, and one harmless marker
that can stand anywhere in a file; production uses freshclam's definitions.
Formats: ClamAV .ndb (Name:Target:Offset:Hex) and .hdb (MD5:Size:Name).
"""
import hashlib
import pathlib
import sys

# In two halves, so that no file of the project is the test file itself.
EICAR = (rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STAND"
         rb"ARD-ANTIVIRUS-TEST-FILE!$H+H*")
MARKER = b"SEKISHO-TEST-" + b"MARKER-THAT-IS-TAKEN-FOR-MALWARE"


def definitions():
    yield "sekisho-test.ndb", (
        f"Eicar-Test-Signature:0:0:{EICAR.hex()}\n"
        f"Sekisho.Test.Marker:0:*:{MARKER.hex()}\n")
    yield "sekisho-test.hdb", (
        f"{hashlib.md5(EICAR).hexdigest()}:{len(EICAR)}:Eicar-Test-File\n")


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in definitions():
        (folder / name).write_text(text)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
