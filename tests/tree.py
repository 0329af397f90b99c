#!/usr/bin/env python3
"""The rules of the source tree that no compiler checks.

- base/ includes nothing else of the project; sanitizers/ only base/;
  quarantine/ only base/; gateway/verifier/ nothing of sanitizers/ but the table;
- every source outside base/ has base/banned.h as its last include;
- no source is longer than 600 lines;
- every format has a source, a test, samples and a verifier;
- docs/compliance.md has every rule of the users, and names only tests, files and
  commands that exist.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
MAY_INCLUDE = {
    "base": {"base"},
    "sanitizers": {"base", "sanitizers"},
    "quarantine": {"base", "quarantine"},
    "gateway": {"base", "sanitizers", "gateway"},
}
LINES_MAX = 600


def sources():
    for top in MAY_INCLUDE:
        for path in sorted((ROOT / top).rglob("*.[ch]")):
            yield path


def includes(text):
    return re.findall(r'^#include "([^"]+)"', text, re.MULTILINE)


def check_directions(path, names):
    top = path.relative_to(ROOT).parts[0]
    for name in names:
        if name.split("/")[0] not in MAY_INCLUDE[top]:
            yield f"{path.relative_to(ROOT)}: {top}/ must not include {name}"
        verifier = "gateway/verifier/" in str(path)
        if verifier and name.startswith("sanitizers/") and not name.endswith(".def"):
            yield f"{path.relative_to(ROOT)}: the verifier must not share code with {name}"


def check_banned(path, text):
    if path.suffix != ".c" or path.relative_to(ROOT).parts[0] == "base":
        return
    found = re.findall(r'^#include ["<]([^">]+)[">]', text, re.MULTILINE)
    found = [name for name in found if not name.endswith(".def")]
    if not found or found[-1] != "base/banned.h":
        yield f"{path.relative_to(ROOT)}: base/banned.h must be the last include"


def check_formats():
    table = (ROOT / "sanitizers/formats.def").read_text()
    families = (ROOT / "gateway/verifier/families.def").read_text()
    for name, family in re.findall(r"^FORMAT\(\w+, (\w+), (\w+),", table, re.MULTILINE):
        for wanted in (f"sanitizers/{name}.c", f"samples/{name}/make.py",
                       f"gateway/verifier/{family}.c"):
            if not (ROOT / wanted).exists():
                yield f"format {name}: {wanted} is missing"
        # Formats of one family may share a test.
        if not any((ROOT / f"tests/sanitizers/{test}_test.c").exists()
                   for test in (name, family)):
            yield f"format {name}: tests/sanitizers/{name}_test.c is missing"
        if f"FAMILY({family}," not in families:
            yield f"format {name}: no verifier for the family {family}"


RULES = {"SEP": 8, "MAIL": 5, "ACL": 4, "AUTH": 8, "LOG": 9, "DATA": 5, "OPS": 7}


def compliance_rows(text):
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 5 and re.fullmatch(r"[A-Z]+-\d+", cells[0]):
            yield cells


def check_commands(text):
    """`sekisho WORD` and `sekisho-audit WORD` are commands of those programs."""
    options = (ROOT / "gateway/cli/options.c").read_text()
    tool = (ROOT / "quarantine/audit_tool/main.c").read_text()
    for program, word in re.findall(r"`(sekisho(?:-audit)?) ([a-z-]+)", text):
        known = options if program == "sekisho" else tool
        # Commands of people are in a source of their own.
        users = (ROOT / "gateway/cli/users.c").exists()
        if f'"{word}"' not in known and not (word == "users" and users):
            yield f"docs/compliance.md: there is no {program} {word}"


def check_compliance():
    text = (ROOT / "docs/compliance.md").read_text()
    seen = set()
    for rule, state, how, where, shown in compliance_rows(text):
        seen.add(rule)
        tests = re.findall(r"`([^`]+)`", shown)
        if state not in ("met", "partly", "not yet"):
            yield f"docs/compliance.md: {rule}: no such state: {state}"
        if state == "met" and not tests:
            yield f"docs/compliance.md: {rule} is met by no test"
        if state != "met" and len(how) < 20:
            yield f"docs/compliance.md: {rule}: what is missing?"
        paths = tests + re.findall(r"\b(?:docs|quarantine|gateway)/[\w./-]+\w", where)
        for path in paths:
            if not (ROOT / path).exists():
                yield f"docs/compliance.md: {rule}: {path} does not exist"
    for name, count in RULES.items():
        for number in range(1, count + 1):
            if f"{name}-{number}" not in seen:
                yield f"docs/compliance.md: {name}-{number} is missing"
    yield from check_commands(text)


def main():
    problems = list(check_formats()) + list(check_compliance())
    for path in sources():
        text = path.read_text()
        problems += check_directions(path, includes(text))
        problems += check_banned(path, text)
        lines = text.count("\n")
        if lines > LINES_MAX:
            problems.append(f"{path.relative_to(ROOT)}: {lines} lines, at most {LINES_MAX}")
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
