"""What a service keeps of merges: where old ids lead, which rows were pointed elsewhere, and rows as they were.

Rows as they were (``merge_images``) hold personal data, so they are sealed; an erasure deletes them.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Uuid, delete, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.orm import Session

from chassis.database import chassis_metadata
from chassis.identity.events import UNMERGED

merge_steps = Table(
    "merge_steps",
    chassis_metadata,
    Column("merge_id", Uuid, primary_key=True),
    Column("step", Integer, nullable=False),
    Column("survivor_id", Uuid, nullable=False),
    Column("loser_ids", ARRAY(Uuid), nullable=False),
)
"""How far the service has followed each merge."""

merged_records = Table(
    "merged_records",
    chassis_metadata,
    Column("record_id", Uuid, primary_key=True),
    Column("merged_into", Uuid, nullable=False, index=True),
    Column("merge_id", Uuid, nullable=False, index=True),
    Column("version", Integer, nullable=False),
)
"""Records that are part of another one now; of their state nothing up to ``version`` is taken over any more."""

merge_moves = Table(
    "merge_moves",
    chassis_metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=True),
    Column("merge_id", Uuid, nullable=False),
    Column("table_name", String(63), nullable=False),
    Column("pointer", String(63), nullable=False),
    Column("key", JSONB, nullable=False),
    Column("was", Uuid, nullable=False),
    Index("ix_merge_moves_merge_id_table_name", "merge_id", "table_name"),
)
"""Rows that point to the survivor now, by primary key, and to whom they pointed."""

merge_images = Table(
    "merge_images",
    chassis_metadata,
    Column("id", Uuid, primary_key=True),
    Column("merge_id", Uuid, nullable=False),
    Column("position", BigInteger, nullable=False, autoincrement=False),
    Column("table_name", String(63), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("record_ids", ARRAY(Uuid), nullable=False),
    Column("image", JSONB, nullable=False),
    Index("ix_merge_images_merge_id_position", "merge_id", "position"),
    Index("ix_merge_images_record_ids", "record_ids", postgresql_using="gin"),
)
"""Rows as they were: ``removed`` ones whole, of ``changed`` ones also how the merge left them."""


def place_of(image_id: UUID) -> str:
    """What a sealed image is bound to."""
    return f"merge_images.image {image_id}"


def present_id(session: Session, record_id: UUID) -> UUID | None:
    """The record that an old id leads to, over any number of merges; None for an id that was never merged away."""
    one = merged_records.alias()
    down = select(merged_records.c.merged_into).where(merged_records.c.record_id == record_id).cte(recursive=True)
    down = down.union(select(one.c.merged_into).where(one.c.record_id == down.c.merged_into))
    again = select(merged_records.c.record_id).where(merged_records.c.record_id == down.c.merged_into)
    return session.scalar(select(down.c.merged_into).where(~again.exists()))


def merged_away(session: Session, record_ids: Iterable[UUID]) -> set[UUID]:
    """All records that have become part of these, over any number of merges."""
    one = merged_records.alias()
    up = select(merged_records.c.record_id).where(merged_records.c.merged_into.in_(list(record_ids)))
    found = up.cte(recursive=True)
    found = found.union(select(one.c.record_id).where(one.c.merged_into == found.c.record_id))
    return set(session.scalars(select(found.c.record_id)))


def is_outdated(session: Session, record_id: UUID, version: int) -> bool:
    """Whether this state of a record is from before it was merged away."""
    known = select(merged_records.c.version).where(merged_records.c.record_id == record_id)
    merged = session.scalar(known)
    return merged is not None and version <= merged


def take_step(session: Session, merge_id: UUID, step: int, survivor_id: UUID, loser_ids: list[UUID]) -> bool:
    """Note a step; False if it, or a later one, was taken before."""
    row = insert(merge_steps).values(merge_id=merge_id, step=step, survivor_id=survivor_id, loser_ids=loser_ids)
    further = row.on_conflict_do_update(
        index_elements=["merge_id"], set_={"step": step}, where=merge_steps.c.step < row.excluded.step
    )
    return session.scalar(further.returning(merge_steps.c.merge_id)) is not None


def redirect(session: Session, merge_id: UUID, survivor_id: UUID, losers: list[tuple[UUID, int]]) -> None:
    """Let old ids lead to the survivor, and let what comes late of them be passed over."""
    row = insert(merged_records)
    newest = {name: row.excluded[name] for name in ("merged_into", "merge_id", "version")}
    rows = [
        {"record_id": one, "merged_into": survivor_id, "merge_id": merge_id, "version": version}
        for one, version in losers
    ]
    session.execute(row.on_conflict_do_update(index_elements=["record_id"], set_=newest), rows)


def forget_merge(session: Session, merge_id: UUID) -> None:
    """Nothing is left of a merge that was taken back, but that it was."""
    for table in (merged_records, merge_moves, merge_images):
        session.execute(delete(table).where(table.c.merge_id == merge_id))


def was_taken_back(session: Session, merge_id: UUID) -> bool:
    """Whether the merge is over."""
    step = session.scalar(select(merge_steps.c.step).where(merge_steps.c.merge_id == merge_id))
    return step == UNMERGED
