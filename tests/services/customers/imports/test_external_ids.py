"""Customers as other systems call them: by hand, in imports, in searches, and after merges."""

import pytest

from chassis.testing.tested import together
from services.customers.imports import run as importing
from services.customers.imports.outside import Outside
from tests.services.customers.factories import ADMIN, REP, created, imported, result_rows, seen, undone

ORDER = {"source_system": "Shop", "match_on": ["external_id"], "on_match": "update"}


@pytest.fixture
def rep(customers):
    return customers.person("Rep", REP, teams=[customers.team("East")])


def noted(customers, who, customer, external_id, system="shop"):
    fields = {"source_system": system, "external_id": external_id}
    return customers.call("add_external_id", who, customer_id=customer["id"], **fields)


def called(customers, who, customer_id):
    return [(one["source_system"], one["external_id"]) for one in seen(customers, who, customer_id)["external_ids"]]


def outcomes(customers, rep, finished):
    return [(row["status"], row["code"]) for row in result_rows(customers, rep, finished)]


def by_name(customers, who):
    return {one["name"]: one["id"] for one in customers.call("find_customers", who, limit=200).body["items"]}


def test_an_id_of_a_system_belongs_to_one_customer(customers, rep):
    one, other = created(customers, rep, name="One"), created(customers, rep, name="Other")
    answer = noted(customers, rep, one, "4711", "SHOP")
    assert (answer.status, answer.body["source_system"]) == (201, "shop")
    refused = noted(customers, rep, other, "4711")
    assert (refused.status, refused.body["type"]) == (409, "external-id-taken")
    assert noted(customers, rep, other, "4711", "erp").status == 201
    assert noted(customers, rep, one, "4712").status == 201
    assert called(customers, rep, one["id"]) == [("shop", "4711"), ("shop", "4712")]
    assert customers.call("remove_external_id", rep, link_id=answer.body["id"]).status == 204
    assert noted(customers, rep, other, "4711").status == 201
    statuses = together(8, lambda _: noted(customers, rep, one, "new").status)
    assert sorted(statuses) == [201] + [409] * 7


def test_a_customer_is_found_by_it_if_it_is_in_sight(customers, rep):
    one, other = created(customers, rep, name="One"), created(customers, rep, name="Other")
    noted(customers, rep, one, "K-4711")
    noted(customers, rep, other, "K-4711", "erp")
    stranger = customers.person("Stranger", REP)

    def found(who, **wanted):
        items = customers.call("find_external_ids", who, external_id="K-4711", **wanted).body["items"]
        return {item["customer_id"] for item in items}

    assert found(rep) == {one["id"], other["id"]}
    assert found(rep, source_system="ERP") == {other["id"]}
    assert found(stranger) == set()
    hits = customers.call("search", rep, q="K-4711").body["items"]
    assert {(hit["customer"]["id"], hit["found_by"]) for hit in hits} == {
        (one["id"], "external_id"),
        (other["id"], "external_id"),
    }
    assert customers.call("search", stranger, q="K-4711").body["items"] == []


def test_a_file_of_another_system_finds_its_customers_again(customers, rep, monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 2)
    rows = [
        {"external_id": "1", "name": "One", "city": "Bonn"},
        {"external_id": "2", "name": "Two", "city": "Bonn"},
        {"external_id": "", "name": "None", "city": "Bonn"},
        {"external_id": "1", "name": "One again", "city": "Bonn"},
    ]
    rehearsed = imported(customers, rep, rows, dry_run=True, **ORDER)
    assert customers.scalar("SELECT count(*) FROM external_ids") == 0
    finished = imported(customers, rep, rows, **ORDER)
    expected = [*[("created", "")] * 3, ("skipped", "duplicate-in-file")]
    assert outcomes(customers, rep, rehearsed) == outcomes(customers, rep, finished) == expected
    ids = by_name(customers, rep)
    assert [called(customers, rep, ids[name]) for name in ("One", "Two", "None")] == [
        [("shop", "1")],
        [("shop", "2")],
        [],
    ]
    renamed = [{"external_id": "2", "name": "Two Ltd", "city": "Köln"}, {"external_id": "1", "name": "One", "city": ""}]
    again = imported(customers, rep, renamed, **ORDER)
    assert outcomes(customers, rep, again) == [("updated", ""), ("skipped", "unchanged")]
    assert by_name(customers, rep)["Two Ltd"] == ids["Two"]
    other_system = imported(customers, rep, renamed, **ORDER | {"source_system": "erp"})
    assert other_system["result"]["created"] == 2


def test_customers_that_are_matched_otherwise_get_the_id_and_an_undo_takes_it_again(customers, rep, monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 2)
    old, taken = created(customers, rep, name="Old"), created(customers, rep, name="Taken")
    noted(customers, rep, taken, "9")
    rows = [
        {"name": "Old", "external_id": "1"},
        {"name": "New", "external_id": "9"},
        {"name": "Taken", "external_id": "1"},
        {"name": "Fresh", "external_id": "2"},
        {"name": "Fresher", "external_id": "2"},
    ]
    order = {"source_system": "shop", "on_match": "update"}
    refused = ("failed", "external-id-taken")
    expected = [("updated", ""), refused, refused, ("created", ""), refused]
    assert outcomes(customers, rep, imported(customers, rep, rows, dry_run=True, **order))[:2] == expected[:2]
    finished = imported(customers, rep, rows, **order)
    assert outcomes(customers, rep, finished) == expected
    assert called(customers, rep, old["id"]) == [("shop", "1")]
    assert called(customers, rep, taken["id"]) == [("shop", "9")]
    undo = undone(customers, rep, finished["id"])
    assert (undo["result"]["restored"], undo["result"]["removed"]) == (1, 1)
    assert customers.scalar("SELECT string_agg(external_id, ',') FROM external_ids") == "9"


def test_somebody_who_is_quicker_has_the_id(customers, rep, monkeypatch):
    created(customers, rep, name="Old")
    noted(customers, rep, created(customers, rep, name="Quicker"), "1")
    monkeypatch.setattr(Outside, "look", lambda *_: None)  # as if it had happened since
    rows = [
        {"name": "Late", "external_id": "1", "phone": "+4940111111"},
        {"name": "Old", "external_id": "1", "phone": ""},
    ]
    finished = imported(customers, rep, rows, source_system="shop", on_match="update")
    assert outcomes(customers, rep, finished) == [("failed", "external-id-taken")] * 2
    assert customers.scalar("SELECT count(*) FROM customer_keys") == 0


def test_without_a_system_there_are_no_external_ids(customers, rep):
    for order in ({"mapping": {"name": "n", "external_id": "e"}}, {"match_on": ["external_id"]}):
        answer = customers.call("import_customers", rep, file="uploads/x", **order)
        assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, "/source_system")
    assert imported(customers, rep, [{"name": "One", "external_id": "1"}])["result"]["created"] == 1
    assert customers.scalar("SELECT count(*) FROM external_ids") == 0


def test_a_merge_takes_the_ids_along(customers, rep):
    admin = customers.stepped_up(customers.person("Admin", ADMIN))
    one, other = created(customers, admin, name="One"), created(customers, admin, name="Other")
    noted(customers, admin, one, "1")
    noted(customers, admin, other, "2")
    answer = customers.call("merge_customers", admin, customer_id=one["id"], losers=[other["id"]])
    assert answer.status in (200, 201, 202), answer.body
    assert called(customers, admin, one["id"]) == [("shop", "1"), ("shop", "2")]
