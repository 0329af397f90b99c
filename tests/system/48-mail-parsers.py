#!/usr/bin/python3
"""Every mail sample through the real processes, each output read by the gateway's
own reader, GMime, Python's email, Perl's MIME::Parser and reformime. All must
see the same parts, contents and names; outside the decoded leaves there is
nothing but what the writer writes, and nothing of what was held or dropped."""
import email
import email.policy
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import gateway
import mailskeleton

PERL = r"""
use MIME::Parser; use Digest::SHA qw(sha256_hex); use Encode;
my $parser = MIME::Parser->new; $parser->output_to_core(1); $parser->tmp_to_core(1);
my $top = $parser->parse(\*STDIN); binmode STDOUT, ':utf8';
sub walk { my ($e, $depth) = @_;
  my $h = $e->head; my $name = $h->mime_attr('content-type.name') // '';
  $name = Encode::decode('MIME-Header', $name);
  my $digest = $e->bodyhandle ? sha256_hex($e->bodyhandle->as_string) : '';
  $digest = '' if $e->effective_type eq 'message/rfc822';
  print join("\t", $depth, $e->effective_type, $name, $digest), "\n";
  walk($_, $depth + 1) for $e->parts; }
walk($top, 0);
"""


def by_python(message):
    found = []

    def walk(part, depth):
        kind = part.get_content_type()
        digest = ""
        if not part.is_multipart():
            digest = hashlib.sha256(part.get_payload(decode=True)).hexdigest()
        found.append((depth, kind, part.get_filename() or "", digest))
        if part.is_multipart():
            for inner in part.get_payload():
                walk(inner, depth + 1)
    walk(email.message_from_bytes(message, policy=email.policy.default), 0)
    return found


def by_perl(message):
    done = subprocess.run(["perl", "-e", PERL], input=message, capture_output=True, check=True)
    rows = [line.split("\t") for line in done.stdout.decode().splitlines()]
    return [(int(row[0]), *row[1:]) for row in rows]


def by_tool(reader, message):
    """tests/support/mail_tree.c: the own reader, and GMime."""
    done = subprocess.run([gateway.BUILD / "tests/mail-tree", reader], input=message,
                          capture_output=True, check=False)
    if done.returncode != 0:
        return [f"{reader} ends with {done.returncode}"]
    rows = [line.split("\t") for line in done.stdout.decode().splitlines()]
    return [(int(row[0]), *row[1:]) for row in rows]


def by_reformime(message):
    """Types in the order of the message; messages within count as parts."""
    done = subprocess.run(["reformime", "-i"], input=message, capture_output=True, check=True)
    return [line.split(b": ")[1].decode() for line in done.stdout.splitlines()
            if line.startswith(b"content-type: ")]


def without_line_ends(rows):
    """Perl gives text with line ends of its own."""
    return [(depth, kind, name) for depth, kind, name, _ in rows]


class MailParsers(unittest.TestCase):
    """What everybody gets: text."""
    config = ""
    pattern = "*.eml"
    least = 60

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        path = pathlib.Path(cls.folder.name)
        path.chmod(0o755)
        cls.gateway = gateway.Gateway(path / "state", cls.config).start()
        cls.client = client = cls.gateway.client()
        cls.inputs = {}
        cls.outputs = {}
        for sample in sorted((gateway.SAMPLES / "eml").glob(cls.pattern)):
            expected = json.loads((sample.parent / (sample.name + ".expect.json")).read_text())
            if expected["verdict"] not in ("sanitized", "unchanged"):
                continue
            result = client.sanitize(sample.read_bytes(), "message.eml", format="eml")
            cls.inputs[sample.name] = sample.read_bytes()
            cls.outputs[sample.name] = result["output"]

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        cls.gateway.stop()
        cls.folder.cleanup()

    def test_there_are_outputs(self):
        self.assertGreater(len(self.outputs), self.least)
        missing = [name for name, output in self.outputs.items() if not output]
        self.assertEqual(missing, [])

    def test_own_reader_and_gmime_see_what_python_sees(self):
        for name, output in self.outputs.items():
            for reader in ("own", "gmime"):
                with self.subTest(name, reader=reader):
                    self.assertEqual(by_python(output), by_tool(reader, output))

    def test_python_and_perl_see_the_same_parts_and_names(self):
        for name, output in self.outputs.items():
            with self.subTest(name):
                self.assertEqual(without_line_ends(by_python(output)),
                                 without_line_ends(by_perl(output)))

    def test_contents_of_files_are_the_same(self):
        for name, output in self.outputs.items():
            with self.subTest(name):
                self.assertEqual([row[3] for row in by_python(output) if row[2]],
                                 [row[3] for row in by_perl(output) if row[2]])

    def test_reformime_sees_the_same_types(self):
        for name, output in self.outputs.items():
            with self.subTest(name):
                self.assertEqual([row[1] for row in by_python(output)], by_reformime(output))

    def test_python_finds_no_defect(self):
        for name, output in self.outputs.items():
            with self.subTest(name):
                message = email.message_from_bytes(output, policy=email.policy.default)
                self.assertEqual([defect for part in message.walk() for defect in part.defects], [])

    def test_outside_of_leaves_is_only_what_the_writer_writes(self):
        for name, output in self.outputs.items():
            with self.subTest(name):
                self.assertEqual(mailskeleton.strangers(output), [])

    def test_that_check_sees_what_senders_write(self):
        clean = [name for name, theirs in self.inputs.items()
                 if not mailskeleton.strangers(theirs)]
        self.assertLess(len(clean), 0.1 * len(self.inputs), clean)

    def test_boundaries_are_not_the_senders(self):
        for name, output in self.outputs.items():
            theirs = self.inputs[name]
            for boundary in mailskeleton.boundaries(output):
                with self.subTest(name):
                    self.assertNotIn(boundary, theirs)

    def test_what_no_leaf_holds_leaves_no_trace(self):
        """A marker in fields, preamble, epilogue and parameters of the input: the same
        output, to the byte, but for the ids."""
        for name, output in self.outputs.items():
            marked = mailskeleton.mark(self.inputs[name])
            with self.subTest(name):
                self.assertIn(mailskeleton.MARK, marked)
                result = self.client.sanitize(marked, "message.eml", format="eml")
                got = result["output"]
                self.assertIsNotNone(got, result)
                self.assertNotIn(mailskeleton.MARK, b"".join(mailskeleton.decodings(got)))
                self.assertEqual(mailskeleton.without_ids(got),
                                 mailskeleton.without_ids(output))

    def test_what_is_held_is_in_no_output(self):
        for name, output in self.outputs.items():
            with self.subTest(name):
                for part in email.message_from_bytes(output).walk():
                    if not part.is_multipart():
                        self.assertFalse(part.get_payload(decode=True).startswith(b"MZ"))

    def test_notice_names_what_is_held(self):
        message = email.message_from_bytes(self.outputs["held.eml"], policy=email.policy.default)
        names = [part.get_filename() for part in message.iter_attachments()]
        self.assertEqual(names, ["添付ファイル隔離通知.txt", "資料.txt"])
        notice = next(message.iter_attachments()).get_content()
        for words in ("見積.exe", "type.executable", "SHA-256", "90日"):
            self.assertIn(words, notice)
        self.assertTrue(message["Subject"].startswith("【添付隔離】"))
        self.assertRegex(message["X-Sekisho-Result"],
                         r"^v=1; id=[0-9a-f]{32}; text=1; clean=1; held=1$")


class CleanPages(MailParsers):
    """The same, and HTML stays HTML with the pictures that it shows."""
    config = "policies: [{name: default, mail_html: clean}]\n"
    pattern = "[hr]*.eml"
    least = 5
    test_that_check_sees_what_senders_write = None  # not with so few

    def test_pictures_are_where_the_page_looks_for_them(self):
        message = email.message_from_bytes(self.outputs["related-many.eml"], policy=email.policy.default)
        related = next(part for part in message.walk() if part.get_content_type() == "multipart/related")
        page, *pictures = related.iter_parts()
        shown = re.findall(r'src="cid:([^"]+)"', page.get_content())
        self.assertEqual(len(shown), 3)
        self.assertEqual({f"<{cid}>" for cid in shown}, {picture["Content-ID"] for picture in pictures})
        for picture in pictures:
            self.assertEqual(picture.get_content_disposition(), "inline")
            self.assertTrue(picture.get_content().startswith(b"\x89PNG"))
        self.assertIn("[gone][bad]", page.get_content())


if __name__ == "__main__":
    if not shutil.which("reformime") or not shutil.which("perl"):
        sys.exit(77)
    unittest.main()
