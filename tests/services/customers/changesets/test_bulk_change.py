"""Changing many customers by filter, and taking it back."""

import csv
from io import StringIO

import pytest

from services.customers.bulk_changes import run as changing
from tests.services.customers.factories import LEAD, REP, created, etag, job, pooled, seen, undone

CITY = {"field": "city", "op": "eq", "value": "Bonn"}
BULK = {"customers:bulk_change": "own"}


@pytest.fixture
def lead(customers):
    return customers.person("Lead", LEAD | BULK, teams=[customers.team("East")])


@pytest.fixture
def rep(customers, lead):
    return customers.person("Rep", REP | BULK, teams=list(lead.caller.teams))


def changed(customers, who, *, preview=False, **order):
    operation = "preview_bulk_change" if preview else "bulk_change"
    answer = customers.call(operation, who if preview else customers.stepped_up(who), **order)
    assert answer.status == 202, answer.body
    customers.run_jobs()
    return job(customers, who, answer.body["job_id"])


def counts(finished):
    assert finished["state"] == "done", finished
    return tuple(finished["result"][name] for name in ("updated", "skipped", "failed"))


def lines(customers, who, finished):
    answer = customers.call("get_job_file", who, job_id=finished["id"])
    with customers.blobs.open(answer.body["file"]) as file:
        return [(row["status"], row["code"]) for row in csv.DictReader(StringIO(file.read().decode("utf-8-sig")))]


def content(customers):
    tables = ("customers", "ownerships", "outbox", "customer_keys", "change_sets", "import_rows")
    return [customers.scalar(f"SELECT coalesce(json_agg(t ORDER BY t::text), '[]')::text FROM {t} t") for t in tables]


def test_fields_and_tags_change_in_all_customers_that_the_filter_finds(customers, rep, monkeypatch):
    monkeypatch.setattr(changing, "CHUNK", 2)
    there = [created(customers, rep, name=f"C{n}", city="Bonn", tags=["old", f"t{n}"]) for n in range(5)]
    other = created(customers, rep, name="Other", city="Köln", tags=["old"])
    order = {"filter": CITY, "set": {"city": "Mainz"}, "add_tags": ["new"], "remove_tags": ["old"]}
    before = content(customers)
    rehearsed = changed(customers, rep, preview=True, **order)
    assert content(customers) == before
    assert counts(rehearsed) == (5, 0, 0)
    assert [one["name"] for one in rehearsed["result"]["first"]] == ["C0", "C1", "C2", "C3", "C4"]
    finished = changed(customers, rep, **order)
    assert counts(finished) == (5, 0, 0)
    assert lines(customers, rep, finished) == [("updated", "")] * 5
    views = [seen(customers, rep, one["id"]) for one in there]
    assert [(one["city"], one["tags"], one["version"]) for one in views] == [
        ("Mainz", [f"t{n}", "new"], 2) for n in range(5)
    ]
    assert seen(customers, rep, other["id"])["tags"] == ["old"]
    assert [event["type"] for event in customers.events()].count("CustomerChanged") == 5


def test_a_bulk_change_is_undone_but_for_what_was_changed_since(customers, rep):
    there = [created(customers, rep, name=f"C{n}", city="Bonn", phone=f"+49 40 11111{n}") for n in range(3)]
    finished = changed(customers, rep, filter=CITY, set={"city": "Mainz", "phone": None}, add_tags=["new"])
    again = seen(customers, rep, there[1]["id"])
    changes = {"customer_id": again["id"], "if_match": etag(again), "name": "Mine now"}
    assert customers.call("change_customer", rep, **changes).status == 200
    undo = undone(customers, rep, finished["id"])
    assert {name: undo["result"][name] for name in ("restored", "kept")} == {"restored": 2, "kept": 1}
    views = [seen(customers, rep, one["id"]) for one in there]
    assert [(one["city"], one["phone"], one["tags"]) for one in views] == [
        ("Bonn", "+4940111110", []),
        ("Mainz", None, ["new"]),
        ("Bonn", "+4940111112", []),
    ]
    assert customers.scalar("SELECT count(*) FROM customer_keys") == 2


def test_each_customer_changes_as_a_whole_or_says_why_not(customers, lead, rep):
    mine = created(customers, lead, name="Mine", city="Bonn")
    theirs = created(customers, rep, name="Theirs", city="Bonn")
    taken = created(customers, rep, name="Taken", phone="+49 40 123456")
    order = {"filter": CITY, "set": {"country": "Germany"}}
    assert lines(customers, rep, changed(customers, rep, **order)) == [("updated", "")]
    assert counts(changed(customers, rep, **order)) == (0, 1, 0)
    watcher = customers.person("Watcher", LEAD | BULK | {"customers:change": "own"}, teams=list(rep.caller.teams))
    finished = changed(customers, watcher, **order | {"language": "zh"})
    assert lines(customers, watcher, finished) == [("failed", "may-not-change")] * 2
    assert finished["result"]["codes"] == {"may-not-change": 2}
    assert {one["message"] for one in finished["result"]["first"]} == {"您无权修改该客户"}
    both = changed(customers, lead, ids=[mine["id"], theirs["id"]], set={"phone": "+49 40 123456", "city": "Mainz"})
    assert lines(customers, lead, both) == [("failed", "customer-exists")] * 2
    assert seen(customers, lead, mine["id"])["city"] == "Bonn"
    assert seen(customers, rep, taken["id"])["phone"] == "+4940123456"


def test_customers_go_to_another_owner_or_into_a_pool_and_back(customers, lead, rep):
    there = [created(customers, rep, name=f"C{n}", city="Bonn") for n in range(2)]
    waiting = pooled(customers, rep, name="Waiting", city="Bonn")
    given = changed(customers, lead, filter=CITY, owner_id=str(lead.id), reason="Holidays")
    assert counts(given) == (3, 0, 0)
    assert {seen(customers, lead, one["id"])["owner_id"] for one in [*there, waiting]} == {str(lead.id)}
    assert undone(customers, lead, given["id"])["result"]["restored"] == 3
    assert {seen(customers, lead, one["id"])["owner_id"] for one in there} == {str(rep.id)}
    assert seen(customers, lead, waiting["id"])["in_pool"]
    history = customers.call("customer_owners", lead, customer_id=there[0]["id"]).body["items"]
    assert [one["reason"] for one in history] == ["Undo", "Holidays", None]
    released = changed(customers, rep, filter=CITY, to_pool=True)
    assert counts(released) == (2, 1, 0)
    assert seen(customers, lead, there[0]["id"])["in_pool"]


def test_an_order_that_makes_no_sense_is_refused(customers, rep):
    strong = customers.stepped_up(rep)
    for wrong in (
        {"set": {"city": "Bonn"}},
        {"filter": CITY},
        {"filter": {"field": "salary", "op": "eq", "value": 1}, "set": {"city": "Bonn"}},
        {"filter": CITY, "set": {"owner_id": str(rep.id)}},
        {"filter": CITY, "owner_id": str(rep.id), "to_pool": True},
    ):
        assert customers.call("bulk_change", strong, **wrong).status == 422, wrong
    assert customers.call("bulk_change", rep, filter=CITY, set={"city": "Bonn"}).status == 403
