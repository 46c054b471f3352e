"""What interactions keeps: what happened with customers, when to turn to them next, and who was reminded of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import now
from chassis.database import Identified, Owned, Versioned, declarative_base
from contracts.customers import CUSTOMERS
from contracts.interactions import FOLLOW_UPS, INTERACTIONS, REMINDERS
from services.interactions.errors import FollowUpClosed

KINDS = ("call", "mail", "meeting", "message", "note")
DIRECTIONS = ("in", "out")
REMINDER_KINDS = ("follow_up", "recycle")
FOLLOW_UP_STATES = ("open", "done", "cancelled")

Base: Any = declarative_base()


class Customer(Owned, Base):
    """What this service knows of a customer, kept up to date by the events of customers.

    No row refers to it by a foreign key, so that the replica can be emptied and filled again by a replay.
    """

    __tablename__ = "customers"
    __resource__ = CUSTOMERS
    __table_args__ = (Index(None, "owner_id"), Index(None, "team_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str]
    in_pool: Mapped[bool]


class Interaction(Identified, Versioned, Base):
    """A call, mail, meeting, message or note: what happened between a customer and one of us."""

    __tablename__ = "interactions"
    __resource__ = INTERACTIONS
    __table_args__ = (
        Index(None, "customer_id", "happened_at", "id"),
        Index(None, "author_id", "happened_at", "id"),
        Index(None, "happened_at", "id"),
        Index(None, "created_at", "id"),
    )

    customer_id: Mapped[UUID]
    author_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(10))
    direction: Mapped[str | None] = mapped_column(String(3))
    channel: Mapped[str | None]
    subject: Mapped[str]
    text: Mapped[str | None]
    happened_at: Mapped[datetime]
    duration_seconds: Mapped[int | None]
    participants: Mapped[list[str]] = mapped_column(ARRAY(String))
    outcome: Mapped[str | None]

    def correct(self, changes: dict[str, Any]) -> None:
        """Set the record right; ``changes`` holds what is to be different, by column name."""
        for name, value in changes.items():
            setattr(self, name, value)
        self.touch()


class FollowUp(Identified, Versioned, Base):
    """When somebody means to turn to a customer next: at the most one open date for each customer and person."""

    __tablename__ = "follow_ups"
    __resource__ = FOLLOW_UPS
    __table_args__ = (
        Index("uq_follow_ups_open", "customer_id", "user_id", unique=True, postgresql_where=text("state = 'open'")),
        Index(None, "user_id", "state", "due_at", "id"),
        Index(None, "customer_id", "due_at", "id"),
    )

    customer_id: Mapped[UUID]
    user_id: Mapped[UUID]
    planned_by: Mapped[UUID]
    due_at: Mapped[datetime]
    note: Mapped[str | None]
    state: Mapped[str] = mapped_column(String(10), default="open")
    reminded_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    def move(self, due_at: datetime, note: str | None, *, by: UUID) -> None:
        """Plan another date; the reminder of the one before counts no more."""
        self._refuse_unless_open()
        self.due_at, self.note, self.planned_by = due_at, note, by
        self.reminded_at = None
        self.touch()

    def give_to(self, user_id: UUID) -> None:
        """Somebody else turns to the customer."""
        self._refuse_unless_open()
        self.user_id = user_id
        self.touch()

    def merge(self, other: "FollowUp", *, by: UUID) -> bool:
        """Take over the date of another one with the same customer if it is earlier. Returns whether it is."""
        if other.due_at >= self.due_at:
            return False
        self.move(other.due_at, self.note or other.note, by=by)
        return True

    def finish(self) -> None:
        """The customer was contacted."""
        self._close("done")

    def cancel(self) -> None:
        """The contact is not wanted any more."""
        self._close("cancelled")

    def remind(self) -> None:
        """The date has come and the person was reminded."""
        self._refuse_unless_open()
        self.reminded_at = now()
        self.touch()

    def _close(self, state: str) -> None:
        self._refuse_unless_open()
        self.state, self.closed_at = state, now()
        self.touch()

    def _refuse_unless_open(self) -> None:
        if self.state != "open":
            raise FollowUpClosed(f"It is {self.state} already")


class Reminder(Identified, Base):
    """A line in a person's inbox: one for each date that a follow-up came due at, or for a customer that he loses."""

    __tablename__ = "reminders"
    __resource__ = REMINDERS
    __table_args__ = (
        UniqueConstraint("follow_up_id", "due_at"),
        Index(None, "user_id", "unread", "id"),
    )

    user_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(10), default="follow_up", server_default="follow_up")
    follow_up_id: Mapped[UUID | None]
    """Null for what is no follow-up."""
    customer_id: Mapped[UUID]
    due_at: Mapped[datetime]
    note: Mapped[str | None]
    unread: Mapped[bool] = mapped_column(default=True)
    reminded_at: Mapped[datetime] = mapped_column(default=now)
    read_at: Mapped[datetime | None]

    def read(self) -> None:
        """The person has seen it; the first time counts."""
        if self.unread:
            self.unread, self.read_at = False, now()
