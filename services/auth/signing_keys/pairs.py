"""Key pairs; private parts are sealed with AES-256-GCM under the service's own SECRET_KEY."""

import os

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc.jwk import OKPKey

from chassis.events import encode
from chassis.ids import new_id
from services.auth.models import KeyState, SigningKey

NONCE_BYTES = 12


def new_key(secret_key: bytes) -> SigningKey:
    """A fresh pair that nobody knows yet."""
    pair = OKPKey.generate_key("Ed25519", {"use": "sig"}, private=True)
    kid = pair.thumbprint()
    public = {**pair.as_dict(private=False), "kid": kid}
    private = encode(pair.as_dict(private=True))
    nonce = os.urandom(NONCE_BYTES)
    sealed = nonce + AESGCM(_sealing_key(secret_key)).encrypt(nonce, private, _bound_to(kid))
    return SigningKey(
        id=new_id(),
        version=1,
        kid=kid,
        public_jwk=public,
        sealed_private=sealed,
        active=True,
        state=KeyState.NEXT,
    )


def opened(key: SigningKey, secret_key: bytes) -> OKPKey:
    """The key pair; raises InvalidTag if it was sealed with another SECRET_KEY or for another kid."""
    nonce, sealed = key.sealed_private[:NONCE_BYTES], key.sealed_private[NONCE_BYTES:]
    private = AESGCM(_sealing_key(secret_key)).decrypt(nonce, sealed, _bound_to(key.kid))
    return OKPKey.import_key(orjson.loads(private), {"kid": key.kid})


def _sealing_key(secret_key: bytes) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=b"rockpool auth signing keys").derive(secret_key)


def _bound_to(kid: str) -> bytes:
    return f"signing_keys/{kid}/private".encode()
