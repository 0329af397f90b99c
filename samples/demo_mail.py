"""The mail of the demonstration: a door, a mailbox behind it, and a message with a
password ZIP, whose recipient gives the password on a page."""
import email.policy
import pathlib
import re
import smtplib
import socket
import socketserver
import threading
import time
from email.message import EmailMessage

from zipmaker import Entry, zip_file

PASSWORD = "sakura-2026"
NAME = "見積書.zip"
TO = "soumu@city.example.jp"
FROM = "株式会社 見本 <eigyo@example.com>"
WAIT_SECONDS = 60


class Mailbox(socketserver.ThreadingTCPServer):
    """An SMTP server that takes everything and keeps it as a file each."""
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.count = 0
        super().__init__(("127.0.0.1", 0), Session)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def keep(self, data):
        self.count += 1
        path = self.folder / f"{self.count}.eml"
        path.write_bytes(data)
        return path

    def messages(self):
        return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
                for path in sorted(self.folder.glob("*.eml"))]


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 mailbox")
        for line in self.rfile:
            word = line.strip().upper()
            if word == b"DATA":
                self.say("354 go on")
                lines = []
                for text in self.rfile:
                    if text == b".\r\n":
                        break
                    lines.append(text[1:] if text.startswith(b".") else text)
                self.server.keep(b"".join(lines))
                self.say("250 taken")
            elif word == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 fine")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def configuration(port, mailbox):
    return ("mail:\n"
            f'  lmtp: "inet:{port}@127.0.0.1"\n'
            f'  next_hop: "inet:{mailbox.server_address[1]}@127.0.0.1"\n'
            '  local: ["*@city.example.jp"]\n'
            '  departments: ["*@city.example.jp 総務課"]\n')


def message():
    mail = EmailMessage(policy=email.policy.SMTP)
    mail["From"] = FROM
    mail["To"] = TO
    mail["Subject"] = "お見積りの送付"
    mail["Message-ID"] = "<demo-1@example.com>"
    mail["Date"] = "Sat, 21 Nov 2026 10:00:00 +0900"
    mail.set_content("お見積りをお送りします。パスワードは別のメールでお知らせします。\n")
    data = zip_file([Entry("見積書.txt".encode("cp932"), "合計 120,000 円\n".encode(),
                           cipher="aes", password=PASSWORD.encode())])
    mail.add_attachment(data, maintype="application", subtype="zip", filename=NAME)
    return mail.as_bytes()


def connect(port):
    end = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            return smtplib.LMTP("127.0.0.1", port, local_hostname="demo", timeout=120)
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def bring(port, mailbox):
    """Sends the message; the link of the notice that arrives, None without one."""
    with connect(port) as client:
        client.sendmail("eigyo@example.com", [TO], message())
    for mail in mailbox.messages():
        for part in mail.walk():
            if part.get_content_type() != "text/plain":
                continue
            found = re.search(r"https://\S+/password#\w+", part.get_content())
            if found:
                return found.group(0)
    return None
