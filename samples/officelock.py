"""Locks OOXML packages with a password ([MS-OFFCRYPTO] 2.3.4): agile and standard."""
import base64
import hashlib
import hmac
import struct

import aesmaker
from compoundmaker import Compound

ENCRYPTION = "http://schemas.microsoft.com/office/2006/encryption"
ENCRYPTOR = "http://schemas.microsoft.com/office/2006/keyEncryptor/"
DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'
SIZES = {"SHA1": 20, "SHA256": 32, "SHA384": 48, "SHA512": 64}
FOR = {name: bytes.fromhex(value) for name, value in {
    "verifier": "fea7d2763b4b9e79", "hash": "d7aa0f6d3061344e", "key": "146e0be7abacd0d6",
    "hmac key": "5fb2ad010cb9e1f6", "hmac value": "a0677f02b22c8433"}.items()}


def fit(value, size):
    return value[:size].ljust(size, b"\x36")


def filled(value):
    return value + bytes(-len(value) % 16)


def secret(label, size):
    """Bytes that look random and are always the same."""
    return hashlib.shake_128(label.encode()).digest(size)


def length(text):
    return struct.pack("<I", len(text)) + text


def named(text):
    raw = text.encode("utf-16-le")
    return length(raw) + bytes(-len(raw) % 4)


def data_spaces(space="StrongEncryptionDataSpace", transform="StrongEncryptionTransform",
                inside=None):
    """[MS-OFFCRYPTO] 2.1: which transform the package went through."""
    version = struct.pack("<HHHHHH", 1, 0, 1, 0, 1, 0)
    part = struct.pack("<I", 0) + named("EncryptedPackage")
    entry = struct.pack("<I", 1) + part + named(space)
    ident = named("{FF9A3F03-56EF-4613-BDD5-5A41C1D07246}")
    primary = (struct.pack("<II", len(ident) + 8, 1) + ident  # what is in front of the name
               + named("Microsoft.Container.EncryptionTransform") + version
               + struct.pack("<III", 0, 0, 4))
    return {
        "Version": named("Microsoft.Container.DataSpaces") + version,
        "DataSpaceMap": struct.pack("<II", 8, 1) + struct.pack("<I", len(entry) + 4) + entry,
        "DataSpaceInfo": {space: struct.pack("<II", 8, 1) + named(transform)},
        "TransformInfo": {transform: {"\x06Primary": inside or primary}},
    }


class Agile:
    def __init__(self, package, password, digest="SHA512", bits=256, spin=1000, **more):
        self.digest, self.size, self.spin = digest, bits // 8, spin
        self.more = more
        self.salt, self.data_salt = secret("salt", 16), secret("data salt", 16)
        self.key = secret("key", self.size)
        self.stream = struct.pack("<Q", len(package)) + self._package(package)
        self.hash = self._spin(password)
        self.package = package

    def _hash(self, *parts):
        return hashlib.new(self.digest, b"".join(parts)).digest()

    def _spin(self, password):
        value = self._hash(self.salt, password.encode("utf-16-le"))
        for i in range(self.spin):
            value = self._hash(struct.pack("<I", i), value)
        return value

    def _package(self, package):
        out = b""
        for number, at in enumerate(range(0, len(package), 4096)):
            start = fit(self._hash(self.data_salt, struct.pack("<I", number)), 16)
            out += aesmaker.cbc(self.key, start, filled(package[at:at + 4096]))
        return out

    def _wrapped(self, purpose, value):
        key = fit(self._hash(self.hash, FOR[purpose]), self.size)
        return aesmaker.cbc(key, fit(self.salt, 16), filled(value))

    def _sealed(self, purpose, value):
        start = fit(self._hash(self.data_salt, FOR[purpose]), 16)
        return aesmaker.cbc(self.key, start, filled(value))

    def _cipher(self, salt):
        wanted = {"saltSize": 16, "blockSize": 16, "keyBits": self.size * 8,
                  "hashSize": SIZES[self.digest], "cipherAlgorithm": "AES",
                  "cipherChaining": "ChainingModeCBC", "hashAlgorithm": self.digest,
                  "saltValue": base64.b64encode(salt).decode()}
        wanted.update(self.more.get("cipher", {}))
        return " ".join(f'{key}="{value}"' for key, value in wanted.items())

    def integrity(self):
        key = secret("hmac key", SIZES[self.digest])
        value = hmac.new(key, self.stream, self.digest).digest()
        return ('<dataIntegrity encryptedHmacKey="%s" encryptedHmacValue="%s"/>' % tuple(
            base64.b64encode(part).decode() for part in (
                self._sealed("hmac key", key), self._sealed("hmac value", value))))

    def encryptor(self):
        verifier = secret("verifier", 16)
        values = [base64.b64encode(self._wrapped(purpose, value)).decode()
                  for purpose, value in (("verifier", verifier), ("hash", self._hash(verifier)),
                                         ("key", self.key))]
        spin = self.more.get("spin_said", self.spin)
        return (f'<keyEncryptor uri="{ENCRYPTOR}password"><p:encryptedKey spinCount="{spin}" '
                f'{self._cipher(self.salt)} encryptedVerifierHashInput="{values[0]}" '
                f'encryptedVerifierHashValue="{values[1]}" encryptedKeyValue="{values[2]}"/>'
                '</keyEncryptor>')

    def certificate(self):
        return (f'<keyEncryptor uri="{ENCRYPTOR}certificate"><c:encryptedKey '
                'encryptedKeyValue="AAAA" X509Certificate="AAAA" certVerifier="AAAA"/>'
                '</keyEncryptor>')

    def descriptor(self, encryptors=None, integrity=None, doctype=""):
        encryptors = self.encryptor() if encryptors is None else encryptors
        integrity = self.integrity() if integrity is None else integrity
        return (DECLARATION + doctype
                + f'<encryption xmlns="{ENCRYPTION}" xmlns:p="{ENCRYPTOR}password" '
                f'xmlns:c="{ENCRYPTOR}certificate"><keyData {self._cipher(self.data_salt)}/>'
                f'{integrity}<keyEncryptors>{encryptors}</keyEncryptors></encryption>')

    def info(self, descriptor=None):
        return struct.pack("<HHI", 4, 4, 0x40) + (descriptor or self.descriptor()).encode()


class Standard:
    ALGORITHMS = {128: 0x660E, 192: 0x660F, 256: 0x6610}

    def __init__(self, package, password, bits=128, version=(4, 2), **more):
        self.bits, self.version, self.more = bits, version, more
        self.salt = secret("standard salt", 16)
        self.key = self._derive(password)
        self.stream = struct.pack("<Q", len(package)) + aesmaker.ecb(self.key, filled(package))

    def _derive(self, password):
        def sha(*parts):
            return hashlib.sha1(b"".join(parts)).digest()
        value = sha(self.salt, password.encode("utf-16-le"))
        for i in range(50000):
            value = sha(struct.pack("<I", i), value)
        value = sha(value, bytes(4))
        halves = [sha(bytes(a ^ b for a, b in zip(value.ljust(64, b"\0"), bytes([fill]) * 64)))
                  for fill in (0x36, 0x5C)]
        return b"".join(halves)[:self.bits // 8]

    def info(self):
        flags = self.more.get("flags", 0x24)
        header = struct.pack("<IIIIIIII", flags, 0,
                             self.more.get("algorithm", self.ALGORITHMS[self.bits]), 0x8004,
                             self.bits, 0x18, 0, 0)
        header += "Microsoft Enhanced RSA and AES Cryptographic Provider\0".encode("utf-16-le")
        verifier = secret("standard verifier", 16)
        hashed = filled(hashlib.sha1(verifier).digest())
        return (struct.pack("<HHI", *self.version, flags) + length(header)
                + length(self.salt) + aesmaker.ecb(self.key, verifier)
                + struct.pack("<I", 20) + aesmaker.ecb(self.key, hashed))


def tree(lock, info=None, stream=None):
    return {"EncryptionInfo": info or lock.info(),
            "EncryptedPackage": lock.stream if stream is None else stream,
            "\x06DataSpaces": data_spaces()}


def locked(lock, info=None, stream=None, **more):
    return bytes(Compound(tree(lock, info, stream), **more).data())
