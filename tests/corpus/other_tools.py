"""What other programs make of a file: LibreOffice its text, poppler that of a PDF.

Answers are kept by content, since LibreOffice costs a second each: a folder of
NAME.txt (the text) or NAME.none (it does not open).
"""
import hashlib
import pathlib
import re
import shutil
import subprocess
import xml.etree.ElementTree

BATCH = 40
WORD = {"docx", "docm", "dotx", "dotm"}
SHEET = {"xlsx", "xlsm", "xltx", "xltm"}
SLIDES = {"pptx", "pptm", "potx", "potm", "ppsx", "ppsm"}
OFFICE = WORD | SHEET | SLIDES
ALL_SHEETS = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
FORMS = {"word": "txt:Text (encoded):UTF8", "sheet": ALL_SHEETS, "slides": "fodp"}


def family(extension):
    for name, extensions in (("word", WORD), ("sheet", SHEET), ("slides", SLIDES)):
        if extension in extensions:
            return name
    return None


def run(command, seconds):
    """Exit status and standard output; None where it takes too long."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, timeout=seconds,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return done.returncode, done.stdout
    except subprocess.TimeoutExpired:
        return None, b""


class Texts:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)

    def key(self, data, extension):
        return f"{hashlib.sha256(data).hexdigest()}.{extension}"

    def get(self, data, extension):
        """The text, None when the file does not open, KeyError when not asked."""
        key = self.key(data, extension)
        if (self.folder / f"{key}.none").exists():
            return None
        path = self.folder / f"{key}.txt"
        if not path.exists():
            raise KeyError(key)
        return path.read_text(errors="replace")

    def put(self, key, text):
        if text is None:
            (self.folder / f"{key}.none").touch()
        else:
            (self.folder / f"{key}.txt").write_text(text, errors="replace")

    def ask(self, files):
        """Has other programs open these (data, extension) pairs."""
        missing = {}
        for data, extension in files:
            key = self.key(data, extension)
            if not any((self.folder / (key + end)).exists() for end in (".txt", ".none")):
                missing[key] = (data, extension)
        for key, (data, extension) in missing.items():
            if extension == "pdf":
                self.put(key, self.pdf(data))
        for name, form in FORMS.items():
            keys = [key for key, (_, extension) in missing.items()
                    if family(extension) == name]
            for at in range(0, len(keys), BATCH):
                self.office({key: missing[key][0] for key in keys[at:at + BATCH]}, form)

    def pdf(self, data):
        path = self.folder / "asked.pdf"
        path.write_bytes(data)
        status, text = run(["pdftotext", "-q", "-enc", "UTF-8", path, "-"], 60)
        return text.decode("utf-8", "replace") if status == 0 else None

    def office(self, batch, form):
        """One LibreOffice for the batch; what has no text then, one each."""
        self.convert(batch, form, 30 + 4 * len(batch))
        for key, data in batch.items():
            if not (self.folder / f"{key}.txt").exists():
                self.convert({key: data}, form, 40)
            if not (self.folder / f"{key}.txt").exists():
                self.put(key, None)

    def convert(self, batch, form, seconds):
        place = self.folder / "soffice"
        shutil.rmtree(place, ignore_errors=True)
        (place / "in").mkdir(parents=True)
        (place / "out").mkdir()
        names = {}
        for number, (key, data) in enumerate(batch.items()):
            path = place / "in" / f"x{number:04d}.{key.rsplit('.', 1)[1]}"
            path.write_bytes(data)
            names[path] = key
        run(["soffice", f"-env:UserInstallation=file://{place}/profile", "--headless",
             "--convert-to", form, "--outdir", place / "out", *names], seconds)
        for path, key in names.items():
            found = sorted(place.glob(f"out/{path.stem}[-.]*"))
            if found:
                self.put(key, "".join(office_text(one) for one in found))
        shutil.rmtree(place, ignore_errors=True)


def office_text(path):
    if path.suffix == ".fodp":
        try:
            root = xml.etree.ElementTree.parse(path).getroot()
        except xml.etree.ElementTree.ParseError:
            return ""
        paragraph = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}p"
        return "\n".join("".join(one.itertext()) for one in root.iter(paragraph))
    sheet = f"[{path.stem[6:]}]\n" if path.suffix == ".csv" else ""
    return sheet + path.read_text(errors="replace")


def same(before, after):
    """Equal but for space, which pages broken elsewhere move."""
    return re.sub(r"\s+", " ", before).strip() == re.sub(r"\s+", " ", after).strip()
