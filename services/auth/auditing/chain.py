"""The chain: the entries of all services in one order, each tied to the one before it.

Batches may arrive twice, or in another order than they were sent; they are chained once and in the order of their
numbers. A batch that comes too early waits, and what is missing before it is asked for.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.context import settings_of
from chassis.gathering import EntriesGathered, EntriesMissed, audit_id
from chassis.outbox import record
from chassis.timers import DueTimer, set_timer
from services.auth.auditing import watching
from services.auth.auditing.seals import BEGINNING, Seals, canonical, chained
from services.auth.auditing.tables import audit_arrivals, audit_chain, audit_head, audit_sources

ASK_AFTER = timedelta(seconds=5)
ASK_AGAIN_AFTER = timedelta(seconds=30)

Entry = dict[str, Any]


class OtherEntries(Exception):
    """Numbers that are chained already come with other entries: somebody has set the service's numbers back."""


def seals_of(session: Session) -> Seals:
    """The keys of this installation."""
    settings = settings_of(session)
    return Seals.of(settings.secret_key, settings.audit_former_keys)


def keep_audit(session: Session, event: EntriesGathered) -> None:
    """Chain the entries of a batch, and of those that waited for it; raises OtherEntries."""
    head = _held_head(session)
    last = _last_of(session, event.source)
    if event.first > last + 1:
        _let_wait(session, event)
        return
    new = [entry for entry in event.entries if entry["number"] > last]
    _check_known(session, event.source, [entry for entry in event.entries if entry["number"] <= last])
    while new:
        head = _append(session, head, event.source, new)
        last = new[-1]["number"]
        new = _next_waiting(session, event.source, last)
    session.execute(update(audit_head).values(sequence=head[0], hash=head[1]))
    session.execute(update(audit_sources).where(audit_sources.c.service == event.source).values(last=last))


def ask_for_missing(session: Session, due: DueTimer) -> None:
    """Ask a service for the entries before a batch that waits, until it need not wait any more."""
    service = due.key
    _held_head(session)
    last = _last_of(session, service)
    session.execute(delete(audit_arrivals).where(audit_arrivals.c.service == service, audit_arrivals.c.first <= last))
    waiting = select(audit_arrivals.c.first, audit_arrivals.c.arrived_at).where(audit_arrivals.c.service == service)
    next_one = session.execute(waiting.order_by(audit_arrivals.c.first).limit(1)).one_or_none()
    if next_one is None:
        return
    record(session, EntriesMissed(aggregate_id=audit_id(service), version=last + 1, source=service, first=last + 1))
    if next_one.arrived_at < now() - ASK_AGAIN_AFTER:  # asked before, in vain
        missing = {"service": service, "from": last + 1, "to": next_one.first - 1}
        watching.raise_alert(session, watching.MISSING, missing)
    set_timer(session, due.kind, service, now() + ASK_AGAIN_AFTER)


def columns_of(service: str, entry: Entry) -> dict[str, Any]:
    """What the chain keeps beside the text of an entry, for searching."""
    return {
        "service": service,
        "number": entry["number"],
        "id": UUID(entry["id"]),
        "at": datetime.fromisoformat(entry["at"]),
        "kind": entry["kind"],
        "action": entry["action"],
        "outcome": entry["outcome"],
        "actor": _uuid(entry["actor"]),
        "remote_addr": entry["remote_addr"],
        "resource": entry["resource"],
        "records": records_of(entry),
    }


def records_of(entry: Entry) -> list[UUID]:
    """Every record that an entry is about: changed, seen or exported."""
    changed = (change["record_id"] for change in entry["changes"])
    told = (one for one in (entry["record_id"], *changed, *entry["details"].get("records", ())) if one)
    return [UUID(one) for one in dict.fromkeys(told)]


def _held_head(session: Session) -> tuple[int, bytes]:
    """The end of the chain, which nobody else changes until this transaction ends."""
    row = session.execute(select(audit_head).with_for_update()).one_or_none()
    if row is None:
        begun = upsert(audit_head).values(only_row=True, sequence=0, hash=BEGINNING)
        session.execute(begun.on_conflict_do_nothing())
        row = session.execute(select(audit_head).with_for_update()).one()
    return row.sequence, row.hash


def _last_of(session: Session, service: str) -> int:
    last = session.scalar(select(audit_sources.c.last).where(audit_sources.c.service == service))
    if last is None:
        session.execute(insert(audit_sources).values(service=service, last=0))
        return 0
    return last


def _let_wait(session: Session, event: EntriesGathered) -> None:
    batch = {"service": event.source, "first": event.first, "entries": event.entries, "arrived_at": now()}
    session.execute(upsert(audit_arrivals).values(batch).on_conflict_do_nothing())
    set_timer(session, "ask_for_missing", event.source, now() + ASK_AFTER, unless_set=True)


def _next_waiting(session: Session, service: str, last: int) -> list[Entry]:
    """The entries after ``last`` of the next batch that need not wait any more; the batch waits no longer."""
    own = audit_arrivals.c.service == service
    fits = select(audit_arrivals.c.first).where(own, audit_arrivals.c.first <= last + 1).limit(1)
    taken = delete(audit_arrivals).where(own, audit_arrivals.c.first == fits.scalar_subquery())
    while (row := session.execute(taken.returning(audit_arrivals.c.entries)).one_or_none()) is not None:
        fresh = [entry for entry in row.entries if entry["number"] > last]
        if fresh:
            return fresh
    return []


def _check_known(session: Session, service: str, entries: Iterable[Entry]) -> None:
    ids = {entry["number"]: UUID(entry["id"]) for entry in entries}
    known = select(audit_chain.c.number, audit_chain.c.id).where(
        audit_chain.c.service == service, audit_chain.c.number.in_(list(ids))
    )
    chained_ids = {row.number: row.id for row in session.execute(known)} if ids else {}
    for number, entry_id in ids.items():
        if chained_ids.get(number) != entry_id:
            raise OtherEntries(f"{service} has given the number {number} to another entry before")


def _append(session: Session, head: tuple[int, bytes], service: str, entries: list[Entry]) -> tuple[int, bytes]:
    """Add entries to the end of the chain. Returns the new end."""
    seals, (sequence, previous) = seals_of(session), head
    rows = []
    for entry in entries:
        sequence += 1
        body = canonical({**entry, "service": service})
        tied = chained(previous, sequence, body)
        link = {"sequence": sequence, "body": body, "previous": previous, "hash": tied, "seal": seals.seal(tied)}
        rows.append({**columns_of(service, entry), **link})
        previous = tied
    session.execute(insert(audit_chain), rows)
    watching.watch(session, entries)
    return sequence, previous


def _uuid(text: str | None) -> UUID | None:
    return UUID(text) if text else None
