"""Microsoft Works: held unless the policy has them converted."""
from compoundmaker import compound
from sample import Sample


def samples():
    yield Sample("回覧.wps", bytes(compound({"MatOST": b"MM" + bytes(600), "CONTENTS": b"CHNKWKS " + bytes(600)})), verdict="blocked",
                 reason="policy.block", note="as far as it can be told from others")
