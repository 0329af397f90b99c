"""What must not be in a rebuilt OpenDocument file: by bytes and patterns alone."""
import base64
import io
import re
import zipfile

OLE = bytes.fromhex("d0cf11e0a1b11ae1")
PASSING = (b"http:", b"https:", b"mailto:", b"tel:", b"#")
ODF_NAMES = re.compile(rb"<(?:office:scripts?|office:forms|script:|form:|xforms:|ooo:|db:|office:"
                       rb"event-listeners|presentation:event-listener|text:(?:execute-macro|script"
                       rb"|section-source|dde-|database-)|table:(?:dde-link|table-source"
                       rb"|cell-range-source|database-source|source-service|error-macro)"
                       rb"|office:dde-source|draw:(?:plugin|applet|floating-frame|object-ole"
                       rb"|control|param)|anim:(?:command|audio)|presentation:sound|meta:(?:template"
                       rb"|auto-reload)|svg:(?:font-face-src|font-face-uri|definition-src))")
ODF_TARGETS = re.compile(rb"(?:xlink:href|text:url|xml:base)\s*=\s*[\"']([^\"']*)")
ODF_FORMULAS = re.compile(rb":(?:formula|expression|condition|value|[a-z-]*address(?:es)?)=\"([^\"]*)")
ODF_CALLS = re.compile(rb"\b(?:DDE|WEBSERVICE|FILTERXML|CALL)\s*\(|'#|://|file:", re.I)
ODF_FILES = re.compile(r"(?:[^/]+/)*(?:content|styles|meta|settings)\.xml|mimetype"
                       r"|META-INF/manifest\.xml|(?:[^/]+/)*Pictures/[^/]+\.(?:png|jpe?g|gif|tiff?|bmp)")


def of_odf_xml(name, content):
    if b"<!" in content.replace(b"<![CDATA[", b""):
        yield f"declaration in {name}"
    for tag in sorted(set(ODF_NAMES.findall(content))):
        yield f"{tag.decode()} in {name}"
    for target in ODF_TARGETS.findall(content):
        inside = re.fullmatch(rb"(?:\./)?(?:\.\./)*[\w.-]+(?:/[\w.-]+)*", target)
        if not target.startswith(PASSING) and not inside:
            yield f"target {target[:60].decode(errors='replace')} in {name}"
    for formula in ODF_FORMULAS.findall(content):
        if ODF_CALLS.search(re.sub(rb"&quot;.*?&quot;", b"", formula)):
            yield f"formula {formula[:60].decode(errors='replace')} in {name}"


def found(data):
    if not data.startswith(b"PK"):
        yield from of_odf_xml("it", data)
        if OLE in base64_pieces(data):
            yield "an OLE file in base64"
        return
    try:
        package = zipfile.ZipFile(io.BytesIO(data))
    except zipfile.BadZipFile as error:
        yield f"no package: {error}"
        return
    if package.namelist()[:1] != ["mimetype"] or package.infolist()[0].compress_type:
        yield "mimetype is not first and stored"
    for name in package.namelist():
        content = package.read(name)
        if not ODF_FILES.fullmatch(name):
            yield f"part {name}"
        if OLE in content:
            yield f"OLE file in {name}"
        if name.endswith(".xml"):
            yield from of_odf_xml(name, content)


def base64_pieces(data):
    pieces = re.findall(rb"<office:binary-data>([^<]*)", data)
    return b"".join(base64.b64decode(piece) for piece in pieces)
