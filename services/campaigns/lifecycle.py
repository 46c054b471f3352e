"""The life of a campaign after it is written: send, pause, resume, cancel, and settle what is uncertain."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.context import directory_of
from chassis.errors import NotFound, Unauthenticated
from chassis.identity.caller import Caller
from chassis.jobs import JobRun, enqueue
from chassis.timers import DueTimer, cancel_timer, set_timer
from services.campaigns.announcements import announce, announce_sent
from services.campaigns.commands import load
from services.campaigns.errors import TimeIsOver
from services.campaigns.models import Campaign, Recipient
from services.campaigns.queries import recipient_row
from services.campaigns.replicas import reaches_recipient

SENDING_JOB = "send_messages"
START_TIMER = "start_campaign"
SKIPPING_JOB = "skip_the_rest"
SKIPPED_AT_ONCE = 2_000
CANCELLED = "cancelled"
SENDER_LEFT = "The account of the person who sends it is closed"


def send_campaign(session: Session, caller: Caller, campaign_id: UUID, scheduled_at: datetime | None) -> Campaign:
    """Send a campaign, now or at a time of your choice.

    When it starts, the recipients are fixed: the customers that the audience's filter chooses among those that you may
    see then, one message for each address, and none for who has unsubscribed.
    """
    caller.require("customers:read")
    campaign = load(session, caller, campaign_id, "campaigns:send")
    if scheduled_at is None:
        cancel_timer(session, START_TIMER, str(campaign.id))
        campaign.start(caller)
        _set_to_work(session, caller, campaign)
    else:
        if scheduled_at <= now():
            raise TimeIsOver.field("/scheduled_at", "This time is over.")
        campaign.schedule(caller, scheduled_at)
        set_timer(session, START_TIMER, str(campaign.id), scheduled_at)
    announce(session, campaign)
    return campaign


def start_scheduled(session: Session, timer: DueTimer) -> None:
    """The time of a scheduled campaign has come."""
    campaign = session.scalar(select(Campaign).where(Campaign.id == UUID(timer.key)).with_for_update())
    if campaign is None or campaign.state != "scheduled" or campaign.sender_id is None:
        return
    try:
        sender = directory_of(session).caller(campaign.sender_id)
    except Unauthenticated:
        campaign.halt(SENDER_LEFT)
    else:
        campaign.start(sender)
        _set_to_work(session, sender, campaign)
    announce(session, campaign)


def pause_campaign(session: Session, caller: Caller, campaign_id: UUID) -> Campaign:
    """Stop sending for the time being; once this is answered, no further message leaves."""
    campaign = load(session, caller, campaign_id, "campaigns:send")
    campaign.pause()
    announce(session, campaign)
    return campaign


def resume_campaign(session: Session, caller: Caller, campaign_id: UUID) -> Campaign:
    """Go on with a paused campaign."""
    campaign = load(session, caller, campaign_id, "campaigns:send")
    if campaign.started_at is None:
        caller.require("customers:read")
    campaign.resume(caller)
    _set_to_work(session, caller, campaign)
    announce(session, campaign)
    return campaign


def cancel_campaign(session: Session, caller: Caller, campaign_id: UUID) -> Campaign:
    """Give a campaign up; who has not been written to is skipped soon after, what has gone out has gone out."""
    campaign = load(session, caller, campaign_id, "campaigns:send")
    campaign.cancel()
    cancel_timer(session, START_TIMER, str(campaign.id))
    campaign.job_id = enqueue(session, caller, SKIPPING_JOB, {"campaign_id": campaign.id})
    announce(session, campaign)
    return campaign


def skip_the_rest(run: JobRun) -> dict[str, int]:
    """Note that nobody else is written to, because the campaign was cancelled."""
    waiting = select(Recipient.id).where(
        Recipient.campaign_id == UUID(run.input["campaign_id"]), Recipient.state == "pending"
    )
    some = waiting.limit(SKIPPED_AT_ONCE).with_for_update()
    skipped: list[UUID] | None = None
    while skipped is None or len(skipped) == SKIPPED_AT_ONCE:
        with run.chunk() as session:
            skip = update(Recipient).where(Recipient.id.in_(some.scalar_subquery()))
            skip = skip.values(state="skipped", reason=CANCELLED, claim=None)
            skipped = list(session.scalars(skip.returning(Recipient.id)))
            run.save(session, done=run.done + len(skipped))
    return {"skipped": run.done}


def resolve_recipient(
    session: Session, caller: Caller, campaign_id: UUID, recipient_id: UUID, sent: bool
) -> dict[str, Any]:
    """Say whether an uncertain message went out, after looking at the mail server's log.

    One that did not is sent after all, if the campaign is not cancelled.
    """
    campaign = load(session, caller, campaign_id, "campaigns:send")
    wanted = select(Recipient).where(Recipient.id == recipient_id, Recipient.campaign_id == campaign.id)
    recipient = session.scalar(wanted.where(reaches_recipient(caller)).with_for_update())
    if recipient is None:
        raise NotFound
    recipient.resolve(sent=sent, by=caller.user_id)
    if sent:
        announce_sent(session, recipient)
    elif campaign.state == "cancelled":
        recipient.skip(CANCELLED)
    elif campaign.state == "sent":
        campaign.reopen()
        _set_to_work(session, caller, campaign)
        announce(session, campaign)
    session.flush()
    return recipient_row(session, recipient.id)


def _set_to_work(session: Session, caller: Caller, campaign: Campaign) -> None:
    """A new job for the campaign; one that may still be running ends, because it is not this one."""
    campaign.job_id = enqueue(session, caller, SENDING_JOB, {"campaign_id": campaign.id})
