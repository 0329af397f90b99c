#!/usr/bin/env python3
"""Every check and test of the project, in the order in which they are cheap.

usage: tests/run.py [--only NAME]...

Steps: tree (rules of the source tree), clang (reads every source, warnings are
errors, as gcc's are in the build of setup.sh), unit (release build: unit tests,
fuzzer replay, system tests with the real processes), asan (AddressSanitizer and
UBSan), analyzer (gcc -fanalyzer), tidy (clang-tidy), cppcheck, faults (whether
the checks report planted mistakes).
Many tests wait for processes: what only reads the sources (analyzer, tidy,
cppcheck) runs beside them at the lowest priority. Up to two system tests that
fail so are run once more with the machine to themselves, and named at the end
even if they pass then: such a test, or what it tests, waits for too short.
Prints the time of each and closes with "N passed, N failed".
"""
import concurrent.futures
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
CORES = os.cpu_count() or 2
AGAIN_MAX = 2
UNSTEADY = []
FOLDERS = ("base", "gateway", "quarantine", "sanitizers")
sys.path.insert(0, str(ROOT / "tests/checks"))
import faults  # noqa: E402
import tools as checks  # noqa: E402


class Failed(Exception):
    pass


def run(*command, **options):
    """Runs a command; its output is shown only when it fails."""
    done = subprocess.run([str(part) for part in command], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          errors="replace", **{"cwd": ROOT, **options})
    if done.returncode != 0:
        # What clang-tidy counts beside its findings would push them out.
        told = re.sub(r"(?m)^\d+ warnings? generated\.\n", "", done.stdout)
        raise Failed(f"{' '.join(str(part) for part in command)}\n{told[-8000:]}")
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
    names = re.findall(r"^\s*\d+ - (system/\S+) \((?:Failed|Timeout)\)", done.stdout, re.M)
    if failed and len(names) == failed <= AGAIN_MAX:
        steady = [name for name in names if not alone(folder, name)]
        UNSTEADY.extend(set(names) - set(steady))
        failed = len(steady)
    return total - failed, failed


def alone(folder, name):
    """Whether a system test passes when nothing runs beside it."""
    again = subprocess.run(["ctest", "--test-dir", folder, "--timeout", "600", "-R",
                            f"^{re.escape(name)}$", "--output-on-failure"], cwd=ROOT,
                           text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           errors="replace")
    print(again.stdout[-4000:])
    return again.returncode == 0 and "100% tests passed" in again.stdout


def step_tree():
    run("/usr/bin/python3", "tests/tree.py")
    return 1, 0


def step_unit():
    return tests("build")


def configure(preset):
    """Its compile commands are all that reading the sources takes."""
    if not (ROOT / f"build-{preset}/compile_commands.json").exists():
        run("cmake", "--preset", preset)


def each(commands):
    """Runs commands that only read the sources, on all cores."""
    lines = [" ".join(shlex.quote(part) for part in command) for command in commands]
    if not lines:
        raise Failed("nothing to read")
    run("xargs", "-P", CORES, "-d", "\n", "-n", "1", "sh", "-c", input="\n".join(lines))


def step_clang():
    configure("clang")
    each(checks.compile_command("build-clang", name, "-fsyntax-only", like=name)
         for name in checks.compiled("build-clang"))
    return 1, 0


def step_asan():
    run("cmake", "--preset", "asan")
    run("cmake", "--build", "build-asan")
    return tests("build-asan", "-LE", "system")


def sources():
    listed = run("git", "ls-files", *FOLDERS)
    return [name for name in listed.split() if name.endswith(".c")]


def step_analyzer():
    """gcc -fanalyzer, with the flags of the development build."""
    configure("dev")
    each(checks.compile_command("build-dev", name, *checks.ANALYZER, "-o", "/dev/null", like=name)
         for name in sources())
    return 1, 0


def step_tidy():
    # The compile commands of the clang build: the same front end.
    configure("clang")
    run("xargs", "-P", CORES, "-n", "4", *checks.TIDY, input="\n".join(sources()))
    return 1, 0


def step_cppcheck():
    with tempfile.TemporaryDirectory() as folder:
        for name in run("git", "ls-files", *FOLDERS).split():
            if name.endswith((".c", ".h", ".def")):
                checks.cppcheck_copy(ROOT / name, pathlib.Path(folder) / name)
        run(*checks.CPPCHECK, *FOLDERS, cwd=folder)
    return 1, 0


def step_faults():
    """Whether the checks above can fail."""
    for preset in ("dev", "clang", "asan"):
        configure(preset)
    passed, problems = faults.check_all([])
    for problem in problems:
        print(problem)
    return passed, len(problems)


STEPS = {"tree": step_tree, "clang": step_clang, "analyzer": step_analyzer,
         "tidy": step_tidy, "cppcheck": step_cppcheck, "unit": step_unit,
         "asan": step_asan, "faults": step_faults}
BESIDE = ("analyzer", "tidy", "cppcheck")


def take(name):
    """One step: how many passed and failed; what it has to say is printed."""
    print(f"== {name} ...", flush=True)
    begun = time.monotonic()
    try:
        good, bad = STEPS[name]()
    except Failed as problem:
        print(problem)
        good, bad = 0, 1
    took = time.monotonic() - begun
    print(f"== {name}: {good} passed, {bad} failed, {took:.0f} s", flush=True)
    return good, bad


def main(arguments):
    chosen = [name for flag, name in zip(arguments, arguments[1:]) if flag == "--only"]
    unknown = set(chosen) - set(STEPS)
    if unknown or len(arguments) != 2 * len(chosen):
        print(__doc__)
        return 64
    # On Linux a thread has its own priority, which its children inherit.
    with concurrent.futures.ThreadPoolExecutor(1) as front, \
            concurrent.futures.ThreadPoolExecutor(1, initializer=os.nice,
                                                  initargs=(19,)) as beside:
        steps = []
        for name in STEPS:
            if chosen and name not in chosen:
                continue
            steps.append((beside if name in BESIDE else front).submit(take, name))
            if name not in BESIDE:
                steps[-1].result()
        passed, failed = map(sum, zip(*(step.result() for step in steps)))
    for name in UNSTEADY:
        print(f"unsteady: {name} failed beside others and passed alone")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
