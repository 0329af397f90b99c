#!/usr/bin/env python3
"""The audit log at a real rsyslogd over TLS: everything arrives, over a killed
collector too; `--compare` finds what either side changed or lost; nobody but
the right collector gets anything. rsyslogd runs here with a configuration of
its own on loopback, not as a service."""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

import gateway

RSYSLOG = """
global(workDirectory="{folder}" maxMessageSize="256k" defaultNetstreamDriver="gtls"
  defaultNetstreamDriverCAFile="{folder}/ca.pem"
  defaultNetstreamDriverCertFile="{folder}/server.pem"
  defaultNetstreamDriverKeyFile="{folder}/server.key")
module(load="imtcp" StreamDriver.Name="gtls" StreamDriver.Mode="1"
  StreamDriver.AuthMode="x509/name" PermittedPeer=["gateway.test"])
template(name="raw" type="string" string="%rawmsg%\\n")
ruleset(name="in") {{ action(type="omfile" file="{folder}/received" template="raw") }}
input(type="imtcp" port="{port}" address="127.0.0.1" ruleset="in")
"""


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def make_authority(folder, name):
    openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", "7", "-subj", f"/CN={name}", "-keyout", f"{name}.key",
            "-out", f"{name}.pem")


def make_certificate(folder, name, common, alternative):
    openssl(folder, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", f"/CN={common}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
    (folder / "extension").write_text(f"subjectAltName={alternative}\n")
    openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", "7", "-extfile", "extension", "-out", f"{name}.pem")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Collector:
    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        (folder / "rsyslog.conf").write_text(RSYSLOG.format(folder=folder, port=self.port))
        self.received = folder / "received"
        self.process = None

    def start(self):
        program = shutil.which("rsyslogd", path="/usr/sbin:/sbin:/usr/bin")
        with open(self.folder / "rsyslog.log", "ab") as log:
            self.process = subprocess.Popen(
                [program, "-n", "-f", self.folder / "rsyslog.conf", "-i",
                 self.folder / "rsyslog.pid"], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, preexec_fn=gateway.die_with_parent)

    def kill(self):
        self.process.kill()
        self.process.wait()
        (self.folder / "rsyslog.pid").unlink(missing_ok=True)

    def lines(self):
        if not self.received.exists():
            return []
        return self.received.read_text().splitlines()

    def wait_for(self, text, seconds=180):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if any(text in line for line in self.lines()):
                return
            time.sleep(0.2)
        raise AssertionError(f"{text} did not arrive:\n"
                             + (self.folder / "rsyslog.log").read_text()[-2000:])


def configuration(collector, ca="ca", client=True):
    keys = collector.folder
    text = f"syslog:\n  address: localhost:{collector.port}\n  ca: {keys}/{ca}.pem\n"
    if client:
        text += f"  certificate: {keys}/client.pem\n  key: {keys}/client.key\n"
    return text


def compare(state, copy):
    return subprocess.run(
        [gateway.BIN / "sekisho-audit", "verify", state / "audit", "--key",
         state / "audit/audit.pub", "--compare", copy, "--lang", "en"],
        capture_output=True, text=True, timeout=120, check=False)


def check_messages(lines):
    """The shape of RFC 5424 and the names of ECS."""
    for line in lines:
        assert line.startswith("<109>1 20"), line[:80]
        body = json.loads(line[line.index("{"):])
        assert body["event"]["dataset"] == "sekisho.audit" and body["ecs"]["version"], body
        if body["event"]["action"] == "log.checkpoint":
            assert body["event"]["original"].startswith("sekisho/"), body
            continue
        record = json.loads(body["event"]["original"])
        assert body["@timestamp"] == record["time"]
        assert body["user"]["name"] == record["actor"]
        assert body["observer"]["name"] == record["node"]


def sequence(line):
    return json.loads(line[line.index("{"):])["event"]["sequence"]


def check_compare(state, collector, root):
    whole = compare(state, collector.received)
    assert whole.returncode == 0, whole.stdout
    lines = collector.lines()
    records = [line for line in lines if "log.checkpoint" not in line]
    records = [line for line in records if "item.record" in line]
    victim = sequence(records[len(records) // 2])
    copy = root / "copy"
    copy.write_text("".join(
        line.replace("item.record", "item.deliver") + "\n"
        if line in records and sequence(line) == victim else line + "\n" for line in lines))
    assert compare(state, copy).returncode == 1
    copy.write_text("".join(line + "\n" for line in lines
                            if line not in records or sequence(line) != victim))
    lost = compare(state, copy)
    assert lost.returncode == 2 and "lacks" in lost.stdout, lost.stdout
    # The machine's own log is cut back to what the collector knows better.
    cut = root / "cut"
    shutil.copytree(state / "audit", cut / "audit")
    path, = (cut / "audit").glob("log-*.jsonl")
    path.write_text("".join(line + "\n" for line in path.read_text().splitlines()[:-3]))
    found = compare(cut, collector.received)
    assert found.returncode == 1 and "has not" in found.stdout, found.stdout


def check_refused(root, collector, **options):
    """Somebody else's authority, or no certificate of our own: nothing goes."""
    before = len(collector.lines())
    other = gateway.Gateway(root / f"refused-{len(options)}-{options.get('ca', '')}",
                            configuration(collector, **options)).start()
    end = time.monotonic() + 120
    while time.monotonic() < end and "not-carried" not in other.log():
        time.sleep(0.2)
    assert "not-carried" in other.log(), other.log()
    assert other.stop() == 0
    assert len(collector.lines()) == before
    assert not (other.state / "courier/position").exists()


def main():
    if shutil.which("rsyslogd", path="/usr/sbin:/sbin:/usr/bin") is None:
        print("needs rsyslogd")
        return 77
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        os.chmod(root, 0o755)
        keys = root / "collector"
        keys.mkdir(mode=0o755)
        make_authority(keys, "ca")
        make_authority(keys, "stranger")
        make_certificate(keys, "server", "localhost", "DNS:localhost,IP:127.0.0.1")
        make_certificate(keys, "client", "gateway.test", "DNS:gateway.test")
        os.chmod(keys / "client.key", 0o644)  # of the test alone
        collector = Collector(keys)
        running = gateway.Gateway(root / "state", configuration(collector)).start()
        for number in range(3):  # while nobody is there
            running.drop("課", f"{number}.csv", f"{number},=1\r\n".encode())
        running.wait_outcomes(3)
        collector.start()
        collector.wait_for("vault.start")
        for number in range(3, 20):
            running.drop("課", f"{number}.csv", f"{number},=1\r\n".encode())
            if number == 10:
                collector.kill()
            if number == 15:
                collector.start()
        running.wait_outcomes(20, 180)
        assert running.stop() == 0
        running.start()  # what was left over goes now, at the latest
        collector.wait_for("vault.stop")
        assert running.stop() == 0
        log, = (running.state / "audit").glob("log-*.jsonl")
        count = len(log.read_text().splitlines())
        end = time.monotonic() + 120
        while time.monotonic() < end and len({sequence(line) for line in collector.lines()
                                              if "log.checkpoint" not in line}) < count - 4:
            time.sleep(0.2)
        check_messages(collector.lines())
        check_compare(running.state, collector, root)
        print(f"{count} records, {len(collector.lines())} messages arrived")
        check_refused(root, collector, ca="stranger")
        check_refused(root, collector, client=False)
        collector.kill()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
