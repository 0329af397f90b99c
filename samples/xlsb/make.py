"""Excel's binary workbooks as people and attackers write them."""
import struct

from picturemaker import flat, png, scene
from sample import Sample
from xlsbmaker import (ADD_IN, DOCUMENT, EXCEL, MICROSOFT, OFFICE, SAME, SELF, SHEET, VML, Part, array_formula, bundle, call,
                       comments, defined_name, error_formula, expand, formula, hyperlink, links, longs, name_ref,
                       number, outside, parsed, record, ref, ref3d, shared, shared_formula, sheet, short, string,
                       string_token, strings, styles, table, text, workbook)

ROWS = [[string(0, "品目"), string(1, "金額")],
        [string(0, "会議室使用料"), number(1, 1200)],
        [string(0, "合計"), formula(1, 2400.0, ref(1, 1) + short(2) + b"\x05")]]
ONE = [[number(0, 1)]]
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
INSIDE = links(SELF, references=[(0, 0, 0)])
LINKED = links(SELF, outside("rId2"), ADD_IN, references=[(0, 0, 0), (1, 0, 0), (2, -2, -2)])
OTHER = Part("xl/externalLinks/externalLink1.bin", EXCEL + "externalLink", "externalLink",
             record(360, longs(0) + text("rId1") + text("")) + record(588))


def keeps(name, data, note, **more):
    return Sample(name, data, verdict="unchanged", note=note, **more)


def loses(name, data, kinds, note, **more):
    return Sample(name, data, note=note,
                  removals=[kind if "." in kind else "ooxml." + kind for kind in kinds], **more)


def held(name, data, note, reason="malformed", **more):
    return Sample(name, data, verdict="blocked", reason=reason, note=note, **more)


def refused(name, tokens, note, value=5.0, kinds=("formula",), **more):
    return loses(name, workbook([[number(0, 1), formula(1, value, tokens)]], **more), kinds, note)


def styled():
    return [Part("xl/styles.bin", EXCEL + "styles", "styles", styles("#,##0", "yyyy/m/d")),
            Part("xl/sharedStrings.bin", EXCEL + "sharedStrings", "sharedStrings",
                 strings("品目", b"\x01" + text("太字と細字") + longs(1) + struct.pack("<HH", 2, 0),
                         b"\x02" + text("東京") + text("トウキョウ") + longs(1)
                         + struct.pack("<HHHHH", 0, 0, 2, 0, 1)))]


def harmless():
    yield keeps("料金表.xlsb", workbook(ROWS), "texts, numbers, a formula", demo=True)
    yield keeps("styles.xlsb", workbook(
        [[shared(0, 0), shared(1, 1), shared(2, 2)],
         [number(0, 1234567, 1), number(1, 45000, 2), record(2, longs(2, 0, 100 * 4 + 3))],
         [record(4, longs(0, 0) + b"\1"), record(3, longs(1, 0) + b"\x2a"), record(1, longs(2, 0))]],
        parts=styled()), "formats, shared texts with fonts and readings, all kinds of values")
    tokens, extra = expand(0, 1)
    yield keeps("shared.xlsb", workbook([
        [number(0, 1), formula(1, 2.0, tokens, extra), shared_formula((0, 1), (1, 1), b"\x4c" + longs(0)
         + struct.pack("<H", 0xFFFF) + short(1) + b"\x03")],
        [number(0, 2), formula(1, 3.0, tokens, extra)]]), "a formula of two cells")
    yield keeps("array.xlsb", workbook([
        [formula(0, 2.0, *expand(0, 0)), array_formula((0, 0), (0, 0), ref(0, 1) + call(4, 1))]]),
        "a formula of a range")
    yield keeps("constants.xlsb", workbook([[formula(
        0, 3.0, b"\x60" + bytes(14) + call(4, 1),
        longs(2, 1) + b"\0" + struct.pack("<d", 3) + b"\1\1\0a\0")]]), "constants behind a formula")
    yield keeps("sheets.xlsb", workbook(
        [[formula(0, 1.0, ref3d(0, 0, 1)), formula(1, 1.0, name_ref(1)), formula(2, "x", string_token("x"))]],
        names=INSIDE + defined_name("範囲", ref3d(0, 0, 0)) + defined_name("_xlfn.XLOOKUP", b"\x1c\x1d", 2)),
        "references with a sheet, names, a function of a later Excel")
    yield keeps("links.xlsb", workbook(ONE, behind=hyperlink("rId1") + hyperlink("", "集計!A1", 1),
                                       links_of_sheet=[("hyperlink", "https://www.example.jp/")]),
                "links to the web and within the workbook")
    yield keeps("calls-a-link.xlsb", workbook([[formula(0, "見る", string_token("https://www.example.jp/")
                                                        + string_token("見る") + call(359, 2))]]),
                "HYPERLINK to the web")
    yield keeps("comments.xlsb", workbook(ONE, parts=[
        Part("xl/comments1.bin", EXCEL + "comments", "comments", comments("総務課", "確認してください"), SHEET)]),
        "a comment")
    yield keeps("table.xlsb", workbook(
        [[string(0, "品目"), string(1, "金額")], [string(0, "机"), number(1, 5)]],
        behind=record(660, longs(1)) + record(661, text("rId1")) + record(662),
        parts=[Part("xl/tables/table1.bin", EXCEL + "table", "table", table("表1", ["品目", "金額"]), SHEET)]),
        "a table")
    yield keeps("conditions.xlsb", workbook(ONE, behind=condition(ref(0, 0)) + validation(short(1), short(9))),
                "a conditional format and a validation")
    yield keeps("calculation-chain.xlsb", workbook(ROWS, parts=[
        Part("xl/calcChain.bin", EXCEL + "calcChain", "calcChain",
             record(528) + record(63, longs(2, 1, 1) + b"\0") + record(529))]), "the order of calculation")
    yield keeps("early.xlsb", workbook(ONE, bundles=record(156, longs(0, 0, 1) + text("rId1") + text("a"))),
                "as Excel 2007 wrote sheets before it was finished")
    yield keeps("extension.xlsb", workbook(
        ONE, before=record(37, struct.pack("<HHH", 1, 0x0E02, 0x8000)) + record(1045, b"\x0b\0") + record(38)
        + record(485, longs(-1, 0x12C0008, 0))), "a record of a later Excel")


def condition(*formulas):
    sizes = [len(parsed(each)) for each in formulas] + [0] * (3 - len(formulas))
    rule = (longs(2, 0, 0, 1, 0, 0, 0) + b"\0\0" + longs(*sizes) + text(None)
            + b"".join(parsed(each) for each in formulas))
    return (record(461, longs(1, 0, 1, 0, 0, 0, 0)) + record(463, rule) + record(464) + record(462))


def validation(first, second):
    body = (longs(0x40101, 1, 0, 0, 0, 0) + text("誤り") + text("") * 3 + parsed(first) + parsed(second))
    return record(573, b"\0\0" + longs(0, 0, 0, 1)) + record(64, body) + record(574)


def drawing(relations_of=()):
    body = (XML + '<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" '
            'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><xdr:absoluteAnchor>'
            '<xdr:pos x="0" y="0"/><xdr:ext cx="900000" cy="900000"/><xdr:pic><xdr:nvPicPr>'
            '<xdr:cNvPr id="2" name="図"/><xdr:cNvPicPr/></xdr:nvPicPr><xdr:blipFill>'
            '<a:blip xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:embed="rId1"/>'
            '</xdr:blipFill><xdr:spPr/></xdr:pic><xdr:clientData/></xdr:absoluteAnchor></xdr:wsDr>')
    return [Part("xl/drawings/drawing1.xml", OFFICE + "drawing+xml", "drawing", body.encode(), SHEET),
            Part("xl/media/image1.png", "image/png", "image", png(flat(scene(8, 8))), "xl/drawings/drawing1.xml")]


def code():
    yield loses("macros.xlsb", workbook(ROWS, [
        Part("xl/vbaProject.bin", "application/vnd.ms-office.vbaProject", MICROSOFT + "vbaProject",
             b"\xD0\xCF" * 300)]), ["vba_project"], "a VBA project beside the sheet", demo=True)
    macro = sheet([[formula(0, 0.0, string_token("calc") + struct.pack("<BH", 0x41, 110))]])
    for kind, folder in (("xlMacrosheet", "macrosheet"), ("xlIntlMacrosheet", "intlmacrosheet")):
        yield loses(f"{folder}.xlsb", workbook(ONE, parts=[
            Part("xl/macrosheets/sheet2.bin", EXCEL + folder, MICROSOFT + kind, macro)],
            bundles=bundle("a", "rId1") + bundle("Macro1", "rId2", 2, 2)), ["macro_sheet"],
            "a sheet of Excel 4.0 macros: an empty one takes its place")
    yield loses("dialog.xlsb", workbook(ONE, parts=[
        Part("xl/dialogsheets/sheet2.bin", EXCEL + "dialogsheet", "dialogsheet", macro)],
        bundles=bundle("a", "rId1") + bundle("Dialog1", "rId2", 2, 2)), ["dialog_sheet"], "a dialog")
    for name in ("Auto_Open", "_xlnm.Auto_Close", "auto_open2"):
        yield loses(f"name-{name.lower()}.xlsb", workbook(
            [[formula(0, 1.0, name_ref(2))]], names=INSIDE + defined_name(name, ref3d(0, 0, 0))
            + defined_name("b", short(1))), ["defined_name"], "a name that Excel runs")
    for flag, what in ((2, "function"), (4, "visual-basic"), (8, "macro")):
        yield loses(f"name-{what}.xlsb", workbook(
            [[formula(0, 1.0, name_ref(1))]], names=INSIDE + defined_name("Run", ref3d(0, 0, 0), flag)),
            ["defined_name", "formula"], "the name of a macro, and a formula with it")
    yield loses("name-of-name.xlsb", workbook(
        [[formula(0, 1.0, name_ref(1))]], names=INSIDE + defined_name("a", name_ref(2))
        + defined_name("Auto_Open", short(1))), ["defined_name", "formula"], "a name that leads to one that went")
    yield loses("name-future.xlsb", workbook(
        ONE, names=defined_name("_xlfn.WEBSERVICE", b"\x1c\x1d", 2)), ["defined_name"],
        "a function of a later Excel that is not on the list")
    yield loses("function-groups.xlsb", workbook(ONE, names=record(664) + record(665, text("Macros"))
                + record(666)), ["xls.macro"], "groups of macro functions")


def formulas():
    for number_of, name in ((53, "goto"), (110, "exec"), (149, "register"), (150, "call"), (201, "unregister"),
                            (267, "register-id"), (379, "rtd")):
        yield refused(f"function-{name}.xlsb", string_token("x") + call(number_of, 1), "a function not on the list")
    yield refused("command.xlsb", call(0x8000 | 8, 1), "a command of a macro")
    yield refused("unknown-token.xlsb", b"\x1a" + longs(0), "a token that there is not", value="text")
    yield refused("cut-token.xlsb", b"\x44\0\0", "a reference cut short", value=True)
    yield refused("wide-token.xlsb", b"\xc4" + bytes(6), "a token beyond 127")
    yield loses("error-value.xlsb", workbook([[error_formula(0, 0x2A, call(110, 1))]]), ["formula"],
                "its value is an error")
    yield loses("bytes-behind.xlsb", workbook([[formula(0, 1.0, short(1), b"payload")]]), ["formula"],
                "bytes behind a formula that none of its tokens asks for")
    yield loses("huge-array.xlsb", workbook([[formula(0, 1.0, b"\x60" + bytes(14),
                                                      longs(0x7FFFFFFF, 0x7FFFFFFF))]]), ["formula"],
                "constants without end")
    yield refused("name-missing.xlsb", name_ref(7), "a name that there is not")
    yield refused("indirect.xlsb", string_token("[b.xls]a!A1") + call(148, 1), "INDIRECT to another workbook")
    yield refused("calls-a-file.xlsb", string_token("file:///c:/a.exe") + call(359, 1), "HYPERLINK to a program")
    yield refused("calls-a-built-link.xlsb", ref(0, 0) + string_token("https://a/") + b"\x08" + call(359, 1),
                  "HYPERLINK to what is built")
    yield refused("pivot-name.xlsb", b"\x18\x1d" + longs(0), "the name of a field of a pivot table")
    tokens, extra = expand(0, 0)
    yield loses("shared-call.xlsb", workbook([
        [formula(0, 1.0, tokens, extra), shared_formula((0, 1), (0, 0), call(110, 1))],
        [formula(0, 2.0, tokens, extra)]]), ["formula"], "EXEC that two cells share")
    yield loses("shared-missing.xlsb", workbook([[formula(0, 1.0, *expand(5, 5))]]), ["formula"],
                "a formula of another cell that has none")
    yield loses("shared-alone.xlsb", workbook([[number(0, 1), shared_formula((0, 1), (0, 0), short(1))]]),
                ["xlsb.record"], "a shared formula that no cell has")
    yield loses("condition-call.xlsb", workbook(ONE, behind=condition(call(110, 1), short(1))), ["formula"],
                "EXEC in a conditional format")
    yield loses("validation-call.xlsb", workbook(ONE, behind=validation(call(110, 1), short(1))), ["formula"],
                "EXEC in a validation")
    rows = [[formula(0, 1.0, call(110, 1))]]
    yield loses("chain-broken.xlsb", workbook(rows, parts=[
        Part("xl/calcChain.bin", EXCEL + "calcChain", "calcChain",
             record(528) + record(63, longs(0, 0, 1) + b"\0") + record(529))]), ["formula", "calc_chain"],
        "the order of calculation knows a formula that went")


def outward():
    yield loses("other-workbook.xlsb", workbook(
        [[formula(0, 5.0, ref3d(1, 0, 0)), formula(1, 1.0, ref3d(0, 0, 2))]], names=LINKED, parts=[OTHER]),
        ["external_workbook", "formula"], "a reference to another workbook: its value stays")
    yield loses("only-other-workbook.xlsb", workbook(
        [[formula(0, 5.0, ref3d(0, 0, 0))]], names=links(outside("rId2"), references=[(0, 0, 0)]), parts=[OTHER]),
        ["external_workbook", "formula"], "no link to the workbook itself")
    yield loses("dde.xlsb", workbook(
        [[formula(0, 5.0, struct.pack("<BHI", 0x59, 1, 1))]], names=LINKED,
        parts=[Part("xl/externalLinks/externalLink1.bin", EXCEL + "externalLink", "externalLink",
                    record(360, longs(1) + text("cmd") + text("/c calc")) + record(588))]),
        ["external_workbook", "formula"], "DDE")
    yield loses("add-in.xlsb", workbook([[formula(0, 5.0, struct.pack("<BHI", 0x59, 2, 1) + call(255, 1))]],
                                        names=LINKED, parts=[OTHER]),
                ["external_workbook", "formula"], "a function of an add-in")
    yield loses("same-sheet.xlsb", workbook([[formula(0, 5.0, ref3d(3, 0, 0))]],
                                            names=links(SELF, SAME, references=[(0, 0, 0)])),
                ["formula"], "a reference through a number that there is not")
    for name, target in (("file", "file:///C:/Windows/calc.exe"), ("search", "search-ms:query=a"),
                         ("share", r"\\example.com\share\a.xls")):
        yield loses(f"link-{name}.xlsb", workbook(ONE, behind=hyperlink("rId1"),
                                                  links_of_sheet=[("hyperlink", target)]), ["link"],
                    "a link to what is not on the web")
    yield loses("link-place.xlsb", workbook(ONE, behind=hyperlink("", "[b.xls]a!A1")), ["link"],
                "a place in another workbook")
    yield loses("connections.xlsb", workbook(ONE, parts=[
        Part("xl/connections.bin", EXCEL + "connections", "connections", record(429) + record(430))]),
        ["connection"], "connections to data")
    yield loses("query.xlsb", workbook(
        ONE, behind=record(660, longs(1)) + record(661, text("rId1")) + record(662),
        parts=[Part("xl/tables/table1.bin", EXCEL + "table", "table", table("q", ["a"], 3, 1, 1), SHEET),
               Part("xl/queryTables/queryTable1.bin", EXCEL + "queryTable", "queryTable",
                    record(447) + record(448), "xl/tables/table1.bin")]),
        ["query_table"], "a table that asks a database")
    yield loses("consolidation.xlsb", workbook(ONE, behind=record(495, longs(0)) + record(
        499, text("a") + text("rId9")) + record(496)), ["external_workbook"], "sources of a consolidation")
    yield loses("web-options.xlsb", workbook(ONE, names=record(553, bytes(11))), ["web_publishing"],
                "how it goes to the web")
    yield loses("web-items.xlsb", workbook(ONE, behind=record(554, longs(1)) + record(
        556, longs(1, 1) + text("http://example.jp/a.htm")) + record(557) + record(555)), ["web_publishing"],
        "what goes to the web")


def objects():
    yield keeps("picture.xlsb", workbook(ONE, behind=record(550, text("rId1")), parts=drawing()), "a picture")
    ole = [Part("xl/embeddings/oleObject1.bin", OFFICE + "oleObject", "oleObject", b"\xD0\xCF\x11\xE0" * 9, SHEET)]
    yield loses("ole.xlsb", workbook(ONE, parts=ole, behind=record(638) + record(
        639, longs(1, 0, 1) + text("Package") + text("rId1")) + record(640)), ["ole_object"], "an OLE object")
    control = [Part("xl/activeX/activeX1.xml", "application/vnd.ms-office.activeX+xml", "control", b"<a/>", SHEET)]
    yield loses("control.xlsb", workbook(ONE, parts=control, behind=record(643) + record(
        644, longs(1) + text("rId1") + text("b")) + record(645)), ["control"], "an ActiveX control")
    printer = [Part("xl/printerSettings/printerSettings1.bin", OFFICE + "spreadsheetml.printerSettings",
                    "printerSettings", b"printer" * 30, SHEET)]
    yield loses("printer.xlsb", workbook(ONE, parts=printer, behind=record(478, bytes(34) + text("rId1"))),
                ["printer_settings"], "settings of a printer")
    index = [Part("xl/worksheets/binaryIndex1.bin", EXCEL + "binIndexWs", MICROSOFT + "xlBinaryIndex",
                  record(42, bytes(24)) + record(277), SHEET)]
    yield loses("index.xlsb", workbook(ONE, parts=index), ["opaque_data"], "where rows were in the part")
    pivot = [Part("xl/pivotTables/pivotTable1.bin", EXCEL + "pivotTable", "pivotTable",
                  record(280) + record(315), SHEET)]
    yield loses("pivot.xlsb", workbook(ONE, parts=pivot), ["part_unknown"], "a pivot table: the cells stay")
    yield loses("pivot-caches.xlsb", workbook(ONE, names=record(384) + record(386, longs(1) + text("rId9"))
                + record(387) + record(385)), ["xls.pivot"], "data of pivot tables")
    yield loses("custom-xml.xlsb", workbook(ONE, parts=[
        Part("customXml/item1.xml", "application/xml", "customXml", b"<a>secret</a>")]), ["custom_xml"], "custom XML")
    yield loses("xml-sheet.xlsb", workbook(ONE, parts=[
        Part("xl/sharedStrings.xml", OFFICE + "spreadsheetml.sharedStrings+xml", "sharedStrings",
             b"<sst/>")]), ["part_unknown"], "texts in XML: readers of records do not read them")
    yield loses("drawing-missing.xlsb", workbook(
        ONE, behind=record(551, text("rId1")),
        parts=[Part("xl/drawings/a.vml", VML, "vmlDrawing",
                    b'<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:x="urn:schemas-microsoft-com:office:excel">'
                    b'<v:shape id="a"><x:ClientData ObjectType="Button"><x:FmlaMacro>[0]!Run</x:FmlaMacro>'
                    b'</x:ClientData></v:shape></xml>', SHEET)]), ["macro_link"], "a button with a macro")


def leftovers():
    yield loses("path.xlsb", workbook(ONE, names=record(37, struct.pack("<HHH", 1, 0x0E02, 0x8000))
                + record(2071, text("C:\\Users\\suzuki\\")) + record(38)), ["xlsb.path"], "where it lay")
    yield loses("reserved.xlsb", workbook(ONE, names=record(548, b"\1\0\1\2" + text("鈴木"))), ["xls.author"],
                "who reserved it for writing")
    yield loses("smart-tags.xlsb", workbook(ONE, behind=record(592) + record(590) + record(
        591) + record(593)), ["smart_tag"], "smart tags")
    yield loses("unknown-record.xlsb", workbook(ONE, behind=record(3999, b"payload")), ["xlsb.record"],
                "a record that nobody knows")
    yield loses("misplaced.xlsb", workbook(ONE, behind=record(43, bytes(21) + text("x"))), ["xlsb.record"],
                "a font in a sheet")
    yield loses("padded-record.xlsb", workbook(ONE, behind=record(476, bytes(48) + b"payload")), ["xlsb.record"],
                "a record longer than it can be")
    yield loses("huge-count.xlsb", workbook(ONE, behind=record(461, longs(1, 0, 0x7FFFFFFF))
                + record(462)), ["xlsb.record"], "a count beyond what is there")
    yield loses("future-block.xlsb", workbook(ONE, behind=record(35, longs(0)) + record(1058, longs(1))
                + record(1041, b"payload") + record(1042) + record(1059) + record(36)), ["xlsb.record"],
                "records of a later Excel that are not on the list, with all around them")
    yield loses("scenarios.xlsb", workbook(ONE, behind=record(500, bytes(4)) + record(501)), ["xlsb.record"],
                "scenarios")
    yield loses("behind-the-end.xlsb", workbook(sheet_data=sheet(ONE) + record(7, b"payload!")), ["xlsb.record"],
                "records behind the end of a part")
    yield loses("broken-table.xlsb", workbook(ONE, names=record(154, b"\0")), ["smart_tag"], "a record of smart tags")


def broken():
    plain = workbook(ROWS)
    yield held("cut.xlsb", plain[:400], "the end is missing", "malformed.truncated")
    good = sheet(ONE)
    yield held("cut-record.xlsb", workbook(sheet_data=good[:-6]), "a part ends within a record",
               "malformed.truncated")
    yield held("no-end.xlsb", workbook(sheet_data=good[:-3]), "a part without its end", "malformed.truncated")
    yield held("beyond.xlsb", workbook(sheet_data=good[:-3] + b"\x05\xff\xff\xff\x7f"),
               "a record longer than the part", "malformed.truncated")
    yield held("long-number.xlsb", workbook(sheet_data=good[:-3] + b"\x87\x80\0" + record(130)),
               "the number of a record in more bytes than two")
    yield held("padded-number.xlsb", workbook(sheet_data=good[:-3] + b"\x85\0\0" + record(130)),
               "the number of a record in more bytes than it needs")
    yield held("long-size.xlsb", workbook(sheet_data=good[:-3] + b"\x05\x80\x80\x80\x80\0" + record(130)),
               "the size of a record in five bytes")
    yield held("deep.xlsb", workbook(sheet_data=record(129) + record(133) * 60 + record(134) * 60 + record(130)),
               "records in records without end", "limit.depth")
    yield held("crossed.xlsb", workbook(sheet_data=record(129) + record(133) + record(145) + record(134)
                                        + record(146) + record(130)), "beginnings and ends that cross")
    yield held("wrong-root.xlsb", workbook(sheet_data=styles()), "styles where a sheet should be")
    yield held("empty-part.xlsb", workbook(sheet_data=b""), "a sheet of no bytes", "malformed.truncated")
    yield held("no-sheet.xlsb", workbook(ONE, bundles=bundle("a", "rId9")), "a sheet that is nowhere")
    yield held("broken-name.xlsb", workbook(ONE, names=record(39, bytes(5))), "a name cut short")
    yield held("broken-links.xlsb", workbook(ONE, names=record(353) + SELF + record(362, longs(1 << 28))
               + record(354)), "more references than there can be")
    yield held("add-in-book.xlsb", workbook(ONE, types=EXCEL + "addin.macroEnabled.main+xml"),
               "declared to be an add-in", "type.forbidden")


def samples():
    for group in (harmless, code, formulas, outward, objects, leftovers, broken):
        yield from group()
