"""WebP: lossless, lossy, moving, and the chunks around the pixels."""
import struct

from picturemaker import XMP, exif, icc, riff_chunk, vp8, vp8l, webp, webp_extended, webp_frame
from sample import Sample

WIDTH, HEIGHT = 32, 24
COLORS = [(200, 40, 60, 255), (200, 220, 60, 255)]


def checks(shift=0, width=WIDTH, height=HEIGHT):
    return [[(x + shift) // 4 % 2 ^ y // 4 % 2 for x in range(width)] for y in range(height)]


def picture(shift=0):
    return riff_chunk(b"VP8L", vp8l(checks(shift), COLORS))


def lossy(width=64, height=48):
    """Coefficients out of nowhere: a cloudy picture."""
    state, tokens = 1, bytearray()
    while len(tokens) < width * height:
        state = state * 1103515245 + 12345 & 0x7FFFFFFF
        tokens.append(state >> 16 & 0xFF)
    return riff_chunk(b"VP8 ", vp8(width, height, bytes(tokens)))


def samples():
    yield Sample("lossy.webp", webp(lossy()), verdict="unchanged", note="lossy stays lossy")
    yield Sample("lossy-profile.webp", webp(webp_extended(64, 48, 0x20) + riff_chunk(b"ICCP", icc()) + lossy()),
                 removals=["picture.icc"])
    yield Sample("lossy-truncated.webp", webp(lossy()[:-900]), verdict="blocked", reason="malformed.truncated")
    cut = lossy()
    yield Sample("lossy-huge.webp", webp(cut[:14] + struct.pack("<HH", 16383, 16383) + cut[18:]),
                 verdict="blocked", reason="limit.pixels", note="16,383 x 16,383 pixels with tiny data")
    plain = webp(picture())
    yield Sample("plain.webp", plain, verdict="unchanged", note="lossless stays lossless")
    half = [(200, 40, 60, 128), (200, 220, 60, 128)]
    yield Sample("alpha.webp", webp(riff_chunk(b"VP8L", vp8l(checks(), half))), verdict="unchanged")
    frames = b"".join(webp_frame(0, 0, WIDTH, HEIGHT, 100 + i, picture(i * 2)) for i in range(3))
    anim = riff_chunk(b"ANIM", struct.pack("<IH", 0xFFFFFFFF, 2))
    yield Sample("animated.webp", webp(webp_extended(WIDTH, HEIGHT, 0x02) + anim + frames), verdict="unchanged",
                 note="frames, delays and loop stay")
    extras = riff_chunk(b"EXIF", exif(1, gps=True)) + riff_chunk(b"XMP ", XMP) + riff_chunk(b"prVt", b"private")
    yield Sample("地図.webp", webp(webp_extended(WIDTH, HEIGHT, 0x0C) + picture() + extras),
                 removals=["picture.exif", "picture.gps", "picture.xmp", "picture.chunk"],
                 note="EXIF with a position, XMP, a private chunk")
    yield Sample("turned.webp", webp(webp_extended(WIDTH, HEIGHT, 0x08) + picture() + riff_chunk(b"EXIF", exif(6))),
                 removals=["picture.exif"], note="a quarter turn is applied")
    yield Sample("profile.webp", webp(webp_extended(WIDTH, HEIGHT, 0x20) + riff_chunk(b"ICCP", icc()) + picture()),
                 removals=["picture.icc"])
    inner = webp_frame(0, 0, WIDTH, HEIGHT, 100, picture() + riff_chunk(b"xtra", b"inside a frame"))
    yield Sample("inside-frame.webp", webp(webp_extended(WIDTH, HEIGHT, 0x02) + anim + inner + frames),
                 removals=["picture.chunk"])
    yield Sample("trailing.webp", webp(picture(), b"behind the end " * 9), removals=["picture.trailing_data"])
    yield Sample("truncated.webp", plain[:len(plain) - 20], verdict="blocked", reason="malformed.truncated")
    cut = vp8l(checks(), COLORS)
    yield Sample("missing-pixels.webp", webp(riff_chunk(b"VP8L", cut[:len(cut) - 20])), verdict="blocked",
                 reason="malformed")
    wide = bytearray(cut)
    wide[1:5] = struct.pack("<I", 0x0FFFFFFF)
    yield Sample("huge.webp", webp(riff_chunk(b"VP8L", bytes(wide))), verdict="blocked", reason="limit.pixels",
                 note="16,384 x 16,384 pixels with tiny data")
    yield Sample("wide-canvas.webp", webp(webp_extended(1 << 24, 1 << 24, 0x02) + anim + frames), verdict="blocked",
                 reason="limit.pixels")
    tiny = webp_frame(0, 0, 1, 1, 10, riff_chunk(b"VP8L", vp8l([[0]], COLORS)))
    yield Sample("many-frames.webp", webp(webp_extended(1, 1, 0x02) + anim + tiny * 10001), verdict="blocked",
                 reason="limit.pages")
    flipped = bytearray(plain)
    flipped[20] ^= 0xFF
    yield Sample("bit-flipped.webp", bytes(flipped), verdict="blocked", reason="malformed")
    yield Sample("no-picture.webp", webp(webp_extended(WIDTH, HEIGHT, 0)), verdict="blocked", reason="malformed")
