#!/usr/bin/env python3
"""The account of the after-queue door: its programs are killed at named points
and from outside; who was told 250 has the message behind the next server, once
unless a reply was lost, and the vault knows that it was delivered.

usage: 80-mail-kills-lmtp.py [MESSAGES KILLS]    200 and 30 unless told"""
import pathlib
import sys
import tempfile

import mailaccount
import maillmtp
import mailsystem


def main():
    mailsystem.need_postfix()
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else 30
    with tempfile.TemporaryDirectory() as name:
        folder, environment = mailaccount.kill_folder(name)
        with maillmtp.Door(pathlib.Path(name), environment=environment,
                           mail="  poison_after: 1000\n") as door:
            account = mailaccount.Account(door, folder)
            account.run(messages, kills)
            account.check(messages)
            door.gateway.stop()
            mailaccount.verify_audit(door)
    return 0


if __name__ == "__main__":
    sys.exit(main())
