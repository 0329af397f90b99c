"""Excel's binary workbooks: LibreOffice makes an xlsx of them, and that is sanitized."""
import struct

import xlsbmaker
from sample import Sample

ROWS = [[xlsbmaker.string(0, "品目"), xlsbmaker.string(1, "金額")],
        [xlsbmaker.string(0, "会議室使用料"), xlsbmaker.number(1, 1200)],
        [xlsbmaker.string(0, "合計"),
         # PtgRef to B2, times PtgInt 2
         xlsbmaker.formula(1, 2400, struct.pack("<BIHBHB", 0x44, 1, 0xC001, 0x1E, 2, 0x05))]]
MACROS = ("xl/vbaProject.bin", "application/vnd.ms-office.vbaProject",
          "http://schemas.microsoft.com/office/2006/relationships/vbaProject", b"\xD0\xCF" * 300)


def converted(name, data, **more):
    return Sample(name, data, verdict="converted", removals=["office.converted"],
                  output=name[:-5] + ".xlsx", engine=True, **more)


def samples():
    yield converted("料金表.xlsb", xlsbmaker.workbook(ROWS), note="texts, numbers, a formula")
    yield converted("macros.xlsb", xlsbmaker.workbook(ROWS, [MACROS]),
                    note="a VBA project beside the sheet")
    yield Sample("cut.xlsb", xlsbmaker.workbook(ROWS)[:400], verdict="blocked",
                 reason="malformed.truncated",
                 note="the end is missing")
