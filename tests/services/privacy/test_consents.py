"""What people agree to is kept with the evidence, and campaigns keep to what they take back."""

from uuid import UUID

import pytest

from chassis.ids import new_id
from contracts.campaigns import Unsubscribed
from tests.services.privacy.planted import OFFICER, entered
from tests.services.privacy.suite import Suite

SAID = {"purpose": "marketing", "channel": "email", "how": "form", "evidence": "Ticked the box."}
EVERYBODY = {"field": "in_pool", "op": "eq", "value": False}


@pytest.fixture
def suite(tested):
    return Suite(tested)


@pytest.fixture
def who(suite):
    return suite.person("Officer", OFFICER)


@pytest.fixture
def customer(suite, who):
    made = entered(suite.customers, who, "create_customer", name="Example Trading", email="office@example.com")
    suite.settle()
    return made["id"]


def note(suite, who, customer, **said):
    answer = suite.customers.call("note_consent", who["customers"], customer_id=customer, **(SAID | said))
    assert answer.status == 201, answer.body
    suite.settle()
    return answer.body


def listed(suite, who, customer, **search):
    return suite.customers.call("find_consents", who["customers"], customer_id=customer, **search).body["items"]


def reached(suite, who):
    campaigns, person = suite.campaigns, who["campaigns"]
    template = {"subject": "News", "html": "<p>News</p>"}
    made = campaigns.call("create_campaign", person, name="News", template=template, audience=EVERYBODY)
    assert made.status == 201, made.body
    return campaigns.call("preview_audience", person, campaign_id=made.body["id"]).body["recipients"]


def test_the_latest_line_holds_and_the_history_stays(suite, who, customer):
    note(suite, who, customer, state="given", at="2026-01-01T00:00:00Z")
    note(suite, who, customer, state="withdrawn", at="2026-03-01T00:00:00Z")
    late = note(suite, who, customer, state="given", at="2026-02-01T00:00:00Z", how="call")
    assert late["present"] is False
    assert [one["state"] for one in listed(suite, who, customer)] == ["withdrawn", "given", "given"]
    (holds,) = listed(suite, who, customer, present="true")
    assert (holds["state"], holds["evidence"]) == ("withdrawn", "Ticked the box.")
    assert reached(suite, who) == 0


def test_campaigns_leave_out_who_has_taken_his_consent_back_until_he_gives_it_again(suite, who, customer):
    assert reached(suite, who) == 1
    note(suite, who, customer, state="withdrawn")
    assert reached(suite, who) == 0
    note(suite, who, customer, state="given")
    assert reached(suite, who) == 1


def test_unsubscribing_takes_the_consent_back(suite, who, customer):
    told = Unsubscribed(aggregate_id=new_id(), version=1, customer_id=UUID(customer), campaign_id=new_id())
    suite.customers.deliver(told)
    (line,) = listed(suite, who, customer)
    assert (line["state"], line["how"], line["noted_by"]) == ("withdrawn", "link", None)


def test_a_contact_of_somebody_else_and_a_strangers_upload_are_refused(suite, who, customer):
    ask = suite.customers.call
    given = {**SAID, "state": "given", "customer_id": customer}
    assert ask("note_consent", who["customers"], **given, contact_id=new_id()).body["type"] == "unknown-contact"
    upload = f"uploads/{new_id()}/x"
    assert ask("note_consent", who["customers"], **given, evidence_file=upload).body["type"] == "no-such-upload"
    assert listed(suite, who, customer) == []
