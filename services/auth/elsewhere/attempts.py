"""Attempts to log in elsewhere: begun here, finished with what the provider sends back, once, by the same browser."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.context import settings_of
from chassis.errors import NotFound
from chassis.outgoing import Outgoing, OutgoingRefused
from services.auth.elsewhere.errors import ProviderRefused, ProviderUnavailable
from services.auth.elsewhere.models import ATTEMPT_LIFE, IdentityProvider, LoginAttempt
from services.auth.elsewhere.openid_connect import OpenIdConnect
from services.auth.elsewhere.ways import Begun, Identity, Way
from services.auth.token_pairs import hash_of

log = structlog.get_logger()

CALLBACK = "/sign-in/callback"
"""The one page below PUBLIC_URL that providers send the browser back to."""
WAYS: Mapping[str, Way] = {"oidc": OpenIdConnect()}


def begin(session: Session, provider_id: UUID, user_id: UUID | None) -> dict[str, Any]:
    """Begin an attempt. Returns the secret that the browser keeps, and the address to go to."""
    provider = session.scalar(
        select(IdentityProvider).where(IdentityProvider.id == provider_id, IdentityProvider.active)
    )
    if provider is None:
        raise NotFound
    attempt = secrets.token_urlsafe(32)
    try:
        url = WAYS[provider.kind].address(provider, _begun(session, attempt), outgoing_of(session))
    except OutgoingRefused as problem:
        raise ProviderUnavailable(str(problem)) from None
    row = LoginAttempt(attempt_hash=hash_of(attempt), provider_id=provider.id, user_id=user_id)
    row.expires_at = now() + ATTEMPT_LIFE
    session.add(row)
    return {"attempt": attempt, "url": url}


def finish(
    session: Session, attempt: str, state: str, code: str, user_id: UUID | None
) -> tuple[IdentityProvider, Identity] | ProviderRefused:
    """Whom the provider has recognised; the attempt is over with that, whatever comes of it."""
    fitting = LoginAttempt.user_id.is_(None) if user_id is None else LoginAttempt.user_id == user_id
    taken = delete(LoginAttempt).where(
        LoginAttempt.attempt_hash == hash_of(attempt), LoginAttempt.expires_at > now(), fitting
    )
    provider_id = session.scalar(taken.returning(LoginAttempt.provider_id))
    begun = _begun(session, attempt)
    if provider_id is None or not hmac.compare_digest(state.encode(errors="replace"), begun.state.encode()):
        return ProviderRefused()
    provider = session.scalar(
        select(IdentityProvider).where(IdentityProvider.id == provider_id, IdentityProvider.active)
    )
    if provider is None:
        return ProviderRefused()
    try:
        return provider, WAYS[provider.kind].identity(provider, begun, code, outgoing_of(session))
    except (OutgoingRefused, ValueError) as problem:
        log.warning("provider refused", provider=str(provider.id), reason=str(problem))
        return ProviderRefused()


def outgoing_of(session: Session) -> Outgoing:
    """Where requests may go."""
    return Outgoing(settings_of(session).outgoing_networks)


def forget_old(session: Session) -> None:
    """Delete the attempts that are over."""
    session.execute(delete(LoginAttempt).where(LoginAttempt.expires_at < now()))


def _begun(session: Session, attempt: str) -> Begun:
    """Everything that belongs to an attempt comes of its secret and ours: nothing of it is kept."""
    settings = settings_of(session)

    def derived(what: str) -> str:
        return hmac.new(settings.secret_key, f"{what}\n{attempt}".encode(errors="replace"), hashlib.sha256).hexdigest()

    return Begun(derived("state"), derived("nonce"), derived("verifier"), settings.public_url + CALLBACK)
