"""JPEG: what cameras, editors and attackers put around the pixels."""
import io
import struct
import zipfile

from picturemaker import XMP, exif, grey, icc, jpeg, jpeg_segment, scene
from sample import Sample

APP1, APP2, APP13, APP14, COM = 0xE1, 0xE2, 0xED, 0xEE, 0xFE


def archive():
    """A ZIP of one stored file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as zipped:
        zipped.writestr(zipfile.ZipInfo("run.txt", (2026, 4, 1, 9, 30, 0)), "hidden")
    return out.getvalue()


def photo_segments():
    thumbnail = jpeg(scene(16, 16))
    return jpeg_segment(APP1, b"Exif\0\0" + exif(6, gps=True, thumbnail=thumbnail, maker=b"MAKER\0secret"))


def samples():
    rows = scene(64, 48)
    plain = jpeg(rows)
    yield Sample("plain.jpg", plain, verdict="unchanged", note="a JPEG with pixels only")
    yield Sample("grey.jpg", jpeg(grey(rows)), verdict="unchanged", note="grey stays grey")
    yield Sample("full-chroma.jpg", jpeg(rows, subsample=1, quality=92), verdict="unchanged",
                 note="4:4:4 stays 4:4:4")
    yield Sample("現場写真.jpg", jpeg(scene(160, 120), photo_segments()), demo=True,
                 removals=["picture.exif", "picture.gps", "picture.thumbnail"],
                 note="a photo of a building site, turned, with the position where it was taken")
    yield Sample("editor.jpg", jpeg(rows, jpeg_segment(APP1, b"http://ns.adobe.com/xap/1.0/\0" + XMP) +
                                    jpeg_segment(APP13, b"Photoshop 3.0\0" + b"8BIM\4\4\0\0\0\0\0\x0c"
                                                 b"\x1c\2\x50\0\6taro\0\0") +
                                    jpeg_segment(COM, "撮影: 太郎".encode())),
                 removals=["picture.xmp", "picture.iptc", "picture.comment"],
                 note="XMP, IPTC and a comment")
    yield Sample("web-shell.jpg", jpeg(rows, jpeg_segment(COM, b"<?php system($_GET['c']); ?>")),
                 verdict="blocked", reason="type.ambiguous", note="a comment that is a web shell")
    yield Sample("picture-and-zip.jpg", plain + archive(), verdict="blocked", reason="type.ambiguous",
                 note="a ZIP behind the end: a picture and an archive in one")
    yield Sample("profile.jpg", jpeg(rows, jpeg_segment(APP2, b"ICC_PROFILE\0\1\1" + icc())),
                 removals=["picture.icc"], note="the profile is turned into sRGB")
    yield Sample("segments.jpg", jpeg(rows, jpeg_segment(0xEB, b"JP\0\1custom") +
                                      jpeg_segment(APP2, b"FPXR\0x") + jpeg_segment(APP1, b"unknown")),
                 removals=["picture.segment"], note="application segments nobody knows")
    yield Sample("jfif-thumbnail.jpg", jpeg(rows, jpeg_segment(0xE0, b"JFIF\0\1\1\1\0\x48\0\x48\2\2" + bytes(12)) +
                                            jpeg_segment(0xE0, b"JFXX\0\x10" + plain[:40]), jfif=False),
                 removals=["picture.thumbnail"], note="thumbnails in JFIF and JFXX")
    yield Sample("trailing.jpg", jpeg(rows, after=b"data behind the end " * 20),
                 removals=["picture.trailing_data"], note="hidden data behind the end")
    index = b"MPF\0" + b"II*\0\x08\0\0\0\0\0\0\0\0\0"
    yield Sample("multi-picture.jpg", jpeg(rows, jpeg_segment(APP2, index), after=jpeg(scene(32, 24))),
                 removals=["picture.extra_image", "picture.trailing_data"],
                 note="a second picture behind the first, as phones write")
    cmyk = [[(255 - r, 255 - g, 255 - b, 255) for r, g, b in row] for row in rows]
    yield Sample("cmyk.jpg", jpeg(cmyk, jpeg_segment(APP14, b"Adobe\0\x64\0\0\0\0\0"), jfif=False),
                 verdict="unchanged", note="CMYK of a print shop becomes RGB")
    yield Sample("no-end-marker.jpg", plain[:-2], verdict="unchanged",
                 note="all rows are there, the end marker is not")
    yield Sample("truncated.jpg", plain[:len(plain) // 2], verdict="blocked", reason="malformed",
                 note="half of the rows are missing")
    yield Sample("truncated-header.jpg", plain[:150], verdict="blocked", reason="malformed.truncated",
                 note="ends within a segment")
    yield Sample("huge.jpg", plain.replace(struct.pack(">HH", 48, 64), struct.pack(">HH", 65535, 65535), 1),
                 verdict="blocked", reason="limit.pixels", note="65,535 x 65,535 pixels with tiny data")
    yield Sample("zero.jpg", plain.replace(struct.pack(">HH", 48, 64), struct.pack(">HH", 48, 0), 1),
                 verdict="blocked", reason="malformed", note="a width of zero")
    flipped = bytearray(plain)
    flipped[flipped.index(b"\xff\xc4") + 3] ^= 0xFF
    yield Sample("bit-flipped.jpg", bytes(flipped), verdict="blocked", reason="malformed",
                 note="a marker segment that makes no sense")
    arithmetic = plain.replace(b"\xff\xc0", b"\xff\xc9", 1)
    yield Sample("arithmetic.jpg", arithmetic, verdict="blocked", reason="type.unsupported",
                 note="arithmetic coding, which no viewer reads")
