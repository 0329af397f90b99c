#!/usr/bin/python3
"""`sekisho` and the real programs: alone, and with a running gateway; what it
writes, reports and lists. Reports are valid against docs/report.schema.json."""
import io
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest
import zipfile

import jsonschema
import msoffcrypto

from gateway import BIN, ROOT, SAMPLES, Gateway

SCHEMA = json.loads((ROOT / "docs/report.schema.json").read_text())
EICAR = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-" + "ANTIVIRUS-TEST-FILE!$H+H*"
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def run(*arguments, state=None, **options):
    environment = dict(os.environ, LC_ALL="C.UTF-8", SEKISHO_STATE=str(state or "/nonexistent"))
    return subprocess.run([BIN / "sekisho", *arguments], env=environment, timeout=120, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, **options)


def programs():
    """Processes of gateways that work alone."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and b"--standalone" in (entry / "cmdline").read_bytes():
                found.append((entry / "cmdline").read_bytes())
        except OSError:
            pass
    return found


class Files(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.temporary.name)
        os.chmod(self.folder, 0o755)
        self.out = self.folder / "out"
        self.good = self.folder / "good.txt"
        self.good.write_text("入札公告\n")
        self.bad = self.folder / "eicar.com"
        self.bad.write_text(EICAR)
        self.report = self.folder / "report.json"

    def tearDown(self):
        self.temporary.cleanup()

    def check_reports(self):
        reports = json.loads(self.report.read_text())
        for report in reports if isinstance(reports, list) else [reports]:
            problems = [f"{list(problem.path)}: {problem.message}"
                        for problem in VALIDATOR.iter_errors(report)]
            self.assertEqual(problems, [])
        return reports

    def check_good_and_bad(self, *options, **where):
        done = run("sanitize", "--json", "--report", self.report, "--out-dir", self.out, *options,
                   self.good, self.bad, self.folder / "none", **where)
        self.assertEqual(done.returncode, 2, done.stderr)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([line["verdict"] for line in lines], ["unchanged", "blocked", "blocked"])
        self.assertEqual([line["reason"] for line in lines],
                         [None, "scanner.infected", "intake.unreadable"])
        self.assertEqual([path.name for path in self.out.iterdir()], ["good.txt"])
        self.assertEqual((self.out / "good.txt").read_text(), "入札公告\n")
        reports = self.check_reports()
        self.assertEqual([report["verdict"] for report in reports],
                         ["unchanged", "blocked", "blocked"])
        self.assertEqual(reports[0]["output"]["sha256"], lines[0]["output_sha256"])


class Alone(Files):
    def sanitize(self, *arguments):
        return run("sanitize", "--standalone", "--definitions", SAMPLES / "definitions",
                   *arguments)

    def test_works_without_a_gateway_and_leaves_nothing_behind(self):
        own = self.folder / "tmp"
        own.mkdir(mode=0o755)
        os.environ["TMPDIR"] = str(own)
        try:
            self.check_good_and_bad("--definitions", SAMPLES / "definitions")
        finally:
            del os.environ["TMPDIR"]
        self.assertEqual(list(own.iterdir()), [])

    def test_without_definitions_nothing_passes(self):
        empty = self.folder / "empty"
        empty.mkdir()
        done = run("sanitize", "--standalone", "--json", "--definitions", empty, "--out-dir",
                   self.out, self.good)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertEqual(json.loads(done.stdout)["reason"], "scanner.no_definitions")
        self.assertEqual(list(self.out.iterdir()), [])

    def test_what_a_password_opened_is_locked_again_by_policy(self):
        config, secret = self.folder / "same.yaml", self.folder / "secret"
        config.write_text("policies:\n  - {name: default, reencrypt: same}\n")
        secret.write_text("himitsu\n")
        os.chmod(secret, 0o600)
        names = ["agile-sha512-256.docx", "standard-192.docx", "macro.docm", "料金表.xlsx"]
        done = self.sanitize("--json", "--config", config, "--passwords", secret, "--out-dir",
                             self.out, *(SAMPLES / "encrypted" / name for name in names),
                             SAMPLES / "zip/aes256-ae1.zip")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(sorted(path.name for path in self.out.iterdir()),
                         sorted([*names[:2], "macro.docx", names[3], "aes256-ae1.zip"]))
        for path in self.out.glob("*.*x"):
            # Opened by a third program, which knows nothing of ours.
            with path.open("rb") as file:
                document = msoffcrypto.OfficeFile(file)
                self.assertTrue(document.is_encrypted(), path)
                document.load_key(password="himitsu", verify_password=True)
                opened = io.BytesIO()
                document.decrypt(opened, verify_integrity=True)
            members = zipfile.ZipFile(opened).namelist()
            self.assertIn("[Content_Types].xml", members)
            self.assertFalse([name for name in members if "vba" in name.lower()])
        self.check_old_formats(config, secret)
        # Without a password nothing comes out, and again gives the same bytes.
        done = self.sanitize("--json", "--out-dir", self.folder / "none", self.out / "macro.docx")
        self.assertEqual(json.loads(done.stdout)["reason"], "encrypted")
        again = self.folder / "again"
        done = self.sanitize("--json", "--config", config, "--passwords", secret, "--out-dir",
                             again, self.out / "macro.docx")
        self.assertEqual(json.loads(done.stdout)["verdict"], "unchanged", done.stdout)
        self.assertEqual((again / "macro.docx").read_bytes(),
                         (self.out / "macro.docx").read_bytes())

    def check_old_formats(self, config, secret):
        """doc, xls and ppt: a third program opens them with the password, and no other."""
        names = {"doc/locked-xor.doc": "秘密の", "doc/locked-api-40.doc": "秘密の",
                 "xls/xor.xls": "品目", "ppt/locked-56.ppt": "入札"}
        out = self.folder / "old"
        done = self.sanitize("--json", "--config", config, "--passwords", secret, "--out-dir", out,
                             *(SAMPLES / name for name in names))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for name, text in names.items():
            path = out / name.split("/")[1]
            with path.open("rb") as file:
                document = msoffcrypto.OfficeFile(file)
                self.assertTrue(document.is_encrypted(), path)
                with self.assertRaises(msoffcrypto.exceptions.InvalidKeyError):
                    document.load_key(password="Himitsu")
                document.load_key(password="himitsu")
                opened = io.BytesIO()
                document.decrypt(opened)
            self.assertIn(text.encode("utf-16-le"), opened.getvalue(), path)
            self.assertNotIn(text.encode("utf-16-le"), path.read_bytes(), path)
            done = self.sanitize("--json", "--out-dir", self.folder / "none", path)
            self.assertEqual(json.loads(done.stdout)["reason"], "encrypted", done.stdout)

    def test_killed_it_leaves_no_gateway_running(self):
        many = []
        for number in range(500):
            many.append(self.folder / f"{number}.txt")
            many[-1].write_text(str(number))
        state = self.folder / "tmp"
        state.mkdir(mode=0o755)
        process = subprocess.Popen(
            [BIN / "sekisho", "sanitize", "--standalone", "--definitions",
             SAMPLES / "definitions", "--out-dir", self.out, *many],
            stdout=subprocess.DEVNULL, env=dict(os.environ, TMPDIR=str(state)))
        while not (self.out.exists() and any(self.out.iterdir())):
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        end = time.monotonic() + 20
        while time.monotonic() < end and any(str(state).encode() in line for line in programs()):
            time.sleep(0.05)
        self.assertFalse([line for line in programs() if str(state).encode() in line])

    def test_interrupted_it_stops_in_good_order(self):
        many = []
        for number in range(2000):
            many.append(self.folder / f"{number}.txt")
            many[-1].write_text(str(number))
        process = subprocess.Popen(
            [BIN / "sekisho", "sanitize", "--standalone", "--definitions",
             SAMPLES / "definitions", "--out-dir", self.out, *many], stdout=subprocess.DEVNULL)
        while not (self.out.exists() and any(self.out.iterdir())):
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(30), 130)
        self.assertEqual([path for path in self.out.iterdir() if path.suffix == ".tmp"], [])

    def test_the_samples_give_valid_reports(self):
        paths = [path for path in sorted(SAMPLES.glob("*/*"))
                 if path.parent.name != "definitions" and path.is_file()
                 and not path.name.endswith(".expect.json") and path.stat().st_size < 1 << 20]
        paths = paths[::max(1, len(paths) // 60)]
        done = self.sanitize("--json", "--report", self.report, "--out-dir", self.out, *paths)
        self.assertIn(done.returncode, (0, 1, 2), done.stderr)
        reports = self.check_reports()
        self.assertEqual(len(reports), len(paths))
        for line, report in zip(done.stdout.splitlines(), reports):
            line = json.loads(line)
            self.assertEqual(line["verdict"], report["verdict"])
            self.assertEqual(len(line["removals"]), len(report["removals"]))


class Running(Files):
    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.TemporaryDirectory()
        os.chmod(cls.place.name, 0o755)
        cls.gateway = Gateway(pathlib.Path(cls.place.name) / "var")
        cls.gateway.start()

    @classmethod
    def tearDownClass(cls):
        cls.gateway.stop()
        cls.place.cleanup()

    def test_hands_the_files_to_the_gateway(self):
        self.check_good_and_bad(state=self.gateway.state)
        self.assertIn("scanner.infected", self.gateway.log())

    def test_status_is_healthy(self):
        done = run("status", state=self.gateway.state)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("healthy", done.stdout)
        done = run("status", "--json", "--state", self.gateway.state)
        self.assertTrue(json.loads(done.stdout)["healthy"])

    def test_items_lists_what_the_folder_took(self):
        if not (self.gateway.state / "run/vault.sock").exists():
            self.skipTest("no vault")
        client = self.gateway.client()
        item = client.sanitize(EICAR.encode(), "感染.com", department="総務課")
        client.close()
        self.assertTrue(item["recorded"])
        done = run("items", "--json", "--state", "held", state=self.gateway.state)
        self.assertEqual(done.returncode, 0, done.stderr)
        found = [one for one in json.loads(done.stdout) if one["id"] == item["item"]]
        self.assertEqual([(one["name"], one["reason"]) for one in found],
                         [("感染.com", "scanner.infected")])
        done = run("items", "--lang", "ja", state=self.gateway.state)
        self.assertIn("マルウェアが検出されたため保留しました。", done.stdout)
        self.assertIn("感染.com", done.stdout)
        done = run("items", "show", item["item"], "--lang", "en", state=self.gateway.state)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Held: malware was found.", done.stdout)
        done = run("items", "show", "0" * 32, state=self.gateway.state)
        self.assertEqual(done.returncode, 1)


if __name__ == "__main__":
    unittest.main()
