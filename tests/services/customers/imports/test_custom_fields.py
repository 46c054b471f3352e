"""Fields that a house has added, in imports: of every kind, with the same checks as by hand."""

import csv
from io import StringIO
from typing import Any

import pytest

from chassis.testing.tested import together
from services.customers.imports import run as importing
from services.customers.imports.added import Adding
from tests.services.customers.factories import (
    ADMIN,
    REP,
    created,
    enforcing,
    imported,
    job,
    result_rows,
    seen,
    started,
    undone,
)

CHOICES: dict[str, Any] = {
    "choices": [
        {"code": "a", "label": "Alpha", "label_zh": "甲"},
        {"code": "b", "label": "Beta, the second", "label_zh": "乙"},
        {"code": "old", "label": "Old", "active": False},
    ]
}
KINDS: dict[str, tuple[dict[str, Any], list[tuple[str, Any]], list[str]]] = {
    "text": ({}, [("Blue", "Blue")], ["x" * 501]),
    "long_text": ({}, [("Two\nlines", "Two\nlines")], ["x" * 10_001]),
    "number": ({}, [("1,234.50", "1234.5"), ("1.234,5", "1234.5"), ("-7", "-7"), ("12.5万", "125000")], ["twelve"]),
    "money": (
        {"currency": "EUR"},
        [("€ 1,000.10", "1000.1"), ("EUR 12,5", "12.5"), ("1 000 000 €", "1000000"), ("￥８８", "88")],
        ["1e5", "5 EUR or so"],
    ),
    "percent": ({}, [("7.5 %", "7.5"), ("100", "100")], ["half"]),
    "date": (
        {},
        [
            ("2026-02-28", "2026-02-28"),
            ("28.2.2026", "2026-02-28"),
            ("2026/2/8", "2026-02-08"),
            ("2026年2月28日", "2026-02-28"),
            ("28/02/2026", "2026-02-28"),
            ("2/28/2026", "2026-02-28"),
        ],
        ["2026-02-30", "03/04/2026", "soon"],
    ),
    "datetime": (
        {},
        [
            ("2026-02-28T10:00:00+02:00", "2026-02-28T08:00:00Z"),
            ("2026-02-28 10:00", "2026-02-28T10:00:00Z"),
            ("2026/2/28 9:05", "2026-02-28T09:05:00Z"),
            ("28.02.2026", "2026-02-28T00:00:00Z"),
        ],
        ["10:00", "2026-02-28 25:00"],
    ),
    "boolean": ({}, [("Yes", True), ("否", False), ("1", True), ("false", False)], ["perhaps"]),
    "choice": (CHOICES, [("b", "b"), ("ALPHA", "a"), ("乙", "b"), ("Beta, the second", "b")], ["old", "c"]),
    "choices": (
        CHOICES,
        [("a; b", ["a", "b"]), ("乙、甲", ["a", "b"]), ("Beta, the second", ["b"])],
        ["Alpha; Old", "c"],
    ),
    "url": ({}, [("example.com/x", "https://example.com/x")], ["ftp://example.com"]),
    "email": ({}, [("Sales@Example.com", "sales@example.com")], ["nobody"]),
    "phone": ({}, [("040 123456", "+4940123456"), ("+86 138 0013 8000", "+8613800138000")], ["12"]),
}


@pytest.fixture
def admin(customers):
    return customers.stepped_up(customers.person("Admin", ADMIN))


def defined(customers, who, key, kind, **more):
    answer = customers.call("add_custom_field", who, **{"key": key, "label": key.title(), "kind": kind} | more)
    assert answer.status == 201, answer.body
    return answer.body


def outcomes(customers, who, finished):
    return [(row["status"], row["code"]) for row in result_rows(customers, who, finished)]


def customs(customers, who):
    items = customers.call("find_customers", who, limit=200).body["items"]
    return {one["name"]: one["custom"] for one in items}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("updates", [False, True], ids=["create", "update"])
def test_each_kind_takes_what_people_write_in_cells_and_nothing_else(customers, admin, kind, updates):
    options, good, bad = KINDS[kind]
    defined(customers, admin, "extra", kind, options=options)
    rows = [
        {"name": f"{number:02}", "country": "Germany", "custom.extra": said} for number, (said, _) in enumerate(good)
    ]
    rows += [{"name": f"bad {said[:9]}", "country": "Germany", "custom.extra": said} for said in bad]
    if updates:
        for row in rows:
            created(customers, admin, name=row["name"])
    finished = imported(customers, admin, rows, on_match="update", on_new="skip" if updates else "create")
    done = ("updated" if updates else "created", "")
    assert outcomes(customers, admin, finished) == [done] * len(good) + [("failed", "invalid")] * len(bad)
    found = customs(customers, admin)
    assert [found[f"{number:02}"] for number in range(len(good))] == [{"extra": kept} for _, kept in good]
    again = imported(customers, admin, rows[: len(good)], on_match="update")
    assert outcomes(customers, admin, again) == [("skipped", "unchanged")] * len(good)


def test_days_are_read_in_the_order_that_is_told(customers, admin):
    defined(customers, admin, "day", "date")
    for order, kept in (("dmy", "2026-04-03"), ("mdy", "2026-03-04")):
        imported(customers, admin, [{"name": order, "Day": "03/04/2026"}], day_order=order)
        assert customs(customers, admin)[order] == {"day": kept}


def test_references_lead_to_what_is_there_and_formulas_are_not_written(customers, admin):
    defined(customers, admin, "rival", "reference", options={"target": "customers"})
    defined(customers, admin, "expert", "reference", options={"target": "users"})
    defined(customers, admin, "twice", "formula", options={"expression": "employees * 2.0"})
    other = created(customers, admin, name="Other")
    rows = [
        {"name": "Good", "Rival": other["id"].upper(), "Expert": str(admin.id), "employees": "4"},
        {"name": "Bad", "Rival": str(admin.id), "Expert": "", "employees": ""},
        {"name": "Worse", "Rival": "", "Expert": "me", "employees": ""},
    ]
    finished = imported(customers, admin, rows)
    assert outcomes(customers, admin, finished) == [("created", ""), *[("failed", "invalid")] * 2]
    assert "custom.rival: There is no such record." in result_rows(customers, admin, finished)[1]["message"]
    expected = {"rival": other["id"], "expert": str(admin.id), "twice": "8"}
    assert customs(customers, admin)["Good"] == expected
    refused = imported(customers, admin, [{"name": "New", "custom.twice": "5"}])
    assert (refused["state"], refused["result"]) == ("failed", None)


def test_columns_are_known_by_key_and_label_in_both_languages_and_by_a_mapping(customers, admin):
    defined(
        customers, admin, "budget", "money", label="Yearly budget", label_zh="年度预算", options={"currency": "EUR"}
    )
    files = [
        {"name": "One", "custom.budget": "1"},
        {"Name": "Two", "yearly  BUDGET": "2"},
        {"客户名称": "Three", "年度预算": "3"},
    ]
    for file in files:
        assert outcomes(customers, admin, imported(customers, admin, [file])) == [("created", "")]
    mapping = {"name": "who", "custom.budget": "much"}
    mapped = imported(customers, admin, [{"who": "Four", "much": "4"}, {"who": "Five", "much": ""}], mapping=mapping)
    assert mapped["result"]["created"] == 2
    imported(customers, admin, [{"name": "Six"}], defaults={"custom.budget": "€ 6"})
    found = customs(customers, admin)
    assert {name: found[name].get("budget") for name in found} == {
        "One": "1",
        "Two": "2",
        "Three": "3",
        "Four": "4",
        "Five": None,
        "Six": "6",
    }
    unknown = customers.call("import_customers", admin, file="uploads/x", mapping={"custom.nothing": "x"})
    assert (unknown.status, unknown.body["errors"][0]["pointer"]) == (422, "/mapping/custom.nothing/key")


def test_defaults_that_fields_do_not_take_are_refused_at_once(customers, admin):
    defined(customers, admin, "amount", "number")
    job_id = started(customers, admin, [{"name": "x"}], defaults={"custom.amount": "1,000"})
    assert job(customers, admin, job_id)["state"] == "queued"
    file = customers.call("import_customers", admin, file="uploads/x", defaults={"custom.amount": "many"})
    assert file.status == 422


def test_what_is_required_is_missed_in_new_rows_only(customers, admin):
    created(customers, admin, name="Old")
    defined(customers, admin, "contract", "text", required=True)
    rows = [{"name": "Old", "city": "Bonn", "Contract": ""}, {"name": "New", "city": "Bonn", "Contract": ""}]
    finished = imported(customers, admin, rows, on_match="update", language="zh")
    assert outcomes(customers, admin, finished) == [("updated", ""), ("failed", "invalid")]
    assert result_rows(customers, admin, finished)[1]["message"] == "custom.contract: 缺少必填内容。"
    filled = imported(customers, admin, [{"name": "New"}], defaults={"custom.contract": "C-1"})
    assert filled["result"]["created"] == 1


def test_a_value_that_is_to_be_unique_is_had_once_in_files_and_by_customers(customers, admin, monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 2)
    defined(customers, admin, "contract", "text", is_unique=True)
    created(customers, admin, name="There", custom={"contract": "C-0"})
    old = created(customers, admin, name="Old", custom={"contract": "C-9"})
    names = {"A": "C-1", "B": "C-1", "C": "C-1", "D": "C-0", "E": "C-2", "Old": "C-0", "There": "C-0", "F": ""}
    rows = [{"name": name, "contract": value} for name, value in names.items()]
    taken = ("failed", "custom-value-taken")
    expected = [("created", ""), taken, taken, taken, ("created", ""), taken, ("skipped", "unchanged"), ("created", "")]
    rehearsed = imported(customers, admin, rows, on_match="update", dry_run=True)
    finished = imported(customers, admin, rows, on_match="update")
    assert outcomes(customers, admin, rehearsed) == outcomes(customers, admin, finished) == expected
    assert seen(customers, admin, old["id"]) == old
    answer = customers.call("create_customer", admin, name="By hand", custom={"contract": "C-2"})
    assert (answer.status, answer.body["type"]) == (409, "custom-value-taken")


def test_of_two_imports_at_the_same_moment_one_gets_the_value(customers, admin, monkeypatch):
    defined(customers, admin, "contract", "text", is_unique=True)
    enforcing(customers)
    started(customers, admin, [{"name": "A", "contract": "C-1", "phone": "+4940111111"}])
    started(customers, admin, [{"name": "B", "contract": "C-1", "phone": "+4940222222"}])
    together(2, lambda _: customers.run_jobs())
    jobs = customers.call("list_jobs", admin).body["items"]
    assert sorted(one["result"]["created"] for one in jobs) == [0, 1]
    assert customers.scalar("SELECT count(*) FROM custom_keys") == 1
    assert customers.scalar("SELECT count(*) FROM customer_keys") == 1


def test_somebody_who_is_quicker_gets_the_value_and_nothing_else_is_lost(customers, admin, monkeypatch):
    defined(customers, admin, "contract", "text", is_unique=True)
    created(customers, admin, name="Quicker", custom={"contract": "C-1"})
    created(customers, admin, name="Old")
    monkeypatch.setattr(Adding, "look", lambda *_: None)  # as if all of it had happened since
    rows = [
        {"name": "Late", "contract": "C-1", "phone": "+4940111111"},
        {"name": "Old", "contract": "C-1", "phone": "+4940222222"},
        {"name": "Free", "contract": "C-2", "phone": "+4940333333"},
    ]
    finished = imported(customers, admin, rows, on_match="update")
    taken = ("failed", "custom-value-taken")
    assert outcomes(customers, admin, finished) == [taken, taken, ("created", "")]
    assert customers.scalar("SELECT count(*) FROM custom_keys") == 2
    assert customers.scalar("SELECT count(*) FROM customer_keys") == 1
    assert customs(customers, admin).keys() == {"Quicker", "Old", "Free"}


def test_rules_of_roles_hold_in_imports(customers, admin):
    for key in ("secret", "colour", "theirs"):
        defined(customers, admin, key, "text")
    rules = {
        "customers": {
            "custom.secret": "hidden",
            "custom.colour": "read_only",
            "custom.theirs": {"own": "full", "others": "read_only"},
        }
    }
    east = customers.team("East")
    rep = customers.person(
        "Rep", REP | {"customers:change": "team", "customers:read": "team"}, [east], field_rules=rules
    )
    lead = customers.person("Lead", ADMIN, [east])
    refused = customers.call("import_customers", rep, file="uploads/x", mapping={"name": "n", "custom.secret": "s"})
    assert (refused.status, refused.body["type"]) == (422, "invalid")
    assert "custom.secret" not in refused.body["errors"][0]["detail"]
    refused = customers.call("import_customers", rep, file="uploads/x", mapping={"name": "n", "custom.colour": "s"})
    assert (refused.status, refused.body["type"]) == (403, "field-read-only")
    created(customers, lead, name="Lead's")
    rows = [{"name": "Mine", "theirs": "x", "secret": "x"}, {"name": "Lead's", "theirs": "x", "secret": "x"}]
    finished = imported(customers, rep, rows, on_match="update")
    assert outcomes(customers, rep, finished) == [("created", ""), ("failed", "may-not-write")]
    pooled = imported(customers, rep, [{"name": "Nobody's", "theirs": "x"}], into_pool=True)
    assert outcomes(customers, rep, pooled) == [("failed", "may-not-write")]
    assert customs(customers, lead)["Mine"] == {"theirs": "x"}


def test_private_values_are_sealed_and_found_again_and_undone(customers, admin):
    defined(customers, admin, "mail", "email")
    defined(customers, admin, "colour", "text")
    old = created(customers, admin, name="Old", custom={"mail": "old@example.com", "colour": "red"})
    rows = [{"name": "Old", "mail": "new@example.com", "colour": "blue"}, {"name": "New", "mail": "x@example.com"}]
    finished = imported(customers, admin, rows, on_match="update")
    assert finished["result"]["updated"] == 1
    row = customers.scalar(
        "SELECT string_agg(c::text, ' ') || (SELECT string_agg(body::text, ' ') FROM outbox) FROM customers c"
    )
    assert "@example.com" not in row
    tree = '{"field": "custom.mail", "op": "eq", "value": "x@example.com"}'
    assert [one["name"] for one in customers.call("find_customers", admin, filter=tree).body["items"]] == ["New"]
    undo = undone(customers, admin, finished["id"])
    assert (undo["result"]["removed"], undo["result"]["restored"]) == (1, 1)
    assert seen(customers, admin, old["id"])["custom"] == old["custom"]
    assert customers.scalar("SELECT count(*) FROM custom_keys") == 1


def test_what_is_exported_can_be_imported_again(customers, admin):
    kinds = {"amount": "number", "day": "date", "vip": "boolean", "when": "datetime"}
    for key, kind in kinds.items():
        defined(customers, admin, key, kind)
    defined(customers, admin, "several", "choices", options=CHOICES)
    values = {
        "amount": "-2.5",
        "day": "2026-01-31",
        "vip": False,
        "when": "2026-02-28T08:00:00Z",
        "several": ["a", "b"],
    }
    one = created(customers, admin, name="One", custom=values)
    answer = customers.call("export_customers", admin, columns=["name", *(f"custom.{key}" for key in values)])
    customers.run_jobs()
    with customers.blobs.open(job(customers, admin, answer.body["job_id"])["result"]["file"]) as file:
        content = file.read().decode("utf-8-sig")
    assert next(csv.reader(StringIO(content))) == ["name", *(f"custom.{key}" for key in values)]
    assert outcomes(customers, admin, imported(customers, admin, content, on_match="update")) == [
        ("skipped", "unchanged")
    ]
    customers.call("change_customer", admin, customer_id=one["id"], custom=dict.fromkeys(values), if_match='"1"')
    imported(customers, admin, content, on_match="update")
    assert seen(customers, admin, one["id"])["custom"] == values
