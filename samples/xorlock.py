"""Obfuscates doc and xls with a password ([MS-OFFCRYPTO] 2.3.7): XOR with 16 bytes."""
import struct

FILLING = bytes.fromhex("bbffffbaffffb98000be0f00bf0f00")


def turned(byte, bits):
    return (byte << bits | byte >> 8 - bits) & 255


def register(value):
    value = (value << 1 | value >> 15) & 0xFFFF
    return value ^ 0x1020 if value & 1 else value


class Xor:
    def __init__(self, password, turn, encoding="cp932"):
        self.password = password.encode(encoding)
        assert len(self.password) <= 15
        self.key, self.hash = self._key(), self._hash()
        halves = struct.pack("<H", self.key)
        self.mask = bytes(turned(byte ^ halves[i % 2], turn) for i, byte in enumerate(
            (self.password + FILLING)[:16]))

    def _key(self):
        base, end, key = 0x8000, 0xFFFF, 0
        for byte in reversed(self.password):
            for bit in range(8):
                base, end = register(base), register(end)
                if (byte & 0x7F) >> bit & 1:
                    key ^= base
        return key ^ end

    def _hash(self):
        value = len(self.password) ^ 0xCE4B
        for i, byte in enumerate(self.password, 1):
            wide = byte << i % 15
            value ^= (wide | wide >> 15) & 0x7FFF
        return value


class Excel(Xor):
    def __init__(self, password, **more):
        super().__init__(password, 2, **more)

    def record(self, body, offset, clear=0):
        """The body of a record that lies at this offset of the stream."""
        return body[:clear] + bytes(
            turned(body[i] ^ self.mask[(offset + len(body) + i) % 16], 5)
            for i in range(clear, len(body)))


class Word(Xor):
    """As samples/rc4lock.py's, for docmaker."""
    flags = 0x8100

    def __init__(self, password, **more):
        super().__init__(password, 7, **more)

    def header(self):
        return b""

    def number(self):
        return self.hash | self.key << 16

    def stream(self, data, _, clear=0):
        out = bytearray(data)
        for i in range(clear, len(out)):
            if out[i] and out[i] != self.mask[i % 16]:
                out[i] ^= self.mask[i % 16]
        return bytes(out)
