"""Writes presentations of PowerPoint 97-2003 ([MS-PPT]) from nothing."""
import struct

from compoundmaker import compound

CLASS = bytes.fromhex("108d81649b4fcf1186ea00aa00b929e8")
PLAIN, LOCKED = 0xE391C05F, 0xF3D1C4DF


def atom(kind, body=b"", instance=0, version=0):
    return struct.pack("<HHI", instance << 4 | version, kind, len(body)) + body


def box(kind, *parts, instance=0):
    return atom(kind, b"".join(parts), instance, 15)


def string(text, instance=0):
    return atom(4026, text.encode("utf-16-le"), instance)


def options(*entries, kind=0xF00B):
    """(number, value) or, with bytes, a property that has its value behind the table."""
    table, data = b"", b""
    for number, value in entries:
        if isinstance(value, bytes):
            table += struct.pack("<HI", number | 0x8000, len(value))
            data += value
        else:
            table += struct.pack("<HI", number, value)
    return atom(kind, table + data, len(entries), 3)


def text_records(text, kind=4, *after):
    try:
        body = atom(4008, text.encode("ascii"))
    except UnicodeEncodeError:
        body = atom(4000, text.encode("utf-16-le"))
    return atom(3999, struct.pack("<I", kind)) + body + b"".join(after)


def text_box(text, *after, kind=4):
    return box(0xF00D, text_records(text, kind, *after))


def shape(number, kind=202, *parts, properties=b"", flags=0xA00, top=500):
    return box(0xF004, atom(0xF00A, struct.pack("<II", number, flags), kind, 2), properties,
               atom(0xF010, struct.pack("<4h", top, 400, 5000, top + 600)), *parts)


def child(number, left, top, *parts):
    """A shape within a group."""
    return box(0xF004, atom(0xF00A, struct.pack("<II", number, 0xA02), 1, 2),
               atom(0xF00F, struct.pack("<4i", left, top, left + 900, top + 300)), *parts)


def group(number, *shapes, properties=b""):
    return box(0xF003, box(0xF004, atom(0xF009, struct.pack("<4i", 0, 0, 2000, 900), 0, 1),
                           atom(0xF00A, struct.pack("<II", number, 0x201), 0, 2), properties,
                           atom(0xF010, struct.pack("<4h", 900, 400, 5000, 2000))), *shapes)


def drawing(number, *shapes):
    first = number * 1024
    return box(1036, box(
        0xF002, atom(0xF008, struct.pack("<II", len(shapes) + 2, first + len(shapes) + 2), number),
        box(0xF003, box(0xF004, atom(0xF009, bytes(16), 0, 1),
                        atom(0xF00A, struct.pack("<II", first, 5), 0, 2)), *shapes),
        box(0xF004, atom(0xF00A, struct.pack("<II", first + 1, 0xC00), 1, 2),
            options((0x1BF, 0x110001)))))


COLOURS = atom(2032, bytes.fromhex("ffffff00000000008080800000000000bbe0e300333399000099990099cc0000"), 1)


def slide_atom(layout=16, master=0x80000000, notes=0):
    return atom(1007, struct.pack("<I8xIIHH", layout, master, notes, 7, 0), 0, 2)


def slide(number, *shapes, more=b"", notes=0):
    return box(1006, slide_atom(notes=notes), drawing(number, *shapes), COLOURS, more)


def master(*more):
    styles = b"".join(atom(4003, bytes(2), kind) for kind in (0, 1, 2, 4))
    return box(1016, slide_atom(1, 0), styles, drawing(1), COLOURS, *more)


def notes_page(number, slide_id, *shapes):
    return box(1008, atom(1009, struct.pack("<IHH", slide_id, 7, 0), 0, 1), drawing(number, *shapes),
               COLOURS)


def persist(reference, identifier, *outline):
    return atom(1011, struct.pack("<5I", reference, 4, len(outline), identifier, 0)) + b"".join(
        outline)


def entry(blip, offset, size, name=b"", inside=b"", kind=6):
    return atom(0xF007, bytes([kind, kind]) + bytes(16) + struct.pack(
        "<HIIIBBBB", 255, size, 1, offset, 0, len(name), 0, 0) + name + inside, kind, 2)


def blip(data, kind=0xF01E, instance=0x6E0):
    return atom(kind, bytes(16) * (1 + instance % 2) + b"\xff" + data, instance)


def metafile(data, kind=0xF01B, instance=0x216):
    return atom(kind, bytes(16) + struct.pack("<I", len(data)) + bytes(24) + struct.pack(
        "<IBB", len(data), 254, 254) + data, instance)


def font(name="MS PGothic", extra=b""):
    return atom(4023, name.encode("utf-16-le").ljust(64, b"\0") + b"\x80\0\6\0") + extra


class Show:
    """A presentation: identifiers 1 document, 2 master, then slides, notes, `objects`."""

    def __init__(self, slides=(), notes=(), links=b"", info=b"", blips=(), pictures=b"", fonts=b"",
                 objects=(), outlines=None, document=b"", master_more=b""):
        self.links, self.info, self.blips, self.pictures = links, info, blips, pictures
        self.fonts, self.more = fonts or font(), document
        self.outlines = outlines or {}
        self.slides, self.notes = list(slides), list(notes)
        self.objects = [None, master(master_more), *self.slides, *self.notes, *objects]
        self.objects[0] = self.document()

    def document(self):
        settings = struct.pack("<10I", 5760, 4320, 4320, 5760, 1, 2, 0, 0, 1, 0x01000001)
        clusters = struct.pack("<4I", 0x2000, 2, 10, 2) + struct.pack("<2I", 1, 10)
        drawings = box(1035, box(0xF000, atom(0xF006, clusters),
                                 box(0xF001, *self.blips, instance=len(self.blips))
                                 if self.blips else b"",
                                 options((0xBF, 0x80008), (0x1BF, 0x100010))))
        slides = b"".join(persist(3 + i, 256 + i, *self.outlines.get(i, ()))
                          for i in range(len(self.slides)))
        notes = b"".join(persist(3 + len(self.slides) + i, 512 + i)
                         for i in range(len(self.notes)))
        return box(1000, atom(1001, settings, 0, 1), self.links and box(
            1033, atom(1034, struct.pack("<I", 9)), self.links),
            box(1010, box(2005, self.fonts), atom(4003, bytes(2), 4)), drawings,
            box(4080, persist(2, 0x80000000), instance=1),
            box(2000, self.info) if self.info else b"", self.more,
            box(4080, slides), box(4080, notes, instance=2) if notes else b"", atom(1002))

    def stream(self, earlier=b"", last=0, edit_more=b""):
        """The document stream and where its edit is."""
        data, places = earlier, []
        for one in self.objects:
            places.append(len(data))
            data += one
        directory = len(data)
        data += atom(6002, struct.pack(f"<I{len(places)}I", 1 | len(places) << 20, *places))
        edit = len(data)
        data += atom(4085, struct.pack("<6IHH", 256, 0x03000DF4, last, directory, 1,
                                       len(places), 1, 0) + edit_more)
        return data, edit

    def tree(self, data=None, edit=None, token=PLAIN):
        if data is None:
            data, edit = self.stream()
        streams = {"PowerPoint Document": data, "Current User": user(edit, token)}
        if self.pictures:
            streams["Pictures"] = self.pictures
        return streams

    def locked(self, lock, more=None, header=None, summary=None):
        """Under a password ([MS-PPT] 2.3.7); `lock` is of samples/rc4lock.py."""
        objects = self.objects
        cipher = box(12052, lock.header() if header is None else header)
        self.objects = [lock.block(i, one) for i, one in enumerate(objects, 1)] + [cipher]
        data, edit = self.stream(edit_more=struct.pack("<I", len(self.objects)))
        self.objects = objects
        tree = self.tree(data, edit, LOCKED)
        if self.pictures:
            tree["Pictures"] = locked_pictures(lock, self.pictures)
        if summary is not None:
            tree["EncryptedSummary"] = summary
        return compound({**tree, **(more or {})}, class_id=CLASS)

    def file(self, more=None):
        return compound({**self.tree(), **(more or {})}, class_id=CLASS)


def user(edit, token=PLAIN, name=" "):
    return atom(4086, struct.pack("<IIIHHBBH", 20, token, edit, len(name), 0x3F4, 3, 0, 0)
                + name.encode("ascii") + struct.pack("<I", 8) + name.encode("utf-16-le"))


def locked_pictures(lock, pictures):
    """Each field of a BLIP is encrypted as if it were the first."""
    out, at = b"", 0
    while at < len(pictures):
        first, kind, size = struct.unpack_from("<HHI", pictures, at)
        twice = first >> 4 in (0x217, 0x3D5, 0x46B, 0x543, 0x6E1, 0x6E3, 0x6E5, 0x7A9)
        fields = [8, 16] + [16] * twice + [34 if kind in (0xF01A, 0xF01B, 0xF01C) else 1]
        fields.append(8 + size - sum(fields))
        for field in fields:
            out += lock.block(0, pictures[at:at + field])
            at += field
    return out
