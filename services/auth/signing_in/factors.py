"""What people can prove themselves with beside a password, and that they keep one if the house asks for it."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.identity.caller import Caller
from services.auth.house_policy.models import policy_of
from services.auth.models import User
from services.auth.signing_in import recovery
from services.auth.signing_in.errors import LastFactor
from services.auth.signing_in.models import Passkey, TotpDevice


def find_factors(session: Session, caller: Caller) -> dict[str, Any]:
    """What you can prove yourself with beside your password."""
    app = select(TotpDevice.confirmed_at).where(TotpDevice.user_id == caller.user_id)
    columns = (Passkey.id, Passkey.name, Passkey.created_at, Passkey.last_used_at)
    passkeys = select(*columns).where(Passkey.user_id == caller.user_id).order_by(Passkey.id)
    return {
        "totp_since": session.scalar(app),
        "passkeys": [dict(row._mapping) for row in session.execute(passkeys)],
        "recovery_codes_left": recovery.unused(session, caller.user_id),
    }


def factors_of(session: Session, user_id: UUID) -> list[str]:
    """What a person can prove himself with beside the password; none if that is all he has."""
    has_totp = select(TotpDevice.id).where(TotpDevice.user_id == user_id, TotpDevice.confirmed_at.is_not(None))
    has_passkey = select(Passkey.id).where(Passkey.user_id == user_id).limit(1)
    found = {"totp": session.scalar(has_totp), "passkey": session.scalar(has_passkey)}
    factors = [name for name, known in found.items() if known]
    return [*factors, "recovery_code"] if factors and recovery.unused(session, user_id) else factors


def require_another(session: Session, caller: Caller) -> None:
    """Raises LastFactor if somebody has just removed the last factor that the house asks him for."""
    policy = policy_of(session)
    if not policy.wants_second_factors:
        return
    user = session.scalars(select(User).where(User.id == caller.user_id)).one()
    if policy.wants_second_factor_of(user) and not factors_of(session, user.id):
        raise LastFactor
