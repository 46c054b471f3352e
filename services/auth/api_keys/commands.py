"""Making, listing and revoking API keys."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.database import affected
from chassis.errors import NotFound
from chassis.identity.caller import Caller
from chassis.identity.events import ApiKeyChanged
from chassis.paging import paged
from services.auth.announcements import announce
from services.auth.api_keys.models import ApiKey, api_key_changed
from services.auth.authority import one_at_a_time, require_rights, require_rights_over, visible_users
from services.auth.errors import AccountClosed, ExpiryOutOfRange, TooManyApiKeys, UnknownRole
from services.auth.models import Role, User

GOOD_FOR, LONGEST = timedelta(days=90), timedelta(days=365)
MOST = 20
"""Good keys of one person."""
KEPT_FOR = timedelta(days=30)
"""After its end, to be told of once more."""
SHOWN = (
    *(ApiKey.id, ApiKey.name, ApiKey.prefix, ApiKey.owner_id, ApiKey.role_id, ApiKey.created_at, ApiKey.created_by),
    *(ApiKey.expires_at, ApiKey.last_used_at),
)


def create_api_key(
    session: Session,
    caller: Caller,
    *,
    name: str,
    role_id: UUID,
    expires_at: datetime | None = None,
    owner_id: UUID | None = None,
) -> dict[str, Any]:
    """Make a key with which a program calls the API, as `Authorization: Bearer rp_…`.

    It acts for its owner, you by default, with one role: one of the owner's, or one whose permissions you have
    yourself; and it never may do more than the owner may at the moment. `key` is told only now. The key is good for 90
    days, or until `expires_at`, at most a year, and known everywhere within a second.
    """
    caller.require_log_in()
    one_at_a_time(session)
    owner = _owner(session, caller, owner_id or caller.user_id)
    _require_role(session, caller, owner, role_id)
    _require_room(session, owner.id)
    until = _checked(expires_at)
    key, shown = ApiKey.made(owner_id=owner.id, role_id=role_id, name=name, created_by=caller.user_id, expires_at=until)
    session.add(key)
    announce(session, api_key_changed(key))
    return {**{column.key: getattr(key, column.key) for column in SHOWN}, "key": shown}


def find_api_keys(
    session: Session, caller: Caller, limit: int, cursor: str | None, owner_id: UUID | None = None
) -> dict[str, Any]:
    """List good API keys, newest first: your own, and with `api_keys:read` those of people within its reach.

    When a key was last used is told to the hour.
    """
    found = select(*SHOWN).where(_good(), _visible(caller, "api_keys:read"))
    if owner_id is not None:
        found = found.where(ApiKey.owner_id == owner_id)
    return paged(session, found, order=ApiKey.created_at, key=ApiKey.id, descending=True, limit=limit, cursor=cursor)


def revoke_api_key(session: Session, caller: Caller, api_key_id: UUID) -> None:
    """Revoke an API key: your own, or with `api_keys:revoke` one of somebody within its reach.

    Within a second it is refused everywhere. A program can revoke the key that it uses itself.
    """
    if api_key_id != caller.session_id:
        caller.require_log_in()
    one_at_a_time(session)
    wanted = select(ApiKey).where(ApiKey.id == api_key_id, _good(), _visible(caller, "api_keys:revoke"))
    key = session.scalar(wanted.with_for_update())
    if key is None:
        raise NotFound
    require_rights_over(session, caller, session.get_one(User, key.owner_id))
    key.revoke()
    announce(session, api_key_changed(key))


def revoke_all(session: Session, owner_id: UUID) -> list[ApiKeyChanged]:
    """Revoke all keys of a person. Returns the events to announce."""
    good = select(ApiKey).where(ApiKey.owner_id == owner_id, _good()).order_by(ApiKey.id).with_for_update()
    keys = list(session.scalars(good))
    for key in keys:
        key.revoke()
    return [api_key_changed(key) for key in keys]


def forget_old(session: Session) -> int:
    """Delete keys that have been over for a month. Returns how many."""
    over = func.least(ApiKey.expires_at, func.coalesce(ApiKey.revoked_at, ApiKey.expires_at))
    return affected(session, delete(ApiKey).where(over < now() - KEPT_FOR))


def _good() -> ColumnElement[bool]:
    return ApiKey.revoked_at.is_(None) & (ApiKey.expires_at > now())


def _visible(caller: Caller, permission: str) -> ColumnElement[bool]:
    within_reach = select(User.id).where(visible_users(caller, permission))
    return or_(ApiKey.owner_id == caller.user_id, ApiKey.owner_id.in_(within_reach))


def _owner(session: Session, caller: Caller, owner_id: UUID) -> User:
    wanted = select(User).where(User.id == owner_id, visible_users(caller, "api_keys:create"))
    owner = session.scalar(wanted.with_for_update(read=True))
    if owner is None:
        raise NotFound
    if not owner.active:
        raise AccountClosed
    require_rights_over(session, caller, owner)
    return owner


def _require_role(session: Session, caller: Caller, owner: User, role_id: UUID) -> None:
    role = session.get(Role, role_id)
    if role is None:
        raise UnknownRole(errors=[{"pointer": "/role_id", "detail": "There is no such record."}])
    if role.id not in owner.roles:
        require_rights(caller, role.permissions, role.field_rules)


def _require_room(session: Session, owner_id: UUID) -> None:
    have = session.scalar(select(func.count()).select_from(ApiKey).where(ApiKey.owner_id == owner_id, _good()))
    if (have or 0) >= MOST:
        raise TooManyApiKeys


def _checked(expires_at: datetime | None) -> datetime:
    at = now()
    if expires_at is None:
        return at + GOOD_FOR
    if not at < expires_at <= at + LONGEST:
        raise ExpiryOutOfRange.field("/expires_at", "It must be in the future, at most a year ahead.")
    return expires_at
