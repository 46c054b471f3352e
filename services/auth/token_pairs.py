"""What a log-in hands out: an access token for minutes, and a refresh token that is good once for the next pair."""

import hashlib
import secrets
from typing import Any

from sqlalchemy.orm import Session

from chassis import audit
from chassis.context import request_of
from chassis.identity import tokens
from services.auth.guessing import devices
from services.auth.house_policy.models import policy_of
from services.auth.models import LoginSession, RefreshToken, User
from services.auth.signing_keys.published import current_key

REFRESH_TOKEN_BYTES = 32
MAX_ADDRESS = 45


def begin_session(session: Session, user: User, device_token: str | None = None) -> dict[str, Any]:
    """Let a person in: a new session with its first pair of tokens, on a device that is known from now on."""
    address = (request_of(session).remote_addr or "")[:MAX_ADDRESS] or None
    begun = LoginSession.begin(user.id, address, policy_of(session).absolute_limit)
    session.add(begun)
    session.flush()
    audit.act_as(session, user.id, begun.id)
    known = devices.recognised(session, device_token, user.email)
    return {**new_tokens(session, begun), "device_token": devices.remember(session, user.id, device_token, known)}


def new_tokens(session: Session, begun: LoginSession) -> dict[str, Any]:
    """An access token of this session, and the refresh token that continues it."""
    refresh_token = secrets.token_urlsafe(REFRESH_TOKEN_BYTES)
    session.add(RefreshToken(token_hash=hash_of(refresh_token), session_id=begun.id))
    stepped_up_at = int(begun.stepped_up_at.timestamp()) if begun.stepped_up_at else None
    access_token = tokens.issue(
        current_key(session), user_id=begun.user_id, session_id=begun.id, stepped_up_at=stepped_up_at
    )
    return {
        "access_token": access_token,
        "refresh_token": refresh_token,
        "token_type": "Bearer",
        "expires_in": tokens.LIFETIME_SECONDS,
    }


def hash_of(token: str) -> bytes:
    """How a random token is kept: plain SHA-256 is enough for 256 random bits."""
    return hashlib.sha256(token.encode()).digest()
