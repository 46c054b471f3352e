"""Taking back an import: afterwards everything is as it was, but for what somebody has changed since."""

import csv
from io import StringIO
from uuid import UUID

import orjson
import pytest

from services.customers.changesets import undoing
from services.customers.network.models import Relation
from tests.services.customers.factories import (
    LEAD,
    REP,
    created,
    etag,
    imported,
    result_rows,
    seen,
    started,
    undone,
)

TABLES = {
    "customers": ("version", "updated_at", "phone", "email", "address"),
    "contacts": ("version", "updated_at", "phone", "email"),
    "ownerships": (),
    "import_rows": (),
    "customer_keys": (),
}
"""What an import writes, without what tells when it was last touched, and without what is sealed anew."""

FILE = [
    {"name": "Old", "city": "Bonn", "phone": "+49 40 999999", "contact_email": "new@example.com", "parent_name": "Top"},
    {"name": "Top", "city": "Köln", "parent_name": ""},
    {"name": "Below", "parent_name": "Top", "contact_email": "below@example.com"},
    {"name": "Untold", "employees": "7"},
]


@pytest.fixture
def rep(customers):
    return customers.person("Rep", REP, teams=[customers.team("East")])


def everything(customers, rep):
    """The content of all tables, and what is sealed as the rep sees it."""
    found = {}
    for table, left_out in TABLES.items():
        text = customers.scalar(f"SELECT coalesce(json_agg(t ORDER BY t::text), '[]')::text FROM {table} t")
        rows = [{name: row[name] for name in row if name not in left_out} for row in orjson.loads(text)]
        found[table] = sorted(rows, key=str)
    for one in found["customers"]:
        view = seen(customers, rep, one["id"])
        found[one["id"]] = [view[name] for name in ("phone", "email", "address")] + [
            (contact["phone"], contact["email"]) for contact in view["contacts"]
        ]
    return found


def counts(finished):
    return {name: finished["result"][name] for name in ("removed", "restored", "kept")}


def undo_rows(customers, who, finished):
    answer = customers.call("get_job_file", who, job_id=finished["id"])
    with customers.blobs.open(answer.body["file"]) as file:
        return list(csv.DictReader(StringIO(file.read().decode("utf-8-sig"))))


def test_an_undone_import_leaves_everything_as_it_was(customers, rep):
    created(customers, rep, name="Old", city="Hamburg", phone="+49 40 123456", email="old@example.com", tags=["a"])
    created(customers, rep, name="Untold", employees=5, address="1 Harbour Street")
    before = everything(customers, rep)
    finished = imported(customers, rep, FILE, on_match="update")
    assert (finished["result"]["created"], finished["result"]["updated"]) == (2, 2)
    assert everything(customers, rep) != before
    undo = undone(customers, rep, finished["id"])
    assert counts(undo) == {"removed": 2, "restored": 2, "kept": 0}
    assert everything(customers, rep) == before
    told = [(event["type"], event["version"]) for event in customers.events()[-4:]]
    assert {kind for kind, _ in told} == {"CustomerChanged", "CustomerRemoved"}
    again = customers.call("undo_change_set", customers.stepped_up(rep), change_set_id=finished["id"])
    assert (again.status, again.body["type"]) == (409, "not-to-be-undone")
    assert imported(customers, rep, FILE, on_match="update")["result"]["created"] == 2


def test_what_was_changed_since_is_left_alone_and_listed(customers, rep, monkeypatch):
    monkeypatch.setattr(undoing, "CHUNK", 2)
    old = created(customers, rep, name="Old", city="Hamburg")
    finished = imported(customers, rep, FILE, on_match="update")
    by_name = {one["name"]: one for one in customers.call("find_customers", rep, limit=50).body["items"]}
    changes = {"Old": "Mainz", "Below": "Trier"}
    for name, city in changes.items():
        one = by_name[name]
        assert (
            customers.call("change_customer", rep, customer_id=one["id"], if_match=etag(one), city=city).status == 200
        )
    undo = undone(customers, rep, finished["id"], language="zh")
    assert counts(undo) == {"removed": 1, "restored": 0, "kept": 3}
    kept = {row["row"]: (row["status"], row["code"]) for row in undo_rows(customers, rep, undo)}
    assert kept == {
        "1": ("kept", "changed-since"),
        "2": ("kept", "in-use"),
        "3": ("kept", "changed-since"),
        "4": ("removed", ""),
    }
    assert "客户此后已被修改" in {row["message"] for row in undo_rows(customers, rep, undo)}
    assert seen(customers, rep, old["id"])["city"] == "Mainz"
    assert seen(customers, rep, by_name["Below"]["id"])["parent_id"] == by_name["Top"]["id"]


def test_what_a_relation_leads_to_stays(customers, rep):
    finished = imported(customers, rep, [{"name": "One"}, {"name": "Two"}, {"name": "Three"}])
    ids = {one["name"]: one["id"] for one in customers.call("find_customers", rep, limit=50).body["items"]}
    with customers.session(rep) as session:
        session.add(Relation(from_id=UUID(ids["One"]), to_id=UUID(ids["Two"]), kind="partner_of"))
    undo = undone(customers, rep, finished["id"])
    assert [(row["status"], row["code"]) for row in undo_rows(customers, rep, undo)] == [
        ("kept", "in-use"),
        ("kept", "in-use"),
        ("removed", ""),
    ]


def test_what_others_may_not_touch_any_more_stays(customers, rep):
    lead = customers.person("Lead", LEAD, teams=list(rep.caller.teams))
    created(customers, lead, name="Old", city="Hamburg")
    importer = customers.person("Importer", LEAD, teams=list(rep.caller.teams))
    finished = imported(customers, importer, FILE[:1], on_match="update")
    assert finished["result"]["updated"] == 1
    stranger = customers.person("Stranger", REP)
    assert customers.call("undo_change_set", customers.stepped_up(stranger), change_set_id=finished["id"]).status == 404
    assert customers.call("undo_change_set", importer, change_set_id=finished["id"]).status == 403


def test_a_cancelled_import_can_be_undone_as_far_as_it_came(customers, rep, monkeypatch):
    from services.customers.imports import run as importing

    monkeypatch.setattr(importing, "CHUNK", 1)
    monkeypatch.setattr(importing, "ahead", iter)
    job_id = started(customers, rep, [{"name": f"{number}"} for number in range(5)])
    read = importing.Reader.read

    def read_and_cancel(reader, row):
        if row.number == 3:
            assert customers.call("cancel_job", rep, job_id=job_id).status == 200
        return read(reader, row)

    monkeypatch.setattr(importing.Reader, "read", read_and_cancel)
    customers.run_jobs()
    assert customers.scalar("SELECT count(*) FROM customers") == 2
    (listed,) = customers.call("find_change_sets", rep).body["items"]
    assert (listed["state"], listed["created"]) == ("done", 2)
    assert counts(undone(customers, rep, job_id)) == {"removed": 2, "restored": 0, "kept": 0}
    assert customers.scalar("SELECT count(*) FROM customers") == 0
    assert customers.call("get_change_set", rep, change_set_id=job_id).body["state"] == "undone"


def test_a_dry_run_leaves_nothing_to_undo(customers, rep):
    finished = imported(customers, rep, FILE, dry_run=True)
    assert customers.call("find_change_sets", rep).body["items"] == []
    assert customers.call("undo_change_set", customers.stepped_up(rep), change_set_id=finished["id"]).status == 404
    assert customers.scalar("SELECT count(*) FROM import_rows") == 0


def test_images_are_sealed_and_dropped_after_a_month(customers, rep):
    created(customers, rep, name="Old", phone="+49 40 123456")
    finished = imported(customers, rep, FILE[:1], on_match="update")
    kept = customers.scalar("SELECT before::text FROM import_rows WHERE status = 'updated'")
    assert "123456" not in kept
    assert "sealed" in kept
    customers.scalar("UPDATE timers SET due_at = now() WHERE kind = 'drop_change_set' RETURNING 1")
    while customers.fire_timers():
        pass
    assert customers.scalar("SELECT count(*) FROM import_rows") == 0
    assert customers.call("get_change_set", rep, change_set_id=finished["id"]).status == 404


def test_result_rows_say_why_in_chinese(customers, rep):
    rows = [{"name": "Ok", "employees": "5"}, {"name": "", "employees": "5"}, {"name": "Bad", "employees": "many"}]
    finished = imported(customers, rep, rows, language="zh")
    assert [row["message"] for row in result_rows(customers, rep, finished)] == [
        "",
        "name: 缺少必填内容。",
        "employees: 不是有效的整数。",
    ]
