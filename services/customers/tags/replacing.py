"""Renaming, merging and removing tags: in the dictionary at once, in all customers by a bulk change.

So it has the progress, the result file and the undoing of one.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from chassis import audit, jobs
from chassis.errors import Forbidden
from chassis.field_policy.intake import read_only
from chassis.filters import with_new_name
from chassis.identity.caller import Caller, Reach
from chassis.identity.policy import Access
from chassis.outbox import record
from contracts.customers import CUSTOMERS
from contracts.tags import TagsReplaced
from services.customers.bulk_changes.start import JOB, NO_CHANGE
from services.customers.bulk_changes.start import TAGS as CHANGE
from services.customers.pool_models import Pool
from services.customers.tag_book import TagBook, UnknownTag
from services.customers.tag_models import Tag
from services.customers.tags.counting import USES
from services.customers.tags.dictionary import TagExists

COPIED = ("colour", "description", "group_id")


def rename_tag(session: Session, caller: Caller, *, tag: str, into: str, language: str) -> dict[str, UUID]:
    """Rename a tag in all customers, in the background.

    From now on its old name is another word for the new one: whoever gives it to a customer gives the new one, and
    the filters of pools and campaigns that name it mean both. The result and the undoing are those of a bulk change.
    """
    used = select(func.sum(USES.customers)).where(USES.tag == into)
    if session.scalar(used) or session.scalar(select(Tag.id).where(Tag.name == into, Tag.replaced_by.is_(None))):
        raise TagExists
    return _replaced(session, caller, [tag], into, language)


def merge_tags(session: Session, caller: Caller, *, tags: list[str], into: str, language: str) -> dict[str, UUID]:
    """Make several tags one in all customers, in the background; as with renaming, their names are kept as others."""
    return _replaced(session, caller, tags, into, language)


def remove_tags(session: Session, caller: Caller, *, tags: list[str], language: str) -> dict[str, UUID]:
    """Take tags from all customers, in the background, and close those that are in the dictionary.

    Filters that name one find nothing by it.
    """
    check_permission(caller)
    job_id = _enqueue(session, caller, tags, None, language)
    for one in _rows(session, tags):
        if one.controlled and one.active:
            one.replace(None, job_id)
    audit.note(session, "remove_tags", resource="tags", count=len(tags))
    return {"job_id": job_id}


def check_permission(caller: Caller) -> None:
    """Raises Forbidden, and ReadOnlyField, unless the caller may do this to all customers."""
    if caller.reach(CHANGE) is not Reach.ALL:
        raise Forbidden(f"This needs the permission {CHANGE} for all")
    if any(caller.access(CUSTOMERS, "tags", own=own) < Access.WRITE for own in (True, False)):
        raise read_only(["/tags"])


def _replaced(session: Session, caller: Caller, tags: list[str], into: str, language: str) -> dict[str, UUID]:
    check_permission(caller)
    names = [tag for tag in dict.fromkeys(tags) if tag != into]
    if not names:
        raise UnknownTag.field("/tags", "A tag cannot be merged with itself.")
    rows = {one.name: one for one in _rows(session, [*names, into])}
    job_id = _enqueue(session, caller, names, into, language)
    _keep(session, rows, names, into)
    TagBook(session).checked([into], pointer="/into")
    for name in names:
        one = rows.get(name)
        if one is None:
            session.add(Tag(name=name, controlled=False, active=False, replaced_by=into, change_set_id=job_id))
        else:
            one.replace(into, job_id)
    session.execute(update(Tag).where(Tag.replaced_by.in_(names)).values(replaced_by=into))
    _follow(session, names, into)
    record(session, TagsReplaced(aggregate_id=job_id, version=1, tags=names, into=into))
    audit.note(session, "replace_tags", resource="tags", count=len(names))
    return {"job_id": job_id}


def _keep(session: Session, rows: dict[str, Tag], names: Iterable[str], into: str) -> None:
    """Let the new name stand in the dictionary if one of the old ones did, as what it was."""
    there = rows.get(into)
    if there is not None and there.replaced_by is not None:  # it was an old name, and is taken again
        there.reopen()
    before = next((one for name in names if (one := rows.get(name)) and one.controlled), None)
    if there is not None:
        there.controlled = there.controlled or before is not None
    elif before is not None:
        said = {name: getattr(before, name) for name in COPIED}
        session.add(Tag(name=into, controlled=True, active=True, **said))
    session.flush()


def _rows(session: Session, names: Iterable[str]) -> list[Tag]:
    """What there is of these names, locked in one order."""
    return list(session.scalars(select(Tag).where(Tag.name.in_(list(names))).order_by(Tag.name).with_for_update()))


def _enqueue(session: Session, caller: Caller, names: list[str], into: str | None, language: str) -> UUID:
    order = NO_CHANGE | {"replaced": names, "into": into, "language": language, "dry_run": False}
    return jobs.enqueue(session, caller, JOB, order)


def _follow(session: Session, names: list[str], into: str) -> None:
    """Let the filters of pools find the tag by all of its names."""

    def renamed(tree: Any) -> Any:
        return with_new_name(tree, "tags", names, into)

    for pool in session.scalars(select(Pool).order_by(Pool.id).with_for_update()):
        rules = {
            name: [rule | {"filter": renamed(rule["filter"])} for rule in getattr(pool, name)]
            for name in ("assignment_rules", "recycle_rules")
        }
        pool.change(rules | {"not_counted": renamed(pool.not_counted)})
