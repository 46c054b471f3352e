"""A changed or dead number or address makes a task; who confirms it makes the new value the primary one."""

import pytest

from chassis.testing.tested import together
from services.customers.service import CustomersService
from tests.services.customers.channels.factories import added, change, listed, told
from tests.services.customers.factories import ADMIN, LEAD, REP, created, enforcing, pooled, seen

OLD, NEW = "old@example.com", "new@example.com"
REPORTER = {"customers:read": "all", "customers:report": "all"}


@pytest.fixture
def customers(tested):
    return tested(CustomersService)


@pytest.fixture
def rep(customers):
    return customers.person("Rep", REP | {"customers:report": "own"})


@pytest.fixture
def agent(customers):
    return customers.person("Agent", REPORTER)


@pytest.fixture
def customer(customers, rep):
    return created(customers, rep, email=OLD)


def report(customers, who, customer, value=NEW, **said):
    said = {"kind": "mail", "source": "signature", "evidence": "Mail of today"} | said
    return customers.call("report_channel", who, customer_id=customer["id"], value=value, **said)


def reported(customers, who, customer, value=NEW, **said):
    answer = report(customers, who, customer, value, **said)
    assert answer.status == 201, answer.body
    return answer.body


def bounced(customers, who, email=OLD):
    answer = customers.call("report_bounce", who, email=email, evidence="550 5.1.1 No such user")
    assert answer.status == 200, answer.body
    return answer.body["customers"]


def reports(customers, who, customer, **search):
    return customers.call("channel_reports", who, customer_id=customer["id"], **search).body["items"]


def confirm(customers, who, one, **said):
    return customers.call("confirm_channel_report", who, report_id=one["id"], **said)


def reject(customers, who, one):
    return customers.call("reject_channel_report", who, report_id=one["id"], reason="Asked them")


def tasks(customers, who, **search):
    found = customers.call("find_tasks", who, kind="verify", **search).body["items"]
    return [(one["customer_id"], one["subject"], one["about"]) for one in found]


def news(customers, kind):
    return [one["payload"] for one in customers.events() if one["type"] == kind]


def test_a_report_changes_nothing_but_makes_a_task_for_the_owner(customers, agent, rep, customer):
    one = reported(customers, agent, customer)
    expected = {"kind": "mail", "value": NEW, "former": OLD, "source": "signature", "state": "open"}
    assert expected.items() <= one.items()
    assert tasks(customers, rep) == [(customer["id"], one["id"], ["email"])]
    assert seen(customers, rep, customer["id"]) == customer
    assert customers.call("get_channel_report", rep, report_id=one["id"]).body == one


def test_all_who_use_the_customer_are_told_and_nobody_of_the_values(customers, agent):
    east, north = customers.team("East"), customers.team("North")
    rep = customers.person("Seller", REP | {"customers:share": "own"}, teams=[east])
    customer = created(customers, rep, email=OLD)
    shared = {"customer_id": customer["id"], "grantee_id": north, "grantee_kind": "team"}
    assert customers.call("share_customer", rep, **shared).status == 201
    one = reported(customers, agent, customer)
    (told_of,) = news(customers, "ChannelReported")
    assert told_of["team_ids"] == [str(east), str(north)]
    assert (told_of["state"], told_of["owner_id"]) == ("open", str(rep.id))
    assert NEW not in str(told_of)
    seeing = customers.call("visible_records", rep, resource="channel_report", ids=[one["id"]]).body
    assert one["id"] in str(seeing)
    stranger = customers.person("Stranger", REP)
    assert one["id"] not in str(
        customers.call("visible_records", stranger, resource="channel_report", ids=[one["id"]]).body
    )


def test_the_confirmed_value_is_primary_and_verified_and_the_old_one_stale(customers, agent, rep, customer):
    one = reported(customers, agent, customer)
    answer = confirm(customers, rep, one)
    assert (answer.status, answer.body["state"], answer.body["decided_by"]) == (200, "confirmed", str(rep.id))
    channels = listed(customers, rep, customer)
    assert told(channels) == [(NEW, True, "verified"), (OLD, False, "stale")]
    assert channels[0]["verified_by"] == str(rep.id)
    assert seen(customers, rep, customer["id"])["email"] == NEW
    assert tasks(customers, rep) == []
    assert [one["state"] for one in news(customers, "ChannelReported")] == ["open", "confirmed"]
    assert news(customers, "CustomerChanged")[-1]["addressees"][0]["email"] == NEW


def test_what_is_rejected_is_noted_and_not_asked_again(customers, agent, rep, customer):
    one = reported(customers, agent, customer)
    answer = reject(customers, rep, one)
    assert (answer.body["state"], answer.body["reason"]) == ("rejected", "Asked them")
    assert reported(customers, agent, customer) == answer.body
    assert tasks(customers, rep) == []
    assert told(listed(customers, rep, customer)) == [(OLD, True, "unverified")]


def test_the_same_report_twice_is_one(customers, agent, rep, customer):
    answers = together(6, lambda _: report(customers, agent, customer))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body["id"] for answer in answers}) == 1
    assert len(tasks(customers, rep)) == 1
    assert len(news(customers, "ChannelReported")) == 1


def test_of_parallel_decisions_one_wins(customers, agent, rep, customer):
    one = reported(customers, agent, customer)
    acts = (confirm, reject, confirm, reject, confirm, reject)
    answers = together(6, lambda number: acts[number](customers, rep, one))
    assert sorted(answer.status for answer in answers) == [200, *[409] * 5]
    assert {answer.body["type"] for answer in answers if answer.status == 409} == {"already-decided"}


def test_two_reports_of_different_values_are_both_decided(customers, agent, rep, customer):
    first, second = (reported(customers, agent, customer, value) for value in (NEW, "newer@example.com"))
    answers = together(2, lambda number: confirm(customers, rep, (first, second)[number]))
    assert [answer.status for answer in answers] == [200, 200]
    states = {one["value"]: one["state"] for one in listed(customers, rep, customer)}
    assert states == {OLD: "stale", NEW: "verified", "newer@example.com": "verified"}
    assert sum(one["primary"] for one in listed(customers, rep, customer)) == 1


def test_what_is_known_already_is_no_change(customers, agent, rep, customer):
    assert report(customers, agent, customer, OLD.upper()).body["type"] == "channel-exists"
    answer = report(customers, agent, customer, NEW, former="x@example.com")
    assert (answer.status, answer.body["type"]) == (422, "unknown-channel")
    assert tasks(customers, rep) == []


def test_another_one_than_the_primary_one_is_replaced_beside_it(customers, agent, rep, customer):
    added(customers, rep, customer, "mail", "second@example.com")
    one = reported(customers, agent, customer, former="second@example.com")
    confirm(customers, rep, one)
    assert told(listed(customers, rep, customer)) == [
        (OLD, True, "unverified"),
        (NEW, False, "verified"),
        ("second@example.com", False, "stale"),
    ]


def test_nobody_confirms_what_another_customer_has(customers, agent, rep, customer):
    one = reported(customers, agent, customer)
    created(customers, rep, name="Another", email=NEW)
    assert confirm(customers, rep, one).body["type"] == "customer-exists"
    assert seen(customers, rep, customer["id"]) == customer
    assert reports(customers, rep, customer, state="open")[0]["id"] == one["id"]


def test_mail_that_bounces_reaches_nobody_until_somebody_decides(customers, agent, rep, customer):
    contact = customers.call("add_contact", rep, customer_id=customer["id"], name="Li", email=OLD).body
    assert bounced(customers, agent) == 1
    assert bounced(customers, agent) == 0
    assert [one["state"] for one in listed(customers, rep, customer)] == ["bounced", "bounced"]
    assert news(customers, "CustomerChanged")[-1]["addressees"] == []
    found = {one["contact_id"]: one for one in reports(customers, rep, customer)}
    assert set(found) == {None, contact["id"]}
    assert len(tasks(customers, rep)) == 2
    assert reject(customers, rep, found[None]).status == 200
    assert news(customers, "CustomerChanged")[-1]["addressees"][0]["contact_id"] is None
    confirm(customers, rep, found[contact["id"]])
    assert seen(customers, rep, customer["id"])["contacts"][0]["email"] is None
    assert [one["state"] for one in listed(customers, rep, customer)] == ["unverified", "stale"]
    assert bounced(customers, agent) == 1
    assert len(tasks(customers, rep)) == 1


def test_a_confirmed_bounce_lets_the_next_address_be_the_primary_one(customers, agent, rep, customer):
    added(customers, rep, customer, "mail", "second@example.com")
    bounced(customers, agent)
    confirm(customers, rep, reports(customers, rep, customer)[0])
    assert told(listed(customers, rep, customer)) == [("second@example.com", True, "unverified"), (OLD, False, "stale")]


def test_only_who_may_read_the_value_reports_and_only_who_may_change_decides(customers, rep):
    enforcing(customers)
    east = customers.team("East")
    admin = customers.person("Admin", ADMIN, teams=[east])
    rules = {"customers": {"email": {"own": "full", "others": "masked"}}}
    reader = customers.person("Reader", LEAD | {"customers:report": "team"}, teams=[east], field_rules=rules)
    customer = created(customers, admin, email=OLD)
    assert report(customers, reader, customer).body["type"] == "field-read-only"
    assert bounced(customers, reader) == 0
    one = reported(customers, admin, customer)
    shown = customers.call("get_channel_report", reader, report_id=one["id"]).body
    assert (shown["value"], shown["former"], shown["evidence"]) == ("n***@example.com", "o***@example.com", None)
    assert confirm(customers, reader, one).body["type"] == "field-read-only"
    assert reject(customers, reader, one).body["type"] == "field-read-only"
    assert [confirm(customers, rep, one).status, reject(customers, rep, one).status] == [404, 404]
    assert customers.call("get_channel_report", rep, report_id=one["id"]).status == 404
    assert report(customers, rep, customer).status == 404


def test_in_a_pool_it_waits_for_the_next_owner(customers, agent, rep):
    customer = pooled(customers, customers.person("Admin", ADMIN), email=OLD)
    one = reported(customers, agent, customer)
    assert tasks(customers, rep) == []
    customers.call("claim_customer", rep, customer_id=customer["id"])
    assert tasks(customers, rep) == [(customer["id"], one["id"], ["email"])]


def test_a_contact_who_is_gone_is_rejected_only(customers, agent, rep, customer):
    contact = customers.call("add_contact", rep, customer_id=customer["id"], name="Li", email="li@example.com").body
    one = reported(customers, agent, customer, contact_id=contact["id"])
    customers.call("remove_contact", rep, contact_id=contact["id"])
    assert confirm(customers, rep, one).status == 404
    assert reject(customers, rep, one).status == 200


def test_what_was_stale_can_come_back(customers, agent, rep, customer):
    one = added(customers, rep, customer, "mail", NEW)
    change(customers, rep, customer, one, state="stale")
    assert confirm(customers, rep, reported(customers, agent, customer)).status == 200
    channels = listed(customers, rep, customer)
    assert told(channels) == [(NEW, True, "verified"), (OLD, False, "stale")]
    assert (channels[0]["id"], channels[0]["until"]) == (one["id"], None)


def test_values_and_evidence_are_sealed(customers, agent, customer):
    reported(customers, agent, customer)
    stored = customers.scalar("SELECT channel_reports::text FROM channel_reports")
    clear = ("new@example", "old@example", "Mail of today")
    assert not any(one in stored or one.encode().hex() in stored for one in clear)
