"""Pairs of customers that may be one, and what people have decided about them."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, SmallInteger, String, UniqueConstraint, any_, delete, literal, or_, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from chassis.clock import now
from chassis.database import Identified
from chassis.errors import Conflict
from chassis.ids import new_id
from chassis.merging.working import UUIDS
from contracts.customers import DUPLICATES
from services.customers.models import Base

STATES = OPEN, DISTINCT, MERGED = ("open", "distinct", "merged")


class AlreadyDecided(Conflict):
    """What was decided about a pair holds."""

    slug, title = "already-decided", "It was decided about these two already"


class DuplicateBlock(Base):
    """A block (see ``likeness``) that a customer is in, as a keyed hash: it tells nothing to who has not the key."""

    __tablename__ = "duplicate_blocks"
    __resource__ = None

    block: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    customer_id: Mapped[UUID] = mapped_column(primary_key=True, index=True)


class DuplicatePair(Identified, Base):
    """Two customers that are alike; the one with the smaller id comes first."""

    __tablename__ = "duplicate_pairs"
    __resource__ = DUPLICATES
    __table_args__ = (
        UniqueConstraint("one_id", "other_id"),
        Index(None, "other_id"),
        Index("ix_duplicate_pairs_open", "likeness", "id", postgresql_where="state = 'open'"),
    )

    one_id: Mapped[UUID]
    other_id: Mapped[UUID]
    likeness: Mapped[int] = mapped_column(SmallInteger)
    """Per mille."""
    reasons: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(String(10), default=OPEN)
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)

    def tell_apart(self, by: UUID) -> None:
        """They are two; they are never proposed again."""
        if self.state != OPEN:
            raise AlreadyDecided(f"It is {self.state}")
        self.state, self.decided_by, self.decided_at = DISTINCT, by, now()


TABLE: Any = DuplicatePair.__table__


def propose(session: Session, found: Iterable[tuple[UUID, UUID, int, dict[str, float]]]) -> int:
    """Add pairs to the queue, or bring open ones up to date; what was decided stays decided. Returns how many."""
    rows = [
        {"id": new_id(), "one_id": one, "other_id": other, "likeness": value, "reasons": why}
        | {"state": OPEN, "created_at": now()}
        for one, other, value, why in sorted(found, key=lambda pair: (pair[0], pair[1]))
    ]
    if rows:
        row = insert(TABLE)
        newer = {name: row.excluded[name] for name in ("likeness", "reasons")}
        still_open = TABLE.c.state == OPEN
        session.execute(
            row.on_conflict_do_update(index_elements=["one_id", "other_id"], set_=newer, where=still_open), rows
        )
    return len(rows)


def withdraw(session: Session, ids: Collection[UUID]) -> None:
    """Take open pairs of these customers off the queue."""
    among = literal(list(ids), UUIDS)
    theirs = or_(TABLE.c.one_id == any_(among), TABLE.c.other_id == any_(among))
    session.execute(delete(TABLE).where(theirs, TABLE.c.state == OPEN))


def settle(session: Session, survivor_id: UUID, loser_ids: Collection[UUID]) -> None:
    """Pairs of customers that were merged are done with; others of those that are gone are no longer proposed."""
    among = literal([survivor_id, *loser_ids], UUIDS)
    within = (TABLE.c.one_id == any_(among)) & (TABLE.c.other_id == any_(among))
    session.execute(update(TABLE).where(within, TABLE.c.state == OPEN).values(state=MERGED, decided_at=now()))
    withdraw(session, loser_ids)


def open_again(session: Session, survivor_id: UUID, loser_ids: Collection[UUID]) -> None:
    """Customers that were taken apart may be one all the same."""
    among = literal([survivor_id, *loser_ids], UUIDS)
    within = (TABLE.c.one_id == any_(among)) & (TABLE.c.other_id == any_(among))
    again = update(TABLE).where(within, TABLE.c.state == MERGED)
    session.execute(again.values(state=OPEN, decided_at=None, decided_by=None))
