"""Customers that are one: merged in all services, found under their old ids, and taken apart to the last byte."""

import pytest
from sqlalchemy import text

import chassis.merging.following
from chassis.ids import new_id
from contracts.customers import CustomersMerged
from tests.services.customers.factories import imported
from tests.services.merging.cluster import entered, planted, snapshot
from tests.services.privacy.planted import OFFICER
from tests.services.privacy.suite import Suite


@pytest.fixture
def suite(tested):
    return Suite(tested)


@pytest.fixture
def who(suite):
    known = suite.person("Officer", OFFICER)
    return known | {"customers": suite.customers.stepped_up(known["customers"])}


@pytest.fixture
def ids(suite, who):
    return planted(suite, who)


def merged(suite, who, survivor, *losers, **values_from):
    order = {"losers": list(losers), "values_from": values_from}
    answer = suite.customers.call("merge_customers", who["customers"], customer_id=survivor, **order)
    assert answer.status == 202, answer.body
    return answer.body


def unmerged(suite, who, merge):
    answer = suite.customers.call("unmerge_customers", who["customers"], merge_id=merge["id"])
    assert answer.status == 202, answer.body
    return answer.body


def state(suite, who, merge):
    return suite.customers.call("get_merge", who["customers"], merge_id=merge["id"]).body


def seen(suite, who, customer_id):
    return suite.customers.call("get_customer", who["customers"], customer_id=customer_id)


def test_a_merge_that_is_taken_back_leaves_the_same_bytes_in_every_service(suite, who, ids):
    before = snapshot(suite)
    merge = merged(suite, who, *ids, phone=ids[1], owner_id=ids[2])
    suite.settle()
    assert {name for name, rows in snapshot(suite).items() if rows != before[name]} >= {
        *("customers.customers", "customers.contacts", "customers.consents", "customers.ownerships"),
        *("customers.shares", "customers.customer_keys", "interactions.interactions", "interactions.follow_ups"),
        *("interactions.timers", "tickets.tickets", "campaigns.recipients", "campaigns.mail_consents"),
    }
    unmerged(suite, who, merge)
    suite.settle()
    after = snapshot(suite)
    for name in before:
        assert after[name] == before[name], name
    assert (state(suite, who, merge)["state"], state(suite, who, merge)["missing"]) == ("unmerged", [])


def test_the_one_that_stays_has_everything(suite, who, ids):
    merge = merged(suite, who, *ids, phone=ids[1])
    assert (merge["state"], merge["missing"]) == ("merging", ["campaigns", "interactions", "tickets"])
    suite.settle()
    done = state(suite, who, merge)
    assert (done["state"], done["missing"]) == ("merged", [])
    assert {one["service"]: one["rows"] > 0 for one in done["acks"]} == dict.fromkeys(
        ("campaigns", "customers", "interactions", "tickets"), True
    )
    whole = seen(suite, who, ids[0]).body
    assert (whole["name"], whole["phone"], whole["revenue"]) == ("Example Trading 0", "+8613800000001", "1100.040")
    assert whole["custom"] == {"erp": "E1", "mobile": "+8613900000001"}
    assert whole["description"] == "Makes\nengines."
    assert sorted(whole["tags"]) == ["both", "tag 0", "tag 1", "tag 2"]
    assert [one["email"] for one in whole["contacts"]].count("zhang@example.com") == 1
    assert [one["is_primary"] for one in whole["contacts"]].count(True) == 1
    timeline = suite.interactions.call("customer_timeline", who["interactions"], customer_id=ids[0]).body["items"]
    assert {one["subject"] for one in timeline} == {"Note 0", "Note 1", "Note 2"}
    plans = suite.interactions.call("find_follow_ups", who["interactions"], customer_id=ids[0], state="open").body
    assert [one["note"] for one in plans["items"]] == ["Plan 2"]
    tickets = suite.tickets.call("customer_tickets", who["tickets"], customer_id=ids[0]).body["items"]
    assert len(tickets) == 3
    below = suite.customers.call("find_subsidiaries", who["customers"], customer_id=ids[0]).body["items"]
    assert len(below) == 3


def test_old_ids_say_where_everything_is_now_for_reading_and_for_writing(suite, who, ids):
    merged(suite, who, *ids)
    suite.settle()
    asked = [
        seen(suite, who, ids[1]),
        suite.customers.call("change_customer", who["customers"], customer_id=ids[1], name="X", if_match='"1"'),
        suite.customers.call("add_contact", who["customers"], customer_id=ids[2], name="X"),
        suite.interactions.call("customer_timeline", who["interactions"], customer_id=ids[1]),
        suite.interactions.call("log_interaction", who["interactions"], customer_id=ids[1], kind="note", subject="X"),
        suite.tickets.call(
            "create_ticket", who["tickets"], customer_id=ids[2], kind="service_request", subject="Another"
        ),
    ]
    assert [(one.status, one.body["type"], one.body["merged_into"]) for one in asked] == [(410, "merged", ids[0])] * 6
    assert seen(suite, who, new_id()).status == 404
    stranger = suite.customers.person("Stranger", {"customers:read": "own"})
    assert suite.customers.call("get_customer", stranger, customer_id=ids[1]).status == 404


def test_what_comes_after_the_merge_stays_with_the_one_and_what_was_changed_stays_changed(suite, who, ids):
    merge = merged(suite, who, *ids, phone=ids[1], email=ids[1])
    suite.settle()
    entered(suite.interactions, who, "log_interaction", customer_id=ids[0], kind="note", subject="Later")
    change = {"email": "later@example.com", "if_match": f'"{seen(suite, who, ids[0]).body["version"]}"'}
    assert suite.customers.call("change_customer", who["customers"], customer_id=ids[0], **change).status == 200
    unmerged(suite, who, merge)
    suite.settle()
    first, second = seen(suite, who, ids[0]).body, seen(suite, who, ids[1]).body
    assert (first["phone"], first["email"]) == ("+8613800000000", "later@example.com")
    assert (second["phone"], second["email"]) == ("+8613800000001", "office1@example.com")
    timeline = suite.interactions.call("customer_timeline", who["interactions"], customer_id=ids[0]).body["items"]
    assert {one["subject"] for one in timeline} == {"Note 0", "Later"}


def test_nobody_enters_again_what_was_merged_away(suite, who, ids):
    merged(suite, who, *ids)
    again = suite.customers.call("create_customer", who["customers"], name="Again", phone="+8613800000002")
    assert (again.status, again.body["matches"][0]["customer_id"]) == (409, ids[0])


def test_merges_of_merges_are_taken_back_from_the_last_one_on(suite, who, ids):
    before = snapshot(suite)
    first = merged(suite, who, ids[1], ids[2])
    second = merged(suite, who, ids[0], ids[1])
    suite.settle()
    assert seen(suite, who, ids[2]).body["merged_into"] == ids[0]
    refused = suite.customers.call("unmerge_customers", who["customers"], merge_id=first["id"])
    assert (refused.status, refused.body["type"]) == (409, "merged-further")
    for merge in (second, first):
        unmerged(suite, who, merge)
        suite.settle()
    after = snapshot(suite)
    for name in before:
        assert after[name] == before[name], name


def test_a_service_that_was_down_or_hears_it_again_or_late_comes_to_the_same(suite, who, ids):
    before = snapshot(suite)
    merge = merged(suite, who, *ids)
    events = [one for service in suite.services.values() for one in service.events()]
    unmerged(suite, who, merge)
    told = [one for one in suite.customers.events() if one not in events]
    suite.bring(told)  # what ends it comes before what began it
    suite.settle()
    suite.bring(suite.customers.events())
    suite.settle()
    after = snapshot(suite)
    for name in before:
        assert after[name] == before[name], name


def test_it_takes_a_fresh_proof_the_permission_reach_and_sight_of_all_fields(suite, who, ids):
    order = {"customer_id": ids[0], "losers": ids[1:]}
    unproved = suite.customers.person("Unproved", OFFICER)
    assert suite.customers.call("merge_customers", unproved, **order).body["type"] == "step-up-required"
    rights = {"customers:read": "all", "customers:merge": "own"}
    near = suite.customers.stepped_up(suite.customers.person("Near", rights))
    assert suite.customers.call("merge_customers", near, **order).status == 404
    rules = {"customers": {"phone": "masked"}}
    half = suite.customers.stepped_up(suite.customers.person("Half", rights | {"customers:merge": "all"}, None, rules))
    assert suite.customers.call("merge_customers", half, **order).body["type"] == "not-in-full"
    wrong = suite.customers.call("merge_customers", who["customers"], **order, values_from={"phone": new_id()})
    assert wrong.status == 422
    preview = suite.customers.call("preview_merge", who["customers"], **order).body
    assert {one["field"] for one in preview["differing"]} >= {"name", "phone", "email", "tags"}
    assert {one["what"] for one in preview["moves"] if one["rows"]} >= {"contacts", "consents", "ownerships"}
    assert suite.customers.scalar("SELECT count(*) FROM merges") == 0


def test_an_erasure_covers_what_was_known_before_the_merge(suite, who, ids):
    merge = merged(suite, who, *ids)
    suite.settle()
    answer = suite.customers.call("order_erasure", who["customers"], customer_id=ids[0])
    assert answer.status == 202, answer.body
    suite.settle()
    for name, service in suite.services.items():
        assert service.scalar("SELECT count(*) FROM merge_images") == 0, name
    found = str(suite.dump()) + str(suite.opened())
    for secret in ("office1@example.com", "+8613800000002", "Example Trading 1", "Plan 0", "zhang2@example.com"):
        assert secret not in found
    refused = suite.customers.call("unmerge_customers", who["customers"], merge_id=merge["id"])
    assert (refused.status, refused.body["type"]) == (409, "nothing-to-restore")


def test_what_must_be_kept_is_not_merged_away(suite, who, ids):
    held = suite.customers.call("hold_customer", who["customers"], customer_id=ids[1], reason="Lawsuit")
    assert held.status == 200, held.body
    order = {"customer_id": ids[0], "losers": ids[1:]}
    assert suite.customers.call("merge_customers", who["customers"], **order).body["type"] == "on-hold"


def test_a_thousand_customers_become_one_and_a_thousand_again(suite, who):
    first = entered(suite.customers, who, "create_customer", name="Thousand", phone="+8613800000000")
    lines = [{"name": f"Thousand {number}", "phone": f"+8613900{number:06}"} for number in range(1_000)]
    imported(suite.customers, who["customers"], lines)
    suite.customers.run_jobs()
    suite.customers.fire_timers()
    suite.customers.run_jobs()
    with suite.customers.database.reading() as session:
        found = session.scalars(text("SELECT id FROM customers WHERE name LIKE 'Thousand %' ORDER BY name"))
        losers = [str(one) for one in found]
    assert len(losers) == 1_000
    before = snapshot(suite)
    merge = merged(suite, who, first["id"], *losers)
    assert suite.customers.scalar("SELECT count(*) FROM customers") == 1
    assert suite.customers.scalar("SELECT count(*) FROM customer_keys WHERE customer_id = :id", id=first["id"]) == 1_001
    unmerged(suite, who, merge)
    after = snapshot(suite)
    for name in before:
        assert after[name] == before[name], name


@pytest.mark.parametrize("name", ["campaigns", "interactions", "tickets"])
def test_a_service_that_dies_over_a_merge_has_done_nothing_of_it_and_does_it_when_it_is_up(
    suite, who, ids, name, monkeypatch
):
    before = snapshot(suite)
    merge = merged(suite, who, *ids)
    (told,) = [one for one in suite.customers.events() if one["type"] == "CustomersMerged"]

    def die(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(chassis.merging.following, "set_timer", die)  # the last thing that it does
        with pytest.raises(KeyboardInterrupt):
            suite.services[name].deliver(CustomersMerged.from_envelope(told))
    half = snapshot(suite)
    assert {table: rows for table, rows in half.items() if table.startswith(f"{name}.")} == {
        table: rows for table, rows in before.items() if table.startswith(f"{name}.")
    }
    suite.settle()
    assert state(suite, who, merge)["missing"] == []
    unmerged(suite, who, merge)
    suite.settle()
    assert snapshot(suite) == before
