"""GIF: still and moving, and what is put between and behind the frames."""
import struct

from picturemaker import GIF_COLORS, GIF_LOOP, XMP, gif, gif_blocks, gif_codes, gif_control, gif_frame, icc
from sample import Sample


MUTED = bytes((200, 40, 60, 60, 180, 90, 40, 60, 200, 90, 90, 90))


def stripes(width, height, shift=0):
    return [[(x + y + shift) // 4 % 3 for x in range(width)] for y in range(height)]


def samples():
    still = gif(40, 30, gif_frame(stripes(40, 30)))
    yield Sample("plain.gif", still, verdict="unchanged", note="a still picture")
    yield Sample("old.gif", gif(40, 30, gif_frame(stripes(40, 30)), version=b"GIF87a"), verdict="unchanged")
    yield Sample("interlaced.gif", gif(40, 30, gif_frame(stripes(40, 30), interlace=True)), verdict="unchanged")
    frames = b"".join(gif_control(10, 1 + i % 2, 3) +
                      gif_frame(stripes(20, 16, i), left=i, top=i,
                                table=GIF_COLORS[::-1] if i == 2 else b"") for i in range(4))
    yield Sample("animated.gif", gif(40, 30, GIF_LOOP + gif_control(20) + gif_frame(stripes(40, 30)) + frames),
                 verdict="unchanged", note="frames, delays, disposal and loop stay")
    yield Sample("案内.gif", gif(40, 30, GIF_LOOP + b"\x21\xfe" + gif_blocks("作成者 太郎".encode()) +
                               b"\x21\xff\x0bXMP DataXMP" + gif_blocks(XMP) +
                               b"\x21\xff\x0bMYAPP   1.0" + gif_blocks(b"private") +
                               gif_control() + gif_frame(stripes(40, 30)) + frames) + b"PAYLOAD" * 30,
                 removals=["picture.comment", "picture.xmp", "picture.segment", "picture.trailing_data"],
                 note="comment, XMP, private block, data behind the end")
    profile = b"\x21\xff\x0bICCRGBG1012" + gif_blocks(icc())
    yield Sample("profile.gif", gif(40, 30, profile + gif_frame(stripes(40, 30), table=MUTED)),
                 removals=["picture.icc"], note="the profile is turned into sRGB")
    yield Sample("no-profile.gif", gif(40, 30, gif_frame(stripes(40, 30), table=MUTED)), verdict="unchanged")
    yield Sample("profile-broken.gif", gif(40, 30, b"\x21\xff\x0bICCRGBG1012" + gif_blocks(icc()[:200]) +
                                           gif_frame(stripes(40, 30))), removals=["picture.icc"])
    yield Sample("unused-colors.gif", gif(8, 8, gif_frame([[0] * 8] * 8), table=GIF_COLORS[:6] + b"HIDDEN"),
                 verdict="unchanged", note="colours no pixel uses become black")
    codes = gif_codes([0] * 64, 2)
    hidden = codes[:1] + gif_blocks(codes[2:-1] + b"hidden behind the codes")
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 8, 8, 0) + hidden
    yield Sample("behind-codes.gif", gif(8, 8, frame), removals=["picture.hidden_data"])
    yield Sample("no-trailer.gif", gif(40, 30, gif_frame(stripes(40, 30)), trailer=b""), verdict="unchanged")
    yield Sample("outside.gif", gif(10, 10, gif_frame(stripes(40, 30))), verdict="unchanged",
                 note="a frame larger than the screen: the screen grows")
    yield Sample("truncated.gif", still[:len(still) // 2], verdict="blocked", reason="malformed.truncated")
    yield Sample("missing-pixels.gif", gif(40, 30, b"\x2c" + struct.pack("<HHHHB", 0, 0, 40, 30, 0) +
                                           gif_codes([0] * 100, 2)), verdict="blocked", reason="malformed")
    flipped = bytearray(still)
    flipped[len(still) // 2] ^= 0xFF
    yield Sample("bit-flipped.gif", bytes(flipped), verdict="blocked", reason="malformed")
    yield Sample("huge.gif", gif(65535, 65535, b"\x2c" + struct.pack("<HHHHB", 0, 0, 65535, 65535, 0) +
                                 gif_codes([0], 2)), verdict="blocked", reason="limit.pixels",
                 note="65,535 x 65,535 pixels with tiny data")
    tiny = gif_frame([[0]])
    yield Sample("many-frames.gif", gif(1, 1, tiny * 10001), verdict="blocked", reason="limit.pages",
                 note="10,001 frames")
    yield Sample("many-large-frames.gif", gif(10000, 10000, tiny * 3), verdict="blocked", reason="limit.pixels",
                 note="tiny frames on a large screen: each is painted whole")
    yield Sample("zero.gif", gif(8, 8, b"\x2c" + struct.pack("<HHHHB", 0, 0, 0, 8, 0) + gif_codes([0], 2)),
                 verdict="blocked", reason="malformed")
    yield Sample("no-table.gif", gif(8, 8, gif_frame([[0] * 8] * 8), table=b""), verdict="blocked",
                 reason="malformed")
    yield Sample("no-frame.gif", gif(8, 8, b""), verdict="blocked", reason="malformed")
