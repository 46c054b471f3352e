"""Pools, their rules, and the ledger of claims."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Boolean, CheckConstraint, Column, Date, DateTime, Index, Integer, String, Table, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import Identified, Versioned
from chassis.identity.caller import Caller
from contracts.pools import POOLS, RELEASE_REASONS
from services.customers.models import Base, Described

CLAIMS_PER_DAY, CAPACITY, PROTECTED, VIEWS_PER_DAY = LIMITS = (
    "claims_per_day",
    "capacity",
    "protected",
    "views_per_day",
)
"""What can be limited for each person, by his roles."""

REWIND = "rewind_clocks"
"""The job that sets all clocks anew after a change of rules."""

MAX_POOLS = 100
"""A list of all that wait reads along an index for each."""


class Pool(Identified, Described, Base):
    """A place where customers without an owner wait, visible to those in its scope."""

    __tablename__ = "pools"
    __resource__ = POOLS
    __table_args__ = (
        Index("uq_pools_name", text("lower(name)"), unique=True),
        Index("uq_pools_is_default", "is_default", unique=True, postgresql_where="is_default"),
        Index(None, "priority", "id"),
        CheckConstraint("enabled OR NOT is_default", name="default_enabled"),
    )

    name: Mapped[str] = mapped_column(String(100))
    priority: Mapped[int]
    """The first of those in whose scope an owner is takes what he gives back."""
    enabled: Mapped[bool]
    is_default: Mapped[bool] = mapped_column(default=False)
    time_zone: Mapped[str] = mapped_column(String(64))
    everybody: Mapped[bool]
    teams: Mapped[list[UUID]] = mapped_column(ARRAY(PG_UUID(as_uuid=True)))
    roles: Mapped[list[UUID]] = mapped_column(ARRAY(PG_UUID(as_uuid=True)))
    people: Mapped[list[UUID]] = mapped_column(ARRAY(PG_UUID(as_uuid=True)))
    administrators: Mapped[list[UUID]] = mapped_column(ARRAY(PG_UUID(as_uuid=True)))
    hidden_fields: Mapped[list[str]] = mapped_column(ARRAY(String(50)))
    limits: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """``{"rule", "role_id", "most"}``; without a role it is for everybody for whose roles nothing is said."""
    not_counted: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """The filter of customers that need no room in anybody's capacity."""
    cool_down_hours: Mapped[int | None]
    """How long whoever owned a customer last cannot take it again."""
    fresh_hours: Mapped[int | None]
    """How long nobody can take what has just come."""
    assignment_rules: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """``{"name", "filter", "people"}``; the first one that matches a customer says among whom it goes."""
    last_given: Mapped[UUID | None]
    """Who was given a customer last."""
    reason_required: Mapped[bool]
    recycling: Mapped[bool]
    """Whether its rules take customers back."""
    recycle_rules: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """``{"name", "match": "all" or "any", "conditions": [{"kind", "days"}], "filter": tree or null}``."""
    warn_days: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    escalate_days: Mapped[int | None]
    """From how many days before, warnings also go to those who answer for the owner."""
    protect_days: Mapped[int | None]
    """How long an owner may protect a customer; null if he may not."""

    def administered_by(self, user_id: UUID) -> bool:
        """Whether the person is above the rules of the pool."""
        return user_id in self.administrators

    def limit(self, rule: str, person: Caller) -> int | None:
        """The most that the person may have under a rule: his roles' largest, or what holds for everybody."""
        said = {one["role_id"]: one["most"] for one in self.limits if one["rule"] == rule}
        his = [said[str(role)] for role in person.roles if str(role) in said]
        most: int | None = max(his) if his else said.get(None)
        return most

    def day_of(self, moment: datetime) -> "Day":
        """The day of the pool's time zone that the moment lies in."""
        zone = ZoneInfo(self.time_zone)
        date = moment.astimezone(zone).date()
        ends = datetime.combine(date + timedelta(days=1), time(), zone)
        return Day(date, ends.astimezone(moment.tzinfo))


class Day:
    """A day as the pool counts them, and the instant at which the next one begins."""

    __slots__ = ("date", "ends_at")

    def __init__(self, date: Any, ends_at: datetime) -> None:
        self.date, self.ends_at = date, ends_at


class ReleaseReason(Identified, Versioned, Base):
    """Why customers are put back, as a word of a list."""

    __tablename__ = "release_reasons"
    __resource__ = RELEASE_REASONS
    __table_args__ = (Index("uq_release_reasons_name", text("lower(name)"), unique=True),)

    name: Mapped[str] = mapped_column(String(100))
    enabled: Mapped[bool]

    def change(self, fields: dict[str, Any]) -> None:
        """Take over new values."""
        for name, value in fields.items():
            setattr(self, name, value)
        self.touch()


pool_views = Table(
    "pool_views",
    Base.metadata,
    Column("pool_id", PG_UUID(as_uuid=True), primary_key=True),
    Column("user_id", PG_UUID(as_uuid=True), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("customer_id", PG_UUID(as_uuid=True), nullable=False),
    Index("uq_pool_views_customer_id", "pool_id", "user_id", "day", "customer_id", unique=True),
)
"""The customers in pools that a person has opened on a day, numbered."""

pool_states = Table(
    "pool_states",
    Base.metadata,
    Column("customer_id", PG_UUID(as_uuid=True), primary_key=True),
    Column("last_follow_up_at", DateTime(timezone=True)),
    Column("protected_since", DateTime(timezone=True)),
    Column("protected_until", DateTime(timezone=True)),
    Column("protected_by", PG_UUID(as_uuid=True)),
)
"""What the rules of pools ask of customers and nobody else does; a row comes with the first that is known."""

recycle_warnings = Table(
    "recycle_warnings",
    Base.metadata,
    Column("customer_id", PG_UUID(as_uuid=True), primary_key=True),
    Column("recycle_at", DateTime(timezone=True), primary_key=True),
    Column("days", Integer, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
)
"""Each warning that was given; 0 days is the news that the customer has gone."""

customer_tickets = Table(
    "customer_tickets",
    Base.metadata,
    Column("ticket_id", PG_UUID(as_uuid=True), primary_key=True),
    Column("customer_id", PG_UUID(as_uuid=True), nullable=False),
    Column("version", Integer, nullable=False),
    Column("in_work", Boolean, nullable=False),
    Index("ix_customer_tickets_in_work", "customer_id", postgresql_where="in_work"),
)
"""A replica: whose tickets somebody still has to see to."""

claim_ledger = Table(
    "claim_ledger",
    Base.metadata,
    Column("pool_id", PG_UUID(as_uuid=True), primary_key=True),
    Column("user_id", PG_UUID(as_uuid=True), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("customer_id", PG_UUID(as_uuid=True), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
"""Each claim of a person on a day of the pool, numbered: no two have one number, and none is given back."""
