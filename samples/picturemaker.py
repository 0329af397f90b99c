"""Writers of pictures, from nothing: what the generators of picture samples
share. A picture is a list of rows of (red, green, blue) or of numbers."""
import math
import struct
import zlib


def scene(width, height):
    """A sky, a hill and a fence: smooth areas and edges."""
    rows = []
    for y in range(height):
        row = []
        for x in range(width):
            hill = height * 0.6 + math.sin(x / 9) * height * 0.12
            if y < hill:
                color = (120 - y * 60 // height, 170 - y * 40 // height, 230)
            else:
                color = (60 + (x * 5 + y * 3) % 23, 130 - y * 30 // height, 50)
            if x % 16 < 2 and y > height * 0.5:
                color = (150, 100, 60)
            row.append(color)
        rows.append(row)
    return rows


def grey(rows):
    return [[(r * 299 + g * 587 + b * 114) // 1000 for r, g, b in row] for row in rows]


# --- EXIF ------------------------------------------------------------------

def exif(orientation=1, gps=False, thumbnail=b"", maker=b""):
    """A TIFF structure with the fields a camera writes."""
    def ascii_field(text):
        return text.encode() + b"\0"

    first = [(0x010F, 2, ascii_field("Sekisho Camera")),
             (0x0112, 3, struct.pack("<H", orientation)),
             (0x0132, 2, ascii_field("2026:04:01 09:30:00"))]
    inner = [(0x9003, 2, ascii_field("2026:04:01 09:30:00"))]
    if maker:
        inner.append((0x927C, 7, maker))
    place = []
    if gps:
        def degrees(d, m, s):
            return struct.pack("<6I", d, 1, m, 1, s, 1)
        place = [(1, 2, b"N\0"), (2, 5, degrees(35, 41, 22)),
                 (3, 2, b"E\0"), (4, 5, degrees(139, 41, 30))]
    sizes = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1}

    def directory(fields, offset, following=0):
        data = offset + 2 + 12 * len(fields) + 4
        head = struct.pack("<H", len(fields))
        tail = b""
        for tag, kind, value in sorted(fields):
            count = len(value) // sizes[kind]
            if len(value) <= 4:
                head += struct.pack("<HHI", tag, kind, count) + value.ljust(4, b"\0")
            else:
                head += struct.pack("<HHII", tag, kind, count, data + len(tail))
                tail += value + b"\0" * (len(value) % 2)
        return head + struct.pack("<I", following) + tail

    def build(inner_at, place_at, thumb_at):
        fields = first + [(0x8769, 4, struct.pack("<I", inner_at))]
        if place:
            fields.append((0x8825, 4, struct.pack("<I", place_at)))
        return directory(fields, 8, thumb_at)

    inner_at = 8 + len(build(0, 0, 0))
    place_at = inner_at + len(directory(inner, inner_at))
    thumb_at = place_at + (len(directory(place, place_at)) if place else 0)
    body = build(inner_at, place_at, thumb_at if thumbnail else 0)
    body += directory(inner, inner_at)
    if place:
        body += directory(place, place_at)
    if thumbnail:
        fields = [(0x0103, 3, struct.pack("<H", 6)), (0x0201, 4, struct.pack("<I", thumb_at + 42)),
                  (0x0202, 4, struct.pack("<I", len(thumbnail)))]
        body += directory(fields, thumb_at) + thumbnail
    return b"II*\0" + struct.pack("<I", 8) + body


XMP = (b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
       b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:creator="taro"/>'
       b'</rdf:RDF></x:xmpmeta>')


def icc():
    """A small display profile (ICC.1): matrix and gamma, with the primaries
    of Display P3."""
    def fixed(value):
        return struct.pack(">i", round(value * 65536))

    def xyz(x, y, z):
        return b"XYZ \0\0\0\0" + fixed(x) + fixed(y) + fixed(z)

    def text(value):
        raw = value.encode("ascii") + b"\0"
        body = b"desc\0\0\0\0" + struct.pack(">I", len(raw)) + raw + b"\0" * 78
        return body + b"\0" * (-len(body) % 4)

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(2.2 * 256)) + b"\0\0"
    tags = [(b"desc", text("sample P3")), (b"wtpt", xyz(0.9642, 1, 0.8249)),
            (b"rXYZ", xyz(0.5151, 0.2412, -0.0011)), (b"gXYZ", xyz(0.2920, 0.6922, 0.0419)),
            (b"bXYZ", xyz(0.1571, 0.0666, 0.7841)), (b"rTRC", curve), (b"gTRC", curve),
            (b"bTRC", curve), (b"cprt", b"text\0\0\0\0none\0\0\0\0")]
    offset = 128 + 4 + 12 * len(tags)
    table, data = struct.pack(">I", len(tags)), b""
    for name, value in tags:
        table += name + struct.pack(">II", offset + len(data), len(value))
        data += value
    head = struct.pack(">I4sI4s4s4s12s4sIIIIQ", offset + len(data), b"none", 0x02100000, b"mntr",
                       b"RGB ", b"XYZ ", bytes(12), b"acsp", 0, 0, 0, 0, 0)
    head += struct.pack(">I", 0) + fixed(0.9642) + fixed(1) + fixed(0.8249)
    return head.ljust(128, b"\0") + table + data


# --- PNG -------------------------------------------------------------------

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def png_chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_header(width, height, bits, color, interlace=0):
    return png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, interlace))


def png_rows(rows, bits):
    """Rows of samples (flat numbers) to filtered rows."""
    out = b""
    for row in rows:
        out += b"\0"
        if bits == 16:
            out += struct.pack(f">{len(row)}H", *row)
        elif bits == 8:
            out += bytes(row)
        else:
            per = 8 // bits
            padded = list(row) + [0] * (-len(row) % per)
            for i in range(0, len(padded), per):
                byte = 0
                for value in padded[i:i + per]:
                    byte = byte << bits | value
                out += bytes([byte])
    return out


def png_interlaced(rows, bits, channels):
    """Adam7."""
    out = b""
    for x0, y0, dx, dy in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4),
                           (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)):
        part = []
        for row in rows[y0::dy]:
            pixels = [row[i:i + channels] for i in range(0, len(row), channels)][x0::dx]
            if pixels:
                part.append([v for p in pixels for v in p])
        out += png_rows(part, bits)
    return out


def png(rows, bits=8, color=2, before=b"", after=b"", interlace=False):
    """`rows` hold flat samples; `before` and `after` are chunks around the data."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[color]
    width = len(rows[0]) // channels
    data = png_interlaced(rows, bits, channels) if interlace else png_rows(rows, bits)
    return (PNG_SIGNATURE + png_header(width, len(rows), bits, color, int(interlace)) + before +
            png_chunk(b"IDAT", zlib.compress(data, 9)) + after + png_chunk(b"IEND", b""))


def flat(rows):
    return [[v for p in row for v in p] for row in rows]


# --- JPEG, baseline (ITU-T T.81) ------------------------------------------------

ZIGZAG = sorted(range(64), key=lambda i: (i // 8 + i % 8, (i // 8 if (i // 8 + i % 8) % 2 else i % 8)))

LUMA = [16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
        14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
        49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99]


def jpeg_segment(marker, body):
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


class JpegBits:
    def __init__(self):
        self.out, self.value, self.count = bytearray(), 0, 0

    def put(self, value, count):
        self.value = self.value << count | value
        self.count += count
        while self.count >= 8:
            self.count -= 8
            byte = self.value >> self.count & 0xFF
            self.out.append(byte)
            if byte == 0xFF:
                self.out.append(0)
        self.value &= (1 << self.count) - 1

    def finish(self):
        if self.count:
            self.put((1 << (8 - self.count)) - 1, 8 - self.count)
        return bytes(self.out)


COSINES = [[math.cos((2 * x + 1) * u * math.pi / 16) * (math.sqrt(1 / 8) if u == 0 else 0.5)
            for x in range(8)] for u in range(8)]


def jpeg_block(samples, table):
    """64 samples to 64 quantised coefficients in zigzag order."""
    rows = [[sum(samples[y * 8 + x] * COSINES[u][x] for x in range(8)) for u in range(8)] for y in range(8)]
    out = [0] * 64
    for v in range(8):
        for u in range(8):
            value = sum(rows[y][u] * COSINES[v][y] for y in range(8))
            out[v * 8 + u] = round(value / table[v * 8 + u])
    return [out[i] for i in ZIGZAG]


# Every symbol gets a code of eight bits but the last ones, which get nine or
# more: no statistics needed, and the all-ones code stays free.
JPEG_DC = list(range(12))
JPEG_AC = [run << 4 | size for run in range(16) for size in range(1, 11)] + [0x00, 0xF0]


def jpeg_codes(symbols, bits):
    return {symbol: (i, bits) for i, symbol in enumerate(symbols)}


def jpeg_huffman(kind, symbols, bits):
    counts = [0] * 16
    counts[bits - 1] = len(symbols)
    return jpeg_segment(0xC4, bytes([kind]) + bytes(counts) + bytes(symbols))


def jpeg_number(bits, value):
    size = abs(value).bit_length()
    if size:
        bits.put(value if value > 0 else value + (1 << size) - 1, size)


def jpeg_planes(rows, subsample):
    """YCbCr planes as (width, height, function of x, y)."""
    height, width = len(rows), len(rows[0])

    def pixel(x, y):
        return rows[min(y, height - 1)][min(x, width - 1)]

    def luma(x, y):
        r, g, b = pixel(x, y)
        return 0.299 * r + 0.587 * g + 0.114 * b - 128

    def blue(x, y):
        r, g, b = pixel(x * subsample, y * subsample)
        return -0.168736 * r - 0.331264 * g + 0.5 * b

    def red(x, y):
        r, g, b = pixel(x * subsample, y * subsample)
        return 0.5 * r - 0.418688 * g - 0.081312 * b

    return [luma, blue, red]


def jpeg_scan(planes, width, height, sampling, tables):
    """The entropy-coded data of one baseline scan over all components."""
    dc, ac = jpeg_codes(JPEG_DC, 5), jpeg_codes(JPEG_AC, 8)
    bits, last = JpegBits(), [0] * len(planes)
    step = 8 * sampling[0]
    for my in range(0, height, step):
        for mx in range(0, width, step):
            for c, plane in enumerate(planes):
                for by in range(sampling[c]):
                    for bx in range(sampling[c]):
                        x0 = mx // sampling[0] * sampling[c] + bx * 8
                        y0 = my // sampling[0] * sampling[c] + by * 8
                        block = jpeg_block([plane(x0 + i % 8, y0 + i // 8) for i in range(64)], tables[c])
                        difference = block[0] - last[c]
                        last[c] = block[0]
                        bits.put(*dc[abs(difference).bit_length()])
                        jpeg_number(bits, difference)
                        run = 0
                        end = max((i for i in range(1, 64) if block[i]), default=0)
                        for value in block[1:end + 1]:
                            if value == 0:
                                run += 1
                                continue
                            while run > 15:
                                bits.put(*ac[0xF0])
                                run -= 16
                            bits.put(*ac[run << 4 | abs(value).bit_length()])
                            jpeg_number(bits, value)
                            run = 0
                        if end < 63:
                            bits.put(*ac[0x00])
    return bits.finish()


def jpeg(rows, segments=b"", quality=80, subsample=2, after=b"", jfif=True):
    """`rows` of RGB triples, of numbers for grey, or of four numbers for CMYK
    as Adobe stores it. `segments` follow the JFIF header."""
    height, width = len(rows), len(rows[0])
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    table = [min(255, max(1, (v * scale + 50) // 100)) for v in LUMA]
    first = rows[0][0]
    if isinstance(first, int):
        planes, sampling = [lambda x, y: rows[min(y, height - 1)][min(x, width - 1)] - 128], [1]
    elif len(first) == 4:
        planes = [lambda x, y, c=c: rows[min(y, height - 1)][min(x, width - 1)][c] - 128 for c in range(4)]
        sampling = [1] * 4
    else:
        planes, sampling = jpeg_planes(rows, subsample), [subsample, 1, 1]
    out = b"\xff\xd8"
    if jfif:
        out += jpeg_segment(0xE0, b"JFIF\0\1\1\1\0\x48\0\x48\0\0")
    out += segments + jpeg_segment(0xDB, b"\0" + bytes(table[i] for i in ZIGZAG))
    frame = struct.pack(">BHHB", 8, height, width, len(planes))
    scan = bytes([len(planes)])
    for c, factor in enumerate(sampling):
        frame += bytes([c + 1, factor << 4 | factor, 0])
        scan += bytes([c + 1, 0])
    out += jpeg_segment(0xC0, frame)
    out += jpeg_huffman(0x00, JPEG_DC, 5) + jpeg_huffman(0x10, JPEG_AC, 8)
    out += jpeg_segment(0xDA, scan + bytes([0, 63, 0]))
    return out + jpeg_scan(planes, width, height, sampling, [table] * len(planes)) + b"\xff\xd9" + after


# --- GIF -----------------------------------------------------------------------

def gif_blocks(data):
    out = b""
    for i in range(0, len(data), 255):
        part = data[i:i + 255]
        out += bytes([len(part)]) + part
    return out + b"\0"


def gif_codes(indices, bits):
    """LZW without strings: a clear code often enough that the width stays."""
    clear, width = 1 << bits, bits + 1
    value, count, out, since = clear, width, bytearray(), 0
    for index in list(indices) + [clear + 1]:
        if since == clear - 2:
            value |= clear << count
            count += width
            since = 0
        value |= index << count
        count += width
        since += 1
        while count >= 8:
            out.append(value & 0xFF)
            value >>= 8
            count -= 8
    return bytes([bits]) + gif_blocks(bytes(out) + bytes([value]))


def gif_frame(rows, bits=2, left=0, top=0, interlace=False, table=b""):
    height, width = len(rows), len(rows[0])
    if interlace:
        rows = [rows[y] for s, d in ((0, 8), (4, 8), (2, 4), (1, 2)) for y in range(s, height, d)]
    flags = (0x80 | (len(table) // 3).bit_length() - 2 if table else 0) | (0x40 if interlace else 0)
    return (b"\x2c" + struct.pack("<HHHHB", left, top, width, height, flags) + table +
            gif_codes([v for row in rows for v in row], bits))


def gif_control(delay=0, disposal=0, transparent=None):
    return b"\x21\xf9\x04" + struct.pack("<BHBB", disposal << 2 | (transparent is not None), delay,
                                         transparent or 0, 0)


GIF_LOOP = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
GIF_COLORS = bytes([255, 255, 255, 200, 30, 30, 30, 90, 200, 0, 0, 0])


def gif(width, height, blocks, table=GIF_COLORS, version=b"GIF89a", trailer=b"\x3b"):
    flags = 0x80 | (len(table) // 3).bit_length() - 2 if table else 0
    return version + struct.pack("<HHBBB", width, height, flags, 0, 0) + table + blocks + trailer


# --- BMP -----------------------------------------------------------------------

def bmp(width, height, bits, data, palette=b"", compression=0, size=40, extra=b"", gap=b"", after=b"", top_down=False):
    if size == 12:
        head = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        head = struct.pack("<IiiHHIIiiII", size, width, -height if top_down else height, 1, bits, compression,
                           len(data), 3780, 3780, len(palette) // 4 if bits <= 8 else 0, 0)
    head += extra
    head = head.ljust(size, b"\0")
    offset = 14 + len(head) + len(palette) + len(gap)
    return (b"BM" + struct.pack("<IHHI", offset + len(data) + len(after), 0, 0, offset) + head + palette + gap +
            data + after)


def bmp_rows(rows, bits):
    """Rows of indices or of BGR(A) values, bottom up, each padded to four bytes."""
    out = b""
    for row in reversed(rows):
        if bits in (1, 4):
            line = png_rows([row], bits)[1:]
        elif bits == 16:
            line = struct.pack(f"<{len(row)}H", *row)
        else:
            line = bytes(row)
        out += line + b"\0" * (-len(line) % 4)
    return out


# --- WebP, lossless (RFC 9649) ------------------------------------------------------

class WebpBits:
    def __init__(self):
        self.value, self.count = 0, 0

    def put(self, value, count):
        self.value |= value << self.count
        self.count += count

    def bytes(self):
        return self.value.to_bytes((self.count + 7) // 8, "little")


def vp8l(rows, colors):
    """`rows` of 0 and 1 for the two colours (red, green, blue, alpha), which
    must differ in green only, so that one bit is a pixel."""
    bits = WebpBits()
    bits.put(len(rows[0]) - 1, 14)
    bits.put(len(rows) - 1, 14)
    bits.put(int(colors[0][3] != 255), 1)
    bits.put(0, 3)
    bits.put(0, 1)  # no transform
    bits.put(0, 1)  # no colour cache
    bits.put(0, 1)  # one set of codes

    def simple(*symbols):
        bits.put(1, 1)
        bits.put(len(symbols) - 1, 1)
        bits.put(1, 1)
        for symbol in symbols:
            bits.put(symbol, 8)

    swapped = colors[0][1] > colors[1][1]
    simple(*sorted((colors[0][1], colors[1][1])))
    for channel in (0, 2, 3):
        simple(colors[0][channel])
    simple(0)
    for row in rows:
        for value in row:
            bits.put(value ^ int(swapped), 1)
    return b"\x2f" + bits.bytes()


def vp8(width, height, tokens, quantizer=8):
    """A lossy key frame (RFC 6386, section 9 and 19.2). The code of the header
    ends on its lowest value, behind which nothing but zeros is read, whatever
    the probabilities: every flag is off, every block is predicted by DC.
    `tokens` are read as coefficients; any bytes will do, if there are enough."""
    low, size, interval = 0, 8, 255

    def put(value, bits):
        nonlocal low, size, interval
        for at in reversed(range(bits)):
            split = 1 + ((interval - 1) * 128 >> 8)
            if value >> at & 1:
                low, interval = low + split, interval - split
            else:
                interval = split
            while interval < 128:
                low, size, interval = low << 1, size + 1, interval << 1

    put(0, 3)  # colour space, clamping, no segments
    put(0, 1 + 6 + 3 + 1)  # no loop filter
    put(0, 2)  # one token partition
    put(quantizer, 7)
    head = (low << -size % 8).to_bytes((size + 7) // 8, "big")
    head = head.ljust(400 + width * height // 8, b"\0")
    tag = 1 << 4 | len(head) << 5
    return (tag.to_bytes(3, "little") + b"\x9d\x01\x2a" + struct.pack("<HH", width, height) +
            head + tokens)


def riff_chunk(kind, body):
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def webp(chunks, after=b""):
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks + after


def webp_extended(width, height, flags):
    return riff_chunk(b"VP8X", struct.pack("<I", flags) + (width - 1).to_bytes(3, "little") +
                      (height - 1).to_bytes(3, "little"))


def webp_frame(left, top, width, height, delay, body):
    head = b"".join(v.to_bytes(3, "little") for v in (left // 2, top // 2, width - 1, height - 1, delay))
    return riff_chunk(b"ANMF", head + b"\0" + body)


# --- TIFF (6.0) ----------------------------------------------------------------

def tiff(pages, after=b"", loop=False, order="<"):
    """`pages` are (tags, strip): tags {number: (type, values)}; the strip's
    offset and length are filled in."""
    out = bytearray(struct.pack(order + "2sHI", b"II" if order == "<" else b"MM", 42, 0))
    link = 4
    first = 0
    for tags, strip in pages:
        strip_at = len(out)
        out += strip + b"\0" * (len(strip) % 2)
        tags = {**tags, 273: (4, [strip_at]), 279: (4, [len(strip)])}
        entries = b""
        for tag, (kind, values) in sorted(tags.items()):
            if isinstance(values, bytes):
                raw, count = values, len(values)
            else:
                code = {1: "B", 3: "H", 4: "I", 5: "I"}[kind]
                raw = struct.pack(f"{order}{len(values)}{code}", *values)
                count = len(values) // (2 if kind == 5 else 1)
            if len(raw) > 4:
                place = struct.pack(order + "I", len(out))
                out += raw + b"\0" * (len(raw) % 2)
            else:
                place = raw.ljust(4, b"\0")
            entries += struct.pack(order + "HHI", tag, kind, count) + place
        at = len(out)
        first = first or at
        struct.pack_into(order + "I", out, link, at)
        out += struct.pack(order + "H", len(tags)) + entries
        link = len(out)
        out += bytes(4)
    if loop:
        struct.pack_into(order + "I", out, link, first)
    return bytes(out) + after


def tiff_tags(width, height, bits=8, samples=3, photometric=2, compression=1, **more):
    tags = {256: (4, [width]), 257: (4, [height]), 258: (3, [bits] * samples), 259: (3, [compression]),
            262: (3, [photometric]), 277: (3, [samples]), 278: (4, [height]), 282: (5, [200, 1]),
            283: (5, [200, 1]), 296: (3, [2])}
    tags.update({int(key[1:]): value for key, value in more.items()})
    return tags


def packbits(data):
    out = b""
    for i in range(0, len(data), 128):
        part = data[i:i + 128]
        out += bytes([len(part) - 1]) + part
    return out


def tiff_lzw(data):
    """Codes of nine bits, high bits first, with a clear code often enough."""
    value, count = 256, 9
    for i, byte in enumerate(data):
        if i and i % 200 == 0:
            value, count = value << 9 | 256, count + 9
        value, count = value << 9 | byte, count + 9
    value, count = value << 9 | 257, count + 9
    pad = -count % 8
    return (value << pad).to_bytes((count + pad) // 8, "big")


def fax4_white(rows):
    """Fax group 4 of empty rows: each is one V0, a single 1 bit; then EOFB."""
    bits = "1" * rows + "000000000001" * 2
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")
