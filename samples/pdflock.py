"""Encrypted PDF: RC4 (ISO 32000-1, 7.6), AES of 128 and 256 bits (ISO 32000-2).

The owner's password opens none of these: its entry is only as long as it has
to be where the keys do not depend on it.
"""
import hashlib

import aesmaker
from pdfmaker import TEXT, Pdf

PADDING = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")
IDENTIFIER = hashlib.md5(b"sekisho").digest()
PERMISSIONS = -44
LINK = b"https://www.example.jp/"


def rc4(key, data):
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) & 255
        state[i], state[j] = state[j], state[i]
    out = bytearray()
    i = j = 0
    for byte in data:
        i = (i + 1) & 255
        j = (j + state[i]) & 255
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) & 255])
    return bytes(out)


def padded(password):
    return (password + PADDING)[:32]


def owner_entry(owner, user, revision, size):
    key = hashlib.md5(padded(owner)).digest()
    if revision >= 3:
        for _ in range(50):
            key = hashlib.md5(key[:size]).digest()
    value = rc4(key[:size], padded(user))
    if revision >= 3:
        for i in range(1, 20):
            value = rc4(bytes(b ^ i for b in key[:size]), value)
    return value


def file_key(user, owner_value, revision, size):
    key = hashlib.md5(padded(user) + owner_value + PERMISSIONS.to_bytes(4, "little", signed=True)
                      + IDENTIFIER).digest()
    if revision >= 3:
        for _ in range(50):
            key = hashlib.md5(key[:size]).digest()
    return key[:size]


def user_entry(key, revision):
    if revision == 2:
        return rc4(key, PADDING)
    value = rc4(key, hashlib.md5(PADDING + IDENTIFIER).digest())
    for i in range(1, 20):
        value = rc4(bytes(b ^ i for b in key), value)
    return value + bytes(16)


def hardened(password, salt):
    """The hash of revision 6 (algorithm 2.B), for a user's password."""
    key = hashlib.sha256(password + salt).digest()
    turn, last = 0, 0
    while turn < 64 or last > turn - 32:
        data = aesmaker.cbc(key[:16], key[16:32], (password + key) * 64)
        kind = (hashlib.sha256, hashlib.sha384, hashlib.sha512)[sum(data[:16]) % 3]
        key, last = kind(data).digest(), data[-1]
        turn += 1
    return key[:32]


class Lock:
    """One way to lock a document: `cipher` is RC4, AESV2 or AESV3."""

    def __init__(self, revision, cipher="RC4", user=b"", filters=None):
        self.cipher = cipher
        # Crypt filters of streams and of strings, from revision 4 on.
        self.filters = filters or ("StdCF", "StdCF")
        self.revision = revision
        if revision >= 5:
            self._hash_keys(user)
        else:
            size = 5 if revision == 2 else 16
            owner = owner_entry(b"owner", user, revision, size)
            self.key = file_key(user, owner, revision, size)
            self.entries = b"/O<%s>/U<%s>" % (
                owner.hex().encode(), user_entry(self.key, revision).hex().encode())

    def _hash_keys(self, user):
        def once(password, salt):
            return hashlib.sha256(password + salt).digest()
        hashed = hardened if self.revision == 6 else once
        self.key = hashlib.sha256(b"file key").digest()
        check, own = b"validate", b"key salt"
        value = hashed(user, check) + check + own
        wrapped = aesmaker.cbc(hashed(user, own), bytes(16), self.key)
        rights = (PERMISSIONS.to_bytes(8, "little", signed=True) + b"Tadb" + b"rand")
        rights = aesmaker.cbc(self.key, bytes(16), rights)
        self.entries = b"/O<%s>/OE<%s>/U<%s>/UE<%s>/Perms<%s>" % tuple(
            part.hex().encode() for part in (bytes(48), bytes(32), value, wrapped, rights))

    def dictionary(self):
        if self.revision < 4:
            return (b"<</Filter/Standard/V %d/R %d/Length %d/P %d%s>>"
                    % (self.revision - 1, self.revision, len(self.key) * 8, PERMISSIONS,
                       self.entries))
        method = b"V2" if self.cipher == "RC4" else self.cipher.encode()
        return (b"<</Filter/Standard/V %d/R %d/Length %d/P %d%s/StmF/%s/StrF/%s"
                b"/CF<</StdCF<</Type/CryptFilter/CFM/%s/AuthEvent/DocOpen/Length %d>>>>>>"
                % (4 if self.revision == 4 else 5, self.revision, len(self.key) * 8, PERMISSIONS,
                   self.entries, self.filters[0].encode(), self.filters[1].encode(), method,
                   len(self.key)))

    def _lock(self, number, data):
        start = hashlib.md5(b"start %d" % number).digest()
        if self.cipher == "AESV3":
            return start + aesmaker.cbc(self.key, start, aesmaker.padded(data))
        own = self.key + number.to_bytes(3, "little") + b"\0\0"
        if self.cipher == "AESV2":
            own = hashlib.md5(own + b"sAlT").digest()
            return start + aesmaker.cbc(own, start, aesmaker.padded(data))
        return rc4(hashlib.md5(own).digest()[:min(len(self.key) + 5, 16)], data)

    def stream(self, number, data):
        return data if self.filters[0] == "Identity" else self._lock(number, data)

    def string(self, number, data):
        if self.filters[1] != "Identity":
            data = self._lock(number, data)
        return b"<%s>" % data.hex().encode()


def locked(lock, own_filter=False):
    """One page with text and a link. With `own_filter` its content names the
    crypt filter Identity and lies there in clear."""
    content = TEXT.replace(b"/F2", b"/F1")
    pdf = Pdf()
    catalog, pages, page, link = (pdf.reserve() for _ in range(4))
    font = pdf.add(b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
    number = len(pdf.objects) + 1
    if own_filter:
        pdf.stream(content, b"/Filter/Crypt/DecodeParms<</Name/Identity>>")
    else:
        pdf.stream(lock.stream(number, content))
    security = pdf.add(lock.dictionary())
    pdf.put(catalog, b"<</Type/Catalog/Pages %d 0 R>>" % pages)
    pdf.put(pages, b"<</Type/Pages/Kids[%d 0 R]/Count 1>>" % page)
    pdf.put(page, b"<</Type/Page/Parent %d 0 R/MediaBox[0 0 595 842]/Contents %d 0 R"
            b"/Annots[%d 0 R]/Resources<</Font<</F1 %d 0 R>>>>>>" % (pages, number, link, font))
    pdf.put(link, b"<</Type/Annot/Subtype/Link/Rect[72 600 272 680]/A<</S/URI/URI%s>>>>"
            % lock.string(link, LINK))
    name = IDENTIFIER.hex().encode()
    return pdf.write(catalog, b"/Encrypt %d 0 R/ID[<%s><%s>]" % (security, name, name))


class Certificate(Lock):
    """Locked for whoever has a certificate's key: nobody here."""

    def __init__(self):
        super().__init__(4, "AESV2")

    def dictionary(self):
        return (b"<</Filter/Adobe.PubSec/SubFilter/adbe.pkcs7.s5/V 4/R 4/Length 128/StmF/Own"
                b"/StrF/Own/CF<</Own<</CFM/AESV2/AuthEvent/DocOpen/Length 16"
                b"/Recipients[<%s>]>>>>>>" % (b"30800609" + b"2a864886f70d010703" + b"0000"))
