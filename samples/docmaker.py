"""Writes documents of Word 97 to 2003 ([MS-DOC]) from nothing: text with its fields, runs of
properties, notes and comments, pictures, and whatever a sample adds or breaks."""
import struct

from compoundmaker import compound

BEGIN, SEPARATOR, END, PICTURE, DRAWN = "\x13", "\x14", "\x15", "\x01", "\x08"
PAGE, TEXT_AT = 512, 1024
WORD = bytes.fromhex("0609020000000000c000000000000046")
PARTS = ("main", "notes", "headers", "macros", "comments", "endnotes", "boxes", "header_boxes")
FIELD_TABLES = {"main": 16, "headers": 17, "notes": 18, "comments": 19, "endnotes": 48,
                "boxes": 57, "header_boxes": 59}
KINDS = {"REF": 3, "XE": 4, "INDEX": 8, "SEQ": 12, "TOC": 13, "FILENAME": 0x1D, "DATE": 0x1F,
         "TIME": 0x20, "PAGE": 0x21, "QUOTE": 0x23, "PAGEREF": 0x25, "DDE": 0x2D, "DDEAUTO": 0x2E,
         "EQ": 0x31, "MACROBUTTON": 0x33, "IMPORT": 0x37, "LINK": 0x38, "EMBED": 0x3A,
         "INCLUDEPICTURE": 0x43, "INCLUDETEXT": 0x44, "FORMTEXT": 0x46, "FORMCHECKBOX": 0x47,
         "DATABASE": 0x4E, "AUTOTEXT": 0x4F, "CONTROL": 0x57, "HYPERLINK": 0x58}

# Properties that samples use.
BOLD = struct.pack("<HB", 0x0835, 1)
SPECIAL = struct.pack("<HB", 0x0855, 1)
DATA = struct.pack("<HB", 0x0806, 1)
OLE2 = struct.pack("<HB", 0x080A, 1)
OBJECT = struct.pack("<HB", 0x0856, 1)
HIDDEN = struct.pack("<HB", 0x083C, 1)
DELETED = struct.pack("<HB", 0x0800, 1)
IN_TABLE = struct.pack("<HB", 0x2416, 1)
ROW_END = struct.pack("<HB", 0x2417, 1)
NUMBERED = struct.pack("<HBHH", 0x260A, 0, 0x460B, 1)


def at(offset):
    """The place of a picture in Data."""
    return SPECIAL + struct.pack("<HI", 0x6A03, offset)


def row(cells=2):
    edges = struct.pack(f"<{cells + 1}h", *(3000 * i for i in range(cells + 1)))
    body = bytes([cells]) + edges + bytes(20 * cells)
    return IN_TABLE + ROW_END + struct.pack("<HH", 0xD608, len(body) + 1) + body


def field(instruction, result=None):
    return BEGIN + instruction + ("" if result is None else SEPARATOR + result) + END


def plc(positions, items=b""):
    return struct.pack(f"<{len(positions)}I", *positions) + items


def text(value):
    """With its length in front and a zero behind (Xstz)."""
    return struct.pack("<H", len(value)) + value.encode("utf-16-le") + b"\0\0"


def texts(values):
    """A table of texts (STTB)."""
    return struct.pack("<HHH", 0xFFFF, len(values), 0) + b"".join(
        struct.pack("<H", len(value)) + value.encode("utf-16-le") for value in values)


def record(kind, body, version=0, instance=0):
    return struct.pack("<HHI", version | instance << 4, kind, len(body)) + body


def container(kind, *records, instance=0):
    return record(kind, b"".join(records), 15, instance)


def properties(*pairs, kind=0xF00B):
    """FOPT; a value of bytes is a complex property."""
    fixed = rest = b""
    for number, value in pairs:
        if isinstance(value, bytes):
            fixed += struct.pack("<HI", number | 0x8000, len(value))
            rest += value
        else:
            fixed += struct.pack("<HI", number, value)
    return record(kind, fixed + rest, 3, len(pairs))


def blip(picture, kind=0xF01E, instance=0x6E0):
    return record(kind, b"\x11" * 16 + b"\xff" + picture, 0, instance)


def entry(inside=b"", size=0, delay=0xFFFFFFFF, kind=6):
    body = struct.pack("<BB16sHIIIBBBB", kind, kind, b"\x11" * 16, 0xFF, size or len(inside), 1,
                       delay, 0, 0, 0, 0)
    return record(0xF007, body + inside, 2, kind)


def shape(number=1024, kind=75, flags=0xA00, *more):
    return container(0xF004, record(0xF00A, struct.pack("<II", number, flags), 2, kind), *more)


def picture(image, name=None, blip_of=blip, more=()):
    """PICFAndOfficeArtData: an inline picture."""
    art = shape(1024, 75, 0xA00, properties((0x104, 0x4001 & 0x3FFF), *more),
                record(0xF010, struct.pack("<I", 0x80000000))) + entry(blip_of(image))
    kind = 0x64
    if name is not None:
        art, kind = bytes([len(name)]) + name + art, 0x66
    return header(art, kind)


def header(body, kind=0):
    fixed = struct.pack("<HHHHH", 68, kind, 100, 100, 0) + bytes(14)
    fixed += struct.pack("<hhHHhhhh", 1500, 1500, 1000, 1000, 0, 0, 0, 0)
    fixed = fixed.ljust(64, b"\0")
    return struct.pack("<I", len(body) + 68) + fixed + body


def form(kind=0, entry_macro="", exit_macro="", name="Text1", entries=()):
    body = struct.pack("<IHHH", 0xFFFFFFFF, kind, 0, 0) + text(name)
    body += text("") if kind == 0 else struct.pack("<H", 0)
    body += text("") + text("") + text("") + text(entry_macro) + text(exit_macro)
    return header(body + (texts(entries) if kind == 2 else b""))


def style(name, number, kind=1, papx=b"", chpx=b""):
    lists = [struct.pack("<H", number) + papx, chpx] if kind == 1 else [chpx]
    body = name.encode("utf-16-le")
    body = struct.pack("<H", len(name)) + body + b"\0\0"
    for upx in lists:
        body += struct.pack("<H", len(upx)) + upx + bytes(len(upx) & 1)
    base = struct.pack("<HHHHH", number if number < 10 else 0xFFE, kind | 0xFFF0,
                       len(lists) | number << 4, 10 + len(body), 0)
    return struct.pack("<H", 10 + len(body)) + base + body


def styles(more=()):
    known = [style("Normal", 0)] + [b"\0\0"] * 14
    for number, one in enumerate(more):
        known[number + 1] = one
    header_ = struct.pack("<HHHHHHHHH", len(known), 10, 1, 91, 15, 0, 0, 0, 0)
    return struct.pack("<H", len(header_)) + header_ + b"".join(known)


def level(number_text="\0.", chpx=b"", papx=b""):
    fixed = struct.pack("<IBB9sBII", 1, 0, 0, b"\1" + bytes(8), 0, 0, 0)
    fixed += struct.pack("<BBBB", len(chpx), len(papx), 0, 0)
    return fixed + papx + chpx + struct.pack("<H", len(number_text)) + \
        number_text.encode("utf-16-le")


def lists(*levels):
    return struct.pack("<HII", 1, 7, 7) + b"\xff\x0f" * 9 + b"\1\0", b"".join(levels)


def overrides():
    return struct.pack("<IIIIBBBB", 1, 7, 0, 0, 0, 0, 0, 0) + b"\xff" * 4


def fonts(*names):
    out = struct.pack("<HH", len(names), 0)
    for name in names:
        body = struct.pack("<BHBB", 0x12, 400, 128, 0) + bytes(34) + (name + "\0").encode("utf-16-le")
        out += bytes([len(body)]) + body
    return out


class Doc:
    """`main` and the other parts are their text; `runs` of (start, end, properties) are of the
    main text, `paragraphs` of (end, properties) too. data() gives the file."""

    def __init__(self, main="text\r", runs=(), paragraphs=(), **more):
        self.parts = {"main": main}
        for name in PARTS[1:]:
            self.parts[name] = more.pop(name, "")
        self.runs, self.paragraphs = list(runs), list(paragraphs)
        self.regions = dict(more.pop("regions", {}))
        self.kinds = more.pop("kinds", {})       # of fields, where they lie
        self.without = more.pop("without", ())   # regions that are left out
        self.blocks = more.pop("data", b"")
        self.streams = more.pop("streams", {})
        self.flags = more.pop("flags", 0x1200)
        self.version = more.pop("version", 0xC1)
        self.behind = more.pop("behind", b"")    # of WordDocument: floating pictures
        self.leftover = more.pop("leftover", b"")
        self.pieces = more.pop("pieces", None)
        self.prc = more.pop("prc", b"")
        self.lists = more.pop("lists", None)
        self.next_fib = more.pop("next_fib", 0)
        self.narrow = more.pop("narrow", False)
        self.ident = more.pop("ident", 0xA5EC)
        self.lock = more.pop("lock", None)       # of samples/rc4lock.py, xorlock.py
        self.patch = more.pop("patch", {})       # of WordDocument, offset: bytes
        assert not more, more

    def whole(self):
        return "".join(self.parts[name] for name in PARTS)

    def field_tables(self):
        for name, number in FIELD_TABLES.items():
            signs = [(i, c) for i, c in enumerate(self.parts[name]) if c in "\x13\x14\x15"]
            if not signs or number in self.without:
                continue
            items = b""
            for i, c in signs:
                keyword = self.parts[name][i + 1:].lstrip().split(" ")[0].split("\x15")[0]
                kind = self.kinds.get(i, KINDS.get(keyword.split("\x14")[0], 1))
                items += bytes([ord(c), {"\x13": kind, "\x14": 0xFF, "\x15": 0x80}[c]])
            yield number, plc([i for i, _ in signs] + [len(self.parts[name])], items)

    def _page(self, entry, runs, width):
        """A page of properties: bounds, places, lists from its end."""
        page = bytearray(PAGE)
        places, end = {b"": 0}, PAGE - 1
        for i, (_, _, properties_) in enumerate(runs):
            if properties_ not in places:
                body = properties_
                if entry == 1:
                    body = bytes([len(body)]) + body
                else:
                    body = b"\0\0" + body
                    body = bytes([0, (len(body) + 1) // 2]) + body + bytes(len(body) & 1)
                end = (end - len(body)) & ~1
                page[end:end + len(body)] = body
                places[properties_] = end // 2
            page[4 * (len(runs) + 1) + entry * i] = places[properties_]
        bounds = [runs[0][0]] + [end_ for _, end_, _ in runs]
        page[:4 * len(bounds)] = struct.pack(f"<{len(bounds)}I",
                                             *(TEXT_AT + width * p for p in bounds))
        page[PAGE - 1] = len(runs)
        return bytes(page)

    def _filled(self, runs, total):
        """Runs without gaps."""
        out, position = [], 0
        for start, end, properties_ in sorted(runs):
            if start > position:
                out.append((position, start, b""))
            out.append((start, end, properties_))
            position = end
        if position < total or not out:
            out.append((position, total, b""))
        return out

    def table(self, main):
        pieces = self.pieces or [(0, len(self.whole()), TEXT_AT)]
        address = [fc * 2 | 0x40000000 if self.narrow else fc for _, _, fc in pieces]
        clx = self.prc + b"\2"
        items = b"".join(struct.pack("<HIH", 0, fc, 0) for fc in address)
        body = plc([first for first, _, _ in pieces] + [pieces[-1][1]], items)
        clx += struct.pack("<I", len(body)) + body
        chpx, papx, sepx = main
        total = len(self.parts["main"])
        bounds = [TEXT_AT, TEXT_AT + len(self.whole()) * (1 if self.narrow else 2)]
        regions = {1: styles(), 6: plc([0, total], struct.pack("<HIHI", 0, sepx, 0, 0xFFFFFFFF)),
                   12: plc(bounds, struct.pack("<I", chpx // PAGE)),
                   13: plc(bounds, struct.pack("<I", papx // PAGE)),
                   15: fonts("MS Mincho", "Arial"), 31: bytes(500), 33: clx}
        regions.update(self.field_tables())
        regions.update(self.regions)
        out, places = self.lock.header() if self.lock else b"", {}
        for number in sorted(regions):
            if number in self.without:
                continue
            places[number] = len(out), len(regions[number])
            out += regions[number]
            if number == 73 and self.lists:
                out += self.lists
        return out, places

    def _lock(self, tree):
        """[MS-DOC] 2.2.6: every stream but its beginning."""
        for name in tree:
            clear = {"WordDocument": 68, "Data": 0}.get(name, len(self.lock.header()))
            tree[name] = self.lock.stream(tree[name], 512, clear)

    def data(self):
        whole = self.whole()
        width = 1 if self.narrow else 2
        raw = whole.encode("cp1252" if self.narrow else "utf-16-le")
        main = bytes(TEXT_AT) + raw + self.leftover
        main += bytes(-len(main) % PAGE)
        chpx = len(main)
        main += self._page(1, self._filled(self.runs, len(whole)), width)
        papx, ends = len(main), []
        for end, properties_ in self.paragraphs:
            ends.append((ends[-1][1] if ends else 0, end, properties_))
        main += self._page(13, self._filled(ends, len(whole)), width)
        sepx = len(main)
        page_size = struct.pack("<HHHH", 0xB01F, 11906, 0xB020, 16838)
        main += struct.pack("<H", len(page_size)) + page_size
        main += bytes(-len(main) % PAGE)
        main = main.ljust(4096, b"\0")
        self.behind_at = len(main)
        main += self.behind(len(main)) if callable(self.behind) else self.behind
        table, places = self.table((chpx, papx, sepx))
        fib = struct.pack("<HHHHHHHIBBHHII", self.ident, self.version, 0, 0x411, self.next_fib,
                          self.flags | (self.lock.flags if self.lock else 0), 0xBF,
                          self.lock.number() if self.lock else 0, 0, 0, 0, 0, TEXT_AT, TEXT_AT + len(raw))
        fib += struct.pack("<H", 14) + bytes(26) + struct.pack("<HH", 0x411, 22)
        longs = [len(main), 0, 0] + [len(self.parts[name]) for name in PARTS]
        fib += struct.pack("<22I", *(longs + [0] * 11)) + struct.pack("<H", 93)
        for number in range(93):
            fib += struct.pack("<II", *places.get(number, (0, 0)))
        main = bytearray(fib + main[len(fib):])
        for offset, value in self.patch.items():
            main[offset:offset + len(value)] = value
        tree = {"WordDocument": bytes(main),
                "1Table" if self.flags & 0x200 else "0Table": table}
        if self.blocks:
            tree["Data"] = self.blocks
        if self.lock:
            self._lock(tree)
        tree.update(self.streams)
        return compound(tree, class_id=WORD)
