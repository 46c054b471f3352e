"""Codes of authenticator apps (RFC 6238): six digits, half a minute each, and each good once."""

import hmac
import time
from typing import Any
from uuid import UUID

import pyotp
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.errors import Problem
from chassis.identity.caller import Caller
from services.auth.guessing import attempts
from services.auth.models import User
from services.auth.signing_in import factors, recovery
from services.auth.signing_in.errors import TotpNotBegun, TotpThere, WrongCode
from services.auth.signing_in.models import TotpDevice

STEP_SECONDS = 30
WINDOW = 1
"""Clocks differ: the codes of the step before and after count, too."""
ISSUER = "Rockpool"


def begin_totp(session: Session, caller: Caller) -> dict[str, Any]:
    """Begin to set up an authenticator app.

    Show `uri` as a QR code, or let people type in the `secret`. It counts once a code of it was confirmed.
    """
    return begun(session, caller.user_id)


def begun(session: Session, user_id: UUID) -> dict[str, Any]:
    """A new secret for the app of a person who has none yet."""
    user = session.scalars(select(User).where(User.id == user_id).with_for_update()).one()
    device = _device(session, user)
    if device is not None and device.confirmed_at:
        raise TotpThere
    if device is None:
        device = TotpDevice(user_id=user.id)
        session.add(device)
    secret = pyotp.random_base32()
    device.secret, device.last_step, device.created_at = secret, 0, now()
    return {"secret": secret, "uri": pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=ISSUER)}


def confirm_totp(session: Session, caller: Caller, code: str) -> dict[str, Any] | Problem:
    """Confirm an authenticator app with a first code.

    From now on logging in with the password takes a second factor. With the first one you get ten recovery codes,
    this once: keep them on paper. `recovery_codes` is null if you have some already.
    """
    user = session.scalars(select(User).where(User.id == caller.user_id).with_for_update(read=True)).one()
    watch = attempts.in_the_session(session, caller)
    watch.check(session)
    answer = confirmed(session, user, code)
    return (watch.failed(session) or answer) if isinstance(answer, Problem) else answer


def confirmed(session: Session, user: User, code: str) -> dict[str, Any] | WrongCode:
    """Let the app of a person count from now on, if it is a code of it; raises TotpNotBegun."""
    device = _device(session, user)
    if device is None or device.confirmed_at:
        raise TotpNotBegun
    if not _takes(device, code):
        return WrongCode()
    device.confirm()
    session.flush()
    return {"recovery_codes": recovery.first_codes(session, user.id)}


def remove_totp(session: Session, caller: Caller) -> None:
    """Remove your authenticator app, unless it is the last second factor and the house asks for one."""
    session.scalars(select(User.id).where(User.id == caller.user_id).with_for_update()).one()
    session.execute(delete(TotpDevice).where(TotpDevice.user_id == caller.user_id))
    recovery.forget_if_alone(session, caller.user_id)
    factors.require_another(session, caller)


def accepts(session: Session, user: User, code: str) -> bool:
    """Whether it is a present code of the person's app, which is then spent; of parallel uses one wins."""
    device = _device(session, user)
    return device is not None and device.confirmed_at is not None and _takes(device, code)


def _device(session: Session, user: User) -> TotpDevice | None:
    own = select(TotpDevice).where(TotpDevice.user_id == user.id).with_for_update()
    return session.scalar(own.execution_options(populate_existing=True))


def _takes(device: TotpDevice, code: str) -> bool:
    totp, present = pyotp.TOTP(device.secret), int(time.time()) // STEP_SECONDS
    for step in range(max(present - WINDOW, device.last_step + 1), present + WINDOW + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()):
            device.spend(step)
            return True
    return False
