"""Presentations of PowerPoint 97-2003 as PowerPoint and attackers write them."""
import struct

import metafilemaker as meta
from compoundmaker import Compound, compound
from picturemaker import flat, jpeg, png, scene
from pptmaker import (CLASS, LOCKED, Show, atom, blip, box, child, drawing, entry, font, group,
                      metafile, notes_page, options, shape, slide, slide_atom, string, text_box,
                      text_records, user)
from rc4lock import Api, Plain
from sample import Sample

FACE = shape(2050, 202, text_box("入札説明会のご案内"))
OLE = compound({"\x01Ole": bytes(20), "Package": b"payload"})
PACKAGE = b"PK\3\4" + bytes(26)


def keeps(name, show, note, **more):
    return Sample(name, show.file(), verdict="unchanged", note=note, **more)


def loses(name, show, kinds, note, extra=None, **more):
    return Sample(name, show.file(extra), removals=kinds.split(), note=note, **more)


def held(name, data, reason, note, **more):
    return Sample(name, data, verdict="blocked", reason=reason, note=note, **more)


def action(kind, link=0, jump=0, sound=0, verb=0, link_type=255, macro="", over=False):
    parts = [atom(4083, struct.pack("<IIBBBBB3x", sound, link, kind, verb, jump, 0, link_type))]
    if macro:
        parts.append(string(macro, 2))
    return box(4082, *parts, instance=int(over))


def link(identifier, target="", place="", name="link"):
    parts = [atom(4051, struct.pack("<I", identifier)), string(name)]
    if target:
        parts.append(string(target, 1))
    if place:
        parts.append(string(place, 3))
    return box(4055, *parts)


def data(*parts):
    return box(0xF011, *parts)


def one(*parts, properties=b"", **more):
    return Show([slide(2, FACE, shape(2051, 1, *parts, properties=properties))], **more)


def tag(name, *records):
    return box(5000, box(5002, string(name), atom(5003, b"".join(records))))


def comment(author="総務課", text="要確認", initials="総"):
    return box(12000, string(author), string(text, 1), string(initials, 2), atom(12001, struct.pack(
        "<I8Hii", 1, 2024, 4, 1, 1, 9, 30, 0, 0, 10, 10)))


def plain():
    yield keeps("plain.ppt", Show([slide(2, FACE)]), "one slide")
    yield keeps("slides.ppt", Show(
        [slide(2, shape(2050, 202, text_box("First"))), slide(3, shape(3074, 202, text_box("二番目")))]),
        "two slides")
    yield keeps("notes.ppt", Show(
        [slide(2, shape(2050, 202, text_box("Agenda\rBudget")), notes=512)],
        [notes_page(3, 256, shape(3074, 202, text_box("話す内容")))]), "a slide with notes")
    yield keeps("outline.ppt", Show(
        [slide(2, shape(2050, 1, data(atom(3011, struct.pack("<IBBH", 0, 13, 0, 0))),
                        box(0xF00D, atom(3998, bytes(4)))))],
        outlines={0: [text_records("Title", 0)]}), "text in the list of slides")
    cells = [child(2052 + i, 1000 * (i % 2), 300 * (i // 2), text_box(f"cell {i}"))
             for i in range(4)]
    yield keeps("table.ppt", Show([slide(2, group(2051, *cells, properties=options(
        (0x39F, 1), (0x3A0, struct.pack("<HHHII", 2, 2, 4, 300, 300)), kind=0xF122)))]),
        "a table of two rows")
    yield keeps("comment.ppt", Show([slide(2, FACE, more=tag("___PPT10", comment()))]),
                "a comment of a reviewer")
    yield keeps("header.ppt", Show([slide(2, FACE)], document=box(
        4057, atom(4058, struct.pack("<HH", 1, 0x35)), string("令和六年"), string("フッター", 2),
        instance=3)), "headers and footers")
    yield keeps("shows.ppt", Show([slide(2, FACE)], document=box(
        1040, box(1041, string("short"), atom(1042, struct.pack("<I", 256))))), "a named show")
    yield keeps("slideshow.pps", Show([slide(2, FACE)]), "a slide show", output="slideshow.ppt")
    yield keeps("template.pot", Show([slide(2, FACE)]), "a template", output="template.ppt")
    yield Sample("version4.ppt", compound(Show([slide(2, FACE)]).tree(), version=4,
                                          class_id=CLASS),
                 verdict="unchanged", note="a compound file of version 4")


def links():
    click = text_box("see", action(4, 1, link_type=8), atom(4063, struct.pack("<II", 0, 3)))
    yield keeps("link.ppt", one(data(action(4, 2, link_type=8)), click, links=link(
        1, "https://www.example.lg.jp/") + link(2, "mailto:a@example.lg.jp")), "links of the web")
    yield keeps("jump.ppt", one(data(action(4, 1, link_type=7)), links=link(
        1, place="256,1,Slide 1")), "a link to a slide")
    yield keeps("next.ppt", one(data(action(3, jump=1))), "a button that leads to the next slide")
    for name, target in (("file", "file:///c:/a.exe"), ("unc", "\\\\10.0.0.1\\a\\b.ppt"),
                         ("script", "javascript:alert(1)"), ("relative", "evil.bat")):
        show = one(data(action(4, 1, link_type=8)), click, links=link(1, target) + link(
            2, "https://www.example.lg.jp/"))
        yield loses(f"link-{name}.ppt", show, "ppt.link", "a link that leads elsewhere")
    for name, parts in (("place", [string("see"), string("..\\evil.exe", 3)]),
                        ("slide", [string("see"), string("256,1,/../evil.exe", 3)])):
        yield loses(f"link-{name}.ppt", one(data(action(4, 1, link_type=8)), links=box(
            4055, atom(4051, struct.pack("<I", 1)), *parts)), "ppt.link",
            "a place that LibreOffice takes for a file")
    yield Sample("link-order.ppt", one(click, links=box(
        4055, atom(4051, struct.pack("<I", 1)), string("http://a.example/", 1),
        string("file:///c:/evil.exe", 2))).file(), removals=["ppt.link"],
        note="a second target, for readers that count the parts")
    yield loses("jump-macro.ppt", one(data(action(3, jump=1, macro="calc.exe"))), "ppt.action",
                "the name of a program at a jump")
    yield loses("link-lists.ppt", one(click, links=link(1, "http://a.example/"), document=box(
        1033, link(1, "file:///c:/a.exe"))), "ppt.link", "a second list of links")
    yield loses("link-twice.ppt", one(data(action(4, 1, link_type=8)), links=link(
        1, "http://a.example/") + link(1, "file:///c:/a.exe")), "ppt.link",
        "two links of one number")
    yield loses("link-nowhere.ppt", one(data(action(4, 7, link_type=8))), "ppt.link",
                "a click without a target")


def actions():
    for kind, name in ((1, "macro"), (2, "program"), (5, "object"), (6, "media"), (99, "unknown")):
        yield loses(f"action-{name}.ppt", one(data(action(kind, macro="calc.exe"))), "ppt.action",
                    "a click that does more than lead on")
    yield loses("action-over.ppt", one(data(action(2, macro="cmd.exe", over=True))), "ppt.action",
                "the pointer alone starts it")
    yield loses("action-text.ppt", one(text_box(
        "run", action(2, macro="cmd.exe"), atom(4063, struct.pack("<II", 0, 3)))), "ppt.action",
        "a text that starts a program")
    yield loses("action-verb.ppt", one(data(action(0, sound=1, verb=3))), "ppt.media",
                "a sound, and a verb, of a click that does nothing")


def code():
    info = box(1023, atom(1024, struct.pack("<III", 4, 1, 2), 0, 2), instance=1)
    vba = compound({"VBA": {"dir": b"\1\x14\xb0\0", "Module1": b'Attribut\0e VB_Name = "Auto_Open"'},
                    "PROJECT": b"ID="})
    yield loses("macro.ppt", Show([slide(2, FACE)], info=info, objects=[atom(4113, vba)]),
                "ole.vba_project", "VBA in the stream of the slides", demo=True)
    yield loses("macro-packed.ppt", Show([slide(2, FACE)], info=info, objects=[
        atom(4113, struct.pack("<I", len(vba)) + vba[::-1], 1)]), "ole.vba_project",
        "VBA, compressed")
    yield loses("no-macro.ppt", Show([slide(2, FACE)], info=box(
        1023, atom(1024, struct.pack("<III", 0, 0, 2), 0, 2), instance=1)), "ppt.record",
        "a place for VBA that is empty")
    yield loses("macros-storage.ppt", Show([slide(2, FACE)]), "ole.vba_project",
                "VBA as Word keeps it", {"Macros": {"PROJECT": b"ID="}})


def objects():
    properties = options((0x4104, 1))
    seen = dict(blips=[entry(0, 0, 0)])
    show = Show([slide(2, FACE, shape(2051, 75, data(atom(3009, struct.pack("<I", 1))),
                                      properties=properties, flags=0xA10))], **seen,
                links=box(4044, atom(4045, bytes(8)), atom(4035, struct.pack(
                    "<6I", 1, 0, 1, 0, 4, 0), 0, 1), string("Package", 2)),
                objects=[atom(4113, OLE)])
    yield loses("embedded.ppt", show, "ole.object", "an embedded package")
    for kind, inner, name in ((4046, 4049, "linked"), (4078, 4091, "control")):
        yield loses(f"{name}.ppt", Show([slide(2, FACE)], links=box(
            kind, atom(inner, bytes(4)), atom(4035, bytes(24), 0, 1))), "ole.object",
            "an object that is linked or a control")
    yield loses("film.ppt", Show([slide(2, FACE)], links=box(
        4102, box(4101, atom(4100, bytes(8)), string("\\\\10.0.0.1\\a.avi")))), "ppt.media",
        "a film of another machine")
    yield loses("sounds.ppt", Show([slide(
        2, FACE, shape(2051, 1, data(box(4116, atom(4081, struct.pack(
            "<IIIiHHBBBBBBH", 0, 0x14, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0), 0, 1)))),
        more=atom(1017, struct.pack("<IIBBHBBH", 0, 1, 0, 0, 0x150, 1, 0, 0)))], document=box(
            2020, atom(2021, bytes(4)), box(2022, string("bang"), atom(2023, b"RIFF")))),
        "ppt.media", "sounds of transitions and effects")
    yield loses("font.ppt", Show([slide(2, FACE)], fonts=font(extra=atom(4024, b"\0\1\0\0ttf"))),
                "ppt.font", "an embedded font")


def tags():
    yield loses("tag-string.ppt", Show([slide(2, FACE, more=box(5000, box(
        5001, string("NAME"), string("value", 1))))]), "ppt.tag", "a tag of an add-in")
    yield loses("tag-unknown.ppt", Show([slide(2, FACE, more=tag(
        "___PPTMac11", atom(1, PACKAGE)))]), "ppt.tag", "a tag that is not known")
    yield loses("tag-timing.ppt", Show([slide(2, FACE, more=tag("___PPT10", comment(), box(
        0xF144, atom(0xF127, bytes(32)))))]), "ole.drawing_record", "animations of PowerPoint 2002")
    yield loses("tag-bullets.ppt", Show([slide(2, FACE)], info=tag(
        "___PPT9", atom(2040, bytes(8)), atom(4016, bytes(4)))), "ppt.tag", "picture bullets")
    yield loses("tag-object.ppt", Show([slide(2, FACE, more=tag(
        "___PPT10", atom(4113, OLE)))]), "ole.object", "an object within a tag")
    yield loses("round-trip.ppt", Show([slide(2, FACE, more=atom(1038, PACKAGE))],
                                       info=atom(11021, PACKAGE)), "ppt.round_trip",
                "packages of later versions")
    yield loses("routing.ppt", Show([slide(2, FACE)], document=atom(1030, b"a@b")),
                "ppt.routing_slip", "a routing slip")
    yield loses("unknown.ppt", Show([slide(2, FACE, more=atom(3333, b"?"))]), "ppt.record",
                "a record that nobody knows")
    yield loses("misplaced.ppt", Show([slide(2, FACE, more=comment())]), "ppt.record",
                "a comment outside of its tag")
    yield loses("flat-slide.ppt", Show([slide(2, FACE), atom(1006, bytes(24))]), "ppt.record",
                "a slide that holds no records")
    yield loses("tag-in-tag.ppt", Show([slide(2, FACE, more=tag(
        "___PPT10", comment(), tag("___PPT9", atom(4016, bytes(4)))))]), "ppt.tag",
        "a tag within a tag")


def properties():
    for number, name in ((0x382, "link"), (0x3A9, "package"), (0x105, "file"), (0x38E, "script")):
        value = PACKAGE if number == 0x3A9 else "\\\\10.0.0.1\\a".encode("utf-16-le")
        yield loses(f"property-{name}.ppt", one(properties=options((4, 1), (0x4000 | number, value))),
                    "ole.shape_property", "a property that holds more than a number")
    yield loses("property-linked.ppt", one(properties=options((0x106, 10))), "ole.shape_property",
                "a picture that is loaded from elsewhere")
    yield loses("property-array.ppt", one(properties=options(
        (0x145, struct.pack("<HHH", 0xFFFF, 0xFFFF, 8) + bytes(8)))), "ole.shape_property",
        "an array that counts more than it has")
    yield keeps("property-good.ppt", one(properties=options(
        (0x145, struct.pack("<HHH", 2, 2, 4) + bytes(8)), (0x380, "図形".encode("utf-16-le")))),
        "points and a name")


def picture_show(*blips):
    pictures, entries = b"", []
    for kind, one_blip in blips:
        entries.append(entry(0, len(pictures), len(one_blip), kind=kind))
        pictures += one_blip
    shapes = [shape(2051 + i, 75, properties=options((0x4104, i + 1)), top=900 + 300 * i)
              for i in range(len(blips))]
    return Show([slide(2, FACE, *shapes)], blips=entries, pictures=pictures)


def pictures():
    rows = scene(24, 16)
    yield keeps("picture.ppt", picture_show((6, blip(png(flat(rows))))), "a PNG")
    yield loses("photo.ppt", picture_show((5, blip(jpeg(rows, after=b"payload"), 0xF01D, 0x46B))),
                "picture.trailing_data", "a JPEG with a payload behind it")
    def drawing(metafile, kind=0xF01A, **more):
        return picture_show((2 if kind == 0xF01A else 3, atom(
            kind, bytes(16) + meta.blip(metafile, **more), 0x3D4 if kind == 0xF01A else 0x216)))

    yield keeps("metafile-emf.ppt", drawing(meta.EMF), "an enhanced metafile")
    yield keeps("metafile-wmf.ppt", drawing(meta.wmf(*meta.WMF_LINES), 0xF01B), "a metafile")
    yield keeps("metafile-unpacked.ppt", drawing(meta.EMF, packed=False), "the same as it stands")
    yield loses("metafile-comment.ppt", drawing(meta.EMF_DUAL), "picture.metafile", "GDI+ in a comment")
    yield loses("metafile-escape.ppt", drawing(meta.WMF_DRIVER, 0xF01B), "picture.metafile",
                "an escape that names a procedure")
    for name in ("cut", "beyond", "nothing"):
        yield loses(f"metafile-{name}.ppt", drawing(meta.EMF_BAD[name][0]), "nested.blocked", name)
    yield loses("metafile-size.ppt", drawing(meta.EMF, size=9), "nested.blocked", "larger than it says")
    yield loses("metafile-none.ppt", picture_show(
        (3, metafile(b"x\x9c" + bytes(20))), (2, metafile(b"x\x9c" + bytes(20), 0xF01A, 0x3D4))),
        "nested.blocked", "what is no metafile")
    yield loses("not-a-picture.ppt", picture_show((6, blip(OLE))), "nested.blocked",
                "a compound file that calls itself a PNG")
    show = picture_show((6, blip(png(flat(rows)))))
    show.blips.append(entry(0, 70000, 100))
    show.objects[0] = show.document()
    yield Sample("picture-lost.ppt", show.file(), verdict="unchanged",
                 note="an entry that leads nowhere")
    show = picture_show((6, blip(png(flat(rows)))))
    show.blips = [entry(0, 0, len(show.pictures), b"c\0:\0", kind=6)]
    show.objects[0] = show.document()
    yield Sample("picture-name.ppt", show.file(), verdict="unchanged", note="an entry with a name")
    bits = struct.pack("<IiiHHIIiiII", 40, 4, 2, 1, 24, 0, 24, 0, 0, 0, 0) + bytes(range(24))
    yield Sample("picture-bitmap.ppt", picture_show((7, blip(bits, 0xF01F, 0x7A8))).file(),
                 verdict="unchanged", note="a bitmap")


def containers():
    show = Show([slide(2, FACE)])
    yield loses("user.ppt", show, "metadata", "who saved it last",
                {"Current User": user(show.stream()[1], name="Taro")})
    yield loses("storages.ppt", show, "ole.storage", "what belongs to nothing",
                {"ObjectPool": {"_1": {"\x01Ole": bytes(20)}}, "\x01CompObj": b"x"})
    yield loses("signed.ppt", show, "ole.signature", "a signature", {"_signatures": b"x"})
    yield Sample("dual.ppt", compound({
        "PP97_DUALSTORAGE": show.tree(), "PowerPoint Document": b"95", "PP40": b"95",
        "Current User": b"95"}, class_id=CLASS), removals=["ole.storage"],
        note="for PowerPoint 95 and 97")
    old, _ = Show([slide(2, shape(2050, 202, text_box("secret of before")))]).stream()
    _, last = Show([slide(2, shape(2050, 202, text_box("secret of before")))]).stream()
    shifted, edit = show.stream(earlier=old, last=last)
    yield Sample("edited.ppt", compound(show.tree(shifted, edit), class_id=CLASS),
                 removals=["ppt.earlier_edit"], note="an earlier save is still in the file")
    shifted, edit = show.stream(earlier=old, last=len(old) + 100000)
    yield Sample("edit-mended.ppt", compound(show.tree(shifted, edit), class_id=CLASS),
                 removals=["ppt.earlier_edit"], note="an edit that names no earlier one")


def broken():
    show = Show([slide(2, FACE)])
    stream, edit = show.stream()
    yield held("encrypted.ppt", compound(show.tree(token=LOCKED, data=stream, edit=edit),
                                         class_id=CLASS), "malformed",
               "says that it is encrypted, and how is not there")
    locked, at = show.stream(edit_more=struct.pack("<I", 9))
    yield held("encrypted-edit.ppt", compound(show.tree(locked, at), class_id=CLASS),
               "malformed", "only the edit says that it is encrypted")
    yield held("powerpoint95.ppt", compound({"PP40": b"95", "Current User": b"x"}),
               "type.unsupported", "PowerPoint 95")
    yield held("no-user.ppt", compound({"PowerPoint Document": stream}), "malformed",
               "nothing says where the edit is")
    yield held("no-edit.ppt", compound(show.tree(stream, 7)), "malformed",
               "the edit is elsewhere")
    yield held("edit-loop.ppt", compound(show.tree(*show.stream(last=edit)), class_id=CLASS),
               "malformed", "an edit that is its own predecessor")
    wrong = bytearray(stream)
    struct.pack_into("<I", wrong, edit + 8 + 12, 0)
    yield held("no-directory.ppt", compound(show.tree(bytes(wrong), edit)), "malformed",
               "no directory")
    wrong = bytearray(stream)
    struct.pack_into("<I", wrong, edit + 8 + 16, 2)
    yield held("no-document.ppt", compound(show.tree(bytes(wrong), edit)), "malformed",
               "the document is a master")
    wrong = bytearray(stream)
    directory = struct.unpack_from("<I", wrong, edit + 8 + 12)[0]
    struct.pack_into("<I", wrong, directory + 8 + 4 + 8, 8)
    yield held("overlap.ppt", compound(show.tree(bytes(wrong), edit)), "malformed",
               "a slide within the document")
    wrong = bytearray(stream)
    struct.pack_into("<I", wrong, directory + 8, 0xFFFFF | 0xFFF << 20)
    yield held("directory-count.ppt", compound(show.tree(bytes(wrong), edit)), "malformed",
               "identifiers beyond their bits")
    yield held("length.ppt", Show([box(1006, slide_atom(), struct.pack(
        "<HHI", 0, 4026, 100))]).file(), "malformed", "a length that leads behind its container")
    deep = b""
    for _ in range(100):
        deep = box(0xF003, deep)
    yield held("deep.ppt", Show([slide(2, deep)]).file(), "limit.depth", "groups in groups")
    yield held("add-in.ppa", show.file(), "type.forbidden", "an add-in")
    cut = bytes(Compound(show.tree(), class_id=CLASS).data())
    yield held("cut.ppt", cut[:-1024], "malformed.truncated", "a file that was cut")


def locked():
    """[MS-PPT] 2.3.7: RC4 by CryptoAPI."""
    word, own = "himitsu", "/01Hannes Ruescher/01"

    def opened(name, show, lock, note, *kinds, passwords=("wrong", word), **more):
        return Sample(name, show.locked(lock, **more), removals=["ole.decrypted", *kinds],
                      passwords=list(passwords), note=note)

    def waits(name, lock, reason, note, passwords=(), verdict="password", **more):
        return Sample(name, one().locked(lock, **more), verdict=verdict, reason=reason,
                      passwords=list(passwords), note=note)

    for bits in (40, 56, 128):
        yield opened(f"locked-{bits}.ppt", Show([slide(2, FACE)]), Api(word, bits), f"a key of {bits} bits")
    yield opened("locked-kanji.ppt", Show([slide(2, FACE)]), Api("秘密"), "a password in Japanese", passwords=["秘密"])
    pixels = flat(scene(24, 16))
    show = picture_show((6, blip(png(pixels))), (6, blip(png(pixels), instance=0x6E1)),
                        (3, metafile(b"x\x9c" + bytes(20))))
    yield opened("locked-pictures.ppt", show, Api(word), "pictures, encrypted field by field",
                 "nested.blocked")
    yield Sample("unlocked-pictures.ppt", show.file(), removals=["nested.blocked"],
                 note="the same without a password")
    yield opened("locked-action.ppt", one(data(action(2, macro="calc.exe"))), Api(word),
                 "what was locked is filtered as anything", "ppt.action")
    yield opened("locked-summary.ppt", one(), Api(word), "properties are encrypted, too",
                 "ole.storage", summary=bytes(100))
    yield opened("locked-default.ppt", Show([slide(2, FACE)]), Api(own), "PowerPoint's own password", passwords=[])
    yield waits("locked-waits.ppt", Api(word), "encrypted", "no password is given")
    yield waits("locked-wrong.ppt", Api(word), "encrypted.wrong_password", "none of them fits",
                ["wrong", "Himitsu"])
    yield waits("locked-aes.ppt", Api(word, cipher=0x660E), "encrypted.unsupported", "AES", [word],
                "blocked")
    yield waits("locked-old.ppt", Api(word), "encrypted.unsupported", "RC4 of Office 97", [word],
                "blocked", header=Plain(word).header())
    yield waits("locked-cut.ppt", Api(word), "malformed.truncated", "a header that was cut", [word],
                "blocked", header=Api(word).header()[:-8])
    yield waits("locked-empty.ppt", Api(word), "malformed.truncated", "no header", [word], "blocked",
                header=b"")


def samples():
    for part in (locked, plain, links, actions, code, objects, tags, properties, pictures, containers,
                 broken):
        yield from part()
