#!/usr/bin/env python3
"""The after-queue door: a recipient is answered when the next server has said
250, and not before; what it refuses is refused; a program that dies promises
nothing."""
import os
import pathlib
import signal
import sys
import tempfile
import time

import maillmtp
import mailsystem


A, B = "a@" + mailsystem.DOMAIN, "b@" + mailsystem.DOMAIN


def delivered(folder):
    with maillmtp.Door(folder) as door:
        text = ".a dot in front\r\n..\r\nlast"
        assert door.send(mailsystem.plain("one", text), [A, B]) == {A: 250, B: 250}
        door.sink.wait(1)
        raw = door.sink.raw()[0]
        message = door.sink.messages()[0]
        assert raw.count(b"X-Rcpt-Args") == 2, raw
        assert text in message.get_content().replace("\n", "\r\n"), message.get_content()
        assert door.states() == ["delivered"], door.states()
        big = mailsystem.plain("big", ("x" * 76 + "\r\n") * 30000)
        assert door.send(big, [A]) == {A: 250}
        door.sink.wait(2)
        for pid in door.gateway.pids("sekisho-broker"):
            os.kill(pid, signal.SIGKILL)
        end = time.monotonic() + 120
        while True:
            given = door.send(mailsystem.plain("after", "a kill"), [A])
            if given == {A: 250}:
                break
            assert given in (None, {A: 451}), given
            assert time.monotonic() < end, given
            time.sleep(0.3)
        door.sink.stop()
        given = door.send(mailsystem.plain("nobody", "behind"), [A, B])
        assert given == {A: 451, B: 451}, given
        assert "ready" in door.states(), door.states()
        door.sink.start()
        given = door.send(mailsystem.plain("nobody", "behind"), [A, B])
        assert given == {A: 250, B: 250}, given
        assert "ready" not in door.states(), door.states()
    print("answered after the next server, and not without it")


def refused(folder):
    with maillmtp.Door(folder, ["-f", "."]) as door:  # the sink refuses the content
        given = door.send(mailsystem.plain("one", "refused behind"), [A])
        assert given is not None and 500 <= given[A] < 600, given
        assert door.states() == ["ready"], door.states()
    print("what the next server refuses is refused")


def main():
    with tempfile.TemporaryDirectory() as name:
        for number, test in enumerate((delivered, refused)):
            folder = pathlib.Path(name) / str(number)
            folder.mkdir()
            os.chmod(name, 0o755)
            test(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
