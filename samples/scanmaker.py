"""Two-coloured pictures as scanners pack them: fax and JBIG2, from nothing.

A picture is a list of lines of 0 and 1; 1 is black.
"""
import struct

# Codes of runs by their length, 0 to 63, and of 64 before another (ITU-T T.4).
WHITE = (
    "00110101 000111 0111 1000 1011 1100 1110 1111 10011 10100 00111 01000 001000 000011 "
    "110100 110101 101010 101011 0100111 0001100 0001000 0010111 0000011 0000100 0101000 "
    "0101011 0010011 0100100 0011000 00000010 00000011 00011010 00011011 00010010 "
    "00010011 00010100 00010101 00010110 00010111 00101000 00101001 00101010 00101011 "
    "00101100 00101101 00000100 00000101 00001010 00001011 01010010 01010011 01010100 "
    "01010101 00100100 00100101 01011000 01011001 01011010 01011011 01001010 01001011 "
    "00110010 00110011 00110100 11011 ").split()
BLACK = (
    "0000110111 010 11 10 011 0011 0010 00011 000101 000100 0000100 0000101 0000111 "
    "00000100 00000111 000011000 0000010111 0000011000 0000001000 00001100111 00001101000 "
    "00001101100 00000110111 00000101000 00000010111 00000011000 000011001010 "
    "000011001011 000011001100 000011001101 000001101000 000001101001 000001101010 "
    "000001101011 000011010010 000011010011 000011010100 000011010101 000011010110 "
    "000011010111 000001101100 000001101101 000011011010 000011011011 000001010100 "
    "000001010101 000001010110 000001010111 000001100100 000001100101 000001010010 "
    "000001010011 000000100100 000000110111 000000111000 000000100111 000000101000 "
    "000001011000 000001011001 000000101011 000000101100 000001011010 000001100110 "
    "000001100111 0000001111 ").split()
END_OF_LINE = "000000000001"


def scene(side=64):
    """A frame with a disc and a slope, no line like another for long."""
    return [[int(x in (0, side - 1) or y in (0, side - 1)
                 or (x - 40) ** 2 + (y - 24) ** 2 < 150 or x * 2 < y - 20)
             for x in range(side)] for y in range(side)]


def runs(line):
    colour, length = 0, 0
    for pixel in line:
        if pixel != colour:
            yield length
            colour, length = pixel, 0
        length += 1
    yield length


def code(colour, length):
    codes = (WHITE, BLACK)[colour]
    return codes[length] if length < 64 else codes[64] + codes[length - 64]


def packed(bits):
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big") if bits else b""


def flat_line(line):
    return "".join(code(i % 2, run) for i, run in enumerate(runs(line)))


def steep_line(line):
    """Of the modes of two dimensions the one that needs no line above."""
    lengths = list(runs(line))
    if len(lengths) % 2:
        lengths.append(0)
    return "".join("001" + code(0, lengths[i]) + code(1, lengths[i + 1])
                   for i in range(0, len(lengths), 2))


def group4(rows):
    return packed("".join(map(steep_line, rows)) + END_OF_LINE * 2)


def group3(rows, marks=False, aligned=False, mixed=False):
    """One-dimensional; `mixed`: each second line in two dimensions."""
    bits = ""
    for number, line in enumerate(rows):
        if marks or mixed:
            bits += END_OF_LINE
        if mixed:
            bits += "01"[number % 2 == 0]
        bits += steep_line(line) if mixed and number % 2 else flat_line(line)
        if aligned:
            bits += "0" * (-len(bits) % 8)
    if marks or mixed:
        bits += (END_OF_LINE + "1" * mixed) * 6
    return packed(bits)


# --- JBIG2 (ITU-T T.88) -------------------------------------------------------

STATES = [(int(size, 16), int(likely), int(unlikely), int(turn)) for size, likely, unlikely, turn
          in (state.split(",") for state in (
    "5601,1,1,1 3401,2,6,0 1801,3,9,0 0ac1,4,12,0 0521,5,29,0 0221,38,33,0 5601,7,6,1 "
    "5401,8,14,0 4801,9,14,0 3801,10,14,0 3001,11,17,0 2401,12,18,0 1c01,13,20,0 "
    "1601,29,21,0 5601,15,14,1 5401,16,14,0 5101,17,15,0 4801,18,16,0 3801,19,17,0 "
    "3401,20,18,0 3001,21,19,0 2801,22,19,0 2401,23,20,0 2201,24,21,0 1c01,25,22,0 "
    "1801,26,23,0 1601,27,24,0 1401,28,25,0 1201,29,26,0 1101,30,27,0 0ac1,31,28,0 "
    "09c1,32,29,0 08a1,33,30,0 0521,34,31,0 0441,35,32,0 02a1,36,33,0 0221,37,34,0 "
    "0141,38,35,0 0111,39,36,0 0085,40,37,0 0049,41,38,0 0025,42,39,0 0015,43,40,0 "
    "0009,44,41,0 0005,45,42,0 0001,45,43,0 5601,46,46,0 ").split())]


class Arithmetic:
    """The encoder of annex E (flow charts of ISO 15444-1, C.2)."""

    def __init__(self):
        self.a, self.c, self.count = 0x8000, 0, 12
        self.out = [0]
        self.contexts = {}

    def byte_out(self):
        if self.out[-1] != 0xFF and self.c >= 0x8000000:
            self.out[-1] += 1
            self.c &= 0x7FFFFFF
        if self.out[-1] == 0xFF:
            self.out.append(self.c >> 20)
            self.c &= 0xFFFFF
            self.count = 7
        else:
            self.out.append(self.c >> 19)
            self.c &= 0x7FFFF
            self.count = 8

    def bit(self, context, bit):
        state, likely = self.contexts.get(context, (0, 0))
        size, next_likely, next_unlikely, turn = STATES[state]
        self.a -= size
        if bit == likely:
            if self.a & 0x8000:
                self.c += size
                return
            if self.a < size:
                self.a = size
            else:
                self.c += size
            state = next_likely
        else:
            if self.a < size:
                self.c += size
            else:
                self.a = size
            state, likely = next_unlikely, likely ^ turn
        self.contexts[context] = (state, likely)
        while not self.a & 0x8000:
            self.a <<= 1
            self.c <<= 1
            self.count -= 1
            if self.count == 0:
                self.byte_out()

    def integer(self, name, value):
        """None: out of band."""
        negative = value is None or value < 0
        value = abs(value or 0)
        ranges = ((2, 0, "0"), (4, 4, "10"), (6, 20, "110"), (8, 84, "1110"))
        for width, low, prefix in ranges:
            if value < low + (1 << width):
                break
        previous = 1
        for bit in [int(negative)] + [int(c) for c in prefix + f"{value - low:0{width}b}"]:
            self.bit((name, previous), bit)
            previous = (previous << 1 | bit if previous < 256
                        else ((previous << 1 | bit) & 511) | 256)

    def number(self, name, value, width):
        previous = 1
        for bit in f"{value:0{width}b}":
            self.bit((name, previous), int(bit))
            previous = previous << 1 | int(bit)

    def generic(self, rows):
        """A bitmap with the first template and its usual pixels."""
        def pixel(x, y):
            return rows[y][x] if 0 <= y and 0 <= x < len(rows[0]) else 0
        for y, line in enumerate(rows):
            for x, bit in enumerate(line):
                context = 0
                for above, ahead, count in ((2, 2, 5), (1, 3, 7), (0, -1, 4)):
                    for i in range(count):
                        context = context << 1 | pixel(x + ahead - count + 1 + i, y - above)
                self.bit(("generic", context), bit)

    def flush(self):
        top = self.c + self.a
        self.c |= 0xFFFF
        if self.c >= top:
            self.c -= 0x8000
        for _ in range(2):
            self.c <<= self.count
            self.byte_out()
        return bytes(self.out[1:]) + b"\xff\xac"


def segment(number, kind, body, referred=()):
    return (struct.pack(">IBB", number, kind, len(referred) << 5) + bytes(referred)
            + struct.pack(">BI", 1, len(body)) + body)


def page(number, side):
    return segment(number, 48, struct.pack(">IIIIBH", side, side, 0, 0, 0, 0))


def region(side):
    return struct.pack(">IIIIB", side, side, 0, 0, 0)


USUAL = b"\3\xff\xfd\xff\2\xfe\xfe\xfe"


def jbig2_generic(rows):
    coder = Arithmetic()
    coder.generic(rows)
    side = len(rows)
    return page(0, side) + segment(1, 38, region(side) + b"\0" + USUAL + coder.flush())


def jbig2_fax(rows):
    side = len(rows)
    return page(0, side) + segment(1, 38, region(side) + b"\1" + group4(rows))


def jbig2_text(rows):
    """Four symbols, a quarter of the picture each, in a dictionary of the
    globals; and the page that puts them in their places."""
    side, half = len(rows), len(rows) // 2
    coder = Arithmetic()
    coder.integer("DH", half)
    for number in range(4):
        coder.integer("DW", 0 if number else half)
        left, top = number % 2 * half, number // 2 * half
        coder.generic([line[left:left + half] for line in rows[top:top + half]])
    coder.integer("DW", None)
    coder.integer("EX", 0)
    coder.integer("EX", 4)
    symbols = segment(0, 0, struct.pack(">H", 0) + USUAL + struct.pack(">II", 4, 4)
                      + coder.flush())
    coder = Arithmetic()
    coder.integer("DT", 0)
    for strip in range(2):
        coder.integer("DT", half if strip else 0)
        coder.integer("FS", 0)
        coder.number("ID", strip * 2, 2)
        coder.integer("DS", 1)
        coder.number("ID", strip * 2 + 1, 2)
        coder.integer("DS", None)
    text = segment(2, 6, region(side) + struct.pack(">HI", 1 << 4, 4) + coder.flush(), (0,))
    return symbols, page(1, side) + text
