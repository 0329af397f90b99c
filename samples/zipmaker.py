"""Writes ZIP files byte by byte, also those that no library would write.

    zip_file([Entry(b"a.txt", b"text"), ...], comment=b"")

Each field that an entry's headers repeat can be made to lie. The same call
always gives the same bytes: salts are derived from names and contents.
"""
import hashlib
import hmac
import struct
import zlib
from dataclasses import dataclass

import aesmaker

FLAG_ENCRYPTED = 0x0001
FLAG_DESCRIPTOR = 0x0008
FLAG_UTF8 = 0x0800
UNIX = 3
DATE = 0x0021


@dataclass
class Entry:
    name: bytes
    data: bytes = b""
    deflate: bool = True
    utf8: bool = False  # sets the flag; the name must be UTF-8 then
    host: int = 0
    attributes: int = 0
    comment: bytes = b""
    extra: bytes = b""  # in both headers
    cipher: str = ""  # "zipcrypto", "aes"
    password: bytes = b""
    aes_version: int = 2
    aes_strength: int = 3
    descriptor: bool = False  # sizes and CRC behind the data
    zip64: bool = False  # sizes in a ZIP64 field
    # lies
    method: int | None = None
    raw: bytes | None = None  # the packed bytes
    unpacked: int | None = None
    crc: int | None = None
    local_name: bytes | None = None
    local_unpacked: int | None = None
    behind: bytes = b""  # bytes between this entry and the next


def unicode_path(raw, text):
    """The extra field 0x7075: the name in UTF-8."""
    body = b"\x01" + struct.pack("<I", zlib.crc32(raw)) + text.encode()
    return struct.pack("<HH", 0x7075, len(body)) + body


def deflate(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


# ---- the traditional cipher ----

CRC_TABLE = []
for _byte in range(256):
    _crc = _byte
    for _ in range(8):
        _crc = _crc >> 1 ^ (0xEDB88320 if _crc & 1 else 0)
    CRC_TABLE.append(_crc)


def crc_byte(crc, byte):
    return CRC_TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8


def zipcrypto(password, check, salt, plain):
    keys = [0x12345678, 0x23456789, 0x34567890]

    def update(byte):
        keys[0] = crc_byte(keys[0], byte)
        keys[1] = (keys[1] + (keys[0] & 0xFF)) & 0xFFFFFFFF
        keys[1] = (keys[1] * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = crc_byte(keys[2], keys[1] >> 24)

    for byte in password:
        update(byte)
    out = bytearray()
    for byte in salt[:11] + bytes([check]) + plain:
        word = (keys[2] | 2) & 0xFFFF
        out.append(byte ^ (word * (word ^ 1) >> 8 & 0xFF))
        update(byte)
    return bytes(out)


def winzip_aes(password, strength, salt, plain):
    size = 8 + 8 * strength
    keys = hashlib.pbkdf2_hmac("sha1", password, salt, 1000, 2 * size + 2)
    words = aesmaker.schedule(keys[:size])
    body = bytearray()
    for number, at in enumerate(range(0, len(plain), 16), 1):
        counter = struct.unpack(">4I", number.to_bytes(16, "little"))
        stream = struct.pack(">4I", *aesmaker.block(words, *counter))
        body += bytes(a ^ b for a, b in zip(plain[at:at + 16], stream))
    mac = hmac.new(keys[size:2 * size], bytes(body), "sha1").digest()[:10]
    return salt + keys[2 * size:] + bytes(body) + mac


def _salt(entry, size):
    return hashlib.sha256(entry.name + b"\0" + entry.data).digest()[:size]


# ---- the file ----

def _pack_entry(entry):
    """method, flags, extra, crc, packed bytes"""
    method = 8 if entry.deflate else 0
    packed = deflate(entry.data) if entry.deflate else entry.data
    if entry.raw is not None:
        packed = entry.raw
    if entry.method is not None:
        method = entry.method
    crc = zlib.crc32(entry.data) if entry.crc is None else entry.crc
    flags = (FLAG_UTF8 if entry.utf8 else 0) | \
        (FLAG_DESCRIPTOR if entry.descriptor else 0)
    extra = entry.extra
    if entry.cipher:
        flags |= FLAG_ENCRYPTED
    if entry.cipher == "zipcrypto":
        check = 0 if entry.descriptor else crc >> 24
        packed = zipcrypto(entry.password, check, _salt(entry, 12), packed)
    elif entry.cipher == "aes":
        packed = winzip_aes(entry.password, entry.aes_strength,
                            _salt(entry, 4 + 4 * entry.aes_strength), packed)
        extra += struct.pack("<HHH2sBH", 0x9901, 7, entry.aes_version, b"AE",
                             entry.aes_strength, method)
        method = 99
        if entry.aes_version == 2:
            crc = 0
    return method, flags, extra, crc, packed


def _sizes64(unpacked, packed, offset=None):
    body = struct.pack("<QQ", unpacked, packed)
    if offset is not None:
        body += struct.pack("<Q", offset)
    return struct.pack("<HH", 1, len(body)) + body


def zip_file(entries, comment=b"", front=b"", behind=b"", zip64=False,
             count=None):
    """`front` stands before the first entry and shifts no offset; `count`
    lies about the number of entries."""
    out = bytearray()
    directory = bytearray()
    saturated = 0xFFFFFFFF
    for entry in entries:
        method, flags, extra, crc, packed = _pack_entry(entry)
        unpacked = len(entry.data) if entry.unpacked is None else entry.unpacked
        local_unpacked = unpacked if entry.local_unpacked is None \
            else entry.local_unpacked
        offset = len(out)
        local_name = entry.name if entry.local_name is None else entry.local_name
        local_extra, central_extra = extra, extra
        local_sizes, central_sizes = (len(packed), local_unpacked), (len(packed), unpacked)
        local_crc = crc
        if entry.descriptor:
            local_crc, local_sizes = 0, (0, 0)
        if entry.zip64:
            local_extra = _sizes64(unpacked, len(packed)) + extra
            central_extra = _sizes64(unpacked, len(packed)) + extra
            local_sizes = central_sizes = (saturated, saturated)
        out += struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, flags, method, 0,
                           DATE, local_crc, *local_sizes, len(local_name),
                           len(local_extra))
        out += local_name + local_extra + packed
        if entry.descriptor:
            out += struct.pack("<4sIII", b"PK\7\x08", crc, len(packed), unpacked)
        out += entry.behind
        directory += struct.pack("<4sBBHHHHHIIIHHHHHII", b"PK\1\2", 20,
                                 entry.host, 20, flags, method, 0, DATE, crc,
                                 *central_sizes, len(entry.name),
                                 len(central_extra), len(entry.comment), 0, 0,
                                 entry.attributes, offset)
        directory += entry.name + central_extra + entry.comment
    number = len(entries) if count is None else count
    start = len(out)
    out += directory
    if zip64:
        end64 = len(out)
        out += struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, number,
                           number, len(directory), start)
        out += struct.pack("<4sIQI", b"PK\6\7", 0, end64, 1)
        out += struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF,
                           saturated, saturated, len(comment))
    else:
        out += struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, number & 0xFFFF,
                           number & 0xFFFF, len(directory), start, len(comment))
    return front + bytes(out) + comment + behind
