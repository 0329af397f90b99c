"""Locks streams of the old office formats with a password ([MS-OFFCRYPTO] 2.3.5, 2.3.6):
RC4 with 40 bits, and RC4 by CryptoAPI."""
import hashlib
import struct


class Rc4:
    def __init__(self, key):
        self.state, self.i, self.j = list(range(256)), 0, 0
        j = 0
        for i in range(256):
            j = (j + self.state[i] + key[i % len(key)]) & 255
            self.state[i], self.state[j] = self.state[j], self.state[i]

    def crypt(self, data):
        out, state = bytearray(), self.state
        for byte in data:
            self.i = (self.i + 1) & 255
            self.j = (self.j + state[self.i]) & 255
            state[self.i], state[self.j] = state[self.j], state[self.i]
            out.append(byte ^ state[(state[self.i] + state[self.j]) & 255])
        return bytes(out)


class Plain:
    """40 bits, as Office 97 locks."""
    digest = "md5"
    flags = 0x100  # of a doc

    def __init__(self, password):
        self.salt = hashlib.md5(b"salt").digest()
        first = hashlib.md5(password.encode("utf-16-le")).digest()[:5]
        self.base = hashlib.md5((first + self.salt) * 16).digest()[:5]

    def key(self, number):
        return hashlib.md5(self.base + struct.pack("<I", number)).digest()

    def header(self):
        return struct.pack("<HH", 1, 1) + self.salt + self.verifier()

    def number(self):
        return len(self.header())

    def block(self, number, data):
        return Rc4(self.key(number)).crypt(data)

    def verifier(self):
        cipher, value = Rc4(self.key(0)), hashlib.md5(b"verifier").digest()
        return cipher.crypt(value) + self.check(cipher.crypt(hashlib.new(self.digest, value).digest()))

    def check(self, value):
        return value

    def stream(self, data, block, clear=0):
        out = b"".join(Rc4(self.key(number)).crypt(data[at:at + block])
                       for number, at in enumerate(range(0, len(data), block)))
        return data[:clear] + out[clear:]


class Api(Plain):
    """CryptoAPI, as Office 2002 and 2003 lock."""
    digest = "sha1"

    def __init__(self, password, bits=128, cipher=0x6801):
        self.salt, self.bits, self.cipher = hashlib.md5(b"api salt").digest(), bits, cipher
        self.base = hashlib.sha1(self.salt + password.encode("utf-16-le")).digest()

    def key(self, number):
        key = hashlib.sha1(self.base + struct.pack("<I", number)).digest()[:self.bits // 8]
        return key.ljust(16, b"\0") if self.bits == 40 else key

    def header(self):
        inner = struct.pack("<IIIIIIII", 4, 0, self.cipher, 0x8004, self.bits, 1, 0, 0)
        inner += "Microsoft Enhanced Cryptographic Provider v1.0\0".encode("utf-16-le")
        return (struct.pack("<HHII", 2, 2, 4, len(inner)) + inner + struct.pack("<I", 16) + self.salt
                + self.verifier())

    def check(self, value):
        return struct.pack("<I", 20) + value
