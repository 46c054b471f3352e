"""Looking at change sets."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.database import dicts
from chassis.errors import NotFound
from chassis.identity.caller import Caller
from chassis.paging import paged
from services.customers.changesets.models import ChangeSet

TABLE = ChangeSet.__table__.c


def find_change_sets(session: Session, caller: Caller, limit: int, cursor: str | None) -> dict[str, Any]:
    """List what your imports and bulk changes of the last month have done, the newest first."""
    own = select(*TABLE).where(TABLE.owner_id == caller.user_id)
    page = paged(session, own, order=TABLE.created_at, key=TABLE.id, descending=True, limit=limit, cursor=cursor)
    for row in page["items"]:
        del row["owner_id"]
    return page


def get_change_set(session: Session, caller: Caller, change_set_id: UUID) -> dict[str, Any]:
    """Look at what one of your imports or bulk changes has done."""
    own = select(*TABLE).where(TABLE.id == change_set_id, TABLE.owner_id == caller.user_id)
    rows = dicts(session.execute(own))
    if not rows:
        raise NotFound
    del rows[0]["owner_id"]
    return rows[0]
