"""The second step of a log-in: the password was right, and the account has more than a password."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from chassis import audit
from chassis.errors import Problem
from services.auth.guessing import attempts
from services.auth.guessing.attempts import Allowance
from services.auth.house_policy.models import policy_of
from services.auth.models import User
from services.auth.signing_in import factors, passkeys, tickets
from services.auth.signing_in.errors import SecondFactorRefused, SecondFactorRequired, SecondFactorToSetUp
from services.auth.signing_in.models import ENROL, ENROLMENT_LIFE, LOG_IN, TICKET_LIFE
from services.auth.signing_in.proofs import Proof
from services.auth.token_pairs import begin_session

GUESSES = Allowance(10, timedelta(seconds=30), timedelta(hours=1))
"""Wherever they come from: six digits can be guessed by many at once. Only who knows the password is counted here."""


def asked_for(session: Session, user: User) -> SecondFactorRequired | SecondFactorToSetUp | None:
    """The problem with a ticket if the account has a second factor, or has to have one; None lets him in."""
    known = factors.factors_of(session, user.id)
    if known:
        return SecondFactorRequired(known, tickets.issue(session, user, LOG_IN, TICKET_LIFE))
    if policy_of(session).wants_second_factor_of(user):
        return SecondFactorToSetUp(tickets.issue(session, user, ENROL, ENROLMENT_LIFE))
    return None


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
    row, user = tickets.good(session, ticket, LOG_IN)
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
    user_id = tickets.good(session, ticket, LOG_IN)[1].id if ticket else None
    return passkeys.begin(session, passkeys.LOG_IN, user_id)
