"""Metafiles of Windows ([MS-WMF], [MS-EMF]), and how drawings hold them ([MS-ODRAW] 2.2.31)."""
import struct
import zlib


def emf_record(kind, body=b""):
    return struct.pack("<II", kind, 8 + len(body)) + body


def emf(*records, handles=4):
    body = b"".join(records) + emf_record(14, struct.pack("<III", 0, 16, 20))
    header = struct.pack("<IIiiiiiiii", 1, 108, 0, 0, 100, 100, 0, 0, 2540, 2540)
    header += struct.pack("<IIIIHHIIIiiii", 0x464D4520, 0x10000, 108 + len(body), len(records) + 2,
                          handles, 0, 0, 0, 0, 1024, 768, 320, 240)
    return header + bytes(12) + struct.pack("<II", 320000, 240000) + body


def emf_polyline(*points, count=None):
    body = bytes(16) + struct.pack("<I", len(points) if count is None else count)
    return emf_record(4, body + b"".join(struct.pack("<ii", *point) for point in points))


def emf_text(text, start=76):
    raw = text.encode("utf-16-le")
    body = bytes(16) + struct.pack("<Iff", 1, 1.0, 1.0) + struct.pack(
        "<iiIIIiiiiI", 5, 5, len(text), start, 0, 0, 0, 0, 0, 0)
    return emf_record(84, body + raw + bytes(-len(raw) % 4))


def emf_picture(pixels, packing=0):
    header = struct.pack("<IiiHHIIiiII", 40, 2, 2, 1, 24, packing, 0, 0, 0, 0, 0)
    fixed = bytes(16) + struct.pack("<iiiiiiIIIIIIii", 0, 0, 0, 0, 2, 2, 80, 40, 120, len(pixels), 0,
                                    0xCC0020, 50, 50)
    return emf_record(81, fixed + header + pixels)


EMF_PEN = emf_record(38, struct.pack("<IIiiI", 1, 0, 1, 0, 0xFF))
EMF_SELECT = emf_record(37, struct.pack("<I", 1))
EMF_LINE = emf_polyline((0, 0), (90, 90), (0, 90))
EMF_COMMENT = emf_record(70, struct.pack("<I", 12) + b"EMF+" + bytes(8))


def wmf_record(function, *words):
    return struct.pack("<IH", 3 + len(words), function) + struct.pack(
        f"<{len(words)}H", *(word & 0xFFFF for word in words))


def wmf(*records):
    body = b"".join(records) + wmf_record(0)
    return struct.pack("<HHHIHIH", 1, 9, 0x300, (18 + len(body)) // 2, 4,
                       max(len(record) for record in records) // 2, 0) + body


WMF_WINDOW = wmf_record(0x020C, 100, 100)
WMF_PEN = wmf_record(0x02FA, 0, 1, 0, 0xFF, 0)
WMF_SELECT = wmf_record(0x012D, 0)
WMF_LINE = wmf_record(0x0325, 3, 0, 0, 90, 90, 0, 90)
WMF_ESCAPE = wmf_record(0x0626, 9, 4, 0x1234, 0)  # SETABORTPROC: CVE-2005-4560


def blip(metafile, enhanced=True, packed=True, size=None):
    """The bytes behind the identifier of a BLIP."""
    data = zlib.compress(metafile) if packed else metafile
    head = struct.pack("<IiiiiiiIBB", len(metafile) if size is None else size, 0, 0, 100, 100,
                       914400, 914400, len(data), 0 if packed else 0xFE, 0xFE)
    return head + data
