"""Finding customers that may be one: all of them, those that change, and what people decide."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from services.customers.duplicates import finding
from services.customers.service import CustomersService
from tests.services.customers.factories import ADMIN, REP, created, enforcing, etag, imported


@pytest.fixture
def customers(tested):
    service = tested(CustomersService)
    enforcing(service)
    return service


@pytest.fixture
def admin(customers):
    return customers.stepped_up(customers.person("Admin", ADMIN))


def found(customers, who, **search):
    answer = customers.call("list_duplicates", who, **search)
    assert answer.status == 200, answer.body
    return answer.body["items"]


def pairs(customers, who, **search):
    return {frozenset((one["one_name"], one["other_name"])) for one in found(customers, who, **search)}


def scanned(customers, who):
    answer = customers.call("start_finding", who)
    assert answer.status == 202, answer.body
    customers.run_jobs()
    return customers.call("get_job", who, job_id=answer.body["job_id"]).body


def later(customers, monkeypatch):
    """Let everything that has changed be old enough, and compare it."""
    monkeypatch.setattr(finding, "LAG", timedelta(seconds=-1))
    with customers.database.transaction() as session:
        session.execute(text("UPDATE timers SET due_at = now() WHERE kind = 'find_changed_duplicates'"))
    customers.fire_timers()


def test_those_that_are_alike_are_found_the_likeliest_first(customers, admin, monkeypatch):
    created(customers, admin, name="上海明达科技有限公司", phone="+8613800000005", email="info@mingda.example.cn")
    created(customers, admin, name="明达科技（上海）股份有限公司", phone="+8613800000005")
    created(customers, admin, name="上海铭答科技", email="info@mingda.example.cn")
    created(customers, admin, name="北京远大贸易有限公司", phone="+8613800000006")
    finished = scanned(customers, admin)
    assert (finished["state"], finished["result"]) == ("done", {"compared": 4, "found": 3}), finished
    items = found(customers, admin)
    assert [one["likeness"] for one in items] == sorted((one["likeness"] for one in items), reverse=True)
    assert items[0]["reasons"].keys() == {"name", "phone"}
    assert not any("远大" in name for pair in pairs(customers, admin) for name in pair)
    assert scanned(customers, admin)["result"]["found"] == 3
    assert len(found(customers, admin)) == 3


def test_what_was_told_apart_is_never_proposed_again(customers, admin):
    for name in ("Example Trading Ltd", "Example Trading Inc"):
        created(customers, admin, name=name, phone="+8613800000005")
    scanned(customers, admin)
    (pair,) = found(customers, admin)
    decided = customers.call("tell_apart", admin, pair_id=pair["id"])
    assert (decided.status, decided.body["state"]) == (200, "distinct")
    assert customers.call("tell_apart", admin, pair_id=pair["id"]).body["type"] == "already-decided"
    scanned(customers, admin)
    assert found(customers, admin) == []
    assert len(found(customers, admin, state="distinct")) == 1


def test_changes_and_imports_feed_the_queue_once_all_were_looked_through(customers, admin, monkeypatch):
    one = created(customers, admin, name="Example Trading Ltd", phone="+8613800000005")
    scanned(customers, admin)
    other = created(customers, admin, name="Somebody Else", phone="+8613800000006")
    imported(customers, admin, [{"name": "Example Trading", "phone": "+86 138 0000 0005"}])
    later(customers, monkeypatch)
    assert pairs(customers, admin) == {frozenset(("Example Trading Ltd", "Example Trading"))}
    change = {"name": "Example Trading GmbH", "phone": "+8613800000005", "if_match": etag(other)}
    assert customers.call("change_customer", admin, customer_id=other["id"], **change).status == 200
    later(customers, monkeypatch)
    assert len(found(customers, admin)) == 3
    gone = {"name": "Another", "phone": None, "if_match": etag(one)}
    assert customers.call("change_customer", admin, customer_id=one["id"], **gone).status == 200
    later(customers, monkeypatch)
    assert pairs(customers, admin) == {frozenset(("Example Trading GmbH", "Example Trading"))}


def test_merging_takes_a_pair_off_the_queue_and_taking_it_back_puts_it_there_again(customers, admin):
    for name in ("Example Trading Ltd", "Example Trading Inc"):
        created(customers, admin, name=name, phone="+8613800000005")
    scanned(customers, admin)
    (pair,) = found(customers, admin)
    order = {"customer_id": pair["one_id"], "losers": [pair["other_id"]]}
    merge = customers.call("merge_customers", admin, **order)
    assert merge.status == 202, merge.body
    assert found(customers, admin) == []
    assert customers.call("unmerge_customers", admin, merge_id=merge.body["id"]).status == 202
    assert [one["id"] for one in found(customers, admin)] == [pair["id"]]


def test_a_pair_is_seen_by_who_sees_both_and_told_without_what_is_hidden(customers, admin):
    rep = customers.person("Rep", REP | {"duplicates:read": "own", "duplicates:decide": "own"})
    created(customers, rep, name="Example Trading Ltd", phone="+8613800000005")
    created(customers, admin, name="Example Trading Inc", phone="+8613800000005")
    scanned(customers, admin)
    assert found(customers, rep) == []
    (pair,) = found(customers, admin)
    assert customers.call("tell_apart", rep, pair_id=pair["id"]).status == 404
    rules = {"customers": {"phone": "hidden"}}
    half = customers.person("Half", {"customers:read": "all", "duplicates:read": "all"}, field_rules=rules)
    assert [one["reasons"].keys() for one in found(customers, half)] == [{"name"}]
    assert customers.call("start_finding", rep).status == 403
