"""Documents of Word 97 to 2003, as Word and attackers write them."""
import struct

import docmaker as word
import metafilemaker as meta
import rc4lock
import xorlock
from docmaker import BOLD, DATA, OBJECT, OLE2, PICTURE, SPECIAL, Doc, at, field
from sample import Sample, sibling

PASSWORD = "himitsu"
OLE_FILE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)


def keeps(name, doc, note):
    return Sample(name, doc.data(), verdict="unchanged", note=note)


def loses(name, doc, kinds, note, **more):
    kinds = [kind if "." in kind else "doc." + kind for kind in kinds]
    return Sample(name, doc.data(), removals=kinds, note=note, **more)


def held(name, doc, reason, note, **more):
    return Sample(name, doc.data(), verdict="blocked", reason=reason, note=note, **more)


def harmless():
    yield keeps("plain.doc", Doc("入札公告\r令和8年度\r", [(0, 4, BOLD)]), "text and properties")
    yield keeps("narrow.doc", Doc("Windows text \u20ac \u201cq\u201d\r", narrow=True),
                "characters of one byte")
    yield keeps("table.doc", Doc("品目\x07数量\x07\x07後\r", paragraphs=[
        (3, word.IN_TABLE), (6, word.IN_TABLE), (7, word.row()), (9, b"")]), "a table")
    yield keeps("notes.doc", Doc("本文\x02の注\r", notes="\x02 注の本文\r\r", runs=[(2, 3, SPECIAL)],
                                 regions={2: word.plc([2, 6], b"\1\0"), 3: word.plc([0, 7, 8])}),
                "a footnote")
    yield keeps("comment.doc", comment(), "a comment")
    yield keeps("header.doc", Doc("text\r", headers="\r\r\r\r\r\rHeader\r\r", regions={
        11: word.plc([0, 1, 2, 3, 4, 5, 6, 13, 13, 13, 13, 13, 13, 14])}), "a header")
    fixed, levels = word.lists(word.level(chpx=BOLD))
    yield keeps("list.doc", Doc("one\rtwo\r", paragraphs=[(4, word.NUMBERED), (8, word.NUMBERED)],
                                regions={73: fixed, 74: word.overrides()}, lists=levels), "a list")
    yield keeps("styles.doc", Doc("text\r", regions={
        1: word.styles([word.style("heading 1", 1, chpx=BOLD)])}), "a style")
    yield keeps("bookmark.doc", Doc("a bookmark\r", regions={
        21: word.texts(["Here"]), 22: word.plc([2, 11], b"\0\0\0\0"), 23: word.plc([10, 11])}),
                "a bookmark")
    yield keeps("revision.doc", Doc("a deleted hidden shown\r", [(2, 10, word.DELETED), (10, 17, word.HIDDEN)]),
                "a deleted word and a hidden one")
    half = word.TEXT_AT + 2 * 4
    yield keeps("pieces.doc", Doc("ab12345\r", pieces=[(0, 4, half), (4, 8, word.TEXT_AT)]),
                "pieces in another order")
    yield keeps("pieces-shared.doc", Doc("abcd\r", pieces=[
        (0, 3, word.TEXT_AT), (3, 5, word.TEXT_AT + 6)] + [(5, 7, word.TEXT_AT)]),
                "two pieces share characters, as fast saves leave it")
    yield keeps("prc.doc", Doc(prc=b"\1" + struct.pack("<H", len(BOLD)) + BOLD),
                "properties of pieces")


def comment():
    reference = b"\1\0A\0".ljust(20, b"\0") + struct.pack(
        "<HHHI", 0, 0, 0, 0xFFFFFFFF)
    return Doc("see\x05 this\r", comments="\x05 remark\r\r", runs=[(3, 4, SPECIAL)], regions={
        4: word.plc([3, 10], reference), 5: word.plc([0, 9, 10]), 36: word.text("Aoki")[:-2]})


def fields():
    keep = {"page": "PAGE", "toc": 'TOC \\o "1-3" \\h', "link": 'HYPERLINK "https://a.example/"',
            "mail": 'HYPERLINK "mailto:a@a.example"', "place": 'HYPERLINK \\l "Here"',
            "ref": "REF Here \\h", "date": 'DATE \\@ "yyyy/M/d"', "seq": "SEQ Table",
            "eq": "EQ \\f(1,2)"}
    for name, instruction in keep.items():
        yield keeps(f"field-{name}.doc", Doc(field(instruction + " ", "1") + "\r"), instruction)
    yield keeps("field-nested-result.doc", Doc(
        field('TOC \\o "1-3"', field('HYPERLINK \\l "a"', "x " + field("PAGEREF a", "1")) + "\r") + "\r"),
                "fields in the result of one")
    gone = {"dde": 'DDE cmd "/c calc" x', "ddeauto": 'DDEAUTO c:\\\\windows\\\\cmd.exe "/k calc"',
            "link-object": "LINK Excel.Sheet.8 c:\\\\a.xls", "includetext": 'INCLUDETEXT "\\\\\\\\203.0.113.9\\\\a"',
            "includepicture": 'INCLUDEPICTURE "http://203.0.113.9/a.png" \\d', "import": "IMPORT a.bmp",
            "database": 'DATABASE \\d "a.mdb"', "macrobutton": "MACROBUTTON Run click",
            "autotext": "AUTOTEXT x", "filename": "FILENAME \\p", "quote": 'QUOTE "DDE"',
            "control": "CONTROL Forms.Button.1", "print": 'PRINT "!R!"', "if": 'IF 1 = 1 "a" "b"'}
    for name, instruction in gone.items():
        yield loses(f"field-{name}.doc", Doc(field(instruction, "shown") + "\r"), ["field"], instruction,
                    demo=name == "ddeauto")
    links = {"file": 'HYPERLINK "file:///c:/a.exe"', "unc": 'HYPERLINK "\\\\\\\\203.0.113.9\\\\a"',
             "script": 'HYPERLINK "javascript:x"', "path": 'HYPERLINK "a.exe"'}
    for name, instruction in links.items():
        yield loses(f"link-{name}.doc", Doc(field(instruction, "shown") + "\r"), ["link"], instruction)
    yield loses("field-nested.doc", Doc(field("HYPERLINK " + field("QUOTE 1", "2"), "x") + "\r"),
                ["link"], "a field in an instruction")
    yield loses("field-built.doc", Doc(field(field("QUOTE 68 68 69", "DDE") + " a b", "x") + "\r"),
                ["field"], "a keyword that another field makes")
    yield loses("field-unnamed.doc", Doc(field("DDEAUTO a b", "x") + "\r", without=[16]), ["field"],
                "no table names it")
    yield keeps("field-disguised.doc", Doc(field("PAGE ", "1") + "\r", kinds={0: 0x2E}),
                "the table says it is DDEAUTO; the text is what is kept")
    yield loses("field-unended.doc", Doc("a\x13DDEAUTO a b\x14c\r"), ["field"], "it never ends")
    yield loses("field-stray.doc", Doc("a\x14b\x15c\r"), ["field"], "signs of fields that are none")
    yield loses("field-header.doc", Doc("text\r", headers="\r\r\r\r\r\r" + field("DDE a b", "c") + "\r\r", regions={
        11: word.plc([0, 1, 2, 3, 4, 5, 6, 17, 17, 17, 17, 17, 17, 18])}), ["field"], "in a header")
    yield loses("field-note.doc", Doc("本文\x02の注\r", notes="\x02" + field("DDE a b", "c") + "\r\r", regions={
        2: word.plc([2, 6], b"\1\0"), 3: word.plc([0, 13, 14])}), ["field"], "in a footnote")
    yield loses("field-split.doc", Doc(field("DDEAUTO a b", "x") + "\r", pieces=[
        (0, 3, word.TEXT_AT), (3, 17, word.TEXT_AT + 6)], runs=[(2, 5, BOLD)]), ["field"],
                "its keyword in two pieces")
    yield loses("field-narrow.doc", Doc(field("DDEAUTO a b", "x") + "\r", narrow=True), ["field"],
                "characters of one byte")
    whole = field("DDEAUTO a b", "x") + "\r"
    yield loses("field-shared.doc", Doc(whole + whole, pieces=[
        (0, len(whole), word.TEXT_AT), (len(whole), 2 * len(whole), word.TEXT_AT)]), ["field", "leftover"],
                "two pieces of the same text")


def pictures():
    png = sibling("png", "plain.png")
    one = [(0, 1, at(0))]
    yield keeps("picture-png.doc", Doc(PICTURE + "\r", one, data=word.picture(png)), "PNG")
    yield loses("picture-exif.doc", Doc(PICTURE + "\r", one, data=word.picture(
        sibling("jpeg", "現場写真.jpg"), blip_of=lambda image: word.blip(image, 0xF01D, 0x46A))),
                ["picture.exif", "picture.gps", "picture.thumbnail"], "a position within")
    yield loses("picture-linked.doc", Doc(PICTURE + "\r", one, data=word.picture(
        png, b"\\\\203.0.113.9\\a.png")), ["linked_picture"], "linked to a file")
    yield loses("picture-none.doc", Doc(PICTURE + "\r", one, data=word.picture(OLE_FILE)),
                ["nested.blocked"], "an OLE file instead of a picture")
    yield loses("picture-name.doc", Doc(PICTURE + "\r", one, data=word.picture(png, more=[
        (0x105, "c:\\a.png\0".encode("utf-16-le"))])), ["ole.shape_property"], "a file's name")
    yield keeps("picture-outside.doc", Doc(PICTURE + "\r", [(0, 1, at(99999))]), "a picture that is not there")
    yield loses("picture-unused.doc", Doc("x\r", data=OLE_FILE * 9), ["leftover"], "Data that nothing leads to")
    yield keeps("floating.doc", floating(png), "a floating picture")


def metafiles():
    def drawing(metafile, kind=0xF01A, **more):
        packed = meta.blip(metafile, **more)
        return Doc(PICTURE + "\r", [(0, 1, at(0))], data=word.picture(packed, blip_of=lambda data: word.record(
            kind, b"\x11" * 16 + data, 0, 0x3D4 if kind == 0xF01A else 0x216)))

    lines = (meta.EMF_PEN, meta.EMF_SELECT, meta.EMF_LINE)
    yield keeps("emf.doc", drawing(meta.emf(*lines, meta.emf_text("図"), meta.emf_picture(bytes(16)))), "an enhanced metafile")
    yield keeps("emf-unpacked.doc", drawing(meta.emf(*lines), packed=False), "the same as it stands")
    for name, (data, what) in meta.EMF_BAD.items():
        yield loses(f"emf-{name}.doc", drawing(data), [what if what == "picture.metafile" else "nested.blocked"], name)
    yield loses("emf-size.doc", drawing(meta.emf(*lines), size=9), ["nested.blocked"], "larger than it says")
    strokes = (meta.WMF_WINDOW, meta.WMF_PEN, meta.WMF_SELECT, meta.WMF_LINE)
    yield keeps("wmf.doc", drawing(meta.wmf(*strokes), 0xF01B), "a metafile")
    yield loses("wmf-escape.doc", drawing(meta.wmf(*strokes, meta.WMF_ESCAPE), 0xF01B), ["picture.metafile"],
                "an escape that names a procedure")
    yield loses("wmf-count.doc", drawing(meta.wmf(*strokes, meta.wmf_record(0x0324, 999, 1, 1)), 0xF01B),
                ["picture.metafile"], "more points than there are")
    yield loses("wmf-region.doc", drawing(meta.wmf(meta.wmf_record(0x06FF, 0, 6, 0, 9), *strokes), 0xF01B),
                ["picture.metafile"], "an object that goes leaves its number taken")


def floating(png):
    blip = word.blip(png)

    def drawing(delay):
        store = word.container(0xF001, word.entry(b"", len(blip), delay), instance=1)
        group = word.container(0xF000, word.record(0xF006, struct.pack(
            "<IIIIII", 1026, 2, 2, 1, 1, 2)), store)
        root = word.container(0xF004, word.record(0xF009, bytes(16), 1),
                              word.record(0xF00A, struct.pack("<II", 1024, 5), 2, 0))
        one = word.shape(1025, 75, 0xA00, word.properties((0x104 | 0x4000, 1)),
                         word.record(0xF010, bytes(4)), word.record(0xF011, b"\1\0\0\0"))
        return group + b"\0" + word.container(0xF002, word.record(
            0xF008, struct.pack("<II", 2, 1025), 0, 1), word.container(0xF003, root, one))

    anchor = struct.pack("<IiiiiHI", 1025, 0, 0, 2000, 2000, 0, 0)
    doc = Doc(word.DRAWN + "\r", [(0, 1, SPECIAL)], behind=blip, regions={
        40: word.plc([0, 2], anchor), 50: drawing(0)})
    doc.data()
    doc.regions[50] = drawing(doc.behind_at)
    return doc


def objects():
    png = sibling("png", "plain.png")
    text = word.BEGIN + "EMBED Excel.Sheet.8" + word.SEPARATOR + PICTURE + word.END + "\r"
    middle = text.index(word.SEPARATOR)
    runs = [(middle, middle + 1, at(1234) + OLE2 + OBJECT), (middle + 1, middle + 2, at(0))]
    pool = {"ObjectPool": {"_1234": {"\1Ole10Native": OLE_FILE, "\1CompObj": bytes(40)}}}
    yield loses("object.doc", Doc(text, runs, data=word.picture(png), streams=pool),
                ["ole.object", "field"], "an embedded object becomes its picture", demo=True)
    shared = [(0, 1, at(0)), (middle, middle + 1, at(77) + OLE2), (middle + 1, middle + 3, at(0))]
    yield loses("object-shared.doc", Doc(text, shared, data=word.picture(png)), ["ole.object", "field"],
                "signs of the field have the properties of the picture")
    yield loses("macros.doc", Doc(streams={"Macros": {"VBA": {"dir": b"x" * 99, "ThisDocument": b"y" * 99},
                                                      "PROJECT": b"z" * 99}}),
                ["ole.vba_project"], "a VBA project", demo=True)
    yield loses("macros-upper.doc", Doc(streams={"MACROS": {"VBA": {"DIR": b"x" * 99}}}), ["ole.vba_project"],
                "names without case")
    yield loses("streams.doc", Doc(streams={"\1CompObj": bytes(100), "MsoDataStore": {"a": {"Item": b"<x/>"}},
                                            "evil": OLE_FILE}), ["ole.storage"], "streams that are not on the list")
    yield loses("signature.doc", Doc(streams={"_signatures": b"x" * 100}), ["ole.signature"], "a signature")
    yield loses("other-table.doc", Doc(streams={"0Table": OLE_FILE}), ["ole.storage"], "the other table stream")


def forms():
    text = word.BEGIN + " FORMTEXT " + PICTURE + word.SEPARATOR + "value" + word.END + "\r"
    run = [(11, 12, at(0) + DATA)]
    yield keeps("form.doc", Doc(text, run, data=word.form()), "a form field")
    yield loses("form-macro.doc", Doc(text, run, data=word.form(entry_macro="Run", exit_macro="AutoOpen")),
                ["form_macro"], "macros of a form field")
    yield loses("form-list-macro.doc", Doc(text.replace("FORMTEXT", "FORMDROPDOWN"), [(15, 16, at(0) + DATA)],
                                           data=word.form(2, exit_macro="Run", entries=["a", "b"])),
                ["form_macro"], "the same of a list")
    yield loses("field-data.doc", Doc(field('HYPERLINK "https://a.example/"' + PICTURE, "x") + "\r",
                                      [(31, 32, at(0) + DATA)], data=word.header(b"\x08" + OLE_FILE)),
                ["field_data"], "private data of a link")


def regions():
    associated = ["", "\\\\203.0.113.9\\a.dot", "title"] + [""] * 15
    gone = {"commands": (24, b"\xff\x03\1\0" + b"x" * 40, "commands"),
            "macro-names": (26, word.texts(["AutoOpen"]), "commands"),
            "merge": (44, b"x" * 60, "mail_merge"), "variables": (60, b"x" * 60, "document_variable"),
            "files": (67, b"x" * 60, "subdocument"), "undo": (77, b"x" * 60, "region"),
            "printer": (27, b"\\\\203.0.113.9\\printer", "region"),
            "template": (32, word.texts(associated), "template"),
            "titles": (32, word.texts([""] * 2 + ["title"] + [""] * 15), "region")}
    for name, (number, body, kind) in gone.items():
        yield loses(f"region-{name}.doc", Doc(regions={number: body}), [kind], name, demo=name == "template")
    yield loses("leftover.doc", Doc(leftover="deleted secret".encode("utf-16-le")), ["leftover"],
                "text of a former version")
    yield loses("glossary.doc", Doc(leftover=b"\xec\xa5" + bytes(200), next_fib=4), ["glossary", "leftover"],
                "a glossary document behind the text")
    cut = word.style("x", 1, chpx=BOLD).replace(struct.pack("<H", len(BOLD)) + BOLD, b"\0\4" + BOLD)
    yield loses("style-outside.doc", Doc("text\r", regions={1: word.styles([cut])}), ["region"],
                "a list of a style that leads into the next one")
    yield keeps("style-object.doc", Doc(regions={1: word.styles([word.style("x", 1, chpx=at(7))])}),
                "a style that leads to Data")


def locked():
    text = "秘密の文書\r" + field("DDE a b", "c") + "\r"
    kinds = ["field", "ole.decrypted"]
    yield loses("unlocked.doc", Doc(text), ["field"], "without a password")
    for name, lock in (("rc4", rc4lock.Plain(PASSWORD)), ("api-128", rc4lock.Api(PASSWORD)),
                       ("api-40", rc4lock.Api(PASSWORD, 40)), ("api-56", rc4lock.Api(PASSWORD, 56))):
        yield loses(f"locked-{name}.doc", Doc(text, lock=lock), kinds, name, passwords=["wrong", PASSWORD])
    png = sibling("png", "plain.png")
    yield loses("locked-picture.doc", Doc(PICTURE + "\r", [(0, 1, at(0))], data=word.picture(png),
                                          lock=rc4lock.Api(PASSWORD)), ["ole.decrypted"], "with a Data stream",
                passwords=[PASSWORD])
    lock = rc4lock.Plain(PASSWORD)
    yield Sample("locked-waits.doc", Doc(lock=lock).data(), verdict="password", reason="encrypted")
    yield Sample("locked-wrong.doc", Doc(lock=lock).data(), verdict="password", passwords=["wrong"],
                 reason="encrypted.wrong_password")
    for name, password, encoding in (("xor", PASSWORD, "cp932"), ("xor-kanji", "秘密", "cp932"),
                                     ("xor-low", "pässword", "latin-1")):
        lock = xorlock.Word(password, encoding=encoding)
        yield loses(f"locked-{name}.doc", Doc(text, lock=lock), kinds, name, passwords=["wrong", password])
    lock = xorlock.Word(PASSWORD)
    yield loses("locked-xor-picture.doc", Doc(PICTURE + "\r", [(0, 1, at(0))], data=word.picture(png), lock=lock),
                ["ole.decrypted"], "with a Data stream", passwords=[PASSWORD])
    yield Sample("locked-xor-waits.doc", Doc(lock=lock).data(), verdict="password", reason="encrypted")
    yield Sample("locked-xor-wrong.doc", Doc(lock=lock).data(), verdict="password", passwords=["wrong"],
                 reason="encrypted.wrong_password")
    yield held("locked-aes.doc", Doc(lock=rc4lock.Api(PASSWORD, cipher=0x660E)), "encrypted.unsupported", "AES",
               passwords=[PASSWORD])


def refused():
    yield held("template.dot", Doc(flags=0x1201), "type.office_template", "a template")
    yield held("template.doc", Doc(flags=0x1201), "type.office_template", "the same under another name")
    yield held("encrypted.doc", Doc(flags=0x1300), "malformed.truncated", "says it is encrypted, and how is not there")
    yield Sample("obfuscated.doc", Doc(flags=0x9300).data(), verdict="password", reason="encrypted",
                 note="says it is obfuscated: no password fits")
    yield held("no-table.doc", Doc(flags=0x1000, streams={"1Table": b"x", "0Table": b""}), "malformed",
               "an empty table stream")
    yield held("table-named-wrong.doc", Doc(patch={10: b"\0\x10"}), "malformed", "the flag names a table that is not there")
    yield held("region-outside.doc", Doc(patch={154 + 8 * 33: b"\0\0\0\x7f"}), "malformed", "a region outside of the table")
    yield held("piece-outside.doc", Doc(pieces=[(0, 5, 0x100000)]), "malformed", "text outside of the stream")
    yield held("piece-on-fib.doc", Doc(pieces=[(0, 5, 64)]), "malformed", "text over the file information block")
    yield held("pieces-backwards.doc", Doc(pieces=[(0, 5, word.TEXT_AT), (9, 7, word.TEXT_AT)]), "malformed",
               "positions that go backwards")
    yield held("pieces-odd.doc", Doc("abcdef\r", pieces=[(0, 4, word.TEXT_AT), (4, 7, word.TEXT_AT + 1)]), "malformed",
               "pieces that share halves of characters")
    yield held("text-missing.doc", Doc("abc\r", pieces=[(0, 2, word.TEXT_AT)]), "malformed", "less text than is said")
    yield held("fields-deep.doc", Doc("\x13" * 300 + "\x15" * 300 + "\r"), "limit.depth", "300 fields in each other")
    yield held("short.doc", Doc(patch={32: b"\xff\xff"}), "malformed", "a block of another shape")
    yield held("page-outside.doc", Doc(regions={12: word.plc([1024, 1034], b"\xff\xff\x3f\0")}), "malformed",
               "a page of properties outside")


def samples():
    for part in (harmless, fields, pictures, metafiles, objects, forms, regions, locked,
                 refused):
        yield from part()
