"""Files as mails carried them before MIME, and as Outlook still does."""
import base64
import binascii
import struct
import zlib

BINHEX = "!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"


def uuencode(name, data, end=True):
    lines = [binascii.b2a_uu(data[i:i + 45], backtick=True).rstrip(b"\n") for i in range(0, len(data), 45)]
    return b"\r\n".join([b"begin 644 " + name, *lines] + ([b"`", b"end", b""] if end else [b""]))


def base64_file(name, data):
    return b"begin-base64 644 " + name + b"\r\n" + base64.encodebytes(data).replace(b"\n", b"\r\n") + b"====\r\n"


def yenc(name, data, crc=None):
    body = bytearray()
    for byte in data:
        value = (byte + 42) & 255
        body += bytes([61, (value + 64) & 255]) if value in (0, 9, 10, 13, 61) else bytes([value])
    lines = []
    while body:  # an escape is not cut
        size = 129 if len(body) > 128 and body[127] == 61 else 128
        lines.append(bytes(body[:size]))
        del body[:size]
    crc = zlib.crc32(data) if crc is None else crc
    return b"\r\n".join([b"=ybegin line=128 size=%d name=%s" % (len(data), name), *lines,
                         b"=yend size=%d crc32=%08x" % (len(data), crc), b""])


def binhex(name, data):
    head = bytes([len(name)]) + name + b"\0TEXTttxt\0\0" + struct.pack(">II", len(data), 0)
    packed = b"".join(piece + struct.pack(">H", binascii.crc_hqx(piece, 0)) for piece in (head, data, b""))
    bits = "".join(f"{byte:08b}" for byte in packed.replace(b"\x90", b"\x90\0"))
    bits += "0" * (-len(bits) % 6)
    text = ":" + "".join(BINHEX[int(bits[i:i + 6], 2)] for i in range(0, len(bits), 6)) + ":"
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    return "\r\n".join(["(This file must be converted with BinHex 4.0)", "", *lines, ""]).encode()


def der(tag, *contents):
    body = b"".join(contents)
    size = len(body)
    length = bytes([size]) if size < 128 else b"\x84" + struct.pack(">I", size)
    return bytes([tag]) + length + body


def signed_data(content):
    """CMS that encloses its content (RFC 5652), with nobody's signature."""
    data = der(6, bytes([0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 1]))
    kind = der(6, bytes([0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 2]))
    inner = der(0x30, data, der(0xA0, der(4, content)) if content else b"")
    return der(0x30, kind, der(0xA0, der(0x30, der(2, b"\1"), der(0x31), inner, der(0x31))))


def attribute(level, number, value):
    return struct.pack("<BII", level, number, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)


def prop(kind, number, value):
    if isinstance(value, int):
        return struct.pack("<HHI", kind, number, value)
    return struct.pack("<HHII", kind, number, 1, len(value)) + value + bytes(-len(value) % 4)


def properties(items):
    return struct.pack("<I", len(items)) + b"".join(items)


def wide(text):
    return (text + "\0").encode("utf-16-le")


def tnef_file(name, data, method=1):
    """An attachment by its properties, with its name in UTF-16."""
    items = [prop(0x1F, 0x3707, wide(name)), prop(3, 0x3705, method)]
    if method == 5:
        items.append(prop(0x0D, 0x3701, bytes(16) + data))
    plain = b"" if method == 5 else attribute(2, 0x0006800F, data)
    return attribute(2, 0x00069002, bytes(14)) + plain + attribute(2, 0x00069005, properties(items))


def tnef(files, text="", html=b""):
    items = ([prop(0x1F, 0x1000, wide(text))] if text else []) + ([prop(0x102, 0x1013, html)] if html else [])
    return (struct.pack("<IH", 0x223E9F78, 1) + attribute(1, 0x00069007, struct.pack("<II", 932, 0))
            + attribute(1, 0x00078008, b"IPM.Microsoft Mail.Note\0") + attribute(1, 0x00069003, properties(items))
            + b"".join(files))
