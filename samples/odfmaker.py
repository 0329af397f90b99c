"""Makes ODF packages and flat documents from nothing."""
import base64
import hashlib
import io
import zipfile
import zlib

import aesmaker

ODF = "application/vnd.oasis.opendocument."
OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
NAMESPACES = {
    "office": OASIS + "office:1.0", "style": OASIS + "style:1.0", "text": OASIS + "text:1.0",
    "table": OASIS + "table:1.0", "draw": OASIS + "drawing:1.0",
    "fo": OASIS + "xsl-fo-compatible:1.0", "svg": OASIS + "svg-compatible:1.0",
    "number": OASIS + "datastyle:1.0", "chart": OASIS + "chart:1.0",
    "presentation": OASIS + "presentation:1.0", "anim": OASIS + "animation:1.0",
    "smil": OASIS + "smil-compatible:1.0", "form": OASIS + "form:1.0",
    "script": OASIS + "script:1.0", "meta": OASIS + "meta:1.0", "config": OASIS + "config:1.0",
    "db": OASIS + "database:1.0", "of": OASIS + "of:1.2",
    "xlink": "http://www.w3.org/1999/xlink", "dc": "http://purl.org/dc/elements/1.1/",
    "math": "http://www.w3.org/1998/Math/MathML", "xforms": "http://www.w3.org/2002/xforms",
    "xhtml": "http://www.w3.org/1999/xhtml", "ooo": "http://openoffice.org/2004/office",
    "loext": "urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0",
    "calcext": "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0",
    "field": "urn:openoffice:names:experimental:ooo-ms-interop:xmlns:field:1.0",
    "evil": "urn:evil",
}
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
ALL = "".join(f' xmlns:{key}="{value}"' for key, value in NAMESPACES.items() if key != "evil")


def root(name, inner, version="1.3", more=""):
    return f'{DECLARATION}<office:{name}{ALL} office:version="{version}"{more}>{inner}</office:{name}>'


def escape(text):
    return (text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            .replace('"', "&quot;"))


class Package:
    """The files of a document, with their media types."""

    def __init__(self, kind, content, version="1.3"):
        self.kind = kind if "/" in kind else ODF + kind
        self.version = version
        self.files = {}
        self.folders = {}
        self.plain = {}  # not in the manifest
        self.mimetype = self.kind
        self.doctype = ""
        self.keys = {}  # of encrypted files
        self.sizes = {}
        self.stored = set()
        self.add("content.xml", content)

    def add(self, name, data, kind=None):
        if isinstance(data, str):
            data = data.encode()
        self.files[name] = (data, kind or ("text/xml" if name.endswith(".xml") else ""))
        return self

    def hide(self, name, data):
        self.plain[name] = data
        return self

    def folder(self, name, kind):
        self.folders[name] = kind if "/" in kind or not kind else ODF + kind
        return self

    def manifest(self):
        version = f' manifest:version="{self.version}"' if self.version else ""
        rows = [f'<manifest:file-entry manifest:full-path="/"{version}'
                f' manifest:media-type="{self.kind}"/>']
        for name, kind in list(self.folders.items()) + [
                (name, kind) for name, (_, kind) in self.files.items()]:
            rows.append(f'<manifest:file-entry manifest:full-path="{escape(name)}"'
                        f' manifest:media-type="{escape(kind)}"{self.sizes.get(name, "")}>'
                        f'{self.keys.get(name, "")}'
                        '</manifest:file-entry>')
        return (f'{DECLARATION}{self.doctype}<manifest:manifest xmlns:manifest="{OASIS}manifest:1.0"'
                f'{version}>{"".join(rows)}</manifest:manifest>')

    def members(self):
        if self.mimetype:
            yield "mimetype", self.mimetype.encode()
        for name, (data, _) in self.files.items():
            yield name, data
        yield from self.plain.items()
        yield "META-INF/manifest.xml", self.manifest().encode()

    def data(self):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in self.members():
                info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
                info.compress_type = (zipfile.ZIP_STORED if name in self.stored | {"mimetype"}
                                      else zipfile.ZIP_DEFLATED)
                archive.writestr(info, data)
        return out.getvalue()


def content(kind, inner, styles="", scripts="", declarations=""):
    """content.xml of a text, spreadsheet, presentation or drawing."""
    return root("document-content", f'{scripts}{declarations}<office:automatic-styles>{styles}'
                f'</office:automatic-styles><office:body><office:{kind}>{inner}</office:{kind}>'
                '</office:body>')


def flat(kind, inner, scripts="", body=None, settings="", styles=""):
    return root("document", f'{settings}{scripts}<office:automatic-styles>{styles}'
                f'</office:automatic-styles><office:body><office:{body or kind}>{inner}'
                f'</office:{body or kind}></office:body>',
                more=f' office:mimetype="{ODF}{kind}"').encode()


def odt(inner, **more):
    return Package("text", content("text", inner, **more))


def ods(inner, **more):
    return Package("spreadsheet", content("spreadsheet", inner, **more))


def odp(inner, **more):
    return Package("presentation", content("presentation", inner, **more))


def odg(inner, **more):
    return Package("graphics", content("drawing", inner, **more))


def p(text, behind=""):
    return f"<text:p>{escape(text)}{behind}</text:p>"


def cell(text, formula="", kind="string", value="", more=""):
    formula = f' table:formula="{escape(formula)}"' if formula else ""
    value = f' office:value="{value}"' if value else ""
    return (f'<table:table-cell office:value-type="{kind}"{value}{formula}{more}>'
            f'{p(text) if text else ""}</table:table-cell>')


def sheet(*rows, name="表1", before="", behind=""):
    inner = "".join(f'<table:table-row>{"".join(row)}</table:table-row>' for row in rows)
    return f'<table:table table:name="{name}">{before}{inner}{behind}</table:table>'


def page(inner, name="page1", kind="draw:master-page-name=\"Default\""):
    return f'<draw:page draw:name="{name}" {kind}>{inner}</draw:page>'


def frame(inner, more=""):
    return (f'<draw:frame draw:name="f" svg:width="3cm" svg:height="2cm" svg:x="1cm" svg:y="1cm"'
            f'{more}>{inner}</draw:frame>')


def image(target):
    return (f'<draw:image xlink:href="{escape(target)}" xlink:type="simple" xlink:show="embed"'
            ' xlink:actuate="onLoad"/>')


def base64_text(data):
    text = base64.b64encode(data).decode()
    return "\n".join(text[i:i + 72] for i in range(0, len(text), 72))


def chart_object(package, name="Object 1", inner="", kind="chart"):
    """A chart in a folder of its own."""
    package.folder(name + "/", kind)
    package.add(f"{name}/content.xml", content(
        "chart", '<chart:chart chart:class="chart:bar" xlink:href=".." xlink:type="simple" svg:width="8cm" svg:height="7cm">'
        '<chart:title><text:p>グラフの題</text:p></chart:title><chart:plot-area>'
        f'{inner}</chart:plot-area></chart:chart>'))
    package.add(f"{name}/styles.xml", root("document-styles", "<office:styles/>"))
    return package


def lock(package, password, algorithm="http://www.w3.org/2001/04/xmlenc#aes256-cbc", iterations=1000):
    """Encrypts its files, each with a salt of its own."""
    start = hashlib.sha256(password.encode()).digest()
    for name, (data, kind) in list(package.files.items()):
        salt = hashlib.md5(name.encode()).digest()
        vector = hashlib.md5(salt).digest()
        key = hashlib.pbkdf2_hmac("sha1", start, salt, min(iterations, 1000), 32)
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = packer.compress(data) + packer.flush()
        more = 16 - len(packed) % 16
        locked = aesmaker.cbc(key, vector, packed + bytes(more - 1) + bytes([more]))
        package.files[name] = (locked, kind)
        package.stored.add(name)
        package.sizes[name] = f' manifest:size="{len(data)}"'
        text = [base64.b64encode(one).decode() for one in (
            hashlib.sha256(packed[:1024]).digest(), vector, salt)]
        package.keys[name] = (
            f'<manifest:encryption-data manifest:checksum-type="{OASIS}manifest:1.0#sha256-1k" '
            f'manifest:checksum="{text[0]}"><manifest:algorithm manifest:algorithm-name="{algorithm}" '
            f'manifest:initialisation-vector="{text[1]}"/><manifest:start-key-generation '
            'manifest:start-key-generation-name="http://www.w3.org/2000/09/xmldsig#sha256" '
            'manifest:key-size="32"/><manifest:key-derivation manifest:key-derivation-name="PBKDF2" '
            f'manifest:key-size="32" manifest:iteration-count="{iterations}" manifest:salt="{text[2]}"/>'
            '</manifest:encryption-data>')
    return package
