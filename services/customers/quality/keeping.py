"""The score of a customer is kept beside it, and changes in the same transaction as what it follows from.

What a session flushes is noticed here, so that no command can forget it. Whoever writes past the session says so with
``touch``. Days on which scores fall by themselves, and changes of standards, are for ``rescoring``.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import any_, delete, event, inspect, literal, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.custom_fields.values import stored
from chassis.database import WritingSession
from chassis.events import encode
from chassis.identity.policy import CUSTOM
from chassis.merging.working import UUIDS
from services.customers.models import Contact, Customer
from services.customers.quality.assessing import Assessment, assess
from services.customers.quality.criteria import PLAIN
from services.customers.quality.gathering import Standards, facts_of, rows_of, rules_of, standards_of
from services.customers.quality.models import field_moments, qualities
from services.customers.tasks import making
from services.customers.tasks.models import OPEN, QUALITY, CustomerTask
from services.customers.tasks.seeing import CONTACT, of_customers
from services.customers.tasks.seeing import TABLE as TASKS

TOUCHED, CHANGED, TAKEN_OVER = "customers to assess", "fields that have changed", "customers whose values are no news"
SEALED = {f"{name}_sealed": name for name in ("phone", "email", "address")}

STORE = text("""
INSERT INTO qualities
SELECT * FROM jsonb_populate_recordset(NULL::qualities, CAST(:rows AS jsonb))
ON CONFLICT (customer_id) DO UPDATE SET
  owner_id = excluded.owner_id, team_id = excluded.team_id, pool_id = excluded.pool_id, kind = excluded.kind,
  lifecycle_stage = excluded.lifecycle_stage, score = excluded.score, completeness = excluded.completeness,
  validity = excluded.validity, freshness = excluded.freshness, missing = excluded.missing, invalid = excluded.invalid,
  stale = excluded.stale, standard_version = excluded.standard_version, falls_on = excluded.falls_on
WHERE qualities IS DISTINCT FROM excluded
""")


def touch(session: Session, ids: Iterable[UUID]) -> None:
    """Let these customers be assessed when the transaction ends."""
    session.info.setdefault(TOUCHED, set()).update(ids)


def take_over(session: Session, ids: Iterable[UUID]) -> None:
    """What these customers get in this transaction they have from others: it does not become new by that."""
    session.info.setdefault(TAKEN_OVER, set()).update(ids)


def keep(session: Session, ids: Collection[UUID]) -> None:
    """Assess these customers, which are locked, and keep what comes out."""
    rows = rows_of(session, ids)
    living = sorted((row for row in rows if row["erased_at"] is None), key=lambda row: row["id"].bytes)
    gone = set(ids) - {row["id"] for row in living}
    if gone:
        session.execute(delete(qualities).where(qualities.c.customer_id == any_(literal(list(gone), UUIDS))))
    if not living:
        return
    standards, rules = standards_of(session), rules_of(session)
    kept = [(row, assess(standards[row["kind"], row["lifecycle_stage"]], facts_of(row), rules)) for row in living]
    session.execute(STORE, {"rows": encode([columns_of(row, found, standards) for row, found in kept]).decode()})
    if with_tasks := {row["id"]: found for row, found in kept if row["has_tasks"]}:
        mend(session, with_tasks)


def columns_of(row: dict[str, Any], found: Assessment, standards: Standards) -> dict[str, Any]:
    """A row of ``qualities``."""
    return {
        "customer_id": row["id"],
        "owner_id": row["owner_id"],
        "team_id": row["team_id"],
        "pool_id": row["pool_id"] if row["in_pool"] else None,
        "kind": row["kind"],
        "lifecycle_stage": row["lifecycle_stage"],
        **{name: getattr(found, name) for name in ("score", "completeness", "validity", "freshness", "falls_on")},
        **{state: found.of(state) for state in QUALITY},
        "standard_version": standards[row["kind"], row["lifecycle_stage"]].version,
    }


def mend(session: Session, found: dict[UUID, Assessment]) -> None:
    """Let tasks be done that are, and others be about what is still to be done."""
    for kind in QUALITY:
        settled = [one for one, assessment in found.items() if not assessment.of(kind)]
        if settled:
            making.settle(session, kind, settled)
    names = (TASKS.id, TASKS.customer_id, TASKS.kind, TASKS.about)
    ours = (TASKS.state == OPEN, TASKS.kind.in_(QUALITY), TASKS.subject == "")
    left = select(*names).where(of_customers(list(found)), *ours)
    for task in session.execute(left).all():
        if (about := found[task.customer_id].of(task.kind)) != task.about:
            session.execute(update(CustomerTask.__table__).where(TASKS.id == task.id).values(about=about))


@event.listens_for(WritingSession, "after_flush")
def _notice(session: Session, _: Any) -> None:
    new = [one.id for one in session.new if isinstance(one, Customer)]
    ids = new + [one.id for one in session.dirty if isinstance(one, Customer)]
    contacts = [one for one in (*session.new, *session.dirty, *session.deleted) if isinstance(one, Contact)]
    ids += [one.customer_id for one in contacts if one.customer_id]
    if ids:
        touch(session, ids)
    take_over(session, new)
    changed = session.info.setdefault(CHANGED, set())
    changed.update((one.customer_id, CONTACT) for one in contacts if one.customer_id)
    changed.update((one.id, name) for one in session.dirty if isinstance(one, Customer) for name in _changed(one))


def _changed(customer: Customer) -> Iterator[str]:
    """The fields of a customer that the flush has changed."""
    attributes: Any = inspect(customer).attrs
    for name in (*PLAIN, *SEALED):
        if name in attributes and attributes[name].history.has_changes():
            yield SEALED.get(name, name)
    for name in ("custom", "custom_private_sealed"):
        if attributes[name].history.has_changes():
            yield from (f"{CUSTOM}.{key}" for key in _different(attributes[name].history, customer, name))


def _different(history: Any, customer: Customer, name: str) -> Iterator[str]:
    """The custom fields whose values are different; of the sealed ones, contact data mostly, all."""
    if name != "custom":
        return iter(stored(None, customer.custom_private))
    before, after = ((values[0] if values else None) or {} for values in (history.deleted, history.added))
    return (key for key in {**before, **after} if before.get(key) != after.get(key))


@event.listens_for(WritingSession, "before_commit")
def _keep_touched(session: Session) -> None:
    """At the end of the transaction; a savepoint only ends a part of it."""
    if session.in_nested_transaction():
        return
    session.flush()
    taken = session.info.pop(TAKEN_OVER, set())
    changed = [pair for pair in session.info.pop(CHANGED, ()) if pair[0] not in taken]
    touched = session.info.pop(TOUCHED, None)
    if touched and "custom_fields" in session.info:
        _note(session, changed)
        keep(session, touched)


def _note(session: Session, changed: list[tuple[UUID, str]]) -> None:
    """Note when these fields changed."""
    if not changed:
        return
    rows = [{"customer_id": customer_id, "field": name, "changed_at": now()} for customer_id, name in sorted(changed)]
    row = insert(field_moments)
    newest = {"changed_at": row.excluded.changed_at}
    session.execute(row.on_conflict_do_update(index_elements=["customer_id", "field"], set_=newest), rows)
