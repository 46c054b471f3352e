"""How many customers have each tag, of those that the caller sees, whatever is done to customers."""

import random

import pytest
from sqlalchemy import text

from chassis.clock import now
from chassis.timers import DueTimer
from services.customers.tags import counting
from tests.services.customers.factories import ADMIN, LEAD, REP, created, etag, imported, pooled, seen
from tests.services.customers.tags.factories import defined, used

READS = {"tags:read": "all"}


@pytest.fixture
def admin(customers):
    return customers.person("Admin", ADMIN)


def folded(customers):
    with customers.session() as session:
        counting.fold(session, DueTimer(counting.TIMER, "all", now(), {}))


def test_each_counts_the_customers_that_he_sees(customers, admin):
    east, west = customers.team("East"), customers.team("West")
    lead = customers.person("Lead", LEAD | READS, [east])
    rep = customers.person("Rep", REP | READS, [east])
    stranger = customers.person("Stranger", REP | READS, [west])
    outsider = customers.person("Outsider", {"customers:read": "own", "customers:share": "own", **READS}, [west])
    for who, tags in ((lead, ["a", "b"]), (rep, ["a"]), (stranger, ["c", "a"])):
        created(customers, who, tags=tags)
    pooled(customers, admin, tags=["p"])
    lent = created(customers, stranger, name="Lent", tags=["lent", "a"])
    terms = {"customer_id": lent["id"], "grantee_id": outsider.id}
    assert customers.call("share_customer", admin, **terms).status == 201
    customers.directory.refresh()
    expected = {
        admin: {"a": 4, "b": 1, "c": 1, "lent": 1, "p": 1},
        lead: {"a": 2, "b": 1, "p": 1},
        rep: {"a": 1, "p": 1},
        stranger: {"a": 2, "c": 1, "lent": 1, "p": 1},
        outsider: {"a": 1, "lent": 1},
    }
    for _ in range(2):
        assert {who: used(customers, who) for who in expected} == expected
        folded(customers)


def test_numbers_follow_whatever_is_done(customers, admin):
    rep = customers.person("Rep", REP | READS, [customers.team("East")])
    first = created(customers, rep, tags=["a", "b"])
    imported(customers, rep, [{"name": f"C{n}", "tags": "a"} for n in range(3)])
    assert used(customers, rep) == {"a": 4, "b": 1}
    customers.call("release_customer", rep, customer_id=first["id"])
    assert used(customers, rep) == {"a": 4, "b": 1}
    assert used(customers, customers.person("Other", {"customers:read": "own", **READS})) == {}
    customers.call("claim_customer", rep, customer_id=first["id"])
    record = seen(customers, rep, first["id"])
    customers.call("change_customer", rep, customer_id=first["id"], tags=["b", "c"], if_match=etag(record))
    assert used(customers, rep) == {"a": 3, "b": 1, "c": 1}


def test_the_sums_are_those_of_the_customers_after_any_changes(customers, admin):
    dice = random.Random(1)
    ids = [
        created(customers, admin, name=f"C{n}", tags=dice.sample("abcde", dice.randint(0, 4)))["id"] for n in range(12)
    ]
    for step in range(40):
        record = seen(customers, admin, dice.choice(ids))
        if dice.random() < 0.6:
            tags = dice.sample("abcdef", dice.randint(0, 5))
            customers.call("change_customer", admin, customer_id=record["id"], tags=tags, if_match=etag(record))
        else:
            operation = "claim_customer" if record["in_pool"] else "release_customer"
            assert customers.call(operation, admin, customer_id=record["id"]).status == 200
        if step % 10 == 9:
            folded(customers)
    with customers.session() as session:
        real = session.execute(text("SELECT unnest(tags), count(*) FROM customers GROUP BY 1"))
        assert used(customers, admin) == dict(real.all())
        rows = session.execute(text("SELECT count(*), count(DISTINCT (tag, owner_id, team_id, pool_id)) FROM tag_uses"))
        assert len(set(rows.one())) == 1


def test_lists_have_pages_in_either_order(customers, admin):
    for n, name in enumerate("abcdef"):
        for _ in range(n % 3 + 1):
            created(customers, admin, name=name, tags=[name])
    defined(customers, admin, "unused")
    for sort, names in (("name", "abcdef"), ("-customers", "fcebda")):
        found, cursor = [], None
        while True:
            page = customers.call("find_tags", admin, sort=sort, limit=2, **({"cursor": cursor} if cursor else {})).body
            found += [one["name"] for one in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert found == [*names, "unused"]
    assert list(used(customers, admin, controlled=True)) == ["unused"]
    assert list(used(customers, admin, q="US")) == ["unused"]


def test_what_a_pool_hides_is_not_counted(customers, admin):
    rep = customers.person("Rep", REP | READS)
    pooled(customers, admin, tags=["p"])
    (pool,) = customers.call("find_pools", admin).body["items"]
    hidden = customers.call("change_pool", admin, pool_id=pool["id"], hidden_fields=["tags"], if_match=etag(pool))
    assert hidden.status == 200
    assert (used(customers, rep), used(customers, admin)) == ({}, {"p": 1})


def test_whoever_may_not_read_tags_sees_the_dictionary_without_numbers(customers, admin):
    created(customers, admin, tags=["free"])
    defined(customers, admin, "known")
    for rule in ("hidden", {"own": "full", "others": "hidden"}):
        blind = customers.person("Blind", LEAD | READS, field_rules={"customers": {"tags": rule}})
        assert used(customers, blind, sort="-customers") == {"known": None}
    assert customers.call("find_tags", customers.person("Nobody", REP)).status == 403
