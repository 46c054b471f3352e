"""The history of grades and stages."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import Identified
from contracts.customers import STANDINGS
from services.customers.models import Base

GRADE, STAGE = FIELDS = ("grade", "lifecycle_stage")


class Standing(Identified, Base):
    """One change of a customer's grade or stage."""

    __tablename__ = "standings"
    __resource__ = STANDINGS
    __table_args__ = (Index(None, "customer_id", "at", "id"),)

    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    field: Mapped[str] = mapped_column(String(20))
    before: Mapped[str | None] = mapped_column(String(20))
    after: Mapped[str | None] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(String(500))
    by_id: Mapped[UUID]
    at: Mapped[datetime]
