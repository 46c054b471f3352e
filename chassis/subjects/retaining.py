"""Letting go of what a house does not want to keep any longer: each service works off its own classes of records.

A preview goes the same way and only counts, so it tells what a run would do at the same moment. The records of people
who are held (``holds``) stay, and the receipt says why.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields
from sqlalchemy import ColumnElement, LargeBinary, Select, delete, false, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.orm import Session

from chassis import audit, jobs
from chassis.context import service_of
from chassis.database import affected
from chassis.jobs import JobPostponed, JobRun
from chassis.privacy import DELETED, Erasure, PersonalData, PersonalField, Retained
from chassis.subjects import receipts, stopping
from chassis.subjects.erasing import empty
from chassis.subjects.events import RETENTION
from chassis.subjects.holds import held_people
from chassis.subjects.rows import Registered, registered
from chassis.subjects.subject import ERASED

BATCH = 500
FIRST = 10
KEPT = "kept"
BUSY_FOR = timedelta(seconds=2)


class RetainedClass(Schema):
    """A class of records of the service that is asked."""

    name = fields.String(required=True)
    said = fields.String(required=True)
    outcome = fields.String(required=True)


class RetainedClasses(Schema):
    """All of them."""

    items = fields.List(fields.Nested(RetainedClass), required=True)


@dataclass(frozen=True)
class Order:
    """What is to go: ``months`` by the class's name in the whole suite."""

    id: UUID
    as_of: datetime
    months: dict[str, int]
    real: bool

    @classmethod
    def read(cls, work: dict[str, Any]) -> "Order":
        """The order of a job."""
        as_of = datetime.fromisoformat(work["as_of"])
        return cls(UUID(work["order_id"]), as_of, work["months"], work["kind"] == RETENTION)


def retained_classes(session: Session, caller: None) -> dict[str, Any]:
    """Tell which classes of records a house may limit in time here; there is no personal data in it."""
    service = service_of(session)
    personal: PersonalData = service.personal
    items = [
        {"name": _full_name(service, one), "said": one.said, "outcome": personal.outcome(one)}
        for one in personal.retained
    ]
    return {"items": items}


def retain(run: JobRun) -> dict[str, Any]:
    """Work through the classes that have a rule, chunk by chunk; each is committed with its lines of the receipt."""
    if not run.input:
        return {}
    order = Order.read(run.input)
    with stopping.on_record(run, order.id):
        while not _next_chunk(run, order):
            pass
    return {"rows": sum(line["rows"] for line in run.checkpoint["lines"] if line["done"] != KEPT)}


def _next_chunk(run: JobRun, order: Order) -> bool:
    """Go on from the checkpoint; True once all is done."""
    at = run.checkpoint or {"class": 0, "after": None, "lines": [], "seen": 0}
    with run.chunk() as session:
        service = service_of(session)
        ruled = [one for one in service.personal.retained if _full_name(service, one) in order.months]
        if at["class"] == len(ruled):
            receipts.write(session, order.id, at["lines"])
            jobs.forget_input(session, run.id)
            run.save(session, done=at["seen"], total=at["seen"], checkpoint=at)
            return True
        one = ruled[at["class"]]
        if order.real and one.is_busy and one.is_busy(session):
            raise JobPostponed(BUSY_FOR)
        chunk = _Chunk(session, one, order)
        rows = chunk.rows(at["after"])
        lines = _added(at["lines"], _full_name(service, one), chunk.work_off(rows))
        last = [rows[-1].at.isoformat(), str(rows[-1].id)] if len(rows) == BATCH else None
        at = {"class": at["class"] + (last is None), "after": last, "lines": lines, "seen": at["seen"] + len(rows)}
        run.save(session, done=at["seen"], checkpoint=at)
    return False


class _Chunk:
    """Some rows of one class."""

    def __init__(self, session: Session, one: Retained, order: Order) -> None:
        self._session, self._one, self._order = session, one, order
        self._service = service_of(session)
        self._personal: PersonalData = self._service.personal
        self._cutoff = months_before(order.as_of, order.months[_full_name(self._service, one)])

    def rows(self, after: list[str] | None) -> list[Any]:
        """The next rows that are too old, with the reason why their person is held, if he is."""
        due = (self._one.due(self._cutoff) if self._one.due else self._aged()).subquery()
        query = select(due.c.id, due.c.at, held_people.c.reason)
        query = query.outerjoin(held_people, held_people.c.person_id == due.c.customer_id)
        if after:
            query = query.where(tuple_(due.c.at, due.c.id) > (datetime.fromisoformat(after[0]), UUID(after[1])))
        return list(self._session.execute(query.order_by(due.c.at, due.c.id).limit(BATCH)))

    def work_off(self, rows: list[Any]) -> Iterator[tuple[str, str | None, list[UUID]]]:
        """What was, or would be, done with which of the rows, and why not."""
        free = [row.id for row in rows if row.reason is None]
        if free and self._order.real:
            free = self._act(free)
            name = _full_name(self._service, self._one)
            audit.note(self._session, "retain", resource=self._one.table or name, records=free, rule=name)
        yield self._personal.outcome(self._one), None, free
        for reason in sorted({row.reason for row in rows if row.reason}):
            yield KEPT, reason, [row.id for row in rows if row.reason == reason]

    def _aged(self) -> Select[Any]:
        table = self._service.metadata.tables[self._one.table]
        moment, person = table.c[self._one.since], self._personal.customer_column(self._one.table)
        too_old = [moment < self._cutoff, *([self._one.only(table)] if self._one.only else [])]
        if self._personal.outcome(self._one) != DELETED:
            too_old.append(_holds_something(table, self._personal.tables()[self._one.table]))
        columns = (table.c.id, moment.label("at"), table.c[person or "id"].label("customer_id"))
        return select(*columns).where(*too_old)

    def _act(self, ids: list[UUID]) -> list[Any]:
        if self._one.act:
            return self._one.act(self._session, self._cutoff, ids)
        table = self._service.metadata.tables[self._one.table]
        mine = table.c.id.in_(ids)
        if self._personal.outcome(self._one) == DELETED:
            affected(self._session, delete(table).where(mine))
            return ids
        for each, condition in self._with_what_hangs_on(table, ids):
            empty(self._session, each, condition)
        if "version" in table.c:
            self._session.execute(update(table).where(mine).values(version=table.c.version + 1))
        return ids

    def _with_what_hangs_on(self, table: Any, ids: list[UUID]) -> Iterator[tuple[Registered, ColumnElement[bool]]]:
        for each in registered(self._session):
            if each.table.name == table.name:
                yield each, table.c.id.in_(ids)
            for link in self._personal.links:
                if link.table == each.table.name and link.to == table.name:
                    yield each, each.table.c[link.name].in_(ids)


def months_before(moment: datetime, months: int) -> datetime:
    """The same day and hour so many months earlier, or the last day of that month if it is shorter."""
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))


def _full_name(service: Any, one: Retained) -> str:
    return f"{service.name}.{one.name}"


def _holds_something(table: Any, personal: list[PersonalField]) -> ColumnElement[bool]:
    """The condition that not everything was taken out of a row before."""
    return or_(false(), *(_is_there(table.c[one.name], one) for one in personal))


def _is_there(column: Any, one: PersonalField) -> Any:
    if one.erased is Erasure.EMPTY:
        return column.is_not(None)
    if one.erased is not Erasure.REPLACE or isinstance(column.type, LargeBinary | TSVECTOR):
        return false()
    return column != ([] if isinstance(column.type, ARRAY | JSONB) else ERASED)


def _added(lines: list[dict[str, Any]], what: str, outcomes: Any) -> list[dict[str, Any]]:
    """The lines of the receipt with some more rows counted, and the first ones named."""
    known = {(line["what"], line["done"], line["why"]): line for line in lines}
    for done, why, ids in outcomes:
        line = known.get((what, done, why)) or {"what": what, "rows": 0, "done": done, "why": why, "first": []}
        first = [*line["first"], *map(str, ids)][:FIRST]
        if ids or done != KEPT:
            known[what, done, why] = {**line, "rows": line["rows"] + len(ids), "first": first}
    return list(known.values())
