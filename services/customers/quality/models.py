"""Standards, the scores that are kept, and when what was confirmed."""

from typing import Any

from sqlalchemy import Column, Date, DateTime, ForeignKey, Index, Integer, SmallInteger, String, Table, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import Identified
from contracts.quality import QUALITY_STANDARDS
from services.customers.models import Base, Described


class QualityStandard(Identified, Described, Base):
    """What a good record of a kind has in a stage of life."""

    __tablename__ = "quality_standards"
    __resource__ = QUALITY_STANDARDS
    __table_args__ = (UniqueConstraint("kind", "lifecycle_stage"),)

    kind: Mapped[str] = mapped_column(String(12))
    lifecycle_stage: Mapped[str] = mapped_column(String(10))
    criteria: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """``{"field", "weight", "max_age_days"}`` each, see ``criteria``."""
    completeness: Mapped[int]
    validity: Mapped[int]
    freshness: Mapped[int]
    """The weights of the three parts of the score."""
    tasks: Mapped[list[str]] = mapped_column(ARRAY(String(20)))
    """The kinds of tasks that are made of what is found."""
    due_days: Mapped[int]
    """How long the owner has for them."""


def _uuid(name: str, **options: Any) -> Column[Any]:
    return Column(name, PG_UUID(as_uuid=True), **options)


qualities = Table(
    "qualities",
    Base.metadata,
    Column("customer_id", ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True),
    _uuid("owner_id"),
    _uuid("team_id"),
    _uuid("pool_id"),
    Column("kind", String(12), nullable=False),
    Column("lifecycle_stage", String(10), nullable=False),
    Column("score", SmallInteger, nullable=False),
    Column("completeness", SmallInteger, nullable=False),
    Column("validity", SmallInteger, nullable=False),
    Column("freshness", SmallInteger, nullable=False),
    Column("missing", ARRAY(String(60)), nullable=False),
    Column("invalid", ARRAY(String(60)), nullable=False),
    Column("stale", ARRAY(String(60)), nullable=False),
    Column("standard_version", Integer, nullable=False),
    Column("falls_on", Date),
    Index("ix_qualities_score_customer_id", "score", "customer_id"),
    Index("ix_qualities_owner_id_score_customer_id", "owner_id", "score", "customer_id"),
    Index("ix_qualities_team_id_score_customer_id", "team_id", "score", "customer_id"),
    Index("ix_qualities_pool_id_score_customer_id", "pool_id", "score", "customer_id"),
    Index("ix_qualities_falls_on", "falls_on"),
)
"""The score of each customer on this day, with what it is grouped and found by: narrow, because reports read many.

``pool_id`` is null unless the customer waits there; ``falls_on`` is the day on which it has to be worked out anew.
"""

field_moments = Table(
    "field_moments",
    Base.metadata,
    _uuid("customer_id", primary_key=True),
    Column("field", String(60), primary_key=True),
    Column("changed_at", DateTime(timezone=True)),
    Column("verified_at", DateTime(timezone=True)),
    _uuid("verified_by"),
)
"""When a field was changed last after the customer was entered, and when and by whom it was confirmed last; an empty
field stands for the whole record."""
