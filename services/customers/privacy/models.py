"""What was asked for about a person's data, and what each service has done about it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import now
from chassis.database import Identified, Owned
from contracts.customers import PRIVACY_REQUESTS
from contracts.suite import SERVICES
from services.customers.models import Base

RUNNING, DONE, CANCELLED = STATES = ("running", "done", "cancelled")


class PrivacyRequest(Identified, Owned, Base):
    """A person's request; ``owner_id`` is who entered it for him."""

    __tablename__ = "privacy_requests"
    __resource__ = PRIVACY_REQUESTS
    __table_args__ = (
        Index(None, "created_at", "id"),
        Index(None, "customer_id"),
        Index("ix_privacy_requests_running", "kind", postgresql_where=text("state = 'running'")),
    )

    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(10), default=RUNNING)
    customer_id: Mapped[UUID | None]
    contact_id: Mapped[UUID | None]
    subject: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """Whom (``chassis.subjects.subject``) or what it is about, sealed; forgotten when all is done."""
    receipts: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    """By service: what was done with how many rows, and when."""
    ordered_at: Mapped[datetime] = mapped_column(default=now)
    """When the services were last told."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]
    file_until: Mapped[datetime | None]
    cancelled_by: Mapped[UUID | None]
    """Who wants it no more; the state says so when every service has stopped."""

    def acknowledge(self, receipts: Mapping[str, Any]) -> None:
        """Keep receipts that have come in."""
        self.receipts = {**self.receipts, **receipts}

    def finish(self, file_until: datetime | None = None) -> None:
        """All have done their part: whom it was about need not be known any more."""
        self.state = CANCELLED if self.cancelled_by else DONE
        self.finished_at, self.subject, self.file_until = now(), None, file_until

    @property
    def missing(self) -> list[str]:
        """The services that have not done their part yet."""
        return [name for name in SERVICES if name not in self.receipts]
