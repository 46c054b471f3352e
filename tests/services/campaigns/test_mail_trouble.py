"""What the mail server may do: refuse for now, refuse for good, fall silent, be away."""

import socket
import threading

import pytest

from chassis.mail.letters import Envelope
from chassis.mail.server import MailServer
from services.campaigns.models import MAX_ATTEMPTS
from tests.mail_sink import MailSink
from tests.services.campaigns.factories import (
    drafted,
    hurry,
    known_customer,
    known_customers,
    new_marketer,
    started,
    states,
    work_until,
)


def only(address: str, reply: str):
    """Replies so to one address, as usual to the others."""
    return lambda given: reply if given == address else None


@pytest.mark.parametrize("step", ["at_recipient", "at_message"])
def test_who_is_refused_for_good_has_failed_with_the_reason_and_the_others_get_theirs(campaigns, marketer, sink, step):
    emails = known_customers(campaigns, 3)
    setattr(sink, step, only(emails[1], "550 5.1.1 No such mailbox"))
    campaign_id = started(campaigns, marketer)
    work_until(campaigns, campaign_id)

    assert sorted(sink.recipients) == [emails[0], emails[2]]
    failed = campaigns.call("find_recipients", marketer, campaign_id=campaign_id, state="failed").json()["items"]
    assert [(item["email"], item["reason"]) for item in failed] == [(emails[1], "550 5.1.1 No such mailbox")]


@pytest.mark.parametrize("step", ["at_recipient", "at_message"])
def test_who_is_refused_for_now_is_tried_again_later_and_the_campaign_goes_on(campaigns, marketer, sink, step):
    emails = known_customers(campaigns, 3)
    setattr(sink, step, only(emails[0], "451 4.7.1 Greylisted"))
    campaign_id = started(campaigns, marketer)
    campaigns.run_jobs()
    assert sorted(sink.recipients) == emails[1:]
    assert states(campaigns, campaign_id) == {emails[0]: "pending", emails[1]: "sent", emails[2]: "sent"}
    wait = "SELECT extract(epoch FROM due_at - now()) FROM recipients WHERE state = 'pending'"
    assert 30 < campaigns.scalar(wait) <= 60
    assert campaigns.scalar("SELECT reason FROM recipients WHERE state = 'pending'") == "451 4.7.1 Greylisted"

    setattr(sink, step, lambda _: None)
    campaigns.run_jobs()
    assert len(sink.messages) == 2
    hurry(campaigns)
    work_until(campaigns, campaign_id)
    assert sorted(sink.recipients) == emails


def test_each_refusal_waits_longer_and_after_ten_it_is_enough(campaigns, marketer, sink):
    known_customers(campaigns, 1)
    sink.at_recipient = lambda _: "451 Greylisted"
    campaign_id = started(campaigns, marketer)
    waits = []
    for _ in range(MAX_ATTEMPTS):
        campaigns.run_jobs()
        waits.append(campaigns.scalar("SELECT round(extract(epoch FROM due_at - now()) / 60) FROM recipients"))
        hurry(campaigns)
    work_until(campaigns, campaign_id)
    assert waits[:6] == [1, 2, 4, 8, 16, 32]
    assert campaigns.scalar("SELECT state || ': ' || reason FROM recipients") == (
        "failed: Gave up after 10 attempts: 451 Greylisted"
    )
    assert sink.messages == []


def test_a_server_that_is_away_is_waited_for_and_the_campaign_says_so(campaigns, marketer, sink):
    emails = known_customers(campaigns, 3)
    sink.stop()
    campaign_id = started(campaigns, marketer)
    campaigns.run_jobs()

    waiting = campaigns.call("get_campaign", marketer, campaign_id=campaign_id).json()
    assert waiting["state"] == "sending"
    assert "refused" in waiting["trouble"]
    assert set(states(campaigns, campaign_id).values()) == {"pending"}
    assert campaigns.scalar("SELECT max(attempts) FROM recipients") == 0
    assert 2 < campaigns.scalar("SELECT extract(epoch FROM lease_until - now()) FROM jobs") <= 5

    hurry(campaigns)
    campaigns.run_jobs()
    assert 7 < campaigns.scalar("SELECT extract(epoch FROM lease_until - now()) FROM jobs") <= 10

    back = MailSink(port=sink.port).start()
    hurry(campaigns)
    work_until(campaigns, campaign_id)
    back.stop()
    assert sorted(back.recipients) == emails
    assert campaigns.call("get_campaign", marketer, campaign_id=campaign_id).json()["trouble"] is None


@pytest.mark.parametrize("reply", ["421 Shutting down", "530 Log in first", "450 Not now"])
def test_a_server_that_does_not_welcome_the_sender_is_nobodys_failure(campaigns, marketer, sink, reply):
    known_customers(campaigns, 2)
    sink.at_sender = lambda _: reply
    campaign_id = started(campaigns, marketer)
    campaigns.run_jobs()
    assert set(states(campaigns, campaign_id).values()) == {"pending"}
    assert reply in campaigns.scalar("SELECT trouble FROM campaigns")

    sink.at_sender = lambda _: None
    hurry(campaigns)
    work_until(campaigns, campaign_id)
    assert len(sink.messages) == 2


class Rude:
    """A mail server that takes one message and goes without a word."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"smtp://127.0.0.1:{self._listener.getsockname()[1]}"
        self._talker = threading.Thread(target=self._talk)
        self._talker.start()

    def end(self) -> None:
        self._talker.join(10)
        self._listener.close()

    def _talk(self) -> None:
        connection, _ = self._listener.accept()
        with connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 here\r\n")
            for line in lines:
                if line == b".\r\n":
                    return
                if line[:4].upper() in (b"EHLO", b"MAIL", b"RCPT"):
                    connection.sendall(b"250 ok\r\n")
                elif line.upper() == b"DATA\r\n":
                    connection.sendall(b"354 go on\r\n")


def test_a_server_that_hangs_up_after_the_message_leaves_it_uncertain(sending_to):
    rude = Rude()
    campaigns = sending_to(rude.url)
    marketer = new_marketer(campaigns)
    known_customers(campaigns, 1)
    campaign_id = started(campaigns, marketer)
    campaigns.run_jobs()
    rude.end()
    assert set(states(campaigns, campaign_id).values()) == {"uncertain"}
    assert "did not say" in campaigns.scalar("SELECT reason FROM recipients")
    assert campaigns.scalar("SELECT state FROM campaigns") == "sent"


def test_an_address_that_the_server_cannot_spell_fails_alone(sending_to):
    plain = MailSink(smtputf8=False).start()
    campaigns = sending_to(plain.url)
    marketer = new_marketer(campaigns)
    known_customers(campaigns, 1)
    known_customer(campaigns, "用户@other.example")
    campaign_id = started(campaigns, marketer)
    work_until(campaigns, campaign_id)
    plain.stop()
    assert len(plain.messages) == 1
    assert states(campaigns, campaign_id)["用户@other.example"] == "failed"


def test_a_connection_that_went_stale_is_opened_anew(sink):
    letter = Envelope("news@rockpool.example", "a@b.example", b"Subject: x\r\n\r\n.dot\r\n")
    with MailServer(sink.url, "rockpool.example") as server:
        server.send(letter, lambda: None)
        sink.stop()
        again = MailSink(port=sink.port).start()
        server.send(letter, lambda: None)
    again.stop()
    assert again.messages[0][1].get_payload() == ".dot\r\n"


def test_what_cannot_be_put_together_for_one_keeps_nobody_else_waiting(campaigns, marketer, sink):
    emails = known_customers(campaigns, 3)
    template = {"subject": "x", "html": "{% if contact.email == '" + emails[1] + "' %}{% else %}hello{% endif %}"}
    campaign = drafted(campaigns, marketer, template=template)
    campaigns.call("send_campaign", marketer, campaign_id=campaign["id"])
    work_until(campaigns, campaign["id"])
    assert states(campaigns, campaign["id"]) == {emails[0]: "sent", emails[1]: "failed", emails[2]: "sent"}
    assert campaigns.scalar("SELECT reason FROM recipients WHERE state = 'failed'") == "The html is empty"
