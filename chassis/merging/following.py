"""What a service does with the merges of records that others own, or of its own: declared once in ``service.py``."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, any_, delete, literal, select
from sqlalchemy.orm import Session

from chassis import audit
from chassis.clock import now
from chassis.context import service_of
from chassis.identity.caller import Caller
from chassis.identity.events import MERGED, UNMERGED, MergeFollowed, RecordsMerged, RecordsUnmerged
from chassis.merging import tables
from chassis.merging.undoing import Undo
from chassis.merging.working import UUIDS, Work
from chassis.operations import on, timer
from chassis.outbox import record
from chassis.sharing.table import shares
from chassis.timers import DueTimer, set_timer

SETTLE = "merge_settled"
"""The name under which ``service.py`` has the timer."""

SETTLES_AFTER = timedelta(seconds=40)
"""Longer than any statement runs: what was begun before a merge is there by then."""


@dataclass(frozen=True, kw_only=True)
class Merging:
    """The records that may be merged, as this service knows them.

    All columns called ``pointer``, and foreign keys to the table of ``model``, are pointed to the survivor; further
    ones stand in ``more`` as ``table.column``. ``settle`` is called before with the work, for rows that need a rule.
    """

    model: Any
    pointer: str
    visible: Callable[[Caller], Select[Any]]
    more: tuple[str, ...] = ()
    but: frozenset[str] = frozenset()
    """Tables whose rows stay as they are."""
    settle: Callable[[Work], None] | None = None
    overrides: Mapping[str, Any] = field(default_factory=dict)

    def pointers(self, metadata: Any) -> list[tuple[Any, Any]]:
        """The tables and columns that point to such records."""
        found = []
        for table in metadata.sorted_tables:
            for column in () if table.name in self.but else table.columns:
                foreign = any(key.column.table is self.model.__table__ for key in column.foreign_keys)
                named = column.name == self.pointer and table is not self.model.__table__
                if foreign or named or f"{table.name}.{column.name}" in self.more:
                    found.append((table, column))
        return found

    def work_off(self, work: Work, *, timer_kinds: Iterable[str]) -> int:
        """Point everything in this database to the survivor. Returns how many rows it concerned."""
        count = work.set_aside_timers(timer_kinds, work.loser_ids)
        if self.settle:
            self.settle(work)
        losers = work.of_losers(self.model.__table__.c.id)
        for table, column in self.pointers(self.model.metadata):
            own = table is self.model.__table__
            count += work.repoint(table, column, but=losers if own else None)
        resource = and_(work.of_losers(shares.c.record_id), shares.c.resource == self.model.__tablename__)
        return count + self._repoint_shares(work, resource)

    @staticmethod
    def _repoint_shares(work: Work, of_losers: Any) -> int:
        """With whom the survivor is shared already, with him it stays shared as it is."""
        already = select(shares.c.grantee_id).where(shares.c.record_id == work.survivor_id)
        count = work.remove(shares, and_(of_losers, shares.c.grantee_id.in_(already)))
        return count + work.repoint(shares, shares.c.record_id)

    def work(self, session: Session, merge_id: UUID, survivor_id: UUID, loser_ids: list[UUID]) -> Work:
        """The work of a merge in this transaction."""
        return Work(session, merge_id, survivor_id, loser_ids, service_of(session).personal.fields)

    def settle_again(self, session: Session, due: DueTimer) -> None:
        """Point elsewhere what was begun before the merge and has come since."""
        merge_id = UUID(due.key)
        if tables.was_taken_back(session, merge_id):
            return
        row = session.execute(select(tables.merge_steps).where(tables.merge_steps.c.merge_id == merge_id)).one()
        work = self.work(session, merge_id, row.survivor_id, list(row.loser_ids))
        self.work_off(work, timer_kinds=service_of(session).timers())

    @property
    def settling(self) -> Any:
        """The timer; it has to be called ``merge_settled``."""
        return timer(self.settle_again)


@dataclass(frozen=True, kw_only=True)
class FollowedMerging(Merging):
    """The same for a service that only has a replica of the records."""

    merged: type[RecordsMerged]
    unmerged: type[RecordsUnmerged]
    followed: type[MergeFollowed]

    @property
    def handler(self) -> Any:
        """Follows what the owner of the records tells."""
        return on((self.merged, self.unmerged), self._follow)

    def _follow(self, session: Session, event: RecordsMerged | RecordsUnmerged) -> None:
        step = MERGED if isinstance(event, RecordsMerged) else UNMERGED
        rows = 0
        if tables.take_step(session, event.aggregate_id, step, event.survivor_id, event.loser_ids):
            work = self.work(session, event.aggregate_id, event.survivor_id, event.loser_ids)
            rows = self._merge(work, event) if isinstance(event, RecordsMerged) else self._undo(work)
        audit.note(session, "follow_merge", resource="merges", record_id=event.aggregate_id, step=step, rows=rows)
        record(session, self.followed(aggregate_id=event.aggregate_id, version=step, step=step, rows=rows))

    def _merge(self, work: Work, event: RecordsMerged) -> int:
        losers = list(zip(event.loser_ids, event.versions, strict=True))
        tables.redirect(work.session, work.merge_id, work.survivor_id, losers)
        replica = self.model.__table__
        for_each = any_(literal(event.loser_ids, UUIDS))
        work.session.execute(delete(replica).where(replica.c.id == for_each))
        count = self.work_off(work, timer_kinds=service_of(work.session).timers())
        set_timer(work.session, SETTLE, str(work.merge_id), now() + SETTLES_AFTER)
        return count

    def _undo(self, work: Work) -> int:
        count = Undo(work, self.model.metadata).put_back()
        tables.forget_merge(work.session, work.merge_id)
        return count
