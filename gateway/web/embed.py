#!/usr/bin/env python3
"""Writes the pages as C: embed.py OUTPUT FOLDER DESCRIPTION.

The program that faces browsers then opens no file.
"""
import hashlib
import pathlib
import sys

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}


def rows(data):
    for start in range(0, len(data), 24):
        yield "\t" + "".join(f"{byte}," for byte in data[start:start + 24])


def main():
    output, folder, description = map(pathlib.Path, sys.argv[1:])
    files = [("/" + path.relative_to(folder).as_posix(), path)
             for path in sorted(folder.rglob("*")) if path.is_file()]
    files.append(("/api/v1/openapi.json", description))
    lines = ['#include "gateway/web/pages.h"', ""]
    table = []
    for number, (name, path) in enumerate(files):
        data = path.read_bytes()
        etag = hashlib.sha256(data).hexdigest()[:32]
        lines += [f"static const uint8_t page_{number}[] = {{", *rows(data or b"\n"), "};"]
        table.append(f'\t{{"{name}", "{TYPES[path.suffix]}", "\\"{etag}\\"", '
                     f"page_{number}, {len(data) or 1}}},")
    lines += ["", "const struct page page_table[] = {", *table, "};",
              f"const size_t page_count = {len(files)};", ""]
    output.write_text("\n".join(lines))


if __name__ == "__main__":
    main()
