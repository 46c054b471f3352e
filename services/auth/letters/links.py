"""Links that let somebody choose a password: random, sent to his address, good once and for a while."""

import hashlib
import secrets
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.database import affected
from services.auth.errors import LinkRefused
from services.auth.letters.models import AccountLink
from services.auth.models import User

TOKEN_BYTES = 32


class Purpose(StrEnum):
    """What a link is for."""

    FIRST_PASSWORD = "first_password"
    NEW_PASSWORD = "new_password"


GOOD_FOR = {Purpose.FIRST_PASSWORD: timedelta(hours=72), Purpose.NEW_PASSWORD: timedelta(hours=1)}


def issue(session: Session, user_id: UUID, purpose: Purpose) -> str:
    """The token of a new link; one that was sent before for the same purpose works no more."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    link = insert(AccountLink).values(
        user_id=user_id, purpose=purpose.value, token_hash=_hash(token), expires_at=now() + GOOD_FOR[purpose]
    )
    newer = {name: link.excluded[name] for name in ("token_hash", "expires_at")}
    session.execute(link.on_conflict_do_update(index_elements=["user_id", "purpose"], set_=newer))
    return token


def holder(session: Session, token: str, purpose: Purpose) -> User:
    """Whom the link was sent to, locked; raises LinkRefused for one that is used, too old, or of a closed account."""
    good = select(AccountLink).where(
        AccountLink.token_hash == _hash(token), AccountLink.purpose == purpose.value, AccountLink.expires_at > now()
    )
    link = session.scalar(good.with_for_update())
    user = None if link is None else session.scalar(select(User).where(User.id == link.user_id).with_for_update())
    if user is None or not user.active:
        raise LinkRefused
    return user


def withdraw(session: Session, user_id: UUID) -> None:
    """Let no link that was sent to a person work any more."""
    session.execute(delete(AccountLink).where(AccountLink.user_id == user_id))


def forget_old(session: Session) -> int:
    """Delete links that are too old. Returns how many."""
    return affected(session, delete(AccountLink).where(AccountLink.expires_at < now()))


def _hash(token: str) -> bytes:
    """Plain SHA-256 is enough for 256 random bits."""
    return hashlib.sha256(token.encode(errors="replace")).digest()
