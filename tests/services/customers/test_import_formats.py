"""Files of other kinds than CSV."""

from io import BytesIO

import pytest
import xlsxwriter

from tests.services.customers.factories import REP, imported, result_rows, seen

CARDS = """BEGIN:VCARD\r
VERSION:3.0\r
N:李;明朗;;;\r
FN:李明朗\r
ORG:上海华盛科技有限公司;销售部\r
TITLE:经理\r
TEL;TYPE=CELL:13800138000\r
item1.EMAIL;TYPE=INTERNET:li@example.com\r
ADR;TYPE=WORK:;;南京路1号\\, 2楼;上海;;200000;中国\r
NOTE:First line\\nsecond \r
 folded\r
END:VCARD\r
BEGIN:VCARD\r
VERSION:4.0\r
FN:Ana Example\r
TEL;VALUE=uri:tel:+49-40-999999\r
TEL;VALUE=uri;PREF=1:tel:+49-40-123456\r
CATEGORIES:vip,key account\r
PHOTO:data:image/png;base64,AAAA\r
END:VCARD\r
BEGIN:VCARD\r
VERSION:2.1\r
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E6=9D=8E;=E6=98=\r
=8E\r
END:VCARD\r
"""


@pytest.fixture
def rep(customers):
    return customers.person("Rep", REP, teams=[customers.team("East")])


def everybody(customers, rep):
    items = customers.call("find_customers", rep, limit=50).body["items"]
    return {one["name"]: seen(customers, rep, one["id"]) for one in items}


def test_an_address_book_becomes_companies_with_contacts_and_persons(customers, rep):
    assert imported(customers, rep, CARDS)["result"]["created"] == 3
    found = everybody(customers, rep)
    company, ana = found["上海华盛科技有限公司"], found["Ana Example"]
    assert (company["kind"], company["city"], company["country"]) == ("organisation", "上海", "China")
    assert (company["address"], company["description"]) == ("南京路1号, 2楼", "First line\nsecond folded")
    (contact,) = company["contacts"]
    assert (contact["name"], contact["title"], contact["phone"]) == ("李明朗", "经理", "+8613800138000")
    assert (ana["kind"], ana["phone"], ana["tags"]) == ("person", "+4940123456", ["vip", "key account"])
    assert found["明 李"]["kind"] == "person"


def test_the_first_sheet_of_a_workbook_is_imported(customers, rep):
    file = BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["name", "employees", "phone", "country"])
        sheet.write_row(1, 0, ["Example", 250, 13800138000, "China"])
        sheet.write_row(2, 0, ["Bad", "many"])
    finished = imported(customers, rep, file.getvalue())
    assert [row["status"] for row in result_rows(customers, rep, finished)] == ["created", "failed"]
    example = everybody(customers, rep)["Example"]
    assert (example["employees"], example["phone"]) == (250, "+8613800138000")
