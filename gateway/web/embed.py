#!/usr/bin/env python3
"""Writes the pages as C: embed.py OUTPUT FOLDER DESCRIPTION TABLE...

The sentences of the tables (base/error.def, base/removal.def,
quarantine/examine.def, quarantine/oversight/self_check.def) become
/sentences.json: {stable name: [Japanese, English]}.

The program that faces browsers then opens no file.
"""
import hashlib
import json
import pathlib
import re
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


ENTRY = re.compile(r'^(ERROR|REMOVAL|EXAMINE)\(\w+,\s*"([^"]+)",((?:\s*"(?:[^"\\]|\\.)*")+),'
                   r'((?:\s*"(?:[^"\\]|\\.)*")+)\)', re.M)


CHECK = re.compile(r'^SELF_CHECK\(\w+,\s*"([^"]+)",\s*\w+,\s*"[^"]*",'
                   r'((?:\s*"(?:[^"\\]|\\.)*",?)+)\)', re.M)


def strings(text):
    return [json.loads(part) for part in re.findall(r'"(?:[^"\\]|\\.)*"', text)]


def sentences(tables):
    found = {}
    for table in tables:
        for macro, name, *texts in ENTRY.findall(table.read_text()):
            found[("examine." if macro == "EXAMINE" else "") + name] = ["".join(json.loads(part) for part in
                                   re.findall(r'"(?:[^"\\]|\\.)*"', text))
                           for text in texts]
        # Each of its texts is one literal.
        for name, texts in CHECK.findall(table.read_text()):
            ja, en, ja_remedy, en_remedy = strings(texts)
            found["check." + name] = [ja, en]
            found["remedy." + name] = [ja_remedy, en_remedy]
    if not found:
        raise SystemExit("no sentence in " + " ".join(map(str, tables)))
    return json.dumps(found, ensure_ascii=False, sort_keys=True).encode()


def rows(data):
    for start in range(0, len(data), 24):
        yield "\t" + "".join(f"{byte}," for byte in data[start:start + 24])


def main():
    output, folder, description, *tables = map(pathlib.Path, sys.argv[1:])
    files = [("/" + path.relative_to(folder).as_posix(), path.read_bytes())
             for path in sorted(folder.rglob("*")) if path.is_file()]
    files.append(("/api/v1/openapi.json", description.read_bytes()))
    files.append(("/sentences.json", sentences(tables)))
    lines = ['#include "gateway/web/pages.h"', ""]
    table = []
    for number, (name, data) in enumerate(files):
        etag = hashlib.sha256(data).hexdigest()[:32]
        lines += [f"static const uint8_t page_{number}[] = {{", *rows(data or b"\n"), "};"]
        table.append(f'\t{{"{name}", "{TYPES[pathlib.PurePath(name).suffix]}", "\\"{etag}\\"", '
                     f"page_{number}, {len(data) or 1}}},")
    lines += ["", "const struct page page_table[] = {", *table, "};",
              f"const size_t page_count = {len(files)};", ""]
    output.write_text("\n".join(lines))


if __name__ == "__main__":
    main()
