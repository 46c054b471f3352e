"""Reach as a part of the query: a record that the caller may not see is not fetched at all."""

from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, any_, false, literal, or_, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PG_UUID

from chassis.identity.caller import Caller, Reach

UUIDS: ARRAY[UUID] = ARRAY(PG_UUID(as_uuid=True))


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
    # One parameter, whatever the number of teams: IN would be rendered anew for each execution.
    return or_(mine, model.team_id == any_(literal(teams, UUIDS))) if teams else mine


def _teams(caller: Caller, reach: Reach) -> list[UUID]:
    if reach is Reach.TEAM_TREE:
        return sorted(caller.team_tree)
    return list(caller.teams) if reach is Reach.TEAM else []
