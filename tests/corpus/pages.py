"""First pages as LibreOffice lays them out, before and after, and how alike they
are: mean structural similarity (Wang et al. 2004) of brightness at 72 dpi, in
windows of 8 x 8 pixels, each half over the last. What the rules take away on
purpose counts as a difference like any other.
"""
import gzip
import json

import other_tools

RESOLUTION = 72
WINDOW, STEP = 8, 4
ALIKE = 0.98
ROUNDING = 2  # pixels
AREA = WINDOW * WINDOW
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
FIRST = json.dumps({"PageRange": {"type": "string", "value": "1"}})


class Pages(other_tools.Answers):
    """Grey pictures (PGM, compressed)."""
    END = ".pgm.gz"
    FORMS = {name: f"pdf:{program}_pdf_Export:{FIRST}" for name, program in
             (("word", "writer"), ("sheet", "calc"), ("slides", "impress"), ("drawings", "draw"))}
    STILL_SECONDS = 60

    def keep(self, key, found):
        status, page = other_tools.run(["pdftoppm", "-q", "-r", str(RESOLUTION), "-gray",
                                        "-f", "1", "-l", "1", found[0]], 60)
        if status == 0 and page:
            self.path(key).write_bytes(gzip.compress(page, 1, mtime=0))

    def get(self, data, extension):
        page = super().get(data, extension)
        return None if page is None else parse(gzip.decompress(page))


def parse(page):
    """(width, height, rows) of a PGM."""
    _, width, height, _, pixels = page.split(maxsplit=4) if page[:2] == b"P5" else 5 * [b""]
    width, height = int(width), int(height)
    # A white pixel may be a blank: counted from the end.
    pixels = page[-width * height:]
    return width, height, [pixels[at:at + width] for at in range(0, width * height, width)]


def window(rows, top, left):
    return b"".join(row[left:left + WINDOW] for row in rows[top:top + WINDOW])


def likeness(a, b):
    sum_a, sum_b = sum(a), sum(b)
    mean_a, mean_b = sum_a / AREA, sum_b / AREA
    var_a = sum(v * v for v in a) / AREA - mean_a ** 2
    var_b = sum(v * v for v in b) / AREA - mean_b ** 2
    both = sum(v * w for v, w in zip(a, b)) / AREA - mean_a * mean_b
    return ((2 * mean_a * mean_b + C1) * (2 * both + C2) /
            ((mean_a ** 2 + mean_b ** 2 + C1) * (var_a + var_b + C2)))


def similarity(before, after):
    """1 for the same page; 0 for pages of another size."""
    width, height = min(before[0], after[0]), min(before[1], after[1])
    if max(before[0], after[0]) - width > ROUNDING or max(before[1], after[1]) - height > ROUNDING:
        return 0.0
    before, after = ([row[:width] for row in page[2]] for page in (before, after))
    score, count = 0.0, 0
    for top in range(0, max(1, height - WINDOW + 1), STEP):
        across = range(0, max(1, width - WINDOW + 1), STEP)
        count += len(across)
        if before[top:top + WINDOW] == after[top:top + WINDOW]:
            score += len(across)
            continue
        for left in across:
            a, b = window(before, top, left), window(after, top, left)
            score += 1.0 if a == b else likeness(a, b)
    return score / count


def judge(rows, folder):
    """Adds to each row how alike its first page is: 0 where what came out has none."""
    rows = [row for row in rows if row["output"] and row["extension"] in other_tools.OFFICE
            and row["output_extension"] in other_tools.OFFICE]
    pages = Pages(folder)
    pages.ask((row["path"].read_bytes(), row["extension"]) for row in rows)
    pages.ask((row["output"].read_bytes(), row["output_extension"]) for row in rows)
    for row in rows:
        before = pages.get(row["path"].read_bytes(), row["extension"])
        if before is not None:
            after = pages.get(row["output"].read_bytes(), row["output_extension"])
            row["alike"] = 0.0 if after is None else similarity(before, after)
