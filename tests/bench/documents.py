"""Large documents as offices make them, of about so many bytes."""
import io
import random
import zipfile

XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
MIME = "application/vnd.openxmlformats-officedocument."
WORDS = ("予算 決算 議会 条例 会議 申請 調査 報告 住民 福祉 budget council report "
         "survey welfare notice annual fiscal section office").split()


def package(parts, main, main_type, more=""):
    place = io.BytesIO()
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", XML + f'<Types xmlns="{TYPES}">'
                         '<Default Extension="rels" ContentType="application/'
                         'vnd.openxmlformats-package.relationships+xml"/>'
                         f'<Override PartName="/{main}" ContentType="{MIME}{main_type}'
                         f'.main+xml"/>{more}</Types>')
        archive.writestr("_rels/.rels", XML + f'<Relationships xmlns="{RELATIONS}">'
                         f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" '
                         f'Target="{main}"/></Relationships>')
        for name, text in parts.items():
            archive.writestr(name, XML + text)
    return place.getvalue()


def grown(make, size):
    """make(count) for the count that gives about `size` bytes."""
    count = 500
    data = make(count)
    for _ in range(3):
        count = max(1, int(count * size / len(data)))
        data = make(count)
    return data


def docx(size):
    def make(count):
        source = random.Random(1)
        body = []
        for _ in range(count):
            runs = "".join(f'<w:r><w:rPr><w:sz w:val="{source.randint(18, 30)}"/></w:rPr>'
                           f'<w:t xml:space="preserve">{source.choice(WORDS)} '
                           f'{source.randint(0, 10 ** 9)} </w:t></w:r>' for _ in range(8))
            body.append(f"<w:p>{runs}</w:p>")
        return package({"word/document.xml": f'<w:document xmlns:w="{WORD}"><w:body>'
                        + "".join(body) + "</w:body></w:document>"},
                       "word/document.xml", "wordprocessingml.document")
    return grown(make, size)


SHEET_TYPE = ('<Override PartName="/xl/worksheets/sheet1.xml" ContentType="'
              f'{MIME}spreadsheetml.worksheet+xml"/>')
WORKBOOK = {
    "xl/workbook.xml":
        f'<workbook xmlns="{SHEET}" xmlns:r="{OFFICE}"><sheets><sheet name="集計" '
        'sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels":
        f'<Relationships xmlns="{RELATIONS}"><Relationship Id="rId1" '
        f'Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}


def xlsx(size):
    def make(count):
        source = random.Random(2)
        rows = []
        for row in range(1, count + 1):
            cells = "".join(f'<c r="{chr(65 + i)}{row}"><v>{source.randint(0, 10 ** 6)}'
                            "</v></c>" for i in range(8))
            cells += (f'<c r="I{row}" t="inlineStr"><is><t>{source.choice(WORDS)}'
                      f"{row}</t></is></c>")
            cells += f'<c r="J{row}"><f>SUM(A{row}:H{row})</f></c>'
            rows.append(f'<row r="{row}">{cells}</row>')
        sheet = (f'<worksheet xmlns="{SHEET}"><sheetData>' + "".join(rows)
                 + "</sheetData></worksheet>")
        return package({**WORKBOOK, "xl/worksheets/sheet1.xml": sheet},
                       "xl/workbook.xml", "spreadsheetml.sheet", SHEET_TYPE)
    return grown(make, size)


def large_xlsx(path, rows=1_000_000, columns=7):
    """A workbook with one sheet of so many rows of numbers that pack badly;
    gives the bytes of the sheet."""
    source = random.Random(3)
    numbers = [f"{source.uniform(0, 10 ** 6):.9f}" for _ in range(1 << 16)]
    path.write_bytes(package(WORKBOOK, "xl/workbook.xml", "spreadsheetml.sheet",
                             SHEET_TYPE))
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[:columns]
    size = 0
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive, \
            archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
        size += sheet.write(f'{XML}<worksheet xmlns="{SHEET}"><sheetData>'.encode())
        for first in range(1, rows + 1, 1000):
            values = iter(source.choices(numbers, k=1000 * columns))
            size += sheet.write("".join(
                f'<row r="{row}">' + "".join([f'<c r="{letter}{row}"><v>{next(values)}</v></c>'
                                              for letter in letters]) + "</row>"
                for row in range(first, min(first + 1000, rows + 1))).encode())
        size += sheet.write(b"</sheetData></worksheet>")
    return size
