"""What ties the audit trail together: the hash that chains entries, the seal on each, and signatures on checkpoints.

The hash is plain SHA-256, so that whoever has the entries can compute it again. Whoever can write into the database
could do that, too; therefore each hash is sealed (HMAC) under a key that the database does not hold. Both keys are
derived from SECRET_KEY.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Any, Self

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chassis.settings import secret_bytes

BEGINNING = bytes(32)
"""The hash before the first entry."""
SEAL_BYTES = 16


def canonical(value: Any) -> str:
    """JSON with sorted names and no white space: the same entry is always the same text."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def chained(previous: bytes, sequence: int, body: str) -> bytes:
    """The hash of an entry: of the hash before it, its place, and its text."""
    return hashlib.sha256(previous + sequence.to_bytes(8) + body.encode()).digest()


@dataclass(frozen=True)
class Seals:
    """The keys of one installation."""

    seal_keys: tuple[bytes, ...]
    """The present one, then those that followed from former SECRET_KEYs, the newest first."""
    signing_key: Ed25519PrivateKey
    trusted: dict[str, Ed25519PublicKey]
    """Public keys whose checkpoints count, by id."""

    @classmethod
    def of(cls, secret_key: bytes, former: str = "") -> Self:
        """The keys that follow from SECRET_KEY, and from former ones as ``AUDIT_FORMER_KEYS`` gives them."""
        secrets = [secret_key, *(secret_bytes(part) for part in former.split(",") if part)]
        derived = [_derived(one, b"rockpool audit checkpoints") for one in secrets]
        signing = [Ed25519PrivateKey.from_private_bytes(one) for one in derived]
        public = [key.public_key() for key in signing]
        seal_keys = tuple(_derived(one, b"rockpool audit seals") for one in secrets)
        return cls(seal_keys, signing[0], {key_id(key): key for key in public})

    @property
    def key_id(self) -> str:
        """The id of the key that signs."""
        return key_id(self.signing_key.public_key())

    @property
    def public_key(self) -> str:
        """The key that verifies what is signed now, as url-safe base64."""
        return base64.urlsafe_b64encode(_raw(self.signing_key.public_key())).decode().rstrip("=")

    def seal(self, entry_hash: bytes) -> bytes:
        """The seal on an entry."""
        return _sealed(self.seal_keys[0], entry_hash)

    def sealed_with(self, entry_hash: bytes, seal: bytes) -> int | None:
        """Which key has made this seal on the entry with this hash: 0 for the present one; None for none of ours."""
        for place, key in enumerate(self.seal_keys):
            if hmac.compare_digest(_sealed(key, entry_hash), seal):
                return place
        return None

    def sign(self, statement: str) -> bytes:
        """The signature of a checkpoint."""
        return self.signing_key.sign(statement.encode())

    def is_signed(self, statement: str, signature: bytes, by: str) -> bool:
        """Whether a trusted key has signed this."""
        if by not in self.trusted:
            return False
        try:
            self.trusted[by].verify(signature, statement.encode())
        except InvalidSignature:
            return False
        return True


def _sealed(key: bytes, entry_hash: bytes) -> bytes:
    return hmac.digest(key, entry_hash, hashlib.sha256)[:SEAL_BYTES]


def key_id(key: Ed25519PublicKey) -> str:
    """The id of a public key: the beginning of its SHA-256."""
    return hashlib.sha256(_raw(key)).hexdigest()[:16]


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _derived(secret_key: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=purpose).derive(secret_key)
