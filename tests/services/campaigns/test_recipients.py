"""What became of each recipient: lists, the report, what is uncertain, and the customer's page."""

from typing import Any

import pytest

from tests.services.campaigns.factories import MARKETER, known_customer, known_customers, started, states, work_until


@pytest.fixture
def uncertain(campaigns, marketer, sink) -> tuple[str, str]:
    """A campaign that was sent but for one uncertain message, and that recipient's id."""
    known_customers(campaigns, 3)
    campaign_id = started(campaigns, marketer)
    work_until(campaigns, campaign_id)
    with campaigns.session() as session:
        session.connection().exec_driver_sql(
            "UPDATE recipients SET state = 'uncertain', sent_at = NULL WHERE position = 2"
        )
    sink.messages.clear()
    return campaign_id, str(campaigns.scalar("SELECT id FROM recipients WHERE state = 'uncertain'"))


def resolve(campaigns, who, campaign_id, recipient_id, **fields):
    return campaigns.call("resolve_recipient", who, campaign_id=campaign_id, recipient_id=recipient_id, **fields)


def test_an_uncertain_message_that_went_out_is_noted_as_sent(campaigns, marketer, sink, uncertain):
    answer = resolve(campaigns, marketer, *uncertain, sent=True)
    assert (answer.status, answer.json()["state"]) == (200, "sent")
    assert answer.json()["resolved_by"] == str(marketer.id)
    campaigns.run_jobs()
    assert sink.messages == []
    assert sum(event["type"] == "CampaignMessageSent" for event in campaigns.events()) == 4


def test_one_that_did_not_go_out_is_sent_once_more_and_the_campaign_ends_again(campaigns, marketer, sink, uncertain):
    campaign_id, recipient_id = uncertain
    answer = resolve(campaigns, marketer, campaign_id, recipient_id, sent=False)
    assert (answer.status, answer.json()["state"]) == (200, "pending")
    assert campaigns.scalar("SELECT state FROM campaigns") == "sending"
    work_until(campaigns, campaign_id)
    assert len(sink.messages) == 1
    assert set(states(campaigns, campaign_id).values()) == {"sent"}


def test_only_what_is_uncertain_can_be_resolved(campaigns, marketer, uncertain):
    campaign_id, recipient_id = uncertain
    assert resolve(campaigns, marketer, campaign_id, recipient_id, sent=True).status == 200
    again = resolve(campaigns, marketer, campaign_id, recipient_id, sent=False)
    assert (again.status, again.body["type"]) == (409, "nothing-uncertain")
    assert resolve(campaigns, marketer, campaign_id, campaign_id, sent=True).status == 404
    assert resolve(campaigns, marketer, campaign_id, recipient_id).status == 422
    assert resolve(campaigns, marketer, campaign_id, recipient_id, sent="true").status == 422


def test_what_is_uncertain_in_a_cancelled_campaign_stays_unsent(campaigns, marketer, sink, uncertain):
    campaign_id, recipient_id = uncertain
    with campaigns.session() as session:
        session.connection().exec_driver_sql("UPDATE campaigns SET state = 'cancelled'")
    answer = resolve(campaigns, marketer, campaign_id, recipient_id, sent=False)
    assert (answer.json()["state"], answer.json()["reason"]) == ("skipped", "cancelled")


def test_the_report_counts_everybody(campaigns, marketer, sink):
    emails = known_customers(campaigns, 4)
    known_customer(campaigns, None)
    campaigns.call("add_unsubscription", marketer, address=emails[0])
    sink.at_recipient = lambda address: "550 Unknown" if address == emails[1] else None
    campaign_id = started(campaigns, marketer)
    work_until(campaigns, campaign_id)

    report = campaigns.call("report", marketer, campaign_id=campaign_id).json()
    assert report["by_state"] == {"pending": 0, "sending": 0, "sent": 2, "skipped": 1, "failed": 1, "uncertain": 0}
    assert (report["recipients"], report["audience_customers"], report["without_address"]) == (4, 5, 1)
    assert report["skipped_because"] == {"unsubscribed": 1}
    assert report["state"] == "sent"
    assert report["started_at"] < report["finished_at"]


def test_recipients_are_listed_in_pages_and_by_state(campaigns, marketer, sink):
    known_customers(campaigns, 5)
    campaign_id = started(campaigns, marketer, throttle_per_minute=1)
    campaigns.run_jobs()
    seen: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = campaigns.call("find_recipients", marketer, campaign_id=campaign_id, limit=2, **cursor).json()
        seen += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert [item["position"] for item in seen] == [1, 2, 3, 4, 5]
    assert [item["state"] for item in seen] == ["sent"] + ["pending"] * 4
    pending = campaigns.call("find_recipients", marketer, campaign_id=campaign_id, state="pending").json()["items"]
    assert pending == seen[1:]
    assert campaigns.call("find_recipients", marketer, campaign_id=campaign_id, state="lost").status == 422


def test_a_colleague_sees_the_campaign_but_not_the_addresses_of_customers_out_of_his_sight(campaigns, marketer, sink):
    known_customers(campaigns, 2)
    colleague = campaigns.person("Colleague", MARKETER | {"customers:read": "own"}, teams=list(marketer.caller.teams))
    known_customer(campaigns, "mine@four.example", owner_id=colleague.id)
    campaign_id = started(campaigns, marketer)
    work_until(campaigns, campaign_id)

    items = campaigns.call("find_recipients", colleague, campaign_id=campaign_id).json()["items"]
    assert [item["email"] for item in items] == ["mine@four.example"]
    report = campaigns.call("report", colleague, campaign_id=campaign_id).json()
    assert report["by_state"]["sent"] == 3


def test_a_customers_page_shows_the_campaigns_that_wrote_to_it(campaigns, marketer, sink):
    rep = campaigns.person("Rep", {"customers:read": "own", "campaigns:read": "own"})
    customer_id = known_customer(campaigns, "li@one.example", owner_id=rep.id)
    known_customers(campaigns, 2)
    for name in ("First", "Second", "Third"):
        work_until(campaigns, started(campaigns, marketer, name=name))

    page = campaigns.call("customer_campaigns", rep, customer_id=customer_id, limit=2).json()
    assert [(item["campaign_name"], item["state"]) for item in page["items"]] == [("Third", "sent"), ("Second", "sent")]
    rest = campaigns.call("customer_campaigns", rep, customer_id=customer_id, cursor=page["next_cursor"]).json()
    assert [item["campaign_name"] for item in rest["items"]] == ["First"]


def test_a_customer_out_of_sight_shows_nothing_just_as_one_that_does_not_exist(campaigns, marketer, sink):
    customer_id = known_customer(campaigns, "li@one.example")
    pooled = known_customer(campaigns, "pool@two.example", in_pool=True)
    work_until(campaigns, started(campaigns, marketer))
    rep = campaigns.person("Rep", {"customers:read": "own", "campaigns:read": "own"})
    claimer = campaigns.person("Claimer", {"customers:read": "own", "customers:claim": "all", "campaigns:read": "own"})

    def shown(who, which) -> int:
        answer = campaigns.call("customer_campaigns", who, customer_id=which)
        assert answer.status == 200
        return len(answer.json()["items"])

    unknown = "01900000-0000-7000-8000-000000000000"
    assert [shown(rep, one) for one in (customer_id, pooled, unknown)] == [0, 0, 0]
    assert [shown(claimer, one) for one in (customer_id, pooled)] == [0, 1]


def test_live_changes_reach_only_who_may_see_the_record(campaigns, marketer, sink):
    known_customers(campaigns, 1)
    campaign_id = started(campaigns, marketer)
    work_until(campaigns, campaign_id)
    recipient_id = str(campaigns.scalar("SELECT id FROM recipients"))
    stranger = campaigns.person("Stranger", MARKETER)

    def visible(who, resource, record) -> list[str]:
        return campaigns.call("visible_records", who, resource=resource, ids=[record]).json()

    assert visible(marketer, "campaign", campaign_id) == [campaign_id]
    assert visible(marketer, "recipient", recipient_id) == [recipient_id]
    assert visible(stranger, "campaign", campaign_id) == []
    assert visible(stranger, "recipient", recipient_id) == []
