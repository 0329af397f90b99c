"""Mail: what is kept, what goes, and what is held because readers disagree."""
import base64

from mailmaker import base64_file, binhex, signed_data, tnef, tnef_file, uuencode, yenc
from sample import Sample, sibling

DATE = "Sat, 21 Nov 2026 12:00:00 +0900"
NL = b"\r\n"


def raw(text):
    return text if isinstance(text, bytes) else text.encode()


def head(subject="=?UTF-8?B?5YWl5pyt5YWs5ZGK?=", more=()):
    """A header of kept fields only, in the order in which they come out."""
    fields = ["From: =?UTF-8?B?5bGx55Sw?= <yamada@example.lg.jp>",
              "To: suzuki@example.jp", b"Subject: " + raw(subject), "Date: " + DATE,
              "Message-ID: <20261121.1@example.lg.jp>", *more, "MIME-Version: 1.0"]
    return NL.join(raw(field) for field in fields) + NL


def part(fields, body):
    """One part: its header, an empty line, its body."""
    if isinstance(fields, (str, bytes)):
        fields = [fields]
    return NL.join(raw(field) for field in fields) + NL + NL + raw(body)


def text(body="本文です。\r\n", charset="utf-8"):
    return part([f"Content-Type: text/plain; charset={charset}",
                 "Content-Transfer-Encoding: 8bit"], body)


def encoded(data):
    return base64.encodebytes(data).replace(b"\n", NL)


def attached(data, name="資料.txt", kind="application/octet-stream", disposition=None):
    if disposition is None:
        words = base64.b64encode(name.encode()).decode()
        disposition = f'attachment; filename="=?UTF-8?B?{words}?="'
    return part([f"Content-Type: {kind}", b"Content-Disposition: " + raw(disposition),
                 "Content-Transfer-Encoding: base64"], encoded(data))


def multipart(parts, kind="mixed", boundary="b1", more="", end=True):
    body = b"".join(b"--" + raw(boundary) + NL + one + NL for one in parts)
    return part(f'Content-Type: multipart/{kind}; boundary="{boundary}"{more}',
                body + (b"--" + raw(boundary) + b"--" + NL if end else b""))


def mail(body, **more):
    return head(**more) + body


def passes(name, data, note, **more):
    return Sample(name, data, verdict="unchanged", note=note, **more)


def loses(name, data, kinds, note, **more):
    return Sample(name, data, removals=list(kinds), note=note, **more)


def held(name, data, reason, note):
    return Sample(name, data, verdict="blocked", reason=reason, note=note)


def ambiguous(name, data, reason, note):
    return held(f"ambiguous-{name}.eml", data, "mail.ambiguous." + reason, note)


NOTE = "添付の資料です。\r\n".encode()
EXE = b"MZ" + bytes(200)
ACTIVE_KINDS = ["html.link", "html.script", "mail.html"]
MACRO_KINDS = ["mail.attachment_renamed", "ooxml.macro_enabled", "ooxml.vba_project"]


def plain_ones():
    yield passes("plain.eml", mail(text()), "a text")
    yield passes("ascii.eml", mail(part("Content-Type: text/plain", "hello\r\n"), subject="Hello"), "ASCII")
    yield passes("no-type.eml", mail(part([], "hello\r\n")[2:], subject="Hello"), "no type given")
    yield passes("empty.eml", head("Empty") + NL, "no text at all")
    yield passes("attachment.eml", mail(multipart([text(), attached(NOTE)])), "one attachment that is clean")
    yield passes("two-texts.eml", mail(multipart([text(), text("二つ目。\r\n")])), "texts are put together")
    yield loses("same-names.eml", mail(multipart([text(), attached(NOTE), attached(b"other\r\n")])),
                ["mail.attachment_renamed"], "two attachments of one name")
    yield loses("headers.eml", "Received: from a by b; " .encode() + DATE.encode() + NL
                + b"X-Mailer: M\r\nDKIM-Signature: v=1; a=rsa-sha256\r\nAuthentication-Results: x; dkim=pass\r\n"
                + b"ARC-Seal: i=1\r\nX-Sekisho-Result: v=1; id=0; text=1; clean=9; held=0\r\n"
                + mail(text()), ["mail.header"], "everything that is not on the list goes")
    yield loses("outside.eml", mail(part('Content-Type: multipart/mixed; boundary="b1"',
                b"hidden preamble\r\n--b1\r\n" + text() + b"\r\n--b1--\r\nhidden epilogue\r\n")),
                ["mail.outside"], "preamble and epilogue")
    yield loses("held.eml", mail(multipart([text(), attached(EXE, "見積.exe"), attached(NOTE)])),
                ["mail.attachment_held"], "a program is held, its notice takes its place", demo=True)
    yield loses("held-alone.eml", mail(attached(EXE, "見積.pdf")), ["mail.attachment_held"],
                "a message that is nothing but an attachment")


def jis(value):
    return value.encode("iso2022_jp_ext")


def word(value, charset="ISO-2022-JP", codec="iso2022_jp"):
    return f"=?{charset}?B?{base64.b64encode(value.encode(codec)).decode()}?="


def charsets():
    """The texts of Japanese mail, each of which comes out as it was meant."""
    gaiji = b"\x1b$B-!|b\x1b(B \x1b(I1234\x1b(B\r\n"  # NEC row 13, an IBM kanji, half-width katakana
    yield passes("jis.eml", mail(text("本文、日本語。\r\n".encode("iso2022_jp"), "ISO-2022-JP")), "ISO-2022-JP")
    yield passes("jis-windows.eml", mail(text(gaiji, "iso-2022-jp")), "characters of Windows in it")
    yield passes("jis-shift-out.eml", mail(text(b"\x0e1234\x0f \xb1\xb2\r\n", "iso-2022-jp")),
                 "katakana by shift out and by eight bits")
    yield passes("jis-undeclared.eml", mail(part("Content-Type: text/plain", "本文。\r\n".encode("iso2022_jp"))),
                 "escape sequences that nobody declared")
    yield passes("sjis.eml", mail(text("①髙﨑 表示 ｶﾅ\r\n".encode("cp932"), "Shift_JIS")), "Shift_JIS as Windows has it")
    yield passes("euc.eml", mail(text("日本語の本文\r\n".encode("euc_jp"), "EUC-JP")), "EUC-JP")
    yield passes("sjis-as-utf8.eml", mail(text("日本語の本文です\r\n".encode("cp932"), "utf-8")), "declared as another")
    yield passes("sjis-undeclared.eml", mail(part(["Content-Type: text/plain", "Content-Transfer-Encoding: 8bit"],
                 "日本語の本文です\r\n".encode("cp932"))), "eight bits without a word")
    yield passes("latin.eml", mail(text("Größe 5 €\r\n".encode("cp1252"), "windows-1252")), "a western text")
    yield passes("korean.eml", mail(text("안녕하세요\r\n".encode("cp949"), "ks_c_5601-1987")), "a Korean text")
    yield passes("quoted.eml", mail(part(["Content-Type: text/plain; charset=utf-8",
                 "Content-Transfer-Encoding: quoted-printable"], "=E6=9C=AC=E6=96=87 a=\r\nb\r\n")), "quoted-printable")
    old = b"\x1b$@" + "日本語".encode("iso2022_jp")[3:-3] + b"\x1b(J yen\r\n"
    yield passes("jis-1978.eml", mail(text(old, "ISO-2022-JP")), "ESC $ @ and ESC ( J")
    yield passes("jis-supplement.eml", mail(text("丂侚".encode("iso2022_jp_1") + b"\r\n", "ISO-2022-JP-1")), "JIS X 0212")
    yield passes("jis-eight-bits.eml", mail(text(b"\x1b$B$\"\x1b(B \xb1\xb2\xb3\r\n", "iso-2022-jp")), "katakana by eight bits")
    yield passes("euc-windows.eml", mail(text("①㈱ｶﾅ".encode("cp932").decode("cp932").encode("euc_jisx0213", "ignore")
                 + b"\x8e\xb6\x8e\xc5\r\n", "EUC-JP")), "EUC-JP with half-width katakana")
    yield passes("euc-undeclared.eml", mail(part(["Content-Type: text/plain", "Content-Transfer-Encoding: 8bit"],
                 "日本語の本文です\r\n".encode("euc_jp"))), "EUC-JP that nobody declared")
    yield passes("utf16.eml", mail(part(["Content-Type: text/plain; charset=utf-16", "Content-Transfer-Encoding: base64"],
                 encoded("本文です。\r\n".encode("utf-16")))), "UTF-16")
    for name, value, codec in (("gbk", "正文。", "gbk"), ("big5", "正文。", "big5"), ("koi8-r", "Привет", "koi8-r"),
                               ("iso-8859-2", "Žluťoučký", "iso8859-2"), ("euc-kr", "안녕", "euc-kr")):
        yield passes(f"charset-{name}.eml", mail(text((value + "\r\n").encode(codec), name)), f"a text in {name}")
    yield loses("bidi.eml", mail(text("支払 \u202etxt.exe\u202c\r\n")), ["text.bidi"], "an order of characters that deceives")
    yield loses("control.eml", mail(text(b"a\x00b\x1b[31mc\x08\r\n")), ["text.control"], "controls in the text")
    yield loses("scheme.eml", mail(text("javascript:alert(1) file://server/a \\\\server\\share http://ok.example/\r\n")),
                ["mail.scheme"], "what would run when it is clicked is shown so that it does not")


def subjects():
    split = "入札公告".encode("iso2022_jp")
    cut = 6  # within a character
    words = [base64.b64encode(split[:cut]).decode(), base64.b64encode(split[cut:]).decode()]
    yield passes("subject-split.eml", mail(text(), subject=f"=?ISO-2022-JP?B?{words[0]}?=\r\n =?ISO-2022-JP?B?{words[1]}?="),
                 "encoded words cut within a character")
    yield passes("subject-q.eml", mail(text(), subject="=?utf-8?Q?=E5=85=A5=E6=9C=AD_2?= and =?utf-8?B?5YWs5ZGK?="), "Q and B")
    yield passes("subject-sjis.eml", mail(text(), subject="入札公告 表".encode("cp932")), "raw Shift_JIS")
    yield passes("subject-jis.eml", mail(text(), subject="入札公告".encode("iso2022_jp")), "raw ISO-2022-JP")
    yield passes("subject-utf8.eml", mail(text(), subject="入札公告 \U0001f468\u200d\U0001f469".encode()), "raw UTF-8")
    yield loses("subject-prefixed.eml", mail(multipart([text("[Sekisho] 無害化処理済み: 添付 1 件\r\n\r\n本文。\r\n"),
                attached(EXE, "a.exe")]), subject="【無害化】【添付隔離】 入札".encode()),
                ["mail.attachment_held", "mail.first_line"], "what an earlier run wrote is not stacked")

    def addressed(value):
        return mail(text()).replace(b"To: suzuki@example.jp", b"To: " + raw(value))
    yield passes("to-phrase.eml", addressed('"鈴木, 一郎" <suzuki@example.jp>, =?ISO-2022-JP?B?GyRCOzNFRBsoQg==?= <y@example.jp>'),
                 "names raw and encoded")
    yield passes("to-quoted-word.eml", addressed('"=?UTF-8?B?6Yi05pyo?=" <suzuki@example.jp>'), "an encoded word between quotation marks")
    yield passes("to-jis-raw.eml", addressed(b'"' + "鈴木".encode("iso2022_jp") + b'" <suzuki@example.jp>'), "raw ISO-2022-JP")
    yield passes("to-telephone.eml", addressed("a..b.@docomo.ne.jp"), "dots as only telephones have them")
    yield passes("to-group.eml", addressed("各課: a@example.jp, b@example.jp;, undisclosed-recipients:;"), "groups")
    yield passes("to-comment.eml", addressed("suzuki@example.jp (鈴木)"), "a name in a comment")
    yield loses("to-nonsense.eml", addressed("nobody in particular, a@example.jp"), ["mail.header_mended"], "no address")
    yield passes("list.eml", head(more=["In-Reply-To: <a@b>", "References: <a@b> <c@d>", 'List-Id: "a list" <l.example.jp>',
                 "List-Unsubscribe: <https://example.jp/u>, <mailto:u@example.jp>", "Auto-Submitted: auto-generated"]) + text(),
                 "the fields of lists")
    yield loses("subject-bidi.eml", mail(text(), subject="支払 \u202egpj".encode()), ["text.bidi"], "an order that deceives")
    yield loses("date-broken.eml", mail(text()).replace(DATE.encode(), b"yesterday"), ["mail.header_mended"], "a date that is none")


def names():
    def named(disposition, kind="application/octet-stream"):
        return mail(multipart([text(), attached(NOTE, kind=kind, disposition=disposition)]))
    yield passes("name-jis-word.eml", named('attachment; filename="' + word("議事録.txt") + '"'), "an encoded word between quotation marks")
    yield passes("name-jis-raw.eml", named(b'attachment; filename="' + "表示録.txt".encode("iso2022_jp") + b'"'), "raw ISO-2022-JP")
    yield passes("name-sjis-raw.eml", named(b'attachment; filename="' + "表.txt".encode("cp932") + b'"'),
                 "raw Shift_JIS with a backslash in a character")
    yield passes("name-2231.eml", named("attachment; filename*=iso-2022-jp'ja'%1B%24B5D%3BvO%3F%1B%28B.txt"), "RFC 2231 in ISO-2022-JP")
    yield passes("name-2231-sections.eml", named("attachment; filename*0*=utf-8''%E8%AD%B0%E4%BA;\r\n filename*1*=%8B%E9%8C%B2;"
                 "\r\n filename*2=.txt"), "sections cut within a character")
    yield passes("name-in-type.eml", named("attachment", "text/plain; name=" + '"a.txt"'), "a name in the type alone")
    yield passes("name-2231-in-type.eml", named("attachment", "text/plain; name*=utf-8''%E8%AD%B0.txt"), "name* in the type")
    yield passes("name-2231-split-sjis.eml", named("attachment; filename*0*=shift_jis'ja'%95;\r\n filename*1*=%5C.txt"),
                 "Shift_JIS cut within a character")
    yield passes("name-jis-split.eml", named('attachment; filename="=?ISO-2022-JP?B?GyRCNUQ=?=\r\n =?ISO-2022-JP?B?O3Y=?= =?ISO-2022-JP?B?GyhC?=.txt"'),
                 "ISO-2022-JP cut between its escapes")
    yield passes("name-unquoted.eml", named("attachment; filename=meeting notes.txt"), "blanks without quotation marks")
    yield loses("name-path.eml", named('attachment; filename="..\\\\..\\\\a/b.txt"'), ["mail.attachment_renamed"], "folders in the name")
    yield loses("name-bidi.eml", named("attachment; filename*=utf-8''a%E2%80%AEfdp.txt"), ["mail.attachment_renamed"],
                "a name that deceives")
    yield passes("name-emoji.eml", named("attachment; filename*=utf-8''%F0%9F%93%84.txt"), "a picture in a name")
    yield loses("name-two.eml", named('attachment; filename="a.txt"', 'application/octet-stream; name="a.exe"'),
                ["mail.attachment_held", "mail.name_conflict"], "one of its names is a program's")
    yield loses("name-two-forms.eml", named("attachment; filename=a.txt; filename*=utf-8''a.scr"),
                ["mail.attachment_held", "mail.name_conflict"], "another one in the other form")
    yield loses("name-device.eml", named("attachment; filename=con.txt"), ["mail.attachment_renamed"], "a device")
    yield loses("name-long.eml", named('attachment; filename="' + "a" * 300 + '.txt"'), ["mail.attachment_renamed"], "a long name")


def structures():
    html = part(["Content-Type: text/html; charset=utf-8", "Content-Transfer-Encoding: 8bit"],
                "<p>本文の<b>HTML</b>です。</p>\r\n")
    picture = sibling("png", "plain.png")
    yield loses("alternative.eml", mail(multipart([text(), html], "alternative")), ["mail.alternative"],
                "two forms of a text come down to the plain one")
    yield loses("alternative-empty.eml", mail(multipart([text("\r\n"), html], "alternative")),
                ["mail.alternative", "mail.html"], "an empty plain form says nothing: the HTML is read")
    yield loses("html.eml", mail(html), ["mail.html"], "HTML alone becomes text")
    active = html.replace(b"</p>", b'<script>alert(1)</script> <a href="javascript:x">y</a></p>')
    yield loses("html-active.eml", mail(active), ACTIVE_KINDS, "HTML with a script")
    related = multipart([html.replace(b"</p>", b'<img src="cid:p1"></p>'),
                         part(["Content-Type: image/png", "Content-ID: <p1>",
                               "Content-Transfer-Encoding: base64"], encoded(picture))], "related", "b2")
    yield loses("related.eml", mail(related), ["mail.html"],
                "a picture within HTML becomes an attachment")
    # Two pictures that are shown (one of them twice, one by percent signs), one that is not, one that is held.
    shown = html.replace(b"</p>", b'<img src="cid:p1" alt="one"><img src="cid:p%31"><img src="CID:q@x" alt="two">'
                         b'<img src="cid:gone" alt="gone"><img src="cid:bad" alt="bad"></p>')

    def image(name, data):
        return part(["Content-Type: image/png", f"Content-ID: <{name}>", "Content-Transfer-Encoding: base64"], encoded(data))
    parts = [shown, image("p1", picture), image("q@x", sibling("png", "palette.png")), image("bad", EXE)]
    yield loses("related-many.eml", mail(multipart([multipart(parts, "related", "b2"), attached(NOTE)])),
                ["mail.html", "mail.attachment_held"], "several pictures, and a file beside them")
    yield loses("alternative-mixed.eml", mail(multipart([text(), multipart(
        [html, attached(NOTE)], "mixed", "b2")], "alternative")), ["mail.alternative"],
        "an attachment among the forms of a text is not lost")
    inner = head("Inner") + text("転送された本文。\r\n")
    forward = part(["Content-Type: message/rfc822"], inner)
    yield passes("forward.eml", mail(multipart([text(), forward])), "a message within a message")
    yield passes("forward-encoded.eml", mail(multipart([text(), part(
        ["Content-Type: message/rfc822", "Content-Transfer-Encoding: base64"], encoded(inner))])),
        "encoded, as some mailers do")
    bad = part("Content-Type: message/rfc822", head("Inner") + multipart([text(), attached(EXE, "a.exe")], boundary="b9"))
    yield loses("forward-held.eml", mail(multipart([text(), bad])), ["mail.attachment_held"],
                "an attachment of a message within is held")
    yield passes("digest.eml", mail(multipart([part([], inner)[2:], part([], inner)[2:]], "digest")),
                 "a digest: its parts are messages")
    report = [text("届きませんでした。\r\n"),
              part("Content-Type: message/delivery-status",
                   "Reporting-MTA: dns; mx.example.jp\r\n\r\nFinal-Recipient: rfc822; b@example.jp\r\nAction: failed\r\n"),
              part("Content-Type: text/rfc822-headers", head("Inner"))]
    yield passes("report.eml", mail(multipart(report, "report", more="; report-type=delivery-status")),
                 "a delivery report stays readable")
    signature = part('Content-Type: application/pkcs7-signature; name="smime.p7s"\r\nContent-Transfer-Encoding: base64',
                     encoded(b"\x30\x82" + bytes(100)))
    yield loses("signed.eml", mail(multipart([text(), signature], "signed",
                more='; protocol="application/pkcs7-signature"; micalg=sha-256')),
                ["mail.signature"], "the signature of a message that is written anew means nothing")
    double = multipart([part(["Content-Type: application/applefile; name=a", "Content-Transfer-Encoding: base64"],
                             encoded(bytes([0, 5, 22, 7]) + bytes(60))), attached(NOTE)], "appledouble", "b2")
    yield loses("appledouble.eml", mail(multipart([text(), double])), ["mail.resource_fork"],
                "the data fork stays, the resource fork goes")
    flowed = part(["Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes",
                   "Content-Transfer-Encoding: 8bit"], "一行目 \r\nの続き。\r\n> 引用\r\n".encode())
    yield passes("flowed.eml", mail(flowed), "lines that go on are put together")
    ics = ("BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:会議\\, 第一回\r\nDTSTART;TZID=Asia/Tokyo:"
           "20261201T100000\r\nLOCATION:第一会議室\r\nORGANIZER:mailto:a@example.jp\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
    calendar = part(["Content-Type: text/calendar; charset=utf-8; method=REQUEST", "Content-Transfer-Encoding: base64"],
                    encoded(ics.encode()))
    yield loses("calendar.eml", mail(multipart([text(), calendar], "alternative")), ["mail.calendar"],
                "an invitation is written out")
    yield loses("empty-attachment.eml", mail(multipart([text(), attached(b"", "empty.lnk")])),
                ["mail.attachment_held"], "nothing in it, but a name that Windows acts on")
    yield passes("empty-file.eml", mail(multipart([text(), attached(b"", "空.dat")])), "an empty file")
    yield passes("drawing.eml", mail(multipart([text(), attached(sibling("emf", "plain.emf"), "図.emf", "image/x-emf"),
                                                attached(sibling("wmf", "plain.wmf"), "図.wmf")])), "drawings")
    yield loses("password.eml", mail(multipart([text(), attached(sibling("zip", "aes.zip"), "見積.zip", "application/zip")])),
                ["mail.attachment_held"], "an archive that waits for its password")
    yield loses("macro.eml", mail(multipart([text(), attached(sibling("docx", "入札説明書.docm"), "入札.docm")])),
                MACRO_KINDS, "an attachment comes out under the name of what it is now", demo=True)
    yield loses("lf.eml", mail(multipart([text(), attached(NOTE)])).replace(b"\r\n", b"\n") + b"trailing\n",
                ["mail.outside"], "lines in LF, as a file")
    yield passes("mbox-line.eml", b"From a@example.jp Sat Nov 21 12:00:00 2026\r\n" + mail(text()),
                 "the line of a mail box in front")


def enclosed(entity, name="smime.p7m"):
    """What S/MIME encloses in its signature."""
    return part([f'Content-Type: application/pkcs7-mime; smime-type=signed-data; name="{name}"',
                 "Content-Transfer-Encoding: base64"], encoded(signed_data(entity)))


CLEAR = ("-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA512\r\n\r\n本文です。\r\n- - 箇条書き\r\n"
         "-----BEGIN PGP SIGNATURE-----\r\n\r\niHUEAQ==\r\n=AAAA\r\n-----END PGP SIGNATURE-----\r\n")


def signed():
    """Signatures go; what they were over stays."""
    gone = ["mail.signature"]
    yield loses("enclosed.eml", mail(enclosed(text())), gone, "S/MIME that encloses its content")
    yield loses("enclosed-lf.eml", mail(enclosed(text())).replace(b"\r\n", b"\n"), gone, "the same in LF")
    yield loses("enclosed-exe.eml", mail(enclosed(multipart([text(), attached(EXE, "a.exe")]))),
                [*gone, "mail.attachment_held"], "a program within", demo=True)
    yield loses("enclosed-twice.eml", mail(enclosed(enclosed(text()))), ["mail.signature"] * 2, "twice")
    yield loses("enclosed-part.eml", mail(multipart([text(), enclosed(text("署名された文。\r\n"))])),
                [*gone, "mail.attachment_renamed"], "below other parts it is a message of its own")
    yield loses("enclosed-nothing.eml", mail(enclosed(b"")), ["mail.attachment_held"], "certificates alone are held")
    yield loses("clear.eml", mail(text(CLEAR)), gone, "a text signed where it stands")
    yield loses("clear-around.eml", mail(text("前文。\r\n" + CLEAR + "後文。\r\n")), gone, "with text around it")
    yield passes("clear-no-end.eml", mail(text(CLEAR[:-40])), "without its end it is a text")


def refused():
    yield held("encrypted-smime.eml", mail(part(
        ["Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m",
         "Content-Transfer-Encoding: base64"], encoded(b"0" * 60))), "mail.encrypted", "S/MIME, encrypted")
    cms = bytes([0x30, 0x80, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x03]) + bytes(40)
    yield held("encrypted-oid.eml", mail(part(
        ["Content-Type: application/x-pkcs7-mime", "Content-Transfer-Encoding: base64"], encoded(cms))),
        "mail.encrypted", "the same, seen by its content alone")
    pgp = [part("Content-Type: application/pgp-encrypted", "Version: 1\r\n"),
           part("Content-Type: application/octet-stream", "-----BEGIN PGP MESSAGE-----\r\n")]
    yield held("encrypted-pgp.eml", mail(multipart(pgp, "encrypted", more='; protocol="application/pgp-encrypted"')),
               "mail.encrypted", "PGP/MIME, encrypted")
    yield held("encrypted-inline.eml", mail(text("-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n")),
               "mail.encrypted", "PGP in the text")
    yield held("encrypted-inline-later.eml", mail(text("ご確認ください。\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n")),
               "mail.encrypted", "the same, further down")
    yield held("encrypted-enclosed.eml", mail(enclosed(part(["Content-Type: application/pkcs7-mime; smime-type=enveloped-data",
               "Content-Transfer-Encoding: base64"], encoded(cms)))), "mail.encrypted", "signed around what is encrypted")
    wrapped = text()
    for _ in range(12):
        wrapped = enclosed(wrapped)
    yield held("enclosed-deep.eml", mail(wrapped), "limit.depth", "enclosed in itself, twelve times")
    yield held("enclosed-ambiguous.eml", mail(enclosed(multipart([text()], end=False))), "mail.ambiguous.terminator",
               "what is enclosed is read as strictly")
    yield held("partial.eml", mail(part('Content-Type: message/partial; id="x@y"; number=1; total=2', head("Inner"))),
               "mail.partial", "a fragment")
    yield held("external-body.eml", mail(multipart([text(), part(
        'Content-Type: message/external-body; access-type=URL; URL="http://e.example/a"',
        "Content-Type: text/plain\r\n\r\n")])), "mail.external_body", "a part that is elsewhere")


def ambiguities():
    two = multipart([text(), attached(EXE, "a.exe")])
    body = b"--b1\r\n" + text() + b"\r\n--b1--\r\n"

    def typed(value, rest=body):
        return mail(part(b"Content-Type: " + raw(value), rest))
    yield ambiguous("type-twice", head(more=["Content-Type: text/plain"]) + two, "duplicate_field",
                    "two content types: a text for one reader, parts for another")
    yield ambiguous("encoding-twice", mail(part(["Content-Type: text/plain", "Content-Transfer-Encoding: 7bit",
                    "Content-Transfer-Encoding: base64"], encoded(b"hello"))), "duplicate_field", "two encodings")
    yield ambiguous("boundary-twice", typed("multipart/mixed; boundary=b1; boundary=b2"), "boundary_duplicate",
                    "two boundaries")
    yield ambiguous("boundary-split", typed("multipart/mixed; boundary*0=b; boundary*1=1"), "boundary_split",
                    "a boundary in sections (RFC 2231)")
    yield ambiguous("boundary-encoded", typed("multipart/mixed; boundary*=us-ascii''%62%31"), "boundary_split",
                    "a boundary in percent signs")
    yield ambiguous("boundary-both", typed("multipart/mixed; boundary=b0; boundary*0=b1"), "boundary_duplicate",
                    "a plain boundary and a split one")
    yield ambiguous("boundary-missing", typed("multipart/mixed"), "boundary", "no boundary")
    yield ambiguous("boundary-empty", typed('multipart/mixed; boundary=""'), "boundary", "an empty one")
    yield ambiguous("boundary-long", typed(f'multipart/mixed; boundary="{"b" * 71}"'), "boundary", "a long one")
    yield ambiguous("boundary-blank", typed('multipart/mixed; boundary="b1 "'), "boundary", "a blank at its end")
    yield ambiguous("boundary-escaped", typed('multipart/mixed; boundary="b\\1"'), "boundary", "a backslash in it")
    yield ambiguous("boundary-plain-blank", typed("multipart/mixed; boundary=b1 b2"), "parameter",
                    "two words without quotation marks")
    yield ambiguous("boundary-unclosed", typed('multipart/mixed; boundary="b1'), "parameter",
                    "a quotation mark that is not closed")
    yield ambiguous("boundary-prefix", typed("multipart/mixed; boundary=b1",
                    b"--b1\r\n" + text("--b1234\r\n") + b"\r\n--b1--\r\n"), "boundary_prefix",
                    "a line that begins with the boundary")
    inner = multipart([text()], boundary="b1x")
    yield ambiguous("boundary-of-other", mail(multipart([inner])), "boundary_prefix",
                    "a boundary that begins another one")
    yield ambiguous("boundary-reused", mail(multipart([multipart([text()], boundary="b1")])), "boundary_reused",
                    "the same boundary inside")
    yield ambiguous("no-end", mail(multipart([text(), attached(EXE)], end=False)), "terminator", "no end")
    yield ambiguous("inner-no-end", mail(multipart([multipart([text()], boundary="c2", end=False)])), "terminator",
                    "no end within")
    yield ambiguous("after-end", mail(part('Content-Type: multipart/mixed; boundary="b1"',
                    body + b"--b1\r\n" + attached(EXE) + b"\r\n--b1--\r\n")), "after_end", "parts behind the end")
    yield ambiguous("no-parts", typed("multipart/mixed; boundary=b1", "nothing\r\n"), "terminator", "no part at all")
    yield ambiguous("end-only", typed("multipart/mixed; boundary=b1", "--b1--\r\n"), "multipart_empty",
                    "an end and no part")
    yield ambiguous("encoding-unknown", mail(part(["Content-Type: text/plain",
                    "Content-Transfer-Encoding: x-base64"], encoded(b"hello"))), "transfer_encoding", "an unknown encoding")
    yield ambiguous("encoding-near", mail(part(["Content-Type: text/plain",
                    "Content-Transfer-Encoding: base 64"], encoded(b"hello"))), "transfer_encoding", "a blank in it")
    yield ambiguous("encoding-multipart", mail(part(['Content-Type: multipart/mixed; boundary="b1"',
                    "Content-Transfer-Encoding: base64"], body)), "transfer_encoding", "an encoded multipart")
    yield ambiguous("encoding-empty", mail(part(["Content-Type: text/plain", "Content-Transfer-Encoding:"], "a\r\n")),
                    "transfer_encoding", "no encoding in the field")

    def coded(data):
        return mail(part(["Content-Type: text/plain", "Content-Transfer-Encoding: base64"], data))
    yield ambiguous("base64-foreign", coded("aGVs*bG8=\r\n"), "encoded_content", "a character that is not base64")
    yield ambiguous("base64-joined", coded("aGVsbG8=aGVsbG8=\r\n"), "encoded_content", "data behind the padding")
    yield ambiguous("base64-cut", coded("aGVsbG8\r\n"), "encoded_content", "no padding")
    yield ambiguous("quoted-damaged", mail(part(["Content-Type: text/plain",
                    "Content-Transfer-Encoding: quoted-printable"], "a=ZZb\r\n")), "encoded_content", "=ZZ")
    yield ambiguous("comment", typed("multipart/mixed (text/plain); boundary=b1"), "comment", "a comment in the type")
    yield ambiguous("comment-encoding", mail(part(["Content-Type: text/plain",
                    "Content-Transfer-Encoding: (8bit) base64"], encoded(b"hello"))), "comment", "and in the encoding")
    yield ambiguous("type-empty", typed(""), "header_empty", "an empty content type")
    yield ambiguous("type-folded", mail(b"Content-Type:\r\n \r\n text/html\r\n\r\n<p>\r\n"), "header_empty",
                    "a type folded into emptiness")
    yield ambiguous("type-word", typed("text"), "content_type", "a type without a subtype")
    yield ambiguous("type-blank", typed("text/plain multipart/mixed; boundary=b1"), "content_type", "two types")
    yield ambiguous("line-no-field", head(more=["this is no field"]) + text(), "header_line", "a line that is no field")
    yield ambiguous("blank-before-colon", mail(b"Content-Type : text/html\r\n\r\n<p>\r\n"), "header_line",
                    "a blank in front of the colon")
    yield ambiguous("no-empty-line", typed("multipart/mixed; boundary=b1",
                    b"--b1\r\nContent-Type: text/plain\r\n--b1--\r\n"), "header_line", "a part without an empty line")
    yield ambiguous("blank-line-fold", head(more=["X-Long: a", " \t", " b"]) + text(), "header_empty",
                    "a line of blanks in the header")
    yield ambiguous("long-line", mail(part("Content-Type: text/plain; x=" + "a" * 1000, "a\r\n")), "header_long",
                    "a line of a structural field that is too long")
    yield ambiguous("long-other", head(more=["X-Long: " + "a" * 40000]) + text(), "header_long", "any line that is far too long")
    yield ambiguous("nul", head(more=[b"X-Nul: a\x00b"]) + text(), "header_nul", "a NUL in the header")
    yield ambiguous("bare-cr-header", head(more=[b"X-Cr: a\rContent-Type: text/html"]) + text(), "line_ends",
                    "a bare CR in the header")
    yield ambiguous("bare-lf-header", head(more=[b"X-Lf: a\nX-B: b"]) + text(), "line_ends", "a bare LF in the header")
    yield ambiguous("bare-lf-boundary", typed("multipart/mixed; boundary=b1",
                    b"--b1\r\n" + text() + b"\n--b1\r\n" + text() + b"\r\n--b1--\r\n"), "line_ends",
                    "a boundary behind a bare LF")
    yield ambiguous("bare-cr-boundary", typed("multipart/mixed; boundary=b1",
                    b"--b1\r\n" + text("a\r--b1\r\n") + b"\r\n--b1--\r\n"), "line_ends", "a boundary behind a bare CR")
    deep = text()
    for level in range(30):
        deep = multipart([deep], boundary=f"level{level}x")
    yield ambiguous("nesting", mail(deep), "nesting", "thirty multiparts in each other")
    yield ambiguous("from-twice", b"From: boss@example.lg.jp\r\n" + mail(text()), "duplicate_identity", "two senders")
    yield ambiguous("subject-twice", b"Subject: other\r\n" + mail(text()), "duplicate_identity", "two subjects")


def in_text(before, block, after="以上です。\r\n"):
    return mail(part(["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64"],
                     encoded(before.encode() + block + after.encode())))


def outlook(files, text="", html=b"", body=True):
    file = attached(tnef(files, text, html), "winmail.dat", "application/ms-tnef")
    return mail(multipart([globals()["text"](), file]) if body else file)


def old_forms():
    """Files encoded in texts, and Outlook's own form."""
    taken = ["mail.encoded_file"]
    macro = sibling("docx", "commands.docm")
    inside = ["ooxml.vba_project", "ooxml.macro_enabled", "ooxml.custom_commands", "ooxml.web_extension",
              "mail.attachment_renamed"]
    yield loses("uuencode.eml", in_text("前文\r\n", uuencode("資料.txt".encode(), NOTE)), taken, "a uuencoded file")
    yield loses("uuencode-macro.eml", in_text("", uuencode(b"a.docm", macro)), taken + inside,
                "what is encoded is sanitized like any attachment")
    yield loses("uuencode-exe.eml", in_text("", uuencode(b"a.exe", EXE)), taken + ["mail.attachment_held"], "a program")
    yield loses("uuencode-cut.eml", in_text("", uuencode(b"a.txt", NOTE, end=False)), taken + ["mail.attachment_held"],
                "without its end it is held")
    yield loses("begin-base64.eml", in_text("", base64_file(b"a.txt", NOTE)), taken, "uuencode's other alphabet")
    yield loses("yenc.eml", in_text("", yenc("資料.txt".encode(), NOTE)), taken, "a yEnc file")
    yield loses("yenc-damaged.eml", in_text("", yenc(b"a.txt", NOTE, crc=1)), taken + ["mail.attachment_held"],
                "a wrong checksum")
    yield loses("binhex.eml", in_text("", binhex(b"a.txt", NOTE)), taken, "a BinHex file")
    yield loses("begin-marker.eml", in_text("", b"begin  1 dubious.exe\r\n"), ["mail.encoded_marker"],
                "a line that Outlook takes for a file")
    yield loses("tnef.eml", outlook([tnef_file("資料.txt", NOTE), tnef_file("a.docm", macro)]),
                ["mail.tnef", *inside], "winmail.dat with two files")
    yield loses("tnef-alone.eml", outlook([], text="本文はここだけ。", body=False), ["mail.tnef"], "a body that is only in it")
    yield loses("tnef-html.eml", outlook([], html=b"<p>only<script>x</script></p>", body=False),
                ["mail.tnef", "html.script"], "a body in HTML")
    yield loses("tnef-nested.eml", outlook([tnef_file("内側", tnef([tnef_file("a.exe", EXE)], "内側の本文"), method=5)]),
                ["mail.tnef", "mail.attachment_held"], "a message within, with a program")
    yield loses("tnef-reference.eml", outlook([tnef_file("\\\\host\\share\\a.exe", b"", method=2)]),
                ["mail.tnef", "mail.reference"], "an attachment that is only a place")
    yield loses("tnef-cut.eml", mail(multipart([text(), attached(tnef([tnef_file("a.txt", NOTE)])[:-3], "winmail.dat")])),
                ["mail.tnef", "mail.attachment_held"], "cut off: held as it is")


def samples():
    yield from plain_ones()
    yield from charsets()
    yield from subjects()
    yield from names()
    yield from structures()
    yield from signed()
    yield from refused()
    yield from ambiguities()
    yield from old_forms()
