"""The second step of a log-in: the password was right, and the account has more than a password."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from chassis import audit
from chassis.clock import now
from chassis.errors import Problem
from services.auth.guessing import attempts
from services.auth.guessing.attempts import Allowance
from services.auth.models import User
from services.auth.signing_in import passkeys, recovery
from services.auth.signing_in.errors import SecondFactorRefused, SecondFactorRequired, TicketRefused
from services.auth.signing_in.models import TICKET_LIFE, LoginTicket, Passkey, TotpDevice
from services.auth.signing_in.proofs import Proof
from services.auth.token_pairs import begin_session, hash_of

TICKET_BYTES = 32
GUESSES = Allowance(10, timedelta(seconds=30), timedelta(hours=1))
"""Wherever they come from: six digits can be guessed by many at once. Only who knows the password is counted here."""


def asked_for(session: Session, user: User) -> SecondFactorRequired | None:
    """The problem with a ticket if the account has a second factor; None lets him in."""
    factors = factors_of(session, user.id)
    if not factors:
        return None
    ticket = secrets.token_urlsafe(TICKET_BYTES)
    row = LoginTicket(ticket_hash=hash_of(ticket), user_id=user.id, password_mark=_mark(user))
    row.expires_at = now() + TICKET_LIFE
    session.add(row)
    return SecondFactorRequired(factors, ticket)


def finish_log_in(
    session: Session,
    _: None,
    ticket: str,
    totp: str | None = None,
    recovery_code: str | None = None,
    passkey: dict[str, Any] | None = None,
    device_token: str | None = None,
) -> dict[str, Any] | Problem:
    """Finish a log-in with a second factor.

    With the `ticket` that logging in answered, send exactly one of `totp`, `recovery_code` and `passkey`. A ticket
    takes five tries; after ten wrong proofs of an account, whatever their tickets, the next has to wait.
    """
    proof = Proof.of(totp=totp, recovery_code=recovery_code, passkey=passkey)
    row, user = _good_ticket(session, ticket)
    audit.tell(session, audit.LOGIN, account=user.id, factor=proof.factor)
    watch = attempts.asking_for(session, "second factor", user.id, GUESSES)
    watch.check(session)
    if not proof.convinces(session, user, passkeys.LOG_IN):
        row.fail()
        return watch.failed(session) or SecondFactorRefused()
    watch.passed(session)
    session.delete(row)
    return begin_session(session, user, device_token)


def begin_passkey(session: Session, _: None, ticket: str | None = None) -> dict[str, Any]:
    """Begin to log in with a passkey.

    Hand `options` to `navigator.credentials.get()`, and what it answers to `POST /auth/passkey`: that needs no
    password. With the `ticket` of a log-in the passkey is its second factor, and goes to `POST /auth/second-factor`.
    """
    user_id = _good_ticket(session, ticket)[1].id if ticket else None
    return passkeys.begin(session, passkeys.LOG_IN, user_id)


def factors_of(session: Session, user_id: UUID) -> list[str]:
    """What a person can prove himself with beside the password; none if that is all he has."""
    has_totp = select(TotpDevice.id).where(TotpDevice.user_id == user_id, TotpDevice.confirmed_at.is_not(None))
    has_passkey = select(Passkey.id).where(Passkey.user_id == user_id).limit(1)
    found = {"totp": session.scalar(has_totp), "passkey": session.scalar(has_passkey)}
    factors = [name for name, known in found.items() if known]
    return [*factors, "recovery_code"] if factors and recovery.unused(session, user_id) else factors


def forget_old(session: Session) -> None:
    """Delete the tickets that are over."""
    session.execute(delete(LoginTicket).where(LoginTicket.expires_at < now()))


def _good_ticket(session: Session, ticket: str) -> tuple[LoginTicket, User]:
    """The ticket, locked, and whose it is; raises TicketRefused."""
    row = session.scalar(select(LoginTicket).where(LoginTicket.ticket_hash == hash_of(ticket)).with_for_update())
    if row is None or not row.good:
        raise TicketRefused
    user = session.scalar(select(User).where(User.id == row.user_id, User.active).with_for_update(read=True))
    if user is None or _mark(user) != row.password_mark:
        raise TicketRefused
    return row, user


def _mark(user: User) -> bytes:
    return hashlib.sha256((user.password_hash or "").encode()).digest()
