"""Tags, their groups, and how often they are used."""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.orm import Mapped, Session, mapped_column

from chassis.database import Identified, Versioned
from contracts.tags import TAG_GROUPS, TAG_RULES, TAGS
from services.customers.models import Base

LONGEST = 50
THE_ONE = "customers"


class TagGroup(Identified, Versioned, Base):
    """Tags that belong together."""

    __tablename__ = "tag_groups"
    __resource__ = TAG_GROUPS
    __table_args__ = (Index("uq_tag_groups_name", text("lower(name)"), unique=True),)

    name: Mapped[str] = mapped_column(String(60))
    exclusive: Mapped[bool]
    """Whether a customer has one of them at the most."""

    def change(self, fields: dict[str, Any]) -> None:
        """Take over other values."""
        for name, value in fields.items():
            setattr(self, name, value)
        self.touch()


class Tag(Identified, Versioned, Base):
    """A tag of the dictionary, or an old name of a tag."""

    __tablename__ = "tags"
    __resource__ = TAGS
    __table_args__ = (
        Index("uq_tags_name", "name", unique=True),
        Index(None, "replaced_by", postgresql_where="replaced_by IS NOT NULL"),
        Index(None, "change_set_id", postgresql_where="change_set_id IS NOT NULL"),
    )

    name: Mapped[str] = mapped_column(String(LONGEST))
    controlled: Mapped[bool]
    """Whether it stands in the dictionary: old names of free tags do not."""
    colour: Mapped[str | None] = mapped_column(String(7))
    description: Mapped[str | None] = mapped_column(String(300))
    group_id: Mapped[UUID | None] = mapped_column(ForeignKey("tag_groups.id"))
    active: Mapped[bool]
    """Whether customers can be given it."""
    replaced_by: Mapped[str | None] = mapped_column(String(LONGEST))
    """What it is called now, if it was renamed or merged."""
    change_set_id: Mapped[UUID | None]
    """Of the job that has replaced or removed it."""

    def change(self, fields: dict[str, Any]) -> None:
        """Take over other values."""
        for name, value in fields.items():
            setattr(self, name, value)
        self.touch()

    def replace(self, into: str | None, change_set_id: UUID) -> None:
        """It is called otherwise from now on, or not given to customers any more."""
        self.change({"replaced_by": into, "active": False, "change_set_id": change_set_id})

    def reopen(self) -> None:
        """It is what it was before it was replaced or removed."""
        self.change({"replaced_by": None, "active": True, "change_set_id": None})


def reopen_tags(session: Session, change_set_id: UUID) -> None:
    """Let the tags that a job has replaced or removed be what they were: what it did to customers is undone."""
    for one in session.scalars(select(Tag).where(Tag.change_set_id == change_set_id).with_for_update()):
        if one.controlled:
            one.reopen()
        else:
            session.delete(one)


class TagRules(Versioned, Base):
    """The one row with the rules of the house; it comes with the table."""

    __tablename__ = "tag_rules"
    __resource__ = TAG_RULES

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    free: Mapped[bool]
    """Whether customers can be given tags that are not in the dictionary."""

    def allow(self, *, free: bool) -> None:
        """Say whether there may be free tags from now on."""
        self.free = free
        self.touch()


tag_uses = Table(
    "tag_uses",
    Base.metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("tag", String(LONGEST), nullable=False),
    Column("owner_id", PG_UUID(as_uuid=True)),
    Column("team_id", PG_UUID(as_uuid=True)),
    Column("pool_id", PG_UUID(as_uuid=True)),
    Column("customers", Integer, nullable=False),
    Index("ix_tag_uses_owner_id", "owner_id", postgresql_where="owner_id IS NOT NULL"),
    Index("ix_tag_uses_team_id", "team_id", postgresql_where="team_id IS NOT NULL"),
    Index("ix_tag_uses_pool_id", "pool_id", postgresql_where="pool_id IS NOT NULL"),
)
"""How many customers of an owner, or in a pool, have a tag: the sum of its rows.

Triggers on customers only add rows, so that nobody waits for anybody; a timer adds them up (``counting``).
"""

USES = tag_uses.c
PLACE = (USES.tag, USES.owner_id, USES.team_id, USES.pool_id)


def add_up(session: Session) -> None:
    """Let each place have one row, or none if nobody has the tag there any more."""
    of_place = select(USES.id, func.count().over(partition_by=PLACE).label("rows")).subquery()
    several = select(of_place.c.id).where(of_place.c.rows > 1)
    gone = delete(tag_uses).where(USES.id.in_(several)).returning(*PLACE, USES.customers).cte("gone")
    place = [gone.c[column.key] for column in PLACE]
    total = func.sum(gone.c.customers)
    sums = select(*place, total).group_by(*place).having(total != 0)
    session.execute(insert(tag_uses).from_select([column.key for column in (*PLACE, USES.customers)], sums))
