"""Ids of customers in other systems."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, UniqueConstraint, delete, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from chassis.clock import now
from chassis.database import Identified
from chassis.ids import new_id
from contracts.customers import EXTERNAL_IDS
from services.customers.models import Base

LONGEST = 200
CLAIM = text(
    "INSERT INTO external_ids (id, customer_id, source_system, external_id, created_at) SELECT *, :at FROM unnest("
    "CAST(:ids AS uuid[]), CAST(:customers AS uuid[]), CAST(:systems AS varchar[]), CAST(:externals AS varchar[]))"
    " ON CONFLICT DO NOTHING"
)


class ExternalId(Identified, Base):
    """That a customer has this id in another system."""

    __tablename__ = "external_ids"
    __resource__ = EXTERNAL_IDS
    __table_args__ = (
        UniqueConstraint("source_system", "external_id"),
        Index(None, "customer_id", "id"),
        Index(None, "external_id"),
    )

    customer_id: Mapped[UUID]
    source_system: Mapped[str] = mapped_column(String(40))
    external_id: Mapped[str] = mapped_column(String(LONGEST, collation="C"))
    created_at: Mapped[datetime] = mapped_column(default=now)


TABLE = ExternalId.__table__.c


def holders(session: Session, system: str, ids: Collection[str]) -> dict[str, UUID]:
    """Which customers have these ids in a system."""
    query = select(TABLE.external_id, TABLE.customer_id).where(
        TABLE.source_system == system, TABLE.external_id.in_(list(ids))
    )
    return {row.external_id: row.customer_id for row in session.execute(query)} if ids else {}


def claim(session: Session, system: str, wanted: Iterable[tuple[UUID, str]]) -> bool:
    """Give each id to its customer unless another has it; waits for whoever is about to get one.

    All go in one order, so that two who want the same ids never wait for each other. Answers whether all were free.
    """
    rows = sorted((one, str(customer_id)) for customer_id, one in wanted)
    if not rows:
        return True
    columns = {"ids": [str(new_id()) for _ in rows], "systems": [system] * len(rows), "at": now()}
    names = {"externals": [one for one, _ in rows], "customers": [customer_id for _, customer_id in rows]}
    given: Any = session.execute(CLAIM, columns | names)
    return bool(given.rowcount == len(rows))


def let_go(session: Session, customer_id: UUID, system: str, ids: Collection[str]) -> None:
    """Take ids of a system from a customer."""
    mine = (TABLE.customer_id == customer_id, TABLE.source_system == system, TABLE.external_id.in_(list(ids)))
    session.execute(delete(ExternalId).where(*mine))
