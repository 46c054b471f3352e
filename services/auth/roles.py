"""Roles: named sets of permissions and field rules, built in or of the house."""

from typing import Any, TypedDict, Unpack
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.errors import NotFound, PreconditionFailed
from chassis.identity.caller import Caller
from chassis.ids import new_id
from services.auth.announcements import announce, role_changed
from services.auth.api_keys.models import ApiKey
from services.auth.authority import one_at_a_time, require_administrator_left, require_rights
from services.auth.built_in_roles import ADMINISTRATOR, BUILT_IN_ROLES, BUILT_IN_RULES
from services.auth.errors import BuiltInRole, IdTaken, NotBuiltIn, RoleInUse, RoleNameTaken
from services.auth.models import Grant, Role

ROLE_NAMESPACE = UUID("8b0f0c3e-6f0c-5a53-9d3c-5d5b7c0a6e11")


def role_id(name: str) -> UUID:
    """The id of a built-in role: the same in every installation."""
    return uuid5(ROLE_NAMESPACE, name)


class RoleChanges(TypedDict, total=False):
    """What may be different about a role."""

    name: str
    permissions: dict[str, str]
    field_rules: dict[str, dict[str, Any]]


def create_role(
    session: Session,
    caller: Caller,
    *,
    name: str,
    permissions: dict[str, str],
    field_rules: dict[str, dict[str, Any]] | None = None,
    id: UUID | None = None,
) -> Role:
    """Create a role out of permissions that you have yourself.

    `field_rules` narrow what people with the role may see and write; of several roles that speak of a field the widest
    counts, and what none speaks of is open.
    """
    one_at_a_time(session)
    if id is not None and session.get(Role, id):
        raise IdTaken
    return _added(session, caller, _new(id or new_id(), name, permissions, field_rules or {}))


def copy_role(session: Session, caller: Caller, role_id: UUID, name: str) -> Role:
    """Copy a role under another name, to change the copy."""
    one_at_a_time(session)
    original = _known(session, role_id)
    return _added(session, caller, _new(new_id(), name, original.permissions, original.field_rules))


def change_role(
    session: Session, caller: Caller, role_id: UUID, expected_version: int, **changes: Unpack[RoleChanges]
) -> Role:
    """Change a role; everybody who has it has the new permissions within a second.

    A built-in role keeps its name, and the administrator's is not changed at all; the others can be reset.
    """
    one_at_a_time(session)
    role = _changeable(session, caller, role_id, expected_version)
    after = RoleChanges(name=role.name, permissions=role.permissions, field_rules=role.field_rules)
    after.update(changes)
    require_rights(caller, after["permissions"], after["field_rules"])
    if after["name"] != role.name:
        if role.built_in:
            raise BuiltInRole
        _require_free(session, after["name"])
    role.change(**after)
    require_administrator_left(session)
    announce(session, role_changed(role))
    return role


def reset_role(session: Session, caller: Caller, role_id: UUID, expected_version: int) -> Role:
    """Make a built-in role what it is in this version of the suite."""
    one_at_a_time(session)
    role = _changeable(session, caller, role_id, expected_version)
    if not role.built_in:
        raise NotBuiltIn
    permissions, field_rules = BUILT_IN_ROLES[role.name], BUILT_IN_RULES.get(role.name, {})
    require_rights(caller, permissions, field_rules)
    role.reset(permissions=permissions, field_rules=field_rules)
    announce(session, role_changed(role))
    return role


def delete_role(session: Session, caller: Caller, role_id: UUID, expected_version: int) -> None:
    """Remove a role that nobody has."""
    one_at_a_time(session)
    role = _changeable(session, caller, role_id, expected_version)
    if role.built_in:
        raise BuiltInRole
    if session.scalar(select(Grant.user_id).where(Grant.role_id == role_id).limit(1)):
        raise RoleInUse
    if session.scalar(select(ApiKey.id).where(ApiKey.role_id == role_id).limit(1)):
        raise RoleInUse("There is an API key with this role, or was one lately")
    role.touch()
    session.flush()
    session.delete(role)
    announce(session, role_changed(role, removed=True))


def _new(id: UUID, name: str, permissions: dict[str, str], field_rules: dict[str, dict[str, Any]]) -> Role:
    return Role(id=id, name=name, permissions=permissions, field_rules=field_rules, built_in=False, customised=False)


def _added(session: Session, caller: Caller, role: Role) -> Role:
    require_rights(caller, role.permissions, role.field_rules)
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
    if role.built_in and role.name == ADMINISTRATOR:
        raise BuiltInRole
    require_rights(caller, role.permissions, role.field_rules)
    return role


def _require_free(session: Session, name: str) -> None:
    if session.scalar(select(Role.id).where(Role.name == name)):
        raise RoleNameTaken(errors=[{"pointer": "/name", "detail": "There is a role of this name."}])
