"""Sealed bytes: AES-256-GCM with the id of the key in front, bound to the place where they belong.

``01 | length of the key id | key id | nonce (12 bytes) | ciphertext and tag``. The header is authenticated together
with the place, so a value that is moved to another row or column does not open there.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.encryption.errors import NotGenuine, NotSealed, UnknownKey
from chassis.encryption.keyring import Keyring

FORMAT = 1
TAG_BYTES = 16
NONCE_BYTES = 12
"""Drawn at random: a key must not seal more than 2³² values (NIST SP 800-38D, 8.3), which rotation sees to."""


class Sealer:
    """Seals and opens for one purpose, such as the columns of a service."""

    def __init__(self, keyring: Keyring, purpose: str) -> None:
        self._ciphers = {_header(one): AESGCM(keyring.derived(one, purpose)) for one in keyring.ids}
        self.header = _header(keyring.ids[0])
        """What everything begins with that was sealed with the newest key."""
        self._encrypt = self._ciphers[self.header].encrypt

    def seal(self, clear: bytes, place: bytes) -> bytes:
        """The bytes, sealed with the newest key for this place."""
        nonce = os.urandom(NONCE_BYTES)
        return self.header + nonce + self._encrypt(nonce, clear, self.header + place)

    def open(self, sealed: bytes, place: bytes) -> bytes:
        """What was sealed for this place; raises NotSealed, UnknownKey and NotGenuine."""
        header = header_of(sealed)
        cipher = self._ciphers.get(header)
        if cipher is None:
            raise UnknownKey(header[2:].decode("ascii", "replace"))
        start = len(header) + NONCE_BYTES
        try:
            return cipher.decrypt(sealed[len(header) : start], sealed[start:], header + place)
        except (InvalidTag, ValueError):
            raise NotGenuine("A sealed value does not belong where it was found, or was changed") from None

    def is_newest(self, sealed: bytes) -> bool:
        """Whether the newest key sealed it."""
        return sealed.startswith(self.header)


def header_of(sealed: bytes) -> bytes:
    """The header of a sealed value; raises NotSealed."""
    if len(sealed) < 2 or sealed[0] != FORMAT or len(sealed) < 2 + sealed[1] + NONCE_BYTES:
        raise NotSealed("These bytes were never sealed")
    return bytes(sealed[: 2 + sealed[1]])


def is_sealed(content: bytes) -> bool:
    """Whether the bytes look sealed; no text and no JSON begins in this way."""
    return content[:1] == bytes([FORMAT])


def _header(key_id: str) -> bytes:
    return bytes([FORMAT, len(key_id)]) + key_id.encode()
