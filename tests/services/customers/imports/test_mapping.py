"""What the columns of a file may be meant for: as remembered, by their names, and by what stands in them."""

from io import BytesIO

import pytest
import xlsxwriter

from services.customers.imports.suggesting import CONFIDENCE
from tests.services.customers.factories import ADMIN, REP, imported, upload

ROWS = [
    {"Firm": "Example", "E-Mail": "a@example.com", "Staf": "5"},
    {"Firm": "Other", "E-Mail": "", "Staf": "6"},
]
MAPPING = {"name": "Firm", "description": "E-Mail"}


@pytest.fixture
def east(customers):
    return customers.team("East")


@pytest.fixture
def rep(customers, east):
    return customers.person("Rep", REP, teams=[east])


def suggested(customers, who, rows, **more):
    answer = customers.call("suggest_mapping", who, file=upload(customers, who, rows), **more)
    assert answer.status == 200, answer.body
    return answer.body


def guesses(answer):
    return {one["column"]: (one["field"], one["by"]) for one in answer["columns"]}


def test_columns_are_known_by_name_label_synonym_likeness_and_content(customers, rep):
    admin = customers.person("Admin", ADMIN)
    fields = {"budget": {"kind": "number", "label": "Yearly budget", "label_zh": "年度预算"}}
    for key, said in fields.items():
        assert customers.call("add_custom_field", admin, key=key, **said).status == 201
    header = {
        "name": ("name", "name"),
        "custom.budget": ("custom.budget", "name"),
        "E-mail": ("email", "label"),
        "Number of Employees": ("employees", "synonym"),
        "详细地址": ("address", "synonym"),
        "Descripton": ("description", "similar"),
        "Reach us": ("phone", "values"),
        "No idea": (None, None),
        "ID": (None, None),
    }
    row = dict.fromkeys(header, "x") | {"Reach us": "+49 40 123456", "ID": "4711"}
    answer = suggested(customers, rep, [row, row | {"name": "y", "Reach us": ""}])
    assert guesses(answer) == header
    assert answer["mapping"] == {field: column for column, (field, _) in header.items() if field}
    assert [one["confidence"] for one in answer["columns"]] == [
        CONFIDENCE.get(by or "", 0) for _, by in header.values()
    ]
    assert answer["columns"][0]["samples"] == ["x", "y"]
    assert answer["remembered"] is None
    assert guesses(suggested(customers, rep, [{"年度预算": "5", "客户全称": "x"}])) == {
        "年度预算": ("custom.budget", "label"),
        "客户全称": ("name", "synonym"),
    }


def test_fields_are_called_as_the_reader_calls_them(customers, rep):
    for language, label in (("en", "Name"), ("zh", "客户名称")):
        fields = suggested(customers, rep, ROWS, language=language)["fields"]
        assert {"name": "name", "label": label, "required": True} in fields


def test_a_mapping_is_remembered_for_files_with_the_same_columns_one_s_own_first(customers, rep, east):
    mate = customers.person("Mate", REP, teams=[east])
    other = customers.person("Other", REP, teams=[customers.team("West")])
    assert suggested(customers, other, ROWS)["remembered"] is None
    imported(customers, mate, ROWS, mapping=MAPPING, dry_run=True)
    assert suggested(customers, mate, ROWS)["remembered"] is None
    imported(customers, mate, ROWS, mapping=MAPPING)
    expected = {"rep": "team", "other": "company", "mate": "own"}
    for who, whose in expected.items():
        answer = suggested(customers, {"rep": rep, "other": other, "mate": mate}[who], ROWS)
        assert (answer["remembered"], answer["mapping"]) == (whose, MAPPING)
    assert guesses(answer) == {"Firm": ("name", "own"), "E-Mail": ("description", "own"), "Staf": (None, None)}
    imported(customers, rep, ROWS, mapping={"name": "Firm", "city": "Staf"})
    assert suggested(customers, rep, ROWS)["mapping"] == {"name": "Firm", "city": "Staf"}
    imported(customers, mate, ROWS, mapping={"name": "Firm"})
    assert suggested(customers, mate, ROWS)["mapping"] == {"name": "Firm"}
    assert suggested(customers, rep, ROWS)["mapping"] == {"name": "Firm", "city": "Staf"}
    assert suggested(customers, other, ROWS)["mapping"] == {"name": "Firm"}


def test_the_order_case_and_comments_of_columns_do_not_matter_but_others_do(customers, rep):
    imported(customers, rep, ROWS, mapping=MAPPING)
    again = [{"staf": "1", "FIRM": "x", "e-mail": "y", "status": "failed", "Problem": "why"}]
    assert suggested(customers, rep, again)["mapping"] == {"name": "FIRM", "description": "e-mail"}
    assert suggested(customers, rep, [{"staf": "1", "FIRM": "x"}])["remembered"] is None


def test_of_the_columns_only_marks_are_kept(customers, rep):
    imported(customers, rep, "Zhang Wei,+49 40 123456\nLi Na,1\n", mapping={"name": "Zhang Wei"})
    kept = customers.scalar("SELECT row_to_json(m)::text FROM import_mappings m")
    assert "Zhang" not in kept
    assert "zhang" not in kept


def test_nobody_is_suggested_a_field_that_he_may_not_write(customers, rep):
    imported(customers, rep, ROWS, mapping=MAPPING)
    rules = {"customers": {"description": "read_only", "revenue": "hidden"}}
    limited = customers.person("Limited", REP, teams=list(rep.caller.teams), field_rules=rules)
    answer = suggested(customers, limited, ROWS)
    assert answer["mapping"] == {"name": "Firm"}
    assert not {"description", "revenue"} & {one["name"] for one in answer["fields"]}
    assert guesses(suggested(customers, limited, [{"Description": "x", "Revenue": "5"}])) == {
        "Description": (None, None),
        "Revenue": (None, None),
    }


def test_long_files_workbooks_and_address_books_are_looked_at_from_their_beginning(customers, rep):
    long = "name,city\n" + "Example,Köln\n" * 200_000 + '"never closed'
    answer = suggested(customers, rep, long)
    assert answer["columns"][1]["samples"] == ["Köln"]
    file = BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["公司名称", "人数"])
        sheet.write_row(1, 0, ["上海华盛", 250])
    assert suggested(customers, rep, file.getvalue())["mapping"] == {"name": "公司名称", "employees": "人数"}
    card = "BEGIN:VCARD\r\nFN:Ana Example\r\nTEL:+49 40 123456\r\nEND:VCARD\r\n"
    assert suggested(customers, rep, card)["columns"][0]["samples"] == ["Ana Example"]


@pytest.mark.parametrize("content", ["", "name,name\nx,y\n", "PK\x03\x04 no workbook"])
def test_what_is_no_table_is_refused(customers, rep, content):
    answer = customers.call("suggest_mapping", rep, file=upload(customers, rep, content))
    assert (answer.status, answer.body["type"]) == (422, "unreadable-table")


def test_nobody_looks_at_the_file_of_another(customers, rep):
    other = customers.person("Other", REP)
    answer = customers.call("suggest_mapping", other, file=upload(customers, rep, ROWS))
    assert (answer.status, answer.body["type"]) == (422, "no-such-upload")
