#!/usr/bin/env python3
"""Each fsync on the way of a message fails once, with EIO and with ENOSPC, in the
vault, at the doors and at the seal: the message is put off, then taken, kept and
delivered once; the account and the audit log hold."""
import os
import pathlib
import sys
import tempfile
import time

import gateway
import mailaccount
import mailsystem

# By the account's message(): held whole, text alone, with a part that is held.
KINDS = {0: "held whole", 1: "text", 2: "with a held part"}
LEAST = {0: 4, 1: 2, 2: 4}
MOST = 40  # fsyncs of one message


def arm(flag, skip, error):
    fresh = flag.with_name("fresh")
    fresh.write_text(f"{skip} {error}")
    os.chmod(fresh, 0o666)
    fresh.rename(flag)


def has_arrived(relay, number):
    return any(f"<u{number}@".encode() in raw for raw in relay.store.raw())


def wait_arrival(relay, number):
    end = time.monotonic() + mailaccount.STILL_SECONDS
    while not has_arrived(relay, number):
        assert time.monotonic() < end, f"{number} does not arrive"
        relay.edge.flush()
        relay.inner.flush()
        time.sleep(0.2)


def each_fsync(account, sent, flag, kind, error):
    """Fails the first, the second ... until a message needs no more; how many."""
    for skip in range(MOST):
        number = next(n for n in range(account.next, account.next + 4) if n % 4 == kind)
        account.next = number + 1
        sent.append(number)
        arm(flag, skip, error)
        account.deliver(number)
        wait_arrival(account.relay, number)
        if flag.exists():
            flag.unlink()
            return skip
    raise AssertionError(f"more than {MOST} fsyncs for a message")


def main():
    mailsystem.need_postfix()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        flag = folder / "disk/failing"
        flag.parent.mkdir()
        os.chmod(flag.parent, 0o777)  # whoever it fails for takes the file away
        relay = mailsystem.Relay(folder / "relay", inner=True,
                                 mail="  seal_uses: 100\n", environment={
            "SEKISHO_FAILING_DISK": str(flag),
            "LD_PRELOAD": str(gateway.BUILD / "tests/failing-disk.so")})
        with relay:
            account = mailaccount.Account(relay, folder)
            sent = []
            for error in ("EIO", "ENOSPC"):
                for kind, what in KINDS.items():
                    count = each_fsync(account, sent, flag, kind, error)
                    print(f"{error}, {what}: each of {count} failed once", flush=True)
                    assert count >= LEAST[kind], count
            account.wait()
            account.check(len(sent))
            relay.gateway.stop()
            mailaccount.verify_audit(relay)
    return 0


if __name__ == "__main__":
    sys.exit(main())
