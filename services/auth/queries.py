"""Lists and looks at people, teams and roles."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, exists, func, literal, or_, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.orm import Session

from chassis.errors import NotFound
from chassis.identity.caller import Caller
from chassis.paging import paged
from contracts.auth import USERS
from services.auth.authority import visible_teams, visible_users
from services.auth.models import NO_PASSWORD, Grant, Membership, Role, Team, User, search_key

USER_ORDERS = {
    "name": User.name,
    "email": User.email,
    "created_at": User.created_at,
    "updated_at": User.updated_at,
}
PERSON, TEAM = "person", "team"

Rows = Select[*tuple[Any, ...]]


def find_users(
    session: Session,
    caller: Caller,
    limit: int,
    cursor: str | None,
    sort: str,
    search: str | None = None,
    active: bool | None = None,
    team: UUID | None = None,
    role: UUID | None = None,
) -> dict[str, Any]:
    """List accounts; `search` finds the beginning of a name or an e-mail address."""
    found = _users().where(visible_users(caller, "users:read"))
    if search is not None:
        found = found.where(_begins(caller, search))
    if active is not None:
        found = found.where(User.active == active)
    if team is not None:
        found = found.where(exists().where(Membership.user_id == User.id, Membership.team_id == team))
    if role is not None:
        found = found.where(exists().where(Grant.user_id == User.id, Grant.role_id == role))
    order, descending = USER_ORDERS[sort.removeprefix("-")], sort.startswith("-")
    return paged(session, found, order=order, key=User.id, descending=descending, limit=limit, cursor=cursor)


def get_user(session: Session, caller: Caller, user_id: UUID) -> dict[str, Any]:
    """Look at one account."""
    return _one(session, _users().where(User.id == user_id, visible_users(caller, "users:read")))


def user_row(session: Session, user_id: UUID) -> dict[str, Any]:
    """One account as lists show it, whoever asks."""
    return _one(session, _users().where(User.id == user_id))


def find_teams(
    session: Session,
    caller: Caller,
    limit: int,
    cursor: str | None,
    search: str | None = None,
    parent: UUID | None = None,
) -> dict[str, Any]:
    """List teams by name, all of them or those right below one."""
    found = _teams().where(visible_teams(caller, "teams:read"))
    if search is not None:
        found = found.where(Team.name_key.startswith(search_key(search), autoescape=True))
    if parent is not None:
        found = found.where(Team.parent_id == parent)
    return paged(session, found, order=Team.name, key=Team.id, descending=False, limit=limit, cursor=cursor)


def get_team(session: Session, caller: Caller, team_id: UUID) -> dict[str, Any]:
    """Look at one team."""
    return _one(session, _teams().where(Team.id == team_id, visible_teams(caller, "teams:read")))


def find_roles(session: Session, _: Caller, limit: int, cursor: str | None) -> dict[str, Any]:
    """List roles with their permissions, by name."""
    return paged(session, _roles(), order=Role.name, key=Role.id, descending=False, limit=limit, cursor=cursor)


def get_role(session: Session, _: Caller, role_id: UUID) -> dict[str, Any]:
    """Look at one role."""
    return _one(session, _roles().where(Role.id == role_id))


def find_in_directory(
    session: Session, caller: Caller, limit: int, cursor: str | None, search: str | None = None, kind: str | None = None
) -> dict[str, Any]:
    """List the people and teams that something can be assigned to, by name.

    People whose account is closed are left out. `team_id` is the main team of a person and the team above a team.
    Partners, whose permissions reach only what is shared with them, find nobody but themselves.
    """
    kinds = {PERSON: _active_people(search), TEAM: _assignable_teams(search)}
    chosen = union_all(*(query for name, query in kinds.items() if kind in (None, name))).subquery()
    found = select(chosen).where(chosen.c.id == caller.user_id) if caller.is_partner else select(chosen)
    return paged(session, found, order=chosen.c.name, key=chosen.c.id, descending=False, limit=limit, cursor=cursor)


def visible_user_ids(caller: Caller) -> Select[UUID]:
    """The people whose changes the caller hears of live."""
    return select(User.id).where(visible_users(caller, "users:read"))


def visible_team_ids(caller: Caller) -> Select[UUID]:
    """The teams whose changes the caller hears of live."""
    return select(Team.id).where(visible_teams(caller, "teams:read"))


def visible_role_ids(caller: Caller) -> Select[UUID]:
    """The roles whose changes the caller hears of live."""
    return select(Role.id).where(literal(caller.may("roles:read")))


def _users() -> Rows:
    teams = select(Membership.team_id).where(Membership.user_id == User.id).order_by(Membership.place)
    roles = select(Grant.role_id).where(Grant.user_id == User.id).order_by(Grant.role_id)
    return select(
        User.id,
        User.version,
        User.name,
        User.email,
        User.language,
        User.active,
        (User.password_hash != NO_PASSWORD).label("has_password"),
        _array(teams).label("teams"),
        _array(roles).label("roles"),
        User.created_at,
        User.updated_at,
    )


def _teams() -> Rows:
    return select(Team.id, Team.version, Team.name, Team.parent_id, Team.created_at, Team.updated_at)


def _roles() -> Rows:
    return select(
        *(Role.id, Role.version, Role.name, Role.built_in, Role.customised, Role.permissions, Role.field_rules),
        *(Role.created_at, Role.updated_at),
    )


def _active_people(search: str | None) -> Rows:
    main_team = select(Membership.team_id).where(Membership.user_id == User.id, Membership.place == 0)
    people = select(
        literal(PERSON, String).label("kind"), User.id, User.name, main_team.scalar_subquery().label("team_id")
    ).where(User.active)
    return people if search is None else people.where(User.name_key.startswith(search_key(search), autoescape=True))


def _assignable_teams(search: str | None) -> Rows:
    teams = select(literal(TEAM, String).label("kind"), Team.id, Team.name, Team.parent_id.label("team_id"))
    if search is None:
        return teams
    return teams.where(Team.name_key.startswith(search_key(search), autoescape=True))


def _begins(caller: Caller, search: str) -> ColumnElement[bool]:
    """Whether the name begins so, or the e-mail address, if the caller may read everybody's."""
    columns = USERS.readable({"name": User.name_key, "email": User.email_key}, caller.field_rules)
    return or_(*(column.startswith(search_key(search), autoescape=True) for column in columns.values()))


def _array(rows: Select[UUID]) -> Any:
    return func.array(rows.correlate(User).scalar_subquery(), type_=ARRAY(PG_UUID(as_uuid=True)))


def _one(session: Session, query: Rows) -> dict[str, Any]:
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound
    return dict(row._mapping)
