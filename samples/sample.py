"""What a sample is: a name, its bytes, and what must become of it."""
import importlib.util
import pathlib
from dataclasses import dataclass, field


@dataclass
class Sample:
    name: str
    data: bytes
    verdict: str = "sanitized"  # sanitized unchanged converted blocked password
    removals: list = field(default_factory=list)  # every kind that must be reported
    reason: str = ""  # stable name of the error where it is held
    output: str = ""  # name that comes out, where it differs
    passwords: list = field(default_factory=list)  # given with it
    demo: bool = False  # part of the demonstration
    note: str = ""  # what it shows
    engine: bool = False  # LibreOffice converts it: only where that is installed

    def expectation(self):
        wanted = {"verdict": self.verdict, "removals": sorted(self.removals)}
        for key in ("reason", "output", "passwords", "demo", "note", "engine"):
            value = getattr(self, key)
            if value:
                wanted[key] = value
        return wanted


def sibling(folder, name):
    """The bytes of the sample `name` of another format, to be put in a container."""
    path = pathlib.Path(__file__).parent / folder / "make.py"
    spec = importlib.util.spec_from_file_location(f"samples_{folder}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return next(sample.data for sample in module.samples() if sample.name == name)
