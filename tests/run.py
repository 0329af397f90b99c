#!/usr/bin/env python3
"""Every check and test of the project, in the order in which they are cheap.

usage: tests/run.py [--only NAME]...

Steps: tree (rules of the source tree), unit (release build: unit tests, fuzzer
replay, system tests with the real processes), gcc and clang (warnings are
errors), asan (AddressSanitizer and UBSan), tidy (clang-tidy), cppcheck.
Prints the time of each and closes with "N passed, N failed".
"""
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
CORES = os.cpu_count() or 2


class Failed(Exception):
    pass


def run(*command, **options):
    """Runs a command; its output is shown only when it fails."""
    done = subprocess.run([str(part) for part in command], cwd=ROOT, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          errors="replace", **options)
    if done.returncode != 0:
        raise Failed(f"{' '.join(str(part) for part in command)}\n{done.stdout[-8000:]}")
    return done.stdout


def tests(folder, *options):
    """ctest: how many passed; shows the output of those that fail."""
    done = subprocess.run(["ctest", "--test-dir", folder, "--output-on-failure",
                           "--timeout", "600", f"-j{CORES}", *options], cwd=ROOT,
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          errors="replace")
    match = re.search(r"(\d+)% tests passed, (\d+) tests failed out of (\d+)", done.stdout)
    if not match or int(match[3]) == 0:
        raise Failed(f"no test ran:\n{done.stdout[-4000:]}")
    failed, total = int(match[2]), int(match[3])
    if failed or done.returncode != 0:
        print(done.stdout[-12000:])
    return total - failed, failed


def step_tree():
    run("/usr/bin/python3", "tests/tree.py")
    return 1, 0


def step_unit():
    return tests("build")


def build(preset):
    run("cmake", "--preset", preset)
    run("cmake", "--build", f"build-{preset}")


def step_gcc():
    build("dev")
    return 1, 0


def step_clang():
    build("clang")
    return 1, 0


def step_asan():
    build("asan")
    return tests("build-asan", "-LE", "system")


def sources():
    listed = run("git", "ls-files", "base", "gateway", "quarantine", "sanitizers")
    return [name for name in listed.split() if name.endswith(".c")]


def step_tidy():
    # The compile commands of the clang build: the same front end.
    if not (ROOT / "build-clang/compile_commands.json").exists():
        build("clang")
    names = sources()
    command = ["xargs", "-P", str(CORES), "-n", "4", "clang-tidy", "-quiet",
               "-p", "build-clang"]
    run(*command, input="\n".join(names))
    return 1, 0


def step_cppcheck():
    # cppcheck 2.10 knows no attributes: they are a syntax error to it behind a
    # function pointer, and what the cleanup attribute closes looks leaked (the
    # analyzer and AddressSanitizer look after leaks). Every process has one
    # thread: readdir() and getpwnam() need not be reentrant.
    run("cppcheck", "--quiet", "--error-exitcode=1", "--inline-suppr", "-j", CORES,
        "--enable=warning,portability", "--std=c11", "-I.", "-DSEKISHO_VERSION=\"0\"",
        "-D__attribute__(x)=", "--suppress=resourceLeak", "--suppress=memleak",
        "--suppress=readdirCalled", "--suppress=getpwnamCalled",
        "--suppress=missingIncludeSystem", "--suppress=unknownMacro",
        "--suppress=normalCheckLevelMaxBranches", "--library=posix",
        "--check-level=normal" if cppcheck_has_level() else "--max-configs=2",
        "base", "gateway", "quarantine", "sanitizers")
    return 1, 0


def cppcheck_has_level():
    return "--check-level" in run("cppcheck", "--help")


STEPS = {"tree": step_tree, "unit": step_unit, "gcc": step_gcc, "clang": step_clang,
         "asan": step_asan, "tidy": step_tidy, "cppcheck": step_cppcheck}


def main(arguments):
    chosen = [name for flag, name in zip(arguments, arguments[1:]) if flag == "--only"]
    unknown = set(chosen) - set(STEPS)
    if unknown or len(arguments) != 2 * len(chosen):
        print(__doc__)
        return 64
    passed = failed = 0
    for name, step in STEPS.items():
        if chosen and name not in chosen:
            continue
        print(f"== {name} ...", flush=True)
        begun = time.monotonic()
        try:
            good, bad = step()
        except Failed as problem:
            print(problem)
            good, bad = 0, 1
        passed, failed = passed + good, failed + bad
        took = time.monotonic() - begun
        print(f"== {name}: {good} passed, {bad} failed, {took:.0f} s", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
