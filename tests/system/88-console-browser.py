#!/usr/bin/env python3
"""The console's pages in Debian's Chromium: tests/browser/console.mjs.
Pictures of the pages are left in browser/ of the build folder."""
import json
import pathlib
import subprocess
import sys
import tempfile

import gateway
import web

BROWSER = pathlib.Path(__file__).resolve().parents[1] / "browser"
HELD = "設計書.xlsm.exe"
MANY = ["一覧.exe", "台帳.exe"]
OWN = "自分の.exe"
SCRIPT = "<img src=x onerror=alert(1)>.exe"
DEPARTMENT = "税務課"
BANNER = "許可された職員だけが利用できます。操作は記録されます。"


def people(console):
    """Everybody but `fresh` has been here before."""
    made = {"fresh": console.person("sato", DEPARTMENT, "approver", name="佐藤 実",
                                    log_in=False)}
    for login, name, roles in (("yamada", "山田 太郎", ["reviewer"]),
                               ("suzuki", "鈴木 一郎", ["approver"]),
                               ("tanaka", "田中 次郎", ["staff"])):
        made[roles[0]] = console.person(login, DEPARTMENT, *roles, name=name)
    made["administrator"] = console.person("kanri", "", "administrator", name="管理 花子")
    console.person("kanri2", "", "administrator", name="管理 次郎")
    made["auditor"] = console.person("kansa", "", "auditor", name="監査 三郎")
    return {role: {"login": one.login, "password": one.password, "secret": one.secret,
                   "used": one.used} for role, one in made.items()}


def drop(console):
    for name in [HELD, *MANY, OWN, SCRIPT.replace("/", "_")]:
        console.drop(DEPARTMENT, name, b"MZ" + bytes(200))
    console.drop(DEPARTMENT, "お知らせ.txt", "お知らせ\n".encode())
    console.wait_outcomes(6)


def main():
    pictures = gateway.BUILD / "browser"
    pictures.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        with web.Console(folder / "state", f"accounts:\n  banner: {BANNER}\n") as console:
            console.unit(DEPARTMENT)
            facts = {"address": f"https://localhost:{console.port}",
                     "pictures": str(pictures), "people": people(console), "held": HELD,
                     "many": MANY, "own": OWN, "banner": BANNER}
            drop(console)
            path = folder / "facts.json"
            path.write_text(json.dumps(facts))
            done = subprocess.run(["node", BROWSER / "console.mjs", path], timeout=1500,
                                  check=False)
            if done.returncode != 0:
                print(console.log()[-6000:])
            return done.returncode


if __name__ == "__main__":
    sys.exit(main())
