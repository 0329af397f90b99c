#!/usr/bin/python3
"""`sekisho sanitize` against a broker that the test plays itself: what the
command line does with each answer, with none, and with wrong ones."""
import hashlib
import json
import os
import pathlib
import re
import socket
import struct
import subprocess
import tempfile
import threading
import unicodedata
import unittest

from gateway import BIN, MESSAGE, VERDICTS, Reader, sealed_file, string

ERRORS = ["none"]
for line in (pathlib.Path(__file__).parents[2] / "base/error.def").read_text().splitlines():
    if line.startswith("ERROR("):
        ERRORS.append(line.split('"')[1])


def policy_bytes():
    """How long a policy is on the wire: the members of base/policy.h."""
    text = (pathlib.Path(__file__).parents[2] / "base/policy.h").read_text()
    text = text[text.index("struct limits {"):]
    text = text[:text.index("void policy_default")]
    sizes = {"uint8_t": 1, "uint32_t": 4, "uint64_t": 8}
    return 64 + sum(sizes[word] for word in
                    re.findall(r"^\t(uint\d+_t) \w+;", text, re.MULTILINE))


POLICY_BYTES = policy_bytes()


def read_submission(data):
    reader = Reader(data)
    item = {"id": reader.string(), "channel": reader.take("B"), "direction": reader.take("B"),
            "department": reader.string(), "name": reader.string(),
            "declared": reader.string(), "format": reader.string(),
            "has_policy": reader.take("B")}
    if item["has_policy"]:
        item["policy"] = reader.bytes(POLICY_BYTES)
    for key in ("has_mode", "mode", "record", "hands_over"):
        item[key] = reader.take("B")
    item["refused"] = reader.take("I")
    item["delivery"] = reader.string()
    item["authentication"] = reader.string()
    item["passwords"] = [reader.string() for _ in range(reader.take("H"))]
    if reader.at != len(data):
        raise ValueError("MESSAGE_SUBMIT has changed: adapt read_submission()")
    return item


class Broker:
    """Listens as the broker does; `answer(item)` gives a dict per submission."""

    started = []

    def __init__(self, state, answer):
        Broker.started.append(self)
        self.answer = answer
        self.items = []
        self.peer = None
        self.failure = None
        (state / "run").mkdir(parents=True, exist_ok=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.bind(str(state / "run/intake.sock"))
        self.socket.listen()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def close(self):
        """Ends the thread by closing what it waits for."""
        for end in (self.socket, self.peer):
            try:
                end and end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.thread.join(10)
        self.socket.close()
        self.peer and self.peer.close()
        for item in self.items:
            os.close(item["fd"])
        if self.failure:
            raise self.failure

    def serve(self):
        try:
            self.peer, _ = self.socket.accept()
            self.talk()
        except OSError:
            pass
        except Exception as error:  # the command line must not wait for us
            self.failure = error
        finally:
            self.peer and self.peer.close()

    def talk(self):
        waiting = []
        while True:
            data, fds, _, _ = socket.recv_fds(self.peer, 1 << 17, 1)
            if not data:
                return
            kind, _, ticket = struct.unpack_from("<IIQ", data)
            if kind != MESSAGE["MESSAGE_SUBMIT"]:
                self.send("MESSAGE_STATUS_REPLY", ticket, b"", self.answer(None))
                continue
            item = read_submission(data[16:])
            item["fd"] = fds[0]
            size = os.fstat(fds[0]).st_size
            item["data"] = os.pread(fds[0], size, 0)
            item["ticket"] = ticket
            self.items.append(item)
            reply = self.answer(item)
            if reply == "close":
                self.peer.close()
                self.socket.close()
                return
            if reply == "garbage":
                self.peer.send(b"not a frame")
                continue
            if reply == "wait":  # answered after the next one
                waiting.append(item)
                continue
            self.reply(item, reply)
            for other in waiting:
                self.reply(other, self.answer(dict(other, late=True)))
            waiting = []

    def send(self, kind, ticket, payload, content=None):
        frame = struct.pack("<IIQ", MESSAGE[kind], len(payload), ticket) + payload
        fds = [] if content is None else [sealed_file(content)]
        socket.send_fds(self.peer, [frame], fds)
        for fd in fds:
            os.close(fd)

    def reply(self, item, reply):
        output = reply.get("output")
        report = {"verdict": reply["verdict"], "removals": reply.get("removals", []),
                  "reason": {"detail": reply.get("detail", "")}}
        if reply.get("report", True):
            self.send("MESSAGE_REPORT", item["ticket"], b"", json.dumps(report).encode())
        digest = hashlib.sha256(output or b"").digest() if output is not None else bytes(32)
        payload = string("0" * 32) + struct.pack(
            "<BI", VERDICTS.index(reply["verdict"]), ERRORS.index(reply.get("reason", "none")))
        payload += string(reply.get("type", "text")) + string(reply.get("extension", "txt"))
        payload += string("text/plain") + hashlib.sha256(item["data"]).digest()
        payload += (reply.get("digest", digest) + struct.pack("<QIIB", len(output or b""), 0, 5, 0)
                    + string(""))  # no certificate
        self.send("MESSAGE_RESULT", item["ticket"], payload, output)


class Vault:
    """Answers one request with JSON, or with an error's number."""

    def __init__(self, state, answer):
        (state / "run").mkdir(parents=True, exist_ok=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.bind(str(state / "run/vault.sock"))
        self.socket.listen()
        self.answer = answer
        self.request = None
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        peer, _ = self.socket.accept()
        data = peer.recv(1 << 17)
        kind, _, ticket = struct.unpack_from("<IIQ", data)
        self.request = (kind, data[16:])
        if isinstance(self.answer, int):
            peer.send(struct.pack("<IIQI", MESSAGE["MESSAGE_VAULT_ACK"], 4, ticket, self.answer))
        else:
            fd = sealed_file(json.dumps(self.answer).encode())
            socket.send_fds(peer, [struct.pack("<IIQ", MESSAGE["MESSAGE_VAULT_REPLY"], 0, ticket)],
                            [fd])
            os.close(fd)
        peer.close()

    def close(self):
        self.thread.join(10)
        self.socket.close()


def places(text):
    """Columns of a terminal."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def passes(item):
    return {"verdict": "unchanged", "output": item["data"]}


class CommandLine(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.temporary.name)
        self.state = self.folder / "state"
        self.out = self.folder / "out"

    def tearDown(self):
        while Broker.started:
            Broker.started.pop().close()
        self.temporary.cleanup()

    def put(self, name, data=b"text\n"):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def run_cli(self, *arguments, **options):
        environment = dict(os.environ, SEKISHO_STATE=str(self.state), LANG="C", LC_ALL="C")
        return subprocess.run([BIN / "sekisho", *arguments], env=environment, timeout=20,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, **options)

    def sanitize(self, answer, *arguments, files=(), code=0):
        self.broker = Broker(self.state, answer)
        done = self.run_cli("sanitize", "--json", "--out-dir", self.out, *arguments, *files)
        self.assertEqual(done.returncode, code, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def names(self):
        return sorted(path.name for path in self.out.iterdir())

    def test_output_and_line_of_an_input_that_passes(self):
        path = self.put("見積.docm", b"content")
        removal = {"kind": "ooxml.vba_project", "path": "見積.docm!word/vbaProject.bin",
                   "detail": "", "bytes": 3, "sha256": "ab" * 32, "ja": "x", "en": "y"}
        lines = self.sanitize(lambda item: {
            "verdict": "sanitized", "output": b"rebuilt", "type": "docx",
            "extension": "docx", "removals": [removal]}, files=[path])
        self.assertEqual(list(lines[0]), [
            "input", "verdict", "type", "output", "reason", "removals", "input_sha256",
            "output_sha256", "duration_ms"])
        self.assertEqual(list(lines[0]["removals"][0]),
                         ["kind", "path", "detail", "bytes", "sha256"])
        self.assertEqual(lines[0]["output"], str(self.out / "見積.docx"))
        self.assertEqual(lines[0]["output_sha256"], hashlib.sha256(b"rebuilt").hexdigest())
        self.assertEqual((self.out / "見積.docx").read_bytes(), b"rebuilt")
        item = self.broker.items[0]
        self.assertEqual((item["name"], item["data"], item["record"]), ("見積.docm", b"content", 0))

    def test_nothing_is_written_for_what_is_held(self):
        lines = self.sanitize(lambda item: {"verdict": "blocked", "reason": "scanner.infected"},
                              files=[self.put("a.txt")], code=2)
        self.assertEqual(lines[0]["reason"], "scanner.infected")
        self.assertIsNone(lines[0]["output"])
        self.assertIsNone(lines[0]["output_sha256"])
        self.assertEqual(self.names(), [])

    def test_a_password_that_is_missing_counts_as_held(self):
        lines = self.sanitize(lambda item: {"verdict": "password", "reason": "encrypted"},
                              files=[self.put("a.zip")], code=2)
        self.assertEqual(lines[0]["verdict"], "password")

    def test_reasons_of_the_gateway_end_with_1(self):
        for reason in ("scanner.no_definitions", "io.no_space", "unavailable"):
            self.tearDown()
            self.setUp()
            self.sanitize(lambda item, reason=reason: {"verdict": "blocked", "reason": reason},
                          files=[self.put("a.txt")], code=1)

    def test_lines_come_in_the_order_of_the_inputs(self):
        paths = [self.put(f"{number}.txt", b"%d" % number) for number in range(40)]

        def answer(item):
            late = "late" in item or int(item["data"]) % 2 == 1 or int(item["data"]) == 38
            return passes(item) if late else "wait"
        lines = self.sanitize(answer, files=paths)
        self.assertEqual([line["input"] for line in lines], [str(path) for path in paths])
        self.assertEqual(len(self.names()), 40)

    def test_a_gateway_that_goes_away_holds_everything(self):
        paths = [self.put(f"{number}.txt") for number in range(10)]
        lines = self.sanitize(lambda item: passes(item) if item["ticket"] < 2 else "close",
                              files=paths, code=1)
        self.assertEqual([line["verdict"] for line in lines], ["unchanged"] * 2 + ["blocked"] * 8)
        self.assertEqual({line["reason"] for line in lines[2:]}, {"unavailable"})
        self.assertEqual(self.names(), ["0.txt", "1.txt"])

    def test_answers_that_are_no_frames_deliver_nothing(self):
        lines = self.sanitize(lambda item: "garbage", files=[self.put("a.txt")], code=1)
        self.assertEqual(lines[0]["verdict"], "blocked")
        self.assertEqual(self.names(), [])

    def test_an_output_that_is_not_the_verified_one_is_not_delivered(self):
        lines = self.sanitize(lambda item: dict(passes(item), digest=bytes(32)),
                              files=[self.put("a.txt")], code=1)
        self.assertEqual((lines[0]["verdict"], lines[0]["reason"]), ("blocked", "internal"))
        self.assertEqual(self.names(), [])

    def test_a_result_without_report_is_not_delivered(self):
        lines = self.sanitize(lambda item: dict(passes(item), report=False),
                              files=[self.put("a.txt")], code=1)
        self.assertEqual(lines[0]["verdict"], "blocked")
        self.assertEqual(self.names(), [])

    def test_two_outputs_of_one_name_get_numbers(self):
        paths = [self.put("x/a.txt", b"1"), self.put("y/A.txt", b"2"), self.put("z/a.txt", b"3")]
        lines = self.sanitize(passes, files=paths)
        self.assertEqual([os.path.basename(line["output"]) for line in lines],
                         ["a.txt", "A (2).txt", "a (3).txt"])
        self.assertEqual((self.out / "a (3).txt").read_bytes(), b"3")

    def test_an_input_is_never_overwritten(self):
        path = self.put("out/a.txt", b"original")
        lines = self.sanitize(lambda item: {"verdict": "sanitized", "output": b"new"}, files=[path])
        self.assertEqual(path.read_bytes(), b"original")
        self.assertEqual(os.path.basename(lines[0]["output"]), "a (2).txt")
        done = self.run_cli("sanitize", "-o", path, path)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(path.read_bytes(), b"original")

    def test_an_input_behind_a_link_is_never_overwritten(self):
        path = self.put("a.txt", b"original")
        self.out.mkdir()
        (self.out / "a.txt").hardlink_to(path)
        self.sanitize(lambda item: {"verdict": "sanitized", "output": b"new"}, files=[path])
        self.assertEqual(path.read_bytes(), b"original")

    def test_hostile_names_stay_in_the_folder(self):
        self.out.mkdir()
        names = [b"a\nb.txt", "a\u202excod.txt".encode(), b"\xff\xfe.txt", b"con.txt",
                 "入札".encode("cp932") + b".txt", b"-rf.txt"]
        paths = []
        for name in names:
            path = os.path.join(os.fsencode(self.folder), b"in", name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(b"x")
            paths.append(path)
        lines = self.sanitize(passes, files=paths)
        self.assertEqual([os.path.basename(line["output"]) for line in lines],
                         ["a_b.txt", "a_xcod.txt", "__.txt", "_on.txt", "入札.txt", "-rf.txt"])
        self.assertIn("<U+202E>", lines[1]["input"])

    def test_inputs_that_cannot_be_read_are_held_and_the_rest_goes_on(self):
        os.mkfifo(self.folder / "fifo")
        lines = self.sanitize(passes, files=[
            self.folder / "none.txt", self.folder / "fifo", self.folder, self.put("a.txt")],
            code=2)
        self.assertEqual([line["reason"] for line in lines],
                         ["intake.unreadable", "intake.not_regular", "intake.not_regular", None])
        self.assertEqual(self.names(), ["a.txt"])

    def test_the_content_cannot_change_while_it_is_worked_on(self):
        def answer(item):
            with self.assertRaises(OSError):
                with open(f"/proc/self/fd/{item['fd']}", "wb") as file:
                    file.write(b"x")
            return passes(item)
        self.sanitize(answer, files=[self.put("a.txt")])
        self.assertEqual(len(self.names()), 1)

    def test_a_large_input_arrives_whole(self):
        data = os.urandom(1 << 20) * 70
        lines = self.sanitize(lambda item: {"verdict": "sanitized", "output": item["data"]},
                              files=[self.put("a.txt", data)])
        self.assertEqual(lines[0]["input_sha256"], hashlib.sha256(data).hexdigest())
        self.assertEqual((self.out / "a.txt").read_bytes(), data)

    def test_an_output_that_cannot_be_written_is_told(self):
        self.out.mkdir()
        self.put("a.txt")
        big = {"verdict": "sanitized", "output": b"x" * (1 << 20)}
        self.broker = Broker(self.state, lambda item: big)
        done = subprocess.run(
            ["sh", "-c", 'ulimit -f 100; trap "" XFSZ; exec "$@"', "sh", BIN / "sekisho",
             "sanitize", "--json", "--state", self.state, "--out-dir", self.out,
             self.folder / "a.txt"], stdout=subprocess.PIPE, text=True, timeout=20)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(json.loads(done.stdout)["verdict"], "blocked")
        self.assertEqual(self.names(), [])

    def test_passwords_come_from_a_closed_file_only(self):
        secrets = self.put("secrets", "ひみつ\r\n\npass word\n".encode())
        secrets.chmod(0o644)
        self.sanitize(passes, "--passwords", secrets, files=[self.put("a.txt")], code=1)
        self.assertEqual(self.broker.items, [])
        self.tearDown()
        self.setUp()
        secrets = self.put("secrets", "ひみつ\r\n\npass word\n".encode())
        secrets.chmod(0o600)
        self.sanitize(passes, "--passwords", secrets, files=[self.put("a.txt")])
        self.assertEqual(self.broker.items[0]["passwords"], ["ひみつ", "pass word"])

    def test_policy_and_mode_go_with_the_submission(self):
        policy = self.put("policy.yaml", b"mode: text\nlimits: {depth: 3}\n")
        self.sanitize(passes, "--policy", policy, "--mode", "pdf", files=[self.put("a.txt")])
        item = self.broker.items[0]
        self.assertEqual((item["has_policy"], item["has_mode"], item["mode"]), (1, 1, 3))
        self.assertEqual(item["policy"][:2], b"\x02\x02")
        policy.write_text("mode: kill\n")
        done = self.run_cli("sanitize", "--policy", policy, "--out-dir", self.out,
                            self.put("a.txt"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("block, rebuild, text, pdf, picture, convert", done.stderr)

    def test_report_of_one_is_an_object_of_several_a_list(self):
        report = self.folder / "report.json"
        self.sanitize(passes, "--report", report, files=[self.put("a.txt")])
        self.assertEqual(json.loads(report.read_text())["verdict"], "unchanged")
        os.unlink(self.state / "run/intake.sock")
        self.sanitize(passes, "--report", report, files=[self.put("a.txt"), self.folder / "no"],
                      code=2)
        reports = json.loads(report.read_text())
        self.assertEqual([one["verdict"] for one in reports], ["unchanged", "blocked"])
        self.assertEqual(reports[1]["reason"]["code"], "intake.unreadable")

    def test_people_read_it_in_their_language(self):
        removal = {"kind": "metadata", "path": "a.txt", "detail": "\x1b[31m", "bytes": 2048,
                   "ja": "付加情報を除去しました。", "en": "Metadata was removed."}
        self.broker = Broker(self.state, lambda item: {
            "verdict": "sanitized", "output": b"x", "removals": [removal, removal]})
        done = self.run_cli("sanitize", "--lang", "ja", "--out-dir", self.out, self.put("a.txt"))
        self.assertIn("付加情報を除去しました。 (2 件)", done.stdout)
        self.assertIn("2.0 KiB", done.stdout)
        self.assertNotIn("\x1b", done.stdout)
        os.unlink(self.state / "run/intake.sock")
        self.broker = Broker(self.state, lambda item: {
            "verdict": "blocked", "reason": "scanner.infected", "detail": "Eicar"})
        done = self.run_cli("sanitize", "--out-dir", self.out, self.put("a.txt"))
        self.assertIn("Held: malware was found. [Eicar]", done.stdout)

    def test_status_tells_why_nothing_passes(self):
        status = {"version": "1", "healthy": False, "uptime_s": 60, "items": 0,
                  "definitions": {"state": "stale", "age_hours": 99},
                  "programs": {"scanner": {"ready": True, "restarts": 2}},
                  "sandbox_missing": ["user_namespace"], "finished": {"blocked": 1}}
        self.broker = Broker(self.state, lambda item: json.dumps(status).encode())
        done = self.run_cli("status")
        self.assertEqual(done.returncode, 1)
        for words in ("NOT HEALTHY", "too old", "age_hours=99", "user_namespace", "restarts 2"):
            self.assertIn(words, done.stdout)
        os.unlink(self.state / "run/intake.sock")
        status["healthy"] = True
        self.broker = Broker(self.state, lambda item: json.dumps(status).encode())
        done = self.run_cli("status", "--json")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(json.loads(done.stdout), status)

    def test_status_without_a_gateway(self):
        done = self.run_cli("status")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no gateway is running", done.stderr)
        self.assertFalse(json.loads(self.run_cli("status", "--json").stdout)["running"])

    def test_items_stand_in_columns_whatever_their_width(self):
        names = ["a.txt", "令和八年度入札公告.docx", "ﾊﾝｶｸ.txt", "が" * 40 + ".txt"]
        vault = Vault(self.state, [
            {"id": "0" * 32, "time": "2026-01-01T00:00:00.000Z", "department": "総務課",
             "name": name, "type": "text", "state": "held", "reason": "scanner.infected"}
            for name in names])
        done = self.run_cli("items", "--state", "held", "--limit", "9", "--lang", "ja")
        vault.close()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(vault.request[0], MESSAGE["MESSAGE_VAULT_LIST"])
        self.assertEqual(json.loads(vault.request[1]), {"limit": 9, "state": "held"})
        lines = done.stdout.splitlines()
        self.assertEqual(len(lines), 5)
        self.assertEqual({places(line[:line.index("text")]) for line in lines[1:]},
                         {places(lines[0][:lines[0].index("種類")])})
        self.assertIn("…", lines[4])
        self.assertIn("マルウェアが検出されたため", lines[1])

    def test_an_item_that_is_not_there_is_told(self):
        vault = Vault(self.state, ERRORS.index("not_found"))
        done = self.run_cli("items", "show", "0" * 32)
        vault.close()
        self.assertEqual(done.returncode, 1)
        self.assertIn("not found", done.stderr)
        self.assertEqual(vault.request, (MESSAGE["MESSAGE_VAULT_SHOW"], string("0" * 32)))
        os.unlink(self.state / "run/vault.sock")
        done = self.run_cli("items")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no gateway is running", done.stderr)

    def test_wrong_usage_ends_with_64(self):
        path = str(self.put("a.txt"))
        for arguments in ((), ("nonsense",), ("sanitize",), ("sanitize", path),
                          ("sanitize", "-o", "x"), ("sanitize", "-o", "x", path, path),
                          ("sanitize", "-o", "x", "--out-dir", "y", path),
                          ("sanitize", "--mode", "kill", "-o", "x", path),
                          ("sanitize", "--lang", "fr", "-o", "x", path),
                          ("sanitize", "--unknown", "-o", "x", path), ("status", "more"),
                          ("items", "show"), ("items", "show", "1"), ("items", "more"),
                          ("items", "--limit", "0"), ("items", "--state", "nowhere"),
                          ("config",), ("config", "check", "a", "b")):
            done = self.run_cli(*arguments)
            self.assertEqual(done.returncode, 64, arguments)
            self.assertNotEqual(done.stderr, "")
            self.assertEqual(done.stdout, "")
        for arguments in (("--help",), ("--version",), ("sanitize", "--help"), ("help",)):
            self.assertEqual(self.run_cli(*arguments).returncode, 0)

    def test_config_check_names_file_line_and_key(self):
        path = self.put("s.yaml", b"language: ja\nfolder:\n  settle: 3\n")
        done = self.run_cli("config", "check", path)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{path}:3: folder.settle: ", done.stderr)
        self.assertIn("settle_ms", done.stderr)
        path.write_text(self.run_cli("config", "defaults", "--lang", "ja").stdout)
        done = self.run_cli("config", "check", path, "--lang", "ja")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.run_cli("config", "check", self.folder / "none").returncode, 1)


if __name__ == "__main__":
    unittest.main()
