"""Whose imported customers are."""

from uuid import uuid4

import pytest

from services.customers.imports import run as importing
from tests.services.customers.factories import ADMIN, LEAD, REP, imported, names, result_rows, undone, upload
from tests.services.customers.pools.factories import most, pool


@pytest.fixture
def east(customers):
    return customers.team("East")


@pytest.fixture
def rep(customers, east):
    return customers.person("Rep", REP, teams=[east])


@pytest.fixture
def lead(customers, east):
    return customers.person("Lead", LEAD, teams=[east])


ROWS = [{"name": name} for name in ("One", "Two", "Three")]


def order(customers, who, **more):
    return customers.call("import_customers", who, file=upload(customers, who, ROWS), **more)


def test_whoever_may_assign_names_the_owner(customers, rep, lead):
    finished = imported(customers, lead, ROWS, owner_id=str(rep.id))
    assert finished["result"]["created"] == 3
    mine = customers.call("find_customers", rep).body["items"]
    assert {(one["owner_id"], one["team_id"]) for one in mine} == {(str(rep.id), str(rep.caller.main_team))}
    (line,) = customers.call("customer_owners", rep, customer_id=mine[0]["id"]).body["items"]
    assert (line["to_id"], line["by_id"], line["how"]) == (str(rep.id), str(lead.id), "import")
    assert undone(customers, lead, finished["id"])["result"]["removed"] == 3


def test_others_may_name_nobody_but_themselves(customers, rep, lead):
    assert order(customers, rep, owner_id=str(lead.id)).status == 403
    assert order(customers, rep, owner_id=str(rep.id)).status == 202


def test_an_owner_is_an_active_person_and_no_pool(customers, rep, lead):
    unknown = order(customers, lead, owner_id=str(uuid4()))
    assert (unknown.status, unknown.body["type"]) == (409, "unknown-owner")
    both = order(customers, lead, owner_id=str(rep.id), into_pool=True)
    assert (both.status, both.body["errors"][0]["pointer"]) == (422, "/owner_id")


def test_somebody_gets_as_many_as_he_has_room_for(customers, rep, lead, monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 2)
    admin = customers.person("Admin", ADMIN)
    pool(customers, admin, everybody=True, priority=1, limits=[most("capacity", 2)])
    for dry_run in (True, False):
        finished = imported(customers, lead, ROWS, owner_id=str(rep.id), dry_run=dry_run, language="zh")
        assert [row["code"] for row in result_rows(customers, lead, finished)] == ["", "", "capacity-reached"]
    assert sorted(names(customers.call("find_customers", rep))) == ["One", "Two"]
