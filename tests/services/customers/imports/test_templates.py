"""Templates: filled in, they are understood without a mapping."""

import csv
import zipfile
from io import BytesIO, StringIO
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from tests.services.customers.factories import ADMIN, REP, imported, result_rows, seen

CHOICES = {
    "choices": [{"code": "a", "label": "Alpha", "label_zh": "甲"}, {"code": "b", "label": "Beta", "label_zh": "乙"}]
}
BLANK = ("team_id", "parent_id", "registration_number")
FIELDS: dict[str, dict[str, Any]] = {
    "budget": {"kind": "money", "options": {"currency": "EUR"}, "label": "Yearly budget", "label_zh": "年度预算"},
    "rank": {"kind": "choice", "options": CHOICES, "label": "Rank", "label_zh": "级别"},
    "areas": {"kind": "choices", "options": CHOICES, "label": "Areas"},
    "vip": {"kind": "boolean", "label": "VIP"},
    "since": {"kind": "date", "label": "Since"},
    "seen_at": {"kind": "datetime", "label": "Seen"},
    "page": {"kind": "url", "label": "Page"},
    "mail": {"kind": "email", "label": "Second mail"},
    "desk": {"kind": "phone", "label": "Desk"},
    "notes": {"kind": "long_text", "label": "Notes"},
    "same": {"kind": "text", "label": "Industry"},
    "twice": {"kind": "formula", "options": {"expression": "employees * 2.0"}, "label": "Twice"},
}


@pytest.fixture
def admin(customers):
    admin = customers.person("Admin", ADMIN)
    for key, said in FIELDS.items():
        assert customers.call("add_custom_field", admin, key=key, **said).status == 201
    return admin


def template(customers, who, **question):
    answer = customers.call("import_template", who, **question)
    assert answer.status == 200, answer.body
    with customers.blobs.open(answer.body["file"]) as file:
        return file.read()


def lines(content, format):
    if format == "csv":
        return list(csv.reader(StringIO(content.decode("utf-8-sig"))))
    return CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_a_template_with_its_example_is_imported_without_a_mapping(customers, admin, format, language):
    content = template(customers, admin, format=format, language=language)
    header, example = lines(content, format)
    assert ("年度预算" in header) == ("客户名称" in header) == (language == "zh")
    assert "custom.same" in header
    assert "Twice" not in header
    finished = imported(customers, admin, content)
    (row,) = result_rows(customers, admin, finished)
    assert (row["status"], row["code"]) == ("created", ""), row
    (found,) = customers.call("find_customers", admin).body["items"]
    shown = seen(customers, admin, found["id"])
    assert [name for name in shown if shown[name] is None and name not in BLANK] == []
    assert {key for key, value in shown["custom"].items() if value is not None} == FIELDS.keys()
    assert shown["contacts"][0]["email"] == "purchasing@example.com"
    assert len(header) == len(set(header)) == len(example)


def test_a_workbook_offers_what_can_be_chosen(customers, admin):
    content = template(customers, admin, language="zh")
    book = CalamineWorkbook.from_filelike(BytesIO(content))
    lists = [[cell for cell in column if cell] for column in zip(*book.get_sheet_by_name("Lists").to_python())]
    assert ["企业", "个人"] in lists
    assert ["甲", "乙"] in lists
    assert ["线索", "潜在客户", "客户", "流失"] in lists
    assert ["重点客户", "普通客户", "小客户", "零散客户"] in lists
    header = lines(content, "xlsx")[0]
    rules = zipfile.ZipFile(BytesIO(content)).read("xl/worksheets/sheet1.xml").decode()
    letter = chr(ord("A") + header.index("客户类型"))
    assert f'showErrorMessage="1" sqref="{letter}2:{letter}100000"><formula1>Lists!$A$1:$A$2<' in rules
    assert rules.count("<dataValidation ") == len(lists)


def test_a_template_has_what_the_caller_may_write_and_his_language(customers, admin):
    rules = {"customers": {"revenue": "hidden", "city": "read_only", "custom.rank": "hidden"}}
    rep = customers.person("Rep", REP, field_rules=rules)
    header = lines(template(customers, rep, format="csv"), "csv")[0]
    assert "Name" in header
    assert not {"Revenue (million USD)", "City", "Rank"} & set(header)
    answer = customers.call("import_template", rep, format="csv")
    assert customers.call("import_template", rep, format="csv").body == answer.body
    assert answer.body["name"] == "customers-template.csv"
