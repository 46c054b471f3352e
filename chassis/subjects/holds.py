"""People whose records must be kept, whatever their age: a copy in each service of what their owner tells."""

from sqlalchemy import Column, Integer, String, Table, Uuid, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.database import chassis_metadata
from chassis.subjects.events import PersonHeld

LEGAL_HOLD, OPEN_TICKET = REASONS = ("legal_hold", "open_ticket")

held_people = Table(
    "held_people",
    chassis_metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("reason", String(20)),
)
"""``reason`` is null for somebody who is free again."""


def keep(session: Session, event: PersonHeld) -> None:
    """Take over whether a person's records must be kept, unless something newer is known."""
    row = insert(held_people).values(person_id=event.aggregate_id, version=event.version, reason=event.reason)
    newer = {"version": row.excluded.version, "reason": row.excluded.reason}
    older = held_people.c.version < row.excluded.version
    session.execute(row.on_conflict_do_update(index_elements=["person_id"], set_=newer, where=older))


def held_for(session: Session, person_ids: list[object], reason: str) -> bool:
    """Whether the records of any of these people must be kept for this reason."""
    held = select(held_people.c.person_id).where(held_people.c.person_id.in_(person_ids))
    return bool(person_ids) and session.scalar(held.where(held_people.c.reason == reason).limit(1)) is not None
