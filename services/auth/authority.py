"""Who may decide over whom: reach over people and teams, rights that may be given, and the last administrator."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select, true
from sqlalchemy.orm import Session

from chassis.errors import FieldError
from chassis.identity.caller import EVERYTHING, Caller, Reach
from chassis.identity.policy import FieldRules, Resource, Rule
from contracts.resources import RESOURCES
from services.auth.errors import BeyondOwnRights, LastAdministrator, OutOfReach, UnknownRole, UnknownTeam
from services.auth.locks import Lock, hold
from services.auth.models import Grant, Membership, Role, Team, User


def one_at_a_time(session: Session) -> None:
    """Changes of people, teams and roles wait for each other until the transaction ends.

    They are rare, and their rules look at many rows: no circle of teams, no team removed that somebody just joined,
    never without an administrator. Call it before the first row is read.
    """
    hold(session, Lock.IDENTITY)


def visible_users(caller: Caller, permission: str) -> ColumnElement[bool]:
    """The condition under which the caller's permission covers a person: himself, people of his teams, or everybody."""
    reach = caller.reach(permission)
    if reach is None or reach is Reach.SHARED:
        return false()
    if reach is Reach.ALL:
        return true()
    if reach is Reach.OWN:
        return User.id == caller.user_id
    member = select(Membership.user_id).where(Membership.team_id.in_(_teams(caller, reach)))
    return or_(User.id == caller.user_id, User.id.in_(member))


def visible_teams(caller: Caller, permission: str) -> ColumnElement[bool]:
    """The condition under which the caller's permission covers a team."""
    reach = caller.reach(permission)
    if reach is None:
        return false()
    return true() if reach is Reach.ALL else Team.id.in_(_teams(caller, reach))


def require_reach(caller: Caller, permission: str, teams: Iterable[UUID | None]) -> None:
    """Raises OutOfReach unless the permission covers each of these teams; None stands for no team at all."""
    reach = caller.reach(permission)
    if reach is Reach.ALL:
        return
    reached = set(_teams(caller, reach)) if reach else set()
    for team in teams:
        if team not in reached:
            raise OutOfReach(f"{permission} does not cover this team" if team else f"{permission} needs a team here")


def require_rights(
    caller: Caller, permissions: Mapping[str, str], field_rules: Mapping[str, Mapping[str, Rule]]
) -> None:
    """Raises BeyondOwnRights unless the caller himself has each of these permissions, as far, and on such fields."""
    for permission, name in permissions.items():
        own = caller.permissions.get(EVERYTHING) if permission == EVERYTHING else caller.reach(permission)
        if own is None or own < Reach.named(name):
            raise BeyondOwnRights(f"You do not have {permission} with the reach {name}")
    of_role = FieldRules.of_roles([field_rules])
    for resource in _granted(permissions):
        for name in resource.fields:
            for own_record in (True, False):
                if of_role.access(resource, name, own=own_record) > caller.access(resource, name, own=own_record):
                    raise BeyondOwnRights(f"You do not have that access to the field {name} of {resource.name}")


def _granted(permissions: Mapping[str, str]) -> list[Resource]:
    """The kinds of records that somebody with these permissions meets."""
    named = {permission.partition(":")[0] for permission in permissions}
    return [one for one in RESOURCES.values() if EVERYTHING in named or (one.permissions or one.name) in named]


def require_rights_over(session: Session, caller: Caller, user: User) -> None:
    """Raises BeyondOwnRights if somebody else's roles have rights that the caller lacks."""
    if user.id != caller.user_id:
        for role in session.scalars(select(Role).where(Role.id.in_(user.roles))):
            require_rights(caller, role.permissions, role.field_rules)


def require_administrator_left(session: Session) -> None:
    """Raises LastAdministrator if no active person has a role with every permission any more."""
    session.flush()
    administers = Role.permissions[EVERYTHING].astext == "all"
    somebody = select(User.id).join(Grant, Grant.user_id == User.id).join(Role, Role.id == Grant.role_id)
    if session.scalar(somebody.where(User.active, administers).limit(1)) is None:
        raise LastAdministrator


def require_teams(session: Session, teams: Sequence[UUID], pointer: str = "/teams") -> None:
    """Raises UnknownTeam that names each team that is not there."""
    known = set(session.scalars(select(Team.id).where(Team.id.in_(teams))))
    if missing := _missing(teams, known, pointer):
        raise UnknownTeam(errors=missing)


def roles_of(session: Session, roles: Sequence[UUID], pointer: str = "/roles") -> list[Role]:
    """The roles with these ids; raises UnknownRole that names each that is not there."""
    found = list(session.scalars(select(Role).where(Role.id.in_(roles))))
    if missing := _missing(roles, {role.id for role in found}, pointer):
        raise UnknownRole(errors=missing)
    return found


def _teams(caller: Caller, reach: Reach) -> list[UUID]:
    if reach is Reach.TEAM_TREE:
        return sorted(caller.team_tree)
    return [] if reach is Reach.SHARED else list(caller.teams)


def _missing(wanted: Sequence[UUID], known: set[UUID], pointer: str) -> list[FieldError]:
    return [
        {"pointer": f"{pointer}/{place}", "detail": "There is no such record."}
        for place, record_id in enumerate(wanted)
        if record_id not in known
    ]
