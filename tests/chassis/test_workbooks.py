"""Workbooks are read as tables, whatever they claim."""

import zipfile
from datetime import date
from io import BytesIO

import pytest
import xlsxwriter

from chassis import workbooks
from chassis.tables import UnreadableTable, read_table


def workbook(fill):
    file = BytesIO()
    with xlsxwriter.Workbook(file) as book:
        fill(book.add_worksheet(), book)
    return BytesIO(file.getvalue())


def customers(sheet, book):
    sheet.write_row(0, 0, ["name", "phone", "revenue", "since", "old"])
    sheet.write_row(1, 0, ["上海华盛", 13800138000, 12.5])
    sheet.write_datetime(1, 3, date(2026, 1, 2), book.add_format({"num_format": "yyyy-mm-dd"}))
    sheet.write(1, 4, True)


def test_a_cell_is_what_somebody_would_type():
    with read_table(workbook(customers)) as table:
        (row,) = table.rows()
    assert row.cells == {
        "name": "上海华盛",
        "phone": "13800138000",
        "revenue": "12.5",
        "since": "2026-01-02",
        "old": "true",
    }


def far_away(sheet, _):
    sheet.write(0, 0, "name")
    sheet.write(1_048_575, 16_383, "x")


def test_a_small_file_that_claims_billions_of_cells_is_refused(monkeypatch):
    monkeypatch.setattr(workbooks, "SECONDS", 20)
    with pytest.raises(UnreadableTable, match="too large"):
        read_table(workbook(far_away))


def test_a_file_that_unpacks_to_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(workbooks, "MAX_UNPACKED", 1_000_000)
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/workbook.xml", b"0" * 1_000_001)
    with pytest.raises(UnreadableTable, match="too large"):
        read_table(BytesIO(file.getvalue()))


@pytest.mark.parametrize("content", [b"PK\x03\x04 no zip", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 no workbook"])
def test_what_only_looks_like_a_workbook_is_refused(content):
    with pytest.raises(UnreadableTable, match="damaged"):
        read_table(BytesIO(content))


def test_a_cell_that_no_program_would_write_is_refused(monkeypatch):
    file = b"name\n" + b"x" * 200_000 + b"\n"
    with pytest.raises(UnreadableTable, match="field larger"):
        read_table(BytesIO(file))
