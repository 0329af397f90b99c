"""Metafiles of Windows ([MS-WMF], [MS-EMF]), and how drawings hold them ([MS-ODRAW] 2.2.31)."""
import gzip
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


def emf_picture(pixels, packing=0, width=2, height=2):
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, packing, 0, 0, 0, 0, 0)
    fixed = bytes(16) + struct.pack("<iiiiiiIIIIIIii", 0, 0, 0, 0, 2, 2, 80, 40, 120, len(pixels), 0,
                                    0xCC0020, 50, 50)
    return emf_record(81, fixed + header + pixels)


EMF_RECTANGLES = struct.pack("<IIIIiiiiiiii", 32, 1, 1, 16, 0, 0, 9, 9, 0, 0, 9, 9)


def emf_masked(mask=bytes(8), masked=True):
    """MASKBLT: a bitmap of 2 by 2 and its mask."""
    header = struct.pack("<IiiHHIIiiII", 40, 2, 2, 1, 24, 0, 0, 0, 0, 0, 0)
    bits = struct.pack("<IiiHHIIiiIIII", 40, 2, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0xFFFFFF)
    fixed = struct.pack("<16xiiiiIii24xIIIIIIiiIIIII", 0, 0, 9, 9, 0xAACC0020, 0, 0, 0, 0, 128, 40, 168, 16, 0, 0, 0,
                        184, 48, 232, len(mask))
    return emf_record(78, fixed + header + bytes(16) + bits + mask)


def emf_mesh(*corners, mode=0, count=1, padding=b""):
    body = bytes(16) + struct.pack("<III", 2, count, mode)
    body += b"".join(struct.pack("<iiHHHH", at, at, 0xFF00, 0, 0, 0) for at in (0, 9))
    return emf_record(118, body + struct.pack(f"<{len(corners)}I", *corners) + padding)


def emf_small_text(text, options=0x300, count=None):
    raw = text.encode("cp932" if options & 0x200 else "utf-16-le")
    body = struct.pack("<iiIIIff", 5, 5, len(raw) if count is None else count, options, 1, 1.0, 1.0)
    return emf_record(108, body + raw + bytes(-len(raw) % 4))


EMF_REGIONS = (emf_record(71, bytes(16) + struct.pack("<II", 48, 0x80000004) + EMF_RECTANGLES)
               + emf_record(72, bytes(16) + struct.pack("<IIii", 48, 0x80000004, 1, 1) + EMF_RECTANGLES)
               + emf_record(74, bytes(16) + struct.pack("<I", 48) + EMF_RECTANGLES))
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


def placed(metafile, checksum=True, handle=0):
    """With the header in front that says where it is ([MS-WMF] 2.3.2.3)."""
    head = struct.pack("<IHhhhhHI", 0x9AC6CDD7, handle, 0, 0, 1000, 1000, 1440, 0)
    total = 0
    for word in struct.unpack("<10H", head):
        total ^= word
    return head + struct.pack("<H", total if checksum else total ^ 1) + metafile


def wmf_picture(pixels, packing=0, width=2, height=2):
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, packing, 0, 0, 0, 0, 0)
    data = struct.pack("<IHhhhhhhhhh", 0xCC0020, 0, 2, 2, 0, 0, 50, 50, 50, 50, 0)[:22] + header + pixels
    data += bytes(len(data) % 2)
    return wmf_record(0x0F43, *struct.unpack(f"<{len(data) // 2}H", data))


def packed(metafile, size=None):
    """emz, wmz: a gzip of it."""
    data = gzip.compress(metafile, mtime=0)
    return data if size is None else data[:-4] + struct.pack("<I", size)


EMF_LINES = (EMF_PEN, EMF_SELECT, EMF_LINE)
WMF_LINES = (WMF_WINDOW, WMF_PEN, WMF_SELECT, WMF_LINE)
EMF_MORE = emf(emf_masked(), EMF_REGIONS, emf_mesh(0, 1), emf_mesh(0, 1, 1, mode=2), emf_small_text("abc"),
               emf_record(56, bytes(16) + struct.pack("<Iiiii", 2, 0, 0, 9, 9) + b"\6\2\0\0"),
               emf_record(120, struct.pack("<ii", 0, 0)))
EMF = emf(*EMF_LINES, emf_text("図"), emf_picture(bytes(range(16))))
WMF = placed(wmf(*WMF_LINES))
EMF_DUAL = emf(EMF_COMMENT, *EMF_LINES)
WMF_DRIVER = placed(wmf(*WMF_LINES, WMF_ESCAPE))

# What an EMF may be that is none, or holds more than drawing: name, bytes, kind of removal or reason.
EMF_BAD = {
    "comment": (EMF_DUAL, "picture.metafile"),
    "public": (emf(emf_record(70, struct.pack("<I", 40) + b"GDIC" + struct.pack("<I", 0x40000004) + bytes(32)),
                   *EMF_LINES), "picture.metafile"),
    "pdf": (emf(emf_record(70, struct.pack("<I", 32) + b"MSGR" + b"%PDF-1.4\n1 0 obj<<>>endobj\n\n"), *EMF_LINES), "picture.metafile"),
    "escape": (emf(*EMF_LINES, emf_record(106, struct.pack("<II", 1, 4) + b"calc")), "picture.metafile"),
    "profile": (emf(*EMF_LINES, emf_record(112, bytes(24))), "picture.metafile"),
    "opengl": (emf(*EMF_LINES, emf_record(102, bytes(16))), "picture.metafile"),
    "count": (emf(*EMF_LINES, emf_polyline((0, 0), count=0x10000000)), "picture.metafile"),
    "text": (emf(*EMF_LINES, emf_text("x", 0xFFFFFFF0)), "picture.metafile"),
    "pixels": (emf(*EMF_LINES, emf_picture(bytes(15))), "picture.metafile"),
    "jpeg": (emf(*EMF_LINES, emf_picture(bytes(16), 4)), "picture.metafile"),
    "bomb": (emf(*EMF_LINES, emf_picture(bytes(16), width=30000, height=30000)), "picture.metafile"),
    "mask": (emf(*EMF_LINES, emf_masked(bytes(4))), "picture.metafile"),
    "corner": (emf(*EMF_LINES, emf_mesh(0, 7)), "picture.metafile"),
    "corners": (emf(*EMF_LINES, emf_mesh(0, 1, count=0x20000000)), "picture.metafile"),
    "small": (emf(*EMF_LINES, emf_small_text("abc", count=0x7FFFFFFF)), "picture.metafile"),
    "paint": (emf(*EMF_LINES, emf_record(71, bytes(16) + struct.pack("<II", 48, 99) + EMF_RECTANGLES)), "picture.metafile"),
    "rectangles": (emf(*EMF_LINES, emf_record(74, bytes(16) + struct.pack("<I", 48) + EMF_RECTANGLES[:40])),
                   "picture.metafile"),
    "object": (emf(*EMF_LINES, emf_record(38, struct.pack("<IIiiI", 77, 0, 1, 0, 0))), "picture.metafile"),
    "unknown": (emf(*EMF_LINES, emf_record(121, bytes(8))), "picture.metafile"),
    "nothing": (emf(EMF_COMMENT), "picture.nothing_left"),
    "cut": (EMF[:-30], "malformed"),
    "beyond": (emf(*EMF_LINES, struct.pack("<II", 17, 0x7FFFFFF0) + bytes(4)), "malformed"),
    "zero": (emf(*EMF_LINES, struct.pack("<II", 17, 0)), "malformed"),
    "header": (EMF[:4] + struct.pack("<I", 0xFFFFFFFC) + EMF[8:], "malformed"),
}
WMF_BAD = {
    "escape": (WMF_DRIVER, "picture.metafile"),
    "count": (wmf(*WMF_LINES, wmf_record(0x0324, 999, 1, 1)), "picture.metafile"),
    "region": (wmf(wmf_record(0x06FF, 0, 6, 0, 9), *WMF_LINES), "picture.metafile"),
    "pixels": (wmf(*WMF_LINES, wmf_picture(bytes(13))), "picture.metafile"),
    "bomb": (wmf(*WMF_LINES, wmf_picture(bytes(16), width=30000, height=30000)), "picture.metafile"),
    "jpeg": (wmf(*WMF_LINES, wmf_picture(bytes(16), 4)), "picture.metafile"),
    "nothing": (wmf(WMF_ESCAPE), "picture.nothing_left"),
    "cut": (WMF[:-10], "malformed"),
    "beyond": (placed(wmf(*WMF_LINES, struct.pack("<IH", 0x7FFFFFFF, 0x0103))), "malformed"),
    "zero": (placed(wmf(*WMF_LINES, struct.pack("<IH", 0, 0x0103))), "malformed"),
}
