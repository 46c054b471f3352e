"""Finding customers that may be one: all of them as a job, and from then on those that change.

The job puts every customer into its blocks, then compares those that share one. Both steps go on where they were
stopped.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from chassis import jobs
from chassis.clock import now
from chassis.identity.caller import Caller
from chassis.jobs import JobRun
from chassis.timers import DueTimer, set_timer
from services.customers.duplicates import blocks
from services.customers.duplicates.blocks import Group
from services.customers.duplicates.known import CUSTOMERS, QUERY, Known, opened
from services.customers.duplicates.likeness import THRESHOLD, likeness, reasons
from services.customers.duplicates.pairs import count_open, propose, withdraw
from services.customers.models import Customer

JOB, TIMER, THE_ONE = "find_duplicates", "find_changed_duplicates", "customers"
AT_ONCE = 10_000
"""Customers that are put into blocks in one transaction: the more, the nearer are the rows that an index gets."""
PART = 5_000
"""Customers for whom there is one part of the blocks."""
CHUNK = 1_000
"""Changed customers that are compared in one transaction."""
EVERY = timedelta(seconds=10)
LAG = timedelta(seconds=35)
"""Longer than a statement runs: what was changed before has been committed by now."""
NOBODY = UUID(int=0)
"""The id that comes before all others."""

Pair = tuple[bytes, bytes]


def start_finding(session: Session, caller: Caller) -> dict[str, Any]:
    """Look for customers that may be one, among all.

    What is found waits in `GET /duplicates`. From then on customers that are entered, imported or changed are compared
    within a minute.
    """
    total = session.scalar(select(func.count()).select_from(Customer))
    return {"job_id": jobs.enqueue(session, caller, JOB, {}, total=total)}


def find_duplicates(run: JobRun) -> dict[str, Any]:
    """Put all customers into blocks, then compare those that share one; each step is half of the progress."""
    at = run.checkpoint
    if at is None or "customers" not in at:  # as of earlier versions, whose steps were others
        at = {"step": "blocks", "after": str(NOBODY), "customers": 0, "since": now().isoformat()}
    known = Known()
    while at["step"] == "blocks":
        with run.chunk() as session:
            at = _next_customers(session, at, known)
            run.save(session, done=at["customers"] // 2, checkpoint=at)
    for part in range(at["part"], at["parts"]):
        with run.chunk() as session:
            _compare(session, _pairs(blocks.groups_in(session, part, at["parts"])), known)
            at |= {"part": part + 1}
            run.save(session, done=at["customers"] * (at["parts"] + at["part"]) // at["parts"] // 2, checkpoint=at)
    with run.chunk() as session:
        set_timer(session, TIMER, THE_ONE, now(), {"since": at["since"], "id": None})
        run.save(session, done=at["customers"], checkpoint=at)
        return {"compared": at["customers"], "found": count_open(session)}


def find_changed(session: Session, due: DueTimer) -> None:
    """Compare the customers that were entered or changed since the last time, and come back."""
    until = now() - LAG
    since = datetime.fromisoformat(due.payload["since"])
    after = UUID(due.payload["id"]) if due.payload["id"] else NOBODY
    place = tuple_(CUSTOMERS.updated_at, CUSTOMERS.id)
    changed = select(CUSTOMERS.id, CUSTOMERS.updated_at).where(
        place > tuple_(since, after), CUSTOMERS.updated_at < until
    )
    changed = changed.where(CUSTOMERS.version > 0).order_by(CUSTOMERS.updated_at, CUSTOMERS.id).limit(CHUNK)
    rows = session.execute(changed).all()
    if rows:
        compare_anew(session, [row.id for row in rows])
    last = rows[-1] if rows else None
    payload = {"since": last.updated_at.isoformat(), "id": str(last.id)} if last else due.payload
    set_timer(session, TIMER, THE_ONE, now() if len(rows) == CHUNK else now() + EVERY, payload)


def compare_anew(session: Session, ids: Sequence[UUID]) -> None:
    """Compare these customers, as they are now, with all that share a block with them."""
    known, fresh = Known(), {one.bytes for one in ids}
    known.read(session, fresh)
    blocks.put(session, fresh, known.of(fresh))
    withdraw(session, ids)
    pairs = _pairs(blocks.groups_of(session, fresh))
    _compare(session, {pair for pair in pairs if not fresh.isdisjoint(pair)}, known)


def _next_customers(session: Session, at: dict[str, Any], known: Known) -> dict[str, Any]:
    """Put the next customers into their blocks."""
    query = QUERY.where(CUSTOMERS.id > UUID(at["after"])).order_by(CUSTOMERS.id).limit(AT_ONCE)
    features = opened(session, query)
    if not features:
        return {**at, "step": "pairs", "part": 0, "parts": 1 + at["customers"] // PART}
    known.keep(features)
    blocks.put(session, features.keys(), features)
    return {**at, "after": str(UUID(bytes=max(features))), "customers": at["customers"] + len(features)}


def _pairs(groups: Iterable[Group]) -> set[Pair]:
    """Each pair once, however many blocks it shares here."""
    return {pair for group in groups for pair in combinations(group, 2)}


def _compare(session: Session, pairs: set[Pair], known: Known) -> None:
    """Propose those that are alike."""
    compared = {one for pair in pairs for one in pair}
    known.read(session, compared)
    features, found = known.of(compared), []
    for one, other in pairs:
        if one in features and other in features:
            first, second = features[one], features[other]
            if (value := likeness(first, second)) >= THRESHOLD:
                found.append((one, other, round(value * 1000), reasons(first, second)))
    propose(session, found)
