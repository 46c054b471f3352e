"""Tasks come and go: made in numbers without doubles, done when things are right, following customers to new owners."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, event, inspect, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.database import WritingSession
from chassis.ids import new_id
from chassis.outbox import record
from contracts.quality import CustomerTaskChanged
from services.customers.models import Customer
from services.customers.tasks.models import DONE, OPEN, CustomerTask
from services.customers.tasks.seeing import TABLE, of_customers

MOVED = "customers whose tasks have to follow them"
COLUMNS = Customer.__table__.c
TOLD = (
    TABLE.id,
    TABLE.version,
    TABLE.customer_id,
    TABLE.owner_id,
    TABLE.team_id,
    TABLE.kind,
    TABLE.state,
    TABLE.due_at,
)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A task that there is to be."""

    customer_id: UUID
    owner_id: UUID | None
    team_id: UUID | None
    kind: str
    due_at: datetime
    subject: str = ""
    about: Sequence[str] = field(default_factory=list)


def make(session: Session, wanted: Iterable[Wanted]) -> int:
    """Make those of the tasks that there are not yet; of parallel ones, one wins. Returns how many are new."""
    moment = now()
    rows: list[dict[str, Any]] = [
        {"id": new_id(), "version": 1, "created_at": moment, "updated_at": moment, "state": OPEN, "holds": True}
        | {"customer_id": one.customer_id, "owner_id": one.owner_id, "team_id": one.team_id, "kind": one.kind}
        | {"subject": one.subject, "about": list(one.about), "due_at": one.due_at}
        for one in wanted
    ]
    if not rows:
        return 0
    made = session.execute(insert(CustomerTask).values(rows).on_conflict_do_nothing().returning(*TOLD)).all()
    _tell(session, made)
    return len(made)


def settle(session: Session, kind: str, customer_ids: Collection[UUID], subject: str = "") -> None:
    """It is right now: open tasks of the kind are done, and dismissed ones are asked anew if it goes wrong again."""
    these = and_(of_customers(list(customer_ids)), TABLE.kind == kind, TABLE.subject == subject, TABLE.holds)
    session.execute(update(CustomerTask).where(these, TABLE.state != OPEN).values(holds=False))
    done = {"state": DONE, "holds": False, "closed_at": now(), "version": TABLE.version + 1, "updated_at": now()}
    rows = session.execute(update(CustomerTask).where(these, TABLE.state == OPEN).values(done).returning(*TOLD))
    _tell(session, rows.all())


def follow(session: Session, ids: Collection[UUID]) -> None:
    """Let the open tasks of these customers be their present owners'."""
    other = or_(TABLE.owner_id.is_distinct_from(COLUMNS.owner_id), TABLE.team_id.is_distinct_from(COLUMNS.team_id))
    these = and_(of_customers(list(ids)), TABLE.state == OPEN, COLUMNS.id == TABLE.customer_id, other)
    whose = {"owner_id": COLUMNS.owner_id, "team_id": COLUMNS.team_id}
    moved = update(CustomerTask).where(these).values(**whose, version=TABLE.version + 1, updated_at=now())
    _tell(session, session.execute(moved.execution_options(synchronize_session=False).returning(*TOLD)).all())


def moved(session: Session, ids: Iterable[UUID]) -> None:
    """Let tasks follow customers that somebody has moved past the session, when the transaction ends."""
    session.info.setdefault(MOVED, set()).update(ids)


def _tell(session: Session, rows: Iterable[Any]) -> None:
    record(session, *(_news(row) for row in rows))


def _news(task: Any) -> CustomerTaskChanged:
    return CustomerTaskChanged(
        aggregate_id=task.id,
        version=task.version,
        customer_id=task.customer_id,
        owner_id=task.owner_id,
        team_id=task.team_id,
        kind=task.kind,
        state=task.state,
        due_at=task.due_at,
    )


def tell(session: Session, task: CustomerTask) -> None:
    """Tell others of a task, after ``touch()``."""
    record(session, _news(task))


@event.listens_for(WritingSession, "after_flush")
def _notice(session: Session, _: Any) -> None:
    changed = (one for one in session.dirty if isinstance(one, Customer))
    gone = [one.id for one in changed if _has_moved(one)]
    if gone:
        moved(session, gone)


def _has_moved(customer: Customer) -> bool:
    attributes: Any = inspect(customer).attrs
    return any(attributes[name].history.has_changes() for name in ("owner_id", "team_id"))


@event.listens_for(WritingSession, "before_commit")
def _follow_moved(session: Session) -> None:
    if session.in_nested_transaction():
        return
    session.flush()
    ids = session.info.pop(MOVED, None)
    if ids and session.scalar(select(TABLE.id).where(of_customers(list(ids)), TABLE.state == OPEN).limit(1)):
        follow(session, ids)
