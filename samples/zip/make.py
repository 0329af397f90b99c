"""ZIP archives."""
from sample import Sample


def samples():
    yield Sample("truncated.zip", b"PK\x03\x04" + bytes(60), verdict="blocked",
                 reason="malformed.truncated", note="a ZIP that ends too early")
