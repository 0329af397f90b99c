"""Samples of odg, otg and fodg: one for each thing that the lists name."""
import odfmaker as odf
import picturemaker
from sample import Sample

TEXT = odf.frame('<draw:text-box><text:p>案内図</text:p></draw:text-box>')
SHAPE = ('<draw:custom-shape svg:width="2cm" svg:height="1cm" svg:x="1cm" svg:y="1cm"><text:p>四角'
         '</text:p><draw:enhanced-geometry svg:viewBox="0 0 21600 21600" draw:type="rectangle" '
         'draw:enhanced-path="M 0 0 L 21600 0 21600 21600 0 21600 0 0 Z N"><draw:equation '
         'draw:name="f0" draw:formula="if($0 ,min(left,1),2)"/></draw:enhanced-geometry>'
         '</draw:custom-shape>')
PNG = picturemaker.png(picturemaker.flat(picturemaker.scene(16, 12)))


def sample(name, package, *removals, **more):
    data = package if isinstance(package, bytes) else package.data()
    more.setdefault("verdict", "sanitized" if removals else "unchanged")
    return Sample(name, data, removals=["odf." + kind for kind in removals], **more)


def areas(target):
    return odf.frame(odf.image("Pictures/a.png") + (
        '<draw:image-map><draw:area-rectangle svg:x="0cm" svg:y="0cm" svg:width="1cm" '
        f'svg:height="1cm" xlink:href="{target}" xlink:type="simple"/></draw:image-map>'))


def samples():
    package = odf.odg(odf.page(TEXT + SHAPE + areas("https://www.example.jp/")))
    yield sample("plain.odg", package.add("Pictures/a.png", PNG, "image/png"))
    yield sample("ひな形.otg", odf.Package("graphics-template", odf.content(
        "drawing", odf.page(TEXT))))
    yield sample("flat.fodg", odf.flat("graphics", odf.page(TEXT), body="drawing"))
    package = odf.odg(odf.page(TEXT + areas("macro:///Standard.M.Main()")))
    yield sample("area-link.odg", package.add("Pictures/a.png", PNG, "image/png"), "link")
    styles = ('<draw:fill-image draw:name="b" xlink:href="{}" xlink:type="simple"/>')
    package = odf.odg(odf.page(TEXT))
    package.add("styles.xml", odf.root("document-styles", "<office:styles>" + styles.format(
        "http://evil.example/b.png") + "</office:styles>"))
    yield sample("linked-fill.odg", package, "linked_picture")
    package = odf.odg(odf.page(TEXT))
    package.add("styles.xml", odf.root("document-styles", "<office:styles>" + styles.format(
        "Pictures/a.png") + "</office:styles>")).add("Pictures/a.png", PNG, "image/png")
    yield sample("fill.odg", package)
    yield sample("events.odg", odf.odg(odf.page(SHAPE.replace("<text:p>", (
        '<office:event-listeners><script:event-listener script:event-name="dom:click" '
        'xlink:href="vnd.sun.star.script:x?language=Basic"/></office:event-listeners><text:p>')))),
        "event")
    yield sample("applet.odg", odf.odg(odf.page(TEXT + odf.frame(
        '<draw:applet draw:code="Evil.class"/>'))), "plugin")
