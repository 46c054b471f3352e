"""What a pool hides until somebody has claimed the customer, and how many of them each may open in a day."""

import csv
from io import StringIO

import pytest

from chassis.testing.tested import together
from services.customers import commands, models, pool_viewing
from tests.services.customers.factories import created, names, pooled
from tests.services.customers.pools.factories import CHIEF, SELLER, Clock, changed, claim, most, pool, refusal, release

SECRETS = {"phone": "+4940123456", "email": "boss@example.com", "revenue": "12.5", "description": "Makes pumps."}
HIDDEN = ["phone", "email", "revenue", "description"]
READER = SELLER | {"customers:read": "all", "customers:export": "all", "customers:change": "all"}


@pytest.fixture
def chief(customers):
    return customers.person("Chief", CHIEF)


@pytest.fixture
def rep(customers):
    return customers.person("Rep", SELLER)


@pytest.fixture
def north(customers, chief):
    return pool(customers, chief, hidden_fields=HIDDEN)


@pytest.fixture
def hidden(customers, chief, north):
    customer = pooled(customers, chief, pool_id=north["id"], sector="software", **SECRETS)
    contact = customers.call(
        "add_contact", chief, customer_id=customer["id"], name="Li", phone="+4940999999", email="li@example.com"
    )
    return customer | {"contact": contact.body["id"]}


def told(record):
    return {name: record[name] for name in (*HIDDEN, "contacts") if name in record}


def is_clean(text):
    return not any(secret in str(text) for secret in (*SECRETS.values(), "+4940999999", "li@example.com", "withheld"))


def test_search_does_not_find_by_what_is_hidden(customers, chief, rep, hidden):
    def found(who, q):
        return [hit["customer"]["id"] for hit in customers.call("search", who, q=q).body["items"]]

    asked = (SECRETS["phone"], "3456", SECRETS["email"], "+4940999999", "li@example.com")
    assert [found(rep, q) for q in asked] == [[]] * len(asked)
    assert [found(chief, q) for q in asked] == [[hidden["id"]]] * len(asked)
    assert found(rep, hidden["name"]) == [hidden["id"]]
    assert claim(customers, rep, hidden).status == 200
    assert [found(rep, q) for q in asked] == [[hidden["id"]]] * len(asked)


def test_nothing_of_it_is_told_in_any_answer_until_it_is_claimed(customers, chief, rep, hidden):
    reader = customers.person("Reader", READER)
    for who in (rep, reader):
        whole = customers.call("get_customer", who, customer_id=hidden["id"]).body
        assert is_clean(whole), whole
        assert ("revenue" in whole, whole["sector"]) == (False, "software")
        assert whole["contacts"][0]["phone"] != "+4940999999"
        for operation in ("find_customers", "find_pool_customers"):
            page = customers.call(operation, who).body
            assert len(page["items"]) == 1
            assert is_clean(page), page
        assert is_clean(customers.call("get_contact", who, contact_id=hidden["contact"]).body)
    edited = customers.call("change_customer", reader, customer_id=hidden["id"], if_match='"2"', city="Kiel").body
    assert is_clean(edited), edited
    mine = claim(customers, rep, hidden).body
    assert {name: mine[name] for name in SECRETS} == SECRETS
    assert customers.call("get_contact", rep, contact_id=hidden["contact"]).body["phone"] == "+4940999999"
    assert is_clean(release(customers, rep, hidden).body)


def test_the_administrator_of_the_pool_and_of_the_suite_see_it(customers, chief, rep, north, hidden):
    keeper = customers.person("Keeper", SELLER)
    changed(customers, chief, north, administrators=[str(keeper.id)])
    for who in (chief, keeper):
        whole = customers.call("get_customer", who, customer_id=hidden["id"]).body
        assert {name: whole[name] for name in SECRETS} == SECRETS
        (item,) = customers.call("find_pool_customers", who, phone=SECRETS["phone"]).body["items"]
        assert item["phone"] == SECRETS["phone"]
        assert "withheld" not in item


@pytest.mark.parametrize(
    "search",
    [
        {"phone": "+4940123456"},
        {"phone_tail": "3456"},
        {"phone_tail": "9999"},
        {"email": "boss@example.com"},
        {"filter": '{"field": "revenue", "op": "gt", "value": 10}'},
        {"filter": '{"not": {"field": "revenue", "op": "gt", "value": 99}}'},
        {
            "filter": '{"or": [{"field": "revenue", "op": "gt", "value": 10}, '
            '{"field": "sector", "op": "eq", "value": "software"}]}'
        },
        {"q": "exam", "filter": '{"field": "revenue", "op": "gt", "value": 10}'},
    ],
)
def test_nobody_finds_it_by_what_is_hidden(customers, chief, rep, hidden, search):
    mine = created(customers, rep, name="Mine, an example", phone="+4940123457")
    assert mine["phone"] == "+4940123457"
    assert names(customers.call("find_customers", rep, **search)) == []
    assert names(customers.call("find_pool_customers", rep, **search)) == []
    by_sector = {"filter": '{"field": "sector", "op": "eq", "value": "software"}'}
    assert names(customers.call("find_customers", rep, **by_sector)) == ["Example Trading"]
    assert claim(customers, rep, hidden).status == 200
    assert "Example Trading" in names(customers.call("find_customers", rep, **search))


def test_an_export_has_it_no_more_than_a_list(customers, chief, rep, hidden):
    reader = customers.stepped_up(customers.person("Reader", READER))
    created(customers, rep, name="Owned", phone="+4940777777")
    job_id = customers.call("export_customers", reader, columns=["name", "phone", "revenue"]).body["job_id"]
    customers.run_jobs()
    file = customers.call("get_job_file", reader, job_id=job_id).body["file"]
    with customers.blobs.open(file) as content:
        text = content.read().decode("utf-8-sig")
    rows = {row["name"]: row for row in csv.DictReader(StringIO(text))}
    assert is_clean(text), text
    assert rows["Owned"]["phone"].lstrip("'") == "+4940777777"
    assert rows["Example Trading"]["revenue"] == ""


def test_a_day_has_a_number_of_customers_that_each_may_open(customers, chief, rep, monkeypatch):
    clock = Clock(monkeypatch, pool_viewing, models, commands)
    (role,) = rep.caller.roles
    limits = [most("views_per_day", 2, str(role)), most("views_per_day", 0)]
    north = pool(customers, chief, limits=limits, time_zone="Asia/Shanghai")
    waiting = [pooled(customers, chief, pool_id=north["id"]) for _ in range(3)]

    def opened(index, who=rep):
        return customers.call("get_customer", who, customer_id=waiting[index]["id"])

    assert [opened(index).status for index in (0, 1, 0, 1)] == [200] * 4
    refused = opened(2)
    assert (refused.status, refusal(refused)) == (
        429,
        ("view-quota-reached", "views_per_day", "2026-03-10T16:00:00Z"),
    )
    assert refused.retry_after == 4 * 3600 + 1
    assert refusal(opened(0, customers.person("Other", SELLER)))[1] == "views_per_day"
    assert opened(0).status == 200, "what is open today stays open"
    clock.pass_by(hours=4)
    assert opened(2).status == 200
    assert claim(customers, rep, waiting[0]).status == 200
    assert [opened(0).status for _ in range(3)] == [200] * 3


def test_of_many_parallel_looks_only_those_of_the_quota_succeed(customers, chief, rep):
    north = pool(customers, chief, limits=[most("views_per_day", 4)])
    waiting = [pooled(customers, chief, pool_id=north["id"]) for _ in range(12)]
    answers = together(
        24, lambda index: customers.call("get_customer", rep, customer_id=waiting[index % 12]["id"]).status
    )
    assert customers.scalar("SELECT array_agg(seq ORDER BY seq) FROM pool_views") == [1, 2, 3, 4]
    assert answers.count(200) == 8


def field(customers, who, key, kind="text", **more):
    answer = customers.call("add_custom_field", who, key=key, label=key, kind=kind, **more)
    assert answer.status == 201, answer.body


HIDING = [(["custom.budget"], {"colour": "blue"}), (["custom"], {}), (["revenue"], {"budget": "7", "colour": "blue"})]


@pytest.mark.parametrize(("hides", "left"), HIDING)
def test_fields_that_the_house_has_added_are_hidden_one_by_one_or_all(customers, chief, rep, hides, left):
    for key, kind in (("colour", "text"), ("budget", "number")):
        field(customers, chief, key, kind)
    field(customers, chief, "share", "formula", options={"expression": "budget / revenue"})
    north = pool(customers, chief, hidden_fields=hides)
    record = pooled(customers, chief, pool_id=north["id"], revenue="2", custom={"budget": 7, "colour": "blue"})
    reader = customers.stepped_up(customers.person("Reader", READER))
    for who in (rep, reader):
        assert customers.call("get_customer", who, customer_id=record["id"]).body.get("custom", {}) == left
        assert customers.call("find_customers", who).body["items"][0].get("custom", {}) == left
    columns = ["custom.budget", "custom.colour", "custom.share"]
    job_id = customers.call("export_customers", reader, columns=columns).body["job_id"]
    customers.run_jobs()
    file = customers.call("get_job_file", reader, job_id=job_id).body["file"]
    with customers.blobs.open(file) as content:
        (row,) = csv.DictReader(StringIO(content.read().decode("utf-8-sig")))
    assert row == {name: left.get(name.removeprefix("custom."), "") for name in columns}
    by_budget = {"filter": '{"not": {"field": "custom.budget", "op": "gt", "value": 99}}'}
    assert len(names(customers.call("find_customers", rep, **by_budget))) == ("budget" in left)
    assert len(names(customers.call("find_customers", chief, **by_budget))) == 1
    assert claim(customers, rep, record).body["custom"] == {"budget": "7", "colour": "blue", "share": "3.5"}


def test_what_is_no_field_cannot_be_hidden(customers, chief):
    for name in ("name", "marks", "custom.", "custom.Budget", "unknown"):
        answer = customers.call("create_pool", chief, name="North", hidden_fields=[name])
        assert (answer.status, answer.body["type"]) == (422, "invalid"), name
