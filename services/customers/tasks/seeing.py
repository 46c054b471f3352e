"""Which tasks a caller sees: those of customers that customers:read reaches, about something that he may read.

What is only shared with him, or waits in a pool, is nobody's work yet.
"""

from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, any_, cast, func, literal, not_, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import String

from chassis.custom_fields.defined import custom_fields_of
from chassis.identity.caller import Caller, Reach
from chassis.identity.policy import CUSTOM, Access
from chassis.identity.visibility import UUIDS, covered
from contracts.customers import CONTACTS, CUSTOMERS
from services.customers.sight import READ, Paths
from services.customers.tasks.models import CustomerTask

TABLE = CustomerTask.__table__.c
CONTACT = "contact"
"""What tasks and standards call it that somebody can be reached at the customer."""


def readable(session: Session, caller: Caller, *, own: bool) -> "Readable":
    """What the caller sees of his own customers, or of others'."""
    return Readable(session, caller, own)


class Readable:
    """Tells of fields, and of ``contact``, whether somebody may know what is to be said of them.

    Whoever sees a value, if only masked, sees whether there is one.
    """

    def __init__(self, session: Session, caller: Caller, own: bool) -> None:
        self._rules, self._own = caller.field_rules, own
        self._added = custom_fields_of(session).of(CUSTOMERS)

    def __contains__(self, name: str) -> bool:
        if name == CONTACT:
            reached_at = ("phone", "email")
            return all(self._rules.access(CONTACTS, one, own=self._own) > Access.HIDDEN for one in reached_at)
        one = self._added.by_key.get(name.removeprefix(f"{CUSTOM}."))
        if one is not None and name.startswith(CUSTOM):
            return self._added.access(self._rules, one, own=self._own) > Access.HIDDEN
        known = name in CUSTOMERS.fields
        return known and self._rules.access(CUSTOMERS, name, own=self._own) > Access.HIDDEN

    def hidden(self) -> list[str]:
        """The names that are kept from him."""
        added = [one.name for one in self._added.by_key.values()]
        return [name for name in (*CUSTOMERS.fields, CONTACT, *added) if name not in self]


def tellable(session: Session, caller: Caller) -> ColumnElement[bool]:
    """The condition for tasks that tell the caller nothing of fields that he may not read."""
    if caller.field_rules.unlimited:
        return true()
    mine = func.coalesce(TABLE.owner_id == caller.user_id, literal(False))
    own, others = (readable(session, caller, own=own).hidden() for own in (True, False))
    if own == others:
        return _says_something(own)
    return or_(and_(mine, _says_something(own)), and_(not_(mine), _says_something(others)))


def _says_something(hidden: list[str]) -> ColumnElement[bool]:
    if not hidden:
        return true()
    names = cast(hidden, ARRAY(String(60)))
    return or_(func.cardinality(TABLE.about) == 0, not_(TABLE.about.contained_by(names)))


def within(caller: Caller, permission: str) -> ColumnElement[bool]:
    """The condition for tasks of customers with an owner that the permission covers."""
    return and_(covered(CustomerTask, caller, permission), TABLE.owner_id.is_not(None))


@lru_cache(1_000)
def paths(caller: Caller) -> Paths:
    """``within`` for reading, as conditions that each have an index in the order of a list."""
    reach = caller.reach(READ)
    if reach is Reach.ALL:
        return (TABLE.owner_id.is_not(None),)
    if reach is None or reach is Reach.SHARED:
        return ()
    teams = {Reach.TEAM: caller.teams, Reach.TEAM_TREE: sorted(caller.team_tree)}.get(reach, ())
    return (TABLE.owner_id == caller.user_id, *(TABLE.team_id == team for team in dict.fromkeys(teams)))


def visible_ids(caller: Caller) -> Select[Any]:
    """The ids of the tasks of which clients hear at once; what is about custom fields only they find in the list."""
    tasks = select(CustomerTask.id).where(within(caller, READ))
    if caller.field_rules.unlimited:
        return tasks
    names = (name for name in CUSTOMERS.fields if caller.field_rules.reads(CUSTOMERS, name))
    known = TABLE.about.overlap(cast(list(names), ARRAY(String(60))))
    return tasks.where(or_(func.cardinality(TABLE.about) == 0, known))


def of_customers(ids: list[UUID]) -> ColumnElement[bool]:
    """The condition for tasks of these customers."""
    return TABLE.customer_id == any_(literal(ids, UUIDS))
