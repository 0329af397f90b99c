"""What other programs make of a file: LibreOffice its text, poppler that of a PDF.

Answers are kept by content, since LibreOffice costs a second each: a folder of
NAME.txt (the text) or NAME.none (it does not open).
"""
import hashlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time
import xml.etree.ElementTree

BATCH = 60
STILL_SECONDS = 15
WORD = {"docx", "docm", "dotx", "dotm", "rtf", "doc"}
SHEET = {"xlsx", "xlsm", "xltx", "xltm", "xls"}
SLIDES = {"pptx", "pptm", "potx", "potm", "ppsx", "ppsm", "ppt", "pps", "pot"}
ODF_TEXT = {"odt", "ott", "fodt", "odm"}
ODF_SHEET = {"ods", "ots", "fods"}
ODF_SLIDES = {"odp", "otp", "fodp"}
DRAWINGS = {"odg", "otg", "fodg"}
WORD |= ODF_TEXT
SHEET |= ODF_SHEET
SLIDES |= ODF_SLIDES
OFFICE = WORD | SHEET | SLIDES | DRAWINGS
ALL_SHEETS = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
FORMS = {"word": "txt:Text (encoded):UTF8", "sheet": ALL_SHEETS, "slides": "fodp",
         "drawings": "fodg"}


def family(extension):
    for name, extensions in (("word", WORD), ("sheet", SHEET), ("slides", SLIDES),
                             ("drawings", DRAWINGS)):
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
        """One LibreOffice for the batch. It works in order: where it stops or
        stands still, the file after its last answer is the one."""
        waiting = dict(batch)
        while waiting:
            ended = self.convert(waiting, form)
            keys = list(waiting)
            done = [(self.folder / f"{key}.txt").exists() for key in keys]
            last = len(keys) if ended else len(done) - 1 - done[::-1].index(True) + 2 \
                if True in done else 1
            for key, answered in list(zip(keys, done))[:last]:
                if not answered:
                    self.put(key, None)
                del waiting[key]

    def convert(self, batch, form):
        """Whether LibreOffice came to its end."""
        place = self.folder / "soffice"
        shutil.rmtree(place, ignore_errors=True)
        (place / "in").mkdir(parents=True)
        (place / "out").mkdir()
        names = {}
        for number, (key, data) in enumerate(batch.items()):
            path = place / "in" / f"x{number:04d}.{key.rsplit('.', 1)[1]}"
            path.write_bytes(data)
            names[path] = key
        ended = self.watch(["soffice", f"-env:UserInstallation=file://{place}/profile",
                            "--headless", "--convert-to", form, "--outdir",
                            place / "out", *names], place / "out")
        for path, key in names.items():
            found = sorted(place.glob(f"out/{path.stem}[-.]*"))
            if found:
                self.put(key, "".join(office_text(one) for one in found))
        shutil.rmtree(place, ignore_errors=True)
        return ended

    def watch(self, command, out):
        """Runs it for as long as files keep appearing."""
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   start_new_session=True)
        count, since = 0, time.monotonic()
        while process.poll() is None:
            time.sleep(0.1)
            found = sum(1 for _ in out.iterdir())
            if found != count:
                count, since = found, time.monotonic()
            if time.monotonic() - since > STILL_SECONDS:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                for path in newest(out):
                    path.unlink()  # half written
                return False
        return process.returncode == 0


def newest(folder):
    """The file being written, with what came out of the same document."""
    paths = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)
    now = time.time()
    if not paths or now - paths[-1].stat().st_mtime > 2:
        return []
    return list(folder.glob(paths[-1].name[:5] + "*"))


def office_text(path):
    if path.suffix in (".fodp", ".fodg"):
        try:
            root = xml.etree.ElementTree.parse(path).getroot()
        except xml.etree.ElementTree.ParseError:
            return ""
        # An object's own document goes with it; its picture stays.
        for around in list(root.iter()):
            for inner in around.findall("{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}object"):
                around.remove(inner)
        paragraph = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}p"
        return "\n".join("".join(one.itertext()) for one in root.iter(paragraph))
    sheet = f"[{path.stem[6:]}]\n" if path.suffix == ".csv" else ""
    return sheet + path.read_text(errors="replace")


def same(before, after):
    """Equal but for space, which pages broken elsewhere move."""
    return re.sub(r"\s+", " ", before).strip() == re.sub(r"\s+", " ", after).strip()
