"""The after-queue door for a test: a gateway with sekisho-lmtp, and a sink."""
import os
import smtplib
import sqlite3
import sys

import gateway
import mailsystem


class Door:
    """A gateway with sekisho-lmtp, and a sink behind it."""

    inner = None

    def __init__(self, folder, sink_options=(), environment=None, mail="",
                 server=None):
        os.chmod(folder, 0o755)
        self.port, self.next = mailsystem.free_ports(2)
        self.sink = server(self.next) if server else \
            mailsystem.Sink(folder / "sink", self.next, sink_options)
        self.store = self.sink
        self.outside = mailsystem.Sink(folder / "nothing", 0)  # nobody is there
        self.gateway = gateway.Gateway(folder / "state", f"""
folder: {{enabled: false}}
mail:
  lmtp: "inet:{self.port}@127.0.0.1"
  next_hop: "inet:{self.next}@127.0.0.1"
{mail}""", environment=environment)

    def __enter__(self):
        self.sink.start()
        self.gateway.start()
        mailsystem.listening(self.port)
        return self

    def __exit__(self, kind, *_):
        if kind:
            print(self.gateway.log()[-4000:], file=sys.stderr)
        self.gateway.stop()
        self.sink.stop()

    def send(self, data, recipients):
        """{recipient: (code, text)}, None when the connection broke."""
        try:
            with smtplib.LMTP("127.0.0.1", self.port, local_hostname="test",
                              timeout=120) as client:
                client.ehlo_or_helo_if_needed()
                client.mail("someone@example.com")
                given = {}
                taken = []
                for one in recipients:
                    code, text = client.rcpt(one)
                    if code == 250:
                        taken.append(one)
                    else:
                        given[one] = code
                if not taken:
                    return given
                client.putcmd("data")
                code, text = client.getreply()
                assert code == 354, (code, text)
                quoted = b"".join(b"." + line if line.startswith(b".") else line
                                  for line in data.splitlines(keepends=True))
                client.send(quoted + b".\r\n")
                for one in taken:
                    given[one] = client.getreply()[0]
                return given
        except (smtplib.SMTPServerDisconnected, OSError):
            return None

    @staticmethod
    def instances():
        return []

    def send_one(self, data, sender, recipients, timeout):
        """As Relay.send(): one reply for the one recipient."""
        client = None
        try:
            client = smtplib.LMTP("127.0.0.1", self.port, local_hostname="test",
                                  timeout=timeout)
            client.sendmail(sender, recipients, data)
            return 250, ""
        except smtplib.SMTPRecipientsRefused as refused:
            code, text = next(iter(refused.recipients.values()))
            return code, text.decode(errors="replace")
        except smtplib.SMTPResponseException as error:
            return error.smtp_code, (error.smtp_error or b"").decode(errors="replace")
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            return 0, str(error)
        finally:
            if client:
                client.close()

    def states(self):
        base = sqlite3.connect(f"file:{self.gateway.state}/vault.db?mode=ro", uri=True)
        rows = [row[0] for row in base.execute("SELECT state FROM item")]
        base.close()
        return rows
