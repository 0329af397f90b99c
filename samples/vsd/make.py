"""Visio's drawings up to 2010: held unless the policy has them converted."""
from compoundmaker import compound
from sample import Sample


def samples():
    yield Sample("図面.vsd", bytes(compound({"VisioDocument": b"Visio (TM) Drawing\r\n" + bytes(600)})), verdict="blocked",
                 reason="policy.block", note="as far as it can be told from others")
