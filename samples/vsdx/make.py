"""Visio's drawings: one for each thing that must go, and broken ones."""
from ooxmlmaker import (DECLARATION, MICROSOFT, OLE, TRANSITIONAL, VBA, Package, declare,
                        escape, ole_object, vba_project)
from picturemaker import flat, png, scene
from sample import Sample

VISIO = "http://schemas.microsoft.com/visio/2010/relationships/"
TYPE = "application/vnd.ms-visio."
SHAPES = "http://schemas.microsoft.com/office/visio/2012/main"
SPACES = f'xmlns="{SHAPES}"{declare("r")} xml:space="preserve"'
PAGE = "visio/pages/page1.xml"
MASTER = "visio/masters/master1.xml"
PHOTO = png(flat(scene(16, 12)))
BOX = ("RelMoveTo 0 0", "RelLineTo 1 0", "RelLineTo 1 1", "RelLineTo 0 1", "RelLineTo 0 0")
MACRO = 'Attribute VB_Name = "Module1"\r\nSub Evil()\r\n    Shell "calc.exe"\r\nEnd Sub\r\n'


def cell(name, value="", formula=None):
    formula = "" if formula is None else f' F="{escape(formula)}"'
    return f'<Cell N="{name}" V="{escape(value)}"{formula}/>'


def geometry():
    rows = "".join(
        f'<Row T="{kind}" IX="{i}">{cell("X", x)}{cell("Y", y)}</Row>'
        for i, (kind, x, y) in enumerate((row.split() for row in BOX), 1))
    return f'<Section N="Geometry" IX="0">{rows}</Section>'


def shape(text, inner="", identifier=1, attributes="", kind="Shape", top=8):
    text = f"<Text>{text}</Text>" if text else ""
    return (f'<Shape ID="{identifier}" Type="{kind}"{attributes}>{cell("PinX", "3")}'
            f'{cell("PinY", str(top))}{cell("Width", "3")}{cell("Height", "1")}'
            f'{cell("LocPinX", "1.5", "Width*0.5")}{cell("LocPinY", "0.5", "Height*0.5")}'
            f'{cell("LineWeight", "0.02")}{cell("LineColor", "#000000")}{inner}{text}</Shape>')


def drawing(shapes, kind="drawing", document="", masters="", page_name="1階"):
    """A package with one page; `masters`: the shapes of a master."""
    package = Package("visio/document.xml", f"{TYPE}{kind}.main+xml",
                      f"<VisioDocument {SPACES}>{document}</VisioDocument>", VISIO + "document")
    package.part("rId1", VISIO + "pages", "visio/pages/pages.xml", TYPE + "pages+xml",
                 f'<Pages {SPACES}><Page ID="0" NameU="Page-1" Name="{page_name}"><PageSheet>'
                 f'{cell("PageWidth", "8")}{cell("PageHeight", "11")}</PageSheet>'
                 '<Rel r:id="rId1"/></Page></Pages>')
    package.part("rId1", VISIO + "page", PAGE, TYPE + "page+xml",
                 f"<PageContents {SPACES}><Shapes>{shapes}</Shapes></PageContents>",
                 source="visio/pages/pages.xml")
    if masters:
        package.part("rId2", VISIO + "masters", "visio/masters/masters.xml", TYPE + "masters+xml",
                     f'<Masters {SPACES}><Master ID="2" NameU="Desk" Name="机"><PageSheet/>'
                     '<Rel r:id="rId1"/></Master></Masters>')
        package.part("rId1", VISIO + "master", MASTER, TYPE + "master+xml",
                     f"<MasterContents {SPACES}><Shapes>{masters}</Shapes></MasterContents>",
                     source="visio/masters/masters.xml")
        package.relate(PAGE, "rId1", VISIO + "master", MASTER)
    return package


def sample(name, package, *removals, **more):
    if removals:
        more["removals"] = [kind if "." in kind else "ooxml." + kind for kind in removals]
    else:
        more.setdefault("verdict", "unchanged")
    return Sample(name, package.data(), **more)


def blocked(name, package, reason, **more):
    data = package if isinstance(package, bytes) else package.data()
    return Sample(name, data, verdict="blocked", reason=reason, **more)


def rows(section, *cells):
    return f'<Section N="{section}"><Row N="Row_1">{"".join(cells)}</Row></Section>'


def foreign(attributes, identifier="rId5"):
    return shape("", f'<ForeignData {attributes}><Rel r:id="{identifier}"/></ForeignData>', 9,
                 kind="Foreign", top=5)


def with_picture(package):
    package.defaults["png"] = "image/png"
    return package.part("rId5", "image", "visio/media/image1.png", None, PHOTO, source=PAGE)


def with_macro(kind):
    return drawing(shape("配置図"), f"{kind}.macroEnabled").part(
        "rIdV", VBA[0], "visio/vbaProject.bin", VBA[1], vba_project(MACRO, "Module1"))


LINKED = rows("Hyperlink", cell("Description", "案内"), cell("Address", "https://www.example.jp/",
                                                            '"https://www.example.jp/"'),
              cell("SubAddress", ""), cell("Frame", "", "No Formula"))
# Formulas as Visio itself writes them, and some that only look like more.
HARMLESS = (
    "THEMEGUARD(SHADE(FillForegnd,LUMDIFF(THEMEVAL(\"FillColor\"),THEMEVAL(\"FillColor2\"))))",
    "IF(AND(User.A>0,Sheet.5!Width*0.25<=2.5 in),RGB(0,90,128),HSL(1,2,3))", "No Formula", "Inh",
    "GUARD(50%*Pages[Page-1]!ThePage!PageWidth)", "OPENTEXTWIN()", 'GOTOPAGE("2階")',
    'HYPERLINK("https://www.example.jp/","#a")', 'HYPERLINK(,"Page-2")', "'机 1'!Prop.Row_1&\"RUNADDON(1)\"", "Char.Size[2]",
    "SETF(GetRef(User.Open),NOT(User.Open))+SETF(GetRef(User.A),\"Scratch.X2\")", "#REF!",
    "SETATREF(Sheet.3!User.A)", "POLYLINE(0,0,0,1,1,1)", "_XFTRIGGER(Sheet.2!EventXFMod)")


def good():
    master = shape("机", shape("<cp IX='0'/>椅子", identifier=6), 5)
    user = "".join(f'<Row N="R{i}">{cell("Value", "0", formula)}</Row>'
                   for i, formula in enumerate(HARMLESS))
    shapes = (shape("<cp IX='0'/>受付<fld IX='0'>1</fld>\n窓口", LINKED + geometry(), 1) +
              shape("", f'<Section N="User">{user}</Section>', 2, ' Master="2"') +
              shape("", "", 3, ' Master="2"', "Group", 3).replace(
                  "</Shape>", '<Shapes><Shape ID="4" MasterShape="6"/></Shapes></Shape>') +
              foreign('ForeignType="Bitmap" CompressionType="PNG"'))
    package = with_picture(drawing(shapes, masters=master))
    package.part("rId3", VISIO + "windows", "visio/windows.xml", TYPE + "windows+xml",
                 f'<Windows ClientWidth="900" ClientHeight="800" {SPACES}><Window ID="0" '
                 'WindowType="Drawing" ContainerType="Page" Page="0" ViewScale="0.7"><ShowGrid>1'
                 '</ShowGrid></Window></Windows>')
    package.part("rId4", VISIO + "comments", "visio/comments.xml", TYPE + "comments+xml",
                 f'<Comments ShowCommentTags="1" {SPACES}><AuthorList><AuthorEntry ID="1" '
                 'Name="山田"/></AuthorList><CommentList><CommentEntry AuthorID="1" PageID="0" '
                 'CommentID="1" Date="2026-01-01T00:00:00">要確認</CommentEntry></CommentList>'
                 '</Comments>')
    package.part("rId6", VISIO + "validation", "visio/validation.xml", TYPE + "validation+xml",
                 f'<Validation {SPACES}><RuleSets><RuleSet ID="1" NameU="R"><Rule ID="1" NameU="N">'
                 '<RuleFilter>ROLE()=0</RuleFilter><RuleTest>AGGREGATE(GLUEDSHAPES(0))&gt;0'
                 '</RuleTest></Rule></RuleSet></RuleSets></Validation>')
    yield sample("配置図.vsdx", package, demo=True,
                 note="texts, a vetted link, formulas, a picture stay")
    for extension, kind in (("vssx", "stencil"), ("vstx", "template")):
        yield sample(f"plain.{extension}", drawing(shape("a"), kind))


def code():
    yield sample("配置図.vsdm", with_macro("drawing"), "macro_enabled", "vba_project",
                 output="配置図.vsdx", note="a drawing with macros")
    for extension, kind in (("vssm", "stencil"), ("vstm", "template")):
        yield sample(f"macro.{extension}", with_macro(kind), "macro_enabled", "vba_project",
                     output=f"macro.{extension[:-1]}x")


# What a cell calls, and what it must not.
ACTING = {
    "runaddon": 'RUNADDON("calc.exe")', "runaddonwargs": 'RUNADDONWARGS("calc.exe","/c")',
    "runmacro": 'RUNMACRO("Evil")', "callthis": 'CALLTHIS("Module1.Evil")', "docmd": "DOCMD(1312)",
    "openfile": 'OPENFILE("\\\\203.0.113.9\\a.vsdx")', "playsound": 'PLAYSOUND("\\\\203.0.113.9\\a.wav",0,0,0)',
    "marker": 'QUEUEMARKEREVENT("/cmd=1")', "evaltext": "EVALTEXT(TheText)",
    "help": 'HELP("\\\\203.0.113.9\\a.chm!1")', "ole-verb": 'DOOLEVERB("Open")',
    "dde": 'DDE("excel","a","b")', "unknown": "FROBNICATE(1)",
    "sheet-window": "OPENSHEETWIN()",
    "underscore": '_RUNADDON("calc.exe")', "case": ' If(1,rUnAddOn\n ("calc.exe"),0)',
    "of-a-sheet": 'Sheet.1!RUNADDON("calc.exe")', "in-brackets": 'User.A[1]("calc.exe")',
    "hyperlink-file": 'HYPERLINK("file://203.0.113.9/a.exe")',
    "hyperlink-joined": 'HYPERLINK("https://a.example/"&User.A)',
    "hyperlink-cell": "HYPERLINK(User.A)", "page-host": 'GOTOPAGE("a.example")',
    "page-cell": "GOTOPAGE(User.A)",
    "set-code": 'SETF(GetRef(User.A),"RUNADDON(1)")', "set-text": "SETF(GetRef(User.A),User.B)",
    "set-joined": 'SETF(GetRef(User.A),"RUN"&"ADDON(1)")',
    "set-nested": 'SETF(GetRef(User.A),"SETF(GetRef(User.B),1)")',
    "set-event": 'SETF(GetRef(EventDrop),"User.A")', "set-name": 'SETF("Event"&"Drop",1)',
    "set-negation": 'SETF(GetRef(User.A),NOT(1)&"x")', "set-open": 'SETF(GetRef(User.A),"1"',
    "set-in-set": "SETF(GetRef(User.A),NOT(SETF(GetRef(User.B),1)))",
    "pass-call": "SETATREF(INDEX(1,User.A))",
    "pass-address": "SETATREF(Hyperlink.Row_1.Address)",
    "other-document": "[\\\\203.0.113.9\\a.vsdx]Pages[Page-1]!Sheet.1!Width",
    "other-page": "Pages[\\\\203.0.113.9\\a]!Width", "other-quoted": "'C:\\a.vsdx'!Width",
    "pipe": "excel|a!b", "open-string": '"RUNADDON', "open-bracket": "User.A[1",
    "braces": "{1}",
}


def cells():
    for name, formula in ACTING.items():
        yield sample(f"cell-{name}.vsdx",
                     drawing(shape("a", rows("User", cell("Value", "残る値", formula)))),
                     "visio_formula")
    for event in ("EventDblClick", "EventDrop", "EventXFMod", "EventMultiDrop", "TheText"):
        yield sample(f"event-{event.lower()}.vsdx",
                     drawing(shape("a", cell(event, "0", 'RUNMACRO("Evil")'))), "visio_formula")
    yield sample("action.vsdx", drawing(shape("a", rows(
        "Actions", cell("Menu", "実行"), cell("Action", "0", 'RUNADDON("Evil")')))), "visio_formula")
    yield sample("master-event.vsdx", drawing(
        shape("", "", 1, ' Master="2"'),
        masters=shape("机", cell("EventDrop", "0", 'CALLTHIS("Evil")'), 5)), "visio_formula")
    style = (f'<StyleSheets><StyleSheet ID="0" NameU="S">{cell("User.A", "0", "DOCMD(1)")}'
             '</StyleSheet></StyleSheets>')
    yield sample("style-formula.vsdx", drawing(shape("a"), document=style), "visio_formula")


def links():
    for name, address in (("file", "file:///C:/a.exe"), ("unc", "\\\\203.0.113.9\\share\\a.vsdx"),
                          ("script", "javascript:alert(1)"), ("relative", "..\\a.exe"),
                          ("search", "search-ms:query=a")):
        yield sample(f"link-{name}.vsdx", drawing(shape("a", rows(
            "Hyperlink", cell("Description", "案内"), cell("Address", address)))), "link")
    yield sample("link-formula.vsdx", drawing(shape("a", rows("Hyperlink", cell(
        "Address", "https://www.example.jp/", '"file:"&User.A')))), "visio_formula")
    yield sample("link-place.vsdx", drawing(shape("a", rows("Hyperlink", cell(
        "Address", ""), cell("SubAddress", "\\\\203.0.113.9\\a")))), "link")
    yield sample("link-help-topic.vsdx", drawing(shape("a", cell(
        "HelpTopic", "\\\\203.0.113.9\\a.chm!#1"))), "link")
    yield sample("link-help-formula.vsdx", drawing(shape("a", cell("HelpTopic", "", "User.A"))),
                 "visio_formula")


# Elements of the main part that go.
DOCUMENT = {
    "event": ('<EventList><EventItem ID="1" EventCode="2" Action="1" Enabled="1" Target="Evil" '
              'TargetArgs=""/></EventList>', "visio_event"),
    "menus": ("<DocumentSettings><CustomMenusFile>C:\\a.vsu</CustomMenusFile></DocumentSettings>",
              "custom_commands"),
    "toolbars-file": ("<DocumentSettings><CustomToolbarsFile>C:\\a</CustomToolbarsFile>"
                      "</DocumentSettings>", "custom_commands"),
    "toolbars": ("<DocumentSettings><AttachedToolbars>AAAA</AttachedToolbars></DocumentSettings>",
                 "custom_commands"),
    "refreshable": ('<PublishSettings><RefreshableData ID="1"/></PublishSettings>', "connection"),
    "solution-xml": ('<SolutionXML Name="Evil"><a xmlns="urn:a"/></SolutionXML>', "visio_solution"),
    "unknown-element": ("<Frobnicate/>", "unknown_element"),
    "unknown-attribute": ('<Colors><ColorEntry IX="24" RGB="#fff" Path="C:\\a"/></Colors>',
                          "unknown_attribute"),
    "foreign-element": ('<a:b xmlns:a="urn:a"/>', "xml_unknown"),
}
# Parts of the document: type of the relationship, name, content type.
PARTS = {
    "solutions": (VISIO + "solutions", "visio/solutions/solutions.xml", TYPE + "solutions+xml",
                  "visio_solution"),
    "solution": (VISIO + "solution", "visio/solutions/solution1.xml", TYPE + "solution+xml",
                 "visio_solution"),
    "connections": (VISIO + "connections", "visio/data/connections.xml",
                    TYPE + "connections+xml", "connection"),
    "recordsets": (VISIO + "recordsets", "visio/data/recordsets.xml", TYPE + "recordsets+xml",
                   "connection"),
    "recordset": (VISIO + "recordset", "visio/data/recordset1.xml", TYPE + "recordset+xml",
                  "connection"),
    "extensions": (VISIO + "extensions", "visio/extensions.xml", TYPE + "extensions+xml",
                   "part_unknown"),
    "extensibility": (MICROSOFT + "ui/extensibility", "customUI/customUI.xml", "application/xml",
                      "custom_commands"),
    "signature": (MICROSOFT + "vbaProjectSignature", "visio/vbaProjectSignature.bin",
                  "application/vnd.ms-office.vbaProjectSignature", "vba_project"),
    "custom-xml": (TRANSITIONAL + "customXml", "customXml/item1.xml", "application/xml",
                   "custom_xml"),
}


def lists():
    for name, (xml, kind) in DOCUMENT.items():
        yield sample(f"document-{name}.vsdx", drawing(shape("a"), document=xml), kind)
    for name, (kind, part, content_type, removal) in PARTS.items():
        yield sample(f"part-{name}.vsdx", drawing(shape("a")).part(
            "rId9", kind, part, content_type, '<a xmlns="urn:a"/>'), removal)
    package = drawing(shape("a"))
    package.part("rId9", VISIO + "windows", "visio/windows.xml", TYPE + "windows+xml",
                 f'<Windows {SPACES}><Window ID="0" WindowType="Drawing"/><Window ID="1" '
                 'WindowType="Stencil" Document="\\\\203.0.113.9\\a.vssx" ParentWindow="0"/></Windows>')
    yield sample("stencil.vsdx", package, "visio_stencil")
    package = drawing(shape("a"))
    package.part("rId9", VISIO + "masters", "visio/masters/masters.xml", TYPE + "masters+xml",
                 f'<Masters {SPACES}><MasterShortcut ID="1" ShortcutURL="\\\\203.0.113.9\\a.vssx"/>'
                 '</Masters>')
    yield sample("shortcut.vsdx", package, "visio_stencil")
    package = drawing(shape("a"), masters=shape("b", "", 5))
    name = "visio/masters/masters.xml"
    package.parts[name] = package.parts[name].replace(b"<Rel ", b"<Icon>AAAA</Icon><Rel ")
    yield sample("icon.vsdx", package, "opaque_data")
    package = drawing(shape("a"))
    package.part("rId9", VISIO + "validation", "visio/validation.xml", TYPE + "validation+xml",
                 f'<Validation {SPACES}><RuleSets><RuleSet ID="1" NameU="R"><Rule ID="1" NameU="N">'
                 '<RuleFilter>TRUE</RuleFilter><RuleTest>RUNMACRO("Evil")</RuleTest></Rule>'
                 '</RuleSet></RuleSets></Validation>')
    yield sample("validation.vsdx", package, "visio_formula")


def objects():
    held = 'ForeignType="Object" ObjectType="33280" ObjectWidth="1" ObjectHeight="1"'
    package = drawing(shape("a") + foreign(held))
    package.part("rId5", "oleObject", "visio/embeddings/oleObject1.bin", OLE, ole_object(),
                 source=PAGE)
    yield sample("object.vsdx", package, "ole_object", note="an object without a picture goes")
    package.defaults["png"] = "image/png"
    package.part("rId1", "image", "visio/media/image1.png", None, PHOTO,
                 source="visio/embeddings/oleObject1.bin")
    yield sample("object-picture.vsdx", package, "ole_object",
                 note="an object becomes the picture that shows it")
    package = drawing(shape("a") + foreign(held))
    package.part("rId5", "package", "visio/embeddings/sheet1.xlsm",
                 "application/vnd.ms-excel.sheet.macroEnabled.12", b"PK\3\4", source=PAGE)
    yield sample("object-workbook.vsdx", package, "embedded_document")
    yield sample("object-lie.vsdx", with_picture(drawing(foreign(held))),
                 verdict="unchanged", note="a picture that is said to be an object is a picture")
    package = drawing(foreign('ForeignType="Bitmap" CompressionType="JPEG"'))
    package.link("rId5", "image", "http://203.0.113.9/a.jpg", PAGE)
    yield sample("linked-picture.vsdx", package, "linked_picture")
    package = with_picture(drawing(shape("a")))
    yield sample("unused-picture.vsdx", package, "part_unreferenced")
    package = drawing(shape("a"))
    package.part("rId5", "control", "visio/activeX/activeX1.xml",
                 "application/vnd.ms-office.activeX+xml", '<a xmlns="urn:a"/>', source=PAGE)
    yield sample("control.vsdx", package, "control")


def broken():
    plain = drawing(shape("a")).data()
    yield blocked("truncated.vsdx", plain[:len(plain) // 3], "malformed.truncated")
    package = drawing(shape("a"))
    package.parts[PAGE] = (DECLARATION + '<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
                           f"<PageContents {SPACES}>&x;</PageContents>").encode()
    yield blocked("entity.vsdx", package, "xml.dtd")
    package = drawing(shape("a"))
    package.parts[PAGE] = package.parts[PAGE][:-20]
    yield blocked("open-element.vsdx", package, "malformed")
    package = drawing("<Shapes>" * 400 + "</Shapes>" * 400)
    yield blocked("deep.vsdx", package, "limit.depth")
    package = drawing(shape("a"))
    package.relate("", "rId2", TRANSITIONAL + "officeDocument", PAGE)
    yield blocked("two-mains.vsdx", package, "type.ambiguous")
    package = drawing(shape("a"))
    package.part("rId9", VISIO + "windows", "visio/windows.xml", TYPE + "windows+xml", "<Windows")
    yield sample("broken-windows.vsdx", package, "part_broken")


def samples():
    for group in (good, code, cells, links, lists, objects, broken):
        yield from group()
