"""Plain text."""
from sample import Sample


def samples():
    yield Sample("plain.txt", "入札公告\n本文です。\n".encode(), verdict="unchanged",
                 note="UTF-8 text passes as it is")
