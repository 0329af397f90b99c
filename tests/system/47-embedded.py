#!/usr/bin/python3
"""Documents inside documents, by policy, through the real programs: each is an
object of its own, and the verifier lets the whole pass."""
import io
import os
import pathlib
import tempfile
import unittest
import zipfile

from gateway import SAMPLES, Gateway

CONFIG = """
policies:
  - name: default
    embedded: sanitize
"""


def inside(data, name):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return archive.read(name), archive.namelist()


class Embedded(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        folder = pathlib.Path(self.temporary.name)
        os.chmod(folder, 0o755)
        self.running = Gateway(folder / "state", CONFIG).start()

    def tearDown(self):
        self.assertEqual(self.running.stop(), 0)
        self.temporary.cleanup()

    def send(self, name):
        client = self.running.client()
        client.submit((SAMPLES / "docx" / name).read_bytes(), name)
        result = client.result()
        client.close()
        return result

    def test_a_workbook_and_the_letter_in_it_come_out_clean(self):
        result = self.send("embedded-workbook.docx")
        self.assertEqual(result["verdict"], "sanitized", result["report"])
        book, _ = inside(result["output"], "word/embeddings/book.xlsx")
        letter, names = inside(book, "xl/embeddings/letter.docx")
        self.assertNotIn("xl/vbaProject.bin", names)
        sheet, _ = inside(book, "xl/worksheets/sheet1.xml")
        self.assertNotIn(b"cmd", sheet)
        self.assertIn(b"480", sheet)
        text, names = inside(letter, "word/document.xml")
        self.assertNotIn("word/vbaProject.bin", names)
        self.assertIn("甲".encode(), text)
        kinds = [removal["kind"] for removal in result["report"]["removals"]]
        self.assertEqual(kinds.count("ooxml.vba_project"), 2)
        self.assertEqual(kinds.count("ooxml.macro_enabled"), 2)
        self.assertEqual(kinds.count("ooxml.formula"), 1)

    def test_what_cannot_be_sanitized_goes(self):
        result = self.send("embedded-not-a-document.docx")
        self.assertEqual(result["verdict"], "sanitized", result["report"])
        _, names = inside(result["output"], "word/charts/chart1.xml")
        self.assertFalse([name for name in names if "embeddings" in name])


if __name__ == "__main__":
    unittest.main()
