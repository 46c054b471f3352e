"""Recovery codes: ten on paper, each good once, for when the other factors are lost."""

import hashlib
import hmac
import secrets
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from chassis import audit
from chassis.clock import now
from chassis.context import settings_of
from chassis.identity.caller import Caller
from chassis.ids import new_id
from services.auth.models import User
from services.auth.signing_in.models import Passkey, RecoveryCode, TotpDevice

COUNT = 10
ALPHABET = "abcdefghjkmnpqrstvwxyz0123456789"
"""Without letters that look like another one."""
LENGTH = 12
"""60 bits."""


def renew_recovery_codes(session: Session, caller: Caller) -> dict[str, Any]:
    """Make ten new recovery codes; the old ones are void."""
    session.scalars(select(User.id).where(User.id == caller.user_id).with_for_update()).one()
    return {"recovery_codes": _new_codes(session, caller.user_id)}


def first_codes(session: Session, user_id: UUID) -> list[str] | None:
    """Ten codes for somebody who has none that is unused; else None."""
    return None if unused(session, user_id) else _new_codes(session, user_id)


def unused(session: Session, user_id: UUID) -> int:
    """How many codes are left."""
    left = select(func.count()).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return session.scalar(left) or 0


def accepts(session: Session, user: User, code: str) -> bool:
    """Whether it is one of the codes that are left, which is then spent; of parallel uses one wins."""
    spent = update(RecoveryCode).where(
        RecoveryCode.user_id == user.id,
        RecoveryCode.code_hash == _hash(session, user.id, code),
        RecoveryCode.used_at.is_(None),
    )
    return session.scalar(spent.values(used_at=now()).returning(RecoveryCode.id)) is not None


def forget_if_alone(session: Session, user_id: UUID) -> None:
    """Delete the codes of somebody who has no other second factor any more: there is nothing to recover."""
    for factor in (TotpDevice, Passkey):
        if session.scalar(select(factor.id).where(factor.user_id == user_id).limit(1)):
            return
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


def _new_codes(session: Session, user_id: UUID) -> list[str]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    codes = [_generated() for _ in range(COUNT)]
    session.add_all(RecoveryCode(id=new_id(), user_id=user_id, code_hash=_hash(session, user_id, one)) for one in codes)
    audit.tell(session, recovery_codes=COUNT)
    return codes


def _generated() -> str:
    letters = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return "-".join(letters[start : start + 4] for start in range(0, LENGTH, 4))


def _hash(session: Session, user_id: UUID, code: str) -> bytes:
    """Keyed with the service's own secret, and bound to the person; dashes, spaces and case do not matter."""
    letters = "".join(letter for letter in code.lower() if letter.isalnum())
    content = b"recovery codes\n" + user_id.bytes + letters.encode(errors="replace")
    return hmac.digest(settings_of(session).secret_key, content, hashlib.sha256)
