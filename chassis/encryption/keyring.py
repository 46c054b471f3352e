"""The keys of the settings: the first one seals, all of them open."""

import base64
import binascii
import re
import secrets
from collections.abc import Mapping
from typing import Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,32}")


class Keyring:
    """Root keys by id, the newest first; nothing is ever sealed with a root key itself."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        if not keys:
            raise ValueError("must hold at least one key")
        self._keys = dict(keys)

    @classmethod
    def read(cls, text: str) -> Self:
        """The keyring written as ``id:key,id:key``, keys of 32 bytes as url-safe base64; raises ValueError."""
        keys: dict[str, bytes] = {}
        for entry in text.split(","):
            key_id, _, secret = entry.strip().partition(":")
            if not KEY_ID.fullmatch(key_id) or key_id in keys:
                raise ValueError("must be written as id:key,id:key, each id once")
            keys[key_id] = _key(secret)
        return cls(keys)

    @classmethod
    def generate(cls, key_id: str = "1") -> Self:
        """A keyring with one new key."""
        return cls({key_id: secrets.token_bytes(KEY_BYTES)})

    def with_new(self, key_id: str) -> "Keyring":
        """The same with another key in front, which seals from now on."""
        return Keyring({key_id: secrets.token_bytes(KEY_BYTES)} | self._keys)

    def without(self, key_id: str) -> "Keyring":
        """The same without one of its keys."""
        return Keyring({name: key for name, key in self._keys.items() if name != key_id})

    def written(self) -> str:
        """The text that ``read`` understands."""
        return ",".join(f"{name}:{base64.urlsafe_b64encode(key).decode()}" for name, key in self._keys.items())

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the keys, the newest first."""
        return tuple(self._keys)

    def derived(self, key_id: str, purpose: str) -> bytes:
        """The key for one purpose (HKDF, RFC 5869): who learns it learns no other."""
        return derived_key(self._keys[key_id], purpose)

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self._keys)})"


def derived_key(secret: bytes, purpose: str) -> bytes:
    """32 bytes for one purpose, of a secret that serves several."""
    return HKDF(SHA256(), length=KEY_BYTES, salt=None, info=b"rockpool " + purpose.encode()).derive(secret)


def _key(secret: str) -> bytes:
    try:
        key = base64.urlsafe_b64decode(secret + "=" * (-len(secret) % 4))
    except (binascii.Error, ValueError) as error:
        raise ValueError("has a key that is not url-safe base64") from error
    if len(key) != KEY_BYTES:
        raise ValueError(f"has a key that is not of {KEY_BYTES} bytes")
    return key
