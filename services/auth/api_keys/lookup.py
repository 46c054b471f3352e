"""What the gateway asks about the keys that programs show; the services know the keys by themselves."""

from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from chassis.clock import now
from services.auth.api_keys.models import LATELY, ApiKey
from services.auth.models import User


def look_up_api_key(session: Session, _: None, hash: str) -> dict[str, Any]:
    """Whose key it is, if it is good; nothing otherwise."""
    good = select(ApiKey.id, ApiKey.owner_id, ApiKey.expires_at, ApiKey.last_used_at).join(
        User, User.id == ApiKey.owner_id
    )
    good = good.where(ApiKey.hash == hash, ApiKey.revoked_at.is_(None), ApiKey.expires_at > now(), User.active)
    row = session.execute(good).one_or_none()
    if row is None:
        return {}
    noted = row.last_used_at is not None and row.last_used_at > now() - LATELY
    return {"id": row.id, "owner_id": row.owner_id, "expires_at": row.expires_at.timestamp(), "use_is_noted": noted}


def note_api_key_use(session: Session, _: None, id: UUID) -> None:
    """Note that a key is in use, at most once an hour."""
    at = now()
    unnoted = ApiKey.last_used_at.is_(None) | (ApiKey.last_used_at < at - LATELY)
    session.execute(update(ApiKey).where(ApiKey.id == id, unnoted).values(last_used_at=at))
