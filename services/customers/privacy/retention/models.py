"""The rules, the classes of records that they may be about, and what keeps a customer from being erased."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import now
from chassis.database import Versioned
from chassis.subjects.holds import LEGAL_HOLD, OPEN_TICKET
from contracts.customers import PRIVACY_STATES, RETENTION
from services.customers.models import Base


class RetentionPolicy(Versioned, Base):
    """The rules of the house, in one row; ``created_at`` is since when contacts with customers are known."""

    __tablename__ = "retention_policy"
    __resource__ = RETENTION

    only_row: Mapped[bool] = mapped_column(Boolean, primary_key=True, server_default="true")
    rules: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    """``{"records": class, "months": number}`` each."""
    changed_by: Mapped[UUID | None]

    @property
    def months(self) -> dict[str, int]:
        """The months by class."""
        return {rule["records"]: rule["months"] for rule in self.rules}

    def change(self, rules: list[dict[str, Any]], *, by: UUID) -> None:
        """Let other rules hold."""
        self.rules, self.changed_by = rules, by
        self.touch()


class RetentionClass(Base):
    """A class of records that a service has declared in its registry of personal data."""

    __tablename__ = "retention_classes"
    __resource__ = None

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    service: Mapped[str] = mapped_column(String(50))
    said: Mapped[str]
    outcome: Mapped[str] = mapped_column(String(30))


class PrivacyState(Versioned, Base):
    """What is known of a customer that decides whether he may be let go of; ``id`` is the customer's."""

    __tablename__ = "privacy_states"
    __resource__ = PRIVACY_STATES

    id: Mapped[UUID] = mapped_column(primary_key=True)
    reason: Mapped[str | None] = mapped_column(String(500))
    """Why somebody wants everything about him kept; null if nobody does."""
    held_by: Mapped[UUID | None]
    held_at: Mapped[datetime | None]
    open_tickets: Mapped[int] = mapped_column(default=0)
    last_contact_at: Mapped[datetime | None]
    kept_for: Mapped[str | None] = mapped_column(String(20))
    """What the other services were told: a legal hold, an open ticket, or nothing."""
    erasure_id: Mapped[UUID | None]
    """The request by which he is erased because of his age."""

    def hold(self, reason: str, *, by: UUID) -> None:
        """Keep everything about the customer."""
        self.reason, self.held_by, self.held_at = reason, by, now()

    def release(self) -> None:
        """Keep it for this reason no longer."""
        self.reason = self.held_by = self.held_at = None

    @property
    def reason_to_keep(self) -> str | None:
        """What the customer is kept for, the strongest reason first."""
        if self.reason is not None:
            return LEGAL_HOLD
        return OPEN_TICKET if self.open_tickets else None


class KnownTicket(Base):
    """A ticket as customers knows it: whose it is, and whether something still has to be done."""

    __tablename__ = "known_tickets"
    __resource__ = None
    __table_args__ = (Index("ix_known_tickets_open", "customer_id", postgresql_where=text("open")),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    customer_id: Mapped[UUID]
    open: Mapped[bool]
