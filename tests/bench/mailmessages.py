"""The messages of the bench of mail, as they go over the wire."""
import base64
import random
import re
import struct
import zlib

import documents

MARKER = "@@NUMBER@@"
HEADER = ["From: Someone <someone@example.com>", "To: user@city.example.jp",
          "Date: Sat, 21 Nov 2026 10:00:00 +0900", f"Message-ID: <{MARKER}@example.com>",
          "MIME-Version: 1.0"]
OFFICE = "application/vnd.openxmlformats-officedocument."
TYPES = {"docx": OFFICE + "wordprocessingml.document",
         "xlsx": OFFICE + "spreadsheetml.sheet",
         "pptx": OFFICE + "presentationml.presentation",
         "pdf": "application/pdf", "jpg": "image/jpeg", "png": "image/png"}


def wire(data):
    """CRLF, dots doubled, the last line ended."""
    data = re.sub(rb"\r\n|\r|\n", b"\r\n", data.replace(b"\0", b""))
    if not data.endswith(b"\r\n"):
        data += b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", data)


def subject(text):
    coded = base64.b64encode(text.encode("iso-2022-jp")).decode()
    return f"Subject: =?ISO-2022-JP?B?{coded}?="


def lines(size, seed=1):
    """Japanese business prose of about so many bytes as ISO-2022-JP."""
    source = random.Random(seed)
    out, used = [], 0
    while used < size:
        words = [source.choice(documents.WORDS) for _ in range(8)]
        line = f"{len(out)} " + " ".join(words) + "について、ご確認ください。"
        out.append(line)
        used += len(line.encode("iso-2022-jp")) + 2
    return out


def text(size):
    head = HEADER + [subject("会議のお知らせ"), "Content-Type: text/plain; "
                     "charset=ISO-2022-JP", "Content-Transfer-Encoding: 7bit", "", ""]
    first = "\r\n".join(head) + f"No. {MARKER}, see https://www.example.jp/\r\n"
    body = "\r\n".join(lines(size - len(first)))
    return wire(first.encode() + body.encode("iso-2022-jp"))


def attached(files):
    """A short text and attachments: {name: data}."""
    body = "\r\n".join(lines(1000)).encode("iso-2022-jp").decode("ascii")
    parts = HEADER + [subject("資料送付"), 'Content-Type: multipart/mixed; boundary="next"',
                      "", "--next", "Content-Type: text/plain; charset=ISO-2022-JP",
                      "Content-Transfer-Encoding: 7bit", "", f"No. {MARKER}", body]
    for name, data in files.items():
        kind = TYPES[name.rsplit(".", 1)[1].lower()]
        parts += ["--next", f"Content-Type: {kind}; name={name}",
                  "Content-Transfer-Encoding: base64",
                  f"Content-Disposition: attachment; filename={name}", "",
                  base64.encodebytes(data).decode()]
    return wire("\r\n".join(parts + ["--next--", ""]).encode())


def photograph(size):
    """A PNG of about so many bytes: noise, as of a camera."""
    side = int((size / 3) ** 0.5)
    source = random.Random(3)

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = b"".join(b"\0" + source.randbytes(3 * side) for _ in range(side))
    return (b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b""))


def large():
    """5 MB over the wire: a document and photographs."""
    return attached({"report.docx": documents.docx(200_000),
                     **{f"photo{number}.png": photograph(870_000)
                        for number in range(4)}})


def spread(paths, count):
    return paths[::max(1, len(paths) // count)][:count]


def real(corpus, extensions, low, high, count):
    found = [path for path in sorted(corpus.rglob("*")) if path.is_file()
             and path.suffix[1:].lower() in extensions
             and low <= path.stat().st_size <= high]
    return spread(found, count)


def mix(corpus, samples):
    """Of ten: four mails (the corpus's when it is there), four documents of an
    office, a PDF and a picture. Without the corpus, made ones of the same kinds."""
    top = corpus if corpus.is_dir() else samples
    pdfs = real(top, {"pdf"}, 500, 1_000_000, 3)
    pictures = real(top, {"jpg", "png"}, 500, 1_000_000, 3)
    if corpus.is_dir():
        mails = [wire(path.read_bytes()) for path in real(
            corpus, {"eml"}, 500, 100_000, 12)]
        office = [attached({f"{number}{path.suffix}": path.read_bytes()})
                  for number, path in enumerate(real(
                      corpus, {"docx", "xlsx", "pptx"}, 8_000, 300_000, 12))]
    else:
        mails = [text(size) for size in (2000, 4000, 8000, 16000) * 3]
        office = [attached({f"made.{kind}": make(size)}) for size in (20_000, 60_000, 150_000)
                  for kind, make in (("docx", documents.docx), ("xlsx", documents.xlsx))] * 2
    others = [attached({f"file{path.suffix.lower()}": path.read_bytes()})
              for path in pdfs + pictures]
    groups = [mails, office, mails, office, others]
    taken = [0] * len(groups)
    out = []
    for turn in range(30):
        which = turn % len(groups)
        group = groups[which]
        if group:
            shift = len(group) // 2 if which in (2, 3) else 0
            out.append(group[(taken[which] + shift) % len(group)])
            taken[which] += 1
    return out


def sets(corpus, samples, wanted):
    """{name: [message, ...]}"""
    make = {"4 KB": lambda: [text(4096)], "200 KB": lambda: [text(200 * 1024)],
            "5 MB": lambda: [large()],
            "mix": lambda: mix(corpus, samples)}
    return {name: make[name]() for name in wanted}
