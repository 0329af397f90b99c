"""ZIP archives: Japanese names, passwords, and what must be refused."""
import struct

from sample import Sample, sibling
from zipmaker import UNIX, Entry, unicode_path, zip_file

MEGABYTE = 1 << 20
NOTICE = "入札公告\r\n件名: 庁舎改修工事\r\n".encode()
TABLE = "番号,件名\r\n1,庁舎改修工事\r\n".encode()
# A PE file as far as its signatures go.
PROGRAM = (b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0\x64\x86" +
           bytes(18) + b"This program cannot be run in DOS mode.\r\r\n$" + bytes(200))


def sjis(text):
    return text.encode("cp932")


def blocked(name, data, reason, note, **more):
    return Sample(name, data, verdict="blocked", reason=reason, note=note, **more)


def one(name, data=NOTICE, **more):
    """An archive with one member."""
    return zip_file([Entry(name, data, **more)])


def nested(depth):
    data = one(b"inner.txt")
    for _ in range(depth):
        data = zip_file([Entry(b"inner.zip", data, deflate=False)])
    return data


def good_samples():
    yield Sample("入札関係書類.zip", zip_file([
        Entry(sjis("入札関係/"), deflate=False, attributes=0x10),
        Entry(sjis("入札関係/公告.txt"), NOTICE),
        Entry(sjis("入札関係/一覧表.csv"), TABLE),
        Entry(sjis("入札関係/入札説明書.docm"), sibling("docx", "入札説明書.docm")),
        Entry(sjis("入札関係/現場写真.jpg"), sibling("jpeg", "現場写真.jpg"), deflate=False),
        Entry(sjis("入札関係/電子入札セットアップ.exe"), PROGRAM),
    ]), removals=[
        "archive.member_removed", "archive.member_renamed", "ooxml.macro_enabled",
        "ooxml.vba_project", "picture.exif", "picture.gps", "picture.thumbnail"], demo=True,
        note="CP932 names; the program leaves a note, the rest passes")
    yield Sample("old-office.zip", zip_file([
        Entry(f"plain.{form}".encode(), sibling(form, f"plain.{form}"))
        for form in ("doc", "ppt")]), verdict="unchanged",
        note="members that are compound files in what comes out, too")
    yield Sample("drawings.zip", zip_file([
        Entry(b"a.emf", sibling("emf", "plain.emf")), Entry(b"a.wmf", sibling("wmf", "plain.wmf"))]),
        verdict="unchanged", note="metafiles")
    yield Sample("plain.zip", zip_file([
        Entry(b"notice.txt", NOTICE), Entry(b"table.csv", TABLE),
        Entry("folder/公告.txt".encode(), NOTICE, utf8=True),
        Entry(b"empty.txt", deflate=False),
    ]), verdict="unchanged", note="nothing to remove")
    yield Sample("empty.zip", zip_file([]), verdict="unchanged",
                 note="an archive without members")
    yield Sample("stored.zip", one(b"a.txt", deflate=False),
                 verdict="unchanged")
    yield Sample("descriptor.zip", one(b"a.txt", descriptor=True),
                 verdict="unchanged", note="sizes behind the data")
    yield Sample("zip64.zip", zip_file([
        Entry(b"a.txt", NOTICE, zip64=True)], zip64=True), verdict="unchanged")
    yield Sample("many-refused.zip", zip_file([Entry(b"%d.exe" % i, b"") for i in range(400)]),
                 removals=["archive.member_removed"], note="400 removals before the process has a word to wait for")
    yield Sample("only-program.zip", one(b"setup.exe", PROGRAM),
                 removals=["archive.member_removed"],
                 note="no member passes; the archive does, with a note")
    yield Sample("comments.zip", zip_file([
        Entry(b"a.txt", NOTICE, comment=b"of the member")], comment=b"of all"),
        removals=["archive.comment"])
    yield Sample("extra-fields.zip", zip_file([
        Entry(b"a.txt", NOTICE, extra=struct.pack("<HHBI", 0x5455, 5, 1, 1 << 30))]),
        removals=["archive.extra_fields"])
    yield Sample("nested.zip", nested(3), verdict="unchanged")
    yield Sample("mac.zip", zip_file([
        Entry("\u304b\u3099.txt".encode(), NOTICE, utf8=True, host=UNIX),
        Entry("__MACOSX/._\u304b\u3099.txt".encode(), b"\0\5\26\7" + bytes(80), utf8=True,
              host=UNIX),
        Entry(b".DS_Store", b"\0\0\0\1Bud1" + bytes(40), host=UNIX),
    ]), removals=["archive.name_changed", "archive.system_file"],
        note="names with marks of their own, files of the Finder")
    yield Sample("autorun.zip", one(b"autorun.inf", b"[autorun]\r\nopen=a\r\n"),
                 removals=["archive.member_removed"])
    yield Sample("shortcuts.zip", zip_file([
        Entry(b"a.lnk", b"L\0\0\0" + bytes(80)),
        Entry(b"b.url", b"[InternetShortcut]\r\nURL=http://example.jp/\r\n"),
        Entry(b"c.bat", b"@echo off\r\n"), Entry(b"d.ps1", b"Write-Host 1\r\n"),
        Entry(b"empty.scr", deflate=False), Entry(b"notice.txt", NOTICE),
    ]), removals=["archive.member_removed"])
    yield Sample("trailing-dot.zip", zip_file([
        Entry(b"setup.exe. ", PROGRAM), Entry(b"notice.txt.", NOTICE)]),
        removals=["archive.name_changed", "archive.member_removed"],
        note="Windows drops the dot and runs the program")
    yield Sample("backslash.zip", one(b"folder\\a.txt"),
                 removals=["archive.name_changed"])
    yield Sample("symlink.zip", zip_file([
        Entry(b"link", b"/etc/passwd", deflate=False, host=UNIX,
              attributes=0o120777 << 16), Entry(b"a.txt", NOTICE)]),
        removals=["archive.link", "archive.member_removed"])
    yield Sample("device.zip", zip_file([
        Entry(b"sda", b"", deflate=False, host=UNIX, attributes=0o060660 << 16),
        Entry(b"a.txt", NOTICE)]),
        removals=["archive.link", "archive.member_removed"])
    yield Sample("unknown-compression.zip", zip_file([
        Entry(b"a.txt", NOTICE, method=97), Entry(b"b.txt", NOTICE)]),
        removals=["archive.member_removed"])


def name_samples():
    text = "公告テスト.txt"
    yield Sample("names-cp932.zip", one(sjis(text)), verdict="unchanged")
    yield Sample("names-eucjp.zip", one(text.encode("euc_jp")),
                 verdict="unchanged")
    yield Sample("names-utf8-flag.zip", one(text.encode(), utf8=True),
                 verdict="unchanged")
    yield Sample("names-utf8-no-flag.zip", one(text.encode()),
                 verdict="unchanged")
    raw = sjis(text)
    yield Sample("names-7075.zip", one(raw, extra=unicode_path(raw, text)),
                 verdict="unchanged")
    yield Sample("names-cp932-unix.zip", one(raw, host=UNIX),
                 verdict="unchanged", note="CP932 under a header that says UNIX")
    yield Sample("names-circled.zip", one(sjis("①㈱髙.txt")),
                 verdict="unchanged", note="characters beyond Shift_JIS")


def password_samples():
    for cipher in ("zipcrypto", "aes"):
        def locked(password, **more):
            return zip_file([
                Entry(sjis("公告.txt"), NOTICE, cipher=cipher,
                      password=password, **more),
                Entry(b"table.csv", TABLE, cipher=cipher, password=password,
                      **more)])
        yield Sample(f"{cipher}.zip", locked(b"himitsu"), verdict="password",
                     reason="encrypted", note="waits for its password")
        yield Sample(f"{cipher}-opened.zip", locked(b"himitsu"),
                     removals=["archive.decrypted"],
                     passwords=["wrong", "himitsu"])
        yield Sample(f"{cipher}-wrong.zip", locked(b"himitsu"),
                     verdict="password", reason="encrypted.wrong_password",
                     passwords=["wrong", "also wrong"])
        yield Sample(f"{cipher}-password-cp932.zip", locked(sjis("秘密")),
                     removals=["archive.decrypted"], passwords=["秘密"])
        yield Sample(f"{cipher}-password-utf8.zip", locked("秘密".encode()),
                     removals=["archive.decrypted"], passwords=["秘密"])
        yield Sample(f"{cipher}-nested.zip",
                     zip_file([Entry(b"inner.zip", locked(b"himitsu"))]),
                     removals=["archive.decrypted"], passwords=["himitsu"])
        yield Sample(f"{cipher}-nested-no-password.zip",
                     zip_file([Entry(b"inner.zip", locked(b"himitsu"))]),
                     verdict="password", reason="encrypted")
    for strength, version in ((1, 1), (2, 1), (3, 1), (1, 2)):
        yield Sample(f"aes{64 + 64 * strength}-ae{version}.zip", zip_file([
            Entry(b"a.txt", NOTICE, cipher="aes", password=b"himitsu",
                  aes_strength=strength, aes_version=version)]),
            removals=["archive.decrypted"], passwords=["himitsu"])
    yield Sample("zipcrypto-descriptor.zip", zip_file([
        Entry(b"a.txt", NOTICE, cipher="zipcrypto", password=b"himitsu",
              descriptor=True)]),
        removals=["archive.decrypted"], passwords=["himitsu"])
    changed = bytearray(zip_file([
        Entry(b"a.txt", NOTICE, cipher="aes", password=b"himitsu")]))
    changed[30 + 5 + 11 + 16 + 2 + 3] ^= 1
    yield blocked("aes-changed.zip", bytes(changed), "malformed",
                  "changed after it was encrypted", passwords=["himitsu"])
    strong = bytearray(one(b"a.txt"))
    strong[6] |= 0x41
    strong[strong.index(b"PK\1\2") + 8] |= 0x41
    yield blocked("strong-encryption.zip", bytes(strong),
                  "encrypted.unsupported", "PKWARE strong encryption")
    end = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44 + 28, 62, 62, 0, 0, 1, 1, 60, 0)
    end += bytes(28)
    hidden = bytes(60) + end + struct.pack("<4sIQI", b"PK\6\7", 0, 60, 1)
    hidden += struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 1, 1, 60, 0, 0)
    yield blocked("encrypted-names.zip", b"PK\3\4" + hidden[4:],
                  "encrypted.unsupported", "the directory itself is encrypted")


def bomb_samples():
    zeros = bytes(32 * MEGABYTE)
    flat = one(b"zeros.txt", zeros)
    yield blocked("bomb-flat.zip", flat, "limit.ratio", "32 MB from 32 KB")
    yield blocked("bomb-nested.zip", zip_file([
        Entry(b"%d.zip" % i, flat, deflate=False) for i in range(3)]),
        "limit.ratio", "bombs in an archive")
    noise = struct.pack("<65536I", *((i * 2654435761) & 0xFFFFFFFF for i in range(65536)))
    part = Entry(b"", noise + bytes(64 * MEGABYTE))
    yield blocked("bomb-total.zip", zip_file([
        Entry(b"%d.txt" % i, part.data) for i in range(17)]), "limit.bytes",
        "1 GB in all, no member suspicious by itself")
    yield blocked("bomb-lying.zip", one(b"zeros.txt", zeros, unpacked=1000),
                  "archive.inconsistent", "says 1,000 bytes, holds 32 MB")
    yield blocked("size-too-large.zip", one(b"a.txt", unpacked=len(NOTICE) + 1),
                  "archive.inconsistent", "says one byte more than it holds")
    yield blocked("deep.zip", nested(99), "limit.depth", "100 archives deep")
    yield blocked("many-members.zip", zip_file([
        Entry(b"%d" % i, deflate=False) for i in range(10001)]), "limit.members",
        "10,001 members")
    inner = zip_file([Entry(b"b.txt", NOTICE, deflate=False)])
    local = inner[:inner.index(b"PK\1\2")]
    overlapping = bytearray(zip_file([Entry(b"a.txt", local, deflate=False),
                                      Entry(b"b.txt", NOTICE, deflate=False)]))
    second = overlapping.rindex(b"PK\1\2")
    overlapping[second + 42:second + 46] = struct.pack("<I", 35)
    yield blocked("bomb-overlap.zip", bytes(overlapping), "archive.overlap",
                  "two members share their bytes")


def bad_name_samples():
    for name, raw in (
            ("nul", b"a.txt\0.exe"), ("parent", b"../a.txt"),
            ("parent-inside", b"a/../../b.txt"), ("parent-backslash", b"..\\a.txt"),
            ("absolute", b"/etc/cron.d/a"), ("unc", b"\\\\server\\share\\a.txt"),
            ("drive", b"C:\\Windows\\a.txt"), ("stream", b"a.txt:evil.exe"),
            ("300-bytes", b"a" * 296 + b".txt"), ("device", b"folder/CON.txt"),
            ("control", b"a\x1b[2J.txt"), ("empty", b""), ("double-slash", b"a//b.txt"),
            ("deep-folders", b"a/" * 65 + b"b.txt")):
        yield blocked(f"name-{name}.zip", one(raw), "archive.name_unsafe", repr(raw[:40]))
    yield blocked("name-override.zip", one("invoice\u202excod.exe".encode(), utf8=True),
                  "archive.name_unsafe", "shows as invoiceexe.docx")
    for name, first, second in (
            ("case", b"Report.txt", b"REPORT.TXT"),
            ("fullwidth-case", "Ａ.txt".encode(), "ａ.txt".encode()),
            ("normalisation", "\u304c.txt".encode(), "\u304b\u3099.txt".encode()),
            ("trailing", b"a.txt", b"a.txt."), ("separator", b"a/b.txt", b"a\\b.txt"),
            ("file-and-folder", b"a", b"a/b.txt")):
        yield blocked(f"collision-{name}.zip", zip_file([
            Entry(first, NOTICE, utf8=True), Entry(second, TABLE, utf8=True)]),
            "archive.name_collision", "two names for one file")
    yield blocked("duplicate.zip", zip_file([
        Entry(b"a.txt", NOTICE), Entry(b"a.txt", TABLE)]), "archive.name_collision",
        "the same name twice")


def structure_samples():
    good = zip_file([Entry(b"a.txt", NOTICE), Entry(b"b.txt", TABLE)])
    yield blocked("local-name-differs.zip", one(b"a.txt", local_name=b"a.exe"),
                  "archive.inconsistent", "another name in the local header")
    yield blocked("local-size-differs.zip", one(b"a.txt", local_unpacked=3),
                  "archive.inconsistent", "another size in the local header")
    yield blocked("folder-with-content.zip", one(b"folder/"),
                  "archive.inconsistent", "a folder that holds bytes")
    yield blocked("count-differs.zip", zip_file([
        Entry(b"a.txt", NOTICE), Entry(b"b.txt", TABLE)], count=1),
        "archive.inconsistent", "one member more than the end record counts")
    yield blocked("junk-front.zip", zip_file([Entry(b"a.txt", NOTICE)],
                                             front=b"\xff" * 64),
                  "archive.junk", "foreign bytes in front")
    yield blocked("junk-behind.zip", good + b"\xff" * 64, "archive.junk",
                  "foreign bytes behind")
    yield blocked("junk-between.zip", zip_file([
        Entry(b"a.txt", NOTICE, behind=b"\xff" * 64), Entry(b"b.txt", TABLE)]),
        "archive.junk", "foreign bytes between two members")
    yield blocked("junk-in-member.zip", one(
        b"a.txt", deflate=False, method=8, raw=b"\x03\x00" + b"\xff" * 64,
        crc=0, unpacked=0), "archive.junk", "bytes behind the end of a stream")
    yield blocked("two-ends.zip", zip_file([Entry(b"a.txt", NOTICE)],
                                           comment=good), "archive.junk",
                  "a second archive in the comment")
    yield blocked("self-extracting.zip", PROGRAM + good, "type.executable",
                  "a program in front")
    yield blocked("truncated.zip", good[:-40], "malformed.truncated",
                  "the end is missing")
    flipped = bytearray(one(b"a.txt", deflate=False))
    flipped[40] ^= 4
    yield blocked("bit-flipped.zip", bytes(flipped), "malformed",
                  "one bit of the content is wrong")
    split = bytearray(good)
    split[-18] = 1
    yield blocked("split.zip", bytes(split), "type.unsupported",
                  "one part of a split archive")


def samples():
    yield from good_samples()
    yield from name_samples()
    yield from password_samples()
    yield from bomb_samples()
    yield from bad_name_samples()
    yield from structure_samples()
