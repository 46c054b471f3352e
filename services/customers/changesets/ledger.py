"""What became of each row of an import, and of each customer of a bulk change.

A row is noted in the transaction that enters its customer, so a job that dies goes on behind the last row noted, and
enters nobody twice. When the result file is written the rows that changed something stay, so that it can be undone.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Integer, LargeBinary, String, Text, delete, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from chassis.copying import copy_entities
from chassis.database import affected
from chassis.events import encode
from services.customers.models import Base
from services.customers.names import LONGEST_KEY

CREATED, UPDATED, SKIPPED, FAILED = STATUSES = ("created", "updated", "skipped", "failed")


class ImportRow(Base):
    """A row of a file that is imported, or a customer that a bulk change is about."""

    __tablename__ = "import_rows"
    __resource__ = None
    __table_args__ = (
        Index(None, "job_id", "name_key", postgresql_where="name_key IS NOT NULL"),
        Index(None, "known_by", postgresql_using="gin", postgresql_where="known_by IS NOT NULL"),
        Index(None, "customer_id", postgresql_where="customer_id IS NOT NULL"),
    )

    job_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    status: Mapped[str] = mapped_column(String(10))
    codes: Mapped[str] = mapped_column(Text)
    message: Mapped[str] = mapped_column(Text)
    warned: Mapped[bool]
    customer_id: Mapped[UUID | None]
    """Of a row that created or updated one; in a dry run the id that it would have had."""
    name_key: Mapped[str | None] = mapped_column(String(LONGEST_KEY, collation="C"))
    """Of a row that created a customer."""
    known_by: Mapped[list[bytes] | None] = mapped_column(ARRAY(LargeBinary))
    """Of a row that created a customer: what else than its name later rows may know it by (``marks``)."""
    parent_key: Mapped[str | None] = mapped_column(String(LONGEST_KEY, collation="C"))
    """The name of the parent company that is to be found."""
    parent_id: Mapped[UUID | None]
    """The parent company that was found."""
    version: Mapped[int | None]
    """Of the customer, as the row left it."""
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """What an updated customer was before, sealed (``changesets.images``)."""

    def warn(self, note: "Note") -> None:
        """Add a warning to what is said about the row."""
        self.codes = "; ".join(filter(None, (self.codes, note.code)))
        self.message = "; ".join(filter(None, (self.message, note.message)))
        self.warned = True


@dataclass(frozen=True)
class Note:
    """Something that is said about a row."""

    code: str
    message: str
    warning: bool = False


@dataclass(kw_only=True)
class Outcome:
    """What becomes of a row."""

    number: int
    status: str
    notes: list[Note] = field(default_factory=list)
    customer_id: UUID | None = None
    name_key: str | None = None
    known_by: list[bytes] | None = None
    parent_key: str | None = None
    version: int | None = None
    before: Any = None

    def as_row(self, job_id: UUID) -> dict[str, Any]:
        """The columns of its ImportRow."""
        return {
            "job_id": job_id,
            "number": self.number,
            "status": self.status,
            "codes": "; ".join(note.code for note in self.notes),
            "message": "; ".join(note.message for note in self.notes),
            "warned": any(note.warning for note in self.notes),
            "customer_id": self.customer_id,
            "name_key": self.name_key,
            "known_by": self.known_by,
            "parent_key": self.parent_key,
            "parent_id": None,
            "version": self.version,
            "before": None if self.before is None else encode(self.before).decode(),
        }


def write(session: Session, job_id: UUID, outcomes: Iterable[Outcome]) -> None:
    """Note what became of rows."""
    copy_entities(session, ImportRow, [outcome.as_row(job_id) for outcome in outcomes])


def entered(session: Session, job_id: UUID, keys: Iterable[str]) -> dict[str, list[UUID]]:
    """The customers that this import has created so far under these names."""
    columns = (ImportRow.name_key, ImportRow.customer_id)
    query = select(*columns).where(ImportRow.job_id == job_id, ImportRow.name_key.in_(list(keys)))
    rows: Any = session.execute(query.order_by(ImportRow.number))
    found: dict[str, list[UUID]] = {}
    for key, customer_id in rows:
        found.setdefault(key, []).append(customer_id)
    return found


def waiting_for_parents(session: Session, job_id: UUID, after: int, limit: int) -> list[ImportRow]:
    """The next rows whose parent company is to be found."""
    query = select(ImportRow).where(ImportRow.job_id == job_id, ImportRow.number > after)
    query = query.where(ImportRow.parent_key.is_not(None)).order_by(ImportRow.number).limit(limit)
    return list(session.scalars(query))


def planned_parents(session: Session, job_id: UUID) -> dict[UUID, UUID]:
    """The parent companies found so far, by customer."""
    query = select(ImportRow.customer_id, ImportRow.parent_id)
    rows: Any = session.execute(query.where(ImportRow.job_id == job_id, ImportRow.parent_id.is_not(None)))
    return {customer_id: parent_id for customer_id, parent_id in rows}  # noqa: C416  # a row is no pair


def said(session: Session, job_id: UUID, first: int, last: int) -> dict[int, tuple[str, str, str]]:
    """Status, codes and message of these rows, by number."""
    columns = (ImportRow.number, ImportRow.status, ImportRow.codes, ImportRow.message)
    query = select(*columns).where(ImportRow.job_id == job_id, ImportRow.number.between(first, last))
    return {row.number: (row.status, row.codes, row.message) for row in session.execute(query)}


def known(session: Session, job_id: UUID, marks: Iterable[bytes]) -> set[bytes]:
    """Those of the marks that customers have which this import has created so far."""
    wanted = set(marks)
    if not wanted:
        return set()
    query = select(ImportRow.known_by).where(ImportRow.job_id == job_id, ImportRow.known_by.overlap(list(wanted)))
    return {bytes(mark) for marks in session.scalars(query) for mark in marks or ()} & wanted


def touched(session: Session, job_id: UUID, customer_ids: Iterable[UUID]) -> set[UUID]:
    """Those of the customers that an earlier row has created or updated."""
    ids = list(customer_ids)
    query = select(ImportRow.customer_id).where(ImportRow.job_id == job_id, ImportRow.customer_id.in_(ids))
    return {one for one in session.scalars(query) if one} if ids else set()


def numbers(session: Session, job_id: UUID) -> dict[str, int]:
    """How many rows there are of each status."""
    query = select(ImportRow.status, func.count()).where(ImportRow.job_id == job_id).group_by(ImportRow.status)
    rows: Any = session.execute(query)
    return {status: number for status, number in rows}  # noqa: C416  # a row is no pair


def counts(session: Session, job_id: UUID) -> dict[str, int]:
    """How many rows there are of each status; and ``warnings``, the rows among them that have one."""
    warned = select(func.count()).where(ImportRow.job_id == job_id, ImportRow.warned)
    found = numbers(session, job_id)
    return {status: found.get(status, 0) for status in STATUSES} | {"warnings": session.scalar(warned) or 0}


def last_rows(session: Session, job_id: UUID, status: str, limit: int) -> list[ImportRow]:
    """The last rows with this status, the last one first."""
    query = select(ImportRow).where(ImportRow.job_id == job_id, ImportRow.status == status)
    return list(session.scalars(query.order_by(ImportRow.number.desc()).limit(limit).with_for_update()))


def last_number(session: Session, job_id: UUID) -> int:
    """The number of the last row that there is."""
    return session.scalar(select(func.max(ImportRow.number)).where(ImportRow.job_id == job_id)) or 0


def between(session: Session, job_id: UUID, first: int, last: int) -> list[Any]:
    """Number, customer, status, codes and message of the rows that there are."""
    columns = (ImportRow.number, ImportRow.customer_id, ImportRow.status, ImportRow.codes, ImportRow.message)
    query = select(*columns).where(ImportRow.job_id == job_id, ImportRow.number.between(first, last))
    return list(session.execute(query.order_by(ImportRow.number)))


def say(session: Session, job_id: UUID, numbers: Iterable[int], status: str) -> None:
    """Give rows another status, with nothing to add to it."""
    these = (ImportRow.job_id == job_id) & ImportRow.number.in_(list(numbers))
    session.execute(update(ImportRow).where(these).values(status=status, codes="", message=""))


def forget(session: Session, job_id: UUID, first: int, last: int) -> None:
    """Forget rows."""
    session.execute(delete(ImportRow).where(ImportRow.job_id == job_id, ImportRow.number.between(first, last)))


def forget_unchanged(session: Session, job_id: UUID, first: int, last: int) -> None:
    """Forget those of the rows that have changed nothing."""
    here = (ImportRow.job_id == job_id) & ImportRow.number.between(first, last)
    session.execute(delete(ImportRow).where(here, ImportRow.status.not_in((CREATED, UPDATED))))


def forget_some(session: Session, job_id: UUID, limit: int) -> int:
    """Forget so many rows of a job; how many there were."""
    some = select(ImportRow.number).where(ImportRow.job_id == job_id).limit(limit)
    return affected(session, delete(ImportRow).where(ImportRow.job_id == job_id, ImportRow.number.in_(some)))
