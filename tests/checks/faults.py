#!/usr/bin/env python3
"""Whether the checks can fail: each file in faults/ has one mistake, and its
first comment says which tool must report it, and how.

usage: tests/checks/faults.py [NAME]...

A line `TOOL TEXT|TEXT` in the comment: the tool must fail, with one of the
texts. Tools: gcc and clang (the warnings of the builds, as errors), analyzer
(gcc -fanalyzer), tidy, cppcheck, and run (built with AddressSanitizer and
UBSan, then run). A file without such a line is sound: no tool may say a word.
Needs build-dev, build-clang and build-asan to be configured.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import tools  # noqa: E402

FAULTS = pathlib.Path(__file__).resolve().parent / "faults"


def call(*command):
    done = subprocess.run([str(part) for part in command], cwd=tools.ROOT, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          errors="replace", timeout=300)
    return done.returncode, done.stdout


def check_gcc(source, folder):
    # With what the release optimises: some warnings need that.
    return call(*tools.compile_command("build-dev", source, "-O2", "-c", "-o",
                                       folder / "gcc.o"))


def check_clang(source, folder):
    return call(*tools.compile_command("build-clang", source, "-c", "-o",
                                       folder / "clang.o"))


def check_analyzer(source, folder):
    return call(*tools.compile_command("build-dev", source, *tools.ANALYZER, "-o",
                                       folder / "analyzer.s"))


def check_tidy(source, _):
    return call(*tools.TIDY, source)


def check_cppcheck(source, folder):
    copy = folder / source.name
    tools.cppcheck_copy(source, copy)
    return call(*tools.CPPCHECK, "--suppress=unmatchedSuppression",
                "--template={id} {message}", copy)


def check_run(source, folder):
    base = tools.ROOT / "base"
    program = folder / "program"
    command = tools.compile_command("build-asan", source, "-w", "-Wno-error")
    status, output = call(*command, *sorted(base.glob("*.c")), "-o", program, "-lsodium",
                          "-lnettle")
    if status != 0:
        return 0, "does not build:\n" + output
    return call(program)


TOOLS = {"gcc": check_gcc, "clang": check_clang, "analyzer": check_analyzer,
         "tidy": check_tidy, "cppcheck": check_cppcheck, "run": check_run}


def expectations(source):
    comment = source.read_text().split("*/")[0]
    found = re.findall(r"^ \* (\w+) (.+)$", comment, re.MULTILINE)
    return {tool: text.split("|") for tool, text in found if tool in TOOLS}


def check_file(source, folder):
    """Yields (tool, what is wrong or None)."""
    expected = expectations(source)
    sound = not expected
    for tool in TOOLS if sound else expected:
        status, output = TOOLS[tool](source, folder)
        hit = status != 0 and (sound or any(text in output for text in expected[tool]))
        if hit == sound:
            wish = "silence" if sound else " or ".join(expected[tool])
            yield tool, f"{source.name}: {tool}: exit {status}, wanted {wish}\n{output}"
        else:
            yield tool, None


def check_all(names):
    """Returns (passed, problems)."""
    passed, problems = 0, []
    for source in sorted(FAULTS.glob("*.c")):
        if names and source.stem not in names:
            continue
        with tempfile.TemporaryDirectory() as folder:
            for _, problem in check_file(source, pathlib.Path(folder)):
                problems += [problem] if problem else []
                passed += problem is None
    return passed, problems


def main(names):
    passed, problems = check_all(names)
    print("\n".join(problems))
    print(f"{passed} passed, {len(problems)} failed")
    return 1 if problems or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
