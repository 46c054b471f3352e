"""What campaigns keeps: campaigns, whom each is sent to, and who wants no more mail; and a replica of customers."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, Numeric, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import now
from chassis.database import Identified, Owned, Versioned, declarative_base
from chassis.encryption.columns import SealedText
from chassis.identity.caller import Caller
from chassis.redaction import cleaned
from contracts.campaigns import CAMPAIGNS, RECIPIENTS, UNSUBSCRIPTIONS
from contracts.customers import CUSTOMERS
from services.campaigns.errors import AlreadyLifted, NotADraft, NothingUncertain, WrongState
from services.campaigns.sealing import PLACE

CAMPAIGN_STATES = ("draft", "scheduled", "sending", "paused", "sent", "cancelled")
RECIPIENT_STATES = ("pending", "sending", "sent", "skipped", "failed", "uncertain")

MAX_ATTEMPTS = 10
FIRST_BACK_OFF = timedelta(minutes=1)
LONGEST_BACK_OFF = timedelta(hours=1)
PACE_WINDOW = timedelta(seconds=60)
CATCH_UP = timedelta(seconds=3)
"""How late a message may be and still be made up for, so that short pauses of the worker do not slow a campaign."""

Base: Any = declarative_base()


class Customer(Owned, Base):
    """What this service knows of a customer, kept up to date by the events of customers.

    No row refers to it by a foreign key, so that the replica can be emptied and filled again by a replay.
    """

    __tablename__ = "customers"
    __resource__ = CUSTOMERS
    __table_args__ = (Index(None, "owner_id"), Index(None, "team_id"), Index(None, "created_at", "id"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    kind: Mapped[str]
    name: Mapped[str]
    sector: Mapped[str | None]
    country: Mapped[str | None]
    city: Mapped[str | None]
    tags: Mapped[list[str]] = mapped_column(ARRAY(String))
    employees: Mapped[int | None]
    revenue: Mapped[Decimal | None] = mapped_column(Numeric)
    industry: Mapped[str | None]
    size: Mapped[str | None]
    source: Mapped[str | None]
    grade: Mapped[str | None]
    lifecycle_stage: Mapped[str | None]
    contract_ends_at: Mapped[datetime | None]
    last_deal_at: Mapped[datetime | None]
    in_pool: Mapped[bool]
    addressees: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """As published, sealed; each with the mark of its ``address`` (null if it is of no use): see ``sealing``."""
    created_at: Mapped[datetime]


class Campaign(Identified, Versioned, Owned, Base):
    """A message to many: draft → scheduled → sending ⇄ paused → sent, or cancelled on the way."""

    __tablename__ = "campaigns"
    __resource__ = CAMPAIGNS
    __table_args__ = (
        Index(None, "created_at", "id"),
        Index(None, "name", "id"),
        Index(None, "owner_id", "created_at", "id"),
        Index(None, "team_id", "created_at", "id"),
    )

    name: Mapped[str]
    state: Mapped[str] = mapped_column(String(10), default="draft")
    audience: Mapped[dict[str, Any]] = mapped_column(JSONB)
    template: Mapped[dict[str, Any]] = mapped_column(JSONB)
    throttle_per_minute: Mapped[int]
    sender_id: Mapped[UUID | None]
    """Who has it sent: his view of customers decides on the audience, and his name stands under it."""
    sender_name: Mapped[str | None]
    scheduled_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    """When the audience was frozen."""
    finished_at: Mapped[datetime | None]
    audience_customers: Mapped[int | None]
    without_address: Mapped[int | None]
    """How many of these customers have no usable address and so no recipient row."""
    trouble: Mapped[str | None]
    """Why nothing is going out just now."""
    job_id: Mapped[UUID | None]
    paced_until: Mapped[datetime | None]
    """Up to when the messages sent so far have used up the throttle: see ``wait_for_turn``."""

    def change(self, changes: dict[str, Any]) -> None:
        """Alter a draft; ``changes`` by column name."""
        if self.state != "draft":
            raise NotADraft(f"It is {self.state}")
        for name, value in changes.items():
            setattr(self, name, value)
        self.touch()

    def follow(self, audience: dict[str, Any]) -> bool:
        """Choose the same customers by what they are called now. Returns whether anything is different."""
        if audience == self.audience:
            return False
        self.audience = audience
        self.touch()
        return True

    def schedule(self, sender: Caller, at: datetime) -> None:
        """Have it sent later."""
        self._move("scheduled", "draft", "scheduled")
        self._send_as(sender)
        self.scheduled_at = at

    def start(self, sender: Caller) -> None:
        """Begin to send."""
        self._move("sending", "draft", "scheduled")
        self._send_as(sender)

    def pause(self) -> None:
        """Send nothing more for the time being."""
        self._move("paused", "sending")

    def halt(self, trouble: str) -> None:
        """Pause because it cannot go on by itself; somebody has to look at ``trouble`` and resume."""
        self._move("paused", "sending", "scheduled")
        self.trouble = trouble

    def give_to(self, owner_id: UUID, team_id: UUID | None) -> None:
        """Let it be somebody else's."""
        self.owner_id, self.team_id = owner_id, team_id
        self.touch()

    def resume(self, sender: Caller) -> None:
        """Go on; whoever resumes what never began is the sender from now on."""
        self._move("sending", "paused")
        self.trouble = None
        if self.started_at is None:
            self._send_as(sender)

    def cancel(self) -> None:
        """Give it up; what has gone out has gone out."""
        self._move("cancelled", "draft", "scheduled", "sending", "paused")
        self.finished_at, self.trouble = now(), None

    def finish(self) -> None:
        """Everybody has been dealt with."""
        self._move("sent", "sending")
        self.finished_at, self.trouble = now(), None

    def reopen(self) -> None:
        """Send on, because a message turned out not to have gone out."""
        self._move("sending", "sent")
        self.finished_at = None

    def freeze(self, *, customers: int, without_address: int) -> None:
        """Note that the recipients are fixed from now on."""
        self.started_at = now()
        self.audience_customers, self.without_address = customers, without_address
        self.touch()

    def note_trouble(self, trouble: str | None) -> bool:
        """Say why nothing is going out, or that it is again; False if that is no news."""
        if self.trouble == trouble:
            return False
        self.trouble = trouble
        self.touch()
        return True

    def wait_for_turn(self, instant: datetime) -> timedelta:
        """How long the throttle makes the next message wait; zero or less means that it may go now.

        This is the generic cell rate algorithm (ITU-T I.371): each message uses ``_interval`` of the time line, and
        the line may run ``CATCH_UP`` ahead. With that interval no window of 60 seconds holds more than the throttle.
        """
        if self.paced_until is None:
            return timedelta(0)
        return self.paced_until - CATCH_UP - instant

    def take_turn(self, instant: datetime) -> None:
        """Count one message against the throttle."""
        self.paced_until = max(self.paced_until or instant, instant) + self._interval

    @property
    def _interval(self) -> timedelta:
        return (PACE_WINDOW + CATCH_UP) / self.throttle_per_minute

    def _send_as(self, sender: Caller) -> None:
        self.sender_id, self.sender_name = sender.user_id, sender.name

    def _move(self, state: str, *origins: str) -> None:
        if self.state not in origins:
            raise WrongState(f"It is {self.state}")
        self.state = state
        self.touch()


class Recipient(Identified, Base):
    """One person in the frozen audience of one campaign, and what became of the one message to him.

    ``sending`` stands for the instants between letting go of a message and hearing what the mail server says. Who is
    found in it later is ``uncertain``: the message may have gone out, so it is not sent again unless a person says so.
    """

    __tablename__ = "recipients"
    __resource__ = RECIPIENTS
    __table_args__ = (
        UniqueConstraint("campaign_id", "address"),
        Index("ix_recipients_pending", "campaign_id", "due_at", "position", postgresql_where=text("state = 'pending'")),
        # States that few are in: who looks for them should not have to read past all the others.
        Index(
            "ix_recipients_unusual",
            "campaign_id",
            "state",
            "position",
            "id",
            postgresql_where=text("state IN ('sending', 'skipped', 'failed', 'uncertain')"),
        ),
        Index("ix_recipients_claimed", "campaign_id", postgresql_where=text("claim IS NOT NULL")),
        Index(None, "campaign_id", "position", "id"),
        Index(None, "customer_id", "created_at", "id"),
    )

    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"))
    position: Mapped[int]
    customer_id: Mapped[UUID]
    contact_id: Mapped[UUID | None]
    name: Mapped[str]
    email_sealed: Mapped[bytes] = mapped_column("email", LargeBinary)
    email = SealedText(place=PLACE, bound_to="customer_id")
    address: Mapped[bytes] = mapped_column(LargeBinary)
    """The mark by which ``email`` is compared: one message for each."""
    state: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    """When a pending one is next in turn; somebody who works on it puts this off, in case he does not come back."""
    claim: Mapped[UUID | None]
    """Whose turn it is: only the holder may let go of the message."""
    sent_at: Mapped[datetime | None]
    resolved_by: Mapped[UUID | None]
    created_at: Mapped[datetime]

    def take(self, claim: UUID, until: datetime) -> None:
        """Work on it, alone until then; nothing has left yet."""
        self.claim, self.due_at = claim, until
        self.attempts += 1

    def put_back(self) -> None:
        """It was not his fault: try again as if it had not been tried."""
        self.attempts -= 1
        self._settle("pending", self.reason)
        self.due_at = now()

    def let_go(self) -> None:
        """The message leaves now; from here on it must not be sent again by itself."""
        self.state = "sending"

    def arrive(self) -> None:
        """The mail server has taken the message."""
        self._settle("sent", None)
        self.sent_at = now()

    def retry_later(self, reason: str) -> None:
        """The mail server wants to be asked again; after ten times it is enough."""
        if self.attempts >= MAX_ATTEMPTS:
            return self.fail(f"Gave up after {self.attempts} attempts: {reason}")
        self._settle("pending", reason)
        self.due_at = now() + min(FIRST_BACK_OFF * 2 ** (self.attempts - 1), LONGEST_BACK_OFF)
        return None

    def fail(self, reason: str) -> None:
        """There is no way to send it."""
        self._settle("failed", reason)

    def skip(self, reason: str) -> None:
        """It must not be sent."""
        self._settle("skipped", reason)

    def doubt(self, reason: str) -> None:
        """Nobody knows whether it went out."""
        self._settle("uncertain", reason)

    def resolve(self, *, sent: bool, by: UUID) -> None:
        """A person has found out whether it went out; if not, it is in turn again."""
        if self.state != "uncertain":
            raise NothingUncertain(f"It is {self.state}")
        self.resolved_by = by
        if sent:
            return self.arrive()
        self._settle("pending", None)
        self.due_at = now()
        return None

    def _settle(self, state: str, reason: str | None) -> None:
        # Mail servers like to quote the address.
        self.state, self.reason, self.claim = state, reason and cleaned(reason), None


class Unsubscription(Identified, Owned, Base):
    """Somebody wants no more marketing mail at an address, from any campaign, until it is lifted.

    A lifted one stays, because it tells what the consent rests on; the mark stays when the address has to be erased.
    """

    __tablename__ = "unsubscriptions"
    __resource__ = UNSUBSCRIPTIONS
    __table_args__ = (
        Index("uq_unsubscriptions_standing", "address_hash", unique=True, postgresql_where=text("lifted_at IS NULL")),
        Index(None, "created_at", "id"),
        Index(None, "campaign_id"),
    )

    address_hash: Mapped[bytes] = mapped_column(LargeBinary)
    """The mark of the address."""
    address_sealed: Mapped[bytes | None] = mapped_column("address", LargeBinary)
    address = SealedText()
    source: Mapped[str] = mapped_column(String(10))
    """``link`` in a message, or ``manual``."""
    note: Mapped[str | None]
    campaign_id: Mapped[UUID | None]
    customer_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[UUID | None]
    lift_note: Mapped[str | None]

    def lift(self, by: UUID, note: str) -> None:
        """The person wants mail again; ``note`` says how we know."""
        if self.lifted_at is not None:
            raise AlreadyLifted
        self.lifted_at, self.lifted_by, self.lift_note = now(), by, note
