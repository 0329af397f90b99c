"""What other programs make of a file: LibreOffice its text, poppler that of a PDF.

Answers are kept by content, since LibreOffice costs a second each.
"""
import concurrent.futures
import hashlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import xml.etree.ElementTree

BATCH = 60
WORD = {"docx", "docm", "dotx", "dotm", "rtf", "doc"}
SHEET = {"xlsx", "xlsm", "xltx", "xltm", "xls", "xlsb"}
SLIDES = {"pptx", "pptm", "potx", "potm", "ppsx", "ppsm", "ppt", "pps", "pot"}
ODF_TEXT = {"odt", "ott", "fodt", "odm"}
ODF_SHEET = {"ods", "ots", "fods"}
ODF_SLIDES = {"odp", "otp", "fodp"}
DRAWINGS = {"odg", "otg", "fodg", "vsdx", "vsdm", "vssx", "vssm", "vstx", "vstm"}
WORD |= ODF_TEXT
SHEET |= ODF_SHEET
SLIDES |= ODF_SLIDES
OFFICE = WORD | SHEET | SLIDES | DRAWINGS
ALL_SHEETS = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"


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


class Answers:
    """What LibreOffice makes of each file, kept by content: a file NAME + END,
    or NAME.none where it does not open."""
    END = None
    FORMS = None
    STILL_SECONDS = 15

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)

    def key(self, data, extension):
        return f"{hashlib.sha256(data).hexdigest()}.{extension}"

    def path(self, key):
        return self.folder / (key + self.END)

    def none(self, key):
        return self.folder / f"{key}.none"

    def get(self, data, extension):
        """The answer, None when the file does not open, KeyError when not asked."""
        key = self.key(data, extension)
        if self.none(key).exists():
            return None
        if not self.path(key).exists():
            raise KeyError(key)
        return self.path(key).read_bytes()

    def missing(self, files):
        found = {}
        for data, extension in files:
            key = self.key(data, extension)
            if not self.path(key).exists() and not self.none(key).exists():
                found[key] = (data, extension)
        return found

    def ask(self, files):
        """Has LibreOffice open these (data, extension) pairs."""
        self.office(self.missing(files))

    def office(self, missing):
        batches = []
        for name, form in self.FORMS.items():
            keys = [key for key, (_, extension) in missing.items()
                    if family(extension) == name]
            batches += [({key: missing[key][0] for key in keys[at:at + BATCH]}, form)
                        for at in range(0, len(keys), BATCH)]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda batch: self.work(*batch), batches))

    def work(self, batch, form):
        """One LibreOffice for the batch. It works in order: where it stops or
        stands still, the file after its last answer is the one."""
        waiting = dict(batch)
        while waiting:
            ended = self.convert(waiting, form)
            keys = list(waiting)
            done = [self.path(key).exists() for key in keys]
            last = len(keys) if ended else len(done) - 1 - done[::-1].index(True) + 2 \
                if True in done else 1
            for key, answered in list(zip(keys, done))[:last]:
                if not answered:
                    self.none(key).touch()
                del waiting[key]

    def convert(self, batch, form):
        """Whether LibreOffice came to its end."""
        place = pathlib.Path(tempfile.mkdtemp(dir=self.folder, prefix="soffice-"))
        (place / "in").mkdir()
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
                self.keep(key, found)
        shutil.rmtree(place, ignore_errors=True)
        return ended

    def keep(self, key, found):
        """Makes path(key) of the files that LibreOffice wrote."""
        raise NotImplementedError

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
            if time.monotonic() - since > self.STILL_SECONDS:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                for path in newest(out):
                    path.unlink()  # half written
                return False
        return process.returncode == 0


class Texts(Answers):
    END = ".txt"
    FORMS = {"word": "txt:Text (encoded):UTF8", "sheet": ALL_SHEETS, "slides": "fodp",
             "drawings": "fodg"}

    def get(self, data, extension):
        text = super().get(data, extension)
        return None if text is None else text.decode(errors="replace")

    def ask(self, files):
        missing = self.missing(files)
        for key, (data, extension) in missing.items():
            if extension == "pdf":
                text = self.pdf(data)
                if text is None:
                    self.none(key).touch()
                else:
                    self.path(key).write_text(text, errors="replace")
        self.office(missing)

    def pdf(self, data):
        path = self.folder / "asked.pdf"
        path.write_bytes(data)
        status, text = run(["pdftotext", "-q", "-enc", "UTF-8", path, "-"], 60)
        return text.decode("utf-8", "replace") if status == 0 else None

    def keep(self, key, found):
        text = "".join(office_text(one) for one in found)
        self.path(key).write_text(text, errors="replace")


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


# As re.escape() writes them: the name of the copy that LibreOffice was given, and
# the moment at which it worked, which fields show that are results by now.
OWN_NAME = re.compile(r"x\d{4}\\\.[a-z]{3,4}")
MOMENT = re.compile(time.strftime("%m/%d/%Y") + r"(\\ )?\d\d:\d\d:\d\d(\\ [AP]M)?")
# What LibreOffice cannot calculate, and Excel could: its value stands afterwards.
ERROR = re.compile(r"\\#VALUE!|\\#NAME\\\?|\\#MACRO\\\?|Err:\d+")
EMPTY_ROWS = re.compile(r"(?: ,+)+")


def plain(text):
    """Without what pages broken elsewhere move, and empty rows below a sheet."""
    text = re.sub(r"\s+", " ", text).strip()

    def row(run):
        below = run.end() == len(text) or text.startswith(" [", run.end())
        return "" if below else run[0]
    return EMPTY_ROWS.sub(row, text)


def same(before, after):
    """Equal but for that, and for what LibreOffice fills in by itself or cannot
    calculate."""
    before, after = plain(before), plain(after)
    exact = pattern = re.escape(before)
    pattern = OWN_NAME.sub(r"\\S+", pattern)
    pattern = MOMENT.sub(lambda found: r"[\d/: APM]+", pattern)
    pattern = ERROR.sub(lambda found: "[^,]*", pattern)
    if before == after or pattern == exact:
        return before == after
    return re.fullmatch(pattern, after) is not None
