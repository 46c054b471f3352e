"""Reach as a part of the query: a record that the caller may not see is not fetched at all."""

from typing import Any, Protocol

from sqlalchemy import ColumnElement, any_, false, inspect, literal, or_, true

from chassis.identity.caller import Caller, Reach
from chassis.sharing import table as sharing
from chassis.sharing.table import UUIDS

Ways = tuple[ColumnElement[bool], ...]
"""Conditions, of which a record has to meet one and may meet several."""


class OwnedColumns(Protocol):
    """What ``visible`` needs of a model or an alias of one: the columns of ``chassis.database.Owned``."""

    id: Any
    owner_id: Any
    team_id: Any


def visible(model: type[OwnedColumns], caller: Caller, permission: str) -> ColumnElement[bool]:
    """The condition under which the caller's ``permission`` (``customers:read``) covers a row of the model.

    It reaches as far as a role of his says, and to what is shared with him beside it, for as long as that lasts.
    """
    ways = _by_reach(model, caller, permission)
    if _may_be_shared(model, caller, permission):
        ways += (sharing.is_shared(model.id, caller, resource_of(model), permission),)
    return or_(false(), *ways)


def covered(model: type[OwnedColumns], caller: Caller, permission: str) -> ColumnElement[bool]:
    """The same without what is shared with the caller: only what is his by a reach of his own."""
    return or_(false(), *_by_reach(model, caller, permission))


def ways_to(model: type[OwnedColumns], caller: Caller, permission: str) -> Ways:
    """``visible`` as conditions that an index can answer one by one, for lists that find their rows by them."""
    return _by_reach(model, caller, permission) + shared_with(model, caller, permission)


def shared_with(model: type[OwnedColumns], caller: Caller, permission: str) -> Ways:
    """Of these conditions the one for what is shared with the caller; none if that adds nothing."""
    if not _may_be_shared(model, caller, permission):
        return ()
    return (sharing.is_among_shared(model.id, caller, resource_of(model), permission),)


def resource_of(model: Any) -> str:
    """What shares call the records of a model: the name of its table, also where that is a replica."""
    return str(inspect(model).mapper.local_table.name)


def _may_be_shared(model: Any, caller: Caller, permission: str) -> bool:
    return caller.reach(permission) is not Reach.ALL and sharing.covers(caller, resource_of(model), permission)


def _by_reach(model: type[OwnedColumns], caller: Caller, permission: str) -> Ways:
    reach = caller.reach(permission)
    if reach is None or reach is Reach.SHARED:
        return ()
    if reach is Reach.ALL:
        return (true(),)
    mine = model.owner_id == caller.user_id
    teams = sorted(caller.team_tree) if reach is Reach.TEAM_TREE else list(caller.teams)
    if reach is Reach.OWN or not teams:
        return (mine,)
    # One parameter, whatever the number of teams: IN would be rendered anew for each execution.
    return (mine, model.team_id == any_(literal(teams, UUIDS)))
