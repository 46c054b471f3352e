"""What administrators do with providers."""

from typing import Any, TypedDict, Unpack
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.errors import NotFound, PreconditionFailed
from chassis.identity.caller import Caller
from chassis.outgoing import OutgoingRefused
from services.auth.elsewhere.attempts import outgoing_of
from services.auth.elsewhere.errors import ProviderNameTaken, ProviderUnusable
from services.auth.elsewhere.models import IdentityProvider
from services.auth.elsewhere.openid_connect import discovered
from services.auth.locks import Lock, hold

SHOWN = 200


class ProviderChanges(TypedDict, total=False):
    """What may be different about a provider."""

    name: str
    client_id: str
    client_secret: str
    trusted: bool
    active: bool


def create_provider(
    session: Session,
    _: Caller,
    *,
    name: str,
    issuer: str,
    client_id: str,
    client_secret: str,
    trusted: bool = False,
) -> IdentityProvider:
    """Add a provider that people can log in with.

    The `issuer` is asked for its metadata, and must be on a public https address unless the settings allow others.
    `trusted` opens the account with the verified e-mail address that it tells: only for who answers for addresses.
    """
    hold(session, Lock.PROVIDERS)
    _require_free(session, name)
    try:
        discovered(issuer, outgoing_of(session))
    except OutgoingRefused as problem:
        raise ProviderUnusable.field("/issuer", str(problem)) from None
    provider = IdentityProvider(
        kind="oidc", name=name, issuer=issuer, client_id=client_id, trusted=trusted, active=True
    )
    provider.client_secret = client_secret
    session.add(provider)
    session.flush()
    return provider


def list_providers(session: Session, _: Caller) -> dict[str, Any]:
    """List all providers, also those that are switched off."""
    rows = session.scalars(select(IdentityProvider).order_by(IdentityProvider.name).limit(SHOWN))
    names = ("id", "version", "name", "issuer", "client_id", "trusted", "active", "created_at", "updated_at")
    return {"items": [{name: getattr(row, name) for name in names} for row in rows]}


def change_provider(
    session: Session, _: Caller, provider_id: UUID, expected_version: int, **changes: Unpack[ProviderChanges]
) -> IdentityProvider:
    """Change a provider, or switch it off."""
    hold(session, Lock.PROVIDERS)
    provider = _known(session, provider_id, expected_version)
    if changes.get("name", provider.name) != provider.name:
        _require_free(session, changes["name"])
    for name, value in changes.items():
        setattr(provider, name, value)
    provider.touch()
    return provider


def delete_provider(session: Session, _: Caller, provider_id: UUID, expected_version: int) -> None:
    """Remove a provider with all links to it."""
    hold(session, Lock.PROVIDERS)
    session.delete(_known(session, provider_id, expected_version))


def _known(session: Session, provider_id: UUID, expected_version: int) -> IdentityProvider:
    provider = session.scalar(select(IdentityProvider).where(IdentityProvider.id == provider_id).with_for_update())
    if provider is None:
        raise NotFound
    if provider.version != expected_version:
        raise PreconditionFailed
    return provider


def _require_free(session: Session, name: str) -> None:
    if session.scalar(select(IdentityProvider.id).where(IdentityProvider.name == name)):
        raise ProviderNameTaken(errors=[{"pointer": "/name", "detail": "There is a provider of this name."}])
