"""Which tags customers are given: those of the dictionary, free ones where the house has them, one of a group."""

import pytest

from tests.services.customers.factories import ADMIN, REP, created, etag, imported, result_rows, seen
from tests.services.customers.tags.factories import defined, group, only_dictionary, used

KEEPER = {"tags:read": "all", "tags:create": "all", "tags:change": "all"}


@pytest.fixture
def admin(customers):
    return customers.person("Admin", ADMIN)


@pytest.fixture
def rep(customers):
    return customers.person("Rep", REP | {"tags:read": "all", "customers:bulk_change": "own"})


def given(customers, who, record, *tags):
    answer = customers.call(
        "change_customer",
        who,
        customer_id=record["id"],
        tags=list(tags),
        if_match=etag(seen(customers, who, record["id"])),
    )
    return answer.body["tags"] if answer.status == 200 else answer.body["type"]


def test_a_tag_of_the_dictionary_says_what_it_is(customers, admin, rep):
    people = group(customers, admin, "People", exclusive=False)
    tag = defined(customers, admin, "  VIP  Guest ", colour="#ff8800", description="Ask first", group_id=people)
    assert (tag["name"], tag["controlled"], tag["active"], tag["customers"]) == ("vip guest", True, True, None)
    (listed,) = customers.call("find_tags", rep).body["items"]
    assert listed == tag | {"customers": 0}
    changed = customers.call("change_tag", admin, tag_id=tag["id"], if_match='"1"', colour=None, group_id=None)
    assert (changed.body["colour"], changed.body["group_id"], changed.body["version"]) == (None, None, 2)
    again = customers.call("change_tag", admin, tag_id=tag["id"], if_match='"1"', colour=None)
    assert again.status == 412
    assert customers.call("add_tag", admin, name="VIP guest").body["type"] == "tag-exists"
    assert customers.call("add_tag", admin, name="x", group_id=tag["id"]).body["type"] == "unknown-tag-group"
    assert customers.call("add_tag", admin, name="x", colour="red").status == 422
    assert customers.call("add_tag_group", admin, name="people").body["type"] == "tag-group-exists"


def test_free_tags_are_for_everybody_until_the_house_closes_them(customers, admin, rep):
    defined(customers, admin, "vip")
    record = created(customers, rep, tags=["mine"])
    only_dictionary(customers, admin)
    assert customers.call("create_customer", rep, name="New", tags=["other"]).body["type"] == "unknown-tag"
    assert given(customers, rep, record, "mine", "other") == "unknown-tag"
    assert given(customers, rep, record, "mine", "vip") == ["mine", "vip"]
    bulk = customers.call("bulk_change", customers.stepped_up(rep), ids=[record["id"]], add_tags=["other"])
    assert (bulk.status, bulk.body["type"], bulk.body["errors"][0]["pointer"]) == (422, "unknown-tag", "/add_tags")
    assert customers.call("add_tag", rep, name="other").status == 403
    keeper = customers.person("Keeper", KEEPER)
    defined(customers, keeper, "other")
    assert given(customers, rep, record, "mine", "other") == ["mine", "other"]


def test_a_closed_tag_is_given_to_nobody_and_stays_with_those_who_have_it(customers, admin, rep):
    tag = defined(customers, admin, "fair 2025")
    record = created(customers, rep, tags=["fair 2025"])
    assert customers.call("change_tag", admin, tag_id=tag["id"], active=False, if_match='"1"').status == 200
    assert customers.call("create_customer", rep, name="New", tags=["fair 2025"]).body["type"] == "unknown-tag"
    assert given(customers, rep, record, "fair 2025", "new") == ["fair 2025", "new"]
    assert given(customers, rep, record, "new") == ["new"]
    assert given(customers, rep, record, "fair 2025", "new") == "unknown-tag"


def test_a_customer_has_one_tag_of_an_exclusive_group(customers, admin, rep):
    warmth = group(customers, admin, "Warmth", exclusive=True)
    for name in ("hot", "warm", "cold"):
        defined(customers, admin, name, group_id=warmth)
    refused = customers.call("create_customer", rep, name="New", tags=["hot", "free", "cold"])
    assert (refused.status, refused.body["type"]) == (422, "one-of-a-group")
    assert refused.body["errors"][0]["pointer"] == "/tags"
    record = created(customers, rep, tags=["hot", "free"])
    assert given(customers, rep, record, "hot", "warm") == "one-of-a-group"
    assert given(customers, rep, record, "warm", "free") == ["warm", "free"]
    order = customers.call("bulk_change", customers.stepped_up(rep), ids=[record["id"]], add_tags=["cold"])
    assert order.status == 202
    customers.run_jobs()
    assert seen(customers, rep, record["id"])["tags"] == ["free", "cold"]
    two = customers.call("bulk_change", customers.stepped_up(rep), ids=[record["id"]], add_tags=["cold", "hot"])
    assert two.body["type"] == "one-of-a-group"


def test_imports_obey_the_dictionary(customers, admin, rep):
    warmth = group(customers, admin, "Warmth", exclusive=True)
    for name in ("hot", "cold"):
        defined(customers, admin, name, group_id=warmth)
    only_dictionary(customers, admin)
    rows = [{"name": "One", "tags": "hot"}, {"name": "Two", "tags": "hot;cold"}, {"name": "Three", "tags": "other"}]
    finished = imported(customers, rep, rows)
    assert [(row["status"], row["code"]) for row in result_rows(customers, rep, finished)] == [
        *(("created", ""), ("failed", "one-of-a-group"), ("failed", "unknown-tag"))
    ]
    again = imported(customers, rep, [{"name": "One", "tags": "hot;cold"}], match_on=["name"], on_match="update")
    assert [row["code"] for row in result_rows(customers, rep, again)] == ["one-of-a-group"]
    assert used(customers, rep) == {"cold": 0, "hot": 1}
