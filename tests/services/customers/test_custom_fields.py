"""Fields that a house adds to customers: of every kind, at once in everything that customers can do."""

import csv
from io import StringIO

import orjson
import pytest

from chassis.custom_fields.describing import Described
from chassis.testing.tested import together
from services.customers.service import CustomersService
from tests.services.customers.factories import ADMIN, LEAD, created, etag, job, names, seen

CHOICES = {"choices": [{"code": "a", "label": "Alpha"}, {"code": "b", "label": "Beta"}]}


@pytest.fixture
def admin(customers):
    return customers.stepped_up(customers.person("Admin", ADMIN))


def defined(customers, who, key, kind, **more):
    answer = customers.call("add_custom_field", who, key=key, label=key.title(), kind=kind, **more)
    assert answer.status == 201, answer.body
    return answer.body


def refusal(customers, who, **custom):
    answer = customers.call("create_customer", who, name="New", custom=custom)
    return (answer.status, answer.body["type"], [one["pointer"] for one in answer.body.get("errors", [])])


def found(customers, who, field, op, value):
    tree = orjson.dumps({"field": f"custom.{field}", "op": op, "value": value}).decode()
    return sorted(names(customers.call("find_customers", who, filter=tree)))


KINDS = {
    "text": ({}, " Blue ", "Blue", "\n"),
    "long_text": ({}, "Two\nlines", "Two\nlines", ""),
    "number": ({}, 12.50, "12.5", "twelve"),
    "money": ({"currency": "EUR"}, "1000.10", "1000.1", "1e5"),
    "percent": ({}, "7", "7", True),
    "date": ({}, "2026-02-28", "2026-02-28", "2026-02-30"),
    "datetime": ({}, "2026-02-28T10:00:00+02:00", "2026-02-28T08:00:00Z", "2026-02-28T10:00:00"),
    "boolean": ({}, False, False, "false"),
    "choice": (CHOICES, "b", "b", "c"),
    "choices": (CHOICES, ["b", "a", "b"], ["a", "b"], ["c"]),
    "url": ({}, "https://example.com/x", "https://example.com/x", "ftp://example.com"),
    "email": ({}, "Sales@Example.com", "sales@example.com", "nobody"),
    "phone": ({}, "+49 40 123456", "+4940123456", "040 123456"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_takes_its_values_in_one_form_and_no_others(customers, admin, kind):
    options, said, kept, wrong = KINDS[kind]
    defined(customers, admin, "extra", kind, options=options)
    entered = created(customers, admin, custom={"extra": said})
    assert entered["custom"] == {"extra": kept} == seen(customers, admin, entered["id"])["custom"]
    (listed,) = customers.call("find_customers", admin).body["items"]
    assert listed["custom"] == {"extra": kept}
    assert refusal(customers, admin, extra=wrong) == (422, "invalid", ["/custom/extra"])
    emptied = customers.call(
        "change_customer", admin, customer_id=entered["id"], custom={"extra": None}, if_match=etag(entered)
    )
    assert (emptied.body["custom"], emptied.body["version"]) == ({}, 2)


def test_references_lead_to_what_is_there(customers, admin):
    defined(customers, admin, "rival", "reference", options={"target": "customers"})
    defined(customers, admin, "expert", "reference", options={"target": "users"})
    other = created(customers, admin, name="Other")
    good = {"rival": other["id"], "expert": str(admin.id)}
    assert created(customers, admin, custom=good)["custom"] == good
    assert refusal(customers, admin, rival=str(admin.id))[2] == ["/custom/rival"]
    assert refusal(customers, admin, expert=other["id"])[2] == ["/custom/expert"]


def test_formulas_are_computed_from_custom_and_other_fields(customers, admin):
    defined(customers, admin, "budget", "money", options={"currency": "EUR"})
    defined(customers, admin, "share", "formula", options={"expression": "budget / revenue * 100.0"})
    defined(customers, admin, "big", "formula", options={"expression": "employees > 100.0"})
    entered = created(customers, admin, revenue="8", employees=250, custom={"budget": "2"})
    assert entered["custom"] == {"budget": "2", "share": "25", "big": True}
    nothing = created(customers, admin, name="Nothing")
    assert nothing["custom"] == {"share": None, "big": None}
    assert refusal(customers, admin, share="1")[0] == 403


@pytest.mark.parametrize("expression", ["1 +", "unknown + 1.0", "[1].map(x, x)"])
def test_what_is_no_formula_is_refused(customers, admin, expression):
    answer = customers.call(
        "add_custom_field", admin, key="f", label="F", kind="formula", options={"expression": expression}
    )
    assert (answer.status, answer.body["type"]) == (422, "unusable-custom-field")


FILTERS = [
    ("colour", "eq", "blue", ["One"]),
    ("colour", "in", ["blue", "green"], ["One", "Two"]),
    ("colour", "contains", "REE", ["Two"]),
    ("colour", "is_null", True, ["Three"]),
    ("amount", "gt", 9, ["Two"]),
    ("amount", "eq", "2.50", ["One"]),
    ("day", "lt", "2026-06-01", ["One"]),
    ("vip", "eq", True, ["One"]),
    ("several", "has", "a", ["One", "Two"]),
    ("several", "has_any", ["b", "x"], ["Two"]),
    ("several", "is_null", True, ["Three"]),
    ("mail", "eq", "ONE@example.com", ["One"]),
    ("mail", "is_null", False, ["One"]),
]


def test_filters_know_them_at_once(customers, admin):
    kinds = {"colour": "text", "amount": "number", "day": "date", "vip": "boolean", "mail": "email"}
    for key, kind in kinds.items():
        defined(customers, admin, key, kind)
    defined(customers, admin, "several", "choices", options=CHOICES)
    one = {"colour": "blue", "amount": "2.5", "day": "2026-01-01", "vip": True, "mail": "one@example.com"}
    created(customers, admin, name="One", custom=one | {"several": ["a"]})
    created(customers, admin, name="Two", custom={"colour": "green", "amount": 10, "several": ["a", "b"]})
    created(customers, admin, name="Three")
    assert [(*case[:3], found(customers, admin, *case[:3])) for case in FILTERS] == FILTERS
    wrong = orjson.dumps({"field": "custom.mail", "op": "contains", "value": "one"}).decode()
    assert customers.call("find_customers", admin, filter=wrong).status == 422


def test_what_is_private_is_sealed_in_the_database(customers, admin):
    defined(customers, admin, "mail", "email")
    defined(customers, admin, "secret", "text", private=True)
    entered = created(customers, admin, custom={"mail": "hidden@example.com", "secret": "Hush hush"})
    assert entered["custom"] == {"mail": "hidden@example.com", "secret": "Hush hush"}
    row = customers.scalar("SELECT c::text || (SELECT max(body::text) FROM outbox) FROM customers c")
    assert "Hush" not in row
    assert "hidden@" not in row
    assert customers.events()[-1]["payload"]["custom"] is None


def test_required_and_unique_hold_also_for_those_who_come_at_the_same_moment(customers, admin):
    defined(customers, admin, "contract", "text", required=True, is_unique=True)
    assert refusal(customers, admin) == (422, "invalid", ["/custom/contract"])
    answers = together(
        8, lambda _: customers.call("create_customer", admin, name="New", custom={"contract": "C-1"}).status
    )
    assert sorted(answers) == [201] + [409] * 7
    assert refusal(customers, admin, contract="C-1") == (409, "custom-value-taken", ["/custom/contract"])
    (first,) = customers.call("find_customers", admin).body["items"]
    second = created(customers, admin, name="Second", custom={"contract": "C-2"})

    def changed(record, value):
        custom = {"contract": value}
        return customers.call(
            "change_customer", admin, customer_id=record["id"], custom=custom, if_match=etag(record)
        ).status

    assert [changed(second, "C-1"), changed(second, None), changed(first, "C-3"), changed(second, "C-1")] == [
        *(409, 422, 200, 200)
    ]


def test_choices_are_renamed_without_touching_a_record(customers, admin):
    field = defined(customers, admin, "rank", "choice", options=CHOICES)
    entered = created(customers, admin, custom={"rank": "a"})
    renamed = {"choices": [{"code": "b", "label": "Better"}]}
    answer = customers.call("change_custom_field", admin, field_id=field["id"], if_match=etag(field), options=renamed)
    assert [(one["code"], one["active"]) for one in answer.body["options"]["choices"]] == [("b", True), ("a", False)]
    assert seen(customers, admin, entered["id"]) == entered
    assert refusal(customers, admin, rank="a")[0] == 422


def test_a_closed_field_is_unknown_and_keeps_its_values(customers, admin):
    field = defined(customers, admin, "colour", "text")
    entered = created(customers, admin, custom={"colour": "blue"})
    closed = customers.call("change_custom_field", admin, field_id=field["id"], if_match='"1"', active=False)
    assert seen(customers, admin, entered["id"])["custom"] == {}
    assert refusal(customers, admin, colour="red") == (422, "invalid", ["/custom/colour"])
    customers.call("change_customer", admin, customer_id=entered["id"], city="Bonn", if_match=etag(entered))
    customers.call("change_custom_field", admin, field_id=field["id"], if_match=closed.etag, active=True)
    assert seen(customers, admin, entered["id"])["custom"] == {"colour": "blue"}


RULES = {
    "customers": {
        "custom.secret": "hidden",
        "custom.number": {"own": "full", "others": "masked"},
        "custom.colour": "read_only",
        "custom.mail": "masked",
        "revenue": "hidden",
    }
}


def test_field_rules_hold_for_them_on_every_surface(customers, admin):
    east = customers.team("East")
    rep = customers.stepped_up(customers.person("Rep", LEAD | {"customers:export": "team"}, [east], field_rules=RULES))
    lead = customers.person("Lead", ADMIN, [east])
    for key, kind in {"secret": "text", "number": "text", "colour": "text", "mail": "email", "cash": "number"}.items():
        defined(customers, admin, key, kind)
    defined(customers, admin, "ratio", "formula", options={"expression": "cash / revenue"})
    values = {"secret": "Hush hush", "number": "12345678", "colour": "blue", "mail": "x@example.com", "cash": "1"}
    other = created(customers, lead, name="Other", revenue="4", custom=values)
    left = {"number": "12***", "colour": "blue", "mail": "x***@example.com", "cash": "1"}
    assert other["custom"] == values | {"ratio": "0.25"}
    assert seen(customers, rep, other["id"])["custom"] == left
    assert customers.call("find_customers", rep).body["items"][0]["custom"] == left
    for hidden in ("secret", "number", "mail", "ratio"):
        tree = orjson.dumps({"field": f"custom.{hidden}", "op": "is_null", "value": True}).decode()
        assert customers.call("find_customers", rep, filter=tree).status == 422, hidden
    assert refusal(customers, rep, secret="x") == (422, "invalid", ["/custom/secret"])
    assert refusal(customers, rep, colour="x")[:2] == (403, "field-read-only")
    known = customers.call("find_custom_fields", rep).body["items"]
    assert {one["key"] for one in known} == {"number", "colour", "mail", "cash"}
    started = customers.call("export_customers", rep, columns=["name", "custom.number", "custom.cash"])
    customers.run_jobs()
    with customers.blobs.open(job(customers, rep, started.body["job_id"])["result"]["file"]) as file:
        rows = list(csv.reader(StringIO(file.read().decode("utf-8-sig"))))
    assert rows == [["name", "custom.number", "custom.cash"], ["Other", "12***", "1"]]
    assert customers.call("export_customers", rep, columns=["custom.secret"]).status == 422


def test_the_description_names_each_field_and_has_a_new_fingerprint(customers, admin):
    described = Described(CustomersService, customers.runtime.custom_fields)
    before = described.now()
    defined(customers, admin, "rank", "choice", options=CHOICES)
    after = described.now()
    assert before["fingerprint"] != after["fingerprint"]
    schemas = after["openapi"]["components"]["schemas"]
    for name in ("CustomerView", "NewCustomer", "CustomerChange"):
        assert schemas[name]["properties"]["custom"]["properties"]["rank"]["anyOf"][0]["enum"] == ["a", "b"]
    tests = [one for one in schemas["CustomerFilter"]["anyOf"] if "field" in one["properties"]]
    assert any(one["properties"]["field"]["enum"] == ["custom.rank"] for one in tests)


def test_definitions_make_sense(customers, admin):
    def answer(**more):
        said = {"key": "x", "label": "X", "kind": "text"} | more
        return customers.call("add_custom_field", admin, **said).body.get("type", "done")

    assert answer(kind="choice") == "unusable-custom-field"
    assert answer(options={"currency": "EUR"}) == "unusable-custom-field"
    assert answer(kind="boolean", is_unique=True) == "unusable-custom-field"
    assert answer(kind="number", private=True) == "unusable-custom-field"
    assert answer(kind="reference", options={"target": "planets"}) == "unusable-custom-field"
    assert [answer(), answer()] == ["done", "custom-key-taken"]
    rep = customers.person("Rep", LEAD)
    assert customers.call("add_custom_field", rep, key="y", label="Y", kind="text").status == 403
