"""The explanation of one person's access."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.asking import ask
from chassis.context import directory_of
from chassis.errors import NotFound
from chassis.explaining import explain_access
from chassis.identity.caller import EVERYTHING, Caller, Reach
from chassis.identity.policy import NO_LIMITS, FieldRules, Resource
from chassis.pending_calls import RemoteProblem
from contracts.resources import RESOURCES, owner_of
from services.auth.authority import visible_users
from services.auth.explaining.errors import NoSuchField, ResourceNotNamed
from services.auth.models import Grant, Role, User


def explain(
    session: Session,
    caller: Caller,
    user_id: UUID,
    resource: str | None,
    record_id: UUID | None,
    field: str | None,
) -> dict[str, Any]:
    """Explain why somebody can, or cannot, see or change something.

    Without `resource` it tells his permissions, with the roles that they come from; with it also what he may do with
    each field. With `record_id` the service that owns the record is asked whether he finds it and may change it. You
    are told nothing of records that you do not see yourself.
    """
    active = session.scalar(select(User.active).where(User.id == user_id, visible_users(caller, "users:read")))
    if active is None:
        raise NotFound
    kind = RESOURCES[resource] if resource else None
    _check(kind, record_id, field)
    roles = list(session.scalars(select(Role).join(Grant, Grant.role_id == Role.id).where(Grant.user_id == user_id)))
    permissions = _permissions(roles, kind)
    fields = _fields(roles, kind, field) if kind else []
    record = _record(session, caller, user_id, kind, record_id) if kind and record_id and active else None
    return {
        "user_id": user_id,
        "active": active,
        "permissions": permissions,
        "fields": fields,
        "record": record,
        "reasons": _reasons(active, permissions, fields, record),
    }


def _check(kind: Resource | None, record_id: UUID | None, field: str | None) -> None:
    if kind is None and (record_id or field):
        raise ResourceNotNamed.field("/resource", "Say what kind of record it is.")
    if kind is not None and field is not None and field not in (*kind.fields, *kind.fixed):
        raise NoSuchField.field("/field", "The resource has no such field.")


def _permissions(roles: list[Role], kind: Resource | None) -> list[dict[str, Any]]:
    """The permissions with their widest reach; ``*`` is about everything."""
    wanted = kind and (kind.permissions or kind.name)
    found: dict[str, dict[str, Any]] = {}
    for role in sorted(roles, key=lambda one: one.name):
        for permission, reach in role.permissions.items():
            if wanted in (None, permission.partition(":")[0]) or permission == EVERYTHING:
                entry = found.setdefault(permission, {"permission": permission, "reach": reach, "roles": []})
                entry["reach"] = max(entry["reach"], reach, key=Reach.named)
                entry["roles"].append(role.name)
    return [found[permission] for permission in sorted(found)]


def _fields(roles: list[Role], kind: Resource, field: str | None) -> list[dict[str, Any]]:
    unlimited = any(role.administers for role in roles)
    rules = NO_LIMITS if unlimited else FieldRules.of_roles(role.field_rules for role in roles)
    names = [field] if field else list(kind.fields)
    return [
        {
            "field": name,
            "own": rules.access(kind, name, own=True).spelling,
            "others": rules.access(kind, name, own=False).spelling,
            "roles": sorted(role.name for role in roles if name in role.field_rules.get(kind.name, {})),
        }
        for name in names
    ]


def _record(session: Session, caller: Caller, user_id: UUID, kind: Resource, record_id: UUID) -> dict[str, Any]:
    question: dict[str, Any] = {"user_id": user_id, "resource": kind.name, "record_id": record_id}
    unknown = {"changes": None, "relation": None, "by_share": False}
    service = owner_of(kind)
    if service == "auth":
        directory_of(session).refresh()
        return unknown | explain_access(session, caller, **question)
    told = {name: str(value) for name, value in question.items()}
    try:
        return unknown | ask(session, service, "explain_access", told)
    except RemoteProblem as problem:
        raise NotFound if problem.status == NotFound.status else problem from None


def _reasons(
    active: bool, permissions: list[dict[str, Any]], fields: list[dict[str, Any]], record: dict[str, Any] | None
) -> list[str]:
    reasons = [] if active else ["The account is closed"]
    reasons += [f"{one['permission']} reaches {one['reach']} ({', '.join(one['roles'])})" for one in permissions]
    if not permissions:
        reasons.append("None of the roles has a permission for it")
    if record and record["relation"]:
        reasons.append(f"The record is {_SPOKEN[record['relation']]}")
    if record and record["by_share"]:
        reasons.append("The record is shared with the person")
    for one in fields:
        if one["roles"]:
            said = one["own"] if one["own"] == one["others"] else f"{one['own']} in own records, else {one['others']}"
            reasons.append(f"{one['field']}: {said} ({', '.join(one['roles'])})")
    return reasons


_SPOKEN = {
    "own": "the person's own",
    "team": "of one of the person's teams",
    "team_below": "of a team below the person's",
    "others": "of others",
    "nobodys": "nobody's",
}
