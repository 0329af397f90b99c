"""How each static check is called: one place for the run over all sources and
for the run over planted faults, so that what is switched off shows there."""
import functools
import json
import os
import pathlib
import re
import shlex

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORES = os.cpu_count() or 2

# Left out: readdirCalled, getpwnamCalled, getpwuidCalled and getgrnamCalled. glibc's readdir()
# is safe on a stream that one thread has, as each has here; users and groups
# are looked up before a program starts its threads. There is no --suppress=unknownMacro here, on purpose: cppcheck leaves out the
# whole file where it meets one.
CPPCHECK = ["cppcheck", "--quiet", "--error-exitcode=1", "--inline-suppr", "-j", str(CORES),
            "--enable=warning,performance,portability,information", "--std=c11", "-I.",
            "--library=posix", f"--library={ROOT}/tests/checks/cppcheck.cfg",
            "-DSEKISHO_VERSION=\"0\"", "-D__attribute__(x)=",
            "--suppress=readdirCalled", "--suppress=getpwnamCalled", "--suppress=getpwuidCalled",
            "--suppress=getgrnamCalled"]

# A third of the steps that clang's analyzer takes in a function by itself:
# it takes 2.5 times less, and finds what is planted in faults/ all the same.
TIDY = ["clang-tidy", "-quiet", "-p", "build-clang",
        *(f"-extra-arg={part}" for part in ("-Xclang", "-analyzer-config",
                                            "-Xclang", "max-nodes=75000"))]

# gcc 12 loses sight of memory that is stored in a structure and calls it
# leaked; clang-tidy, cppcheck and LeakSanitizer look after leaks.
ANALYZER = ["-S", "-fanalyzer", "-Wno-analyzer-malloc-leak", "-Werror"]


def cppcheck_copy(source, target):
    """What cppcheck 2.10 understands: behind a call that is cast to void it
    follows no value any more, and it knows no cleanup attribute; what is static
    does not leak. Lines stay where they are."""
    text = pathlib.Path(source).read_text()
    text = re.sub(r"\(void\)(?=\w+\()", "", text)
    if source.suffix == ".c":
        text = re.sub(r"^(\s*)[A-Z]+_CLEANUP ", r"\1static ", text, flags=re.MULTILINE)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)


@functools.cache
def compile_commands(build):
    return json.loads((ROOT / build / "compile_commands.json").read_text())


def compiled(build):
    """The project's own sources that a build compiles, not what it generates."""
    names = (os.path.relpath(entry["file"], ROOT) for entry in compile_commands(build))
    return sorted({name for name in names if not name.startswith("build")})


def compile_command(build, source, *options, like="base/view.c"):
    """The command with which that build compiles `like`, for another source;
    `options` in the place of -c."""
    for entry in compile_commands(build):
        if entry["file"] == str(ROOT / like):
            break
    else:
        raise KeyError(f"{build} does not compile {like}")
    command = shlex.split(entry["command"])
    if command[0].endswith("ccache"):
        del command[0]
    at = command.index("-o")
    del command[at:at + 2]
    drop = {"-c", entry["file"]}
    return [part for part in command if part not in drop] + [*options, str(source)]
