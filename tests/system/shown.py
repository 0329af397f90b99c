"""Files of which people see a preview, with what senders would like to have
taken for more than text in every place that they choose."""
import sys

import gateway

sys.path.insert(0, str(gateway.ROOT / "samples"))
import ooxmlmaker  # noqa: E402

ATTACK = "</pre><script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)>"
PAGES = 12


def pdf(pages):
    """So many pages with their numbers, in a font that is not in the file."""
    objects = ["<</Type/Catalog/Pages 2 0 R>>",
               "<</Type/Pages/Count %d/Kids[%s]>>" % (
                   pages, " ".join(f"{4 + 2 * i} 0 R" for i in range(pages))),
               "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    for i in range(pages):
        text = f"BT /F 40 Tf 90 700 Td (Page {i + 1} of {pages}) Tj ET"
        objects.append("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font"
                       f"<</F 3 0 R>>>>/Contents {5 + 2 * i} 0 R>>")
        objects.append(f"<</Length {len(text)}>>\nstream\n{text}\nendstream")
    out, places = b"%PDF-1.7\n", []
    for number, text in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{text}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    return out + (f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n"
                  f"<</Root 1 0 R/Size {len(objects) + 1}>>\nstartxref\n{len(out)}\n%%EOF\n"
                  ).encode()


def macro(source, detail="calc.exe"):
    """A document with a macro and a field that goes."""
    package = ooxmlmaker.docx(
        ooxmlmaker.paragraph("お見積り") + "<w:p>" +
        ooxmlmaker.field(f' DDEAUTO c:\\\\cmd.exe "{detail}" ') + "</w:p>",
        content_type="application/vnd.ms-word.document.macroEnabled.main+xml")
    package.part("rIdV", ooxmlmaker.VBA[0], "word/vbaProject.bin", ooxmlmaker.VBA[1],
                 ooxmlmaker.vba_project(source))
    return package.data()


def mail(subject, sender):
    return (f'From: "{sender}" <a@example.com>\r\nTo: b@example.jp\r\nSubject: {subject}\r\n'
            "Date: Sat, 21 Nov 2026 10:00:00 +0900\r\nMessage-ID: <1@example.com>\r\n"
            "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
            "body\r\n").encode()


SOURCE = f'Attribute VB_Name = "ThisDocument"\r\nSub AutoOpen()\r\n\' {ATTACK}\r\nEnd Sub\r\n'
SUBJECT = "<script>alert(4)</script><img src=x onerror=alert(5)>"
SENDER = "<svg onload=alert(6)>"
DETAIL = "<img src=x onerror=alert(7)>"
PDF, MAIL, EICAR = "図面一式.pdf", "お知らせ.eml", "eicar.com.txt"
MACRO = '"><img src=x onerror=alert(8)>.docm'
VIRUS = (rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*")
FILES = {PDF: pdf(PAGES), MACRO: macro(SOURCE, DETAIL), MAIL: mail(SUBJECT, SENDER),
         EICAR: VIRUS}
FACTS = {"pages": PDF, "pageCount": 10, "macro": MACRO, "source": ATTACK, "detail": DETAIL,
         "mail": MAIL, "subject": SUBJECT, "sender": SENDER, "infected": EICAR}
