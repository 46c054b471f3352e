"""Passwords: hashed with argon2id beside the event loop, compared in the same time whoever asks."""

import secrets
import string
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from chassis.offload import offload

SHORTEST, LONGEST = 12, 200
GENERATED_FROM = string.ascii_letters + string.digits
GENERATED_LENGTH = 20
"""119 bits."""

# OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, two passes, one lane. More memory would let a few parallel
# log-ins take the memory of a small machine.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hashed(password: str) -> str:
    """The hash to keep."""
    return str(offload(_hasher.hash, _normal(password)))


def generated() -> str:
    """A new random password for somebody who will change it: letters and digits, which no spreadsheet takes amiss."""
    return "".join(secrets.choice(GENERATED_FROM) for _ in range(GENERATED_LENGTH))


def matches(password_hash: str | None, password: str) -> bool:
    """Whether it is the password; for nobody, or somebody who has none, the same work is done for nothing."""
    right = bool(offload(_verify, password_hash or _NOBODYS_HASH, _normal(password)))
    return right and bool(password_hash)


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _normal(password: str) -> str:
    """The same text whatever the keyboard makes of accents (NIST SP 800-63B)."""
    return unicodedata.normalize("NFC", password)


_NOBODYS_HASH = _hasher.hash(generated())
