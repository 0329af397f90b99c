"""Visio's drawings: LibreOffice makes a PDF of them, and that is sanitized."""
from sample import Sample
from zipmaker import Entry, zip_file

MAIN = "http://schemas.openxmlformats.org/package/2006/"
VISIO = "http://schemas.microsoft.com/visio/2010/relationships"
SHAPES = "http://schemas.microsoft.com/office/visio/2012/main"
HEAD = '<?xml version="1.0" encoding="utf-8"?>'


def relations(kind, target):
    return (f'{HEAD}<Relationships xmlns="{MAIN}relationships"><Relationship Id="rId1" '
            f'Type="{kind}" Target="{target}"/></Relationships>').encode()


def drawing(text):
    types = "".join(
        f'<Override PartName="/visio/{part}.xml" ContentType="application/vnd.ms-visio.{kind}+xml"/>'
        for part, kind in (("document", "drawing.main"), ("pages/pages", "pages"),
                           ("pages/page1", "page")))
    page = (f'<PageContents xmlns="{SHAPES}"><Shapes><Shape ID="1" Type="Shape">'
            '<Cell N="PinX" V="3"/><Cell N="PinY" V="5"/><Cell N="Width" V="3"/>'
            '<Cell N="Height" V="1"/><Cell N="LocPinX" V="1.5"/><Cell N="LocPinY" V="0.5"/>'
            '<Cell N="LineWeight" V="0.02"/><Cell N="LineColor" V="#000000"/>'
            '<Section N="Geometry" IX="0"><Row T="RelMoveTo" IX="1"><Cell N="X" V="0"/>'
            '<Cell N="Y" V="0"/></Row><Row T="RelLineTo" IX="2"><Cell N="X" V="1"/>'
            '<Cell N="Y" V="0"/></Row><Row T="RelLineTo" IX="3"><Cell N="X" V="1"/>'
            '<Cell N="Y" V="1"/></Row><Row T="RelLineTo" IX="4"><Cell N="X" V="0"/>'
            f'<Cell N="Y" V="0"/></Row></Section><Text>{text}</Text></Shape></Shapes></PageContents>')
    pages = (f'<Pages xmlns="{SHAPES}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/'
             '2006/relationships"><Page ID="0" Name="P"><PageSheet><Cell N="PageWidth" V="8"/>'
             '<Cell N="PageHeight" V="11"/></PageSheet><Rel r:id="rId1"/></Page></Pages>')
    return zip_file([
        Entry(b"[Content_Types].xml",
              f'{HEAD}<Types xmlns="{MAIN}content-types"><Default Extension="rels" ContentType='
              f'"application/vnd.openxmlformats-package.relationships+xml"/>{types}</Types>'.encode()),
        Entry(b"_rels/.rels", relations(f"{VISIO}/document", "visio/document.xml")),
        Entry(b"visio/document.xml", f'{HEAD}<VisioDocument xmlns="{SHAPES}"/>'.encode()),
        Entry(b"visio/_rels/document.xml.rels", relations(f"{VISIO}/pages", "pages/pages.xml")),
        Entry(b"visio/pages/pages.xml", (HEAD + pages).encode()),
        Entry(b"visio/pages/_rels/pages.xml.rels", relations(f"{VISIO}/page", "page1.xml")),
        Entry(b"visio/pages/page1.xml", (HEAD + page).encode())])


def samples():
    yield Sample("配置図.vsdx", drawing("Sekisho plan"), verdict="converted", engine=True,
                 removals=["office.converted"], output="配置図.pdf", note="a shape with text")
