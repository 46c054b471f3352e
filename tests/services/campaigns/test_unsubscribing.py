"""Who wants no more mail gets none: by the link, by one click of the mail program, or because he said so."""

import base64
import re

import pytest

from services.campaigns.links import Link
from tests.services.campaigns.factories import (
    MARKETER,
    drafted,
    known_customer,
    known_customers,
    started,
    states,
    work_until,
)


@pytest.fixture
def token(campaigns, marketer, sink) -> str:
    """The one in the message that li@one.example got."""
    known_customer(campaigns, "li@one.example")
    work_until(campaigns, started(campaigns, marketer))
    return sink.message_to("li@one.example")["List-Unsubscribe"].strip("<>").rpartition("/")[2]


def unsubscribed(campaigns) -> int:
    return campaigns.scalar("SELECT count(*) FROM unsubscriptions WHERE lifted_at IS NULL")


def test_one_click_unsubscribes_from_this_and_every_later_campaign(campaigns, marketer, sink, token):
    answer = campaigns.call("unsubscribe", token=token, **{"List-Unsubscribe": "One-Click"})
    assert answer.status == 200
    assert answer.json()["media_type"].startswith("text/html")
    assert "已退订" in answer.json()["content"]

    campaign_id = started(campaigns, marketer)
    work_until(campaigns, campaign_id)
    assert len(sink.messages) == 1
    assert states(campaigns, campaign_id) == {"li@one.example": "skipped"}
    report = campaigns.call("report", marketer, campaign_id=campaign_id).json()
    assert report["skipped_because"] == {"unsubscribed": 1}


def test_opening_the_link_asks_and_changes_nothing(campaigns, token):
    page = campaigns.call("ask_to_unsubscribe", token=token)
    assert page.status == 200
    content = page.json()["content"]
    assert re.search(r'<form method="post">\s*<input type="hidden" name="List-Unsubscribe" value="One-Click">', content)
    assert "退订" in content
    assert "Unsubscribe" in content
    assert "<script" not in content
    assert "one.example" not in content
    assert unsubscribed(campaigns) == 0


def test_a_second_click_changes_nothing_and_the_page_says_it_is_done(campaigns, token):
    for _ in range(3):
        assert campaigns.call("unsubscribe", token=token).status == 200
    assert unsubscribed(campaigns) == 1
    assert "已退订" in campaigns.call("ask_to_unsubscribe", token=token).json()["content"]
    assert sum(event["type"] == "Unsubscribed" for event in campaigns.events()) == 1


def test_mail_programs_may_send_more_than_the_standard_asks_for(campaigns, token):
    assert campaigns.call("unsubscribe", token=token, **{"List-Unsubscribe": "One-Click", "other": "1"}).status == 200
    assert unsubscribed(campaigns) == 1


def test_the_link_holds_nothing_personal(campaigns, token):
    content = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    assert len(content) == 48
    assert b"li" not in content
    link = Link.read(token, campaigns.settings.secret_key)
    assert link is not None
    assert link.recipient_id == campaigns.scalar("SELECT id FROM recipients")


def test_a_link_that_was_not_made_here_leads_nowhere(campaigns, token):
    link = Link.read(token, campaigns.settings.secret_key)
    assert link is not None
    forged = [
        token[:-1],
        token[:-3] + ("aaa" if token[-3:] != "aaa" else "bbb"),
        link.token(b"another secret of thirty-two byte"),
        Link(link.campaign_id, link.campaign_id).token(campaigns.settings.secret_key),
        "nonsense",
        "退订",
        "!" * 64,
        "",
    ]
    for wrong in forged:
        assert campaigns.call("unsubscribe", token=wrong).status == 404, wrong
        assert campaigns.call("ask_to_unsubscribe", token=wrong).status == 404, wrong
    assert unsubscribed(campaigns) == 0


def test_the_link_of_a_test_message_unsubscribes_nobody(campaigns, marketer, sink):
    known_customers(campaigns, 1)
    campaign = drafted(campaigns, marketer)
    campaigns.call("send_test", marketer, campaign_id=campaign["id"], to="colleague@rockpool.example")
    campaigns.run_jobs()
    token = sink.message_to("colleague@rockpool.example")["List-Unsubscribe"].strip("<>").rpartition("/")[2]
    assert "测试" in campaigns.call("ask_to_unsubscribe", token=token).json()["content"]
    assert "测试" in campaigns.call("unsubscribe", token=token).json()["content"]
    assert unsubscribed(campaigns) == 0


def test_the_others_hear_which_customer_it_was_but_no_address(campaigns, token):
    campaigns.call("unsubscribe", token=token)
    (event,) = [event for event in campaigns.events() if event["type"] == "Unsubscribed"]
    assert event["payload"]["customer_id"] == str(campaigns.scalar("SELECT id FROM customers"))
    assert event["actor"] is None
    assert "one.example" not in str(event)


def test_the_report_counts_who_left_because_of_the_campaign(campaigns, marketer, token):
    campaigns.call("unsubscribe", token=token)
    campaign_id = campaigns.scalar("SELECT id FROM campaigns")
    assert campaigns.call("report", marketer, campaign_id=campaign_id).json()["unsubscribed"] == 1


def test_people_enter_who_has_said_so_in_another_way(campaigns, marketer, sink):
    known_customer(campaigns, "li@one.example")
    added = campaigns.call("add_unsubscription", marketer, address=" Li@One.example", note="On the phone")
    assert added.status == 201
    entry = added.json()
    assert (entry["address"], entry["source"], entry["note"]) == ("li@one.example", "manual", "On the phone")
    again = campaigns.call("add_unsubscription", marketer, address="LI@ONE.EXAMPLE")
    assert (again.status, again.body["type"]) == (409, "already-unsubscribed")
    assert campaigns.call("find_unsubscriptions", marketer).json()["items"] == [entry]

    work_until(campaigns, started(campaigns, marketer))
    assert sink.messages == []


def test_nonsense_cannot_be_unsubscribed(campaigns, marketer):
    answer = campaigns.call("add_unsubscription", marketer, address="li at one")
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, "/address")


def test_who_wants_mail_again_gets_it_and_the_entry_tells_why(campaigns, marketer, sink):
    known_customer(campaigns, "li@one.example")
    entry = campaigns.call("add_unsubscription", marketer, address="li@one.example").json()

    assert campaigns.call("lift_unsubscription", marketer, unsubscription_id=entry["id"]).status == 422
    lifted = campaigns.call("lift_unsubscription", marketer, unsubscription_id=entry["id"], note="Asked for it")
    assert (lifted.status, lifted.json()["lift_note"], lifted.json()["lifted_by"]) == (
        200,
        "Asked for it",
        str(marketer.id),
    )
    repeated = campaigns.call("lift_unsubscription", marketer, unsubscription_id=entry["id"], note="Again")
    assert repeated.status == 409

    work_until(campaigns, started(campaigns, marketer))
    assert sink.recipients == ["li@one.example"]
    assert campaigns.call("find_unsubscriptions", marketer, standing="true").json()["items"] == []
    assert len(campaigns.call("find_unsubscriptions", marketer, standing="false").json()["items"]) == 1
    assert campaigns.call("add_unsubscription", marketer, address="li@one.example").status == 201


def test_the_list_shows_only_what_is_in_reach(campaigns, marketer):
    campaigns.call("add_unsubscription", marketer, address="li@one.example")
    stranger = campaigns.person("Stranger", MARKETER, teams=[campaigns.team("Elsewhere")])
    assert campaigns.call("find_unsubscriptions", stranger).json()["items"] == []
    entry_id = campaigns.scalar("SELECT id FROM unsubscriptions")
    assert campaigns.call("lift_unsubscription", stranger, unsubscription_id=entry_id, note="x").status == 404
