"""The rows that failed, alone: corrected, they are imported again."""

import csv
from io import BytesIO, StringIO

import pytest
import xlsxwriter

from services.customers.imports import run as importing
from tests.services.customers.factories import REP, imported, names, started, upload

ROWS = [
    {"firm": "Good", "staff": "5", "note": "x"},
    {"firm": "=SUM(A1)", "staff": "many", "note": "+49 40"},
    {"firm": "", "staff": "6", "note": "-"},
    {"firm": "Good", "staff": "7", "note": ""},
]
MAPPING = {"name": "firm", "employees": "staff", "description": "note"}


@pytest.fixture
def rep(customers):
    return customers.person("Rep", REP)


def failed(customers, who, job):
    answer = customers.call("failed_rows", who, job_id=job["id"])
    assert answer.status == 200, answer.body
    with customers.blobs.open(answer.body["file"]) as file:
        return list(csv.DictReader(StringIO(file.read().decode("utf-8-sig"))))


@pytest.mark.parametrize(("language", "heading"), [("en", "Problem"), ("zh", "问题")])
def test_failed_rows_are_corrected_and_imported_with_the_same_mapping(customers, rep, monkeypatch, language, heading):
    monkeypatch.setattr(importing, "PART", 2)
    finished = imported(customers, rep, ROWS, mapping=MAPPING, language=language)
    rows = failed(customers, rep, finished)
    assert [[row[name] for name in ROWS[0]] for row in rows] == [["'=SUM(A1)", "many", "+49 40"], ["", "6", "-"]]
    assert [row[heading].partition(":")[0] for row in rows] == ["employees", "name"]
    assert not customers.blobs.exists(f"results/{finished['id']}/failed/part-0.csv")
    rows[0]["staff"], rows[1]["firm"] = "8", "Named"
    whole = customers.call("suggest_mapping", rep, file=upload(customers, rep, rows)).body
    assert (whole["mapping"], whole["remembered"]) == (MAPPING, "own")
    again = imported(customers, rep, rows, mapping=whole["mapping"])
    assert again["result"]["created"] == 2
    assert "failed_file" not in again["result"]
    assert sorted(names(customers.call("find_customers", rep))) == ["=SUM(A1)", "Good", "Named"]
    assert customers.call("failed_rows", rep, job_id=again["id"]).status == 409


def test_what_fails_again_has_one_column_that_says_why(customers, rep):
    once = failed(customers, rep, imported(customers, rep, ROWS, mapping=MAPPING))
    finished = imported(customers, rep, once, mapping=MAPPING, language="zh")
    assert list(failed(customers, rep, finished)[0]) == ["firm", "staff", "note", "问题"]


def test_failed_rows_of_a_workbook_and_of_a_dry_run_are_there_too(customers, rep):
    file = BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["name", "employees"])
        sheet.write_row(1, 0, ["Bad", "many"])
    finished = imported(customers, rep, file.getvalue(), dry_run=True)
    (row,) = failed(customers, rep, finished)
    assert (row["name"], row["employees"]) == ("Bad", "many")


def test_only_who_has_imported_a_file_gets_its_failed_rows(customers, rep):
    finished = imported(customers, rep, ROWS, mapping=MAPPING)
    assert customers.call("failed_rows", customers.person("Other", REP), job_id=finished["id"]).status == 404
    waiting = started(customers, rep, ROWS, mapping=MAPPING)
    assert customers.call("failed_rows", rep, job_id=waiting).status == 409
