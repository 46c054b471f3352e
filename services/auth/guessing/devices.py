"""Known devices: who has logged in once has a token there, which keeps his way in open while others guess.

The token opens nothing; it only says that the attempt is counted for this device and not with those of strangers.
"""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.database import affected
from services.auth.guessing.models import KnownDevice
from services.auth.models import User, search_key

TOKEN_BYTES = 32
KEPT_FOR = timedelta(days=180)
"""After the last log-in from there."""
MOST = 20
"""Devices of one person; the one that was used longest ago makes room."""


def recognised(session: Session, token: str | None, email: str) -> bytes | None:
    """The hash of the token if it belongs to the account with this address, else None."""
    if not token:
        return None
    known = select(KnownDevice.token_hash).join(User, User.id == KnownDevice.user_id)
    known = known.where(KnownDevice.token_hash == _hash(token), KnownDevice.last_used_at > now() - KEPT_FOR)
    return session.scalar(known.where(User.email_key == search_key(email)))


def remember(session: Session, user_id: UUID, token: str | None = None, recognised: bytes | None = None) -> str:
    """The token that the device shall show from now on: the one that was recognised, else a new one."""
    if token is not None and recognised is not None:
        used = update(KnownDevice).where(KnownDevice.token_hash == recognised).values(last_used_at=now())
        if affected(session, used):
            return token
    new = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(KnownDevice(token_hash=_hash(new), user_id=user_id))
    session.flush()
    _make_room(session, user_id)
    return new


def forget_all(session: Session, user_id: UUID) -> None:
    """Know none of a person's devices any more: somebody else may have them."""
    session.execute(delete(KnownDevice).where(KnownDevice.user_id == user_id))


def forget_old(session: Session) -> int:
    """Delete devices that nobody has logged in from for long. Returns how many."""
    return affected(session, delete(KnownDevice).where(KnownDevice.last_used_at < now() - KEPT_FOR))


def _make_room(session: Session, user_id: UUID) -> None:
    own = select(KnownDevice.token_hash).where(KnownDevice.user_id == user_id)
    beyond = own.order_by(KnownDevice.last_used_at.desc()).offset(MOST)
    session.execute(delete(KnownDevice).where(KnownDevice.token_hash.in_(beyond)))


def _hash(token: str) -> bytes:
    """Plain SHA-256 is enough for 256 random bits."""
    return hashlib.sha256(token.encode(errors="replace")).digest()
