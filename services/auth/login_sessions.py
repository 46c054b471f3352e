"""Log-in sessions: begun with a password, kept alive by refresh tokens that work once, ended by anybody who may."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis import audit
from chassis.clock import now
from chassis.errors import NotFound, Problem
from chassis.identity.caller import Caller
from chassis.identity.events import SessionEnded
from chassis.paging import paged
from services.auth import passwords
from services.auth.announcements import announce, session_ended
from services.auth.errors import InitialPasswordExpired, LoginRefused, RefreshRefused
from services.auth.guessing import attempts, devices
from services.auth.house_policy.models import policy_of
from services.auth.models import LoginSession, RefreshToken, User, search_key
from services.auth.signing_in import factors, second_factor
from services.auth.token_pairs import begin_session, hash_of, new_tokens


def log_in(
    session: Session, _: None, email: str, password: str, device_token: str | None = None
) -> dict[str, Any] | Problem:
    """Log in with an e-mail address and a password.

    The access token is good for five minutes; the refresh token is good once, for a new pair of both. A session ends
    after some time without use, and later in any case: see `GET /auth/policy`. After ten failures from one network, or
    fifty from anywhere, the account takes the next attempt only after a wait, which grows with each failure. Keep
    `device_token` and send it along with the next log-in: a device that is known has an allowance of its own.

    An account with a second factor gets no tokens yet: the problem `second-factor-required` (401) has a `ticket`, good
    for five minutes, and names under `second_factor` what `POST /auth/second-factor` takes with it. An account that
    must have one and has none gets `second-factor-to-set-up` (401), with an `enrolment_ticket` that is good only for
    `POST /auth/enrolment/totp` or `POST /auth/enrolment/passkey/begin`. A password that somebody else
    has made is good for some days; then the answer is `initial-password-expired` (401), and it takes a link by mail or
    an administrator to get another one.
    """
    known_device = devices.recognised(session, device_token, email)
    watch = attempts.at_the_door(session, email, known_device)
    watch.check(session)
    user = session.scalar(select(User).where(User.email_key == search_key(email)))
    audit.tell(session, audit.LOGIN, account=user.id if user else None)
    if not passwords.matches(user.password_hash if user else None, password) or not _still_valid(session, user):
        return watch.failed(session) or LoginRefused()
    assert user is not None
    watch.check(session)
    watch.passed(session)
    if policy_of(session).has_let_go_of(user):
        return InitialPasswordExpired()
    return second_factor.asked_for(session, user) or begin_session(session, user, device_token)


def refresh(session: Session, _: None, refresh_token: str) -> dict[str, Any] | Problem:
    """Change a refresh token for a new pair of tokens.

    A refresh token works once. One that comes a second time may have been stolen, so it ends its session.
    """
    found = select(RefreshToken, LoginSession, User).where(RefreshToken.token_hash == hash_of(refresh_token))
    found = found.join(LoginSession, LoginSession.id == RefreshToken.session_id).join(
        User, User.id == LoginSession.user_id
    )
    row = session.execute(found.with_for_update(of=(RefreshToken, LoginSession))).one_or_none()
    policy = policy_of(session)
    limits = {"idle": policy.idle_limit, "absolute": policy.absolute_limit}
    if row is None or not row.User.active or not row.LoginSession.live(**limits):
        raise RefreshRefused
    if row.RefreshToken.used_at is not None:
        return _over(session, row.LoginSession, "The refresh token was used before; its session has ended")
    if policy.wants_second_factor_of(row.User) and not factors.factors_of(session, row.User.id):
        return _over(session, row.LoginSession, "This takes a second factor by now; log in to set one up")
    audit.act_as(session, row.LoginSession.user_id, row.LoginSession.id)
    row.RefreshToken.use()
    row.LoginSession.use()
    return new_tokens(session, row.LoginSession)


def log_out(session: Session, caller: Caller) -> None:
    """Log out: end the session that this access token belongs to, everywhere, within a second."""
    if caller.session_id is not None:
        announce(session, *end_sessions(session, caller.user_id, only=caller.session_id))


def find_sessions(session: Session, caller: Caller, limit: int, cursor: str | None) -> dict[str, Any]:
    """List the places where you are logged in, newest first."""
    return live_sessions(session, caller.user_id, limit, cursor, current=caller.session_id)


def live_sessions(
    session: Session, user_id: UUID, limit: int, cursor: str | None, *, current: UUID | None
) -> dict[str, Any]:
    """A page of the sessions of a person that are not over."""
    policy = policy_of(session)
    live = select(
        LoginSession.id,
        LoginSession.created_at,
        LoginSession.last_used_at,
        func.least(LoginSession.expires_at, LoginSession.created_at + policy.absolute_limit).label("expires_at"),
        LoginSession.remote_addr,
        func.coalesce(LoginSession.id == current, False).label("current"),
    ).where(
        LoginSession.user_id == user_id,
        LoginSession.ended_at.is_(None),
        LoginSession.expires_at > now(),
        LoginSession.created_at > now() - policy.absolute_limit,
        LoginSession.last_used_at > now() - policy.idle_limit,
    )
    order = LoginSession.created_at
    return paged(session, live, order=order, key=LoginSession.id, descending=True, limit=limit, cursor=cursor)


def end_session(session: Session, caller: Caller, session_id: UUID) -> None:
    """Log out one of your sessions."""
    caller.require_log_in()
    ended = end_sessions(session, caller.user_id, only=session_id)
    if not ended:
        raise NotFound
    announce(session, *ended)


def end_all_sessions(session: Session, caller: Caller, current: bool = False) -> None:
    """Log out everywhere else, and with `current` here, too."""
    caller.require_log_in()
    announce(session, *end_sessions(session, caller.user_id, but=None if current else caller.session_id))


def end_sessions(
    session: Session, user_id: UUID, *, only: UUID | None = None, but: UUID | None = None
) -> list[SessionEnded]:
    """End a person's sessions: all, ``only`` one, or all ``but`` one. Returns the events to announce."""
    chosen = select(LoginSession).where(LoginSession.user_id == user_id, LoginSession.ended_at.is_(None))
    if only is not None:
        chosen = chosen.where(LoginSession.id == only)
    if but is not None:
        chosen = chosen.where(LoginSession.id != but)
    ended = list(session.scalars(chosen.order_by(LoginSession.id).with_for_update()))
    for one in ended:
        one.end()
    return [session_ended(one) for one in ended]


def _over(session: Session, begun: LoginSession, why: str) -> RefreshRefused:
    begun.end()
    announce(session, session_ended(begun))
    return RefreshRefused(why)


def _still_valid(session: Session, user: User | None) -> bool:
    """Whether the account is open and the password still the one that was compared; locks it against changes."""
    if user is None:
        return False
    stands = select(User.id).where(User.id == user.id, User.active, User.password_hash == user.password_hash)
    return session.scalar(stands.with_for_update(read=True)) is not None
