"""What became of each row of an import that is under way.

A row is noted in the transaction that enters its customer, so a job that dies goes on behind the last row noted, and
enters nobody twice. The ledger of an import is emptied when its result file is written.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Integer, String, Text, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from chassis.copying import copy_entities
from services.customers.models import Base
from services.customers.names import LONGEST_KEY

CREATED, UPDATED, SKIPPED, FAILED = STATUSES = ("created", "updated", "skipped", "failed")


class ImportRow(Base):
    """A row of a file that is being imported."""

    __tablename__ = "import_rows"
    __resource__ = None
    __table_args__ = (Index(None, "job_id", "name_key", postgresql_where="name_key IS NOT NULL"),)

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
    parent_key: Mapped[str | None] = mapped_column(String(LONGEST_KEY, collation="C"))
    """The name of the parent company that is to be found."""
    parent_id: Mapped[UUID | None]
    """The parent company that was found."""

    def warn(self, code: str, message: str) -> None:
        """Add a warning to what is said about the row."""
        self.codes = "; ".join(filter(None, (self.codes, code)))
        self.message = "; ".join(filter(None, (self.message, message)))
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
    parent_key: str | None = None

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
            "parent_key": self.parent_key,
            "parent_id": None,
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


def counts(session: Session, job_id: UUID) -> dict[str, int]:
    """How many rows there are of each status; and ``warnings``, the rows among them that have one."""
    columns = (ImportRow.status, func.count(), func.count().filter(ImportRow.warned))
    rows = session.execute(select(*columns).where(ImportRow.job_id == job_id).group_by(ImportRow.status)).all()
    numbers = {status: number for status, number, _ in rows}
    return {status: numbers.get(status, 0) for status in STATUSES} | {"warnings": sum(warned for *_, warned in rows)}


def empty(session: Session, job_id: UUID) -> None:
    """Forget the rows of an import."""
    session.execute(delete(ImportRow).where(ImportRow.job_id == job_id))
