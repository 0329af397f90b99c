#!/usr/bin/env python3
"""Killed at named points and at random moments, ours and Postfix's: what was
accepted arrives or is held, once where the client saw one reply.

usage: 73-mail-kills.py [MESSAGES KILLS]    400 and 40 unless told; the whole
account of docs/mail-relay.md is 30000 and 3000."""
import sys
import tempfile

import mailaccount
import mailsystem


def main():
    mailsystem.need_postfix()
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else messages // 10
    with tempfile.TemporaryDirectory() as name:
        relay, folder = mailaccount.relay_with_kills(
            name, mail="  poison_after: 1000\n")
        with relay:
            account = mailaccount.Account(relay, folder)
            account.run(messages, kills)
            account.wait()
            account.check(messages)
            relay.gateway.stop()
            mailaccount.verify_audit(relay)
    return 0


if __name__ == "__main__":
    sys.exit(main())
