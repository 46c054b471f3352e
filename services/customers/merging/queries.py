"""Looking at merges."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.errors import NotFound
from chassis.identity.caller import Caller
from chassis.identity.events import MERGED, UNMERGED
from chassis.identity.visibility import visible
from chassis.paging import paged
from services.customers.merging.merge import MERGE
from services.customers.merging.models import DONE, MERGING, Merge, missing

TABLE = Merge.__table__.c
SHOWN = [
    TABLE[name]
    for name in (
        *("id", "version", "survivor_id", "loser_ids", "state", "values_from", "acks", "owner_id"),
        *("created_at", "updated_at"),
    )
]


def get_merge(session: Session, caller: Caller, merge_id: UUID) -> dict[str, Any]:
    """Look at a merge: which services have done their part, and which are missing."""
    query = select(*SHOWN).where(TABLE.id == merge_id, visible(Merge, caller, MERGE))
    row = session.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound
    return _shown({str(name): value for name, value in row.items()})


def find_merges(session: Session, caller: Caller, limit: int, cursor: str | None) -> dict[str, Any]:
    """List merges, the latest first."""
    query = select(*SHOWN).where(visible(Merge, caller, MERGE))
    page = paged(session, query, order=TABLE.created_at, key=TABLE.id, descending=True, limit=limit, cursor=cursor)
    page["items"] = [_shown(row) for row in page["items"]]
    return page


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    step = MERGED if row["state"] in (MERGING, DONE) else UNMERGED
    return row | {"missing": missing(row["acks"], step)}
