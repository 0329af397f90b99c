"""Writes compound files ([MS-CFB]) from nothing, and knows where in them is what, so
that samples can break them."""
import struct

FREE, END, FAT, DIFAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFC
SIGNATURE = bytes.fromhex("d0cf11e0a1b11ae1")
CUTOFF, MINI = 4096, 64


def _units(name):
    return name.encode("utf-16-le")


def _order(name):
    return len(_units(name)), _units(name.upper())


class _Entry:
    def __init__(self, name, kind, content=b""):
        self.name, self.kind, self.content = name, kind, content
        self.left = self.right = self.child = FREE
        self.start, self.size = END, len(content)

    def data(self, class_id):
        raw = _units(self.name)
        return (raw.ljust(64, b"\0") + struct.pack("<HBBIII", len(raw) + 2, self.kind, 1, self.left,
                                                   self.right, self.child)
                + class_id + bytes(20) + struct.pack("<IQ", self.start, self.size))


class Compound:
    """`tree` is {name: bytes or tree}. After data(): `where` maps "Data/Text" to the
    offset of its directory entry, `fat_offset` and `mini_fat_offset` lead to the tables, and
    `starts` to the first sector of each stream."""

    def __init__(self, tree, version=3, class_id=bytes(16), fat_sectors=0, spare=0,
                 backwards=False):
        self.version, self.class_id = version, class_id
        self.size = 512 if version == 3 else 4096
        self.least_fat, self.spare, self.backwards = fat_sectors, spare, backwards
        self.entries = [_Entry("Root Entry", 5)]
        self.paths = [""]
        self._add(self.entries[0], tree, "")

    def _add(self, storage, tree, path):
        indexes = []
        for name in sorted(tree, key=_order):
            content = tree[name]
            inner = isinstance(content, dict)
            entry = _Entry(name, 1 if inner else 2, b"" if inner else content)
            indexes.append(len(self.entries))
            self.entries.append(entry)
            self.paths.append(path + name)
            if inner:
                self._add(entry, content, path + name + "/")
        storage.child = self._balance(indexes)

    def _balance(self, indexes):
        if not indexes:
            return FREE
        middle = len(indexes) // 2
        entry = self.entries[indexes[middle]]
        entry.left = self._balance(indexes[:middle])
        entry.right = self._balance(indexes[middle + 1:])
        return indexes[middle]

    def _sectors(self, data):
        return [data[at:at + self.size].ljust(self.size, b"\0")
                for at in range(0, len(data), self.size)]

    def data(self):
        mini, mini_fat = b"", []
        for entry in self.entries:
            if entry.kind == 2 and 0 < entry.size < CUTOFF:
                count = -(-entry.size // MINI)
                entry.start = len(mini_fat)
                mini_fat += [entry.start + i + 1 for i in range(count - 1)] + [END]
                mini += entry.content.ljust(count * MINI, b"\0")
        root = self.entries[0]
        root.size = len(mini)
        each = self.size // 128
        blocks = [("directory", [b""] * -(-len(self.entries) // each))]
        table = struct.pack(f"<{len(mini_fat)}I", *mini_fat)
        table += b"\xff" * (-len(table) % self.size)
        blocks += [("mini fat", self._sectors(table)), ("mini", self._sectors(mini))]
        blocks += [(entry, self._sectors(entry.content)) for entry in self.entries
                   if entry.kind == 2 and entry.size >= CUTOFF]
        return self._layout(blocks)

    def _layout(self, blocks):
        places = self.size // 4
        content = sum(len(sectors) for _, sectors in blocks) + self.spare
        count = max(1, self.least_fat)
        difat = 0
        while True:
            difat = -(-max(0, count - 109) // (places - 1))
            wanted = -(-(content + count + difat) // places)
            if wanted <= count:
                break
            count = wanted
        fat = [FAT] * count + [DIFAT] * difat
        data, starts = [], {}
        for what, sectors in blocks:
            first = len(fat)
            if self.backwards and isinstance(what, _Entry):
                starts[what] = first + len(sectors) - 1
                fat += [END] + [first + i for i in range(len(sectors) - 1)]
                data += sectors[::-1]
                continue
            starts[what] = first if sectors else END
            fat += [first + i + 1 for i in range(len(sectors) - 1)] + [END] * bool(sectors)
            data += sectors
        fat += [FREE] * self.spare
        data += [bytes(self.size)] * self.spare
        for entry in self.entries:
            if entry in starts:
                entry.start = starts[entry]
        self.entries[0].start = starts["mini"]
        directory = b"".join(
            entry.data(self.class_id if i == 0 else bytes(16)) for i, entry in enumerate(self.entries))
        unused = bytes(68) + struct.pack("<III", FREE, FREE, FREE) + bytes(48)
        while len(directory) % self.size:
            directory += unused
        first = starts["directory"] - count - difat
        for i, sector in enumerate(self._sectors(directory)):
            data[first + i] = sector
        self.starts = {path: entry.start for path, entry in zip(self.paths, self.entries)}
        self.fat_offset = self.size
        self.where = {path: (starts["directory"] + 1) * self.size + 128 * i
                      for i, path in enumerate(self.paths)}
        self.mini_fat_offset = (starts["mini fat"] + 1) * self.size
        table = struct.pack(f"<{len(fat)}I", *fat).ljust(count * self.size, b"\xff")
        mini_sectors = len(dict(blocks)["mini fat"])
        return bytearray(self._header(count, difat, starts, mini_sectors) + table
                         + self._difat(count, difat) + b"".join(data))

    def _header(self, count, difat, starts, mini_sectors):
        directory = 0 if self.version == 3 else -(-len(self.entries) // (self.size // 128))
        header = SIGNATURE + bytes(16) + struct.pack(
            "<HHHHH6xIIIIIIIII", 0x3E, self.version, 0xFFFE, 9 if self.version == 3 else 12, 6,
            directory, count, starts["directory"], 0, CUTOFF, starts["mini fat"], mini_sectors,
            count if difat else END, difat)
        header += struct.pack("<109I", *(i if i < count else FREE for i in range(109)))
        return header.ljust(self.size, b"\0")

    def _difat(self, count, difat):
        places, table = self.size // 4 - 1, b""
        for i in range(difat):
            first = 109 + i * places
            list_ = [k if k < count else FREE for k in range(first, first + places)]
            list_.append(count + i + 1 if i + 1 < difat else END)
            table += struct.pack(f"<{len(list_)}I", *list_)
        return table


def compound(tree, **more):
    return bytes(Compound(tree, **more).data())
