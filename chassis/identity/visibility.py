"""Reach as a part of the query: a record that the caller may not see is not fetched at all."""

from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, true

from chassis.identity.caller import Caller, Reach


class OwnedColumns(Protocol):
    """What ``visible`` needs of a model or an alias of one: the columns of ``chassis.database.Owned``."""

    owner_id: Any
    team_id: Any


def visible(model: type[OwnedColumns], caller: Caller, permission: str) -> ColumnElement[bool]:
    """The condition under which the caller's ``permission`` (``customers:read``) covers a row of the model."""
    reach = caller.reach(permission)
    if reach is None:
        return false()
    if reach is Reach.ALL:
        return true()
    mine = model.owner_id == caller.user_id
    teams = _teams(caller, reach)
    return or_(mine, model.team_id.in_(teams)) if teams else mine


def _teams(caller: Caller, reach: Reach) -> list[UUID]:
    if reach is Reach.TEAM_TREE:
        return sorted(caller.team_tree)
    return list(caller.teams) if reach is Reach.TEAM else []
