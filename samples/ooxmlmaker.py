"""Makes OOXML packages, and the OLE2 files that hide in them, from nothing."""
import io
import struct
import zipfile

OFFICE = "application/vnd.openxmlformats-officedocument."
PACKAGE = "application/vnd.openxmlformats-package."
TRANSITIONAL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
STRICT = "http://purl.oclc.org/ooxml/officeDocument/relationships/"
MICROSOFT = "http://schemas.microsoft.com/office/2006/relationships/"
MAIN = "http://schemas.openxmlformats.org/"
DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'

NAMESPACES = {
    "w": MAIN + "wordprocessingml/2006/main",
    "r": MAIN + "officeDocument/2006/relationships",
    "mc": MAIN + "markup-compatibility/2006",
    "a": MAIN + "drawingml/2006/main",
    "p": MAIN + "presentationml/2006/main",
    "pic": MAIN + "drawingml/2006/picture",
    "wp": MAIN + "drawingml/2006/wordprocessingDrawing",
    "xdr": MAIN + "drawingml/2006/spreadsheetDrawing",
    "c": MAIN + "drawingml/2006/chart",
    "v": "urn:schemas-microsoft-com:vml",
    "o": "urn:schemas-microsoft-com:office:office",
    "x": "urn:schemas-microsoft-com:office:excel",
    "w14": "http://schemas.microsoft.com/office/word/2010/wordml",
    "w15": "http://schemas.microsoft.com/office/word/2012/wordml",
    "x15": "http://schemas.microsoft.com/office/spreadsheetml/2010/11/main",
    "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    "wne": "http://schemas.microsoft.com/office/word/2006/wordml",
    "a14": "http://schemas.microsoft.com/office/drawing/2010/main",
    "p14": "http://schemas.microsoft.com/office/powerpoint/2010/main",
    "x14": "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main",
    "xm": "http://schemas.microsoft.com/office/excel/2006/main",
}


def declare(*prefixes):
    return "".join(f' xmlns:{prefix}="{NAMESPACES[prefix]}"' for prefix in prefixes)


def escape(text):
    return (text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            .replace('"', "&quot;"))


class Package:
    """Parts with their content types and relationships."""

    def __init__(self, main, main_type, xml, relation=TRANSITIONAL + "officeDocument"):
        self.parts = {}
        self.relations = {}
        self.defaults = {"rels": PACKAGE + "relationships+xml", "xml": "application/xml"}
        self.overrides = {}
        self.main = main
        self.relate("", "rId1", relation, main)
        self.add(main, main_type, xml)

    def add(self, name, content_type, data):
        if isinstance(data, str):
            data = (DECLARATION + data).encode()
        self.parts[name] = data
        if content_type:
            self.overrides[name] = content_type
        return self

    def relate(self, source, identifier, kind, target, external=False):
        """`target` is a part's name, or as it is to be written."""
        if "/" not in kind:
            kind = TRANSITIONAL + kind
        if not external and not target.startswith(("/", "#", ".", "%")):
            target = "/" + target
        self.relations.setdefault(source, []).append((identifier, kind, target, external))
        return self

    def part(self, identifier, kind, name, content_type, data, source=None):
        """A part and the relationship that leads to it."""
        self.add(name, content_type, data)
        return self.relate(self.main if source is None else source, identifier, kind, name)

    def link(self, identifier, kind, target, source=None):
        return self.relate(self.main if source is None else source, identifier, kind,
                           target, external=True)

    def content_types(self):
        rows = [f'<Default Extension="{key}" ContentType="{value}"/>'
                for key, value in self.defaults.items()]
        rows += [f'<Override PartName="/{key}" ContentType="{value}"/>'
                 for key, value in self.overrides.items()]
        return (f'{DECLARATION}<Types xmlns="{MAIN}package/2006/content-types">'
                f'{"".join(rows)}</Types>').encode()

    def members(self):
        yield "[Content_Types].xml", self.content_types()
        for source, rows in self.relations.items():
            folder, _, name = source.rpartition("/")
            path = f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"
            xml = "".join(
                f'<Relationship Id="{identifier}" Type="{kind}" Target="{escape(target)}"'
                f'{" TargetMode=" + chr(34) + "External" + chr(34) if external else ""}/>'
                for identifier, kind, target, external in rows)
            yield path, (f'{DECLARATION}<Relationships xmlns="{MAIN}package/2006/'
                         f'relationships">{xml}</Relationships>').encode()
        yield from self.parts.items()

    def data(self):
        return zip_members(self.members())


def zip_members(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return out.getvalue()


# ---- Word ----

def paragraph(text, runs=""):
    return f'<w:p><w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r>{runs}</w:p>'


def document_xml(body, namespaces=(), strict=False):
    xml = (f'<w:document{declare("w", "r", *namespaces)}><w:body>{body}'
           '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/></w:sectPr></w:body></w:document>')
    return xml


def docx(body, namespaces=(), content_type="wordprocessingml.document.main+xml"):
    if not content_type.startswith("application/"):
        content_type = OFFICE + content_type
    return Package("word/document.xml", content_type,
                   document_xml(body, ("v", "o", "mc", "a", "wp", "pic", *namespaces)))


def character(kind):
    return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'


def instruction(text):
    return f'<w:r><w:instrText xml:space="preserve">{escape(text)}</w:instrText></w:r>'


def field(text, result="結果"):
    """A complex field; `text` may be several pieces of instruction."""
    pieces = [text] if isinstance(text, str) else text
    return (character("begin") + "".join(instruction(piece) for piece in pieces) +
            character("separate") + f"<w:r><w:t>{result}</w:t></w:r>" + character("end"))


# ---- Excel ----

def sheet_xml(rows="", behind="", namespaces=()):
    return (f'<worksheet xmlns="{MAIN}spreadsheetml/2006/main"'
            f'{declare("r", *namespaces)}><sheetData>{rows}</sheetData>{behind}</worksheet>')


def cell(reference, value, formula=None, attributes=""):
    body = "" if formula is None else f"<f{attributes}>{escape(formula)}</f>"
    return f'<c r="{reference}">{body}<v>{value}</v></c>'


def rows(*cells):
    return "".join(f'<row r="{i}">{"".join(row)}</row>' for i, row in enumerate(cells, 1))


def xlsx(sheet, names="", behind="", content_type="spreadsheetml.sheet.main+xml", first=None,
         sheets=""):
    if not content_type.startswith("application/"):
        content_type = OFFICE + content_type
    names = f"<definedNames>{names}</definedNames>" if names else ""
    workbook = (f'<workbook xmlns="{MAIN}spreadsheetml/2006/main"{declare("r")}><sheets>'
                f'<sheet name="単価表" sheetId="1" r:id="rId1"/>{sheets}</sheets>'
                f'{behind}{names}</workbook>')
    package = Package("xl/workbook.xml", content_type, workbook)
    package.part("rId1", "worksheet", "xl/worksheets/sheet1.xml",
                 OFFICE + "spreadsheetml.worksheet+xml", sheet)
    return package


SHEET = "xl/worksheets/sheet1.xml"


# ---- PowerPoint ----

def shape(text, identifier=2, link="", properties=""):
    return (f'<p:sp><p:nvSpPr><p:cNvPr id="{identifier}" name="文字 {identifier}">{link}'
            f'</p:cNvPr><p:cNvSpPr/><p:nvPr>{properties}</p:nvPr></p:nvSpPr><p:spPr><a:xfrm>'
            '<a:off x="600000" y="600000"/><a:ext cx="6000000" cy="900000"/></a:xfrm>'
            '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr><p:txBody><a:bodyPr/>'
            f'<a:p><a:r><a:rPr lang="ja-JP"/><a:t>{escape(text)}</a:t></a:r></a:p>'
            '</p:txBody></p:sp>')


TREE = ('<p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr>'
        '<p:grpSpPr/>')


def slide_xml(shapes, behind="", namespaces=()):
    return (f'<p:sld{declare("p", "a", "r", "mc", *namespaces)}><p:cSld><p:spTree>{TREE}'
            f'{shapes}</p:spTree></p:cSld>{behind}</p:sld>')


THEME = (f'<a:theme{declare("a")} name="t"><a:themeElements><a:clrScheme name="c">' + "".join(
    f'<a:{name}><a:srgbClr val="{value}"/></a:{name}>' for name, value in (
        ("dk1", "000000"), ("lt1", "FFFFFF"), ("dk2", "1F497D"), ("lt2", "EEECE1"),
        ("accent1", "4F81BD"), ("accent2", "C0504D"), ("accent3", "9BBB59"),
        ("accent4", "8064A2"), ("accent5", "4BACC6"), ("accent6", "F79646"),
        ("hlink", "0000FF"), ("folHlink", "800080"))) + (
    '</a:clrScheme><a:fontScheme name="f"><a:majorFont><a:latin typeface="Arial"/>'
    '<a:ea typeface=""/><a:cs typeface=""/></a:majorFont><a:minorFont>'
    '<a:latin typeface="Arial"/><a:ea typeface=""/><a:cs typeface=""/></a:minorFont>'
    '</a:fontScheme><a:fmtScheme name="m"><a:fillStyleLst>' +
    '<a:solidFill><a:schemeClr val="phClr"/></a:solidFill>' * 3 +
    '</a:fillStyleLst><a:lnStyleLst>' +
    '<a:ln><a:solidFill><a:schemeClr val="phClr"/></a:solidFill></a:ln>' * 3 +
    '</a:lnStyleLst><a:effectStyleLst>' +
    '<a:effectStyle><a:effectLst/></a:effectStyle>' * 3 +
    '</a:effectStyleLst><a:bgFillStyleLst>' +
    '<a:solidFill><a:schemeClr val="phClr"/></a:solidFill>' * 3 +
    '</a:bgFillStyleLst></a:fmtScheme></a:themeElements></a:theme>'))
COLORS = ('<p:clrMap bg1="lt1" tx1="dk1" bg2="lt2" tx2="dk2" accent1="accent1" '
          'accent2="accent2" accent3="accent3" accent4="accent4" accent5="accent5" '
          'accent6="accent6" hlink="hlink" folHlink="folHlink"/>')
SLIDE = "ppt/slides/slide1.xml"


def pptx(slide, content_type="presentationml.presentation.main+xml", behind=""):
    if not content_type.startswith("application/"):
        content_type = OFFICE + content_type
    namespaces = declare("p", "a", "r")
    presentation = (f'<p:presentation{namespaces}><p:sldMasterIdLst>'
                    '<p:sldMasterId id="2147483648" r:id="rId1"/></p:sldMasterIdLst>'
                    '<p:sldIdLst><p:sldId id="256" r:id="rId2"/></p:sldIdLst>'
                    '<p:sldSz cx="9144000" cy="6858000"/><p:notesSz cx="6858000" '
                    f'cy="9144000"/>{behind}</p:presentation>')
    package = Package("ppt/presentation.xml", content_type, presentation)
    kind = OFFICE + "presentationml."
    master, layout = "ppt/slideMasters/slideMaster1.xml", "ppt/slideLayouts/slideLayout1.xml"
    package.part("rId1", "slideMaster", master, kind + "slideMaster+xml",
                 f'<p:sldMaster{namespaces}><p:cSld><p:spTree>{TREE}</p:spTree></p:cSld>'
                 f'{COLORS}<p:sldLayoutIdLst><p:sldLayoutId id="2147483649" r:id="rId1"/>'
                 '</p:sldLayoutIdLst></p:sldMaster>')
    package.part("rId2", "slide", SLIDE, kind + "slide+xml", slide)
    package.part("rId1", "slideLayout", layout, kind + "slideLayout+xml",
                 f'<p:sldLayout{namespaces}><p:cSld><p:spTree>{TREE}</p:spTree></p:cSld>'
                 '</p:sldLayout>', source=master)
    package.part("rId2", "theme", "ppt/theme/theme1.xml", OFFICE + "theme+xml", THEME,
                 source=master)
    package.relate(layout, "rId1", "slideMaster", master)
    package.relate(SLIDE, "rId1", "slideLayout", layout)
    return package


# ---- charts, with the documents that their figures are from ----

CHART = OFFICE + "drawingml.chart+xml"


def chart_frame(identifier):
    return (f'<a:graphic><a:graphicData uri="{NAMESPACES["c"]}"><c:chart{declare("c")} '
            f'r:id="{identifier}"/></a:graphicData></a:graphic>')


def add_chart(package, source, identifier, folder, inner, data):
    """A chart at `source`, over the document `data` inside the package."""
    chart = f"{folder}/charts/chart1.xml"
    package.part(identifier, "chart", chart, CHART,
                 f'<c:chartSpace{declare("c", "a", "r")}><c:chart><c:plotArea><c:layout/>'
                 '<c:barChart><c:barDir val="col"/><c:ser><c:idx val="0"/><c:order val="0"/>'
                 '<c:val><c:numRef><c:f>Sheet1!$A$1:$A$2</c:f><c:numCache><c:ptCount val="1"/>'
                 '<c:pt idx="0"><c:v>480</c:v></c:pt></c:numCache></c:numRef></c:val></c:ser>'
                 '<c:axId val="1"/><c:axId val="2"/></c:barChart></c:plotArea></c:chart>'
                 '<c:externalData r:id="rId1"><c:autoUpdate val="0"/></c:externalData>'
                 '</c:chartSpace>', source=source)
    return package.part("rId1", "package", f"{folder}/embeddings/{inner}",
                        "application/vnd.openxmlformats-officedocument", data, source=chart)


# ---- OLE2 (MS-CFB) and VBA (MS-OVBA) ----

def compound_file(tree):
    """`tree` maps names to bytes or to further trees. Every stream is padded to
    4096 bytes so that no short-sector stream is needed."""
    free, end = 0xFFFFFFFF, 0xFFFFFFFE
    entries, streams = [], []

    def walk(items):
        indexes = []
        for name, value in sorted(items.items(), key=lambda item: (len(item[0]), item[0].upper())):
            index = len(entries)
            entries.append([name, 1 if isinstance(value, dict) else 2, free, free, 0, 0])
            indexes.append(index)
            if isinstance(value, dict):
                entries[index][3] = walk(value)
            else:
                streams.append((index, value.ljust(4096, b"\0")))
        for left, right in zip(indexes, indexes[1:]):
            entries[left][2] = right
        return indexes[0] if indexes else free

    entries.append(["Root Entry", 5, free, free, end, 0])
    entries[0][3] = walk(tree)
    sectors, table = [], []
    for index, data in streams:
        entries[index][4], entries[index][5] = len(sectors), len(data)
        pieces = [data[at:at + 512].ljust(512, b"\0") for at in range(0, len(data), 512)]
        for piece in pieces:
            sectors.append(piece)
            table.append(len(sectors))
        table[-1] = end
    directory = b""
    for name, kind, right, child, start, size in entries:
        encoded = name.encode("utf-16-le")
        directory += (encoded.ljust(64, b"\0") + struct.pack("<HBB", len(encoded) + 2, kind, 1) +
                      struct.pack("<III", free, right, child) + bytes(36) +
                      struct.pack("<IQ", start, size))
    first = len(sectors)
    for at in range(0, len(directory), 512):
        sectors.append(directory[at:at + 512].ljust(512, b"\0"))
        table.append(len(sectors))
    table[-1] = end
    allocation = len(sectors)
    count = 1
    while (len(table) + count) > count * 128:
        count += 1
    table += [0xFFFFFFFD] * count
    raw = b"".join(struct.pack("<I", value) for value in table).ljust(count * 512, b"\xff")
    difat = [allocation + i for i in range(count)] + [free] * (109 - count)
    header = (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) +
              struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6) +
              struct.pack("<IIIIIIIII", 0, count, first, 0, 4096, end, 0, end, 0) +
              b"".join(struct.pack("<I", value) for value in difat))
    return header + b"".join(sectors) + raw


def compress(data):
    """MS-OVBA 2.4.1 with literal tokens only."""
    out = b"\x01"
    for at in range(0, len(data), 2048):
        piece = data[at:at + 2048]
        body = b"".join(b"\0" + piece[i:i + 8] for i in range(0, len(piece), 8))
        out += struct.pack("<H", 0xB000 | (len(body) - 1)) + body
    return out


MACRO = ('Attribute VB_Name = "ThisDocument"\r\nSub AutoOpen()\r\n'
         '    Shell "calc.exe", vbHide\r\nEnd Sub\r\n')


def vba_project(source=MACRO, module="ThisDocument"):
    def record(kind, data):
        return struct.pack("<HI", kind, len(data)) + data

    name = module.encode()
    directory = (record(1, struct.pack("<I", 1)) + record(2, struct.pack("<I", 0x411)) +
                 record(0x14, struct.pack("<I", 0x411)) + record(3, struct.pack("<H", 932)) +
                 record(4, b"VBAProject") + record(0x0F, struct.pack("<H", 1)) +
                 record(0x13, struct.pack("<H", 0xFFFF)) + record(0x19, name) +
                 record(0x1A, name) + record(0x32, module.encode("utf-16-le")) +
                 record(0x31, struct.pack("<I", 0)) + record(0x21, b"") +
                 record(0x2B, b"") + record(0x10, b""))
    return compound_file({
        "PROJECT": (f'ID="{{00000000-0000-0000-0000-000000000000}}"\r\n'
                    f"Document={module}/&H00000000\r\nName=\"VBAProject\"\r\n").encode(),
        "VBA": {"_VBA_PROJECT": b"\xcc\x61\xff\xff\x00\x00\x00", "dir": compress(directory),
                module: compress(source.encode("cp932"))},
    })


def ole_object():
    """A file packed by the Packager: what a double click runs."""
    script = b"calc.exe\0C:\\calc.exe\0"
    return compound_file({"\x01Ole10Native": struct.pack("<I", len(script)) + script})


# Content types and relationship types of Microsoft's own parts.
VBA = (MICROSOFT + "vbaProject", "application/vnd.ms-office.vbaProject")
OLE = OFFICE + "oleObject"
