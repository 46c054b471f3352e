"""Recording interactions and correcting them."""

from typing import Any

import pytest

from chassis.ids import new_id
from chassis.testing.plugin import Tested
from services.interactions.service import InteractionsService
from tests.services.customer_events import known_customer
from tests.services.interactions.factories import ADMIN, LEAD, REP, in_seconds, logged


@pytest.mark.parametrize("kind", ["call", "mail", "meeting", "message", "note"])
def test_everything_that_happens_with_a_customer_can_be_recorded(tested: Tested, kind: str):
    service = tested(InteractionsService)
    rep = service.person("Rep", REP)
    customer_id = known_customer(service, rep)

    interaction = logged(
        service,
        rep,
        customer_id,
        kind=kind,
        direction="in",
        channel="phone",
        subject="  Asked for prices ",
        text="Wants 40 units.",
        happened_at="2026-03-01T17:30:00+08:00",
        duration_seconds=240,
        participants=["Purchasing department", "Rep"],
        outcome="Quotation wanted",
    )

    seen = service.call("get_interaction", rep, interaction_id=interaction["id"])
    assert seen.json() == interaction
    assert seen.etag == '"1"'
    assert seen.json() | {"created_at": None, "updated_at": None} == {
        "id": interaction["id"],
        "version": 1,
        "customer_id": str(customer_id),
        "author_id": str(rep.id),
        "kind": kind,
        "direction": "in",
        "channel": "phone",
        "subject": "Asked for prices",
        "text": "Wants 40 units.",
        "happened_at": "2026-03-01T09:30:00Z",
        "duration_seconds": 240,
        "participants": ["Purchasing department", "Rep"],
        "outcome": "Quotation wanted",
        "created_at": None,
        "updated_at": None,
    }


def test_the_minimum_is_a_kind_and_a_subject_and_means_that_i_did_it_just_now(tested: Tested):
    service = tested(InteractionsService)
    rep = service.person("Rep", REP)
    before = in_seconds(0)

    interaction = logged(service, rep, known_customer(service, rep), kind="note", subject="Likes tea")

    assert interaction["author_id"] == str(rep.id)
    assert before <= interaction["happened_at"] <= in_seconds(0)
    assert interaction["participants"] == []
    assert [interaction[name] for name in ("direction", "channel", "text", "duration_seconds", "outcome")] == [None] * 5


def test_a_recorded_interaction_is_told_to_the_others_without_what_was_said(tested: Tested):
    service = tested(InteractionsService)
    rep = service.person("Rep", REP)
    customer_id = known_customer(service, rep)

    interaction = logged(service, rep, customer_id, kind="mail", text="Between us.", happened_at="2026-03-01T09:30:00Z")

    (event,) = service.events()
    assert event["type"] == "InteractionLogged"
    assert (event["aggregate"], event["aggregate_id"], event["version"]) == ("interaction", interaction["id"], 1)
    assert event["actor"] == str(rep.id)
    assert event["payload"] == {
        "customer_id": str(customer_id),
        "kind": "mail",
        "author_id": str(rep.id),
        "happened_at": "2026-03-01T09:30:00Z",
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "telegram"),
        ("direction", "sideways"),
        ("subject", "   "),
        ("subject", "x" * 201),
        ("happened_at", "2026-03-01T09:30:00"),
        ("happened_at", "0001-01-01T00:00:00+14:00"),
        ("duration_seconds", -1),
        ("duration_seconds", 2**31),
        ("duration_seconds", "240"),
        ("participants", ["x"] * 51),
        ("weather", "fine"),
    ],
)
def test_nonsense_is_refused_and_changes_nothing(tested: Tested, field: str, value: object):
    service = tested(InteractionsService)
    rep = service.person("Rep", REP)
    particulars: dict[str, Any] = {"kind": "call", "subject": "Asked for prices", field: value}

    answer = service.call("log_interaction", rep, customer_id=known_customer(service, rep), **particulars)

    assert answer.status == 422
    assert answer.json()["errors"][0]["pointer"].startswith(f"/{field}")
    assert service.scalar("SELECT count(*) FROM interactions") == 0
    assert service.events() == []


def test_a_client_may_bring_the_id(tested: Tested):
    service = tested(InteractionsService)
    rep = service.person("Rep", REP)
    customer_id = known_customer(service, rep)
    own = new_id()

    assert logged(service, rep, customer_id, id=own)["id"] == str(own)

    again = service.call("log_interaction", rep, customer_id=customer_id, kind="call", subject="Other", id=own)
    assert (again.status, again.json()["type"]) == (409, "interaction-id-taken")
    assert len(service.events()) == 1


def test_with_an_unknown_customer_nothing_is_recorded(tested: Tested):
    service = tested(InteractionsService)
    rep = service.person("Rep", REP)

    answer = service.call("log_interaction", rep, customer_id=new_id(), kind="call", subject="Who was that?")

    assert (answer.status, answer.json()["type"]) == (404, "customer-not-known-here")


def test_recording_needs_the_permission(tested: Tested):
    service = tested(InteractionsService)
    rep = service.person("Rep", {"customers:read": "all", "interactions:read": "all"})

    answer = service.call("log_interaction", rep, customer_id=known_customer(service), kind="call", subject="Hello")

    assert answer.status == 403


def test_a_lead_may_record_for_his_people_but_not_for_others(tested: Tested):
    service = tested(InteractionsService)
    east, west = service.team("East"), service.team("West")
    lead = service.person("Lead", LEAD, teams=[east])
    rep, stranger = service.person("Rep", REP, teams=[east]), service.person("Other", REP, teams=[west])
    customer_id = known_customer(service, rep)

    assert logged(service, lead, customer_id, author_id=rep.id)["author_id"] == str(rep.id)

    for other in (stranger.id, new_id()):
        answer = service.call(
            "log_interaction", lead, customer_id=customer_id, kind="call", subject="Hello", author_id=other
        )
        assert (answer.status, answer.json()["type"]) == (409, "person-out-of-reach")


def test_an_author_corrects_his_interaction_when_he_has_seen_its_present_version(tested: Tested):
    service = tested(InteractionsService)
    rep = service.person("Rep", REP)
    interaction = logged(service, rep, known_customer(service, rep), text="Wants 40 units.", outcome="Order")
    change = {"interaction_id": interaction["id"], "text": "Wants 14 units.", "outcome": None}

    assert service.call("correct_interaction", rep, **change).status == 428
    corrected = service.call("correct_interaction", rep, if_match='"1"', **change)

    assert (corrected.status, corrected.etag) == (200, '"2"')
    assert (corrected.json()["text"], corrected.json()["outcome"]) == ("Wants 14 units.", None)
    assert corrected.json()["subject"] == interaction["subject"]
    assert service.call("correct_interaction", rep, if_match='"1"', **change).status == 412
    assert [(event["type"], event["version"]) for event in service.events()] == [
        ("InteractionLogged", 1),
        ("InteractionChanged", 2),
    ]


def test_others_correct_it_only_with_a_right_that_reaches_the_customer(tested: Tested):
    service = tested(InteractionsService)
    east, west = service.team("East"), service.team("West")
    rep = service.person("Rep", REP, teams=[east])
    lead = service.person("Lead", LEAD, teams=[east])
    reader = service.person("Reader", {**REP, "customers:read": "all"}, teams=[east])
    far_lead = service.person("Far lead", {**LEAD, "customers:read": "all"}, teams=[west])
    interaction = logged(service, rep, known_customer(service, rep))
    change = {"interaction_id": interaction["id"], "subject": "Asked for delivery", "if_match": '"1"'}

    assert service.call("correct_interaction", reader, **change).status == 404
    assert service.call("correct_interaction", far_lead, **change).status == 404
    assert service.call("correct_interaction", lead, **change).json()["subject"] == "Asked for delivery"


def test_a_request_that_comes_twice_under_one_key_is_recorded_once(tested: Tested):
    service = tested(InteractionsService)
    admin = service.person("Admin", ADMIN)
    request: dict[str, Any] = {
        "customer_id": known_customer(service),
        "kind": "call",
        "subject": "Hello",
        "idempotency_key": "k",
    }

    first = service.call("log_interaction", admin, **request)
    second = service.call("log_interaction", admin, **request)

    assert second.replayed
    assert second.json() == first.json()
    assert service.scalar("SELECT count(*) FROM interactions") == 1
