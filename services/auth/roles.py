"""Roles: named sets of permissions, built in or of the house."""

from typing import TypedDict, Unpack
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.errors import NotFound, PreconditionFailed
from chassis.identity.caller import EVERYTHING, Caller
from chassis.ids import new_id
from services.auth.announcements import announce, role_changed
from services.auth.authority import one_at_a_time, require_administrator_left, require_rights
from services.auth.errors import BuiltInRole, IdTaken, RoleInUse, RoleNameTaken
from services.auth.models import Grant, Role

ROLE_NAMESPACE = UUID("8b0f0c3e-6f0c-5a53-9d3c-5d5b7c0a6e11")

ADMINISTRATOR = "administrator"
BUILT_IN_ROLES: dict[str, dict[str, str]] = {
    ADMINISTRATOR: {EVERYTHING: "all"},
    "sales_rep": {
        "customers:read": "team",
        "customers:create": "own",
        "customers:change": "own",
        "customers:claim": "all",
        "customers:release": "own",
        "customers:import": "own",
        "interactions:read": "team",
        "interactions:create": "own",
        "interactions:change": "own",
        "tickets:read": "team",
        "tickets:create": "team",
        "tickets:change": "own",
        "tickets:comment": "team",
        "campaigns:read": "team",
    },
    "sales_manager": {
        "customers:read": "team_tree",
        "customers:create": "team_tree",
        "customers:change": "team_tree",
        "customers:claim": "all",
        "customers:release": "team_tree",
        "customers:assign": "team_tree",
        "customers:import": "team_tree",
        "interactions:read": "team_tree",
        "interactions:create": "team_tree",
        "interactions:change": "team_tree",
        "tickets:read": "team_tree",
        "tickets:create": "team_tree",
        "tickets:change": "team_tree",
        "tickets:comment": "team_tree",
        "tickets:assign": "team_tree",
        "campaigns:read": "team_tree",
        "users:read": "team_tree",
        "teams:read": "team_tree",
        "roles:read": "all",
    },
    "service_agent": {
        "customers:read": "all",
        "interactions:read": "all",
        "interactions:create": "own",
        "interactions:change": "own",
        "tickets:read": "team",
        "tickets:create": "all",
        "tickets:change": "team",
        "tickets:comment": "team",
        "tickets:assign": "team",
    },
    "marketer": {
        "customers:read": "all",
        "interactions:read": "all",
        "campaigns:read": "all",
        "campaigns:create": "all",
        "campaigns:change": "team",
        "campaigns:send": "team",
    },
    "analyst": {
        "customers:read": "all",
        "interactions:read": "all",
        "tickets:read": "all",
        "campaigns:read": "all",
        "users:read": "all",
        "teams:read": "all",
        "roles:read": "all",
    },
}


def role_id(name: str) -> UUID:
    """The id of a built-in role: the same in every installation."""
    return uuid5(ROLE_NAMESPACE, name)


class RoleChanges(TypedDict, total=False):
    """What may be different about a role."""

    name: str
    permissions: dict[str, str]


def create_role(
    session: Session,
    caller: Caller,
    *,
    name: str,
    permissions: dict[str, str],
    id: UUID | None = None,
) -> Role:
    """Create a role out of permissions that you have yourself."""
    one_at_a_time(session)
    if id is not None and session.get(Role, id):
        raise IdTaken
    return _added(session, caller, Role(id=id or new_id(), name=name, permissions=permissions, built_in=False))


def copy_role(session: Session, caller: Caller, role_id: UUID, name: str) -> Role:
    """Copy a role under another name, to change the copy."""
    one_at_a_time(session)
    original = _known(session, role_id)
    return _added(session, caller, Role(id=new_id(), name=name, permissions=original.permissions, built_in=False))


def change_role(
    session: Session, caller: Caller, role_id: UUID, expected_version: int, **changes: Unpack[RoleChanges]
) -> Role:
    """Change a role of your own making; everybody who has it has the new permissions within a second."""
    one_at_a_time(session)
    role = _changeable(session, caller, role_id, expected_version)
    name, permissions = changes.get("name", role.name), changes.get("permissions", role.permissions)
    require_rights(caller, permissions)
    if name != role.name:
        _require_free(session, name)
    role.change(name=name, permissions=permissions)
    require_administrator_left(session)
    announce(session, role_changed(role))
    return role


def delete_role(session: Session, caller: Caller, role_id: UUID, expected_version: int) -> None:
    """Remove a role that nobody has."""
    one_at_a_time(session)
    role = _changeable(session, caller, role_id, expected_version)
    if session.scalar(select(Grant.user_id).where(Grant.role_id == role_id).limit(1)):
        raise RoleInUse
    role.touch()
    session.flush()
    session.delete(role)
    announce(session, role_changed(role, removed=True))


def _added(session: Session, caller: Caller, role: Role) -> Role:
    require_rights(caller, role.permissions)
    _require_free(session, role.name)
    session.add(role)
    session.flush()
    announce(session, role_changed(role))
    return role


def _known(session: Session, role_id: UUID) -> Role:
    role = session.scalar(select(Role).where(Role.id == role_id).with_for_update())
    if role is None:
        raise NotFound
    return role


def _changeable(session: Session, caller: Caller, role_id: UUID, expected_version: int) -> Role:
    role = _known(session, role_id)
    if role.version != expected_version:
        raise PreconditionFailed
    if role.built_in:
        raise BuiltInRole
    require_rights(caller, role.permissions)
    return role


def _require_free(session: Session, name: str) -> None:
    if session.scalar(select(Role.id).where(Role.name == name)):
        raise RoleNameTaken(errors=[{"pointer": "/name", "detail": "There is a role of this name."}])
