"""The keys as others see them, and the one that signs."""

from typing import Any

from joserfc.jwk import OKPKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.context import settings_of
from chassis.identity.caller import Caller
from services.auth.models import KeyState, SigningKey
from services.auth.signing_keys.pairs import opened


def published_keys(session: Session, _: None) -> dict[str, Any]:
    """The public keys that verify access tokens.

    A JWK set (RFC 7517) of Ed25519 keys (RFC 8037); a token names its key in the header `kid`. The key that will sign
    after the next rotation is here already, and those that signed before stay until their last token has expired.
    """
    published = select(SigningKey.public_jwk).where(SigningKey.active).order_by(SigningKey.created_at)
    return {"keys": list(session.scalars(published))}


def current_key(session: Session) -> OKPKey:
    """The key to sign with."""
    key = session.scalars(select(SigningKey).where(SigningKey.state == KeyState.ACTIVE)).one()
    return opened(key, settings_of(session).secret_key)


def find_keys(session: Session, _: Caller) -> dict[str, Any]:
    """List the signing keys and where they stand, newest first.

    `next` is published and waits; `active` signs; `retiring` verifies until its last token has expired; `gone`
    verifies nothing.
    """
    columns = (
        SigningKey.kid,
        SigningKey.state,
        SigningKey.created_at,
        SigningKey.activated_at,
        SigningKey.retired_at,
    )
    newest = select(*columns).order_by(SigningKey.created_at.desc(), SigningKey.id.desc()).limit(SHOWN)
    return {"keys": [dict(row._mapping) for row in session.execute(newest)]}


SHOWN = 100
