"""A writer of PDF files, good and bad, from nothing."""
import zlib


def escape(text):
    return text.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def string(text):
    """A text string: PDFDocEncoding where ASCII, else UTF-16."""
    if text.isascii():
        return b"(" + escape(text.encode()) + b")"
    return b"<" + (b"\xfe\xff" + text.encode("utf-16-be")).hex().encode() + b">"


class Pdf:
    """Objects are bytes; add() and stream() give their numbers."""

    def __init__(self, header=b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"):
        self.header = header
        self.objects = []

    def reserve(self):
        self.objects.append(None)
        return len(self.objects)

    def add(self, body):
        self.objects.append(body)
        return len(self.objects)

    def put(self, number, body):
        self.objects[number - 1] = body

    def stream(self, data, keys=b"", pack=False):
        if pack:
            data = zlib.compress(data, 9)
            keys += b"/Filter/FlateDecode"
        return self.add(b"<<%s/Length %d>>\nstream\n%s\nendstream" % (keys, len(data), data))

    def write(self, root, trailer=b"", skip=()):
        out = bytearray(self.header)
        offsets = []
        for number, body in enumerate(self.objects, 1):
            offsets.append(0 if number in skip else len(out))
            if number not in skip:
                out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
        start = len(out)
        out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1)
        for offset in offsets:
            out += b"%010d 00000 %c \n" % (offset, b"n" if offset else b"f")
        out += b"trailer\n<</Root %d 0 R/Size %d%s>>\nstartxref\n%d\n%%%%EOF\n" % (
            root, len(offsets) + 1, trailer, start)
        return bytes(out)

    def write_packed(self, root, packed):
        """With an object stream that holds the objects of these numbers, and
        a cross-reference stream."""
        texts = [self.objects[number - 1] for number in packed]
        head, body = b"", b""
        for number, text in zip(packed, texts):
            head += b"%d %d " % (number, len(body))
            body += text + b"\n"
        data = zlib.compress(head + body, 9)
        return self._write_packed(root, packed, data, len(head))

    def _write_packed(self, root, packed, data, first):
        holder = self.add(b"<</Type/ObjStm/N %d/First %d/Filter/FlateDecode/Length %d>>\n"
                          b"stream\n%s\nendstream" % (len(packed), first, len(data), data))
        out = bytearray(self.header)
        entries = [b"\0\0\0\0\0\xff\xff"]
        for number, body in enumerate(self.objects, 1):
            if number in packed:
                entries.append(b"\2" + holder.to_bytes(4, "big")
                               + packed.index(number).to_bytes(2, "big"))
            else:
                entries.append(b"\1" + len(out).to_bytes(4, "big") + b"\0\0")
                out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
        start = len(out)
        size = len(entries) + 1
        entries.append(b"\1" + start.to_bytes(4, "big") + b"\0\0")
        table = zlib.compress(b"".join(entries), 9)
        out += (b"%d 0 obj\n<</Type/XRef/W[1 4 2]/Root %d 0 R/Size %d/Filter/FlateDecode"
                b"/Length %d>>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n"
                % (size - 1, root, size, len(table), table, start))
        return bytes(out)


TEXT = (b"BT /F1 18 Tf 72 760 Td (Tender notice) Tj ET\n"
        b"BT /F2 16 Tf 72 720 Td <93fc8e4490e096be8f91> Tj ET\n"
        b"0.2 0.4 0.8 rg 72 600 200 80 re f\n")


def fonts(pdf):
    """Helvetica, and Japanese text in Shift_JIS codes."""
    latin = pdf.add(b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
    descriptor = pdf.add(b"<</Type/FontDescriptor/FontName/HeiseiMin-W3/Flags 6"
                         b"/FontBBox[-123 -257 1001 910]/ItalicAngle 0/Ascent 709/Descent -241"
                         b"/CapHeight 709/StemV 69>>")
    descendant = pdf.add(b"<</Type/Font/Subtype/CIDFontType0/BaseFont/HeiseiMin-W3"
                         b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Japan1)/Supplement 2>>"
                         b"/DW 1000/FontDescriptor %d 0 R>>" % descriptor)
    japanese = pdf.add(b"<</Type/Font/Subtype/Type0/BaseFont/HeiseiMin-W3-90ms-RKSJ-H"
                       b"/Encoding/90ms-RKSJ-H/DescendantFonts[%d 0 R]>>" % descendant)
    return b"/Font<</F1 %d 0 R/F2 %d 0 R>>" % (latin, japanese)


class Document(Pdf):
    """A document of one page with text; more is put into its dictionaries."""

    def __init__(self, content=TEXT, pack=False, **options):
        super().__init__(**options)
        self.catalog = self.reserve()
        self.pages = self.reserve()
        self.page = self.reserve()
        self.catalog_keys = b""
        self.page_keys = b""
        self.resource_keys = fonts(self)
        self.content = self.stream(content, pack=pack)

    def annotate(self, *bodies):
        numbers = [self.add(b"<</Type/Annot/Rect[72 600 272 680]" + body + b">>")
                   for body in bodies]
        self.page_keys += b"/Annots[" + b" ".join(b"%d 0 R" % n for n in numbers) + b"]"
        return numbers

    def close(self):
        self.put(self.catalog, b"<</Type/Catalog/Pages %d 0 R%s>>"
                 % (self.pages, self.catalog_keys))
        self.put(self.pages, b"<</Type/Pages/Kids[%d 0 R]/Count 1>>" % self.page)
        self.put(self.page, b"<</Type/Page/Parent %d 0 R/MediaBox[0 0 595 842]"
                 b"/Resources<<%s>>/Contents %d 0 R%s>>"
                 % (self.pages, self.resource_keys, self.content, self.page_keys))
        return self

    def bytes(self, trailer=b""):
        return self.close().write(self.catalog, trailer)


def attach(pdf, name, data, mime=b"application#2foctet-stream"):
    """A file specification with its file."""
    inner = pdf.stream(data, b"/Type/EmbeddedFile/Subtype/" + mime)
    return pdf.add(b"<</Type/Filespec/F%s/UF%s/EF<</F %d 0 R>>>>"
                   % (string(name), string(name), inner))
