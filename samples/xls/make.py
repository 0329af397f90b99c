"""Workbooks of Excel 97-2003 and 5/95 as people and attackers write them."""
import struct

from biffmaker import (ADD_IN, MACRO, SELF, SHEET, VB, Book, Drawing, add_in_name, call, cell, chart, defined_name,
                       encrypted, extern_name, extern_sheet, file_pass, formula, hyperlink, label5, name_ref, number, obj, part,
                       picture_group, record, ref, ref3d, row_record, short, string, text, txo, words, workbook_link)
import metafilemaker as meta
from picturemaker import flat, png, scene
from rc4lock import Api, Plain
from sample import Sample
from xorlock import Excel as Xor


def book(*cells, **more):
    made = Book()
    made.sheet("表1", *cells, **more)
    return made


def plain():
    made = Book()
    made.sheet("予算", cell(0, 0, "品目", made), cell(0, 1, "金額", made), cell(1, 0, "机", made),
               cell(1, 1, 12000.0), cell(2, 1, True),
               formula(3, 1, ref(1, 1) + number(2) + b"\x05", 24000.0),
               behind=hyperlink(0, 0, "https://www.example.jp/") + hyperlink(1, 0, location="予算!A1"))
    made.sheet("空")
    return made


def keeps(name, made, note, **more):
    return Sample(name, made.data(**more), verdict="unchanged", note=note)


def loses(name, made, kinds, note, more=None, **rest):
    return Sample(name, made.data(more), note=note,
                  removals=[kind if "." in kind else "xls." + kind for kind in kinds], **rest)


def held(name, data, reason, note):
    return Sample(name, data, verdict="blocked", reason=reason, note=note)


def linked(*sheets):
    """A book with a link to itself, to add-ins, and to another book."""
    made = Book()
    made.links = (SELF + ADD_IN + add_in_name("EDATE") + add_in_name("EvilFunction")
                  + workbook_link("\x01D:\\secret\\b.xls", "Sheet1")
                  + record(0x23, bytes(6), short("Range"), words(2), b"\x1c\x17")
                  + record(0x59, words(1, 0)) + record(0x5A, b"\0\0\0\0", b"\1", struct.pack("<d", 5))
                  + extern_sheet((0, 0, 0), (1, 0xFFFE, 0xFFFE), (2, 0, 0), (9, 0, 0)))
    return made


def harmless():
    yield Sample("予算書.xls", plain().data(), verdict="unchanged", note="cells, a formula, links", demo=True)
    made = linked()
    made.links = SELF + extern_sheet((0, 0, 0))
    made.sheet("a", cell(0, 0, 1.0)).sheet("b", formula(0, 0, ref3d(0, 0, 0), 1.0))
    yield keeps("sheets.xls", made, "a formula over two sheets")
    made = Book()
    made.links = defined_name("area", ref(0, 0)) + defined_name(6, ref(0, 0), sheet=1)
    made.sheet("a", cell(0, 0, 1.0), formula(1, 0, name_ref(1), 1.0))
    yield keeps("names.xls", made, "a name, and a print area")
    made = Book()
    long = "長い" * 3000
    made.raw = {"rich": words(4) + b"\x08" + words(1) + b"rich" + words(2, 1),
                "読み": words(2) + b"\x05" + struct.pack("<I", 22) + "読み".encode("utf-16-le")
                + words(1, 18, 0, 0x37, 1, 2, 2) + "ヨミ".encode("utf-16-le") + words(0)[:2] + b"\0\0"}
    made.sheet("a", *(cell(row, 0, value, made) for row, value in enumerate(["rich", "x", long[:100]])))
    yield keeps("strings.xls", made, "texts with fonts in them")
    made = Book()
    made.sheet("a", *(cell(row, 0, f"{row}:" + "あ" * 500, made) for row in range(40)))
    yield keeps("many-strings.xls", made, "a table of several records")
    yield keeps("shared.xls", book(
        formula(0, 0, b"\x01" + words(0, 0), 1.0,
                behind=record(0x4BC, words(0, 1), b"\0\0\0\2", words(8), b"\x4c" + words(0, 0xC001) + b"\x1e" + words(1))),
        formula(1, 0, b"\x01" + words(0, 0), 1.0)), "a shared formula")
    yield keeps("conditions.xls", book(behind=(
        record(0x1B2, bytes(10), struct.pack("<iI", -1, 1)) + record(
            0x1BE, struct.pack("<I", 0x40101), string("a") * 4, words(3, 0), number(1), words(3, 0), number(9),
            words(1, 0, 9, 0, 0))
        + record(0x1B0, words(1, 0, 0, 5, 0, 0, 1, 0, 5, 0, 0))
        + record(0x1B1, b"\2\0", words(3, 0), bytes(6), number(1)))), "a validation and a condition")
    made = book()
    made.globals = record(0x5C, bytes(3), b" " * 109) + record(0x161, words(0)) + record(0xC1, words(0))
    yield keeps("stamps.xls", made, "records that must be there")
    yield Sample("renamed.doc", plain().data(), removals=["type.renamed"], output="renamed.xls",
                 note="a workbook by another name")


def macros():
    tree = {"_VBA_PROJECT_CUR": {"VBA": {"dir": b"a" * 50, "Module1": b"Attribut" * 20},
                                 "PROJECT": b"ID=1", "PROJECTwm": b"x"}}
    made = plain()
    made.globals = record(0xD3) + record(0x1BA, string("ThisWorkbook")) + record(0x1BD)
    yield loses("macro.xls", made, ["ole.vba_project", "code_name"], "Visual Basic", tree, demo=True)
    made = Book()
    made.sheet("a", cell(0, 0, 1.0))
    made.sheet("Macro1", cell(0, 0, "=EXEC", made), formula(0, 1, text("calc.exe") + call(110), 0.0),
               formula(1, 1, b"\x42\x00" + words(54), False), kind=MACRO, state=2)
    made.links = SELF + extern_sheet((0, 1, 1)) + defined_name(1, ref3d(0, 0, 1), 0x20)
    yield loses("auto-open.xls", made, ["macro_sheet", "macro_name", "orphan_strings"],
                "a very hidden sheet of Excel 4 that runs by itself")
    made.sheets[1] = ("Macro1", 0, 0, made.sheets[1][3])
    yield loses("macro-as-sheet.xls", made, ["macro_sheet", "macro_name", "orphan_strings"],
                "a macro sheet that the list calls a worksheet")
    made = Book()
    made.sheet("a").sheet("Module1", kind=VB)
    made.sheet("only", kind=SHEET, listed=1)
    yield loses("modules.xls", made, ["macro_sheet"], "modules of Visual Basic, and a sheet of the wrong kind")
    made = Book()
    made.sheet("Macro1", kind=MACRO)
    yield loses("only-macro.xls", made, ["macro_sheet"], "nothing but a macro sheet: it stays to be seen, empty")
    made = Book()
    made.links = (defined_name("Auto_Open2", ref(0, 0)) + defined_name("run", ref(0, 0), 0x0B, 65)
                  + defined_name("call", text("a") + call(150)) + defined_name("uses", name_ref(3))
                  + defined_name("\u0001", b"") + defined_name("fine", ref(0, 0))
                  + defined_name("_xlfn.WEBSERVICE", b"\x1c\x1d", 0x0B)
                  + defined_name("_xlfn.IFNA", b"\x1c\x1d", 0x0B))
    made.sheet("a", *(formula(row, 0, name_ref(row + 1) + call(255), "cached") for row in range(8)))
    yield loses("macro-names.xls", made, ["macro_name", "formula"], "names of macros, and what uses them")
    drawing = Drawing().shape(201, properties=[(0x80, 1)], records=obj(
        7, 1, part(4, words(5, 0, 0) + name_ref(1)[:5] + b"\0")))
    made = book(drawing=drawing.records())
    made.globals = picture_group()
    yield loses("button.xls", made, ["macro"], "a button with a macro")
    made = plain()
    made.globals = record(0xC2, words(1, 2), b"\0") + record(0xC3, words(1)) + record(0xC1, words(1))
    yield loses("menus.xls", made, ["menu"], "menus of its own")


def formulas():
    values = [5.0, "文字", True, b"\x2a", "", "a" * 300]
    made = linked()
    made.sheet("a", *(formula(row, 0, ref3d(2, 0, 0), value) for row, value in enumerate(values)))
    yield loses("linked.xls", made, ["external_link", "formula"], "another workbook: every kind of value stays",
                demo=True)
    made = linked()
    made.links = (record(0x1AE, words(1), string("cmd\x03/c calc"), string("A0"))
                  + record(0x23, words(0x7FE2), bytes(4), short("A0")) + extern_sheet((0, 0xFFFE, 0xFFFE)))
    made.sheet("a", formula(0, 0, extern_name(0, 1), "shown"))
    yield loses("dde.xls", made, ["external_link", "formula"], "DDE to a program")
    bad = {"call": text("kernel32") + text("WinExec") + call(150, 2), "register": text("a") + call(267),
           "rtd": text("a") + call(379), "exec": text("calc") + call(110), "goto": ref(0, 0) + b"\x41" + words(53),
           "command": call(0x8000 | 3, 0), "unknown-token": b"\x18\x01\x02\x03\x04\x05", "get-cell": call(185, 0),
           "extern-range": b"\x5b" + words(2, 0, 0, 0xC000, 0xC000), "cut": b"\x1e\x01", "webservice": extern_name(1, 2),
           "no-link": ref3d(7, 0, 0), "dead-link": ref3d(3, 0, 0), "no-name": name_ref(99)}
    for name, tokens in bad.items():
        made = linked()
        made.sheet("a", formula(0, 0, tokens, 7.0))
        yield loses(f"formula-{name}.xls", made, ["external_link", "formula"], "what a formula must not do")
    made = linked()
    made.links = SELF + ADD_IN + add_in_name("EDATE") + extern_sheet((0, 0, 0), (1, 0xFFFE, 0xFFFE))
    made.sheet("a", formula(0, 0, extern_name(1, 1) + ref(0, 1) + number(1) + call(255, 3), 7.0))
    yield keeps("analysis.xls", made, "a function of the Analysis ToolPak")
    for name, tokens, stays in (
            ("link-web", text("https://www.example.jp/") + text("a") + call(359, 2), True),
            ("link-joined", text("https://www.example.jp/") + ref(0, 0) + b"\x08" + call(359, 1), True),
            ("link-file", text("file://host/a.exe") + call(359, 1), False),
            ("link-computed", ref(0, 0) + call(359, 1), False),
            ("link-chosen", text("https://www.example.jp/") + ref(0, 0) + ref(0, 1) + call(1, 3) + call(359, 1), False),
            ("indirect", text("A1") + call(148, 1), True),
            ("indirect-book", text("[b.xls]a!A1") + call(148, 1), False)):
        made = book(formula(5, 0, tokens, "shown"))
        yield (keeps if stays else lambda *rest: loses(*rest[:2], ["formula"], rest[2]))(
            f"{name}.xls", made, "addresses in formulas")
    shared = record(0x4BC, words(0, 2), b"\0\0\0\3", words(4), call(150, 1))
    yield loses("shared-call.xls", book(
        formula(0, 0, b"\x01" + words(0, 0), 1.0, behind=shared), formula(1, 0, b"\x01" + words(0, 0), 2.0),
        formula(2, 0, b"\x01" + words(0, 0), "three"), formula(3, 0, number(1), 1.0)), ["formula"],
        "a shared formula that calls")
    array = record(0x221, words(0, 0), b"\0\0", words(0), bytes(4), words(4), call(267, 1))
    yield loses("array-call.xls", book(formula(0, 0, b"\x01" + words(0, 0), 1.0, behind=array)), ["formula"],
                "an array that calls")
    bad = text("a") + call(150, 1)
    rest = words(len(bad), 0)
    yield loses("conditions-call.xls", book(behind=(
        record(0x1B2, bytes(10), struct.pack("<iI", -1, 1)) + record(
            0x1BE, struct.pack("<I", 0x40101), string("a") * 4, rest, bad, words(3, 0), number(9),
            words(1, 0, 9, 0, 0))
        + record(0x1B0, words(1, 0, 0, 5, 0, 0, 1, 0, 5, 0, 0))
        + record(0x1B1, b"\1\1", words(3, len(bad)), bytes(6), number(1), bad))), ["formula"],
        "a validation and a condition that call")


def outside():
    links = hyperlink(0, 0, file="\\\\host\\a.exe") + hyperlink(1, 0, "file:///c:/a.exe") \
        + hyperlink(2, 0, "javascript:a()") + hyperlink(3, 0, "https://www.example.jp/") \
        + hyperlink(4, 0, location="[b.xls]a!A1")
    yield loses("links.xls", book(behind=links), ["link"], "links to files and programs")
    connections = b"".join(record(kind, b"x" * 20) for kind in (
        0x50, 0x51, 0x52, 0xDC, 0x1AD, 0x801, 0x802, 0x803, 0x805, 0x80A, 0x876))
    made = book(behind=connections)
    made.end = record(0x804, b"x" * 20)
    yield loses("connections.xls", made, ["connection"], "queries of every kind")
    made = plain()
    made.end = record(0x813, b"x" * 20) + record(0x812, b"x")
    yield loses("rtd.xls", made, ["real_time_data"], "real-time data")
    made = book(behind=b"".join(record(kind, b"x" * 20) for kind in (0xB0, 0xB1, 0xB4, 0xF0, 0x864)))
    made.end = record(0xD5, words(1)) + record(0xE3, words(1)) + record(0x51, b"x" * 9)
    yield loses("pivot.xls", made, ["pivot", "connection"], "a pivot table and its data",
                {"_SX_DB_CUR": {"0001": b"data" * 9}})
    made = book(behind=record(0x4D, b"\0\0" + b"DEVMODE" * 20) + record(0xE9, b"picture" * 9))
    made.globals = record(0x5B, words(1, 2), string("owner")) + record(0x86) + record(0xB8, b"route") \
        + record(0x896, bytes(12), b"PK\3\4" * 9) + record(0x60) + record(0xABC, b"unknown")
    yield loses("leftovers.xls", made, ["printer", "picture", "author", "routing", "theme", "record"],
                "what programs leave behind")
    view = record(0x1AA, b"g" * 64) + record(0x26, struct.pack("<d", 3)) + record(0xA1, words(9), bytes(32)) + record(0x1AB, words(1))
    paper = record(0xA1, words(1), bytes(32))
    yield loses("view.xls", book(front=paper, behind=view), ["record"], "a view with a page setup of its own")
    yield loses("view-open.xls", book(front=paper, behind=view[:68]), ["record"], "one without an end")
    yield Sample("two-books.xls", plain().data({"Book": b"x" * 99}), verdict="unchanged",
                 note="a book of Excel 5 beside, for old programs")
    yield loses("storages.xls", plain(), ["ole.object", "ole.storage", "ole.signature"],
                "storages of everything", {"MBD00012345": {"\x01Ole10Native": b"MZ" * 50, "\x01CompObj": b"x"},
                                           "Ctls": b"x" * 99, "\x01Ole": b"x" * 20, "Revision Log": b"x" * 99,
                                           "_signatures": b"x" * 9})


def drawings():
    photo = png(flat(scene(16, 12)))
    made = book(drawing=Drawing().shape(75, properties=[(0x104, 1)], records=obj(8, 1, part(7, words(0xFFFF)), part(
        8, words(1)))).records())
    made.globals = picture_group((6, 0x6E0, photo))
    yield keeps("picture.xls", made, "a picture")
    for name, drawing, lost in (("emf", meta.EMF, []), ("wmf", meta.wmf(*meta.WMF_LINES), []),
                                ("comment", meta.EMF_DUAL, ["picture.metafile"]),
                                ("escape", meta.WMF_DRIVER, ["picture.metafile"]),
                                ("cut", meta.EMF[:-30], ["nested.blocked"])):
        enhanced = drawing[:2] == meta.EMF[:2] and drawing[40:44] == b" EMF"
        made.globals = picture_group((2, 0x3D4, drawing) if enhanced else (3, 0x216, drawing))
        wanted = (keeps, loses)[len(lost) > 0]
        yield wanted(f"metafile-{name}.xls", made, *([lost] if lost else []), "a metafile")
    made = book(drawing=Drawing().shape(75, 0xA10, [(0x104, 1)], obj(8, 1, part(7, words(0xFFFF)), part(
        8, words(0x31)), part(9, words(20) + b"x" * 20))).records())
    made.globals = picture_group((6, 0x6E0, photo))
    yield loses("object.xls", made, ["ole.object"], "an object is what it shows",
                {"MBD00000001": {"\x01Ole10Native": b"MZ" * 50}})
    note = record(0x1C, words(0, 0, 0, 1), string("author"), b"\0")
    made = book(drawing=Drawing().shape(202, properties=[(0x80, 1)], records=obj(25, 1, part(0xD, bytes(22))),
                                        text=txo("コメント")).records() + note)
    made.globals = picture_group()
    yield keeps("comment.xls", made, "a comment")
    long = Drawing()
    for index in range(150):
        long.shape(202, properties=[(0x80, 1)], records=obj(6, index + 1), text=txo(f"箱{index}"))
    made = book(drawing=long.records())
    made.globals = picture_group(shapes=151)
    yield keeps("many-boxes.xls", made, "a drawing that goes over several records")
    made = book(drawing=Drawing().shape(201, records=obj(5, 1) + chart(ref(0, 0), number(1))).records())
    made.globals = picture_group()
    yield keeps("chart.xls", made, "a chart in a sheet")
    made = linked()
    made.globals = picture_group()
    made.sheet("a", drawing=Drawing().shape(201, records=obj(5, 1) + chart(ref3d(2, 0, 0))).records())
    yield loses("chart-linked.xls", made, ["external_link", "formula"], "a chart of another workbook")
    made = book(drawing=note)
    yield loses("note-alone.xls", made, ["drawing"], "a comment without its shape")


def excel5():
    made = Book(biff8=False)
    made.sheet("表1", label5(0, 0, "品目"), cell(1, 0, 5.0), formula(2, 0, b"\x44\x00\x00\x00" + number(2) + b"\x05", 10.0))
    yield keeps("excel5.xls", made, "a workbook of Excel 5")
    made = Book(biff8=False)
    path = b"\x01\x01Dsecret.xls"
    made.globals = record(0x16, words(1)) + record(0x17, bytes([len(path) - 1]), path) + record(0x23, bytes(20))
    outside_ = b"\x5a" + words(1) + bytes(8) + words(0, 0, 0xC000) + b"\0"
    inside = b"\x5a" + words(0xFFFF) + bytes(8) + words(0, 0, 0xC000) + b"\0"
    made.sheet("a", *(formula(row, 0, tokens, value, biff8=False) for row, (tokens, value) in enumerate((
        (outside_, 1.0), (outside_, "文字"), (inside, 3.0)))))
    made.sheet("Macro", formula(0, 0, b"\x42\x01" + words(110), 1.0), kind=MACRO)
    yield loses("excel5-linked.xls", made, ["external_link", "formula", "macro_sheet"],
                "the same dangers in Excel 5")


def blocks():
    """A sheet with an index of its rows; where `wrong`, into the middle of one."""
    def sheet(made, wrong=0):
        bad = text("a") + call(150, 1)
        rows = row_record(0) + row_record(1)
        first = cell(0, 0, "a", made) + formula(0, 1, bad, "文字列") + cell(0, 2, 2.0)
        second = cell(1, 0, 3.0)
        head = made.begin(SHEET)
        widths = record(0x55, words(8))

        def whole(at):
            index_size = 4 + 20
            start = at + len(head) + index_size
            cells = start + len(widths) + 18
            end = cells + len(rows) + len(first) + len(second)
            index = record(0x20B, struct.pack("<IIIII", 0, 0, 2, start, end))
            block = record(0xD7, struct.pack("<IHH", end - cells, len(rows) - 20 + wrong, len(first)))
            return (head + index + widths + record(0x200, bytes(14)) + rows + first + second + block
                    + record(0x23E, bytes(18)) + record(0xA))
        return whole
    for name, wrong, note in (("blocks", 0, "an index that is made to fit"),
                              ("blocks-wrong", 2, "an index into the middle of a record")):
        made = Book()
        made.sheet("a", whole=sheet(made, wrong))
        yield loses(f"{name}.xls", made, ["formula"], note)


def bad():
    made = plain()
    stream = made.stream()
    yield held("cut.xls", made.data(stream=stream[:len(stream) - 7]), "malformed.truncated", "cut off")
    yield held("long-record.xls", made.data(stream=stream + struct.pack("<HH", 0x31, 9000) + bytes(9000)),
               "malformed", "a record longer than any")
    yield held("no-globals.xls", made.data(stream=record(0x809, words(0x600, SHEET), bytes(12)) + record(0xA)),
               "malformed", "a sheet alone")
    yield held("no-sheets.xls", Book().data(), "malformed", "no sheet")
    yield held("no-end.xls", made.data(stream=stream[:20]), "malformed.truncated", "globals without an end")
    yield held("wrong-version.xls", made.data(stream=record(0x809, words(0x500, 5), bytes(12)) + stream[20:]),
               "malformed", "the version of Excel 5 in a stream of Excel 97")
    yield held("empty-stream.xls", made.data(stream=b""), "malformed.truncated", "nothing")
    twice = plain()
    yield Sample("zeros.xls", twice.data(stream=stream + bytes(600)), verdict="unchanged", note="zeros behind the end")
    two = Book()
    two.sheet("a", cell(0, 0, 1.0))
    whole = two.stream()
    again = two.sheets[0]
    two.sheets = [again, ("b", 0, 0, lambda _: b"")]
    stream = bytearray(two.stream())
    first = stream.index(struct.pack("<HH", 0x85, 9)) + 4
    second = stream.index(struct.pack("<HH", 0x85, 9), first) + 4
    stream[second:second + 4] = stream[first:first + 4]
    yield Sample("one-for-two.xls", two.data(stream=bytes(stream)), removals=["xls.macro_sheet"],
                 note="two sheets that are the same records")
    yield held("template.xlt", plain().data(), "type.template", "a template")
    yield held("add-in.xla", plain().data(), "type.forbidden", "an add-in by its name")
    add_in = plain()
    add_in.globals = record(0x87)
    yield held("add-in.xls", add_in.data(), "type.forbidden", "an add-in by what it is")
    cells = Book()
    cells.sheet("a", record(6, bytes(9)), record(0xFD, words(0, 0, 15), struct.pack("<I", 99)), record(0x4BC, b"x"))
    yield loses("broken-cells.xls", cells, ["record"], "cells that cannot be read")


def locked(name, lock, passwords, note, removals=("ole.decrypted",), made=None, **more):
    made = made or plain()
    made.front = file_pass(lock, made.biff8)
    return Sample(name, made.data(stream=encrypted(lock, made.stream())), removals=list(removals), passwords=passwords,
                  note=note, **more)


def passwords():
    word = "秘密himitsu"
    yield locked("rc4.xls", Plain(word), ["wrong", word], "RC4 of Excel 97")
    for bits in (40, 56, 128):
        yield locked(f"crypto-api-{bits}.xls", Api(word, bits), [word], "RC4 of CryptoAPI")
    yield locked("default.xls", Plain("VelvetSweatshop"), [], "Excel's own password: nobody is asked for it")
    yield locked("default-crypto-api.xls", Api("VelvetSweatshop", 128), ["other"], "the same by CryptoAPI")
    yield locked("waits.xls", Plain(word), [], "no password is given", (), verdict="password", reason="encrypted")
    yield locked("wrong.xls", Api(word, 128), ["a"], "none of them fits", (), verdict="password",
                 reason="encrypted.wrong_password")
    yield locked("aes.xls", Api(word, 128, 0x660E), [word], "a cipher that Excel never wrote there", (),
                 verdict="blocked", reason="encrypted.unsupported")


def excel5_plain():
    made = Book(biff8=False)
    made.sheet("表1", label5(0, 0, "品目"), cell(1, 0, 5.0))
    return made


def protected():
    """Against changes alone: nothing is encrypted, nothing waits."""
    made = plain()
    made.front = record(0x86) + record(0x5B, words(1, 0x1234, 4), b"\0user")
    yield loses("write-protected.xls", made, ["author"], "a password for changes, and reading recommended")


def obfuscated():
    """XOR, as Excel 5 and 95 lock, and later ones by choice."""
    yield locked("xor.xls", Xor("himitsu"), ["wrong", "himitsu"], "obfuscated by XOR")
    yield locked("xor-kanji.xls", Xor("秘密"), ["秘密"], "a password of Windows in Japanese")
    yield locked("xor-low.xls", Xor("pässword", encoding="latin-1"), ["pässword"], "the low bytes of a password")
    yield locked("xor-longest.xls", Xor("a" * 15), ["a" * 16, "a" * 15], "the longest password there is")
    yield locked("xor-default.xls", Xor("VelvetSweatshop"), [], "Excel's own password")
    yield locked("xor-waits.xls", Xor("himitsu"), [], "no password is given", (), verdict="password",
                 reason="encrypted")
    yield locked("xor-wrong.xls", Xor("himitsu"), ["Himitsu"], "none of them fits", (), verdict="password",
                 reason="encrypted.wrong_password")
    yield locked("xor5.xls", Xor("himitsu"), ["himitsu"], "Excel 5", made=excel5_plain())
    yield keeps("unlocked5.xls", excel5_plain(), "the same without a password")
    yield locked("xor5-default.xls", Xor("VelvetSweatshop"), [], "Excel 5 under Excel's own password",
                 made=excel5_plain())
    yield locked("xor5-waits.xls", Xor("himitsu"), [], "Excel 5 without a password", (), made=excel5_plain(),
                 verdict="password", reason="encrypted")
    for name, body, reason in (("empty", b"", "malformed.truncated"), ("cut", words(0, 1), "malformed.truncated"),
                               ("way", words(2, 1, 1), "encrypted.unsupported"),
                               ("rc4-cut", words(1, 1, 1), "malformed.truncated")):
        made = plain()
        made.front = record(0x2F, body)
        yield held(f"filepass-{name}.xls", made.data(), reason, "a header of encryption that cannot be")


def samples():
    yield from harmless()
    yield from passwords()
    yield from obfuscated()
    yield from protected()
    yield from macros()
    yield from formulas()
    yield from outside()
    yield from drawings()
    yield from excel5()
    yield from blocks()
    yield from bad()
