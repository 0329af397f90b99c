"""TIFF: pages of scanners, and what the directories point to besides."""
import struct
import zlib

from picturemaker import XMP, fax4_white, grey, icc, packbits, scene, tiff, tiff_lzw, tiff_tags
from sample import Sample


def samples():
    width, height = 40, 30
    rows = scene(width, height)
    rgb = bytes(v for row in rows for p in row for v in p)
    light = bytes(v for row in grey(rows) for v in row)
    plain = tiff([(tiff_tags(width, height), rgb)])
    yield Sample("plain.tif", plain, verdict="unchanged", note="three bytes per pixel, no compression")
    yield Sample("big-endian.tif", tiff([(tiff_tags(width, height), rgb)], order=">"), verdict="unchanged")
    yield Sample("grey-packbits.tif", tiff([(tiff_tags(width, height, 8, 1, 1, 32773), packbits(light))]),
                 verdict="unchanged")
    yield Sample("lzw.tif", tiff([(tiff_tags(width, height, 8, 3, 2, 5), tiff_lzw(rgb))]), verdict="unchanged")
    yield Sample("deflate.tif", tiff([(tiff_tags(width, height, 8, 3, 2, 8), zlib.compress(rgb))]),
                 verdict="unchanged")
    deep = struct.pack(f"<{len(light)}H", *(v * 257 - v // 2 for v in light))
    yield Sample("16bit.tif", tiff([(tiff_tags(width, height, 16, 1, 1), deep)]), verdict="unchanged",
                 note="16 bits stay 16 bits")
    bits = b"".join(bytes([0x0F, 0xFF, 0x81, 0x00, 0x3C]) for _ in range(height))
    yield Sample("bilevel.tif", tiff([(tiff_tags(width, height, 1, 1, 0), bits)]), verdict="unchanged",
                 note="one bit per pixel stays, as fax group 4")
    yield Sample("bilevel-black.tif", tiff([(tiff_tags(width, height, 1, 1, 1), bits)]), verdict="unchanged")
    page = tiff_tags(1728, 2200, 1, 1, 0, 4), fax4_white(2200)
    yield Sample("fax.tif", tiff([page] * 3), verdict="unchanged", note="three pages of a fax")
    colors = [0, 65535, 0, 30000] + [0] * 252 + [0, 0, 65535, 30000] + [0] * 252 + [65535, 0, 0, 30000] + [0] * 252
    indices = bytes((x // 5 + y // 4) % 4 for y in range(height) for x in range(width))
    yield Sample("palette.tif", tiff([(tiff_tags(width, height, 8, 1, 3, t320=(3, colors)), indices)]),
                 verdict="unchanged", note="a palette stays a palette")
    yield Sample("turned.tif", tiff([(tiff_tags(width, height, t274=(3, [6])), rgb)]), verdict="unchanged",
                 note="a quarter turn is applied")
    other = tiff_tags(20, 10, 8, 1, 1), bytes(range(200))
    yield Sample("図面.tif", tiff([(tiff_tags(width, height, t270=(2, b"secret plan\0"), t315=(2, b"taro\0"),
                                          t700=(1, list(XMP)), t33723=(7, b"\x1c\2\x50\0\4taro"), t65000=(7, b"private"),
                                          t34665=(4, [8]), t34853=(4, [8])), rgb), other]),
                 removals=["picture.comment", "picture.xmp", "picture.iptc", "picture.tag", "picture.exif",
                           "picture.gps"], note="texts, XMP, IPTC, private tags; two pages of two sizes")
    yield Sample("profile.tif", tiff([(tiff_tags(width, height, t34675=(7, icc())), rgb)]),
                 removals=["picture.icc"])
    yield Sample("sub-picture.tif", tiff([(tiff_tags(width, height, t330=(4, [8])), rgb)]),
                 removals=["picture.extra_image"])
    small = tiff_tags(20, 10, 8, 1, 1, t254=(4, [1])), bytes(200)
    yield Sample("thumbnail.tif", tiff([(tiff_tags(width, height), rgb), small]), removals=["picture.thumbnail"])
    yield Sample("trailing.tif", tiff([(tiff_tags(width, height), rgb)], b"behind the end " * 9),
                 removals=["picture.trailing_data"])
    yield Sample("truncated.tif", plain[:len(plain) - 60], verdict="blocked", reason="malformed.truncated")
    head = tiff([(tiff_tags(width, height, t282=(5, [200, 1])), b"")])
    yield Sample("missing-strip.tif", head.replace(struct.pack("<HHII", 279, 4, 1, 0),
                                                   struct.pack("<HHII", 279, 4, 1, 3600)),
                 verdict="blocked", reason="malformed.truncated")
    yield Sample("short-strip.tif", tiff([(tiff_tags(width, height), rgb[:900])]), verdict="blocked",
                 reason="malformed", note="a quarter of the rows")
    yield Sample("loop.tif", tiff([(tiff_tags(width, height), rgb), other], loop=True), verdict="blocked",
                 reason="malformed", note="directories that lead back to the first")
    tiny = tiff_tags(1, 1, 8, 1, 1), b"\0"
    yield Sample("many-pages.tif", tiff([tiny] * 60000), verdict="blocked", reason="limit.pages",
                 note="60,000 pages")
    yield Sample("huge.tif", tiff([(tiff_tags(65535, 65535, 8, 3, 2, 5), b"\x80\x00")]), verdict="blocked",
                 reason="limit.pixels", note="65,535 x 65,535 pixels with tiny data")
    yield Sample("zero.tif", tiff([(tiff_tags(0, height), rgb)]), verdict="blocked", reason="malformed")
    packed = zlib.compress(rgb)
    flipped = packed[:1] + bytes([packed[1] ^ 0xFF]) + packed[2:]
    yield Sample("bit-flipped.tif", tiff([(tiff_tags(width, height, 8, 3, 2, 8), flipped)]),
                 verdict="blocked", reason="malformed")
    yield Sample("old-jpeg.tif", tiff([(tiff_tags(width, height, 8, 3, 6, 6), rgb)]), verdict="blocked",
                 reason="type.unsupported", note="JPEG of TIFF 6.0, given up in 1995")
