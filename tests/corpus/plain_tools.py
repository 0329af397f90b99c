"""Texts, pictures and archives before and after, by means of Python and the
command line of libvips."""
import io
import pathlib
import re
import subprocess
import tempfile
import unicodedata
import zipfile

TEXTS = {"txt", "text", "log", "csv", "tsv"}
PICTURES = {"jpg", "jpeg", "png", "gif", "webp", "tif", "tiff", "heic", "heif", "avif"}
ARCHIVES = {"zip"}
KNOWN = TEXTS | PICTURES | ARCHIVES

SIDE = 64  # to which pictures are scaled
WINDOW = 8
ALIKE = 0.95  # mean structural similarity
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


# --- texts ---------------------------------------------------------------------

def decode(data):
    """The text, None where no encoding fits."""
    marks = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
    names = [name for mark, name in marks if data.startswith(mark)]
    if not names:
        names = ["iso2022_jp_ext"] if b"\x1b$" in data or b"\x1b(" in data else []
        names += ["utf-8", "cp932", "euc_jp", "cp1252"]
    for name in names:
        try:
            return data.decode(name)
        except UnicodeDecodeError:
            continue
    return None


def bare(text, guards):
    """What must be the same: without characters that do not show, and without
    the quotes in front of formulas."""
    text = "".join(c for c in text if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf"))
    if guards:
        text = re.sub(r"(^|[,;\t\"\n])'(?=[=+\-@＝＋－＠])", r"\1", text)
    return re.sub(r"\s+", " ", text).strip()


# --- pictures ------------------------------------------------------------------

def vips(*command):
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, timeout=60)
    except subprocess.TimeoutExpired:
        return None
    return done.stdout if done.returncode == 0 else None


def picture(data, extension):
    """((smaller side, larger side), pages, brightness of 64 x 64 pixels), None
    when it does not open."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / f"picture.{extension}"
        small = pathlib.Path(folder) / "small.raw"
        path.write_bytes(data)
        head = vips("vipsheader", "-a", path)
        if head is None or vips("vips", "thumbnail", path, small, str(SIDE), "--height", str(SIDE),
                                "--size", "force", "--export-profile", "srgb") is None:
            return None
        head = head.decode("utf-8", "replace")
        fields = {name: int(value) for name, value in
                  re.findall(r"^(width|height|n-pages): (\d+)$", head, re.MULTILINE)}
        return (tuple(sorted((fields["width"], fields["height"]))), fields.get("n-pages", 1),
                brightness(small.read_bytes()))


def brightness(raw):
    bands = max(1, len(raw) // (SIDE * SIDE))
    values = []
    for at in range(0, SIDE * SIDE * bands, bands):
        pixel = raw[at:at + bands]
        value = sum(pixel[:3]) / 3 if bands >= 3 else pixel[0]
        if bands in (2, 4):  # over white
            value = 255 + (value - 255) * pixel[-1] / 255
        values.append(value)
    return values


def similarity(before, after):
    """Mean structural similarity of windows (Wang et al. 2004)."""
    scores = []
    for top in range(0, SIDE, WINDOW):
        for left in range(0, SIDE, WINDOW):
            at = [(top + y) * SIDE + left + x for y in range(WINDOW) for x in range(WINDOW)]
            a, b = [before[i] for i in at], [after[i] for i in at]
            mean_a, mean_b = sum(a) / len(a), sum(b) / len(b)
            var_a = sum((v - mean_a) ** 2 for v in a) / len(a)
            var_b = sum((v - mean_b) ** 2 for v in b) / len(b)
            both = sum((v - mean_a) * (w - mean_b) for v, w in zip(a, b)) / len(a)
            scores.append((2 * mean_a * mean_b + C1) * (2 * both + C2) /
                          ((mean_a ** 2 + mean_b ** 2 + C1) * (var_a + var_b + C2)))
    return sum(scores) / len(scores)


# --- archives ------------------------------------------------------------------

def members(data):
    """How many files it holds, None when it does not open."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [entry.filename for entry in archive.infolist() if not entry.is_dir()]
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return None
    system = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|Thumbs\.db$|desktop\.ini$)", re.I)
    return sum(not system.search(name) for name in names)


# --- all of them ---------------------------------------------------------------

def compare(before, extension, after, after_extension):
    """Returns (opens, same): whether the file opens before, and whether what
    came out is the same; same is None where nothing did."""
    if extension in TEXTS:
        text = decode(before)
        if text is None or after is None:
            return text is not None, None
        again = decode(after)
        guards = after_extension in ("csv", "tsv")
        return True, again is not None and bare(text, guards) == bare(again, guards)
    look = members if extension in ARCHIVES else picture
    first = look(before) if extension in ARCHIVES else look(before, extension)
    if first is None or after is None:
        return first is not None, None
    second = look(after) if extension in ARCHIVES else look(after, after_extension)
    if second is None or extension in ARCHIVES:
        return True, first == second
    return True, first[:2] == second[:2] and similarity(first[2], second[2]) >= ALIKE
