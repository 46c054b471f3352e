"""Taking the order for a bulk change."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chassis import jobs
from chassis.field_policy.intake import read_only
from chassis.identity.caller import Caller
from services.customers.bulk_changes.errors import UnclearOrder
from services.customers.bulk_changes.schemas import CHANGES
from services.customers.imports.permitted import not_writable
from services.customers.listing import FILTERABLE
from services.customers.queries import filtering
from services.customers.tag_book import TagBook
from services.customers.terms.resolving import resolve

JOB, NEEDS, TAGS = "run_bulk_change", "customers:bulk_change", "tags:change"
NO_CHANGE: dict[str, Any] = {
    **dict.fromkeys(("filter", "owner_id", "pool_id", "reason")),
    **dict.fromkeys(("ids", "add_tags", "remove_tags"), ()),
    "set": {},
    "to_pool": False,
}
"""An order that changes nothing."""


def bulk_change(session: Session, caller: Caller, **order: Any) -> dict[str, UUID]:
    """Change many customers at once, in the background.

    The result counts the customers that were `updated`, `skipped` (they are like this) and `failed`, and by `codes`
    why; its file has a line for each. What you could not do with one customer you cannot do with many. It can be undone
    as a change set.
    """
    return {"job_id": _enqueue(session, caller, order, dry_run=False)}


def preview_bulk_change(session: Session, caller: Caller, **order: Any) -> dict[str, UUID]:
    """Rehearse a bulk change, in the background.

    The job answers what the change would, with the first customers by `first`, and changes nothing.
    """
    return {"job_id": _enqueue(session, caller, order, dry_run=True)}


def _enqueue(session: Session, caller: Caller, order: dict[str, Any], *, dry_run: bool) -> UUID:
    _check(order)
    if order["filter"]:
        filtering(session, caller, order["filter"])(FILTERABLE)
    names = [*(set(order["set"]) - {"custom"}), *(("tags",) if order["add_tags"] or order["remove_tags"] else ())]
    refused = set(not_writable(caller, names, own=True)) & set(not_writable(caller, names, own=False))
    if refused:
        raise read_only(f"/set/{name}" for name in sorted(refused))
    resolve(session, order["set"])
    book = TagBook(session)
    book.checked(order["add_tags"], pointer="/add_tags")
    if "tags" in order["set"]:
        book.checked(order["set"]["tags"], pointer="/set/tags")
    return jobs.enqueue(session, caller, JOB, order | {"dry_run": dry_run})


def _check(order: dict[str, Any]) -> None:
    """Raises UnclearOrder."""
    if not order["filter"] and not order["ids"]:
        raise UnclearOrder.field("/filter", "Say which customers, by a filter or by their ids.")
    if not any(order[name] for name in CHANGES):
        raise UnclearOrder.field("/set", "Say what is to be different.")
    if order["owner_id"] and order["to_pool"]:
        raise UnclearOrder.field("/to_pool", "Customers go to an owner or into a pool.")
