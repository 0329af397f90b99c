"""PowerPoint presentations: one for each thing that must go, and broken ones."""
import ooxmlcases as cases
from ooxmlmaker import (MICROSOFT, NAMESPACES, OFFICE, OLE, SLIDE, VBA, declare, ole_object, pptx,
                        shape, slide_xml, vba_project)
import metafilemaker as meta
from picturemaker import flat, png, scene
from sample import Sample

POINT = OFFICE + "presentationml."
PHOTO = png(flat(scene(16, 12)))
MEDIA = "http://schemas.microsoft.com/office/2007/relationships/media"


def sample(name, package, *removals, **more):
    if removals:
        more["removals"] = [kind if "." in kind else "ooxml." + kind for kind in removals]
    else:
        more.setdefault("verdict", "unchanged")
    return Sample(name, package.data(), **more)


def blocked(name, package, reason, **more):
    data = package if isinstance(package, bytes) else package.data()
    return Sample(name, data, verdict="blocked", reason=reason, **more)


def with_picture(package, identifier="rId5"):
    package.defaults["png"] = "image/png"
    package.add("ppt/media/image1.png", None, PHOTO)
    return package.relate(SLIDE, identifier, "image", "ppt/media/image1.png")


def picture(identifier, properties="", link=""):
    return (f'<p:pic><p:nvPicPr><p:cNvPr id="7" name="写真">{link}</p:cNvPr><p:cNvPicPr/>'
            f'<p:nvPr>{properties}</p:nvPr></p:nvPicPr><p:blipFill><a:blip r:embed="{identifier}"/>'
            '<a:stretch><a:fillRect/></a:stretch></p:blipFill><p:spPr><a:xfrm><a:off x="0" y="0"/>'
            '<a:ext cx="914400" cy="685800"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/>'
            '</a:prstGeom></p:spPr></p:pic>')


def click(action="", identifier="", inner=""):
    action = f' action="{action}"' if action else ""
    return f'<a:hlinkClick r:id="{identifier}"{action}>{inner}</a:hlinkClick>'


def with_macro(content_type, slide):
    package = pptx(slide, content_type=content_type)
    return package.part("rIdV", VBA[0], "ppt/vbaProject.bin", VBA[1],
                        vba_project('Attribute VB_Name = "Module1"\r\nSub Evil()\r\n'
                                    '    Shell "calc.exe"\r\nEnd Sub\r\n', "Module1"))


def good():
    package = with_picture(pptx(slide_xml(
        shape("説明資料", 2, click("ppaction://hlinkshowjump?jump=nextslide")) +
        shape("案内", 3, click(identifier="rId6")) + picture("rId5"),
        '<p:timing><p:tnLst><p:par><p:cTn id="1" dur="indefinite" nodeType="tmRoot"/></p:par>'
        '</p:tnLst></p:timing>')))
    package.link("rId6", "hyperlink", "https://www.example.jp/", SLIDE)
    yield sample("plain.pptx", package, note="jumps, vetted links and pictures stay")
    for extension, kind in (("potx", "template"), ("ppsx", "slideshow")):
        yield sample(f"plain.{extension}", pptx(slide_xml(shape("a")),
                                                content_type=f"presentationml.{kind}.main+xml"))


def code():
    media = ('<a:videoFile r:link="rId6"/><p:extLst><p:ext uri="{DAA4B4D4-6D71-4841-9C94-'
             f'3DE7FCFB9230}}"><p14:media{declare("p14")} r:embed="rId7"/></p:ext></p:extLst>')
    slide = slide_xml(
        shape("説明資料", 2) + shape("実行", 3, click("ppaction://macro?name=Evil")) +
        picture("rId5", media, click("ppaction://media")))
    package = with_picture(with_macro(
        "application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml", slide))
    package.link("rId6", "video", "file:///\\\\203.0.113.9\\share\\a.mp4", SLIDE)
    package.part("rId7", MEDIA, "ppt/media/media1.mp4", "video/mp4", b"\0\0\0\x18ftypmp42" + bytes(64),
                 source=SLIDE)
    yield sample("説明資料.pptm", package, "macro_enabled", "vba_project", "action", "media",
                 output="説明資料.pptx", demo=True, note="a macro on a button, a film from outside")
    for name, kind in (("potm", "template"), ("ppsm", "slideshow")):
        yield sample(f"macro.{name}", with_macro(
            f"application/vnd.ms-powerpoint.{kind}.macroEnabled.main+xml", slide_xml(shape("a"))),
            "macro_enabled", "vba_project", output=f"macro.{name[:-1]}x")
    yield blocked("addin.ppam", with_macro(
        "application/vnd.ms-powerpoint.addin.macroEnabled.main+xml", slide_xml(shape("a"))),
        "type.forbidden")
    for name, action in {"program": "ppaction://program", "ole": "ppaction://ole?verb=0",
                         "file": "ppaction://hlinkfile", "show": "ppaction://hlinkpres?slideindex=1",
                         "macro-case": "PPACTION://Macro?name=x",
                         "prefix": "ppaction://noactionmacro?x"}.items():
        package = pptx(slide_xml(shape("a", 2, click(action, "rId6"))))
        package.link("rId6", "hyperlink", "file:///C:/Windows/System32/calc.exe", SLIDE)
        yield sample(f"action-{name}.pptx", package, "action", "link")
    hover = '<a:hlinkHover r:id="" action="ppaction://program"/>'
    yield sample("hover.pptx", pptx(slide_xml(shape("a", 2, hover))), "action")
    timing = ('<p:timing><p:tnLst><p:par><p:cTn id="1" nodeType="tmRoot"><p:childTnLst><p:cmd '
              'type="verb" cmd="0"><p:cBhvr><p:cTn id="2"/></p:cBhvr></p:cmd></p:childTnLst>'
              '</p:cTn></p:par></p:tnLst></p:timing>')
    yield sample("command.pptx", pptx(slide_xml(shape("a"), timing)), "command")


def objects():
    inner = ('<p:oleObj name="o" r:id="rId6" progId="Package" spid="_x0000_s1026"><p:embed/>'
             '{}</p:oleObj>')
    frame = ('<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="4" name="o"/>'
             '<p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr><p:xfrm/><a:graphic>'
             f'<a:graphicData uri="{NAMESPACES["p"].replace("main", "ole")}">'
             '<mc:AlternateContent><mc:Choice xmlns:v="urn:schemas-microsoft-com:vml" '
             f'Requires="v">{inner.format("")}</mc:Choice><mc:Fallback>'
             f'{inner.format(picture("rId5"))}</mc:Fallback></mc:AlternateContent></a:graphicData>'
             '</a:graphic></p:graphicFrame>')
    package = with_picture(pptx(slide_xml(shape("a") + frame)))
    package.part("rId6", "oleObject", "ppt/embeddings/oleObject1.bin", OLE, ole_object(),
                 source=SLIDE)
    yield sample("ole-object.pptx", package, "ole_object", note="its picture stays in its place")
    slide = slide_xml(shape("a"), '<p:controls><p:control name="c" r:id="rId6"/></p:controls>'
                      .join(("", "")), ())
    slide = slide.replace("</p:spTree>", '</p:spTree><p:custDataLst><p:custData r:id="rId7"/>'
                          '<p:tags r:id="rId8"/></p:custDataLst><p:controls><p:control name="c" '
                          'r:id="rId6"/></p:controls>')
    package = pptx(slide)
    package.part("rId6", "control", "ppt/activeX/activeX1.xml",
                 "application/vnd.ms-office.activeX+xml", "<ocx/>", source=SLIDE)
    package.part("rId8", "tags", "ppt/tags/tag1.xml", POINT + "tags+xml",
                 f'<p:tagLst{declare("p")}><p:tag name="x" val="y"/></p:tagLst>', source=SLIDE)
    package.link("rId9", "slideUpdateUrl", "http://evil.example/s.pptx", SLIDE)
    package.link("rId10", "audio", "http://evil.example/a.wav", SLIDE)
    yield sample("add-in-data.pptx", package, "control", "custom_data", "slide_update", "media")
    package = pptx(slide_xml(shape("a", 2, click("ppaction://noaction", "",
                                                 '<a:snd r:embed="rId6" name="s"/>'))))
    package.part("rId6", "audio", "ppt/media/audio1.wav", "audio/x-wav", b"RIFF", source=SLIDE)
    yield sample("sound.pptx", package, "media")
    yield sample("unlisted.pptx", pptx(slide_xml(
        shape("a").replace("<p:txBody>", '<p:addin evil="x">x</p:addin><p:txBody run="x">'),
        '<p:timing><p:tnLst><p:par><p:cTn id="1" nodeType="tmRoot" command="x"><p:childTnLst>'
        '<p:launch cmd="calc"/></p:childTnLst></p:cTn></p:par></p:tnLst></p:timing>')),
        "unknown_element", "unknown_attribute",
        note="a known namespace lends no trust to unknown names")


def lists():
    def plain():
        return pptx(slide_xml(shape("a")))

    for name, package, kind in cases.with_parts(plain, "ppt/presentation.xml", cases.POINT_PARTS):
        yield sample(f"{name}.pptx", package, kind)
    for name, kind in cases.POINT_ELEMENTS.items():
        yield sample(f"element-{name}.pptx",
                     pptx(slide_xml(shape("a")), behind=f"<p:{name}/>"), kind)


def broken():
    plain = pptx(slide_xml(shape("a"))).data()
    yield blocked("truncated.pptx", plain[:len(plain) // 3], "malformed.truncated")
    package = pptx('<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + slide_xml(shape("a")))
    yield blocked("entity.pptx", package, "xml.dtd")


def metafiles():
    for name, data, *lost in (("emf", meta.EMF), ("wmf", meta.WMF), ("emz", meta.packed(meta.EMF)),
                              ("emf", meta.EMF_DUAL, "picture.metafile"), ("wmf", meta.WMF_DRIVER, "picture.metafile"),
                              ("emf", meta.EMF[:-30], "nested.blocked")):
        package = pptx(slide_xml(picture("rId5")))
        package.part("rId5", "image", f"ppt/media/image1.{name}", f"image/x-{name}", data, source=SLIDE)
        yield sample(f"drawing-{lost[0].split('.')[1] if lost else 'plain'}-{name}.pptx", package, *lost)


def samples():
    for group in (good, code, objects, lists, metafiles, broken):
        yield from group()
