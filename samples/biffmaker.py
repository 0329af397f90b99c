"""Writes workbooks of Excel 97-2003 (BIFF8, [MS-XLS]) and 5/95 (BIFF5) from nothing."""
import struct

import metafilemaker
from compoundmaker import compound

CLASS8 = bytes.fromhex("2008020000000000c000000000000046")
CLASS5 = bytes.fromhex("1008020000000000c000000000000046")
GLOBALS, VB, SHEET, CHART, MACRO = 5, 6, 0x10, 0x20, 0x40


def record(kind, *parts):
    body = b"".join(parts)
    return struct.pack("<HH", kind, len(body)) + body


def words(*values):
    return struct.pack(f"<{len(values)}H", *values)


def short(text, biff8=True):
    """A string with a byte for its length."""
    if not biff8:
        raw = text.encode("cp932")
        return bytes([len(raw)]) + raw
    return bytes([len(text)]) + units(text)


def units(text):
    """A byte that says how wide, and the characters."""
    if all(ord(c) < 256 for c in text):
        return b"\0" + text.encode("latin-1")
    return b"\1" + text.encode("utf-16-le")


def string(text):
    return words(len(text)) + units(text)


# ---- expressions ----

def number(value):
    return b"\x1e" + words(value)


def text(value):
    return b"\x17" + short(value)


def ref(row, column):
    return b"\x44" + words(row, 0xC000 | column)


def ref3d(xti, row, column):
    return b"\x5a" + words(xti, row, 0xC000 | column)


def call(function, count=1):
    return b"\x42" + bytes([count]) + words(function)


def name_ref(index):
    return b"\x43" + words(index, 0)


def extern_name(xti, index):
    return b"\x59" + words(xti, index, 0)


# ---- cells ----

def value_of(value):
    """The cached value of a formula, and whether a STRING follows."""
    if isinstance(value, bool):
        return struct.pack("<BBBBHH", 1, 0, value, 0, 0, 0xFFFF)
    if isinstance(value, str):
        return struct.pack("<BBBBHH", 0 if value else 3, 0, 0, 0, 0, 0xFFFF)
    if isinstance(value, bytes):  # an error
        return struct.pack("<BBBBHH", 2, 0, value[0], 0, 0, 0xFFFF)
    return struct.pack("<d", value)


def formula(row, column, tokens, value=0.0, behind=b"", biff8=True):
    made = record(6, words(row, column, 15), value_of(value), words(0), bytes(4),
                  words(len(tokens)), tokens)
    made += behind
    if isinstance(value, str) and value:
        raw = value.encode("cp932")
        made += record(0x207, string(value) if biff8 else words(len(raw)) + raw)
    return made


def cell(row, column, value, book=None):
    if isinstance(value, bool):
        return record(0x205, words(row, column, 15), bytes([value, 0]))
    if isinstance(value, str):
        return record(0xFD, words(row, column, 15), struct.pack("<I", book.string(value)))
    return record(0x203, words(row, column, 15), struct.pack("<d", value))


def label5(row, column, value):
    raw = value.encode("cp932")
    return record(0x204, words(row, column, 15, len(raw)), raw)


def row_record(row):
    return record(0x208, words(row, 0, 8, 0xFF, 0, 0), struct.pack("<I", 0x100))


# ---- links and names ----

SELF = record(0x1AE, words(1, 0x0401))
ADD_IN = record(0x1AE, words(1, 0x3A01))


def workbook_link(path, *sheets):
    return record(0x1AE, words(len(sheets)), string(path), *(string(sheet) for sheet in sheets))


def extern_sheet(*entries):
    return record(0x17, words(len(entries)), *(words(*entry) for entry in entries))


def add_in_name(name):
    return record(0x23, bytes(6), short(name), words(2), b"\x1c\x17")


def defined_name(name, tokens, flags=0, key=0, sheet=0):
    built_in = isinstance(name, int)
    characters = b"\0" + bytes([name]) if built_in else units(name)
    return record(0x18, words(flags | (0x20 if built_in else 0)),
                  bytes([key, 1 if built_in else len(name)]), words(len(tokens), 0, sheet),
                  bytes(4), characters, tokens)


STANDARD = bytes.fromhex("d0c9ea79f9bace118c8200aa004ba90b")
URL = bytes.fromhex("e0c9ea79f9bace118c8200aa004ba90b")
FILE = bytes.fromhex("0303000000000000c000000000000046")


def utf16(value):
    return struct.pack("<I", len(value) + 1) + (value + "\0").encode("utf-16-le")


def hyperlink(row, column, url=None, file=None, location=None):
    flags = (3 if url or file else 0) | (8 if location else 0)
    made = words(row, row, column, column) + STANDARD + struct.pack("<II", 2, flags)
    if url:
        raw = (url + "\0").encode("utf-16-le")
        made += URL + struct.pack("<I", len(raw)) + raw
    if file:
        raw = file.encode() + b"\0"
        made += FILE + words(0) + struct.pack("<I", len(raw)) + raw + words(0xFFFF, 0xDEAD) \
            + bytes(20) + struct.pack("<I", 0)
    if location:
        made += utf16(location)
    return record(0x1B8, made)


# ---- drawings ----

def escher(kind, body, version=0, instance=0):
    return struct.pack("<HHI", instance << 4 | version, kind, len(body)) + body


def container(kind, *parts, instance=0):
    return escher(kind, b"".join(parts), 15, instance)


def options(*pairs):
    return escher(0xF00B, b"".join(struct.pack("<HI", *pair) for pair in pairs), 3, len(pairs))


ANCHOR = escher(0xF010, words(2, 1, 0, 1, 0, 3, 0, 5, 0))
DATA = escher(0xF011, b"")
TEXTBOX = escher(0xF00D, b"")


class Drawing:
    """Shapes of a sheet; each has its records behind the cut of the stream."""

    def __init__(self, number=1):
        self.number, self.shapes = number, []

    def shape(self, kind, flags=0xA00, properties=(), records=b"", text=None):
        self.shapes.append((kind, flags, properties, records, text))
        return self

    def records(self, limit=8224):
        """MSODRAWING and what stands between."""
        first = self.number << 10
        group = escher(0xF004, escher(0xF009, bytes(16), 1)
                       + escher(0xF00A, struct.pack("<II", first, 5), 2), 15)
        pieces, ends = [], []
        shapes = b""
        for index, (kind, flags, properties, records, text) in enumerate(self.shapes):
            head = (escher(0xF00A, struct.pack("<II", first + 1 + index, flags), 2, kind)
                    + (options(*properties) if properties else b"") + ANCHOR)
            inner = head + DATA + (TEXTBOX if text else b"")
            start = len(shapes) + 8
            shapes += escher(0xF004, inner, 15)
            ends.append((start + len(head) + 8, records))
            if text:
                ends.append((start + len(inner), text))
        count = len(self.shapes) + 1
        drawing = escher(0xF008, struct.pack("<II", count, first + count - 1), 0, self.number)
        spgr = struct.pack("<HHI", 15, 0xF003, len(group + shapes))
        head = struct.pack("<HHI", 15, 0xF002, len(drawing + spgr + group + shapes)) + drawing + spgr + group
        stream = head + shapes
        done, out = 0, b""
        for end, records in ends:
            piece = stream[done:len(head) + end]
            kind = 0xEC if done == 0 or len(head) + end <= limit else 0x3C
            for at in range(0, len(piece), 8224):
                out += record(kind if at == 0 else 0x3C, piece[at:at + 8224])
            out += records
            done = len(head) + end
        return out


def obj(kind, number, *parts):
    return record(0x5D, words(0x15, 18, kind, number, 0x6011), bytes(12), *parts, bytes(4))


def part(kind, body):
    return words(kind, len(body)) + body


def txo(value):
    return (record(0x1B6, words(0x212, 0), bytes(6), words(len(value), 16, 0), bytes(4))
            + record(0x3C, units(value))
            + record(0x3C, words(0, 0), bytes(4), words(len(value), 0), bytes(4)))


def picture_group(*entries, shapes=2):
    """MSODRAWINGGROUP with pictures: (kind of BLIP, type, bytes)."""
    blips = b""
    for kind, instance, data in entries:
        inner = metafilemaker.blip(data) if kind < 4 else b"\xff" + data
        blip = escher({6: 0xF01E, 5: 0xF01D, 2: 0xF01A, 3: 0xF01B}[kind], bytes(16) + inner, 0, instance)
        blips += escher(0xF007, bytes([kind, kind]) + bytes(16) + struct.pack("<HIIIBBH", 0xFF, len(blip), 1, 0, 0, 0, 0)
                        + blip, 2, kind)
    dgg = escher(0xF006, struct.pack("<IIII", 0x402 + shapes, 2, shapes, 1) + struct.pack("<II", 1, shapes))
    store = container(0xF001, blips, instance=len(entries)) if entries else b""
    return record(0xEB, container(0xF000, dgg, store))


def chart(*series):
    """A chart's substream with expressions of series."""
    made = record(0x809, words(0x600, CHART, 0xDBB, 0x7CC), bytes(8))
    made += record(0x1001, words(0)) + record(0x1002, bytes(16)) + record(0x1033)
    for tokens in series:
        made += (record(0x1003, words(1, 1, 1, 1, 1, 0)) + record(0x1033)
                 + record(0x1051, b"\1\2", words(0, 0, len(tokens)), tokens) + record(0x1034))
    return made + record(0x1034) + record(0x200, bytes(14)) + record(0xA)


# ---- the whole ----

class Book:
    def __init__(self, biff8=True):
        self.biff8 = biff8
        self.sheets = []  # name, kind in the list, state, records
        self.strings = []
        self.raw = {}  # string: how it stands in the table
        self.front = b""  # behind the beginning
        self.globals = b""  # behind the fonts
        self.links = b""  # in front of the strings
        self.end = b""

    def string(self, value):
        self.strings.append(value)
        return len(self.strings) - 1

    def begin(self, kind):
        return record(0x809, words(0x600 if self.biff8 else 0x500, kind, 0xDBB, 0x7CC),
                      bytes(8) if self.biff8 else b"")

    def sheet(self, name, *cells, kind=SHEET, listed=None, state=0, drawing=b"", behind=b"",
              front=b"", whole=None):
        listed = {SHEET: 0, CHART: 2, MACRO: 1, VB: 6}[kind] if listed is None else listed
        if whole is None:
            size = 14 if self.biff8 else 10
            window = bytes(18) if self.biff8 else bytes(10)
            whole = (self.begin(kind) + front + record(0x200, bytes(size)) + b"".join(cells) + drawing
                     + record(0x23E, window) + behind + record(0xA))
        self.sheets.append((name, listed, state, whole))
        return self

    def styles(self):
        if self.biff8:
            font = record(0x31, words(200, 0, 0x7FFF, 400, 0), bytes(4), short("MS PGothic"))
            xf = record(0xE0, words(0, 0, 0xFFF5, 0x20), bytes(12))
            cell_xf = record(0xE0, words(0, 0, 1, 0x20), bytes(12))
        else:
            font = record(0x31, words(200, 0, 0x7FFF, 400, 0), bytes(4), b"\5Arial")
            xf = record(0xE0, words(0, 0, 0xFFF5, 0x20), bytes(8))
            cell_xf = record(0xE0, words(0, 0, 1, 0x20), bytes(8))
        style = record(0x293, words(0x8000), b"\0\xff")
        return font * 4 + xf * 15 + cell_xf + style

    def table(self):
        if not self.strings or not self.biff8:
            return b""
        body = struct.pack("<II", len(self.strings), len(self.strings))
        out, kind = b"", 0xFC
        for value in self.strings:
            raw = self.raw.get(value, string(value))
            if len(body) + len(raw) > 8224 and isinstance(raw, bytes) and len(raw) <= 8000:
                out += record(kind, body)
                body, kind = b"", 0x3C
            body += raw
        return out + record(kind, body[:8224]) + (record(0x3C, body[8224:]) if len(body) > 8224 else b"") \
            + record(0xFF, words(8))

    def stream(self):
        code_page = 1200 if self.biff8 else 932
        head = (self.begin(GLOBALS) + self.front + record(0x42, words(code_page))
                + record(0x3D, words(0, 0, 9000, 9000, 0x38, 0, 0, 1, 600)) + self.styles() + self.globals)
        entries = [(name if isinstance(name, bytes) else short(name, self.biff8), listed, state)
                   for name, listed, state, _ in self.sheets]
        tail = self.links + self.table() + self.end + record(0xA)
        size = len(head) + sum(10 + len(name) for name, _, _ in entries) + len(tail)
        listing, sheets = b"", b""
        for (name, listed, state), (_, _, _, whole) in zip(entries, self.sheets):
            listing += record(0x85, struct.pack("<IBB", size + len(sheets), state, listed), name)
            sheets += whole(size + len(sheets)) if callable(whole) else whole
        return head + listing + tail + sheets

    def data(self, more=None, stream=None):
        name = "Workbook" if self.biff8 else "Book"
        stream = self.stream() if stream is None else stream
        return compound({name: stream, **(more or {})}, class_id=CLASS8 if self.biff8 else CLASS5)


# ---- passwords ([MS-XLS] 2.2.10) ----

def file_pass(lock, biff8=True):
    if hasattr(lock, "mask"):
        return record(0x2F, words(0) if biff8 else b"", words(lock.key, lock.hash))
    return record(0x2F, words(1), lock.header())


def encrypted(lock, stream):
    """The records of a stream with their bodies encrypted."""
    out = bytearray(stream if hasattr(lock, "mask") else lock.stream(stream, 1024))
    at = 0
    while at < len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        clear = 4 if kind == 0x85 else 0
        if kind in (0x809, 0x2F, 0x194, 0x195, 0xE1, 0x196, 0x138):
            clear = size
        body = at + 4
        if hasattr(lock, "mask"):
            out[body:body + size] = lock.record(stream[body:body + size], body, clear)
        else:
            out[at:body + clear] = stream[at:body + clear]
        at = body + size
    return bytes(out)
