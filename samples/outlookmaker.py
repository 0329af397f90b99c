"""Writes messages as Outlook saves them ([MS-OXMSG]) from nothing."""
import datetime
import struct

from compoundmaker import Compound

LONG, OBJECT, ANSI, WIDE, TIME, BINARY = 0x3, 0xD, 0x1E, 0x1F, 0x40, 0x102
APPOINTMENT, TASK, ADDRESS, COMMON = 0x00062002, 0x00062003, 0x00062004, 0x00062008
GUID_TAIL = bytes.fromhex("00000000c000000000000046")
CODE_PAGE, CLASS = 0x3FFD, 0x001A
SUBJECT, BODY, HTML, RTF = 0x0037, 0x1000, 0x1013, 0x1009
EPOCH = datetime.datetime(1601, 1, 1, tzinfo=datetime.timezone.utc)


def moment(*when):
    """Minutes are enough."""
    return int((datetime.datetime(*when, tzinfo=datetime.timezone.utc) - EPOCH).total_seconds()
               ) * 10 ** 7


class Item:
    """One storage. A value is a str (UTF-16), bytes (binary), an int (32 bits), or a pair
    (type, value)."""

    def __init__(self, values, recipients=(), attachments=(), named=(), place="top"):
        self.values, self.place = dict(values), place
        self.recipients, self.attachments, self.named = recipients, attachments, list(named)

    def _property(self, number, value, tree):
        if isinstance(value, tuple):
            kind, value = value
        else:
            kind = {str: WIDE, bytes: BINARY, int: LONG}[type(value)]
        if kind in (LONG, TIME):
            return struct.pack("<HHIQ", kind, number, 6, value)
        if kind == OBJECT:
            tree[f"__substg1.0_{number:04X}{kind:04X}"] = value
            return struct.pack("<HHIQ", kind, number, 6, 0xFFFFFFFF)
        if isinstance(value, str):
            value = value.encode("utf-16-le" if kind == WIDE else "cp932")
        tree[f"__substg1.0_{number:04X}{kind:04X}"] = value
        return struct.pack("<HHIII", kind, number, 6, len(value), 0)

    def tree(self):
        tree = {}
        for index, (_, _, value) in enumerate(self.named):
            self.values[0x8000 + index] = value
        entries = b"".join(self._property(number, value, tree)
                           for number, value in sorted(self.values.items()))
        counts = struct.pack("<8xIIII", len(self.recipients), len(self.attachments),
                             len(self.recipients), len(self.attachments))
        header = {"top": counts + bytes(8), "embedded": counts, "member": bytes(8)}[self.place]
        tree["__properties_version1.0"] = header + entries
        for index, one in enumerate(self.recipients):
            tree[f"__recip_version1.0_#{index:08X}"] = one.tree()
        for index, one in enumerate(self.attachments):
            tree[f"__attach_version1.0_#{index:08X}"] = one.tree()
        if self.place == "top":
            tree["__nameid_version1.0"] = self._names()
        return tree

    def _names(self):
        guids, entries = [], b""
        for index, (group, number, _) in enumerate(self.named):
            guid = struct.pack("<I", group) + GUID_TAIL
            if guid not in guids:
                guids.append(guid)
            entries += struct.pack("<IHH", number, (guids.index(guid) + 3) << 1, index)
        return {"__substg1.0_00020102": b"".join(guids), "__substg1.0_00030102": entries,
                "__substg1.0_00040102": b""}

    def data(self):
        return bytes(Compound(self.tree()).data())


def recipient(name, address, sort=1):
    return Item({0x0C15: sort, 0x3001: name, 0x39FE: address, 0x3002: "SMTP"}, place="member")


def file(name, data, method=1, **more):
    values = {0x3705: method, 0x3707: name, 0x3704: name[:8]}
    if method == 1:
        values[0x3701] = data
    elif data is not None:
        values[0x3701] = (OBJECT, data)
    values.update({int(key[1:], 16): value for key, value in more.items()})
    return Item(values, place="member")


def uncompressed_rtf(text):
    """[MS-OXRTFCP] 2.1.3.1 without compression."""
    return struct.pack("<II4sI", len(text) + 12, len(text), b"MELA", 0) + text
