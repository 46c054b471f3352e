"""Pairs of customers that may be one, and what people have decided about them."""

from collections.abc import Collection, Iterable
from datetime import datetime
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
    any_,
    delete,
    func,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from chassis.clock import now
from chassis.database import Identified
from chassis.errors import Conflict
from chassis.events import encode
from chassis.ids import new_id
from chassis.merging.working import UUIDS
from contracts.customers import DUPLICATES
from services.customers.models import Base

Found = tuple[bytes, bytes, int, dict[str, float]]
"""The bytes of both ids, the likeness per mille, and the reasons."""

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

PROPOSE = text(
    "INSERT INTO duplicate_pairs AS pair (id, one_id, other_id, likeness, reasons, state, created_at)"
    " SELECT id, one_id, other_id, likeness, reasons, 'open', :now FROM unnest(CAST(:ids AS uuid[]),"
    " CAST(:ones AS uuid[]), CAST(:others AS uuid[]), CAST(:values AS smallint[]), CAST(:reasons AS jsonb[]))"
    " AS found (id, one_id, other_id, likeness, reasons)"
    " ON CONFLICT (one_id, other_id) DO UPDATE SET likeness = excluded.likeness, reasons = excluded.reasons"
    " WHERE pair.state = 'open'"
    " AND (pair.likeness, pair.reasons) IS DISTINCT FROM (excluded.likeness, excluded.reasons)"
)


def propose(session: Session, found: Iterable[Found]) -> None:
    """Add pairs to the queue, or bring open ones up to date; what was decided stays decided."""
    rows = [
        (new_id().hex, one.hex(), other.hex(), value, encode(why).decode())
        for one, other, value, why in sorted(found, key=itemgetter(0, 1))
    ]
    if rows:
        columns = zip(*rows, strict=True)
        given = dict(zip(("ids", "ones", "others", "values", "reasons"), map(list, columns), strict=True))
        session.execute(PROPOSE, given | {"now": now()})


def count_open(session: Session) -> int:
    """How many pairs wait in the queue."""
    return session.scalar(select(func.count()).select_from(TABLE).where(TABLE.c.state == OPEN)) or 0


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
