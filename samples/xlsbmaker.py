"""Excel's binary workbooks, [MS-XLSB], record by record, in a package."""
import struct

from zipmaker import Entry, zip_file

PACKAGE = "http://schemas.openxmlformats.org/package/2006/"
DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
MICROSOFT = "http://schemas.microsoft.com/office/2006/relationships/"
EXCEL = "application/vnd.ms-excel."
OFFICE = "application/vnd.openxmlformats-officedocument."
VML = OFFICE + "vmlDrawing"
MAIN = EXCEL + "sheet.binary.macroEnabled.main"
WORKBOOK = "xl/workbook.bin"
SHEET = "xl/worksheets/sheet1.bin"


def record(number, data=b""):
    """2.1.4: the number and the size in seven bits a byte."""
    head = bytes([number]) if number < 128 else bytes([number & 0x7F | 0x80, number >> 7])
    size, rest = b"", len(data)
    while True:
        size += bytes([rest & 0x7F | (0x80 if rest > 127 else 0)])
        rest >>= 7
        if not rest:
            return head + size + data


def longs(*values):
    return struct.pack(f"<{len(values)}i", *values)


def text(value):
    """None is a text that is not there."""
    return longs(-1) if value is None else longs(len(value)) + value.encode("utf-16-le")


# ---- formulas ----

def ref(row, column):
    return struct.pack("<BIH", 0x44, row, column | 0xC000)


def ref3d(reference, row, column):
    return struct.pack("<BHIH", 0x5A, reference, row, column | 0xC000)


def short(value):
    return struct.pack("<BH", 0x1E, value)


def string_token(value):
    return struct.pack("<BH", 0x17, len(value)) + value.encode("utf-16-le")


def call(number, count=None):
    return struct.pack("<BH", 0x41, number) if count is None else struct.pack("<BBH", 0x42, count, number)


def name_ref(number):
    return struct.pack("<BI", 0x43, number)


def parsed(tokens, extra=b""):
    return longs(len(tokens)) + tokens + longs(len(extra)) + extra


# ---- cells ----

def cell(column, style=0):
    return struct.pack("<II", column, style)


def row(number):
    return record(0, struct.pack("<IIHHBI", number, 0, 300, 0, 0, 0))


def string(column, value):
    return record(6, cell(column) + text(value))


def shared(column, index):
    return record(7, cell(column) + longs(index))


def number(column, value, style=0):
    return record(5, cell(column, style) + struct.pack("<d", value))


def formula(column, value, tokens, extra=b""):
    """BrtFmlaNum, BrtFmlaString, BrtFmlaBool."""
    if isinstance(value, bool):
        return record(10, cell(column) + bytes([value]) + b"\0\0" + parsed(tokens, extra))
    if isinstance(value, str):
        return record(8, cell(column) + text(value) + b"\0\0" + parsed(tokens, extra))
    return record(9, cell(column) + struct.pack("<dH", value, 0) + parsed(tokens, extra))


def error_formula(column, code, tokens):
    return record(11, cell(column) + bytes([code]) + b"\0\0" + parsed(tokens))


def expand(row_number, column):
    """A formula that is kept with another cell: tokens and what is behind them."""
    return struct.pack("<BI", 1, row_number), longs(column)


def shared_formula(rows, columns, tokens):
    return record(427, longs(*rows, *columns) + parsed(tokens))


def array_formula(rows, columns, tokens):
    return record(426, longs(*rows, *columns) + b"\0" + parsed(tokens))


def sheet(rows, before=b"", behind=b""):
    """rows: lists of cells; before them and behind them other records."""
    body = b"".join(row(i) + b"".join(cells) for i, cells in enumerate(rows))
    return (record(129) + record(148, longs(0, max(len(rows) - 1, 0), 0, 9)) + before
            + record(145) + body + record(146) + behind + record(130))


def hyperlink(relation, location="", row_number=0):
    return record(494, longs(row_number, row_number, 0, 0) + text(relation) + text(location)
                  + text("") + text(""))


# ---- the workbook ----

def defined_name(name, tokens, flags=0, extra=b""):
    tail = text(None) * (5 if flags & 8 else 1)
    return record(39, longs(flags) + b"\0" + longs(-1) + text(name) + parsed(tokens, extra) + tail)


SELF, SAME, ADD_IN = record(357), record(358), record(667)


def outside(relation):
    return record(355, text(relation))


def links(*books, references):
    """references: (book, first sheet, last sheet)."""
    table = longs(len(references)) + b"".join(longs(*each) for each in references)
    return record(353) + b"".join(books) + record(362, table) + record(354)


def bundle(name, relation, state=0, number_of=1):
    return record(156, longs(state, number_of) + text(relation) + text(name))


def styles(*codes):
    """A style sheet with a cell style for each code of a number format."""
    formats = b"".join(record(44, struct.pack("<H", 164 + i) + text(code))
                       for i, code in enumerate(codes))
    font = record(43, bytes(21) + text("游ゴシック"))
    plain = struct.pack("<HHHHHBBI", 0xFFFF, 0, 0, 0, 0, 0, 0, 0)
    cells = b"".join(record(47, struct.pack("<HHHHHBBI", 0, each, 0, 0, 0, 0, 0, 0))
                     for each in [0] + [164 + i for i in range(len(codes))])
    return (record(278) + record(615, longs(len(codes))) + formats + record(616)
            + record(611, longs(1)) + font + record(612)
            + record(603, longs(1)) + record(45, bytes(68)) + record(604)
            + record(613, longs(1)) + record(46, bytes(51)) + record(614)
            + record(626, longs(1)) + record(47, plain) + record(627)
            + record(617, longs(1 + len(codes))) + cells + record(618)
            + record(619, longs(1)) + record(48, longs(0, 1) + text("標準")) + record(620) + record(279))


def strings(*items):
    """Each a text or the content of its record."""
    return (record(159, longs(len(items), len(items)))
            + b"".join(record(19, item if isinstance(item, bytes) else b"\0" + text(item))
                       for item in items) + record(160))


def comments(author, *texts):
    return (record(628) + record(630) + record(632, text(author)) + record(631) + record(633)
            + b"".join(record(635, longs(0, i, i, 0, 0) + bytes(16))
                       + record(637, b"\0" + text(each)) + record(636) for i, each in enumerate(texts))
            + record(634) + record(629))


def table(name, columns, source=0, connection=0, columns_query=0):
    lines = b"".join(
        record(347, longs(i + 1, 0, -1, -1, -1, columns_query) + text(column) + text(column)
               + text(None) * 4) + record(348)
        for i, column in enumerate(columns))
    return (record(343, longs(0, 1, 0, len(columns) - 1, source, 1, 1, 0, 0, -1, -1, -1, -1, -1, -1,
                              connection) + text(name) + text(name) + text(None) * 4)
            + record(345, longs(len(columns))) + lines + record(346) + record(344))


# ---- the package ----

class Part:
    """A part, its content type, and of which part and how it is a target."""

    def __init__(self, name, kind, relation, content, source=WORKBOOK):
        self.name, self.kind, self.content, self.source = name, kind, content, source
        self.relation = relation if "/" in relation else DOCUMENT + relation


def workbook(rows=(), parts=(), names=b"", before=b"", behind=b"", sheet_data=None, bundles=None,
             links_of_sheet=(), book=None, types=None):
    """One sheet and what else is given. links_of_sheet: (type, target) of outside targets; the
    relationships of a part are rId1, rId2... in the order given, the sheet is rId1 of the
    workbook."""
    sheet_data = sheet(rows, before, behind) if sheet_data is None else sheet_data
    if book is None:
        book = (record(131) + record(153, longs(0, 0) + text("")) + record(143)
                + (bundle("集計", "rId1") if bundles is None else bundles)
                + record(144) + names + record(132))
    parts = [Part(SHEET, EXCEL + "worksheet", "worksheet", sheet_data), *parts]
    overrides = "".join(f'<Override PartName="/{part.name}" ContentType="{part.kind}"/>'
                        for part in parts)
    content = ('<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
               f'<Types xmlns="{PACKAGE}content-types">'
               '<Default Extension="rels" ContentType='
               '"application/vnd.openxmlformats-package.relationships+xml"/>'
               f'<Default Extension="bin" ContentType="{types or MAIN}"/>{overrides}</Types>')
    entries = [Entry(b"[Content_Types].xml", content.encode()),
               relations("", [(DOCUMENT + "officeDocument", WORKBOOK, "")]),
               Entry(WORKBOOK.encode(), book)]
    for source in [WORKBOOK] + [part.name for part in parts]:
        targets = [(part.relation, "/" + part.name, "") for part in parts if part.source == source]
        if source == SHEET:
            targets += [(DOCUMENT + kind, target, ' TargetMode="External"')
                        for kind, target in links_of_sheet]
        if targets:
            entries.append(relations(source, targets))
    return zip_file(entries + [Entry(part.name.encode(), part.content) for part in parts])


def relations(source, targets):
    folder, _, name = source.rpartition("/")
    body = "".join(f'<Relationship Id="rId{i + 1}" Type="{kind}" Target="{target}"{mode}/>'
                   for i, (kind, target, mode) in enumerate(targets))
    return Entry((f"{folder}/" if folder else "").encode() + f"_rels/{name}.rels".encode(),
                 ('<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
                  f'<Relationships xmlns="{PACKAGE}relationships">{body}</Relationships>').encode())
