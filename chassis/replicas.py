"""Replicas: what a service keeps of another service's records, fed by events that carry their state."""

from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.events import Event
from chassis.merging.tables import is_outdated
from chassis.subjects import receipts


def keep_newer(session: Session, replica: Any, event: Event, **state: Any) -> None:
    """Take the state over into ``replica`` (an entity with ``id`` and ``version``), unless a newer one is there.

    Of a record that was erased only those events count that know of it: they have ``erased`` set. Of one that was
    merged into another only those count that tell of it after it has come back.
    """
    if not getattr(event, "erased", False) and receipts.is_buried(session, event.aggregate_id):
        return
    if is_outdated(session, event.aggregate_id, event.version):
        return
    row = insert(replica).values(id=event.aggregate_id, version=event.version, **state)
    newer = {name: row.excluded[name] for name in ("version", *state)}
    session.execute(
        row.on_conflict_do_update(index_elements=["id"], set_=newer, where=replica.version < row.excluded.version)
    )


def drop(session: Session, replica: Any, event: Event) -> None:
    """Forget a record that is there no more; what is still on its way of it counts for nothing."""
    receipts.bury_record(session, event.aggregate_id)
    session.execute(delete(replica).where(replica.id == event.aggregate_id))
