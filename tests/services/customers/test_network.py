"""Relations between customers: entered, walked along and answered only as far as somebody sees both ends."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from chassis.testing.tested import together
from tests.services.customers.factories import ADMIN, REP, created, etag

DAY = timedelta(days=1)


@pytest.fixture
def admin(customers):
    return customers.person("Admin", ADMIN)


@pytest.fixture
def rep(customers):
    return customers.person("Rep", REP)


def make(customers, who, *names, **fields):
    return [created(customers, who, name=name, **fields)["id"] for name in names]


def related(customers, who, from_id, to_id, kind="partner_of", **more):
    return customers.call("add_relation", who, customer_id=from_id, to_id=to_id, kind=kind, **more)


def chain(customers, who, ids):
    for one, other in pairwise(ids):
        assert related(customers, who, one, other).status == 201


def around(customers, who, start, **search):
    answer = customers.call("customer_network", who, customer_id=start, **search)
    assert answer.status == 200, answer.body
    return {one["customer"]["name"]: one["hops"] for one in answer.body["nodes"]}


def day(offset):
    return (datetime.now(UTC) + offset).date().isoformat()


def test_a_person_works_at_several_companies_and_moves_between_them(customers, admin):
    (person,) = make(customers, admin, "Li", kind="person")
    first, second = make(customers, admin, "First", "Second")
    job = related(customers, admin, person, first, "works_at", role="decision_maker", since="2020-01-01").body
    related(customers, admin, person, second, "works_at", role="influencer")
    ended = customers.call("change_relation", admin, relation_id=job["id"], until=day(-DAY), if_match=etag(job))
    assert (ended.status, ended.body["version"]) == (200, 2)
    assert related(customers, admin, person, first, "works_at", role="sponsor").status == 201
    everything = customers.call("customer_relations", admin, customer_id=person).body["items"]
    lasting = customers.call("customer_relations", admin, customer_id=person, lasting="true").body["items"]
    assert [one["role"] for one in everything] == ["sponsor", "influencer", "decision_maker"]
    assert [one["role"] for one in lasting] == ["sponsor", "influencer"]
    assert around(customers, admin, person) == {"Li": 0, "Second": 1, "First": 1}


def test_relations_fit_their_ends_and_their_days(customers, admin):
    one, other = make(customers, admin, "One", "Other")
    (person,) = make(customers, admin, "Li", kind="person")
    refused = [
        related(customers, admin, one, other, "works_at"),
        related(customers, admin, person, one, "reports_to"),
        related(customers, admin, one, other, role="sponsor"),
        related(customers, admin, one, one),
        related(customers, admin, one, other, since="2026-02-01", until="2026-01-01"),
    ]
    assert [answer.body["type"] for answer in refused] == ["wrong-ends"] * 4 + ["wrong-days"]
    assert customers.scalar("SELECT count(*) FROM relations") == 0


def test_of_those_who_relate_two_at_the_same_moment_one_wins(customers, admin):
    one, other = make(customers, admin, "One", "Other")
    statuses = together(6, lambda _: related(customers, admin, one, other).status)
    assert sorted(statuses) == [201] + [409] * 5
    assert related(customers, admin, other, one).status == 201


def test_the_network_is_walked_in_any_direction_as_far_as_asked(customers, admin):
    ids = make(customers, admin, *"ABCDE")
    chain(customers, admin, ids)
    below = created(customers, admin, name="Sub", parent_id=ids[0])["id"]
    assert around(customers, admin, ids[2], hops=1) == {"C": 0, "B": 1, "D": 1}
    assert around(customers, admin, below, hops=3) == {"Sub": 0, "A": 1, "B": 2, "C": 3}
    assert around(customers, admin, below, hops=4, kind="subsidiary_of") == {"Sub": 0, "A": 1}
    few = customers.call("customer_network", admin, customer_id=ids[0], hops=4, limit=3).body
    assert (len(few["nodes"]), few["cut"]) == (3, True)
    assert len(few["edges"]) == 2


def test_what_is_over_or_has_not_begun_leads_nowhere(customers, admin):
    a, b, c = make(customers, admin, *"ABC")
    related(customers, admin, a, b, until=day(-DAY))
    related(customers, admin, a, c, since=day(3 * DAY))
    assert around(customers, admin, a) == {"A": 0}


def test_nothing_leads_through_a_customer_that_is_not_seen(customers, admin, rep):
    mine, mine_too = make(customers, rep, "Mine", "Mine too")
    (hidden,) = make(customers, admin, "Hidden")
    first = related(customers, admin, mine, hidden).body
    related(customers, admin, hidden, mine_too)
    assert around(customers, rep, mine, hops=3) == {"Mine": 0}
    assert around(customers, admin, mine, hops=3) == {"Mine": 0, "Hidden": 1, "Mine too": 2}
    assert customers.call("customer_relations", rep, customer_id=mine).body["items"] == []
    assert customers.call("customer_path", rep, customer_id=mine, to_id=mine_too).body["found"] is False
    assert customers.call("customer_path", rep, customer_id=mine, to_id=hidden).status == 404
    assert related(customers, rep, mine, hidden, "supplier_of").body["type"] == "unknown-end"
    changed = customers.call("change_relation", rep, relation_id=first["id"], note="x", if_match='"1"')
    assert changed.status == customers.call("remove_relation", rep, relation_id=first["id"]).status == 404
    assert customers.call("customer_suggestions", rep, customer_id=mine).body["items"] == []


def test_hidden_relations_take_no_place_of_those_in_sight(customers, admin, rep):
    (mine,) = make(customers, rep, "Mine")
    for number in range(55):
        (hidden,) = make(customers, admin, f"Hidden {number}")
        related(customers, admin, mine, hidden)
    (last,) = make(customers, rep, "Last")
    related(customers, rep, mine, last)
    assert around(customers, rep, mine) == {"Mine": 0, "Last": 1}


def test_a_shortest_path_is_found_from_both_ends(customers, admin):
    ids = make(customers, admin, *"ABCDEFGH")
    chain(customers, admin, ids)
    related(customers, admin, ids[4], ids[1])
    answer = customers.call("customer_path", admin, customer_id=ids[0], to_id=ids[5]).body
    assert [one["customer"]["name"] for one in answer["nodes"]] == ["A", "B", "E", "F"]
    assert len(answer["edges"]) == 3
    far = customers.call("customer_path", admin, customer_id=ids[0], to_id=ids[7], kind="supplier_of").body
    assert far["found"] is False


def test_the_position_counts_relations_within_the_branch(customers, admin):
    hub, one, two = make(customers, admin, "Hub", "One", "Two", industry="C36")
    (shop,) = make(customers, admin, "Shop", industry="F52")
    for other in (one, two, shop):
        related(customers, admin, hub, other)
    told = customers.call("customer_position", admin, customer_id=hub).body
    assert {name: told[name] for name in ("industry", "degree", "rank", "members")} == {
        "industry": "C36",
        "degree": 2,
        "rank": 1,
        "members": 3,
    }
    assert told["key_nodes"][0]["customer"]["name"] == "Hub"
    assert customers.call("customer_position", admin, customer_id=one).body["rank"] == 2


def test_suggestions_are_partners_of_customers_who_are_not_yet_ours(customers, admin):
    ours, ours_too = make(customers, admin, "Ours", "Ours too", lifecycle_stage="customer")
    both, single, rival = make(customers, admin, "Both", "Single", "Rival")
    related(customers, admin, both, ours)
    related(customers, admin, both, ours_too, "supplier_of")
    related(customers, admin, ours, ours_too)
    related(customers, admin, ours, single, "customer_of")
    related(customers, admin, ours, rival)
    related(customers, admin, rival, ours, "competitor_of")
    items = customers.call("customer_suggestions", admin, customer_id=ours).body["items"]
    assert [one["customer"]["name"] for one in items] == ["Both", "Single"]
    assert items[0]["through"] == sorted([ours, ours_too])


def test_a_group_of_any_depth_is_summed_up(customers, admin, rep):
    fields = {"employees": 10, "revenue": "1.5"}
    top = parent = created(customers, admin, name="Level 00", **fields)["id"]
    for level in range(1, 60):
        parent = created(customers, admin, name=f"Level {level:02}", parent_id=parent, **fields)["id"]
    whole = customers.call("customer_group", admin, customer_id=top).body
    assert (whole["members"], whole["depth"], whole["employees"], whole["revenue"]) == (60, 59, 600, "90.0")
    assert whole["nodes"][0]["parent_id"] is None
    assert whole["nodes"][59]["depth"] == 59
    assert customers.call("customer_group", rep, customer_id=top).status == 404
    blind = customers.person("Blind", {"customers:read": "all"}, field_rules={"customers": {"revenue": "hidden"}})
    seen = customers.call("customer_group", blind, customer_id=top).body
    assert (seen["employees"], seen["revenue"]) == (600, None)


def test_relations_follow_a_merge_and_come_back(customers, admin):
    stays, goes, other = make(customers, admin, "Stays", "Goes", "Other")
    for pair in ((stays, goes), (goes, other), (stays, other)):
        related(customers, admin, *pair)
    before = customers.scalar("SELECT string_agg(r::text, ',' ORDER BY id) FROM relations r")
    proven = customers.stepped_up(admin)
    merge = customers.call("merge_customers", proven, customer_id=stays, losers=[goes])
    assert merge.status < 300, merge.body
    assert around(customers, admin, stays, hops=2) == {"Stays": 0, "Other": 1}
    customers.call("unmerge_customers", proven, merge_id=merge.body["id"])
    assert customers.scalar("SELECT string_agg(r::text, ',' ORDER BY id) FROM relations r") == before
