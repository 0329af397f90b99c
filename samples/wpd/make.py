"""WordPerfect: held unless the policy has them converted."""
from sample import Sample


def samples():
    yield Sample("文書.wpd", bytes(b"\xFFWPC" + bytes([16, 0, 0, 0, 1, 10, 0, 1]) + bytes(600)), verdict="blocked",
                 reason="policy.block", note="as far as it can be told from others")
