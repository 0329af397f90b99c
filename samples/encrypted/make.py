"""OOXML documents under a password: every way to lock one, wrong passwords, what nobody
can open, and broken compound files."""
import struct

from compoundmaker import END, FREE, Compound
from officelock import Agile, Standard, data_spaces, locked, tree
from sample import Sample, sibling
from zipmaker import Entry, zip_file

WORD = sibling("docx", "plain.docx")
SHEET = sibling("xlsx", "plain.xlsx")
BOOK = sibling("xlsb", "料金表.xlsb")
SLIDES = sibling("pptx", "plain.pptx")
PASSWORD = "himitsu"
EXCEL = "VelvetSweatshop"


def opened(name, data, *removals, passwords=(PASSWORD,), **more):
    return Sample(name, data, removals=["ooxml.decrypted", *removals], passwords=list(passwords),
                  **more)


def held(name, data, reason, note, verdict="blocked", passwords=(PASSWORD,)):
    return Sample(name, data, verdict=verdict, reason=reason, note=note,
                  passwords=list(passwords))


def agile():
    for digest, bits in (("SHA1", 128), ("SHA256", 192), ("SHA384", 256), ("SHA512", 256)):
        yield opened(f"agile-{digest.lower()}-{bits}.docx",
                     locked(Agile(WORD, PASSWORD, digest, bits)))
    lock = Agile(SHEET, PASSWORD, spin=100000)
    yield opened("料金表.xlsx", locked(lock), note="as Excel 2013 and later lock it")
    yield opened("agile.pptx", locked(Agile(SLIDES, PASSWORD)), passwords=["wrong", PASSWORD])
    yield opened("agile.xlsb", locked(Agile(BOOK, PASSWORD)))
    yield opened("version4.docx", locked(Agile(WORD, PASSWORD), version=4),
                 note="a compound file of version 4")
    kanji = Agile(WORD, "秘密の言葉🔑")
    yield opened("kanji.docx", locked(kanji), passwords=["秘密の言葉🔑"])
    lock = Agile(WORD, PASSWORD)
    yield opened("no-integrity.docx", locked(lock, lock.info(lock.descriptor(integrity=""))),
                 note="a writer that makes no HMAC")
    yield opened("certificate-too.docx", locked(lock, lock.info(lock.descriptor(
        lock.certificate() + lock.encryptor()))), note="a password opens it, a certificate too")
    macro = Agile(sibling("docx", "入札説明書.docm"), PASSWORD)
    yield opened("macro.docm", locked(macro), "ooxml.vba_project", "ooxml.macro_enabled",
                 output="macro.docx", note="what was locked is rebuilt as any document")
    yield opened("renamed.pdf", locked(lock), "type.renamed", output="renamed.docx")


def standard():
    for bits, version in ((128, (3, 2)), (192, (2, 2)), (256, (4, 2))):
        lock = Standard(WORD, PASSWORD, bits, version)
        yield opened(f"standard-{bits}.docx", locked(lock), note="as Office 2007 locks it")
    yield opened("standard.xlsx", locked(Standard(SHEET, "秘密")), passwords=["", "秘密"])
    yield opened("standard.xlsb", locked(Standard(BOOK, PASSWORD)), note="a binary workbook")


def default():
    yield opened("default.xlsx", locked(Agile(SHEET, EXCEL)), passwords=[],
                 note="Excel's own password: nobody is asked for it")
    yield opened("default-standard.xlsx", locked(Standard(SHEET, EXCEL)), passwords=["wrong"])


def waiting():
    lock = Agile(WORD, PASSWORD)
    yield held("waits.docx", locked(lock), "encrypted", "no password is given", "password", [])
    yield held("wrong.docx", locked(lock), "encrypted.wrong_password", "none of them fits",
               "password", ["wrong", "also wrong"])
    yield held("long.docx", locked(lock), "encrypted.wrong_password",
               "longer than Office allows", "password", ["a" * 256])
    yield held("standard-waits.docx", locked(Standard(WORD, PASSWORD)), "encrypted", "the same",
               "password", [])
    inside = zip_file([Entry(b"a.txt", b"text\r\n"), Entry(b"locked.docx", locked(lock))])
    yield held("inside.zip", inside, "encrypted", "an archive with one", "password", [])
    yield opened("inside-given.zip", inside)


def impossible():
    lock = Agile(WORD, PASSWORD)
    rights = {"EncryptedPackage": lock.stream,
              "\x06DataSpaces": data_spaces("DRMEncryptedDataSpace", "DRMEncryptedTransform",
                                            b"<XrML/>")}
    yield held("rights.docx", bytes(Compound(rights).data()), "encrypted.rights_managed",
               "rights management: only a server has the key")
    old = {"WordDocument": b"\xec\xa5" + bytes(4200), "\tDRMContent": bytes(5000)}
    yield held("rights.doc", bytes(Compound(old).data()), "encrypted.rights_managed",
               "the same in an old document")
    info = struct.pack("<HHI", 4, 3, 0x10) + bytes(64)
    yield held("extensible.docx", locked(lock, info), "encrypted.extensible",
               "a program of its own")
    info = lock.info(lock.descriptor(lock.certificate()))
    yield held("certificate.docx", locked(lock, info), "encrypted.unsupported",
               "for the owner of a certificate")
    rc4 = Standard(WORD, PASSWORD, flags=0x04, algorithm=0x6801)
    yield held("rc4.docx", locked(rc4), "encrypted.unsupported", "RC4, which Office never wrote")
    for name, cipher in (("des", {"cipherAlgorithm": "3DES"}), ("md5", {"hashAlgorithm": "MD5"}),
                         ("cfb", {"cipherChaining": "ChainingModeCFB"})):
        other = Agile(WORD, PASSWORD, cipher=cipher)
        yield held(f"{name}.docx", locked(other), "encrypted.unsupported", "not what Office writes")
    slow = Agile(WORD, PASSWORD, spin_said=10000001)
    yield held("slow.docx", locked(slow), "limit.cpu", "hours of hashing")
    slow = Agile(WORD, PASSWORD, spin_said=9999999)
    yield held("slow-tries.docx", locked(slow), "limit.cpu", "within the limit, but not three times",
               passwords=["a", "b", "c"])


def forged():
    lock = Agile(WORD, PASSWORD)
    changed = bytearray(lock.stream)
    changed[-100] ^= 1
    yield held("changed.docx", locked(lock, stream=bytes(changed)), "encrypted.integrity",
               "changed by somebody without the password")
    yield held("cut.docx", locked(lock, stream=lock.stream[:-512]), "malformed.truncated",
               "shorter than it says")
    long = struct.pack("<Q", 1 << 40) + lock.stream[8:]
    yield held("long-said.docx", locked(lock, stream=long), "limit.bytes", "says it is a terabyte")
    yield held("empty.docx", locked(lock, stream=bytes(8)), "malformed", "nothing in it")
    plain = zip_file([Entry(b"a.txt", b"text\r\n")])
    yield held("zip.docx", locked(Agile(plain, PASSWORD)), "type.unsupported",
               "an archive is no document")
    program = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + bytes(200)
    yield held("program.docx", locked(Agile(program, PASSWORD)), "type.executable",
               "a program under the lock")
    twice = Agile(locked(lock), PASSWORD)
    yield held("twice.docx", locked(twice), "type.unsupported", "a locked document in another")
    doctype = '<!DOCTYPE encryption [<!ENTITY a "aaaa">]>'
    yield held("dtd.docx", locked(lock, lock.info(lock.descriptor(doctype=doctype))), "xml.dtd",
               "a descriptor with entities")
    good = lock.descriptor()
    broken = {
        "no-key": lock.descriptor(encryptors=""),
        "two-keys": lock.descriptor(lock.encryptor() * 2),
        "no-data": good.replace("<keyData", "<otherData"),
        "salt-size": good.replace('saltSize="16"', 'saltSize="17"'),
        "key-bits": good.replace('keyBits="256"', 'keyBits="257"'),
        "hash-size": good.replace('hashSize="64"', 'hashSize="20"'),
        "no-spin": good.replace("spinCount", "spin"),
        "bad-value": good.replace('encryptedKeyValue="', 'encryptedKeyValue="!'),
        "short-value": good.replace('encryptedKeyValue="', 'encryptedKeyValue="AAAA" x="'),
        "no-xml": "encryption",
    }
    for name, text in broken.items():
        yield held(f"descriptor-{name}.docx", locked(lock, lock.info(text)), "malformed",
                   "a descriptor that cannot be")
    cut = Standard(WORD, PASSWORD)
    yield held("standard-cut.docx", locked(cut, cut.info()[:-9]), "malformed", "cut off")
    yield held("no-info.docx", bytes(Compound({"EncryptedPackage": lock.stream}).data()),
               "malformed", "nothing says how it is locked")


def put(data, offset, *numbers):
    data[offset:offset + 4 * len(numbers)] = struct.pack(f"<{len(numbers)}I", *numbers)
    return data


def containers():
    """The compound file itself, broken in each way ([MS-CFB])."""
    lock = Agile(SLIDES, PASSWORD)
    inside = tree(lock)
    inside["\x05SummaryInformation"] = bytes(5000)
    inside["Deep"] = {"Deeper": {"text": b"a" * 100}, "Other": b"b" * 70}

    def made(**more):
        file = Compound(inside, **more)
        return file, file.data()

    yield opened("tables.pptx", bytes(made(fat_sectors=111)[1]), note="a FAT with a list of its own")
    file, data = made(spare=8)
    last = file.starts["EncryptedPackage"]
    while struct.unpack_from("<I", data, file.fat_offset + 4 * last)[0] != END:
        last += 1
    spare = len(data) // 512 - 1 - 8
    put(data, file.fat_offset + 4 * last, spare)
    put(data, file.fat_offset + 4 * spare, END)
    yield opened("chain-longer.pptx", bytes(data), note="a chain may have more than it needs")

    yield opened("scattered.pptx", bytes(made(backwards=True)[1]),
                 note="the sectors of each stream from the last to the first")

    def broken(name, change, reason, note, **more):
        file, data = made(**more)
        change(file, data)
        return held(f"cfb-{name}.pptx", bytes(data), reason, note)

    def fat(sector, value):
        return lambda file, data: put(data, file.fat_offset + 4 * sector(file), value(file))

    def start(file):
        return file.starts["EncryptedPackage"]

    def entry(path, field, *values):
        return lambda file, data: put(data, file.where[path] + field, *values)

    overlap, wrong, tree_ = "compound.overlap", "compound.inconsistent", "compound.directory"
    yield broken("loop", fat(start, start), overlap, "a chain that leads into itself")
    yield broken("crossed", lambda file, data: put(
        data, file.where["EncryptedPackage"] + 116, file.starts["\x05SummaryInformation"]),
        overlap, "two streams in the same sectors")
    yield broken("on-table", entry("EncryptedPackage", 116, 0), overlap, "a stream in the FAT")
    yield broken("free", fat(start, lambda file: FREE), wrong, "a chain into a free sector")
    yield broken("short", fat(start, lambda file: END), wrong, "a chain shorter than its size")
    yield broken("outside", fat(start, lambda file: 5000), "malformed.truncated", "behind the end")
    yield broken("size", entry("EncryptedPackage", 120, 0x7FFFFFFF), "malformed.truncated",
                 "larger than the file")
    yield broken("mini-loop", lambda file, data: put(data, file.mini_fat_offset, 0), overlap,
                 "a loop of mini sectors")
    yield broken("mini-crossed", entry("Deep/Deeper/text", 116, 0), overlap,
                 "two small streams in the same place")
    yield broken("mini-outside", entry("Deep/Deeper/text", 116, 4000), "malformed.truncated",
                 "behind the end of the mini stream")
    yield broken("cycle", lambda file, data: put(data, file.where["Deep"] + 76, 1), tree_,
                 "a storage in itself")
    yield broken("sibling", entry("EncryptedPackage", 68, 900), tree_, "an entry that is not there")
    yield broken("name", lambda file, data: data.__setitem__(slice(
        file.where["EncryptionInfo"], file.where["EncryptionInfo"] + 66),
        data[file.where["EncryptedPackage"]:file.where["EncryptedPackage"] + 66]), tree_,
        "one name twice")
    yield broken("slash", lambda file, data: data.__setitem__(file.where["Deep"], ord("/")), tree_,
                 "a name with a separator")
    yield broken("type", lambda file, data: data.__setitem__(file.where["Deep"] + 66, 3), tree_,
                 "an entry that is neither")
    yield broken("child", entry("EncryptionInfo", 76, 1), tree_, "a stream with children")
    yield broken("tables", lambda file, data: put(data, 44, 2), "malformed.truncated",
                 "a FAT that is not there")
    yield broken("tables-few", lambda file, data: put(data, 80, 3), wrong,
                 "more of the FAT than is counted")
    yield broken("tables-loop", lambda file, data: put(data, 80, 0) and put(data, 44, 2), overlap,
                 "the same FAT twice")
    yield broken("mini-count", lambda file, data: put(data, 64, 9), wrong, "a count that is wrong")
    yield broken("version", lambda file, data: put(data, 24, 0x0005003E), "malformed",
                 "version 5")
    yield broken("cutoff", lambda file, data: put(data, 56, 8192), "malformed", "another cut-off")
    deep = {"text": b"a"}
    for _ in range(70):
        deep = {"a": deep}
    yield held("cfb-deep.pptx", bytes(Compound({**tree(lock), "a": deep}).data()), "limit.depth",
               "storages without end")
    data = made()[1]
    yield held("cfb-cut.pptx", bytes(data[:len(data) - 2000]), "malformed.truncated", "cut off")


def samples():
    yield from agile()
    yield from standard()
    yield from default()
    yield from waiting()
    yield from impossible()
    yield from forged()
    yield from containers()
