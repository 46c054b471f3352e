"""Finding customers that may be one: all of them as a job, and from then on those that change.

The job puts every customer into its blocks, then compares those that share one. A block that many share tells nothing
and is passed over. Both steps go on where they were stopped.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, any_, delete, func, literal, select, tuple_
from sqlalchemy.orm import Session

from chassis import jobs
from chassis.clock import now
from chassis.copying import copy_into
from chassis.encryption.columns import vault_of
from chassis.encryption.vault import Vault
from chassis.identity.caller import Caller
from chassis.jobs import JobRun
from chassis.merging.working import UUIDS
from chassis.timers import DueTimer, set_timer
from services.customers.duplicates.likeness import THRESHOLD, Features, blocks_of, features_of, likeness, reasons
from services.customers.duplicates.pairs import DuplicateBlock, propose, withdraw
from services.customers.models import Customer

JOB, TIMER, THE_ONE = "find_duplicates", "find_changed_duplicates", "customers"
CHUNK = 1_000
ROWS = 20_000
"""Of blocks, in their order: an index has it, so reading on costs the same at the end as at the beginning."""
LARGEST_BLOCK = 50
EVERY = timedelta(seconds=10)
LAG = timedelta(seconds=35)
"""Longer than a statement runs: what was changed before has been committed by now."""

CUSTOMERS = Customer.__table__.c
DESCRIBED = ("name", "registration_number", "phone", "email", "address", "city")
QUERY = select(CUSTOMERS.id, *(CUSTOMERS[name] for name in DESCRIBED))
SEALED = [name for name in DESCRIBED if isinstance(CUSTOMERS[name].type, LargeBinary)]
TABLE: Any = DuplicateBlock.__table__

Known = dict[UUID, Features]


def start_finding(session: Session, caller: Caller) -> dict[str, Any]:
    """Look for customers that may be one, among all.

    What is found waits in `GET /duplicates`. From then on customers that are entered, imported or changed are compared
    within a minute.
    """
    total = session.scalar(select(func.count()).select_from(Customer))
    return {"job_id": jobs.enqueue(session, caller, JOB, {}, total=total)}


def find_duplicates(run: JobRun) -> dict[str, Any]:
    """Put all customers into blocks, then compare those that share one."""
    at = run.checkpoint or {"step": "blocks", "after": None, "found": 0, "since": now().isoformat()}
    while at["step"] == "blocks":
        with run.chunk() as session:
            at = _next_customers(session, at)
            run.save(session, done=run.done + at.pop("count"), checkpoint=at)
    while at["step"] == "pairs":
        with run.chunk() as session:
            at = _next_blocks(session, at)
            run.save(session, done=run.done, checkpoint=at)
    with run.chunk() as session:
        set_timer(session, TIMER, THE_ONE, now(), {"since": at["since"], "id": None})
        run.save(session, done=run.done, checkpoint=at)
    return {"compared": run.done, "found": at["found"]}


def find_changed(session: Session, due: DueTimer) -> None:
    """Compare the customers that were entered or changed since the last time, and come back."""
    until = now() - LAG
    since = datetime.fromisoformat(due.payload["since"])
    after = UUID(due.payload["id"] or int_id(0))
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


def compare_anew(session: Session, ids: Sequence[UUID]) -> int:
    """Compare these customers, as they are now, with all that share a block with them. Returns how many are alike."""
    known = _features(session, ids)
    _put_into_blocks(session, ids, known)
    withdraw(session, ids)
    mine = select(TABLE.c.block).where(TABLE.c.customer_id == any_(literal(list(ids), UUIDS)))
    groups = _groups(session, TABLE.c.block.in_(mine))
    fresh = set(ids)
    pairs = {pair for group in groups for pair in _pairs(group) if not fresh.isdisjoint(pair)}
    return _compare(session, pairs, known)


def int_id(number: int) -> str:
    """The id that comes before or after all others."""
    return str(UUID(int=number))


def _next_customers(session: Session, at: dict[str, Any]) -> dict[str, Any]:
    query = QUERY.where(CUSTOMERS.erased_at.is_(None)).order_by(CUSTOMERS.id).limit(CHUNK)
    rows = session.execute(query.where(CUSTOMERS.id > UUID(at["after"])) if at["after"] else query).mappings().all()
    if not rows:
        return {**at, "step": "pairs", "after": None, "count": 0}
    known = _opened(vault_of(session), rows)
    _put_into_blocks(session, list(known), known)
    return {**at, "after": str(rows[-1]["id"]), "count": len(rows)}


def _next_blocks(session: Session, at: dict[str, Any]) -> dict[str, Any]:
    """Compare within the next blocks; each pair once, however many blocks it shares here."""
    query = select(TABLE.c.block, TABLE.c.customer_id).order_by(TABLE.c.block, TABLE.c.customer_id).limit(ROWS)
    rows = session.execute(query if at["after"] is None else query.where(TABLE.c.block > at["after"])).all()
    if not rows:
        return {**at, "step": "done"}
    groups: dict[int, list[UUID]] = {}
    for row in rows:
        groups.setdefault(row.block, []).append(row.customer_id)
    if len(rows) == ROWS and len(groups) > 1:  # the last block may go on
        groups.popitem()
    shared = [group for group in groups.items() if 2 <= len(group[1]) <= LARGEST_BLOCK]
    found = _compare(session, {pair for group in shared for pair in _pairs(group)}, {})
    return {**at, "after": next(reversed(groups)), "found": at["found"] + found}


def _groups(session: Session, condition: Any) -> list[tuple[int, list[UUID]]]:
    """The blocks that some customers share, but not many."""
    query = select(TABLE.c.block, func.array_agg(TABLE.c.customer_id)).where(condition).group_by(TABLE.c.block)
    query = query.having(func.count().between(2, LARGEST_BLOCK))
    return [(row[0], row[1]) for row in session.execute(query)]


def _pairs(group: tuple[int, list[UUID]]) -> Iterable[tuple[UUID, UUID]]:
    return combinations(sorted(group[1]), 2)


def _compare(session: Session, pairs: set[tuple[UUID, UUID]], known: Known) -> int:
    missing = {one for pair in pairs for one in pair} - set(known)
    known = known | _features(session, list(missing))
    found = []
    for one, other in pairs:
        if one in known and other in known and (value := likeness(known[one], known[other])) >= THRESHOLD:
            found.append((one, other, round(value * 1000), reasons(known[one], known[other])))
    return propose(session, found)


def _features(session: Session, ids: Sequence[UUID]) -> Known:
    query = QUERY.where(CUSTOMERS.id == any_(literal(list(ids), UUIDS)), CUSTOMERS.erased_at.is_(None))
    return _opened(vault_of(session), session.execute(query).mappings().all()) if ids else {}


def _opened(vault: Vault, rows: Iterable[Any]) -> Known:
    clear = vault.open_rows([{str(name): value for name, value in row.items()} for row in rows], "customers", SEALED)
    return {row.pop("id"): features_of(**row) for row in clear}


def _put_into_blocks(session: Session, ids: Sequence[UUID], known: Known) -> None:
    vault = vault_of(session)
    session.execute(delete(DuplicateBlock).where(TABLE.c.customer_id == any_(literal(list(ids), UUIDS))))
    rows = [
        (block, one) for one, features in known.items() for block in {_number(vault, b) for b in blocks_of(features)}
    ]
    copy_into(session, "duplicate_blocks", ["block", "customer_id"], rows)


def _number(vault: Vault, block: str) -> int:
    return int.from_bytes(vault.mark("block", block)[:8], signed=True)
