"""The Ed25519 keys that access tokens are signed with; private parts are sealed with AES-256-GCM."""

import os
from typing import Any

import orjson
import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc.jwk import OKPKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.context import settings_of
from chassis.events import encode
from chassis.ids import new_id
from services.auth import announcements
from services.auth.models import SigningKey

log = structlog.get_logger()

NONCE_BYTES = 12


def published_keys(session: Session, _: None) -> dict[str, Any]:
    """The public keys that verify access tokens.

    A JWK set (RFC 7517) of Ed25519 keys (RFC 8037); a token names its key in the header `kid`.
    """
    active = select(SigningKey.public_jwk).where(SigningKey.active).order_by(SigningKey.created_at)
    return {"keys": list(session.scalars(active))}


def current_key(session: Session) -> OKPKey:
    """The key to sign with: the newest active one."""
    active = select(SigningKey).where(SigningKey.active).order_by(SigningKey.created_at.desc()).limit(1)
    key = session.scalars(active).one()
    return _opened(key, settings_of(session).secret_key)


def ensure_key(session: Session, secret_key: bytes) -> None:
    """Make a signing key if there is none that this SECRET_KEY opens; what it does not open is retired."""
    for key in session.scalars(select(SigningKey).where(SigningKey.active).with_for_update()):
        try:
            _opened(key, secret_key)
        except InvalidTag:
            log.warning("signing key retired: SECRET_KEY does not open it", kid=key.kid)
            key.retire()
            announcements.announce(session, announcements.key_changed(key))
        else:
            return
    key = _new_key(secret_key)
    session.add(key)
    announcements.announce(session, announcements.key_changed(key))


def _new_key(secret_key: bytes) -> SigningKey:
    pair = OKPKey.generate_key("Ed25519", {"use": "sig"}, private=True)
    kid = pair.thumbprint()
    public = {**pair.as_dict(private=False), "kid": kid}
    private = encode(pair.as_dict(private=True))
    nonce = os.urandom(NONCE_BYTES)
    sealed = nonce + AESGCM(_sealing_key(secret_key)).encrypt(nonce, private, _bound_to(kid))
    return SigningKey(id=new_id(), version=1, kid=kid, public_jwk=public, sealed_private=sealed, active=True)


def _opened(key: SigningKey, secret_key: bytes) -> OKPKey:
    """The key pair; raises InvalidTag if it was sealed with another SECRET_KEY or for another kid."""
    nonce, sealed = key.sealed_private[:NONCE_BYTES], key.sealed_private[NONCE_BYTES:]
    private = AESGCM(_sealing_key(secret_key)).decrypt(nonce, sealed, _bound_to(key.kid))
    return OKPKey.import_key(orjson.loads(private), {"kid": key.kid})


def _sealing_key(secret_key: bytes) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=b"rockpool auth signing keys").derive(secret_key)


def _bound_to(kid: str) -> bytes:
    return f"signing_keys/{kid}/private".encode()
