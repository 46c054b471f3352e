"""Keeping the dictionary of tags, and listing all tags with how often they are used."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, literal, null, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chassis.database import dicts
from chassis.errors import Conflict, NotFound, PreconditionFailed
from chassis.identity.caller import Caller
from chassis.paging import Keyset, paged
from services.customers.errors import IdTaken
from services.customers.tag_models import THE_ONE, Tag, TagGroup, TagRules
from services.customers.tags import counting

TABLE, GROUPS, RULES = Tag.__table__.c, TagGroup.__table__.c, TagRules.__table__.c
DEFINED = ("id", "version", "name", "controlled", "colour", "description", "group_id", "active")


class TagExists(Conflict):
    """A name is that of one tag, also if it is an old one."""

    slug, title = "tag-exists", "There is a tag of this name, or there was one that is called otherwise now"


class TagGroupExists(Conflict):
    """Groups have names of their own."""

    slug, title = "tag-group-exists", "There is a group of this name"


class UnknownTagGroup(Conflict):
    """A tag belongs to a group that is there."""

    slug, title = "unknown-tag-group", "There is no such group of tags"


def find_tags(
    session: Session,
    caller: Caller,
    *,
    q: str | None,
    group_id: UUID | None,
    controlled: bool | None,
    sort: str,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """List the tags, each with how many of the customers that you see have it.

    Those of the dictionary are all there; of the free ones those that your customers have. If you may not read the
    tags of every customer that you see, it is the dictionary without numbers.
    """
    listing = (_counted(session, caller) if counting.may_count(caller) else _alone()).subquery()
    query = select(listing)
    if q is not None:
        query = query.where(listing.c.name.contains(q, autoescape=True))
    if group_id is not None:
        query = query.where(listing.c.group_id == group_id)
    if controlled is not None:
        query = query.where(listing.c.controlled.is_(controlled))
    by = sort.removeprefix("-") if counting.may_count(caller) else "name"
    keyset = Keyset(listing.c[by], listing.c.name, sort.startswith("-"))
    ordered = query.where(keyset.beyond(cursor)).order_by(*keyset.ordering()).limit(limit + 1)
    return keyset.page(dicts(session.execute(ordered)), limit)


def _counted(session: Session, caller: Caller) -> Any:
    known = _alone().subquery("known")
    uses = counting.counted(session, caller)
    shown = {name: known.c[name] for name in DEFINED} | {
        "name": func.coalesce(known.c.name, uses.c.tag),
        "controlled": func.coalesce(known.c.controlled, literal(False)),
        "active": func.coalesce(known.c.active, literal(True)),
        "customers": func.coalesce(uses.c.customers, 0),
    }
    columns = (column.label(name) for name, column in shown.items())
    return select(*columns).select_from(known.outerjoin(uses, known.c.name == uses.c.tag, full=True))


def _alone() -> Any:
    """The dictionary."""
    shown = (TABLE[name] for name in DEFINED)
    return select(*shown, null().label("customers")).where(TABLE.controlled, TABLE.replaced_by.is_(None))


def add_tag(session: Session, _: Caller, **fields: Any) -> dict[str, Any]:
    """Add a tag to the dictionary; customers may have it already, as a free one."""
    _check_group(session, fields)
    tag = Tag(controlled=True, **fields)
    try:
        with session.begin_nested():
            session.add(tag)
    except IntegrityError:
        taken = session.scalar(select(Tag.id).where(Tag.name == fields["name"]))
        raise (TagExists if taken else IdTaken) from None
    return view_of(tag)


def change_tag(session: Session, _: Caller, tag_id: UUID, expected_version: int, **fields: Any) -> dict[str, Any]:
    """Change what is said about a tag of the dictionary, close or reopen it.

    A closed tag is given to no customer any more. It is renamed by an operation of its own, in all customers.
    """
    tag = session.get(Tag, tag_id, with_for_update=True)
    if tag is None or not tag.controlled or tag.replaced_by is not None:
        raise NotFound
    if tag.version != expected_version:
        raise PreconditionFailed
    _check_group(session, fields)
    tag.change(fields)
    return view_of(tag)


def view_of(tag: Tag) -> dict[str, Any]:
    """A tag of the dictionary as it is answered; nobody has counted its customers."""
    return {name: getattr(tag, name) for name in DEFINED} | {"customers": None}


def find_groups(session: Session, _: Caller, *, limit: int, cursor: str | None) -> dict[str, Any]:
    """List the groups of tags."""
    query = select(GROUPS.id, GROUPS.version, GROUPS.name, GROUPS.exclusive)
    return paged(session, query, order=GROUPS.name, key=GROUPS.id, descending=False, limit=limit, cursor=cursor)


def add_group(session: Session, _: Caller, **fields: Any) -> TagGroup:
    """Add a group of tags.

    Of an exclusive one a customer has one tag at the most: to give it two is refused, and a bulk change puts the new
    one in the place of the other. Customers who have several when a group becomes exclusive keep them.
    """
    group = TagGroup(**fields)
    _store(session, group, fields["name"])
    return group


def change_group(session: Session, _: Caller, group_id: UUID, expected_version: int, **fields: Any) -> TagGroup:
    """Rename a group of tags, or let it be exclusive from now on or no more."""
    group = session.get(TagGroup, group_id, with_for_update=True)
    if group is None:
        raise NotFound
    if group.version != expected_version:
        raise PreconditionFailed
    try:
        with session.begin_nested():
            group.change(fields)
    except IntegrityError:
        raise TagGroupExists from None
    return group


def get_rules(session: Session, _: Caller) -> dict[str, Any]:
    """Look at whether customers can have tags that are not in the dictionary."""
    (row,) = dicts(session.execute(select(RULES.version, RULES.free, RULES.updated_at)))
    return row


def change_rules(session: Session, _: Caller, expected_version: int, free: bool) -> TagRules:
    """Say whether customers can be given tags that are not in the dictionary.

    If not, new tags are made by whoever may add to the dictionary. Customers keep the free ones that they have.
    """
    rules = session.get_one(TagRules, THE_ONE, with_for_update=True)
    if rules.version != expected_version:
        raise PreconditionFailed
    rules.allow(free=free)
    return rules


def _check_group(session: Session, fields: dict[str, Any]) -> None:
    """Raises UnknownTagGroup; the group stays, as none is ever removed."""
    group_id = fields.get("group_id")
    if group_id is not None and session.get(TagGroup, group_id) is None:
        raise UnknownTagGroup


def _store(session: Session, group: TagGroup, name: str) -> None:
    try:
        with session.begin_nested():
            session.add(group)
    except IntegrityError:
        taken = session.scalar(select(TagGroup.id).where(func.lower(TagGroup.name) == func.lower(name)))
        raise (TagGroupExists if taken else IdTaken) from None
