"""Renaming, merging and removing tags in all customers, and taking it back."""

import pytest
from sqlalchemy import text

from services.customers.bulk_changes import run as changing
from tests.services.customers.factories import ADMIN, REP, created, etag, result_rows, seen, undone
from tests.services.customers.tags.factories import defined, group, replaced, used

HOUSE = {"tags:read": "all", "tags:create": "all", "tags:change": "all", "customers:read": "all"}


@pytest.fixture
def admin(customers):
    return customers.person("Admin", ADMIN)


@pytest.fixture
def rep(customers):
    return customers.person("Rep", REP | {"tags:read": "all"})


def tags_of(customers, who, *records):
    return [seen(customers, who, one["id"])["tags"] for one in records]


def test_a_tag_is_renamed_in_customers_whoever_owns_them(customers, admin, rep, monkeypatch):
    monkeypatch.setattr(changing, "CHUNK", 2)
    keeper = customers.person("Keeper", HOUSE)
    colour = {"colour": "#112233", "description": "Ask first"}
    defined(customers, admin, "old", **colour)
    there = [created(customers, rep, name=f"C{n}", tags=["x", "old", f"t{n}"]) for n in range(5)]
    other = created(customers, admin, name="Other", tags=["older"])
    finished = replaced(customers, keeper, "rename_tag", tag="Old", into="New  Name")
    assert (finished["state"], finished["result"]["updated"], finished["done"], finished["total"]) == ("done", 5, 5, 5)
    assert tags_of(customers, rep, *there) == [["x", "new name", f"t{n}"] for n in range(5)]
    assert tags_of(customers, admin, other) == [["older"]]
    listed = customers.call("find_tags", admin, controlled=True).body["items"]
    assert [(one["name"], one["customers"], one["colour"], one["description"]) for one in listed] == [
        ("new name", 5, *colour.values())
    ]
    (told,) = [one["payload"] for one in customers.events() if one["type"] == "TagsReplaced"]
    assert told == {"tags": ["old"], "into": "new name"}


def test_whoever_writes_an_old_name_gives_the_present_one(customers, admin, rep):
    created(customers, rep, tags=["a"])
    replaced(customers, admin, "rename_tag", tag="a", into="b")
    replaced(customers, admin, "rename_tag", tag="b", into="c")
    assert created(customers, rep, name="New", tags=["a", "b", "x"])["tags"] == ["c", "x"]
    assert used(customers, admin) == {"c": 2, "x": 1}
    assert customers.call("add_tag", admin, name="a").body["type"] == "tag-exists"
    replaced(customers, admin, "rename_tag", tag="c", into="a")
    assert created(customers, rep, name="Newer", tags=["a", "b", "c"])["tags"] == ["a"]


def test_tags_are_merged_and_that_is_undone(customers, admin, rep):
    defined(customers, admin, "gold")
    one = created(customers, rep, tags=["gold", "silver", "x"])
    two = created(customers, rep, name="Two", tags=["bronze"])
    three = created(customers, rep, name="Three", tags=["silver"])
    finished = replaced(customers, admin, "merge_tags", tags=["gold", "silver", "bronze"], into="metal")
    assert tags_of(customers, rep, one, two, three) == [["metal", "x"], ["metal"], ["metal"]]
    assert used(customers, admin, controlled=True) == {"metal": 3}
    mine = seen(customers, rep, three["id"])
    customers.call("change_customer", rep, customer_id=three["id"], city="Bonn", if_match=etag(mine))
    undo = undone(customers, admin, finished["id"])
    assert (undo["result"]["restored"], undo["result"]["kept"]) == (2, 1)
    assert tags_of(customers, rep, one, two, three) == [["gold", "silver", "x"], ["bronze"], ["metal"]]
    assert used(customers, admin, controlled=True) == {"gold": 1, "metal": 1}
    assert created(customers, rep, name="New", tags=["silver"])["tags"] == ["silver"]


def test_tags_are_removed_and_closed(customers, admin, rep):
    defined(customers, admin, "vip")
    record = created(customers, rep, tags=["vip", "x"])
    finished = replaced(customers, admin, "remove_tags", tags=["vip"])
    assert tags_of(customers, rep, record) == [["x"]]
    assert customers.call("create_customer", rep, name="New", tags=["vip"]).body["type"] == "unknown-tag"
    undone(customers, admin, finished["id"])
    assert tags_of(customers, rep, record) == [["vip", "x"]]
    assert created(customers, rep, name="New", tags=["vip"])["tags"] == ["vip"]


def test_where_a_group_forbids_it_the_customer_stays_as_it_is(customers, admin, rep):
    warmth = group(customers, admin, "Warmth", exclusive=True)
    for name in ("hot", "cold"):
        defined(customers, admin, name, group_id=warmth)
    both = created(customers, rep, tags=["hot", "boiling"])
    one = created(customers, rep, name="One", tags=["boiling"])
    finished = replaced(customers, admin, "merge_tags", tags=["boiling"], into="cold")
    assert [row["code"] for row in result_rows(customers, admin, finished)] == ["one-of-a-group", ""]
    assert tags_of(customers, rep, both, one) == [["hot", "boiling"], ["cold"]]


def test_a_cancelled_renaming_stops_and_can_be_undone(customers, admin, rep, monkeypatch):
    monkeypatch.setattr(changing, "CHUNK", 1)
    there = [created(customers, rep, name=f"C{n}", tags=["old"]) for n in range(3)]
    order = customers.call("rename_tag", customers.stepped_up(admin), tag="old", into="new")
    kept = changing._BulkChange._save

    def cancelling(self, session, outcomes):
        kept(self, session, outcomes)
        if self._at["number"] == 2:
            session.execute(text("UPDATE jobs SET cancel_requested = true"))

    monkeypatch.setattr(changing._BulkChange, "_save", cancelling)
    customers.run_jobs()
    monkeypatch.undo()
    assert customers.call("get_job", admin, job_id=order.body["job_id"]).body["state"] == "cancelled"
    changed = [tags == ["new"] for tags in tags_of(customers, rep, *there)]
    assert changed == sorted(changed, reverse=True)
    undone(customers, admin, order.body["job_id"])
    assert tags_of(customers, rep, *there) == [["old"]] * 3


def test_filters_of_pools_find_a_tag_by_all_of_its_names(customers, admin, rep):
    record = created(customers, rep, tags=["old"])
    (pool,) = customers.call("find_pools", admin).body["items"]
    tree = {"and": [{"field": "tags", "op": "has", "value": "old"}, {"field": "city", "op": "eq", "value": "old"}]}
    changed = customers.call("change_pool", admin, pool_id=pool["id"], not_counted=tree, if_match=etag(pool))
    assert changed.status == 200
    replaced(customers, admin, "rename_tag", tag="old", into="new")
    (pool,) = customers.call("find_pools", admin).body["items"]
    assert pool["not_counted"]["and"] == [
        {"field": "tags", "op": "has_any", "value": ["old", "new"]},
        {"field": "city", "op": "eq", "value": "old"},
    ]
    assert tags_of(customers, rep, record) == [["new"]]


def test_refusals_change_nothing(customers, admin, rep):
    defined(customers, admin, "taken")
    created(customers, rep, tags=["free", "old"])
    fresh = customers.stepped_up(admin)
    assert customers.call("rename_tag", fresh, tag="old", into="taken").body["type"] == "tag-exists"
    assert customers.call("rename_tag", fresh, tag="old", into="free").body["type"] == "tag-exists"
    assert customers.call("merge_tags", fresh, tags=["old"], into="old").body["type"] == "unknown-tag"
    assert customers.call("rename_tag", admin, tag="old", into="new").body["type"] == "step-up-required"
    for permissions in (REP, REP | {"tags:change": "team"}):
        person = customers.stepped_up(customers.person("Person", permissions))
        assert customers.call("rename_tag", person, tag="old", into="new").status == 403
    reader = customers.stepped_up(customers.person("R", HOUSE, field_rules={"customers": {"tags": "read_only"}}))
    assert customers.call("remove_tags", reader, tags=["old"]).body["type"] == "field-read-only"
    assert customers.scalar("SELECT count(*) FROM jobs") == 0
    assert customers.scalar("SELECT count(*) FROM tags") == 1
