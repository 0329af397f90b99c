"""PDF: what rides in one, and what tries to break who opens it."""
import struct
import zlib

import picturemaker
import scanmaker
from pdflock import Certificate, Lock, locked
from pdfmaker import TEXT, Document, Pdf, attach, string
from sample import Sample
from zipmaker import Entry, zip_file

SCRIPT = b"(app.alert\\('hello'\\);)"
JAVASCRIPT = b"<</S/JavaScript/JS" + SCRIPT + b">>"


def plain():
    yield Sample("text.pdf", Document().bytes(), verdict="unchanged",
                 note="one page of Latin and Japanese text passes")
    yield Sample("packed.pdf", Document(pack=True).bytes(), verdict="unchanged",
                 note="a packed content stream stays as it is")
    pdf = Document().close()
    packed = [n for n in range(1, len(pdf.objects) + 1) if b"stream" not in pdf.objects[n - 1]]
    yield Sample("object-streams.pdf", pdf.write_packed(pdf.catalog, packed),
                 verdict="unchanged", note="object streams are undone")
    pdf = Document()
    info = pdf.add(b"<</Title(Tender)/Author(Somebody)/Producer(Sekisho)>>")
    xmp = pdf.stream(b"<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><!DOCTYPE x "
                     b"[<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x:xmpmeta xmlns:x="
                     b"'adobe:ns:meta/'>&e;</x:xmpmeta><?xpacket end='w'?>",
                     b"/Type/Metadata/Subtype/XML")
    pdf.catalog_keys = b"/Metadata %d 0 R" % xmp
    yield Sample("metadata.pdf", pdf.bytes(b"/Info %d 0 R" % info), removals=["metadata"],
                 note="document information and XMP with a DOCTYPE go")


def scripts():
    pdf = Document()
    files = attach(pdf, "見積書.xlsx", b"PK\3\4 not really a workbook")
    pdf.catalog_keys = (b"/Names<</EmbeddedFiles<</Names[%s %d 0 R]>>/JavaScript<</Names[(a) %s]>>"
                        b">>/OpenAction %s" % (string("見積書.xlsx"), files, JAVASCRIPT, JAVASCRIPT))
    yield Sample("見積書.pdf", pdf.bytes(), demo=True,
                 removals=["pdf.embedded_files", "pdf.embedded_file", "pdf.javascript",
                           "pdf.open_action", "pdf.action.javascript"],
                 note="a script that runs at opening, and an attached file")
    pdf = Document()
    action = pdf.add(b"<</S/JavaScript/JS %d 0 R>>" % pdf.stream(b"app.launchURL('x')"))
    pdf.catalog_keys = b"/OpenAction %d 0 R" % action
    yield Sample("open-action.pdf", pdf.bytes(),
                 removals=["pdf.open_action", "pdf.action.javascript"],
                 note="a script in a stream, run at opening")
    pdf = Document()
    pdf.catalog_keys = b"/OpenAction[%d 0 R/Fit]" % pdf.page
    yield Sample("open-destination.pdf", pdf.bytes(), verdict="unchanged",
                 note="opening at a page stays")
    pdf = Document()
    pdf.page_keys = b"/AA<</O %s>>" % JAVASCRIPT
    pdf.catalog_keys = b"/AA<</WC %s>>" % JAVASCRIPT
    yield Sample("additional-actions.pdf", pdf.bytes(),
                 removals=["pdf.additional_actions", "pdf.action.javascript"],
                 note="scripts on page opening and closing")
    pdf = Document()
    pdf.catalog_keys = b"/Open#41ction<</#53/Java#53cript/J#53" + SCRIPT + b">>"
    # The rebuild would take it out (tests/sanitizers/pdf_test.c); libclamav's
    # heuristics stop it before.
    yield Sample("escaped-names.pdf", pdf.bytes(), verdict="blocked",
                 reason="scanner.infected", note="names written with #xx")


def action(name, body, removals, verdict="sanitized", note=""):
    pdf = Document()
    pdf.annotate(b"/Subtype/Link/A" + body)
    return Sample(name, pdf.bytes(), verdict=verdict, removals=removals, note=note)


def actions():
    yield action("launch.pdf", b"<</S/Launch/F(cmd.exe)/Win<</F(cmd.exe)/P(/c calc)>>>>",
                 ["pdf.action.launch"], note="a link that starts a program")
    yield action("goto-remote.pdf", b"<</S/GoToR/F(\\\\\\\\host\\\\share\\\\a.pdf)/D[0/Fit]>>",
                 ["pdf.action.goto_remote"], note="a link to a file on another host")
    yield action("goto-embedded.pdf", b"<</S/GoToE/T<</R/C/N(a)>>/D[0/Fit]>>",
                 ["pdf.action.goto_embedded"])
    yield action("submit-form.pdf", b"<</S/SubmitForm/F<</FS/URL/F(http://example.invalid/)>>>>",
                 ["pdf.action.submit_form"], note="sends what is in the fields")
    yield action("import-data.pdf", b"<</S/ImportData/F(a.fdf)>>", ["pdf.action.import_data"])
    yield action("rendition.pdf", b"<</S/Rendition/OP 0/R<</S/MR/C<</S/MCD/D(a.mp4)>>>>>>",
                 ["pdf.action.media"])
    yield action("thread.pdf", b"<</S/Thread/D 0>>", ["pdf.action.other"])
    yield action("hide.pdf", b"<</S/Hide/T(field)>>", ["pdf.action.other"])
    yield action("unknown-action.pdf", b"<</S/DoWhatYouLike>>", ["pdf.action.other"])
    yield action("uri.pdf", b"<</S/URI/URI(https://www.example.jp/)>>", [], verdict="unchanged",
                 note="a link to a web page stays")
    yield action("uri-file.pdf", b"<</S/URI/URI(file://host/share/a.exe)>>", ["pdf.action.uri"])
    yield action("uri-script.pdf", b"<</S/URI/URI(java\\nscript:alert\\(1\\))>>",
                 ["pdf.action.uri"], note="a scheme broken by a line feed")
    yield action("named.pdf", b"<</S/Named/N/NextPage>>", [], verdict="unchanged")
    yield action("named-print.pdf", b"<</S/Named/N/Print>>", ["pdf.action.other"])
    yield action("next.pdf", b"<</S/Named/N/NextPage/Next[<</S/Launch/F(a.exe)/Next"
                 + JAVASCRIPT + b">>]>>",
                 ["pdf.action.next", "pdf.action.launch", "pdf.action.javascript"],
                 note="what follows a harmless action")


def attachments():
    pdf = Document()
    files = attach(pdf, "a.exe", b"MZ" + bytes(64))
    pdf.annotate(b"/Subtype/FileAttachment/Name/PushPin/FS %d 0 R" % files)
    yield Sample("file-attachment.pdf", pdf.bytes(),
                 removals=["pdf.file_attachment", "pdf.embedded_file"])
    for kind, keys in ((b"RichMedia", b"/RichMediaContent<</Assets<<>>>>"),
                       (b"Movie", b"/Movie<</F(a.avi)>>"), (b"Sound", b"/Sound<</R 8000>>"),
                       (b"3D", b"/3DD<</Subtype/U3D>>"), (b"Screen", b"")):
        pdf = Document()
        pdf.annotate(b"/Subtype/" + kind + keys)
        yield Sample(kind.decode().lower() + ".pdf", pdf.bytes(), removals=["pdf.media"])
    pdf = Document()
    pdf.annotate(b"/Subtype/TrapNet")
    yield Sample("trapnet.pdf", pdf.bytes(), removals=["pdf.annotation"])
    pdf = Document()
    inner = attach(pdf, "inner.pdf", Document().bytes())
    pdf.catalog_keys = (b"/Collection<</View/T>>/Names<</EmbeddedFiles<</Names[(a) %d 0 R]>>>>"
                        b"/AF[%d 0 R]" % (inner, inner))
    yield Sample("portfolio.pdf", pdf.bytes(),
                 removals=["pdf.collection", "pdf.embedded_files", "pdf.embedded_file",
                           "pdf.associated_files"])
    pdf = Document()
    attach(pdf, "hidden.exe", b"MZ" + bytes(64))
    yield Sample("unreferenced.pdf", pdf.bytes(),
                 removals=["pdf.unreferenced", "pdf.embedded_file"],
                 note="a file that nothing points to any more")
    pdf = Document()
    pdf.catalog_keys = (b"/SpiderInfo<</V 1.0>>/Requirements[<</S/EnableJavaScripts>>]"
                        b"/Perms<<>>/Extensions<<>>/URI<</Base(http://example.invalid/)>>"
                        b"/Names<</URLS<<>>/IDS<<>>/Renditions<<>>/AlternatePresentations<<>>>>"
                        b"/PieceInfo<<>>/Legal<<>>")
    yield Sample("catalog.pdf", pdf.bytes(),
                 removals=["pdf.web_capture", "pdf.requirements", "pdf.signature",
                           "pdf.extensions", "pdf.uri_base", "pdf.media", "pdf.piece_info",
                           "pdf.key_dropped"])


def form():
    pdf = Document()
    look = pdf.stream(b"0.9 g 0 0 200 20 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 200 20]")
    field = pdf.add(b"<</Type/Annot/Subtype/Widget/FT/Tx/T%s/V(1,000)/Rect[72 500 272 520]"
                    b"/AP<</N %d 0 R>>/AA<</K<</S/JavaScript/JS(AFNumber_Keystroke\\(\\))>>>>>>"
                    % (string("金額"), look))
    pdf.page_keys = b"/Annots[%d 0 R]" % field
    xfa = pdf.stream(b"<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'></xdp:xdp>")
    pdf.catalog_keys = (b"/AcroForm<</Fields[%d 0 R]/CO[%d 0 R]/XFA %d 0 R/NeedAppearances false"
                        b">>" % (field, field, xfa))
    return Sample("form.pdf", pdf.bytes(),
                  removals=["pdf.xfa", "pdf.calculation_order", "pdf.additional_actions",
                            "pdf.action.javascript"],
                  note="fields stay as they look; XFA, scripts and order go")


def structure():
    """What is to be rebuilt and not dropped."""
    pdf = Document(TEXT + b"/P<</MCID 0>>BDC BT /F1 12 Tf 72 400 Td (marked) Tj ET EMC\n"
                   b"/OC/Layer BDC 300 300 50 50 re f EMC\n")
    outline, item, root, element = (pdf.reserve() for _ in range(4))
    layer = pdf.add(b"<</Type/OCG/Name%s>>" % string("図面"))
    pdf.put(outline, b"<</Type/Outlines/First %d 0 R/Last %d 0 R/Count 1>>" % (item, item))
    pdf.put(item, b"<</Title%s/Parent %d 0 R/Dest(chapter)>>" % (string("第1章"), outline))
    pdf.put(root, b"<</Type/StructTreeRoot/K %d 0 R/ParentTree<</Nums[0[%d 0 R]]>>>>"
            % (element, element))
    pdf.put(element, b"<</S/P/P %d 0 R/Pg %d 0 R/K 0/Alt(a)>>" % (root, pdf.page))
    pdf.page_keys = b"/StructParents 0"
    pdf.resource_keys += b"/Properties<</Layer %d 0 R>>" % layer
    pdf.catalog_keys = (
        b"/Outlines %d 0 R/Names<</Dests<</Names[(chapter)[%d 0 R/XYZ 0 800 null]]>>>>"
        b"/PageLabels<</Nums[0<</S/r>>]>>/StructTreeRoot %d 0 R/MarkInfo<</Marked true>>"
        b"/OCProperties<</OCGs[%d 0 R]/D<</Order[%d 0 R]/OFF[]>>>>/Lang(ja)"
        % (outline, pdf.page, root, layer, layer))
    return Sample("structure.pdf", pdf.bytes(), verdict="unchanged",
                  note="outline, destinations, labels, layers and structure stay")


def image(data, keys, note, name, verdict="unchanged", removals=()):
    pdf = Document(TEXT + b"q 100 0 0 100 72 300 cm /Im Do Q\n")
    picture = pdf.stream(data, b"/Type/XObject/Subtype/Image" + keys)
    pdf.resource_keys += b"/XObject<</Im %d 0 R>>" % picture
    return Sample(name, pdf.bytes(), verdict=verdict, removals=list(removals), note=note)


def jbig2_segment(number, kind, body):
    return struct.pack(">IBBBI", number, kind, 0, 1, len(body)) + body


def jbig2(side=32):
    page = struct.pack(">IIIIBH", side, side, 0, 0, 0, 0)
    region = struct.pack(">IIIIB", side, side, 0, 0, 0) + b"\0\3\xff\xfd\xff\2\xfe\xfe\xfe"
    return (jbig2_segment(0, 48, page) + jbig2_segment(1, 38, region + bytes(range(7, 40)))
            + jbig2_segment(2, 62, b"\x20\0\0\0comment") + jbig2_segment(3, 49, b""))


def jpeg2000(side=16):
    """A codestream whose packets are empty: all grey."""
    size = struct.pack(">HHIIIIIIIIHBBB", 41, 0, side, side, 0, 0, side, side, 0, 0, 1, 7, 1, 1)
    style = struct.pack(">HBBHBBBBBB", 12, 0, 0, 1, 0, 0, 4, 4, 0, 1)
    quantization = struct.pack(">HBB", 4, 0x40, 0x40)
    tile = b"\xff\x93\0"
    start = struct.pack(">HHIBB", 10, 0, 12 + len(tile), 0, 1)
    return (b"\xff\x4f\xff\x51" + size + b"\xff\x52" + style + b"\xff\x5c" + quantization
            + b"\xff\x90" + start + tile + b"\xff\xd9")


def pictures():
    gray = b"/Width 32/Height 32/ColorSpace/DeviceGray/BitsPerComponent 8"
    bits = b"/Width 32/Height 32/ColorSpace/DeviceGray/BitsPerComponent 1"
    yield image(bytes(range(256)) * 4, gray, "samples", "image.pdf")
    rows = picturemaker.scene(32, 32)
    color = b"/Width 32/Height 32/ColorSpace/DeviceRGB/BitsPerComponent 8"
    segments = picturemaker.jpeg_segment(0xE1, b"Exif\0\0" + picturemaker.exif(gps=True))
    yield image(picturemaker.jpeg(rows, segments), color + b"/Filter/DCTDecode",
                "a JPEG loses its EXIF", "jpeg.pdf")
    yield image(jbig2(), bits + b"/Filter/JBIG2Decode", "a JBIG2 scan stays", "jbig2.pdf")
    huge = image(jbig2(60000), b"/Width 60000/Height 60000/ColorSpace/DeviceGray"
                 b"/BitsPerComponent 1/Filter/JBIG2Decode", "3,600,000,000 pixels in 200 bytes",
                 "jbig2-huge.pdf", verdict="blocked")
    huge.reason = "limit.pixels"
    yield huge
    fax = int("1" * 32 + "000000000001" * 2, 2).to_bytes(7, "big")
    yield image(fax, bits + b"/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns 32/Rows 32>>",
                "a fax", "fax.pdf")
    yield image(jpeg2000(), b"/Width 16/Height 16/ColorSpace/DeviceGray/Filter/JPXDecode",
                "JPEG 2000 is decoded", "jpeg2000.pdf")
    yield image(b"not a picture", color + b"/Filter/DCTDecode", "", "image-bad.pdf",
                verdict="sanitized", removals=["pdf.image"])
    pdf = Document(TEXT + b"q 50 0 0 50 72 300 cm BI /W 4 /H 4 /CS /G /BPC 8 ID "
                   + bytes(range(65, 81)) + b"\nEI Q\n")
    yield Sample("inline-image.pdf", pdf.bytes(), verdict="unchanged")
    pdf = Document(TEXT + b"q 50 0 0 50 72 300 cm BI /W 4 /H 4 /CS /G /BPC 8 /Secret (x) ID "
                   + bytes(range(65, 81)) + b"MZ hidden behind the data \nEI Q\n")
    yield Sample("inline-image-hiding.pdf", pdf.bytes(), removals=["pdf.content"])
    pdf = Document(TEXT + b"% a remark nobody sees\n(payload) EVIL\n")
    yield Sample("content-junk.pdf", pdf.bytes(), removals=["pdf.content"],
                 note="remarks and unknown operators in page content")


def scans():
    """One picture, packed in each way that scanners pack it."""
    rows = scanmaker.scene()
    bits = b"/Width 64/Height 64/ColorSpace/DeviceGray/BitsPerComponent 1"

    def fax(data, keys, note, name, **options):
        return image(data, bits + b"/Filter/CCITTFaxDecode/DecodeParms<</Columns 64/Rows 64" + keys
                     + b">>", note, name, **options)

    yield fax(scanmaker.group4(rows), b"/K -1", "group 4", "scan-group4.pdf")
    yield fax(scanmaker.group3(rows), b"/EndOfBlock false",
              "one-dimensional, no marks between the lines", "scan-flat.pdf")
    yield fax(scanmaker.group3(rows, aligned=True), b"/EncodedByteAlign true/EndOfBlock false",
              "each line begins with a byte", "scan-aligned.pdf")
    yield fax(scanmaker.group3(rows, marks=True), b"/EndOfLine true", "lines with marks",
              "scan-marks.pdf")
    yield fax(scanmaker.group3(rows, mixed=True), b"/K 4/EndOfLine true",
              "lines of one and of two dimensions", "scan-mixed.pdf")
    yield fax(scanmaker.group4(rows)[:60], b"/K -1", "the rest of the picture is white",
              "scan-cut.pdf", verdict="sanitized", removals=["pdf.stream_mended"])
    keys = bits + b"/Filter/JBIG2Decode"
    yield image(scanmaker.jbig2_generic(rows), keys, "JBIG2, arithmetic", "scan-jbig2.pdf")
    yield image(scanmaker.jbig2_fax(rows), keys, "JBIG2, coded as a fax", "scan-jbig2-fax.pdf")
    pdf = Document(TEXT + b"q 100 0 0 100 72 300 cm /Im Do Q\n")
    symbols, page = scanmaker.jbig2_text(rows)
    symbols = pdf.stream(symbols)
    picture = pdf.stream(page, b"/Type/XObject/Subtype/Image" + keys
                         + b"/DecodeParms<</JBIG2Globals %d 0 R>>" % symbols)
    pdf.resource_keys += b"/XObject<</Im %d 0 R>>" % picture
    yield Sample("scan-jbig2-text.pdf", pdf.bytes(), verdict="unchanged",
                 note="JBIG2, symbols in a stream of their own")
    yield image(scanmaker.jbig2_generic(rows)[:45], keys, "nothing but the head of a region", "scan-jbig2-cut.pdf",
                verdict="sanitized", removals=["pdf.stream_mended"])


def streams():
    pdf = Document()
    pdf.put(pdf.content, b"<</Length 0/F(http://example.invalid/page)/FFilter/FlateDecode>>\n"
            b"stream\n\nendstream")
    yield Sample("external-stream.pdf", pdf.bytes(), removals=["pdf.external_stream"])
    pdf = Document(TEXT + b"/X1 Do /X2 Do\n")
    post = pdf.stream(b"(x) run", b"/Type/XObject/Subtype/PS")
    reference = pdf.stream(b"0 0 9 9 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]"
                           b"/Ref<</F(other.pdf)/Page 0>>/OPI<</1.3<<>>>>")
    pdf.resource_keys += b"/XObject<</X1 %d 0 R/X2 %d 0 R>>" % (post, reference)
    yield Sample("postscript.pdf", pdf.bytes(),
                 removals=["pdf.postscript", "pdf.reference_xobject", "pdf.opi"])
    pdf = Document()
    pdf.resource_keys = pdf.resource_keys.replace(
        b"/Font<<", b"/Font<</F3<</Type/Font/Subtype/Type3/FontBBox[0 0 9 9]/FirstChar 65"
        b"/LastChar 65/Widths[9]/CharProcs<<>>/Encoding<</Differences[65/a]>>"
        b"/FontMatrix[1 2 3 4 5 (0\\); alert\\('x')]>>")
    yield Sample("font-matrix.pdf", pdf.bytes(), removals=["pdf.font_matrix"],
                 note="CVE-2024-4367: a script in a font matrix")
    pdf = Document()
    file = pdf.stream(b"this is no font program", b"/Length1 23")
    descriptor = pdf.add(b"<</Type/FontDescriptor/FontName/Bad/Flags 4/FontFile2 %d 0 R>>" % file)
    pdf.resource_keys = pdf.resource_keys.replace(
        b"/Font<<", b"/Font<</F3<</Type/Font/Subtype/TrueType/BaseFont/Bad"
        b"/FontDescriptor %d 0 R>>" % descriptor)
    yield Sample("font-bad.pdf", pdf.bytes(), removals=["pdf.font_file"])
    pdf = Document(TEXT + b"/Cs cs 0.5 scn 9 9 9 9 re f\n")
    calculator = pdf.stream(b"{ (x) run }", b"/FunctionType 4/Domain[0 1]/Range[0 1]")
    pdf.resource_keys += (b"/ColorSpace<</Cs[/Separation/Spot/DeviceGray %d 0 R]>>" % calculator)
    yield Sample("calculator.pdf", pdf.bytes(),
                 removals=["pdf.function", "pdf.key_dropped"])


def hiding():
    """Bytes outside of the structure, and structure outside of the file."""
    good = Document().bytes()
    yield Sample("junk-before.pdf", b"\xffjunk\n" * 150 + good, removals=["pdf.outside"],
                 verdict="sanitized", note="900 bytes before the header")
    yield Sample("junk-behind.pdf", good + b"MZ" + bytes(range(256)), removals=["pdf.outside"])
    pdf = Document()
    pdf.catalog_keys = b"/OpenAction " + JAVASCRIPT
    first = pdf.bytes()
    clean = b"<</Type/Catalog/Pages %d 0 R>>" % pdf.pages
    start = len(first)
    update = b"%d 0 obj\n%s\nendobj\n" % (pdf.catalog, clean)
    table = start + len(update)
    update += (b"xref\n%d 1\n%010d 00000 n \ntrailer\n<</Root %d 0 R/Size %d/Prev %d>>\n"
               b"startxref\n%d\n%%%%EOF\n" % (pdf.catalog, start, pdf.catalog,
                                              len(pdf.objects) + 1, first.rindex(b"xref\n0"),
                                              table))
    yield Sample("revisions.pdf", first + update, removals=["pdf.revisions"],
                 note="a script in an earlier revision")


def encryption():
    ways = {"r2": (2,), "r3": (3,), "r4": (4,), "aes-128": (4, "AESV2"), "aes-r5": (5, "AESV3"),
            "aes-r6": (6, "AESV3")}
    for name, way in ways.items():
        yield Sample(f"owner-{name}.pdf", locked(Lock(*way)), removals=["pdf.encryption"],
                     note="encrypted without a user password")
        data = locked(Lock(*way, user=b"himitsu"))
        yield Sample(f"password-{name}.pdf", data, verdict="password", reason="encrypted")
        yield Sample(f"given-{name}.pdf", data, removals=["pdf.encryption"],
                     passwords=["wrong", "himitsu"])
        yield Sample(f"wrong-{name}.pdf", data, verdict="password",
                     reason="encrypted.wrong_password", passwords=["wrong", "worse"])
    for name, filters in (("streams", ("Identity", "StdCF")), ("strings", ("StdCF", "Identity"))):
        lock = Lock(4, "AESV2", filters=filters)
        yield Sample(f"clear-{name}.pdf", locked(lock), removals=["pdf.encryption"],
                     note=f"{name} lie in clear in an encrypted file")
    yield Sample("clear-content.pdf", locked(Lock(4, "AESV2"), own_filter=True),
                 removals=["pdf.encryption", "pdf.crypt_filter"],
                 note="one stream names the crypt filter Identity")
    yield Sample("certificate.pdf", locked(Certificate()), verdict="blocked",
                 reason="encrypted.unsupported", note="encrypted for a certificate")


def headers():
    body = Document().bytes().split(b"\n", 1)[1]
    yield Sample("no-header.pdf", body, removals=["pdf.mended"],
                 note="readers do not need the header")
    yield Sample("no-header.txt", b"% notes\n\n" + body, output="no-header.pdf",
                 removals=["pdf.mended", "type.renamed"])
    # Offsets of a table in front would have to be known.
    objects = body[:body.index(b"xref\n0")]
    table = b"xref\n0 1\n0000000000 65535 f \ntrailer\n<</Root 1 0 R/Size 9>>\n"
    yield Sample("table-first.pdf", table + objects + b"%%EOF\n", removals=["pdf.mended"])
    prose = b"Minutes of the meeting.\n" * 80
    yield Sample("prose-first.pdf", prose + Document().bytes(), removals=["pdf.mended"],
                 note="the header lies behind the first 1024 bytes")
    yield Sample("no-header-zip.pdf", body + zip_file([Entry(b"a.txt", b"a")]), verdict="blocked",
                 reason="type.ambiguous")
    for name, quote in (
            ("quoted-object.txt", b"1 0 obj\n<</Type/Page/MediaBox[0 0 9 9]>>\nendobj\n"
             b"is what a page looks like.\n"),
            ("quoted-header.txt", b"A PDF begins with\n%PDF-1.7\nand goes on.\n"),
            ("quoted-document.txt", prose + b"1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
             b"trailer\n<</Root 1 0 R>>\nis how one ends.\n")):
        yield Sample(name, quote, verdict="unchanged", note="a text that quotes from a PDF")


def bombs():
    zeros = zlib.compress(zlib.compress(bytes(64 * 1024 * 1024), 9), 9)
    pdf = Document()
    pdf.put(pdf.content, b"<</Length %d/Filter[/FlateDecode/FlateDecode]>>\nstream\n%s\nendstream"
            % (len(zeros), zeros))
    yield Sample("bomb-double-flate.pdf", pdf.bytes(), verdict="blocked", reason="limit.ratio")
    pdf = Document(b" " * (300 * 1024 * 1024), pack=True)
    yield Sample("bomb-flate.pdf", pdf.bytes(), verdict="blocked", reason="limit.ratio",
                 note="300 MB of blanks in 300 KB")
    pdf = Pdf()
    catalog = pdf.add(b"<</Type/Catalog/Pages 2 0 R>>")
    pdf.add(b"<</Type/Pages/Kids[3 0 R]/Count 1>>")
    pdf.add(b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>" + b" " * (256 * 1024 * 1024))
    yield Sample("bomb-object-stream.pdf", pdf.write_packed(catalog, [catalog, 2, 3]),
                 verdict="blocked", reason="limit.ratio",
                 note="256 MB of blanks in an object stream")
    packed = pdf.write_packed(catalog, [catalog, 2, 3]).replace(b"/ObjStm", b"/Obj#53tm")
    yield Sample("bomb-object-stream-escaped.pdf", packed, verdict="blocked",
                 reason="limit.ratio", note="the same under an escaped name")
    pdf = Pdf()
    catalog = pdf.add(b"<</Type/Catalog/Pages 2 0 R>>")
    pdf.add(b"<</Type/Pages/Kids[3 0 R]/Count 1>>")
    for i in range(60000):
        pdf.add(b"<</Type/Pages/Parent %d 0 R/Kids[%d 0 R]/Count 1>>" % (i + 2, i + 4))
    pdf.add(b"<</Type/Page/Parent 60002 0 R/MediaBox[0 0 9 9]>>")
    yield Sample("bomb-page-tree.pdf", pdf.write(catalog), verdict="blocked",
                 reason="limit.depth", note="a page tree 60,000 deep")
    pdf = Document()
    deep = pdf.add(b"[" * 200000 + b"]" * 200000)
    pdf.catalog_keys = b"/Extensions %d 0 R" % deep
    yield Sample("bomb-arrays.pdf", pdf.bytes(), verdict="blocked", reason="limit.depth",
                 note="200,000 arrays in one another")
    pdf = Document(b"q " * 100000 + TEXT)
    yield Sample("bomb-saves.pdf", pdf.bytes(), removals=["pdf.content"],
                 note="100,000 saved states")
    pdf = Document(TEXT + b"/X Do\n")
    inner = pdf.stream(b"0 0 1 1 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]")
    for _ in range(30):
        inner = pdf.stream(b"/X Do " * 10, b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]"
                           b"/Resources<</XObject<</X %d 0 R>>>>" % inner)
    pdf.resource_keys += b"/XObject<</X %d 0 R>>" % inner
    yield Sample("bomb-forms.pdf", pdf.bytes(), verdict="blocked", reason="limit.ratio",
                 note="forms that paint forms ten times, thirty deep")


def tiling(content, keys):
    pdf = Document(TEXT + b"/Pattern cs /P scn 72 300 200 200 re f\n")
    pattern = pdf.stream(content, b"/Type/Pattern/PatternType 1/PaintType 1/TilingType 1"
                         b"/Resources<<>>" + keys)
    pdf.resource_keys += b"/Pattern<</P %d 0 R>>" % pattern
    return pdf


def tilings():
    square = b"1 0 0 rg 0 0 4 4 re f"
    yield Sample("pattern.pdf", tiling(square, b"/BBox[0 0 8 8]/XStep 8/YStep 8").bytes(),
                 verdict="unchanged", note="a tiling pattern stays")
    yield Sample("bomb-pattern.pdf",
                 tiling(square, b"/BBox[0 0 8 8]/XStep .001/YStep .001").bytes(),
                 verdict="blocked", reason="limit.painting", note="a million millions of cells")
    yield Sample("bomb-pattern-small.pdf",
                 tiling(square, b"/BBox[0 0 8 8]/XStep 8/YStep 8/Matrix[.0001 0 0 .0001 0 0]")
                 .bytes(), verdict="blocked", reason="limit.painting",
                 note="the same by its matrix")


def glyph_fonts():
    """Fonts whose text must be found again: drawn glyphs, vertical lines, own meanings."""
    pdf = Document(TEXT + b"BT /F3 20 Tf 72 500 Td (ab) Tj ET\n")
    glyph = pdf.stream(b"1000 0 0 0 750 750 d1 0 0 750 750 re f")
    meaning = pdf.stream(
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def\n"
        b"1 begincodespacerange <00> <ff> endcodespacerange\n"
        b"2 beginbfchar <61> <6771> <62> <4eac> endbfchar\nendcmap end end\n")
    font = pdf.add(b"<</Type/Font/Subtype/Type3/FontBBox[0 0 750 750]/FontMatrix[.001 0 0 .001 0 0]"
                   b"/FirstChar 97/LastChar 98/Widths[1000 1000]/Resources<<>>"
                   b"/CharProcs<</a %d 0 R/b %d 0 R>>/Encoding<</Type/Encoding"
                   b"/Differences[97/a/b]>>/ToUnicode %d 0 R>>" % (glyph, glyph, meaning))
    pdf.resource_keys = pdf.resource_keys.replace(b"/Font<<", b"/Font<</F3 %d 0 R" % font)
    yield Sample("font-type3.pdf", pdf.bytes(), verdict="unchanged",
                 note="drawn glyphs that mean Japanese characters")
    pdf = Document(TEXT + b"BT /F3 16 Tf 400 720 Td <93fc8e4490e096be8f91> Tj ET\n")
    vertical = pdf.add(b"<</Type/Font/Subtype/Type0/BaseFont/HeiseiMin-W3-90ms-RKSJ-V"
                       b"/Encoding/90ms-RKSJ-V/DescendantFonts[<</Type/Font/Subtype/CIDFontType0"
                       b"/BaseFont/HeiseiMin-W3/CIDSystemInfo<</Registry(Adobe)/Ordering(Japan1)"
                       b"/Supplement 2>>/DW 1000/DW2[880 -1000]/W[1[500 500]]/FontDescriptor"
                       b"<</Type/FontDescriptor/FontName/HeiseiMin-W3/Flags 6/FontBBox"
                       b"[-123 -257 1001 910]/ItalicAngle 0/Ascent 709/Descent -241/CapHeight 709"
                       b"/StemV 69>>>>]>>")
    pdf.resource_keys = pdf.resource_keys.replace(b"/Font<<", b"/Font<</F3 %d 0 R" % vertical)
    yield Sample("vertical.pdf", pdf.bytes(), verdict="unchanged", note="vertical Japanese text")


def kinds():
    yield Sample("pdf-2.0.pdf", Document(header=b"%PDF-2.0\n%\xe2\xe3\xcf\xd3\n").bytes(),
                 verdict="unchanged")
    pdf = Document()
    xmp = pdf.stream(b"<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x="
                     b"'adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-"
                     b"syntax-ns#'><rdf:Description xmlns:pdfaid='http://www.aiim.org/pdfa/ns/id/'"
                     b" pdfaid:part='1' pdfaid:conformance='B'/></rdf:RDF></x:xmpmeta>"
                     b"<?xpacket end='w'?>", b"/Type/Metadata/Subtype/XML")
    pdf.catalog_keys = (b"/Metadata %d 0 R/OutputIntents[<</Type/OutputIntent/S/GTS_PDFA1"
                        b"/OutputConditionIdentifier(sRGB)>>]" % xmp)
    yield Sample("pdf-a.pdf", pdf.bytes(), removals=["metadata"],
                 note="the output intent stays, the mark in XMP goes")
    pdf = Document()
    look = pdf.stream(b"0 0 200 20 re S", b"/Type/XObject/Subtype/Form/BBox[0 0 200 20]")
    value = pdf.add(b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/adbe.pkcs7.detached"
                    b"/ByteRange[0 9 9 9]/Contents<00112233>/M(D:20240401)>>")
    field = pdf.add(b"<</Type/Annot/Subtype/Widget/FT/Sig/T(seal)/V %d 0 R/Rect[72 500 272 520]"
                    b"/F 4/AP<</N %d 0 R>>>>" % (value, look))
    pdf.page_keys = b"/Annots[%d 0 R]" % field
    pdf.catalog_keys = b"/AcroForm<</Fields[%d 0 R]/SigFlags 3>>" % field
    yield Sample("signature.pdf", pdf.bytes(), removals=["pdf.signature"],
                 note="a signature breaks and goes, what it looks like stays")
    good = Document().bytes()
    table = good.rindex(b"xref\n0")
    yield Sample("no-table.pdf", good[:table] + good[good.index(b"trailer\n"):],
                 removals=["pdf.mended"], note="no table: the objects are found one by one")
    pdf = Document().close()
    start = len(pdf.write(pdf.catalog))
    hint = b"<</Linearized 1/L %010d/H[0 0]/O %d/E 0/N 1/T 0>>" % (start, pdf.page)
    pdf.add(hint)
    size = len(pdf.write(pdf.catalog))
    pdf.put(len(pdf.objects), hint.replace(b"%010d" % start, b"%010d" % size))
    yield Sample("linearized.pdf", pdf.write(pdf.catalog), verdict="unchanged",
                 note="what marks a linearized file goes without a word")
    pdf = Document().close()
    plain = pdf.write(pdf.catalog)
    table = plain.rindex(b"xref\n0")
    entry = zlib.compress(b"\1" + plain.index(b"%d 0 obj" % pdf.page).to_bytes(4, "big"), 9)
    number = len(pdf.objects) + 1
    stream = (b"%d 0 obj\n<</Type/XRef/W[1 4 0]/Index[%d 1]/Size %d/Root %d 0 R/Filter/FlateDecode"
              b"/Length %d>>\nstream\n%s\nendstream\nendobj\n"
              % (number, pdf.page, number + 1, pdf.catalog, len(entry), entry))
    hybrid = plain[:table] + stream + plain[table:].replace(
        b"trailer\n<<", b"trailer\n<</XRefStm %d" % table).replace(
        b"startxref\n%d" % table, b"startxref\n%d" % (table + len(stream)))
    yield Sample("hybrid.pdf", hybrid, verdict="unchanged",
                 note="a table and a stream of references in one file")


def damaged():
    good = Document().bytes()
    yield Sample("truncated.pdf", good[:400], verdict="blocked", reason="malformed")
    flipped = bytearray(good)
    at = good.index(b"startxref")
    flipped[at + 11] ^= 0x7
    yield Sample("bad-startxref.pdf", bytes(flipped), removals=["pdf.mended"],
                 note="the table is found again")
    yield Sample("object-number.pdf", b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
                 b"2 0 obj\n<</Type/Pages/Count 1/Kids[<</Type/Page/Parent 2 0 R"
                 b"/MediaBox[0 0 9 9]>>]/Resources<<>>>>\nendobj\n"
                 b"2147483647 0 obj\n(x)\nendobj\ntrailer\n<</Root 1 0 R/Size 3>>\n",
                 removals=["pdf.mended"], note="no room for another object's number")
    flipped = bytearray(good)
    flipped[good.index(b"/Pages") + 1] ^= 0x20
    yield Sample("bit-flip.pdf", bytes(flipped), verdict="blocked", reason="malformed")


def samples():
    yield from plain()
    yield from scripts()
    yield from actions()
    yield from attachments()
    yield form()
    yield structure()
    yield from pictures()
    yield from scans()
    yield from streams()
    yield from hiding()
    yield from encryption()
    yield from headers()
    yield from bombs()
    yield from tilings()
    yield from glyph_fonts()
    yield from kinds()
    yield from damaged()
