"""HEIF and AVIF. The container is written here; the coded pictures (64 x 64
pixels, two greys and two hues) were made once with the encoders of libheif
(x265, libaom) from a picture drawn by hand and are kept as hexadecimal."""
import struct

from picturemaker import XMP, exif, icc
from sample import Sample

HVC_CONFIG = bytes.fromhex(
    "0103700000000000000000001ef000fcfdf8f800000f03200001001840010c01ffff03700000030090000003000003001eba"
    "0240210001002842010103700000030090000003000003001ea020810596ea4929ae6c080000030008000003000840220001"
    "00074401c172b02240")
HVC_DATA = bytes.fromhex(
    "0000001d2801af1980f77c8537fffab7e7fe4c6afc6056967e41ed7e87b487bdbc")
AV1_CONFIG = bytes.fromhex("81000c00")
AV1_DATA = bytes.fromhex(
    "12000a0618157ffd810832181b001a69a68400b4db7ac430fb1c28b02763ae04f9dfab50")


def box(kind, body):
    return struct.pack(">I", 8 + len(body)) + kind + body


def full(kind, body, version=0, flags=0):
    return box(kind, struct.pack(">I", version << 24 | flags) + body)


def heif(brand=b"heic", items=(), references=(), properties=b"", size=(64, 64), after=b"", config=None, data=None):
    """The primary picture is item 1; `items` are (type, data) of 2, 3..."""
    code = b"hvc1" if brand == b"heic" else b"av01"
    config = config or (box(b"hvcC", HVC_CONFIG) if code == b"hvc1" else box(b"av1C", AV1_CONFIG))
    items = [(code, data if data is not None else HVC_DATA if code == b"hvc1" else AV1_DATA)] + list(items)
    head = box(b"ftyp", brand + b"\0\0\0\0" + b"mif1" + brand)
    infos = b"".join(full(b"infe", struct.pack(">HH4sB", i + 1, 0, kind, 0) +
                          (b"application/rdf+xml\0" if kind == b"mime" else b""), 2)
                     for i, (kind, _) in enumerate(items))
    links = b"".join(box(kind, struct.pack(">HHH", source, 1, target)) for kind, source, target in references)
    shared = config + full(b"ispe", struct.pack(">II", *size)) + properties
    extra = 1 if properties else 0
    pictures = [i + 1 for i, (kind, _) in enumerate(items) if kind == code]
    uses = struct.pack(">I", len(pictures)) + b"".join(
        struct.pack(">HB", i, 2 + extra) + b"\x81\x02" + (b"\x03" if extra else b"") for i in pictures)

    def meta(start):
        places, at = b"", start
        for i, (_, body) in enumerate(items):
            places += struct.pack(">HHHII", i + 1, 0, 1, at, len(body))
            at += len(body)
        return full(b"meta", full(b"hdlr", struct.pack(">I4s12sB", 0, b"pict", b"", 0)) +
                    full(b"pitm", struct.pack(">H", 1)) +
                    full(b"iloc", struct.pack(">HH", 0x4400, len(items)) + places) +
                    full(b"iinf", struct.pack(">H", len(items)) + infos) +
                    (full(b"iref", links) if links else b"") +
                    box(b"iprp", box(b"ipco", shared) + full(b"ipma", uses)))

    start = len(head) + len(meta(0)) + 8
    return head + meta(start) + box(b"mdat", b"".join(body for _, body in items)) + after


def converted(name, data, **more):
    return Sample(name, data, verdict="converted", output=name[:-5] + ".jpg", **more)


def samples():
    plain = heif()
    yield converted("plain.heic", plain, note="comes out as JPEG")
    yield converted("plain.avif", heif(b"avif"), note="comes out as JPEG")
    position = struct.pack(">I", 6) + b"Exif\0\0" + exif(1, gps=True)
    yield converted("携帯写真.heic", heif(items=[(b"Exif", position), (b"mime", XMP), (b"hvc1", HVC_DATA),
                                             (b"hvc1", HVC_DATA)],
                                      references=[(b"cdsc", 2, 1), (b"cdsc", 3, 1), (b"thmb", 4, 1)]),
                    removals=["picture.exif", "picture.gps", "picture.xmp", "picture.thumbnail",
                              "picture.extra_image"],
                    note="a phone's photo: position, XMP, thumbnail, a second picture")
    yield converted("profile.heic", heif(properties=box(b"colr", b"prof" + icc())), removals=["picture.icc"])
    yield converted("turned.heic", heif(properties=box(b"irot", b"\1")), note="a quarter turn is applied")
    yield converted("private-box.heic", heif(after=box(b"uuid", bytes(16) + b"private")),
                    removals=["picture.chunk"])
    yield converted("film.heic", heif(after=box(b"moov", b"")), removals=["picture.animation"])
    yield Sample("truncated.heic", plain[:len(plain) - 30], verdict="blocked", reason="malformed.truncated")
    yield Sample("empty-data.heic", heif(data=b""), verdict="blocked", reason="malformed")
    yield Sample("huge.heic", heif(size=(65535, 65535)), verdict="blocked", reason="limit.pixels",
                 note="65,535 x 65,535 pixels with tiny data")
    yield Sample("zero.heic", heif(size=(0, 64)), verdict="blocked", reason="malformed")
    yield Sample("bit-flipped.heic", heif(config=box(b"hvcC", bytes(b ^ 0xFF for b in HVC_CONFIG))),
                 verdict="blocked", reason="malformed")
    yield Sample("many-items.heic", heif(items=[(b"uri ", b"")] * 10001), verdict="blocked", reason="limit.pages")
    yield Sample("no-picture.heic", box(b"ftyp", b"heic\0\0\0\0mif1") + box(b"mdat", b"x"), verdict="blocked",
                 reason="malformed")
