"""Needs, interests and preferences of customers."""

from datetime import date
from uuid import UUID

from sqlalchemy import Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import Identified, Versioned
from contracts.customers import NEEDS
from services.customers.models import Base

KINDS = ("need", "interest", "preference")
SOURCES = ("call", "mail", "meeting", "order", "ticket", "survey", "website", "other")


class Need(Identified, Versioned, Base):
    """Something that a customer wants, and how we know."""

    __tablename__ = "needs"
    __resource__ = NEEDS
    __table_args__ = (Index(None, "customer_id", "id"),)

    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    kind: Mapped[str] = mapped_column(String(20))
    topic: Mapped[str] = mapped_column(String(100))
    value: Mapped[str] = mapped_column(String(500))
    source: Mapped[str] = mapped_column(String(20))
    evidence: Mapped[str] = mapped_column(String(1000))
    evidence_id: Mapped[UUID | None]
    """The interaction, ticket or order that shows it, in whichever service."""
    confidence: Mapped[int]
    """In per cent."""
    known_since: Mapped[date] = mapped_column(Date)
    noted_by: Mapped[UUID]
