"""Samples of odp, otp and fodp: one for each thing that the lists name."""
import odfmaker as odf
import picturemaker
from sample import Sample

TEXT = odf.frame('<draw:text-box><text:p>本日の議題</text:p></draw:text-box>')
NOTES = ('<presentation:notes>' + odf.frame('<draw:text-box><text:p>話すこと</text:p>'
                                            '</draw:text-box>') + '</presentation:notes>')
PNG = picturemaker.png(picturemaker.flat(picturemaker.scene(16, 12)))


def sample(name, package, *removals, **more):
    data = package if isinstance(package, bytes) else package.data()
    more.setdefault("verdict", "sanitized" if removals else "unchanged")
    return Sample(name, data, removals=["odf." + kind for kind in removals], **more)


def plain():
    table = odf.frame(odf.sheet([odf.cell("表の中")]).replace("table:name=\"表1\"", "") +
                      odf.image("Pictures/t.png"))
    timing = ('<anim:par presentation:node-type="timing-root"><anim:par smil:begin="0s">'
              '<anim:transitionFilter smil:dur="2s" smil:type="fade"/></anim:par></anim:par>')
    package = odf.odp(odf.page(TEXT + table + timing + NOTES) + odf.page(TEXT, "page2"))
    return package.add("Pictures/t.png", PNG, "image/png")


def samples():
    yield sample("plain.odp", plain())
    yield sample("ひな形.otp", odf.Package("presentation-template", odf.content(
        "presentation", odf.page(TEXT))))
    yield sample("flat.fodp", odf.flat("presentation", odf.page(TEXT + NOTES)))
    for action in ("execute", "show", "verb", "sound", "next-page"):
        listener = ('<office:event-listeners><presentation:event-listener script:event-name='
                    f'"dom:click" presentation:action="{action}" xlink:href="file:///c:/x.exe" '
                    'xlink:type="simple"/></office:event-listeners>')
        yield sample(f"action-{action}.odp", odf.odp(odf.page(
            TEXT.replace("</draw:frame>", listener + "</draw:frame>"))), "event")
    package = odf.odp(odf.page(TEXT + (
        '<anim:par presentation:node-type="timing-root"><anim:command anim:command="verb" '
        'smil:targetElement="x"><anim:param anim:name="verb" anim:value="0"/></anim:command>'
        '<anim:audio xlink:href="http://evil.example/a.wav"/></anim:par>')))
    yield sample("説明会.odp", package, "command", "media", demo=True,
                 note="slides with a command and a sound from elsewhere")
    yield sample("sound.odp", odf.odp(odf.page(TEXT), styles=(
        '<style:style style:name="dp1" style:family="drawing-page"><style:drawing-page-properties>'
        '<presentation:sound xlink:href="file:///c:/x.wav"/></style:drawing-page-properties>'
        '</style:style>')), "media")
    yield sample("film.odp", odf.odp(odf.page(TEXT + odf.frame(
        '<draw:plugin xlink:href="Media/a.mp4"/>' + odf.image("Pictures/t.png")))).add(
        "Media/a.mp4", b"film", "").add("Pictures/t.png", PNG, "image/png"), "plugin", "media",
        note="the picture of a film stays")
    yield sample("model.odp", odf.odp(odf.page(TEXT + odf.frame(
        '<draw:plugin draw:mime-type="model/vnd.gltf+json" xlink:href="Models/x.json"/>'))).add(
        "Models/x.json", b"{}", ""), "plugin", "part_unknown")
    yield sample("shape-link.odp", odf.odp(odf.page(
        '<draw:a xlink:href="file:///c:/x.exe">' + TEXT + '</draw:a>')), "link")
    package = odf.odp(odf.page(TEXT), scripts='<office:scripts><office:event-listeners>'
                      '<script:event-listener script:event-name="dom:load" xlink:href='
                      '"vnd.sun.star.script:x?language=Python&amp;location=user"/>'
                      '</office:event-listeners></office:scripts>')
    yield sample("event-on-open.odp", package, "event")
    yield sample("flat-plugin.fodp", odf.flat("presentation", odf.page(TEXT + odf.frame(
        '<draw:plugin xlink:href="http://evil.example/"/>'))), "plugin")
