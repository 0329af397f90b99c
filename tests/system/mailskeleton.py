"""What a message that the gateway wrote is made of besides its decoded leaves:
read line by line against what the writer may write, nothing else."""
import email
import email.policy
import quopri
import re

MARK = b"KANARIENVOGEL-MARK"
# Of the sender's, decoded and encoded anew.
KEPT = {"from", "sender", "reply-to", "to", "cc", "subject", "date", "message-id",
        "in-reply-to", "references", "list-id", "list-post", "list-help",
        "list-unsubscribe", "list-unsubscribe-post", "list-subscribe", "list-owner",
        "list-archive", "auto-submitted"}
# The writer's own.
OWN = {"mime-version": r"1\.0",
       "x-sekisho-result": r"v=1; id=[0-9a-f]{32}(; \w+=\w+)+",
       "authentication-results": r"[\x21-\x7e][\x20-\x7e]*"}
TEXT = r"[\x21-\x7e][\x20-\x7e]*"
NAME = r"(?:;\s+%s(?:\*\d*\*?)?=(?:\"[^\"\\]*\"|[^\s\";]+))*"
PART = {"content-type": r"[a-z0-9.+-]+/[a-z0-9.+-]+(?:; charset=UTF-8)?(?:; method=[A-Z]+)?"
                        r"(?:; type=\"text/html\")?(?:;\s+boundary=\"=_sekisho_[0-9a-f]{32}\")?" + NAME % "name",
        "content-id": r"<[0-9a-f]{32}@sekisho\.invalid>",
        "content-transfer-encoding": r"base64|quoted-printable|7bit",
        "content-disposition": r"(?:attachment|inline)" + NAME % "filename"}
BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")
PLAIN = re.compile(r"[\x20-\x7e\t]*")
QUOTED = re.compile(r"(?:[\x20-\x3c\x3e-\x7e\t]|=[0-9A-F]{2})*=?")


class Reader:
    def __init__(self, raw):
        self.lines = raw.decode("latin-1").split("\r\n")
        self.at = 0
        self.found = []

    def line(self):
        return self.lines[self.at] if self.at < len(self.lines) else None

    def take(self):
        line = self.line()
        self.at += 1
        return line

    def strange(self, line):
        self.found.append((self.at, line))

    def header(self, inside):
        """The fields of a header block, those of a part `inside` a multipart."""
        fields = {}
        while self.line():
            line = self.take()
            while (self.line() or "")[:1] in (" ", "\t"):
                line += "\n" + self.take()
            name, colon, value = line.partition(": ")
            name = name.lower()
            rule = PART.get(name) or (None if inside else OWN.get(name)
                                      or (TEXT if name in KEPT else None))
            if (not colon or rule is None or name in fields
                    or not re.fullmatch(rule, value.replace("\n ", " "))):
                self.strange(line)
            fields[name] = value
        self.take()
        return fields

    def entity(self, inside, ends):
        """A message or a part, up to a delimiter of what it lies in."""
        fields = self.header(inside)
        kind = fields.get("content-type", "text/plain")
        boundary = re.search(r'boundary="([^"]*)"', kind)
        encoding = fields.get("content-transfer-encoding", "")
        if boundary:
            self.multipart(boundary.group(1), ends)
        elif kind.startswith("message/rfc822"):
            self.entity(False, ends)
        else:
            rule = {"base64": BASE64, "7bit": PLAIN}.get(encoding, QUOTED)
            if encoding == "":
                self.strange(kind)
            while self.line() is not None and self.line() not in ends:
                if not rule.fullmatch(self.line()):
                    self.strange(self.line())
                self.take()

    def multipart(self, boundary, ends):
        delimiter, close = f"--{boundary}", f"--{boundary}--"
        if self.line() != delimiter:
            self.strange(self.line())
        while self.line() is not None and self.line() == delimiter:
            self.take()
            self.entity(True, (delimiter, close))
        if self.take() != close:
            self.strange("no end")
        while self.line() is not None and self.line() not in ends:
            if self.line():
                self.strange(self.line())
            self.take()


def strangers(raw):
    """[(line number, line)] that the writer has no business to write."""
    reader = Reader(raw)
    reader.entity(False, ())
    return reader.found


def boundaries(raw):
    return re.findall(rb'boundary="([^"]*)"', raw)


def decodings(raw):
    """The message as it stands, and every part decoded."""
    forms = [raw, quopri.decodestring(raw)]
    for part in email.message_from_bytes(raw).walk():
        forms.append(part.get_payload(decode=True) or b"")
    return forms


def without_ids(raw):
    """Fields, parts and contents, with the ids that follow from the input taken out,
    and the boundaries, which follow from the contents."""
    rows = []
    for part in email.message_from_bytes(raw, policy=email.policy.compat32).walk():
        fields = [(name, value) for name, value in part.items()]
        content = b"" if part.is_multipart() else part.get_payload(decode=True)
        rows.append(re.sub(rb"[0-9a-f]{32}", b"ID", repr(fields).encode() + content))
    return rows


def mark(raw):
    """The same message with a marker where no leaf is: a field, and before and behind
    the parts of the outermost multipart."""
    end = b"\r\n" if b"\r\n" in raw[:2000] else b"\n"
    first = raw.index(end) + len(end) if raw.startswith(b"From ") else 0
    field = b"X-Kanarienvogel: " + MARK + end
    header = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0]
    found = re.search(rb'multipart/[^;]*;(?:[^\n]|\n[ \t])*boundary="?([^"\s;]+)', header, re.I)
    if found:
        delimiter = b"--" + found.group(1)
        body = len(header)
        start = raw.index(end + delimiter, body) + len(end)
        close = raw.rfind(end + delimiter + b"--")
        raw = raw[:start] + MARK + b" in front" + end + raw[start:]
        if close > 0:
            raw = raw.rstrip() + end + MARK + b" behind" + end
    return raw[:first] + field + raw[first:]
