"""Sending a campaign: who gets it, what arrives, and the states on the way."""

from datetime import timedelta
from email.utils import parsedate_to_datetime

from chassis.clock import now
from chassis.identity.events import UserChanged
from chassis.ids import new_id
from tests.services.campaigns.factories import (
    EVERYBODY,
    MARKETER,
    TEMPLATE,
    customer_event,
    drafted,
    hurry,
    known_customer,
    known_customers,
    started,
    states,
    work_until,
)


def test_everybody_in_the_audience_gets_the_message_once(campaigns, marketer, sink):
    emails = known_customers(campaigns, 7)
    campaign_id = started(campaigns, marketer)
    work_until(campaigns, campaign_id)

    assert sorted(sink.recipients) == sorted(emails)
    assert set(states(campaigns, campaign_id).values()) == {"sent"}
    assert sink.connections == 1


def test_the_audience_is_chosen_by_the_filter(campaigns, marketer, sink):
    known_customer(campaigns, "a@soft.example", sector="software", tags=["vip", "eu"], employees=40)
    known_customer(campaigns, "b@soft.example", sector="software", tags=[], employees=400)
    known_customer(campaigns, "c@bank.example", sector="finance", tags=["vip"], employees=40)
    vip = {"field": "tags", "op": "has", "value": "vip"}
    software = {"field": "sector", "op": "eq", "value": "software"}

    campaign_id = started(campaigns, marketer, audience={"and": [software, vip]})
    work_until(campaigns, campaign_id)
    assert sink.recipients == ["a@soft.example"]


def test_each_contact_of_a_customer_gets_one(campaigns, marketer, sink):
    known_customer(campaigns, "info@one.example", "sales@one.example", None, "nonsense")
    work_until(campaigns, started(campaigns, marketer))
    assert sorted(sink.recipients) == ["info@one.example", "sales@one.example"]


def test_one_address_gets_one_message_however_often_and_however_it_is_written(campaigns, marketer, sink):
    known_customer(campaigns, "Info@One.example", "info@one.example ", name="Older")
    known_customer(campaigns, "INFO@ONE.EXAMPLE", name="Newer", created_at=now())
    campaign_id = started(campaigns, marketer)
    work_until(campaigns, campaign_id)

    assert len(sink.messages) == 1
    assert sink.messages[0][1]["Subject"] == "News for Older"
    assert list(states(campaigns, campaign_id)) == ["info@one.example"]


def test_the_sender_reaches_only_customers_that_he_may_see(campaigns, sink):
    east, west = campaigns.team("East"), campaigns.team("West")
    rep = campaigns.person("Rep", MARKETER | {"customers:read": "team"}, teams=[east])
    known_customer(campaigns, "east@one.example", team_id=east)
    known_customer(campaigns, "own@two.example", owner_id=rep.id, team_id=west)
    known_customer(campaigns, "west@three.example", team_id=west)
    known_customer(campaigns, "pool@four.example", in_pool=True)

    work_until(campaigns, started(campaigns, rep))
    assert sorted(sink.recipients) == ["east@one.example", "own@two.example"]


def test_who_may_not_see_customers_at_all_cannot_send(campaigns, sink):
    stranger = campaigns.person("Stranger", {name: "all" for name in MARKETER if name != "customers:read"})
    campaign = drafted(campaigns, stranger)
    assert campaigns.call("send_campaign", stranger, campaign_id=campaign["id"]).status == 403
    assert campaigns.call("preview_audience", stranger, campaign_id=campaign["id"]).status == 403


def test_the_audience_is_frozen_when_the_campaign_starts(campaigns, marketer, sink):
    known_customer(campaigns, "first@one.example")
    campaign_id = started(campaigns, marketer, throttle_per_minute=1)
    campaigns.run_jobs()
    known_customer(campaigns, "late@two.example")
    campaigns.run_jobs()
    work_until(campaigns, campaign_id)
    assert sink.recipients == ["first@one.example"]


def test_the_message_is_complete(campaigns, marketer, sink):
    html = "<h1>你好 {{ contact.name }}</h1><p>{{ customer.city }} &amp; {{ sender.name }}, {{ campaign.name }}</p>"
    known_customer(campaigns, "li@one.example", name="示例 & <b>Co</b>", city="上海")
    campaign_id = started(campaigns, marketer, name="秋 Autumn", template={**TEMPLATE, "html": html})
    work_until(campaigns, campaign_id)

    message = sink.message_to("li@one.example")
    recipient_id = campaigns.scalar("SELECT id FROM recipients")
    assert message["From"] == "Rockpool News <news@rockpool.example>"
    assert message["To"] == "Purchasing <li@one.example>"
    assert message["Subject"] == "News for 示例 & <b>Co</b>"
    assert message["Message-ID"] == f"<{campaign_id.replace('-', '')}.{recipient_id.hex}@rockpool.example>"
    assert abs(parsedate_to_datetime(message["Date"]) - now()) < timedelta(minutes=1)
    assert (message["Precedence"], message["Auto-Submitted"]) == ("bulk", "auto-generated")
    assert message.get_content_type() == "multipart/alternative"
    plain, rich = (part.get_content().replace("\r\n", "\n") for part in message.iter_parts())
    assert "<h1>你好 Purchasing</h1><p>上海 &amp; Marketer, 秋 Autumn</p>" in rich
    assert plain.startswith("你好 Purchasing\n\n上海 & Marketer, 秋 Autumn")


def test_every_message_says_how_to_unsubscribe_with_one_click(campaigns, marketer, sink):
    known_customer(campaigns, "li@one.example")
    work_until(campaigns, started(campaigns, marketer))

    message = sink.message_to("li@one.example")
    url = message["List-Unsubscribe"].strip("<>")
    assert url.startswith("https://crm.rockpool.example/api/v1/unsubscribe/")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert all(url in part.get_content() for part in message.iter_parts())
    assert "li" not in url.rpartition("/")[2] or "one.example" not in url


def test_what_looks_like_markup_or_a_header_in_a_customers_name_is_only_text(campaigns, marketer, sink):
    name = "Evil\r\nBcc: victim@other.example\r\n\r\n<script>alert(1)</script>"
    known_customer(
        campaigns,
        "li@one.example",
        name=name,
        addressees=[{"contact_id": None, "name": name, "email": "li@one.example"}],
    )
    html = "<p>{{ customer.name }}</p>\n.\n..dots"
    work_until(campaigns, started(campaigns, marketer, template={"subject": "{{ customer.name }}", "html": html}))

    assert sink.recipients == ["li@one.example"]
    message = sink.message_to("li@one.example")
    assert message["Bcc"] is None
    assert "Bcc: victim@other.example" in message["Subject"]
    rich = message.get_body(("html",)).get_content().replace("\r\n", "\n")
    assert "&lt;script&gt;" in rich
    assert "\n.\n..dots" in rich


def test_addresses_beyond_ascii_are_written_to(campaigns, marketer, sink):
    known_customer(campaigns, "用户@例子.example", "info@bücher.example")
    work_until(campaigns, started(campaigns, marketer))
    assert sorted(sink.recipients) == ["info@xn--bcher-kva.example", "用户@xn--fsqu00a.example"]


def test_a_scheduled_campaign_starts_on_time_and_once(campaigns, marketer, sink):
    known_customers(campaigns, 2)
    campaign = drafted(campaigns, marketer)
    at = now() + timedelta(hours=1)
    answer = campaigns.call("send_campaign", marketer, campaign_id=campaign["id"], scheduled_at=at.isoformat())
    assert (answer.status, answer.json()["state"]) == (200, "scheduled")
    assert campaigns.fire_timers() == 0

    with campaigns.session() as session:
        session.connection().exec_driver_sql("UPDATE timers SET due_at = now()")
    assert campaigns.fire_timers() == 1
    work_until(campaigns, campaign["id"])
    assert campaigns.fire_timers() == 0
    assert len(sink.messages) == 2


def test_a_time_that_is_over_cannot_be_scheduled(campaigns, marketer):
    campaign = drafted(campaigns, marketer)
    answer = campaigns.call("send_campaign", marketer, campaign_id=campaign["id"], scheduled_at="2020-01-01T00:00:00Z")
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, "/scheduled_at")


def test_a_scheduled_campaign_of_somebody_who_has_left_waits_for_another(campaigns, marketer, sink):
    known_customers(campaigns, 1)
    campaign = drafted(campaigns, marketer)
    at = (now() + timedelta(seconds=60)).isoformat()
    campaigns.call("send_campaign", marketer, campaign_id=campaign["id"], scheduled_at=at)
    leave(campaigns, marketer)
    with campaigns.session() as session:
        session.connection().exec_driver_sql("UPDATE timers SET due_at = now()")
    campaigns.fire_timers()

    boss = campaigns.person("Boss", {"*": "all"})
    halted = campaigns.call("get_campaign", boss, campaign_id=campaign["id"]).json()
    assert halted["state"] == "paused"
    assert "account" in halted["trouble"]
    resumed = campaigns.call("resume_campaign", boss, campaign_id=campaign["id"]).json()
    assert (resumed["state"], resumed["sender_id"], resumed["trouble"]) == ("sending", str(boss.id), None)
    work_until(campaigns, campaign["id"])
    assert len(sink.messages) == 1


def leave(campaigns, person):
    gone = UserChanged(aggregate_id=person.id, version=9, name="Gone", active=False, teams=[], roles=[])
    campaigns.deliver(gone)


def test_once_paused_no_further_message_leaves_until_it_is_resumed(campaigns, marketer, sink):
    known_customers(campaigns, 10)
    campaign_id = started(campaigns, marketer)

    def pause_at_the_third(_: str) -> None:
        if len(sink.messages) == 2:
            assert campaigns.call("pause_campaign", marketer, campaign_id=campaign_id).status == 200

    sink.at_message = pause_at_the_third
    campaigns.run_jobs()
    assert len(sink.messages) == 3
    assert sorted(states(campaigns, campaign_id).values()) == ["pending"] * 7 + ["sent"] * 3

    sink.at_message = lambda _: None
    campaigns.call("resume_campaign", marketer, campaign_id=campaign_id)
    work_until(campaigns, campaign_id)
    assert (len(sink.messages), sink.repeated) == (10, {})


def test_a_message_on_its_way_is_withheld_when_the_campaign_is_paused_before_its_last_dot(campaigns, marketer, sink):
    (email,) = known_customers(campaigns, 1)
    campaign_id = started(campaigns, marketer)

    def pause(_: str) -> None:
        campaigns.call("pause_campaign", marketer, campaign_id=campaign_id)

    sink.at_recipient = pause
    campaigns.run_jobs()
    assert sink.messages == []
    assert states(campaigns, campaign_id) == {email: "pending"}


def test_a_cancelled_campaign_skips_who_has_not_been_written_to(campaigns, marketer, sink):
    known_customers(campaigns, 3)
    campaign_id = started(campaigns, marketer, throttle_per_minute=1)
    campaigns.run_jobs()
    assert len(sink.messages) == 1
    cancelled = campaigns.call("cancel_campaign", marketer, campaign_id=campaign_id).json()
    hurry(campaigns)
    campaigns.run_jobs()

    assert cancelled["state"] == "cancelled"
    assert sorted(states(campaigns, campaign_id).values()) == ["sent", "skipped", "skipped"]
    assert len(sink.messages) == 1


def test_a_campaign_goes_only_where_its_state_leads(campaigns, marketer):
    campaign_id = drafted(campaigns, marketer)["id"]

    def status(operation: str) -> int:
        return int(campaigns.call(operation, marketer, campaign_id=campaign_id).status)

    assert [status(name) for name in ("pause_campaign", "resume_campaign")] == [409, 409]
    assert status("send_campaign") == 200
    assert [status(name) for name in ("send_campaign", "resume_campaign")] == [409, 409]
    assert status("pause_campaign") == 200
    assert [status(name) for name in ("send_campaign", "pause_campaign")] == [409, 409]
    assert status("cancel_campaign") == 200
    ended = ("send_campaign", "pause_campaign", "resume_campaign", "cancel_campaign")
    assert [status(name) for name in ended] == [409] * 4


def test_an_audience_of_nobody_is_sent_at_once(campaigns, marketer, sink):
    campaign_id = started(campaigns, marketer)
    work_until(campaigns, campaign_id)
    assert sink.connections == 0


def test_the_others_hear_of_each_step_and_of_each_message(campaigns, marketer, sink):
    customer_id = known_customer(campaigns, "li@one.example")
    campaign_id = started(campaigns, marketer)
    work_until(campaigns, campaign_id)

    told = [event for event in campaigns.events() if event["service"] == "campaigns"]
    steps = [event for event in told if event["type"] == "CampaignChanged"]
    assert [event["payload"]["state"] for event in steps] == ["draft", "sending", "sending", "sent"]
    versions = [event["version"] for event in steps]
    assert versions == sorted(set(versions))
    (sent,) = [event for event in told if event["type"] == "CampaignMessageSent"]
    assert sent["payload"]["customer_id"] == str(customer_id)
    assert sent["payload"]["campaign_id"] == campaign_id
    assert "one.example" not in str(told)


def test_a_campaign_whose_sender_has_lost_his_rights_halts_and_says_so(campaigns, marketer, sink):
    known_customers(campaigns, 1)
    campaign_id = started(campaigns, marketer)
    leave(campaigns, marketer)
    campaigns.run_jobs()
    assert campaigns.scalar("SELECT state FROM campaigns") == "paused"
    assert campaigns.scalar("SELECT trouble FROM campaigns")
    assert sink.messages == []
    assert states(campaigns, campaign_id) == {}


def test_an_older_state_of_a_customer_does_not_replace_a_newer_one(campaigns, marketer, sink):
    customer_id = new_id()
    campaigns.deliver(customer_event("new@one.example", aggregate_id=customer_id, version=3))
    campaigns.deliver(customer_event("old@one.example", aggregate_id=customer_id, version=2))
    work_until(campaigns, started(campaigns, marketer, audience=EVERYBODY))
    assert sink.recipients == ["new@one.example"]
