"""Workbooks (XLSX) written as a stream: one sheet, whose cells are texts and numbers and never formulas.

The usual libraries keep rows in temporary files, where personal data would stand in clear; this writes part by part
into whatever takes bytes, such as a sealed file.
"""

import re
import zipfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any
from xml.sax.saxutils import escape

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_ROWS = 1_048_575
"""Below the header; a sheet has no more."""
NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,10})?")
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPES}.worksheet+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet2.xml" ContentType="{_TYPES}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_OFFICE}/worksheet" Target="worksheets/sheet2.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
        '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/>'
        '<sheet name="Lists" sheetId="2" state="hidden" r:id="rId2"/></sheets></workbook>'
    ),
}
DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
SHEET, LISTS = "xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"
ROWS_WITH_LISTS = 100_000


@dataclass(frozen=True)
class Choices:
    """What can be chosen in the cells of a column."""

    texts: Sequence[str]
    closed: bool = True
    """Whether nothing else can be typed."""


def write_workbook(
    out: Any,
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    numbers: Collection[str] = (),
    choices: Mapping[int, Choices] | None = None,
) -> None:
    """Write a workbook; in the columns called as in ``numbers`` what looks like one is one.

    ``choices`` are those of columns by their places, 0 for the first; they stand on a second sheet, which is hidden.
    """
    numeric = {place for place, name in enumerate(header) if name in numbers}
    stream: Any = _Stream(out)
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as package:
        for name, content in PARTS.items():
            package.writestr(name, DECLARATION + content)
        with package.open(SHEET, "w", force_zip64=True) as sheet:
            sheet.write(f'{DECLARATION}<worksheet xmlns="{_MAIN}"><sheetData>{_row(header, ())}'.encode())
            for row in rows:
                sheet.write(_row(row, numeric).encode())
            sheet.write(f"</sheetData>{_validations(choices or {})}</worksheet>".encode())
        lists = "".join(_row(texts, ()) for texts in zip_longest(*_texts(choices or {}), fillvalue=""))
        package.writestr(LISTS, f'{DECLARATION}<worksheet xmlns="{_MAIN}"><sheetData>{lists}</sheetData></worksheet>')


def column_name(place: int) -> str:
    """The letters of a column, A for the first (0)."""
    above, last = divmod(place, 26)
    return (column_name(above - 1) if above else "") + chr(ord("A") + last)


def _texts(choices: Mapping[int, Choices]) -> list[Sequence[str]]:
    return [one.texts for one in choices.values()]


def _validations(choices: Mapping[int, Choices]) -> str:
    """The rules by which a spreadsheet offers the lists, one a column."""
    rules = [
        f'<dataValidation type="list" allowBlank="1" showErrorMessage="{int(one.closed)}"'
        f' sqref="{column_name(place)}2:{column_name(place)}{ROWS_WITH_LISTS}">'
        f"<formula1>Lists!${column_name(number)}$1:${column_name(number)}${len(one.texts)}</formula1></dataValidation>"
        for number, (place, one) in enumerate(choices.items())
    ]
    return f'<dataValidations count="{len(rules)}">{"".join(rules)}</dataValidations>' if rules else ""


class _Stream:
    """What goes one way, as a package needs it."""

    def __init__(self, out: Any) -> None:
        self.write = out.write

    def flush(self) -> None:
        """Nothing waits."""


def _row(cells: Sequence[str], numeric: Collection[int]) -> str:
    return f"<row>{''.join(_cell(text, place in numeric) for place, text in enumerate(cells))}</row>"


def _cell(text: str, numeric: bool) -> str:  # it is said right before
    if numeric and NUMBER.fullmatch(text):
        return f"<c><v>{text}</v></c>"
    if not text:
        return "<c/>"
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(UNWRITABLE.sub("", text))}</t></is></c>'
