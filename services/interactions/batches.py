"""Many interactions in one request, for imports and demo data: one transaction, a result of its own for each item."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.errors import Problem
from chassis.identity.caller import Caller
from services.interactions import commands, replicas
from services.interactions.errors import CustomerNotKnownHere, InteractionIdTaken, PersonOutOfReach
from services.interactions.models import Customer, Interaction


def log_interactions(session: Session, caller: Caller, items: list[dict[str, Any]]) -> dict[str, Any]:
    """Record up to 500 interactions at once.

    Each item is recorded or refused for itself. Items are known by their ids: sending a batch again records nothing
    twice.
    """
    seen = _seen(session, caller, {item["customer_id"] for item in items})
    out_of_reach = _out_of_reach(session, caller, {item["author_id"] for item in items if "author_id" in item})
    rows = [commands.complete(caller, item["customer_id"], item) for item in items]  # type: ignore[arg-type]
    results = [_refusal(row, seen, out_of_reach) for row in rows]
    _record(session, rows, results)
    counts = {word: sum(result["result"] == word for result in results) for word in ("created", "known", "refused")}
    return {**counts, "items": results}


def _record(session: Session, rows: list[dict[str, Any]], results: list[dict[str, Any]]) -> None:
    """Add what is not refused, and note in the results what was there before."""
    wanted = [row for row, result in zip(rows, results, strict=True) if result["result"] != "refused"]
    created = {one.id for one in commands.add(session, wanted)} if wanted else set()
    stored = _stored(session, {row["id"] for row in wanted} - created)
    for row, result in zip(rows, results, strict=True):
        if result["result"] != "refused" and row["id"] in created:
            created.remove(row["id"])
            stored[row["id"]] = row["customer_id"], row["author_id"]
        elif result["result"] != "refused":
            same = stored.get(row["id"]) == (row["customer_id"], row["author_id"])
            result.update({"result": "known"} if same else _refused(InteractionIdTaken))


def _seen(session: Session, caller: Caller, customer_ids: set[UUID]) -> set[UUID]:
    return set(session.scalars(replicas.customers_in_sight(caller).where(Customer.id.in_(customer_ids))))


def _out_of_reach(session: Session, caller: Caller, user_ids: set[UUID]) -> set[UUID]:
    refused = set()
    for user_id in user_ids:
        try:
            commands.check_reach(session, caller, user_id)
        except PersonOutOfReach:
            refused.add(user_id)
    return refused


def _stored(session: Session, ids: set[UUID]) -> dict[UUID, tuple[UUID, UUID]]:
    columns = (Interaction.id, Interaction.customer_id, Interaction.author_id)
    return {
        row.id: (row.customer_id, row.author_id) for row in session.execute(select(*columns).where(columns[0].in_(ids)))
    }


def _refusal(row: dict[str, Any], seen: set[UUID], out_of_reach: set[UUID]) -> dict[str, Any]:
    """The result of an item before anything is stored: created, unless a rule refuses it."""
    result = {"id": row["id"], "result": "created", "problem": None}
    if row["customer_id"] not in seen:
        result |= _refused(CustomerNotKnownHere)
    elif row["author_id"] in out_of_reach:
        result |= _refused(PersonOutOfReach)
    return result


def _refused(problem: type[Problem]) -> dict[str, Any]:
    return {"result": "refused", "problem": {"type": problem.slug, "title": problem.title}}
