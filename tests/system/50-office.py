#!/usr/bin/env python3
"""Documents that LibreOffice converts: what comes out, what cannot be reached, and
every way in which it can fail."""
import ctypes
import io
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import zipfile

import gateway

sys.path.insert(0, str(gateway.ROOT / "samples"))
import odfmaker  # noqa: E402  beside the samples

CONFIG = """
policies:
  - name: default
    modes:
      rtf: convert
      odt: convert
      vsd: convert
      doc: convert
      xls: convert
      ppt: convert
      xlsb: convert
    limits:
      seconds: 240
"""
# Would leave a second file beside the output, which holds the object.
MACRO = """<office:scripts><office:script script:language="ooo:Basic"><ooo:libraries>
<ooo:library-embedded ooo:name="Standard"><ooo:module ooo:name="M"><ooo:source-code>
Sub Main
Open "/tmp/out/ran" For Output As #1
Print #1, "ran"
Close #1
End Sub
</ooo:source-code></ooo:module></ooo:library-embedded></ooo:libraries></office:script>
<office:event-listeners><script:event-listener script:language="ooo:script"
 script:event-name="dom:load" xlink:type="simple"
 xlink:href="vnd.sun.star.script:Standard.M.Main?language=Basic&amp;location=document"/>
</office:event-listeners></office:scripts>"""
XLSB = "xlsb/料金表.xlsb"
REMOTE = rb"""{\rtf1\ansi\deff0{\fonttbl{\f0 Arial;}}
{\field{\*\fldinst INCLUDEPICTURE "http://127.0.0.1:%(port)d/picture.png" \\d}{\fldrslt one}}
{\field{\*\fldinst INCLUDETEXT "http://127.0.0.1:%(port)d/text.docx"}{\fldrslt two}}
{\field{\*\fldinst DDEAUTO http "127.0.0.1:%(port)d" "x"}{\fldrslt three}}
{\*\template http://127.0.0.1:%(port)d/template.dotm}
visible words\par}
"""


def sample(name):
    return (gateway.SAMPLES / name).read_bytes()


def reason(result):
    return (result["report"]["reason"] or {}).get("code", "none")


def kinds(result):
    return {removal["kind"] for removal in result["report"]["removals"]}


def check_outputs(client):
    """xlsb, vsdx, rtf and docx: each comes out as what the table says."""
    result = client.sanitize(sample(XLSB), "料金表.xlsb")
    assert result["verdict"] == "converted", result
    assert "office.converted" in kinds(result), result
    assert result["report"]["output"]["name"] == "料金表.xlsx", result
    with zipfile.ZipFile(io.BytesIO(result["output"])) as book:
        names = book.namelist()
        text = "".join(book.read(name).decode() for name in names if name.endswith(".xml"))
    assert "会議室使用料" in text and "<v>1200</v>" in text and "<v>2400</v>" in text, text
    result = client.sanitize(sample("xlsb/macros.xlsb"), "macros.xlsb")
    assert result["verdict"] == "converted", result
    assert b"vbaProject" not in result["output"]
    result = client.sanitize(sample("vsdx/配置図.vsdx"), "配置図.vsdx", mode="convert")
    assert result["verdict"] == "converted", result
    assert result["output"].startswith(b"%PDF-"), result
    result = client.sanitize(sample("docx/plain.docx"), "plain.docx", mode="pdf")
    assert result["verdict"] == "converted", result
    assert result["output"].startswith(b"%PDF-"), result


# Name, part that shows it, what stays, kinds that are reported, what goes.
OLD = (
    ("doc/field-dde.doc", "word/document.xml", "shown", {"ooxml.field"}, "DDE"),
    ("xls/予算書.xls", "xl/sharedStrings.xml", "品目", set(), "DDE"),
    ("xls/dde.xls", "xl/workbook.xml", "sheet", set(), "calc.exe"),
    ("xls/macro.xls", "xl/workbook.xml", "sheet", set(), "Auto_Open"),
    ("ppt/plain.ppt", "ppt/slides/slide1.xml", "入札説明会", set(), "ole"),
    ("ppt/action-program.ppt", "ppt/slides/slide1.xml", "入札説明会", set(), "ppaction://program"),
    ("word95/通知.doc", "word/document.xml", "Second paragraph", set(), "DDE"),
    ("word95/dde.doc", "word/document.xml", "shown", {"ooxml.field"}, "DDE"),
)


def check_old(client):
    """Those of Office 97-2003 by policy, of Word 6 without one: what LibreOffice makes
    of their fields and actions goes by the rules of the new form."""
    for name, part, text, wanted, gone in OLD:
        own = pathlib.Path(name)
        result = client.sanitize(sample(name), own.name)
        assert result["verdict"] == "converted", (name, result)
        assert result["report"]["output"]["name"] == own.stem + own.suffix + "x", result
        assert {"office.converted"} | wanted <= kinds(result), (name, kinds(result))
        with zipfile.ZipFile(io.BytesIO(result["output"])) as package:
            shown = package.read(part).decode()
            everything = b"".join(package.read(entry) for entry in package.namelist())
        assert text in shown, (name, shown)
        assert gone.encode() not in everything, (name, everything)
        assert not any("vba" in entry.lower() for entry in package.namelist()), name


class Listener:
    """On loopback; nobody may come."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.visits = 0
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            connection, _ = self.socket.accept()
            self.visits += 1
            connection.close()


def check_remote(client):
    listener = Listener()
    result = client.sanitize(REMOTE.replace(b"%(port)d", b"%d" % listener.port), "遠隔.rtf")
    assert result["verdict"] == "converted", result
    with zipfile.ZipFile(io.BytesIO(result["output"])) as document:
        body = document.read("word/document.xml").decode()
        everything = b"".join(document.read(name) for name in document.namelist())
    assert "visible words" in body, body
    assert b"127.0.0.1" not in everything, everything
    place = f"http://127.0.0.1:{listener.port}"
    section = (f'<text:section text:name="s"><text:section-source xlink:href="{place}/s.odt"/>'
               '<text:p>section</text:p></text:section>')
    document = odfmaker.flat("text", odfmaker.p("visible words") + "<text:p>"
                             + odfmaker.frame(odfmaker.image(place + "/p.png")) + "</text:p>"
                             + section, scripts=MACRO)
    result = client.sanitize(document, "遠隔.fodt")
    assert result["verdict"] == "converted", result
    assert result["report"]["output"]["name"] == "遠隔.docx", result
    assert listener.visits == 0
    # It does count, when somebody comes.
    socket.create_connection(("127.0.0.1", listener.port)).close()
    for _ in range(600):
        if listener.visits:
            break
        time.sleep(0.1)
    assert listener.visits == 1


def offices():
    """The processes of LibreOffice that belong to some sekisho-office, by pid."""
    found = []
    for folder in pathlib.Path("/proc").iterdir():
        try:
            if (folder / "cmdline").read_bytes().split(b"\0")[0] == str(gateway.OFFICE).encode() \
                    and b"/tmp/in/document." in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except (OSError, ValueError):
            continue
    return found


def ancestors(pid):
    while pid > 1:
        yield pid
        try:
            stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return
        pid = int(stat.rsplit(")", 1)[1].split()[1])


def ours(running):
    zygotes = set(running.pids("sekisho-office"))
    return [pid for pid in offices() if zygotes & set(ancestors(pid))]


def wait_for(condition, what, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"not in time: {what}")


class Meddler:
    """Sends every LibreOffice of this gateway a signal, for as long as it lives."""

    def __init__(self, running, number):
        self.running, self.number, self.over = running, number, False
        self.thread = threading.Thread(target=self.meddle, daemon=True)

    def meddle(self):
        while not self.over:
            for pid in ours(self.running):
                try:
                    os.kill(pid, self.number)
                except ProcessLookupError:
                    pass
            time.sleep(0.01)

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *error):
        self.over = True
        self.thread.join()


def check_killed(running, client):
    """Whoever ends LibreOffice under way: its object is held for that, the next passes."""
    with Meddler(running, signal.SIGKILL):
        result = client.sanitize(sample(XLSB), "killed.xlsb")
    assert reason(result) == "office.crashed", result
    assert result["output"] is None
    assert client.sanitize(sample(XLSB), "next.xlsb")["verdict"] == "converted"


def check_hanging(folder):
    with gateway.Gateway(folder / "hanging", CONFIG.replace("240", "30")) as running:
        client = running.client()
        with Meddler(running, signal.SIGSTOP):
            result = client.sanitize(sample(XLSB), "hanging.xlsb")
        # The one limit or, on a machine that has too much to do, the other.
        assert reason(result) in ("office.time", "limit.time"), result
        wait_for(lambda: not ours(running), "the end of what hung")
        client.close()


def check_limits(folder):
    for limit, wanted in (("memory_bytes: 64MiB", "limit.memory"),
                          ("output_bytes: 1KiB", "limit.output")):
        name = wanted.replace(".", "-")
        with gateway.Gateway(folder / name, CONFIG + f"      {limit}\n") as running:
            client = running.client()
            result = client.sanitize(sample(XLSB), "limited.xlsb")
            assert reason(result) == wanted, (limit, result)
            assert not ours(running)
            client.close()


def hide_office():
    """In the new process: nobody in its mount namespace sees LibreOffice."""
    new_user, new_mounts, private = 0x10000000, 0x20000, 0x40000 | 0x4000
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.geteuid(), os.getegid()
    if libc.unshare(new_mounts | (new_user if user else 0)) != 0:
        os._exit(77)
    if user:
        pathlib.Path("/proc/self/setgroups").write_text("deny")
        pathlib.Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        pathlib.Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    if libc.mount(None, b"/", None, private, None) != 0 or \
            libc.mount(b"tmpfs", str(gateway.OFFICE.parent).encode(), b"tmpfs", 0, None) != 0:
        os._exit(77)


def check_missing(folder):
    """On a machine without LibreOffice: said before, and held with that reason."""
    config = folder / "missing.yaml"
    config.write_text(CONFIG)
    config.chmod(0o644)
    done = subprocess.run([gateway.BIN / "sekisho", "config", "check", "--lang", "en", config],
                          preexec_fn=hide_office, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done
    assert "policies[0].modes.rtf" in done.stderr and "not installed" in done.stderr, done
    assert f"{config}:5:" in done.stderr, done
    state = folder / "missing"
    state.mkdir()
    state.chmod(0o755)
    done = subprocess.run(
        [gateway.BIN / "sekisho", "sanitize", "--standalone", "--json", "--config", config,
         "--state", state, "--definitions", gateway.SAMPLES / "definitions",
         "-o", folder / "missing.xlsx", gateway.SAMPLES / XLSB],
        preexec_fn=hide_office, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done
    assert json.loads(done.stdout)["reason"] == "office.missing", done


def check_refused(client):
    """Recognised by its streams, and nothing that LibreOffice can open."""
    result = client.sanitize(sample("vsd/図面.vsd"), "図面.vsd")
    assert reason(result) in ("office.no_output", "office.crashed"), result
    assert client.sanitize(b"fine\n", "fine.txt")["verdict"] == "unchanged"


def main():
    if not gateway.OFFICE.exists():
        print("LibreOffice is not installed")
        return 77
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o755)
        with gateway.Gateway(folder / "state", CONFIG) as running:
            client = running.client()
            check_outputs(client)
            check_old(client)
            check_remote(client)
            check_refused(client)
            check_killed(running, client)
            # All of it was in memory, and is gone with its processes.
            wait_for(lambda: not ours(running), "the end of all of it")
            assert not any((running.state / "work").iterdir())
            client.close()
        check_hanging(folder)
        check_limits(folder)
        check_missing(folder)
    print("what LibreOffice converts is sanitized, and its failures are held")
    return 0


if __name__ == "__main__":
    sys.exit(main())
