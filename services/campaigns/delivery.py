"""The job that sends a campaign: one message for each recipient, whatever crashes.

SMTP knows no transactions, so the order of steps is what counts. For each message:

1. claim the recipient (committed): nobody else works on it, and the throttle has counted it;
2. tell the mail server everything but the last dot: until then a crash has sent nothing, and the claim lapses;
3. note ``sending`` (committed), if the campaign is still on and the person still wants mail;
4. send the dot; hear the answer; note what it was (committed).

Who is found between 3 and 4 after a crash is uncertain. He is not written to again by the program, but listed and
counted, and a person can say what happened.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from prometheus_client import Counter
from sqlalchemy import func, or_, select, text, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, defer

from chassis.context import settings_of
from chassis.database import is_disconnect
from chassis.errors import Problem
from chassis.ids import new_id
from chassis.jobs import JobPostponed, JobRun, LeaseLost
from chassis.mail.addresses import domain_of
from chassis.mail.letters import Envelope
from chassis.mail.server import MailServer, NoAnswer, Refused, ServerAway
from services.campaigns import audience, messages
from services.campaigns.announcements import announce, announce_sent
from services.campaigns.audience import UNSUBSCRIBED
from services.campaigns.consents import has_withdrawn
from services.campaigns.letters import bulk_letter, message_id
from services.campaigns.models import Campaign, Customer, Recipient
from services.campaigns.queries import counts
from services.campaigns.rendering import CannotRender, MessageTemplate

log = structlog.get_logger()

SLICE_SECONDS = 5.0
"""How long one campaign keeps the others waiting."""
SHORT_WAIT_SECONDS = 0.3
"""Up to here it is not worth giving the mail server's connection up."""
CLAIM = timedelta(minutes=5)
AWAY_SECONDS, LONGEST_AWAY_SECONDS = 5, 60
NOTING_SECONDS = 60
OUR_FAULT = "Something went wrong on our side; the log of the service says what"
LEFT_IN_THE_MIDDLE = "The process ended while the mail server was taking the message"

messages_handled = Counter("rockpool_campaign_messages_total", "Messages of campaigns by outcome.", ["outcome"])


class Over(Exception):
    """There is nothing left to do for this job."""


class Withheld(Exception):
    """The message must not leave after all."""


@dataclass(frozen=True)
class Wait:
    """Nothing may leave for some seconds."""

    seconds: float


@dataclass(frozen=True)
class Letter:
    """A claimed recipient with his message."""

    recipient_id: UUID
    envelope: Envelope


def send_messages(run: JobRun) -> dict[str, int]:
    """Send a campaign's messages for a while; the job is put back until everybody is dealt with."""
    campaign_id = UUID(run.input["campaign_id"])
    try:
        settings = _begin(run, campaign_id)
        with MailServer(settings.smtp_url, domain_of(settings.mail_from)) as server:
            Delivery(run, campaign_id, server).work_for(SLICE_SECONDS)
    except Over:
        return _tally(run, campaign_id)
    except (JobPostponed, LeaseLost):
        raise
    except Exception as error:
        _give_up_for_now(run, campaign_id, error)
        raise
    return {}


def _give_up_for_now(run: JobRun, campaign_id: UUID, error: Exception) -> None:
    """Wait for a database that is away; for the rest somebody has to look."""
    if isinstance(error, SQLAlchemyError) and is_disconnect(error):
        raise JobPostponed(timedelta(seconds=AWAY_SECONDS)) from error
    _halt(run, campaign_id, (error.detail or error.title) if isinstance(error, Problem) else OUR_FAULT)


def _begin(run: JobRun, campaign_id: UUID) -> Any:
    """Freeze the audience if that has not been done, and see to what another run has left lying."""
    with run.chunk() as session:
        campaign = _locked(session, run, campaign_id)
        if campaign.started_at is None:
            run.caller.require("customers:read")
            audience.freeze(session, run.caller, campaign)
            announce(session, campaign)
            run.save(session, done=0, total=counts(session, campaign_id)["pending"])
        unsettled = (Recipient.campaign_id == campaign_id) & Recipient.claim.is_not(None)
        # The claim stays with the doubtful: if its holder lives after all, he knows what has become of the message.
        doubtful = update(Recipient).where(unsettled, Recipient.state == "sending")
        session.execute(doubtful.values(state="uncertain", reason=LEFT_IN_THE_MIDDLE))
        lapsed = update(Recipient).where(unsettled, Recipient.state == "pending")
        session.execute(lapsed.values(claim=None, due_at=func.now(), attempts=Recipient.attempts - 1))
        return settings_of(session)


def _locked(session: Session, run: JobRun, campaign_id: UUID) -> Campaign:
    """The campaign, as long as this job is the one to send it; raises Over."""
    wanted = select(Campaign).where(Campaign.id == campaign_id).with_for_update()
    # The long texts are read when they are asked for, not with each message.
    campaign = session.scalar(wanted.options(defer(Campaign.template), defer(Campaign.audience)))
    if campaign is None or campaign.state != "sending" or campaign.job_id != run.id:
        raise Over
    return campaign


def _tally(run: JobRun, campaign_id: UUID) -> dict[str, int]:
    with run.transaction() as session:
        return counts(session, campaign_id)


def _halt(run: JobRun, campaign_id: UUID, trouble: str) -> None:
    """Pause the campaign, because trying again would not help."""
    with run.transaction() as session:
        try:
            campaign = _locked(session, run, campaign_id)
        except Over:
            return
        campaign.halt(trouble)
        announce(session, campaign)


class Delivery:
    """One worker on one campaign, with one connection to the mail server."""

    def __init__(self, run: JobRun, campaign_id: UUID, server: MailServer) -> None:
        self._run = run
        self._campaign_id = campaign_id
        self._server = server
        self._claim = new_id()
        self._template: MessageTemplate | None = None

    def work_for(self, seconds: float) -> None:
        """Send until the time is over (raises JobPostponed) or nobody is left (raises Over)."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            step = self._next()
            if isinstance(step, Letter):
                self._send(step)
            elif isinstance(step, Wait):
                if step.seconds > SHORT_WAIT_SECONDS:
                    raise JobPostponed(timedelta(seconds=step.seconds))
                time.sleep(step.seconds)
        raise JobPostponed

    def _next(self) -> Letter | Wait | None:
        """Claim the next recipient with his message; None if he turned out to have none. Raises Over."""
        with self._run.chunk() as session:
            # A claim that the database forgets in a crash lets no message go, so it need not wait for the disk.
            session.execute(text("SET LOCAL synchronous_commit = off"))
            campaign = _locked(session, self._run, self._campaign_id)
            instant = session.scalars(select(func.clock_timestamp())).one()
            recipient = session.scalar(self._due(instant))
            if recipient is None:
                return self._wait_or_finish(session, campaign, instant)
            wait = campaign.wait_for_turn(instant).total_seconds()
            if wait > 0:
                return Wait(wait)
            campaign.take_turn(instant)
            recipient.take(self._claim, instant + CLAIM)
            return self._letter(session, campaign, recipient)

    def _letter(self, session: Session, campaign: Campaign, recipient: Recipient) -> Letter | None:
        """The message, or a failed recipient: what cannot be put together for one must not keep the others waiting."""
        try:
            return Letter(recipient.id, self._envelope(session, campaign, recipient))
        except SQLAlchemyError:
            raise
        except CannotRender as error:
            recipient.fail(f"{error}")
        except Exception:
            log.exception("message not put together", recipient=str(recipient.id))
            recipient.fail("The message cannot be put together")
        return None

    def _due(self, instant: datetime) -> Any:
        pending = select(Recipient).where(Recipient.campaign_id == self._campaign_id, Recipient.state == "pending")
        due = pending.where(Recipient.due_at <= instant).order_by(Recipient.due_at, Recipient.position)
        return due.limit(1).with_for_update(skip_locked=True)

    def _wait_or_finish(self, session: Session, campaign: Campaign, instant: datetime) -> Wait | None:
        pending = (Recipient.campaign_id == campaign.id) & (Recipient.state == "pending")
        next_due = session.scalar(select(func.min(Recipient.due_at)).where(pending))
        if next_due is not None:
            return Wait(max((next_due - instant).total_seconds(), 0.01))
        campaign.finish()
        announce(session, campaign)
        return None

    def _envelope(self, session: Session, campaign: Campaign, recipient: Recipient) -> Envelope:
        settings = settings_of(session)
        url = messages.unsubscribe_url(settings, campaign.id, recipient.id)
        customer = session.get(Customer, recipient.customer_id)
        values = messages.values_for(
            campaign, customer, name=recipient.name, email=recipient.email, sender=campaign.sender_name or "", url=url
        )
        self._template = self._template or MessageTemplate(campaign.template)
        return bulk_letter(
            self._template.render(values),
            mail_from=settings.mail_from,
            to=recipient.email,
            name=recipient.name,
            own_id=message_id(campaign.id, recipient.id, settings.mail_from),
            unsubscribe=url,
        )

    def _send(self, letter: Letter) -> None:
        try:
            self._server.send(letter.envelope, lambda: self._let_go(letter))
        except Refused as refusal:
            reason = str(refusal)
            later = refusal.temporary
            self._note(letter, lambda r: r.retry_later(reason) if later else r.fail(reason))
            self._heard_of_server(None)
        except ServerAway as away:
            self._note(letter, Recipient.put_back)
            self._heard_of_server(f"{away}")
            raise JobPostponed(self._away_for()) from away
        except NoAnswer as silence:
            reason = f"The mail server did not say whether it took the message: {silence}"
            self._note(letter, lambda r: r.doubt(reason))
        except Withheld:
            log.info("message withheld", recipient=str(letter.recipient_id))
        except (SQLAlchemyError, LeaseLost):
            self._note(letter, Recipient.put_back)
            raise
        else:
            self._note(letter, Recipient.arrive)
            self._heard_of_server(None)

    def _let_go(self, letter: Letter) -> None:
        """The last look before the message leaves; raises Withheld."""
        with self._run.transaction() as session:
            on = select(Campaign.state).where(Campaign.id == self._campaign_id).with_for_update(read=True)
            state = session.scalar(on)
            recipient = self._claimed(session, letter, "pending")
            if recipient is None:
                raise Withheld
            withdrawn = has_withdrawn(Recipient.customer_id, Recipient.contact_id)
            unwanted = select(or_(audience.is_unsubscribed(Recipient.address), withdrawn))
            unwanted = unwanted.where(Recipient.id == recipient.id)
            if state != "sending":
                recipient.put_back()
            elif session.scalar(unwanted):
                recipient.skip(UNSUBSCRIBED)
            else:
                return recipient.let_go()
        raise Withheld

    def _claimed(self, session: Session, letter: Letter, *states: str) -> Recipient | None:
        mine = select(Recipient).where(Recipient.id == letter.recipient_id, Recipient.claim == self._claim)
        return session.scalar(mine.where(Recipient.state.in_(states)).with_for_update())

    def _note(self, letter: Letter, change: Callable[[Recipient], Any]) -> None:
        """Note what has become of a message; it has happened, so wait for the database if it is away."""
        deadline = time.monotonic() + NOTING_SECONDS
        while True:
            try:
                return self._try_to_note(letter, change)
            except SQLAlchemyError as error:
                if not is_disconnect(error) or time.monotonic() > deadline:
                    raise
                log.warning("outcome not noted yet", recipient=str(letter.recipient_id))
                time.sleep(0.2)

    def _try_to_note(self, letter: Letter, change: Callable[[Recipient], Any]) -> None:
        with self._run.transaction() as session:
            recipient = self._claimed(session, letter, "pending", "sending", "uncertain")
            if recipient is None:
                return
            change(recipient)
            if recipient.state == "sent":
                announce_sent(session, recipient)
            if recipient.state != "pending":
                self._run.save(session, done=self._run.done + 1, checkpoint=self._run.checkpoint)
            outcome = recipient.state
        messages_handled.labels(outcome).inc()

    def _heard_of_server(self, trouble: str | None) -> None:
        """Show on the campaign that the mail server is away, or that it is back."""
        away = self._run.checkpoint
        if trouble is None and not away:
            return
        with self._run.transaction() as session:
            campaign = session.get_one(Campaign, self._campaign_id, with_for_update=True)
            if campaign.state == "sending" and campaign.note_trouble(trouble):
                announce(session, campaign)
            self._run.save(session, done=self._run.done, checkpoint=(away or 0) + 1 if trouble else None)

    def _away_for(self) -> timedelta:
        times = int(self._run.checkpoint or 1)
        return timedelta(seconds=min(AWAY_SECONDS * 2 ** min(times - 1, 10), LONGEST_AWAY_SECONDS))
