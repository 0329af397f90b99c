"""Publisher: held unless the policy has them converted."""
from compoundmaker import compound
from sample import Sample


def samples():
    yield Sample("広報.pub", bytes(compound({"Quill": {"QuillSub": {"CONTENTS": b"CHNKINK " + bytes(600)}}, "Contents": bytes(600)})), verdict="blocked",
                 reason="policy.block", note="as far as it can be told from others")
