"""Departures: who has left, who takes over, and how far each service is."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import now
from chassis.database import Identified
from services.auth.models import Base


class Departure(Identified, Base):
    """Somebody who has left, and who takes over what he owned."""

    __tablename__ = "departures"
    __resource__ = None
    __table_args__ = (
        Index("ix_departures_user_id", "user_id", "at"),
        Index("ix_departures_hand_over_to", "hand_over_to", postgresql_where=text("finished_at IS NULL")),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    hand_over_to: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    by: Mapped[UUID]
    job_id: Mapped[UUID]
    at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]

    def finish(self) -> None:
        """Each service has done its part."""
        self.finished_at = self.finished_at or now()


class DeparturePart(Base):
    """How far one service is with handing over."""

    __tablename__ = "departure_parts"
    __resource__ = None

    departure_id: Mapped[UUID] = mapped_column(ForeignKey("departures.id"), primary_key=True)
    service: Mapped[str] = mapped_column(String(20), primary_key=True)
    version: Mapped[int] = mapped_column(default=0)
    moved: Mapped[dict[str, int]] = mapped_column(JSONB, default=dict)
    left: Mapped[int | None]
    """Null until the service has told something."""
    finished: Mapped[bool] = mapped_column(default=False)


class DepartureExport(Base):
    """What the person had exported in the last 30 days, as a service told it."""

    __tablename__ = "departure_exports"
    __resource__ = None

    departure_id: Mapped[UUID] = mapped_column(ForeignKey("departures.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    service: Mapped[str] = mapped_column(String(20))
    resource: Mapped[str] = mapped_column(String(50))
    filter: Mapped[Any] = mapped_column(JSONB, nullable=True)
    """Sealed: he may have looked for a person."""
    rows: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime]
