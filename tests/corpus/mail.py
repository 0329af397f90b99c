#!/usr/bin/env python3
"""Sends the messages of a folder of real files through a running gateway as a mail
door would, and prints a table.

usage: tests/corpus/mail.py [--corpus DIR] [--limit N] [--work DIR] [--markdown FILE]

For each collection: how many messages, how many came out, how many are well-formed
(Python's parser finds no defect, every charset is known), how many of those came out,
and of how many the text is whole: each word that a reader sees before is there after.
What came out must consist of what the gateway writes and be the same tree for the own
reader, GMime and Python's. TNEF files are sent as the winmail.dat of a message.
Fails when a message does not, when a process fails, when text is lost, or when over
15 % of the well-formed ones are held.
"""
import argparse
import base64
import collections
import email
import email.policy
import html.parser
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/system"))
import gateway  # noqa: E402
import mailskeleton  # noqa: E402
import run  # noqa: E402

COLLECTIONS = {"mime4j": ".msg", "rspamd": ".eml", "mikel-mail": ".eml", "mimekit": ".tnef",
               "tika": ".eml"}
# What a reader of the output may find in it that is not of the message.
ALLOWED = re.compile(r"text/(plain|html|csv|calendar)|multipart/(mixed|alternative)|"
                     r"message/rfc822|image/(png|jpeg|gif|webp|tiff|bmp)|application/[a-z.+-]+")


def corpus():
    named = os.environ.get("SEKISHO_CORPUS")
    return pathlib.Path(named) if named else ROOT.parent / "shared/corpus"


def messages(folder, limit=None):
    """(collection, path, message) of everything that is mail."""
    for name, ending in COLLECTIONS.items():
        found = sorted((folder / name).rglob("*" + ending))
        for path in found[:limit]:
            data = path.read_bytes()
            yield name, path, as_winmail(data) if ending == ".tnef" else data


def as_winmail(data):
    body = base64.encodebytes(data).replace(b"\n", b"\r\n")
    return (b"From: a@example.com\r\nTo: b@example.com\r\nSubject: rich\r\n"
            b"Date: Sat, 21 Nov 2026 10:00:00 +0900\r\nMessage-ID: <1@example.com>\r\n"
            b"MIME-Version: 1.0\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\n"
            b"Content-Transfer-Encoding: base64\r\n"
            b"Content-Disposition: attachment; filename=winmail.dat\r\n\r\n" + body)


class Visible(html.parser.HTMLParser):
    """The text of HTML that a reader sees: nothing of size 0, no head, no scripts."""

    INLINE = {"span", "font", "b", "i", "u", "em", "strong", "a", "small", "big", "code"}
    HIDDEN = {"script", "style", "title", "head"}

    def __init__(self):
        super().__init__()
        self.hidden = []
        self.text = []

    def handle_starttag(self, tag, attrs):
        style = dict(attrs).get("style") or ""
        if tag in self.HIDDEN or re.search(r"(?i)font-size:\s*0", style):
            self.hidden.append(tag)
        elif tag not in self.INLINE:
            self.text.append(" ")

    def handle_endtag(self, tag):
        if tag in self.hidden:
            while self.hidden.pop() != tag:
                pass
        elif tag not in self.INLINE:
            self.text.append(" ")

    def handle_data(self, data):
        if not self.hidden:
            self.text.append(data)


def words(text):
    """What is compared: letters and digits in groups, without addresses of the web and
    without files in the text, which become attachments."""
    text = re.sub(r"(?ms)^begin(-base64)? [0-7]{3} .*?^(end|====)\s*$", " ", text)
    text = re.sub(r"(?i)\b[a-z][a-z0-9+.-]*://\S*|\bwww\.\S*|mailto:\S*", " ", text)
    return re.findall(r"\w+", text)


def parse(raw):
    return email.message_from_bytes(raw, policy=email.policy.default)


def texts(message):
    """Its body texts: of alternatives each is one choice. [[words]]"""
    found = []
    for part in message.walk():
        if part.get_content_maintype() == "text" and not part.get_filename() \
                and part.get_content_disposition() != "attachment":
            content = part.get_content()
            if part.get_content_subtype() == "html":
                visible = Visible()
                visible.feed(content)
                content = "".join(visible.text)
            elif part.get_content_subtype() not in ("plain", "enriched"):
                continue
            found.append(words(content))
    return found


def well_formed(raw):
    """Whether Python reads it without any doubt."""
    try:
        message = parse(raw)
        parts = list(message.walk())
        strange = any(part.defects for part in parts) or any(
            value.defects for part in parts for value in part.values()
            if hasattr(value, "defects"))
        # U+FFFD: the charset is not what the message says.
        if any("\N{REPLACEMENT CHARACTER}" in part.get_content() for part in parts
               if part.get_content_maintype() == "text"):
            return False
        for part in parts:
            if not part.is_multipart():
                part.get_payload(decode=True)
        return not strange and not any(part.defects for part in parts)
    except (LookupError, UnicodeError, ValueError, AttributeError, KeyError, TypeError,
            IndexError):
        return False


def lost_words(before, after):
    """Words that a reader saw before and does not see after; of two alternatives one
    is enough."""
    there = collections.Counter(word for text in texts(parse(after)) for word in text)
    for part in parse(after).walk():  # a text that was too much for a body is a file
        if part.get_content_type() == "text/plain":
            there += collections.Counter(words(part.get_content()))
    message = parse(before)
    chosen = texts(message)
    if any(part.get_content_type() == "multipart/alternative" for part in message.walk()):
        return min((missing(text, there) for text in chosen if text), key=len, default=[])
    return [word for text in chosen for word in missing(text, there)]


def missing(text, there):
    return [word for word in text if word not in there]


def tree(reader, output):
    done = subprocess.run([gateway.BUILD / "tests/mail-tree", reader], input=output,
                          capture_output=True, check=False)
    return done.returncode, done.stdout


def faults_of(output):
    """What is wrong with a message that came out, in words."""
    if mailskeleton.strangers(output):
        yield f"not of the writer: {mailskeleton.strangers(output)[0]}"
    message = parse(output)
    for part in message.walk():
        if part.defects:
            yield f"defects {part.defects}"
        if not ALLOWED.fullmatch(part.get_content_type()):
            yield f"type {part.get_content_type()}"
        if not part.is_multipart():
            content = part.get_payload(decode=True)
            if content[:2] == b"MZ" or content[:4] == b"\x7fELF":
                yield "a program"
            if part.get_content_maintype() == "text" and re.search(
                    rb"<script|\x1b|\x00", content, re.IGNORECASE) \
                    and part.get_content_subtype() == "html":
                yield "active content"
    own = tree("own", output)
    if own[0] != 0 or own != tree("gmime", output):
        yield "two readers, two trees"


def send_all(folder, limit, outputs):
    rows = []
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        with gateway.Gateway(pathlib.Path(name) / "state") as running:
            client = running.client()
            for collection, path, raw in messages(folder, limit):
                begun = time.monotonic()
                result = client.sanitize(raw, "message.eml", format="eml")
                reason = (result["report"] or {}).get("reason") or {}
                rows.append({"collection": collection, "path": path, "raw": raw,
                             "seconds": time.monotonic() - begun,
                             "verdict": result["verdict"], "output": result["output"],
                             "reason": reason.get("code", ""),
                             "detail": reason.get("detail", "")})
                if result["output"] is not None:
                    (outputs / f"{collection}__{path.name}").write_bytes(result["output"])
            client.close()
            running.wait_ready()
            outputs.with_name("mail.log").write_text(running.log())
    return rows


def judge(rows):
    for row in rows:
        row["good"] = well_formed(row["raw"])
        row["wrong"] = list(faults_of(row["output"])) if row["output"] else []
        if row["reason"].startswith(run.FAULTS):
            row["wrong"].append(f"reason {row['reason']} ({row['detail']})")
        if row["output"] is None and row["verdict"] in run.PASSED:
            row["wrong"].append("passed, with nothing")
        row["lost"] = (lost_words(row["raw"], row["output"])
                       if row["good"] and row["output"] else [])


def table(rows):
    yield ["collection", "messages", "out", "well-formed", "of these out", "text whole",
           "held: reason (count)"]
    for name in [*COLLECTIONS, "all"]:
        group = [row for row in rows if name in (row["collection"], "all")]
        if not group:
            continue
        good = [row for row in group if row["good"]]
        reasons = collections.Counter(row["reason"] for row in group if not row["output"])
        yield [name, len(group), sum(bool(row["output"]) for row in group), len(good),
               sum(bool(row["output"]) for row in good),
               sum(bool(row["output"]) and not row["lost"] for row in good),
               ", ".join(f"{one} {count}" for one, count in reasons.most_common())]


def write_section(path, lines, rows):
    text = path.read_text(encoding="utf-8")
    text = text.removesuffix(run.from_heading(path, "## Messages")).rstrip("\n")
    with open(path, "w", encoding="utf-8") as stream:
        print(f"{text}\n\n## Messages\n\nMade by `tests/corpus/mail.py --markdown "
              "docs/corpus.md`, sent as a mail door would; what the\ncolumns mean stands "
              "in that script. `tests/system/61-mail-corpus.py` asserts it.\n", file=stream)
        run.print_table(lines, stream)
        print(f"\n- {len(rows)} messages: none made a process fail, none came out but as "
              "the gateway writes it, one tree\n  for the own reader, GMime and Python.\n"
              "- Well-formed and held:", file=stream)
        for row in rows:
            if row["good"] and not row["output"]:
                print(f"  - {row['path'].name}: {row['reason']} {row['detail']}", file=stream)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--corpus", type=pathlib.Path, default=corpus())
    parser.add_argument("--limit", type=int)
    parser.add_argument("--work", type=pathlib.Path, default=gateway.BUILD / "corpus")
    parser.add_argument("--markdown", type=pathlib.Path)
    options = parser.parse_args(arguments)
    outputs = options.work / "mail"
    outputs.mkdir(parents=True, exist_ok=True)
    rows = send_all(options.corpus, options.limit, outputs)
    if not rows:
        print(f"no messages in {options.corpus}", file=sys.stderr)
        return 64
    judge(rows)
    lines = list(table(rows))
    run.print_table(lines, sys.stdout)
    slow = max(rows, key=lambda row: row["seconds"])
    print(f"\nSlowest: {slow['path'].name} {slow['seconds']:.1f} s")
    for title, found in (
            ("wrong", [(row["path"], row["wrong"]) for row in rows if row["wrong"]]),
            ("text lost", [(row["path"], row["lost"][:8]) for row in rows if row["lost"]]),
            ("well-formed, but held", [(row["path"], row["reason"], row["detail"])
                                       for row in rows
                                       if row["good"] and not row["output"]])):
        if found:
            print(f"\n{title} ({len(found)}):")
            for path, *rest in found:
                print("  ", path.relative_to(options.corpus), *rest)
    if options.markdown:
        write_section(options.markdown, lines, rows)
    good = [row for row in rows if row["good"]]
    enough = sum(bool(row["output"]) for row in good) >= 0.85 * len(good)
    return 0 if enough and not any(row["wrong"] or row["lost"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
