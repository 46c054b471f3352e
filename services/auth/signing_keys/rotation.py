"""Rotation: the key that was published signs, the one that signed retires, and a new one is published.

Nobody is surprised: a key is published long before its first token, and goes only after its last one.
"""

from datetime import datetime, timedelta
from typing import Any

import structlog
from cryptography.exceptions import InvalidTag
from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.context import settings_of
from chassis.identity.caller import Caller
from chassis.identity.tokens import LIFETIME_SECONDS
from chassis.timers import DueTimer, set_timer
from services.auth import announcements
from services.auth.errors import NextKeyTooYoung
from services.auth.locks import Lock, hold, try_to_hold
from services.auth.models import KeyState, SigningKey
from services.auth.settings import AuthSettings
from services.auth.signing_keys.pairs import new_key, opened
from services.auth.signing_keys.published import find_keys

log = structlog.get_logger()

RETIRING_FOR = timedelta(seconds=LIFETIME_SECONDS + 60)
"""The life of a token, and a minute for requests that had begun before the rotation and sign after it."""

SOON = timedelta(seconds=1)


def rotate_keys(session: Session, caller: Caller, *, compromised: bool = False) -> dict[str, Any]:
    """Sign with the next key from now on.

    The key that signed until now retires: its tokens stay good until they expire. If it is `compromised` it is gone
    at once with all its tokens, and people go on with their refresh tokens. The next key must have been published for
    a while (`SIGNING_KEY_AHEAD_SECONDS`), so that every service knows it.
    """
    hold(session, Lock.SIGNING_KEYS)
    _rotate(session, settings_of(session), compromised=compromised)
    session.flush()
    return find_keys(session, caller)


def rotate_in_time(session: Session, timer: DueTimer) -> None:
    """Rotate because the key has signed for long enough; later if somebody has rotated in the meantime."""
    if not try_to_hold(session, Lock.SIGNING_KEYS):
        set_timer(session, timer.kind, timer.key, now() + SOON)
        return
    settings: AuthSettings = settings_of(session)
    active = session.scalars(select(SigningKey).where(SigningKey.state == KeyState.ACTIVE)).one()
    if _due(active, settings) <= now() and _ripe_at(_next_key(session), settings) <= now():
        _rotate(session, settings)
    else:
        _set_rotation_timer(session, settings)


def withdraw_key(session: Session, timer: DueTimer) -> None:
    """Let a retired key go, whose tokens have all expired."""
    if not try_to_hold(session, Lock.SIGNING_KEYS):
        set_timer(session, timer.kind, timer.key, now() + SOON)
        return
    key = session.scalar(select(SigningKey).where(SigningKey.kid == timer.key, SigningKey.state == KeyState.RETIRING))
    if key is not None:
        _withdraw(session, key)


def ensure_keys(session: Session, settings: AuthSettings) -> None:
    """See that one key signs and one is published; those that this SECRET_KEY does not open go at once."""
    hold(session, Lock.SIGNING_KEYS)
    for key in session.scalars(select(SigningKey).where(SigningKey.active)).all():
        try:
            opened(key, settings.secret_key)
        except InvalidTag:
            log.warning("signing key is gone: SECRET_KEY does not open it", kid=key.kid)
            _withdraw(session, key)
    if not _in_state(session, KeyState.ACTIVE):
        (_in_state(session, KeyState.NEXT) or _publish(session, settings)).activate()
        session.flush()
    if not _in_state(session, KeyState.NEXT):
        _publish(session, settings)
    for key in session.scalars(select(SigningKey).where(SigningKey.state == KeyState.RETIRING)):
        _set_withdrawal_timer(session, key)
    _set_rotation_timer(session, settings)


def _rotate(session: Session, settings: AuthSettings, *, compromised: bool = False) -> None:
    following = _next_key(session)
    wait = (_ripe_at(following, settings) - now()).total_seconds()
    if wait > 0:
        raise NextKeyTooYoung(retry_after=int(wait) + 1)
    signing = _in_state(session, KeyState.ACTIVE)
    assert signing is not None
    signing.retire()
    session.flush()
    following.activate()
    session.flush()
    _publish(session, settings)
    if compromised:
        _withdraw(session, signing)
    else:
        _set_withdrawal_timer(session, signing)
    _set_rotation_timer(session, settings)


def _in_state(session: Session, state: KeyState) -> SigningKey | None:
    return session.scalar(select(SigningKey).where(SigningKey.state == state))


def _next_key(session: Session) -> SigningKey:
    return session.scalars(select(SigningKey).where(SigningKey.state == KeyState.NEXT)).one()


def _publish(session: Session, settings: AuthSettings) -> SigningKey:
    key = new_key(settings.secret_key)
    session.add(key)
    announcements.announce(session, announcements.key_changed(key))
    return key


def _withdraw(session: Session, key: SigningKey) -> None:
    key.withdraw()
    announcements.announce(session, announcements.key_changed(key))


def _ripe_at(key: SigningKey, settings: AuthSettings) -> datetime:
    """When everybody knows the key."""
    return key.created_at + timedelta(seconds=settings.signing_key_ahead_seconds)


def _due(key: SigningKey, settings: AuthSettings) -> datetime:
    """When the key has signed for long enough."""
    return (key.activated_at or key.created_at) + timedelta(seconds=settings.signing_key_rotation_seconds)


def _set_rotation_timer(session: Session, settings: AuthSettings) -> None:
    active = _in_state(session, KeyState.ACTIVE)
    assert active is not None
    due = max(_due(active, settings), _ripe_at(_next_key(session), settings))
    set_timer(session, "rotate_signing_keys", "signing", due)


def _set_withdrawal_timer(session: Session, key: SigningKey) -> None:
    set_timer(session, "withdraw_signing_key", key.kid, (key.retired_at or now()) + RETIRING_FOR)
