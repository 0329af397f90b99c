#!/usr/bin/env python3
"""The account over both instances: the gateway's programs, the seal's and those of
either Postfix are killed; what the edge accepted arrives behind the inner one,
once where every hop saw one reply, and nothing without its item arrives.

usage: 77-mail-kills-inner.py [MESSAGES KILLS]    200 and 30 unless told"""
import sys
import tempfile

import mailaccount
import mailsystem


def main():
    mailsystem.need_postfix()
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else 30
    with tempfile.TemporaryDirectory() as name:
        relay, folder = mailaccount.relay_with_kills(
            name, mail="  poison_after: 1000\n  seal_uses: 100\n", inner=True)
        with relay:
            account = mailaccount.Account(relay, folder)
            account.run(messages, kills)
            account.wait()
            account.check(messages)
            account.check_seals()
            relay.gateway.stop()
            mailaccount.verify_audit(relay)
    return 0


if __name__ == "__main__":
    sys.exit(main())
