"""Which columns somebody took for which fields: remembered for files with the same columns.

Nothing that stood in the file is kept: a header without names may be somebody's data. Columns are known by their marks.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary, UniqueConstraint, case, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from chassis.clock import now
from chassis.database import Identified
from chassis.encryption.columns import vault_of
from chassis.encryption.vault import Vault
from chassis.identity.caller import Caller
from chassis.ids import new_id
from services.customers.imports.failures import PROBLEM
from services.customers.imports.headings import normal
from services.customers.models import Base

OWN, TEAM, COMPANY = WHOSE = ("own", "team", "company")
SAID_OF_ROWS = frozenset(("status", "code", "message", *map(normal, PROBLEM)))
"""Columns that result files add: a corrected file is still the same."""


class ImportMapping(Identified, Base):
    """What one person took the columns of one kind of file for, the last time."""

    __tablename__ = "import_mappings"
    __resource__ = None
    __table_args__ = (UniqueConstraint("owner_id", "header"), Index(None, "header", "used_at"))

    owner_id: Mapped[UUID]
    team_id: Mapped[UUID | None]
    """His main team at that time."""
    header: Mapped[bytes] = mapped_column(LargeBinary)
    """The mark of all columns, in whatever order."""
    columns: Mapped[dict[str, str]] = mapped_column(JSONB)
    """The mark of the column of each field."""
    used_at: Mapped[datetime]


def remember(session: Session, caller: Caller, header: Sequence[str], columns: dict[str, str]) -> None:
    """Keep what the columns were taken for."""
    vault, table = vault_of(session), ImportMapping.__table__.c
    values: dict[str, Any] = {
        "team_id": caller.main_team,
        "columns": {field: _mark(vault, column) for field, column in columns.items()},
        "used_at": now(),
    }
    place = {"id": new_id(), "owner_id": caller.user_id, "header": _mark_of_all(vault, header)}
    kept = insert(ImportMapping).values(place | values)
    session.execute(kept.on_conflict_do_update(index_elements=[table.owner_id, table.header], set_=values))


def remembered(session: Session, caller: Caller, header: Sequence[str]) -> tuple[str, dict[str, str]] | None:
    """Whose mapping was used for such a file, and what it makes of this one: one's own, else the team's, else any.

    Of several the last one.
    """
    vault, table = vault_of(session), ImportMapping
    nearness = case((table.owner_id == caller.user_id, 0), (table.team_id.in_(caller.teams), 1), else_=2)
    query = select(nearness, table.columns).where(table.header == _mark_of_all(vault, header))
    found = session.execute(query.order_by(nearness, table.used_at.desc()).limit(1)).one_or_none()
    if found is None:
        return None
    by_mark = {_mark(vault, column): column for column in header}
    return WHOSE[found[0]], {field: by_mark[mark] for field, mark in found[1].items() if mark in by_mark}


def _mark_of_all(vault: Vault, header: Collection[str]) -> bytes:
    return vault.mark("header", "\n".join(sorted({normal(one) for one in header} - SAID_OF_ROWS)))


def _mark(vault: Vault, column: str) -> str:
    return vault.mark("column", normal(column)).hex()
