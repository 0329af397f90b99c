#!/usr/bin/env python3
"""What is named like a picture begins where pictures are decoded: whatever it is
instead, the same becomes of it."""
import os
import pathlib
import tempfile

import gateway

# Of each program that rebuilds, by its right name.
SAMPLES = ["text/plain.txt", "docx/plain.docx", "pdf/text.pdf", "eml/plain.eml",
           "zip/plain.zip", "gif/plain.gif", "png/plain.png", "jpeg/plain.jpg"]
NAMES = ["it.jpg", "it.PNG", "it.webp"]


def outcome(client, data, name):
    """What becomes of it; a new message has the time in it."""
    result = client.sanitize(data, name)
    assert result["output"] is not None, (name, result["report"])
    digest = "" if result["type"] == "eml" else result["output_sha256"]
    return result["type"], result["extension"], digest


def main():
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        with gateway.Gateway(pathlib.Path(name) / "state") as running:
            client = running.client()
            for sample in SAMPLES:
                data = (gateway.SAMPLES / sample).read_bytes()
                right = outcome(client, data, pathlib.Path(sample).name)
                for other in NAMES:
                    found = outcome(client, data, other)
                    assert found == right, (sample, other, right, found)
    print("ok")


if __name__ == "__main__":
    main()
