#!/usr/bin/python3
"""Opens the encrypted files of the corpus, whose passwords the tests of their projects tell.

usage: tests/corpus/passwords.py [--corpus DIR]

Prints one line for each: how it is locked, what came of it with the password, and
of those that ask for one what comes of them without. Fails when one does not open.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/system"))
import gateway  # noqa: E402

ASKED, DEFAULT = True, False
# The end of its name, its password, how it is locked, whether one has to give it.
FILES = (
    ("document__password_tika_binaryrc4.doc", "tika", "RC4", ASKED),
    ("testWORD_protected_passtika.doc", "tika", "RC4", ASKED),
    ("tika-server-standard__src__test__resources__test-documents__password.xls", "password", "RC4", ASKED),
    ("spreadsheet__xor-encryption-abc.xls", "abc", "XOR", ASKED),
    ("spreadsheet__60284.xls", "", "XOR of Excel 5, its own password", DEFAULT),
    ("slideshow__ppt_with_png_encrypted.ppt", "password", "RC4 by CryptoAPI", ASKED),
    ("document__bug53475-password-is-pass.docx", "pass", "agile or standard", ASKED),
    ("poifs__protected_agile.docx", "", "agile, Excel's own password", DEFAULT),
    ("spreadsheet__58616.xlsx", "", "Excel's own password", DEFAULT),
    ("test-documents__protect.xlsx", "", "Excel's own password", DEFAULT),
    ("testEXCEL_protected_passtika_2.xlsx", "tika", "agile or standard", ASKED),
    ("spreadsheet__protected_passtika.xlsb", "tika", "agile or standard", ASKED),
    ("document__PasswordProtected.doc", None, "RC4: nobody tells its password", ASKED),
)


def sanitize(path, password, folder):
    secret = folder / "secret"
    secret.write_text((password or "none") + "\n")
    os.chmod(secret, 0o600)
    done = subprocess.run(
        [gateway.BIN / "sekisho", "sanitize", "--standalone", "--json", "--definitions",
         gateway.SAMPLES / "definitions", *(["--passwords", secret] if password else []),
         "--out-dir", folder / "out", path], stdin=subprocess.DEVNULL, capture_output=True,
        timeout=300, env=dict(os.environ, SEKISHO_STATE="/nonexistent"))
    answer = json.loads(done.stdout)
    kinds = {removal["kind"] for removal in answer["removals"]}
    return answer["verdict"], answer.get("reason"), bool(
        kinds & {"ole.decrypted", "ooxml.decrypted"})


def check(path, password, asked, folder):
    """What is wrong, and what there is to say."""
    verdict, reason, decrypted = sanitize(path, password, folder)
    said = f"{verdict} {reason or ''}".strip()
    if password is None:
        return False, said
    wrong = verdict not in ("sanitized", "unchanged", "converted") or not decrypted
    if asked:
        without = sanitize(path, "", folder)
        wrong |= without[1] != "encrypted"
        said += f"; without: {without[1]}"
    return wrong, said


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--corpus", type=pathlib.Path, default=os.environ.get("SEKISHO_CORPUS"))
    options = parser.parse_args()
    if options.corpus is None:
        parser.error("which corpus?")
    found = [path for path in pathlib.Path(options.corpus).rglob("*") if path.is_file()]
    opened = wanted = 0
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        for end, password, kind, asked in FILES:
            for path in (path for path in found if path.name.endswith(end)):
                wrong, said = check(path, password, asked, pathlib.Path(name))
                wanted += password is not None
                opened += password is not None and not wrong
                print(f"{'WRONG ' if wrong else ''}{end} ({kind}): {said}", flush=True)
    print(f"{opened} of {wanted} with a known password open")
    return 0 if opened == wanted else 1


if __name__ == "__main__":
    sys.exit(main())
