"""What customers need, are interested in and prefer, with the evidence for it."""

import pytest

from chassis.clock import now
from tests.services.customers.factories import ADMIN, REP, created, etag

SAID = {"kind": "preference", "topic": "delivery", "value": "In the morning", "source": "call", "evidence": "Said so"}


@pytest.fixture
def rep(customers):
    return customers.person("Rep", REP)


def noted(customers, who, customer, **more):
    return customers.call("note_need", who, customer_id=customer["id"], **SAID | more)


def listed(customers, who, customer, **search):
    return customers.call("customer_needs", who, customer_id=customer["id"], **search).body["items"]


def test_a_preference_is_noted_with_its_evidence_source_and_date(customers, rep):
    customer = created(customers, rep)
    one = noted(customers, rep, customer, known_since="2026-01-31", confidence=80)
    assert one.status == 201
    kept = SAID | {"known_since": "2026-01-31", "confidence": 80, "noted_by": str(rep.id)}
    assert kept.items() <= one.body.items()
    today = noted(customers, rep, customer, kind="need", topic="pumps").body
    assert (today["known_since"], today["confidence"]) == (now().date().isoformat(), 100)
    assert listed(customers, rep, customer) == [today, one.body]
    assert listed(customers, rep, customer, kind="preference") == [one.body]


@pytest.mark.parametrize("field", ["evidence", "source", "topic", "value"])
def test_nothing_is_noted_without_evidence_and_source(customers, rep, field):
    said = {name: value for name, value in SAID.items() if name != field}
    answer = customers.call("note_need", rep, customer_id=created(customers, rep)["id"], **said)
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, f"/{field}")


def test_a_note_is_changed_as_it_was_read_and_removed(customers, rep):
    customer = created(customers, rep)
    one = noted(customers, rep, customer).body

    def changed(**fields):
        return customers.call("change_need", rep, need_id=one["id"], if_match=etag(one), **fields)

    assert changed(value="At noon").body["value"] == "At noon"
    assert changed(value="At night").status == 412
    assert customers.call("remove_need", rep, need_id=one["id"]).status == 204
    assert listed(customers, rep, customer) == []


def test_it_is_as_far_away_as_its_customer(customers, rep):
    other = customers.person("Other", REP)
    customer = created(customers, customers.person("Admin", ADMIN))
    assert noted(customers, rep, customer).status == 404
    mine = created(customers, rep, name="Mine")
    one = noted(customers, rep, mine).body
    answers = [
        customers.call("customer_needs", other, customer_id=mine["id"]),
        customers.call("change_need", other, need_id=one["id"], if_match='"1"', value="x"),
        customers.call("remove_need", other, need_id=one["id"]),
    ]
    assert [answer.status for answer in answers] == [404, 404, 404]
    assert listed(customers, rep, mine) == [one]
