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

    seal_key: bytes
    signing_key: Ed25519PrivateKey
    trusted: dict[str, Ed25519PublicKey]
    """Public keys whose checkpoints count, by id: the present one, and those of former SECRET_KEYs."""

    @classmethod
    def of(cls, secret_key: bytes, former: str = "") -> Self:
        """The keys that follow from SECRET_KEY, and the public keys that followed from former ones."""
        signing_key = Ed25519PrivateKey.from_private_bytes(_derived(secret_key, b"rockpool audit checkpoints"))
        public = [signing_key.public_key(), *(Ed25519PublicKey.from_public_bytes(key) for key in keys_in(former))]
        return cls(_derived(secret_key, b"rockpool audit seals"), signing_key, {key_id(key): key for key in public})

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
        return hmac.digest(self.seal_key, entry_hash, hashlib.sha256)[:SEAL_BYTES]

    def is_sealed(self, entry_hash: bytes, seal: bytes) -> bool:
        """Whether this is the seal on the entry with this hash."""
        return hmac.compare_digest(self.seal(entry_hash), seal)

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


def keys_in(text: str) -> list[bytes]:
    """Keys as url-safe base64, separated by commas; raises ValueError for anything else."""
    return [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in text.split(",") if part]


def key_id(key: Ed25519PublicKey) -> str:
    """The id of a public key: the beginning of its SHA-256."""
    return hashlib.sha256(_raw(key)).hexdigest()[:16]


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _derived(secret_key: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=purpose).derive(secret_key)
