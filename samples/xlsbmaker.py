"""Excel's binary workbooks, [MS-XLSB]: just enough records for one sheet."""
import struct

from zipmaker import Entry, zip_file

MAIN = "http://schemas.openxmlformats.org/package/2006/"
DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def record(number, data=b""):
    """2.1.4: the number and the size in seven bits a byte."""
    head = bytes([number]) if number < 128 else bytes([number & 0x7F | 0x80, number >> 7])
    size, rest = b"", len(data)
    while True:
        size += bytes([rest & 0x7F | (0x80 if rest > 127 else 0)])
        rest >>= 7
        if not rest:
            return head + size + data


def text(value):
    return struct.pack("<I", len(value)) + value.encode("utf-16-le")


def cell(column):
    return struct.pack("<II", column, 0)


def row(number):
    return record(0, struct.pack("<IIHHBI", number, 0, 300, 0, 0, 0))


def string(column, value):
    return record(6, cell(column) + text(value))


def number(column, value):
    return record(5, cell(column) + struct.pack("<d", value))


def formula(column, value, tokens):
    """BrtFmlaNum."""
    return record(9, cell(column) + struct.pack("<dH", value, 0)
                  + struct.pack("<I", len(tokens)) + tokens + struct.pack("<I", 0))


def sheet(rows):
    """rows: lists of cells."""
    body = b"".join(row(i) + b"".join(cells) for i, cells in enumerate(rows))
    return (record(129) + record(148, struct.pack("<IIII", 0, max(len(rows) - 1, 0), 0, 9))
            + record(145) + body + record(146) + record(130))


def relations(*lines):
    body = "".join(f'<Relationship Id="{name}" Type="{kind}" Target="{target}"{more}/>'
                   for name, kind, target, more in lines)
    return (f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
            f'<Relationships xmlns="{MAIN}relationships">{body}</Relationships>').encode()


def workbook(rows, parts=(), names=b""):
    """parts: (name, content type, type of its relation, content)."""
    book = (record(131) + record(143)
            + record(156, struct.pack("<II", 0, 1) + text("rId1") + text("集計"))
            + record(144) + names + record(132))
    types = "".join(f'<Override PartName="/{name}" ContentType="{kind}"/>'
                    for name, kind, _, _ in parts)
    content = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        f'<Types xmlns="{MAIN}content-types">'
        '<Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="bin" ContentType="application/vnd.ms-excel.sheet.binary.'
        'macroEnabled.main"/>'
        '<Override PartName="/xl/worksheets/sheet1.bin" '
        f'ContentType="application/vnd.ms-excel.worksheet"/>{types}</Types>').encode()
    inner = [("rId1", f"{DOCUMENT}/worksheet", "worksheets/sheet1.bin", "")]
    inner += [(f"rId{i + 2}", kind, name.removeprefix("xl/"), "")
              for i, (name, _, kind, _) in enumerate(parts)]
    return zip_file([
        Entry(b"[Content_Types].xml", content),
        Entry(b"_rels/.rels", relations(("rId1", f"{DOCUMENT}/officeDocument",
                                        "xl/workbook.bin", ""))),
        Entry(b"xl/workbook.bin", book),
        Entry(b"xl/_rels/workbook.bin.rels", relations(*inner)),
        Entry(b"xl/worksheets/sheet1.bin", sheet(rows)),
        *[Entry(name.encode(), data) for name, _, _, data in parts]])
