"""The tree of teams."""

from typing import TypedDict, Unpack
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from chassis.errors import NotFound, PreconditionFailed
from chassis.identity.caller import Caller
from services.auth.announcements import announce, team_changed
from services.auth.authority import one_at_a_time, require_reach, visible_teams
from services.auth.errors import IdTaken, TeamBelowItself, TeamNameTaken, TeamNotEmpty, UnknownTeam
from services.auth.models import Membership, Team


class TeamChanges(TypedDict, total=False):
    """What may be different about a team."""

    name: str
    parent_id: UUID | None


def create_team(
    session: Session,
    caller: Caller,
    *,
    name: str,
    parent_id: UUID | None = None,
    id: UUID | None = None,
) -> Team:
    """Create a team, below another or at the top."""
    one_at_a_time(session)
    if id is not None and session.get(Team, id):
        raise IdTaken
    _require_place(session, caller, "teams:create", parent_id)
    _require_free(session, name, parent_id)
    team = Team.of(name, parent_id, id)
    session.add(team)
    session.flush()
    announce(session, team_changed(team))
    return team


def change_team(
    session: Session, caller: Caller, team_id: UUID, expected_version: int, **changes: Unpack[TeamChanges]
) -> Team:
    """Rename a team, or move it with everything below it; `parent_id`: null moves it to the top."""
    one_at_a_time(session)
    team = _visible(session, caller, team_id)
    if team.version != expected_version:
        raise PreconditionFailed
    name, parent_id = changes.get("name", team.name), changes.get("parent_id", team.parent_id)
    if parent_id != team.parent_id:
        _require_place(session, caller, "teams:change", parent_id)
        _require_above(session, team.id, parent_id)
    if (name, parent_id) != (team.name, team.parent_id):
        _require_free(session, name, parent_id)
    team.change(name=name, parent_id=parent_id)
    announce(session, team_changed(team))
    return team


def delete_team(session: Session, caller: Caller, team_id: UUID, expected_version: int) -> None:
    """Remove a team that has no people and no teams below it."""
    one_at_a_time(session)
    team = _visible(session, caller, team_id)
    if team.version != expected_version:
        raise PreconditionFailed
    below = select(Team.id).where(Team.parent_id == team_id)
    inside = select(Membership.user_id).where(Membership.team_id == team_id)
    if session.scalar(below.limit(1)) or session.scalar(inside.limit(1)):
        raise TeamNotEmpty
    team.touch()
    session.flush()
    session.delete(team)
    announce(session, team_changed(team, removed=True))


def _visible(session: Session, caller: Caller, team_id: UUID) -> Team:
    wanted = select(Team).where(Team.id == team_id, visible_teams(caller, "teams:change")).with_for_update()
    team = session.scalar(wanted)
    if team is None:
        raise NotFound
    return team


def _require_place(session: Session, caller: Caller, permission: str, parent_id: UUID | None) -> None:
    """Raises UnknownTeam or OutOfReach unless the caller may hang teams there."""
    if parent_id is not None and session.get(Team, parent_id) is None:
        raise UnknownTeam(errors=[{"pointer": "/parent_id", "detail": "There is no such team."}])
    require_reach(caller, permission, [parent_id])


def _require_above(session: Session, team_id: UUID, parent_id: UUID | None) -> None:
    """Raises TeamBelowItself if the new parent is the team itself or somewhere below it."""
    above = select(Team.id, Team.parent_id).where(Team.id == parent_id).cte("above", recursive=True)
    upper = aliased(Team)
    above = above.union_all(select(upper.id, upper.parent_id).join(above, upper.id == above.c.parent_id))
    if session.scalar(select(above.c.id).where(above.c.id == team_id)):
        raise TeamBelowItself


def _require_free(session: Session, name: str, parent_id: UUID | None) -> None:
    here = Team.parent_id == parent_id if parent_id else Team.parent_id.is_(None)
    if session.scalar(select(Team.id).where(Team.name == name, here)):
        raise TeamNameTaken(errors=[{"pointer": "/name", "detail": "There is a team of this name here."}])
