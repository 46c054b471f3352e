"""What tickets keeps: tickets with their history and comments, their numbers, and when each agent got the last one."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Computed, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, WriteOnlyMapped, mapped_column, relationship, synonym

from chassis.clock import now
from chassis.database import Identified, Owned, Versioned, declarative_base
from contracts.customers import CUSTOMERS
from contracts.tickets import COMMENTS, TICKET_HISTORY, TICKETS
from services.tickets.errors import AccusedPerson, WrongState

KINDS = ("service_request", "complaint")
PRIORITIES = ("low", "normal", "high", "urgent")
STATES = ("new", "open", "waiting", "solved", "closed", "cancelled")
WORK_STATES = ("new", "open", "waiting")
"""The states in which somebody still has to do something: they make up an agent's load."""
IN_WORK = text("state IN ('new', 'open', 'waiting')")
FINAL_STATES = ("closed", "cancelled")

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


class Ticket(Identified, Versioned, Base):
    """A service request or a complaint: what a customer wants of us, who sees to it, and how far that is."""

    __tablename__ = "tickets"
    __resource__ = TICKETS
    __table_args__ = (
        Index(None, "created_at", "id"),
        Index(None, "updated_at", "id"),
        Index(None, "urgency", "id"),
        Index(None, "customer_id", "created_at", "id"),
        Index(None, "assignee_id", "created_at", "id"),
        Index(None, "team_id", "created_at", "id"),
        Index(None, "created_by", "created_at", "id"),
        Index("ix_tickets_in_work", "created_at", "id", postgresql_where=IN_WORK),
        Index("ix_tickets_load", "assignee_id", postgresql_where=IN_WORK),
    )

    number: Mapped[str] = mapped_column(String(20), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str]
    description: Mapped[str | None]
    priority: Mapped[str] = mapped_column(String(10))
    urgency: Mapped[int] = mapped_column(
        Computed("CASE priority WHEN 'low' THEN 1 WHEN 'normal' THEN 2 WHEN 'high' THEN 3 ELSE 4 END", persisted=True)
    )
    channel: Mapped[str | None]
    customer_id: Mapped[UUID]
    team_id: Mapped[UUID | None]
    assignee_id: Mapped[UUID | None]
    owner_id: Mapped[UUID | None] = synonym("assignee_id")
    """Reach is measured by who sees to a ticket and his team."""
    accused_id: Mapped[UUID | None]
    created_by: Mapped[UUID]
    state: Mapped[str] = mapped_column(String(10))
    resolution: Mapped[str | None]
    solved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    reopened: Mapped[int] = mapped_column(default=0)

    history: WriteOnlyMapped["HistoryEntry"] = relationship()
    comments: WriteOnlyMapped["Comment"] = relationship()

    @property
    def is_final(self) -> bool:
        """Whether it rests for good."""
        return self.state in FINAL_STATES

    def begin(self, *, by: UUID) -> None:
        """The first line of its history: it was taken in."""
        self.state = "new"
        self._note("state", None, self.state, by=by, at=self.created_at)

    def open(self, *, by: UUID, note: str | None = None) -> None:
        """Somebody works on it (again)."""
        self._go("open", "new", "waiting", by=by, note=note)

    def wait(self, *, by: UUID, note: str | None = None) -> None:
        """Nothing can be done before somebody else, mostly the customer, has answered."""
        self._go("waiting", "open", by=by, note=note)

    def solve(self, resolution: str, *, by: UUID) -> None:
        """The customer has what he wanted, or knows why not."""
        self._go("solved", "open", "waiting", by=by, note=resolution)
        self.resolution, self.solved_at = resolution, self.updated_at

    def close(self, *, by: UUID, note: str | None = None) -> None:
        """It is over for good."""
        self._go("closed", "solved", by=by, note=note)
        self.closed_at = self.updated_at

    def reopen(self, *, by: UUID, note: str | None = None) -> None:
        """It was not solved after all."""
        self._go("open", "solved", by=by, note=note)
        self.resolution = self.solved_at = None
        self.reopened += 1

    def cancel(self, *, by: UUID, note: str | None = None) -> None:
        """Nobody wants it any more, or it never should have been."""
        self._go("cancelled", *WORK_STATES, by=by, note=note)
        self.closed_at = self.updated_at

    def assign(self, assignee_id: UUID | None, team_id: UUID | None, *, by: UUID, note: str | None = None) -> None:
        """Give it to a person, or to nobody yet, in a team."""
        self._refuse_if_final()
        if assignee_id is not None and assignee_id == self.accused_id:
            raise AccusedPerson
        self._note("team", self.team_id, team_id, by=by, text=note)
        self._note("assignee", self.assignee_id, assignee_id, by=by, text=note)
        self.assignee_id, self.team_id = assignee_id, team_id
        self.touch()

    def hand_over(self, assignee_id: UUID, *, by: UUID) -> None:
        """Let somebody else see to it because its assignee has left; a complaint about him is left to his team."""
        successor_id = None if assignee_id == self.accused_id else assignee_id
        self._note("assignee", self.assignee_id, successor_id, by=by)
        self.assignee_id = successor_id
        self.touch()

    def change(self, changes: dict[str, Any], *, by: UUID) -> None:
        """Describe it otherwise; ``changes`` holds what is to be different, by column name."""
        self._refuse_if_final()
        self._note("priority", self.priority, changes.get("priority", self.priority), by=by)
        for name, value in changes.items():
            setattr(self, name, value)
        self.touch()

    def comment(self, text: str, *, public: bool, by: UUID) -> "Comment":
        """Say something on it, for colleagues or also for the customer."""
        self._refuse_if_final()
        comment = Comment(author_id=by, text=text, public=public)
        self.comments.add(comment)
        self.touch()
        return comment

    def _go(self, state: str, *origins: str, by: UUID, note: str | None) -> None:
        if self.state not in origins:
            raise WrongState(f"It is {self.state}; only what is {' or '.join(origins)} can become {state}")
        self._note("state", self.state, state, by=by, text=note)
        self.state = state
        self.touch()

    def _refuse_if_final(self) -> None:
        if self.is_final:
            raise WrongState(f"It is {self.state}, which is final")

    def _note(
        self, what: str, before: Any, after: Any, *, by: UUID, text: str | None = None, at: datetime | None = None
    ) -> None:
        """Keep in the history what is different now."""
        if before != after:
            words = [None if value is None else str(value) for value in (before, after)]
            entry = HistoryEntry(at=at or now(), by=by, what=what, before=words[0], after=words[1], note=text)
            self.history.add(entry)


class HistoryEntry(Identified, Base):
    """Who changed the state, the assignee, the team or the priority of a ticket, from what, to what, and why."""

    __tablename__ = "ticket_history"
    __resource__ = TICKET_HISTORY
    __table_args__ = (Index(None, "ticket_id", "at", "id"),)

    ticket_id: Mapped[UUID] = mapped_column(ForeignKey(Ticket.id))
    at: Mapped[datetime]
    by: Mapped[UUID]
    what: Mapped[str] = mapped_column(String(10))
    before: Mapped[str | None]
    after: Mapped[str | None]
    note: Mapped[str | None]


class Comment(Identified, Base):
    """What somebody of us said on a ticket; ``public`` when it is meant for the customer too."""

    __tablename__ = "comments"
    __resource__ = COMMENTS
    __table_args__ = (Index(None, "ticket_id", "created_at", "id"),)

    ticket_id: Mapped[UUID] = mapped_column(ForeignKey(Ticket.id))
    author_id: Mapped[UUID]
    text: Mapped[str]
    public: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(default=now)


class TicketNumber(Base):
    """The last number of a kind and year; its row lock lets one ticket after the other draw its own."""

    __tablename__ = "ticket_numbers"
    __resource__ = None

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class Agent(Base):
    """Somebody who was given tickets; whoever assigns automatically locks the rows of all whom he chooses from."""

    __tablename__ = "agents"
    __resource__ = None

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    last_assigned_at: Mapped[datetime | None]
