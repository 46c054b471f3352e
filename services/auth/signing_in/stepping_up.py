"""Proving once more whose session it is, before something dangerous."""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from chassis import audit
from chassis.clock import now
from chassis.errors import FieldError, Problem, Unauthenticated
from chassis.identity.caller import Caller
from services.auth.errors import WrongPassword
from services.auth.guessing import attempts
from services.auth.house_policy.models import policy_of
from services.auth.models import LoginSession, RefreshToken, User
from services.auth.signing_in import passkeys
from services.auth.signing_in.errors import ProofRefused
from services.auth.signing_in.proofs import Proof
from services.auth.token_pairs import new_tokens

WRONG: FieldError = {"pointer": "/password", "detail": "This is not your password."}


def step_up(
    session: Session,
    caller: Caller,
    password: str | None = None,
    totp: str | None = None,
    passkey: dict[str, Any] | None = None,
) -> dict[str, Any] | Problem:
    """Prove once more that it is you.

    Send exactly one of `password`, `totp` and `passkey` (see `POST /auth/step-up/passkey`). For five minutes the new
    access token, and what it is refreshed to, opens what is dangerous: exports, changes of roles, deleting many
    records. The refresh token that you have is spent: go on with the new one.
    """
    proof = Proof.of(password=password, totp=totp, passkey=passkey)
    user = session.scalars(select(User).where(User.id == caller.user_id).with_for_update(read=True)).one()
    watch = attempts.in_the_session(session, caller)
    watch.check(session)
    audit.tell(session, factor=proof.factor)
    if not proof.convinces(session, user, passkeys.STEP_UP):
        return watch.failed(session) or (WrongPassword(errors=[WRONG]) if password else ProofRefused())
    return _stepped_up(session, caller)


def begin_passkey(session: Session, caller: Caller) -> dict[str, Any]:
    """Begin to step up with a passkey.

    Hand `options` to `navigator.credentials.get()`, and what it answers to `POST /auth/step-up`.
    """
    return passkeys.begin(session, passkeys.STEP_UP, caller.user_id)


def _stepped_up(session: Session, caller: Caller) -> dict[str, Any]:
    """New tokens of the caller's session, which has proved itself; the old refresh token is spent."""
    _spend_refresh_tokens(session, caller)
    present = select(LoginSession).where(LoginSession.id == caller.session_id, LoginSession.user_id == caller.user_id)
    begun = session.scalar(present.with_for_update())
    policy = policy_of(session)
    if begun is None or not begun.live(idle=policy.idle_limit, absolute=policy.absolute_limit):
        raise Unauthenticated("The session has ended")
    begun.step_up()
    return new_tokens(session, begun)


def _spend_refresh_tokens(session: Session, caller: Caller) -> None:
    """Tokens before the session, in the order in which refreshing locks them."""
    unspent = update(RefreshToken).where(RefreshToken.session_id == caller.session_id, RefreshToken.used_at.is_(None))
    session.execute(unspent.values(used_at=now()))
