"""Writes documents of Word 6 and 95 from nothing, as far as other programs need it: text in one
piece, its pages of properties, nothing else."""
import struct

from compoundmaker import compound

PAGE, TEXT_AT = 512, 1024
FIELD_MARKS = {0x13: 0x2E, 0x14: 0xFF, 0x15: 0x80}  # begins a DDEAUTO, its result, its end


def page(positions, places):
    """A page of properties: where each run ends, and where in the page its properties lie."""
    head = struct.pack(f"<{len(positions)}I", *positions) + places
    return head.ljust(PAGE - 1, b"\0") + bytes([len(positions) - 1])


def document(text="text\r", version=0x65, ident=0xA5DC, flags=0, more=None, least=5120):
    content = text.encode("cp1252")
    end = TEXT_AT + len(content)
    characters = -(-end // PAGE)
    tables = (characters + 2) * PAGE
    fib = bytearray(0x2AA)
    struct.pack_into("<HHHHHHH", fib, 0, ident, version, 0xC02D, 0x0409, 0, flags, version)
    struct.pack_into("<II", fib, 0x18, TEXT_AT, end)
    struct.pack_into("<I", fib, 0x34, len(content))
    struct.pack_into("<HHHH", fib, 0x18A, characters, characters + 1, 1, 1)
    marks = [(at, byte) for at, byte in enumerate(content) if byte in FIELD_MARKS]
    fields = struct.pack(f"<{len(marks) + 1}I", *(at for at, _ in marks), len(content))
    fields += b"".join(bytes((byte, FIELD_MARKS[byte])) for _, byte in marks)
    regions, placed = {
        0xD8: fields if marks else b"",
        0xB8: struct.pack("<IIH", TEXT_AT, end, characters),
        0xC0: struct.pack("<IIH", TEXT_AT, end, characters + 1),
    }, b""
    for place, body in regions.items():
        struct.pack_into("<II", fib, place, tables + len(placed), len(body))
        placed += body
    struct.pack_into("<I", fib, 0x20, tables + len(placed))
    stream = bytes(fib).ljust(TEXT_AT, b"\0") + content
    stream = stream.ljust(characters * PAGE, b"\0") + page((TEXT_AT, end), b"\0")
    ends = [TEXT_AT] + [TEXT_AT + at + 1 for at, byte in enumerate(content) if byte == 13]
    stream += page(ends, bytes(7 * (len(ends) - 1))) + placed
    streams = {"WordDocument": stream.ljust(least, b"\0")}
    return bytes(compound(streams | (more or {})))
