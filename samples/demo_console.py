"""The console of the demonstration: a self-signed certificate, accounts, items
that are held and wait for their passwords, and a request that waits for its
approval."""
import pathlib
import secrets
import socket
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/system"))

import demo_mail  # noqa: E402
import web  # noqa: E402

DEPARTMENT = "総務課"
PEOPLE = (
    ("kanri", "", "administrator", "管理 一郎"),
    ("kanri2", "", "administrator", "管理 二郎"),
    ("kansa", "", "auditor", "監査 三子"),
    ("shinsa", DEPARTMENT, "reviewer", "審査 四郎"),
    ("kessai", DEPARTMENT, "approver", "決裁 五子"),
    ("shokuin", DEPARTMENT, "staff", "職員 六郎"),
)
WORDS = ("Matsu", "Take", "Ume", "Sakura", "Momiji", "Kiku", "Fuji", "Hagi")


class Accounts(web.Console):
    """What web.Console does for a gateway that is already there."""

    def __init__(self, state, port):
        self.state, self.port, self.plain = pathlib.Path(state), port, False


def pick_port():
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", 8443))
            return 8443
        except OSError:
            return web.free_port()


def configure(state):
    """Writes the configuration into the state folder; gives it, the console's port,
    the mail door's and the mailbox."""
    port, door = pick_port(), demo_mail.free_port()
    mailbox = demo_mail.Mailbox(state / "mailbox")
    # In the state folder: where the gateway's user can reach them.
    certificate, key = web.make_certificate(state)
    path = state / "demo.yaml"
    path.write_text("web:\n  enabled: true\n"
                    f"  listen: inet:{port}@127.0.0.1\n"
                    f"  url: https://localhost:{port}\n"
                    f"  certificate: {certificate}\n  key: {key}\n"
                    + demo_mail.configuration(door, mailbox))
    return path, port, door, mailbox


def password():
    return "-".join(secrets.choice(WORDS) for _ in range(3)) + \
        f"#{secrets.randbelow(9000) + 1000}"


def make_people(accounts):
    accounts.unit(DEPARTMENT)
    people = {}
    for login, unit, role, name in PEOPLE:
        person = accounts.person(login, unit, role, name=name, log_in=False)
        person.role = role
        person.wanted = password()
        person.browser = accounts.first_login(person, person.wanted)
        people[login] = person
    return people


def make_work(people):
    """A file that is held, and somebody who asks for it."""
    staff, reviewer = people["shokuin"].browser, people["shinsa"].browser
    answer = staff.upload("setup.exe", b"MZ" + bytes(400))
    item = answer.json()["id"]
    shown = staff.get(f"/api/v1/files/{item}?wait=60").json()
    if shown["state"] != "held":
        return False
    answer = reviewer.post(f"/api/v1/items/{item}:request", {
        "kind": "release_original", "reason": "業務用ツールのため、原本の配送をお願いします。"})
    return answer.status == 201


def remember(state, people):
    """Where code() finds the secrets again; for the demonstration only."""
    path = state / "demo-accounts"
    path.touch(mode=0o600)
    path.write_text("".join(f"{person.login} {person.secret or '-'}\n"
                            for person in people.values()))


def code(state, login):
    for line in (state / "demo-accounts").read_text().splitlines():
        name, secret = line.split()
        if name == login and secret != "-":
            return web.totp(secret)
    return None


def prepare(state, port):
    """Gives the people, once they can log in."""
    accounts = Accounts(state, port)
    people = make_people(accounts)
    remember(state, people)
    return people, make_work(people)
