"""Records that must not be in the parts of a rebuilt binary workbook."""
import re

PARTS = re.compile(r"xl/(?:workbook|styles|sharedStrings|calcChain|comments\d*|(?:worksheets|chartsheets)/[\w.-]+"
                   r"|tables/[\w.-]+)\.bin$", re.I)
# Other workbooks and DDE, sources, who reserved it, the web, objects, controls, macro functions,
# pivot tables, extensions of the web, where it lay.
FORBIDDEN = {*range(355, 357), *range(359, 362), *range(384, 388), *range(495, 500), 548,
             *range(553, 558), *range(638, 641), *range(643, 646), *range(664, 667), 2068, 2069,
             2070, 2071, 3073}
MACRO_FLAGS = 0x0E


def records(data):
    at = 0
    while at < len(data):
        number, size, shift = data[at], 0, 0
        at += 1
        if number > 0x7F:
            number = number & 0x7F | data[at] << 7
            at += 1
        while True:
            size |= (data[at] & 0x7F) << shift
            shift += 7
            at += 1
            if data[at - 1] < 0x80:
                break
        yield number, data[at:at + size]
        at += size


def found(name, data):
    if not PARTS.match(name):
        yield f"part {name}"
        return
    try:
        for number, body in records(data):
            if number in FORBIDDEN:
                yield f"record {number} in {name}"
            label = body[13:13 + 2 * int.from_bytes(body[9:13], "little")] if number == 39 else b""
            label = label.decode("utf-16-le", "replace").lower()
            if "auto_" in label or (number == 39 and body[0] & MACRO_FLAGS
                                    and not label.startswith("_xlfn.")):
                yield f"name {label} in {name}"
    except IndexError:
        yield f"records of {name} cut short"
