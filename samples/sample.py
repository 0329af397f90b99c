"""What a sample is: a name, its bytes, and what must become of it."""
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

    def expectation(self):
        wanted = {"verdict": self.verdict, "removals": sorted(self.removals)}
        for key in ("reason", "output", "passwords", "demo", "note"):
            value = getattr(self, key)
            if value:
                wanted[key] = value
        return wanted
