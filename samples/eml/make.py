"""Mail: what is kept, what goes, and what is held because readers disagree."""
import base64

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


def samples():
    yield from plain_ones()
