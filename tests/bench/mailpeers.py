"""What is measured beside the gateway: other filters for mail, each started from
a folder of the bench's own and ended by its process id."""
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import time

import gateway
import mailsystem

BUILD = gateway.BUILD
DEFINITIONS = gateway.SAMPLES / "definitions"


class Missing(Exception):
    """This peer cannot be started here, and why."""


def answers(address, seconds, process=None):
    """Waits until a connection is taken: a path, or a port of loopback."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process and process.poll() is not None:
            raise Missing(f"{process.args[0]} ended with {process.returncode}")
        family = socket.AF_INET if isinstance(address, int) else socket.AF_UNIX
        with socket.socket(family) as tried:
            try:
                tried.connect(("127.0.0.1", address) if isinstance(address, int)
                              else str(address))
                return
            except OSError:
                time.sleep(0.05)
    raise Missing(f"nobody answers at {address}")


class Peer:
    """A filter: extra() are the lines that its Postfix gets."""
    name = ""
    after_queue = False

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        os.chmod(self.folder, 0o755)
        self.processes = []

    def run(self, *command, environment=None):
        if not shutil.which(str(command[0])):
            raise Missing(f"{command[0]} is not installed")
        name = pathlib.Path(command[0]).name
        with open(self.folder / (name + ".out"), "ab") as log:
            process = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, cwd=self.folder, preexec_fn=gateway.die_with_parent,
                env={**os.environ, **(environment or {})})
        self.processes.append(process)
        return process

    def start(self):
        pass

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
        for process in reversed(self.processes):
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes = []

    def pids(self):
        return [process.pid for process in self.processes]

    def extra(self):
        return "smtpd_milters =\nnon_smtpd_milters =\n"

    def services(self, edge):
        return ""

    def milter(self, path):
        """Postfix connects as its own user."""
        if isinstance(path, pathlib.Path):
            os.chmod(path, 0o777)
            path = f"unix:{path}"
        return f"smtpd_milters = {path}\nnon_smtpd_milters =\n"

    def clamd(self):
        """clamd with the same signatures as the gateway."""
        path = self.folder / "clamd.sock"
        config = self.folder / "clamd.conf"
        config.write_text(
            f"LocalSocket {path}\nLocalSocketMode 666\nDatabaseDirectory {DEFINITIONS}\n"
            "Foreground yes\nLogSyslog no\nMaxThreads 12\nSelfCheck 3600\n"
            f"TemporaryDirectory {self.folder}\nStreamMaxLength 60M\n")
        process = self.run("clamd", "--config-file", config)
        answers(path, 60, process)
        return path


class Alone(Peer):
    name = "Postfix alone"


class Null(Peer):
    name = "null milter"

    def start(self):
        path = self.folder / "milter.sock"
        answers(path, 20, self.run(BUILD / "tests/bench-null-milter", f"unix:{path}"))

    def extra(self):
        return self.milter(self.folder / "milter.sock")


class ClamavMilter(Peer):
    name = "clamav-milter"

    def start(self):
        clamd = self.clamd()
        path = self.folder / "milter.sock"
        config = self.folder / "milter.conf"
        config.write_text(
            f"MilterSocket unix:{path}\nMilterSocketMode 666\nClamdSocket unix:{clamd}\n"
            "Foreground yes\nOnInfected Reject\nOnFail Defer\nAddHeader Replace\n"
            f"MaxFileSize 60M\nTemporaryDirectory {self.folder}\n")
        answers(path, 20, self.run("clamav-milter", "--config-file", config))

    def extra(self):
        return self.milter(self.folder / "milter.sock")


class Rspamd(Peer):
    """All that needs a network or a Redis is off. It is told to ask clamd, but lets
    the EICAR test message pass like this: its figures are those of its own rules."""
    name = "rspamd"
    off = ("rbl surbl spf dkim dkim_signing dmarc arc mx_check asn fuzzy_check phishing "
           "greylist ratelimit neural url_redirector history_redis replies dcc "
           "rspamd_update metadata_exporter").split()

    def start(self):
        clamd = self.clamd()
        self.port, normal, controller = mailsystem.free_ports(3)
        local = self.folder / "local.d"
        local.mkdir()
        for folder in ("db", "run", "override.d", "maps.d"):
            (self.folder / folder).mkdir()
        text = {name + ".conf": "enabled = false;\n" for name in self.off}
        text["options.inc"] = 'dns { nameserver = ["127.0.0.1:9"]; timeout = 0.1s; ' \
                              'retransmits = 1; }\nmap_watch_interval = 60min;\n'
        text["logging.inc"] = 'level = "warning";\n'
        text["worker-normal.inc"] = f'bind_socket = "127.0.0.1:{normal}";\nenabled = false;\n'
        text["worker-controller.inc"] = f'bind_socket = "127.0.0.1:{controller}";\n'
        text["worker-proxy.inc"] = (
            f'bind_socket = "127.0.0.1:{self.port}";\ncount = {os.cpu_count()};\n'
            'upstream "local" { default = yes; self_scan = yes; hosts = "127.0.0.1"; }\n')
        text["actions.conf"] = "reject = 9999;\nadd_header = 9998;\ngreylist = 9997;\n"
        text["antivirus.conf"] = (
            f'clamav {{ type = "clamav"; action = "reject"; servers = "{clamd}";\n'
            'scan_mime_parts = true; scan_text_mime = true; scan_image_mime = true;\n'
            'log_clean = false; max_size = 60000000; }\n')
        for name, content in text.items():
            (local / name).write_text(content)
        words = [f"--var={name}={value}" for name, value in
                 (("DBDIR", self.folder / "db"), ("RUNDIR", self.folder / "run"),
                  ("LOGDIR", self.folder), ("LOCAL_CONFDIR", self.folder))]
        answers(self.port, 60, self.run("rspamd", "-f", "-i", "-u", "root", "-g", "root",
                                        "-c", "/etc/rspamd/rspamd.conf", *words))
        time.sleep(3)  # its workers read their rules

    def extra(self):
        return self.milter(f"inet:127.0.0.1:{self.port}")


class Amavis(Peer):
    """After the queue, with clamd and without a filter for spam."""
    name = "amavisd-new with clamd"
    after_queue = True

    def start(self):
        clamd = self.clamd()
        self.port, self.back = mailsystem.free_ports(2)
        try:
            user = pwd.getpwnam("amavis")
        except KeyError as error:
            raise Missing("amavisd-new is not installed") from error
        for name in ("home", "tmp", "db", "var"):
            (self.folder / name).mkdir()
            os.chown(self.folder / name, user.pw_uid, user.pw_gid)
        config = self.folder / "amavisd.conf"
        home = self.folder / "home"
        config.write_text(f"""use strict;
$MYHOME = '{home}'; $TEMPBASE = '{self.folder}/tmp'; $db_home = '{self.folder}/db';
$helpers_home = '{home}'; $lock_file = '{home}/lock'; $pid_file = '{home}/pid';
$daemon_user = 'amavis'; $daemon_group = 'amavis'; $daemonize = 0;
$myhostname = 'bench.example.jp'; $mydomain = 'example.jp';
$max_servers = {2 * os.cpu_count()}; $enable_db = 0; $enable_zmq = 0;
$unix_socketname = undef; $inet_socket_port = {self.port};
@inet_acl = qw(127.0.0.1); @mynetworks = qw(127.0.0.0/8);
$forward_method = 'smtp:[127.0.0.1]:{self.back}'; $notify_method = $forward_method;
@bypass_spam_checks_maps = (1); $enable_dkim_verification = 0;
$log_level = 0; $do_syslog = 0; $logfile = '{home}/log';
$final_virus_destiny = D_REJECT; $final_banned_destiny = D_PASS;
$final_spam_destiny = D_PASS; $final_bad_header_destiny = D_PASS;
$MAXLEVELS = 14; $MAXFILES = 3000; $MAX_EXPANSION_QUOTA = 300*1024*1024;
@av_scanners = (['ClamAV-clamd', \\&ask_daemon, ["CONTSCAN {{}}\\n", '{clamd}'],
  qr/\\bOK$/m, qr/\\bFOUND$/m, qr/^.*?: (?!Infected Archive)(.*) FOUND$/m]);
1;
""")
        program = shutil.which("amavisd-new") or shutil.which("amavisd") or "amavisd-new"
        answers(self.port, 60, self.run(program, "-c", config, "foreground"))

    def extra(self):
        return super().extra() + (
            f"content_filter = filter:[127.0.0.1]:{self.port}\n"
            f"filter_destination_concurrency_limit = {2 * os.cpu_count()}\n")

    def services(self, edge):
        return f"""filter unix - - n - {2 * os.cpu_count()} smtp
127.0.0.1:{self.back} inet n - n - - smtpd
  -o content_filter=
  -o mynetworks=127.0.0.0/8
  -o smtpd_relay_restrictions=permit_mynetworks,reject
  -o smtpd_recipient_restrictions=permit_mynetworks,reject
"""


class Sekisho(Peer):
    name = "Sekisho"

    def start(self):
        self.gateway = gateway.Gateway(
            self.folder / "state", "folder: {enabled: false}\nmail:\n"
            '  milter: "unix:milter.sock"\n'
            f'  local: ["*@{mailsystem.DOMAIN}"]\n')
        self.gateway.start()
        self.path = self.folder / "state/mail/milter.sock"
        answers(self.path, 30)

    def stop(self):
        if getattr(self, "gateway", None):
            self.gateway.stop()

    def pids(self):
        return [self.gateway.process.pid]

    def extra(self):
        # As the example says it; the socket's folder lets Postfix in.
        return f"smtpd_milters = unix:{self.path}\nnon_smtpd_milters =\n"


PEERS = {"alone": Alone, "null": Null, "clamav": ClamavMilter, "rspamd": Rspamd,
         "amavis": Amavis, "sekisho": Sekisho}
