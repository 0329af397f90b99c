"""Documents of Word 6 and 95: LibreOffice makes a docx of them, which is sanitized."""
from sample import Sample
from word6maker import document

TEXT = "Notice of the meeting\rSecond paragraph\r"


def converted(name, data, note, removals=(), **more):
    return Sample(name, data, verdict="converted", engine=True, removals=["office.converted", *removals],
                  output=name[:name.rindex(".")] + ".docx", note=note, **more)


def samples():
    yield converted("通知.doc", document(TEXT), "Word 6")
    yield converted("word95.doc", document(TEXT, version=0x68), "Word 95")
    yield converted("far-east.doc", document(TEXT, version=0x68, ident=0xA699), "the mark of Word 6 in the Far East")
    yield converted("short.doc", document(TEXT, least=0), "in the stream of small streams")
    yield converted("far-down.doc", document(TEXT, least=0, more={f"A{number:02d}": bytes(4000) for number in range(40)}),
                    "far down in it")
    yield converted("dde.doc", document("a \x13 DDEAUTO cmd calc \x14shown\x15\r"),
                    "a field that LibreOffice writes again is dropped by the rules of docx", ["ooxml.field"])
    yield converted("objects.doc", document(TEXT, more={"ObjectPool": {"_1": {"\1Ole10Native": b"MZ" + bytes(5000)}}}),
                    "an object goes with the form it came in")
    yield Sample("locked.doc", document(TEXT, flags=0x100), verdict="blocked", reason="encrypted.unsupported",
                 note="under a password")
    yield Sample("template.doc", document(TEXT, flags=1), verdict="blocked", reason="type.office_template",
                 note="a template under another name")
