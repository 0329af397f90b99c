"""PNG: every colour type, and what hides between the chunks."""
import struct
import zlib

from picturemaker import (PNG_SIGNATURE, XMP, exif, flat, grey, icc, png, png_chunk, png_header,
                          scene)
from sample import Sample


def animation(rows):
    """Three frames of APNG around the default image: chunks before and after."""
    height, width = len(rows), len(rows[0])

    def control(number):
        return png_chunk(b"fcTL", struct.pack(">IIIIIHHBB", number, width, height, 0, 0, 1, 10, 0, 0))

    raw = b"".join(b"\0" + bytes(width * 3) for _ in range(height))
    frame = png_chunk(b"fdAT", struct.pack(">I", 2) + zlib.compress(raw))
    return png_chunk(b"acTL", struct.pack(">II", 2, 0)) + control(0), control(1) + frame


def samples():
    rows = scene(48, 32)
    rgb = flat(rows)
    plain = png(rgb)
    yield Sample("plain.png", plain, verdict="unchanged", note="a PNG with pixels only")
    yield Sample("grey-1bit.png", png([[v // 128 for v in row] for row in grey(rows)], 1, 0), verdict="unchanged",
                 note="one bit per pixel stays one bit")
    yield Sample("grey-2bit.png", png([[v // 64 for v in row] for row in grey(rows)], 2, 0), verdict="unchanged")
    yield Sample("grey-4bit.png", png([[v // 16 for v in row] for row in grey(rows)], 4, 0), verdict="unchanged")
    yield Sample("grey-alpha.png", png([[s for x, v in enumerate(row) for s in (v, x * 5)]
                                        for row in grey(rows)], 8, 4), verdict="unchanged")
    yield Sample("rgb-16bit.png", png([[v * 257 - v // 3 for v in row] for row in rgb], 16, 2),
                 verdict="unchanged", note="16 bits stay 16 bits")
    yield Sample("rgba-interlaced.png",
                 png([[s for x, p in enumerate(row) for s in (*p, 255 - x)] for row in rows], 8, 6, interlace=True),
                 verdict="unchanged", note="Adam7 comes out without")
    colors = [(255, 0, 0), (0, 128, 0), (0, 0, 255), (255, 255, 255), (9, 9, 9)]
    indices = [[(x // 6 + y // 5) % 5 for x in range(40)] for y in range(30)]
    palette = png_chunk(b"PLTE", b"".join(bytes(c) for c in colors))
    yield Sample("palette.png", png(indices, 4, 3, palette + png_chunk(b"tRNS", bytes([255, 255, 255, 0]))),
                 verdict="unchanged", note="palette and transparency stay")
    yield Sample("color-key.png", png(rgb, 8, 2, png_chunk(b"tRNS", struct.pack(">HHH", *rows[0][0]))),
                 verdict="unchanged", note="a transparent colour")
    yield Sample("density.png", png(rgb, before=png_chunk(b"pHYs", struct.pack(">IIB", 11811, 11811, 1))),
                 verdict="unchanged", note="300 dpi stay: page layouts depend on it")
    yield Sample("画面.png", png(rgb, before=png_chunk(b"tEXt", b"Author\0taro") +
                               png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"secret " * 50)) +
                               png_chunk(b"iTXt", b"Title\0\0\0ja\0\0" + "庁舎".encode()) +
                               png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP) +
                               png_chunk(b"eXIf", exif(gps=True)) + png_chunk(b"tIME", bytes([7, 234, 4, 1, 9, 0, 0])) +
                               png_chunk(b"prVt", b"private"),
                               after=png_chunk(b"tEXt", b"Software\0editor")),
                 removals=["picture.comment", "picture.xmp", "picture.exif", "picture.gps", "picture.chunk"],
                 note="texts, XMP, EXIF with a position, private chunks")
    yield Sample("profile.png", png(rgb, before=png_chunk(b"iCCP", b"P3\0\0" + zlib.compress(icc()))),
                 removals=["picture.icc"])
    yield Sample("gamma.png", png(rgb, before=png_chunk(b"gAMA", struct.pack(">I", 45455)) +
                                  png_chunk(b"sRGB", b"\0")), removals=["picture.color"])
    before, after = animation(rows)
    yield Sample("animated.png", png(rgb, before=before, after=after), removals=["picture.animation"],
                 note="APNG: the still picture is left")
    yield Sample("trailing.png", plain + b"data behind the end" * 10, removals=["picture.trailing_data"])
    yield Sample("profile-bomb.png", png(rgb, before=png_chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(20000000), 9))),
                 removals=["picture.icc"], note="a profile that unpacks to 20 MB")
    yield Sample("text-bomb.png", png(rgb, before=png_chunk(b"zTXt", b"x\0\0" + zlib.compress(bytes(20000000), 9))),
                 removals=["picture.comment"], note="a text that unpacks to 20 MB is never unpacked")
    yield Sample("truncated.png", plain[:len(plain) - 40], verdict="blocked", reason="malformed.truncated")
    short = PNG_SIGNATURE + png_header(48, 32, 8, 2) + png_chunk(b"IDAT", zlib.compress(bytes(145 * 8))) + \
        png_chunk(b"IEND", b"")
    yield Sample("missing-rows.png", short, verdict="blocked", reason="malformed",
                 note="well-formed chunks, a quarter of the rows")
    yield Sample("huge.png", PNG_SIGNATURE + png_header(65535, 65535, 8, 2) + png_chunk(b"IDAT", zlib.compress(b"")) +
                 png_chunk(b"IEND", b""), verdict="blocked", reason="limit.pixels",
                 note="65,535 x 65,535 pixels with tiny data")
    yield Sample("wide.png", PNG_SIGNATURE + png_header(2000000000, 2000000000, 16, 6) +
                 png_chunk(b"IDAT", zlib.compress(b"")) + png_chunk(b"IEND", b""),
                 verdict="blocked", reason="limit.pixels")
    yield Sample("bomb.png", PNG_SIGNATURE + png_header(9900, 9900, 1, 0) + png_chunk(b"IDAT", b"x") +
                 png_chunk(b"IEND", b""), verdict="blocked", reason="limit.pixels",
                 note="98 million pixels from one byte")
    yield Sample("zero.png", PNG_SIGNATURE + png_header(0, 32, 8, 2) + png_chunk(b"IDAT", zlib.compress(b"")) +
                 png_chunk(b"IEND", b""), verdict="blocked", reason="malformed")
    flipped = bytearray(plain)
    flipped[len(plain) // 2] ^= 0x10
    yield Sample("bit-flipped.png", bytes(flipped), verdict="blocked", reason="malformed", note="a wrong CRC")
    overfull = PNG_SIGNATURE + png_header(8, 8, 8, 2) + png_chunk(b"IDAT", zlib.compress(bytes(30000000), 9)) + \
        png_chunk(b"IEND", b"")
    yield Sample("overfull.png", overfull, verdict="unchanged",
                 note="30 MB behind 8 x 8 pixels are not unpacked")
    yield Sample("unknown-critical.png", plain[:33] + png_chunk(b"CgBI", b"\0\0\0\0") + plain[33:],
                 verdict="blocked", reason="malformed", note="a critical chunk nobody knows")
