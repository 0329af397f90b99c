"""What must not be in a rebuilt file, looked for with neither our own code nor
the parsers the gateway is built from."""
import io
import re
import subprocess
import tempfile
import zipfile

import residue_odf
import residue_xlsb

OLE = bytes.fromhex("d0cf11e0a1b11ae1")
PARTS = re.compile(r"vbaproject|vbadata|/embeddings/|/externallinks/|/activex/|/ctrlprops/"
                   r"|/macrosheets/|customui|oleobject|\.bin$|\.exe$|/connections\.xml$"
                   r"|/attachedtoolbars|/webextensions/", re.I)
RELATIONSHIP = re.compile(rb"<Relationship\b[^>]*>", re.S)
TARGET = re.compile(rb"""\bTarget\s*=\s*["']([^"']*)""")
PASSING = (b"http:", b"https:", b"mailto:", b"tel:", b"#")
PDF_NAMES = re.compile(rb"/(JavaScript|JS|Launch|EmbeddedFiles?|RichMedia\w*|AA|SubmitForm"
                       rb"|ImportData|GoToE|GoToR|XFA|Movie|Sound|Rendition|3D|Filespec"
                       rb"|OpenAction|Encrypt|ResetForm|Trans3D)(?=[\s/<\[(>\])])")
RTF_NAMES = re.compile(rb"\\(obj(?:data|emb|link|autlink|ocx|update|html|class)|template|bin|fontemb"
                       rb"|datastore|mailmerge|docvar|html(?:tag|base)|nonshppict|info|generator"
                       rb"|ffentrymcr|ffexitmcr|subdocument|filetbl)(?![a-z])")
RTF_FIELDS = re.compile(rb"DDE|INCLUDE|\bLINK\s|IMPORT|MACRO|QUOTE|EMBED|file:", re.I)
# Names of a compound file's directory, and what runs in the text of its documents.
STREAMS = ("Macros", "VBA", "PROJECT", "PROJECTwm", "_VBA_PROJECT", "ObjectPool", "MsoDataStore",
           "_VBA_PROJECT_CUR", "_SX_DB_CUR", "Ctls", "\1Ole", "\1Ole10Native", "\1CompObj", "\3ObjInfo", "_signatures", "\6DataSpaces")
WORD_FIELDS = re.compile(rb"\x13\0?\s*(?:D\0?D\0?E|L\0?I\0?N\0?K\0? |E\0?M\0?B\0?E\0?D|I\0?N\0?C\0?L\0?U\0?D\0?E"
                         rb"|I\0?M\0?P\0?O\0?R\0?T|M\0?A\0?C\0?R\0?O\0?B|D\0?A\0?T\0?A\0?B\0?A|C\0?O\0?N\0?T\0?R\0?O\0?L)",
                         re.I)
# Heads of PowerPoint's records: VBA, what refers to an object, objects, links and controls, their
# storage, sounds.
RECORDS = re.compile(rb"\x1f\0\xff\x03|\0\0\xc1\x0b\x04\0\0\0|\x01\0\xc3\x0f\x18\0\0\0"
                     rb"|\x0f\0[\xcc\xce\xee]\x0f|[\0\x10]\0\x11\x10[^\0]|\x0f\0\xe6\x07", re.S)
FILE_LINK = re.compile(rb"f\0i\0l\0e\0:\0[/\\]\0", re.I)
MACRO_CODE = re.compile(rb"Attribut.{0,2}e? VB_|\x01Attribut", re.S)
# A destination in the file itself: a page to open at, not an action.
OPENS_AT = re.compile(rb"/OpenAction\s*(?:\[|<<\s*/D\s*\[[^\]]*\]\s*/S\s*/GoTo\s*>>)")
STREAM = re.compile(rb"\bstream\r?\n.*?\nendstream", re.S)
STRING = re.compile(rb"\((?:\\.|[^\\()])*\)", re.S)


def of_package(data, extension):
    try:
        package = zipfile.ZipFile(io.BytesIO(data))
    except zipfile.BadZipFile as error:
        yield f"no package: {error}"
        return
    for name in package.namelist():
        content = package.read(name)
        if extension == "xlsb" and name.endswith(".bin"):
            yield from residue_xlsb.found(name, content)
        elif PARTS.search("/" + name):
            yield f"part {name}"
        if OLE in content:
            yield f"OLE file in {name}"
        if not name.endswith(".rels"):
            continue
        for relationship in RELATIONSHIP.findall(content):
            if not re.search(rb"TargetMode\s*=\s*[\"']External", relationship):
                continue
            target = TARGET.search(relationship)
            value = target[1].lower() if target else b""
            if not value.startswith(PASSING) or b"/hyperlink\"" not in relationship:
                yield f"external {value[:60].decode(errors='replace')} in {name}"


def of_pdf(data):
    try:
        with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
            file.write(data)
            file.flush()
            done = subprocess.run(["qpdf", "--qdf", "--object-streams=disable",
                                   file.name, "-"], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, timeout=60)
    except subprocess.TimeoutExpired:
        yield "qpdf takes over 60 s"
        return
    if done.returncode not in (0, 3):
        yield "qpdf: " + done.stderr.decode(errors="replace")[:100]
        return
    plain = OPENS_AT.sub(b"", STRING.sub(b"()", STREAM.sub(b"", done.stdout)))
    for name in sorted(set(PDF_NAMES.findall(plain))):
        yield f"/{name.decode()}"


def of_rtf(data):
    """Blanks between digits are none; nor are words that mean nothing."""
    for name in sorted(set(RTF_NAMES.findall(data))):
        yield "\\" + name.decode()
    for field in re.findall(rb"\\fldinst([^}]*)", data):
        if RTF_FIELDS.search(field):
            yield "field " + field[:60].decode(errors="replace")
    if OLE.hex().encode() in re.sub(rb"\s", b"", data).lower():
        yield "an OLE file in digits"


def of_compound(data):
    """Bytes alone: no reader of compound files."""
    for name in STREAMS:
        units = name.encode("utf-16-le")
        entry = units.ljust(64, b"\0") + (len(units) + 2).to_bytes(2, "little")
        if entry.lower() in data.lower():
            yield f"stream {name!r}"
    if OLE in data[1:]:
        yield "an OLE file within"
    if b"PK\3\4" in data:
        yield "a ZIP within"
    for field in WORD_FIELDS.findall(data):
        yield "field " + field.replace(b"\0", b"")[1:].decode(errors="replace")
    if MACRO_CODE.search(data):
        yield "macro code"


def of_presentation(data):
    for record in sorted(set(RECORDS.findall(data))):
        yield f"record {int.from_bytes(record[2:4], 'little')}"
    if FILE_LINK.search(data):
        yield "a link to a file"


def found(data, extension, package_extensions):
    if extension == "pdf":
        return list(of_pdf(data))
    if extension == "rtf":
        return list(of_rtf(data))
    if data.startswith(OLE):
        return list(of_compound(data)) + (
            list(of_presentation(data)) if extension == "ppt" else [])
    if re.fullmatch(r"f?od[tspg]|ot[tspg]", extension):
        return list(residue_odf.found(data))
    if extension in package_extensions:
        return list(of_package(data, extension))
    return []
