"""Trying a campaign out before it is sent: look at the message, and send it to a colleague."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.context import settings_of
from chassis.errors import Conflict, Unavailable
from chassis.identity.caller import Caller
from chassis.ids import new_id
from chassis.jobs import JobRun, enqueue
from chassis.mail.addresses import domain_of
from chassis.mail.letters import Envelope
from chassis.mail.server import MailServer, NoAnswer, Refused, ServerAway
from services.campaigns import messages
from services.campaigns.commands import load, seen
from services.campaigns.errors import UnknownCustomer
from services.campaigns.letters import bulk_letter, message_id
from services.campaigns.links import NOBODY
from services.campaigns.models import Campaign, Customer
from services.campaigns.replicas import may_be_written_to

TEST_JOB = "send_test_message"


class TestRefused(Conflict):
    """The mail server does not take the test message."""

    __test__ = False
    slug, title = "test-refused", "The mail server refused the test message"


def preview_message(session: Session, caller: Caller, campaign_id: UUID, customer_id: UUID) -> dict[str, Any]:
    """Show the message as one customer would read it."""
    campaign = seen(session, caller, campaign_id)
    rendered = messages.sample_for(session, campaign, _customer(session, caller, customer_id), caller)
    return {"subject": rendered.subject, "html": rendered.html, "text": rendered.text}


def send_test(session: Session, caller: Caller, campaign_id: UUID, to: str, customer_id: UUID | None) -> dict[str, Any]:
    """Send the message to yourself or a colleague, as a customer or a made-up one would get it.

    The answer names the job that does it. It counts as nothing, and its unsubscribe link unsubscribes nobody.
    """
    campaign = load(session, caller, campaign_id, "campaigns:change")
    customer = _customer(session, caller, customer_id) if customer_id else None
    messages.sample_for(session, campaign, customer, caller)
    work = {"campaign_id": campaign.id, "to": to, "customer_id": customer_id}
    return {"job_id": enqueue(session, caller, TEST_JOB, work, total=1)}


def send_test_message(run: JobRun) -> dict[str, Any]:
    """Hand the test message over, once: who wants another one asks for it."""
    with run.chunk() as session:
        settings = settings_of(session)
        letter = _letter(session, run)
        run.save(session, done=1)
    try:
        with MailServer(settings.smtp_url, domain_of(settings.mail_from)) as server:
            server.send(letter, before_last_dot=lambda: None)
    except Refused as refusal:
        raise TestRefused(f"The mail server answered: {refusal}") from refusal
    except (ServerAway, NoAnswer) as away:
        raise Unavailable(f"The mail server does not answer: {away}") from away
    return {"sent": True}


def _letter(session: Session, run: JobRun) -> Envelope:
    settings = settings_of(session)
    campaign = session.get_one(Campaign, UUID(run.input["campaign_id"]))
    customer = session.get(Customer, UUID(run.input["customer_id"])) if run.input["customer_id"] else None
    rendered = messages.sample_for(session, campaign, customer, run.caller)
    return bulk_letter(
        replace(rendered, subject=f"[Test] {rendered.subject}"),
        mail_from=settings.mail_from,
        to=run.input["to"],
        name=run.caller.name,
        own_id=message_id(campaign.id, new_id(), settings.mail_from),
        unsubscribe=messages.unsubscribe_url(settings, campaign.id, NOBODY),
    )


def _customer(session: Session, caller: Caller, customer_id: UUID) -> Customer:
    customer = session.scalar(select(Customer).where(Customer.id == customer_id, may_be_written_to(caller)))
    if customer is None:
        raise UnknownCustomer.field("/customer_id", "There is no such customer that you may see.")
    return customer
