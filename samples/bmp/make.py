"""BMP: every depth and coding; all of them come out as PNG."""
import struct

from picturemaker import bmp, bmp_rows, icc, scene
from sample import Sample


def converted(name, data, **more):
    return Sample(name, data, verdict="converted", output=name[:-4] + ".png", **more)


def samples():
    width, height = 37, 20
    rows = scene(width, height)
    bgr = [[v for r, g, b in row for v in (b, g, r)] for row in rows]
    true = bmp(width, height, 24, bmp_rows(bgr, 24))
    colors = b"".join(bytes([b, g, r, 0]) for r, g, b in ((255, 255, 255), (255, 0, 0), (0, 128, 0), (0, 0, 200)))
    indices = [[(x // 3 + y // 2) % 4 for x in range(width)] for y in range(height)]
    yield converted("plain.bmp", true, note="24 bits")
    yield converted("top-down.bmp", bmp(width, height, 24, bmp_rows(bgr[::-1], 24), top_down=True))
    yield converted("os2.bmp", bmp(width, height, 24, bmp_rows(bgr, 24), size=12), note="the oldest header")
    yield converted("1bit.bmp", bmp(width, height, 1, bmp_rows([[v % 2 for v in row] for row in indices], 1),
                                    colors[:8]))
    yield converted("4bit.bmp", bmp(width, height, 4, bmp_rows(indices, 4), colors.ljust(64, b"\x40")))
    yield converted("8bit.bmp", bmp(width, height, 8, bmp_rows(indices, 8), colors))
    yield converted("16bit.bmp", bmp(width, height, 16, bmp_rows(
        [[(r >> 3) << 10 | (g >> 3) << 5 | b >> 3 for r, g, b in row] for row in rows], 16)))
    yield converted("16bit-565.bmp", bmp(width, height, 16, bmp_rows(
        [[(r >> 3) << 11 | (g >> 2) << 5 | b >> 3 for r, g, b in row] for row in rows], 16),
        struct.pack("<III", 0xF800, 0x07E0, 0x001F), compression=3))
    yield converted("32bit.bmp", bmp(width, height, 32, bmp_rows(
        [[v for r, g, b in row for v in (b, g, r, 0)] for row in rows], 32)))
    masks = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    alpha = bmp_rows([[v for x, (r, g, b) in enumerate(row) for v in (b, g, r, x * 6)] for row in rows], 32)
    yield converted("32bit-alpha.bmp", bmp(width, height, 32, alpha, compression=3, size=108, extra=masks))
    runs = b"".join(bytes([width, y % 4]) + b"\0\0" for y in range(height - 1)) + \
        b"\0\5\1\2\3\2\1\0" + b"\0\2\4\0" + bytes([9, 2]) + b"\0\1"
    yield converted("rle8.bmp", bmp(width, height, 8, runs, colors, compression=1))
    runs = b"".join(bytes([width, 0x12]) + b"\0\0" for _ in range(height - 1)) + b"\0\5\x12\x31\x20\0" + b"\0\1"
    yield converted("rle4.bmp", bmp(width, height, 4, runs, colors.ljust(64, b"\0"), compression=2))
    profile = icc()
    v5 = masks + struct.pack("<I", 0x4D424544) + bytes(48) + \
        struct.pack("<IIII", 4, 124 + len(alpha), len(profile), 0)
    yield converted("profile.bmp", bmp(width, height, 32, alpha, compression=3, size=124, extra=v5, after=profile),
                    removals=["picture.icc"])
    yield converted("hidden.bmp", bmp(width, height, 24, bmp_rows(bgr, 24), gap=b"between " * 9,
                                      after=b"behind " * 9),
                    removals=["picture.hidden_data", "picture.trailing_data"])
    yield Sample("truncated.bmp", true[:len(true) // 2], verdict="blocked", reason="malformed.truncated")
    yield Sample("truncated-runs.bmp", bmp(width, height, 8, runs[:-6], colors, compression=1), verdict="blocked",
                 reason="malformed.truncated")
    yield Sample("huge.bmp", bmp(65535, 65535, 24, b"tiny"), verdict="blocked", reason="limit.pixels")
    yield Sample("run-bomb.bmp", bmp(9000, 9000, 8, b"\0\1", colors, compression=1), verdict="blocked",
                 reason="limit.pixels", note="81 million pixels from two bytes")
    yield Sample("zero.bmp", bmp(0, 10, 24, b""), verdict="blocked", reason="malformed")
    yield Sample("bit-flipped.bmp", true[:28] + bytes([true[28] ^ 0x0F]) + true[29:], verdict="blocked",
                 reason="malformed", note="a depth that does not exist")
    yield Sample("outside.bmp", true[:10] + struct.pack("<I", 0x7FFFFFFF) + true[14:], verdict="blocked",
                 reason="malformed.truncated", note="pixels far outside the file")
    yield Sample("jpeg-inside.bmp", bmp(width, height, 24, b"\xff\xd8\xff", compression=4), verdict="blocked",
                 reason="type.unsupported")
