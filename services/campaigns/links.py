"""The signed part of unsubscribe links: it names a campaign and a recipient, and holds nothing personal."""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from typing import Self
from uuid import UUID

PURPOSE = b"rockpool campaigns: unsubscribe links, version 1"
SIGNATURE_BYTES = 16
NOBODY = UUID(int=0)
"""The recipient of test messages and previews."""


@dataclass(frozen=True, slots=True)
class Link:
    """What an unsubscribe link stands for."""

    campaign_id: UUID
    recipient_id: UUID

    def token(self, secret_key: bytes) -> str:
        """The link as one url-safe word."""
        content = self.campaign_id.bytes + self.recipient_id.bytes
        return base64.urlsafe_b64encode(content + _signature(content, secret_key)).decode().rstrip("=")

    def url(self, public_url: str, secret_key: bytes) -> str:
        """Where the recipient unsubscribes."""
        return f"{public_url}/api/v1/unsubscribe/{self.token(secret_key)}"

    @classmethod
    def read(cls, token: str, secret_key: bytes) -> Self | None:
        """The link behind a word that was signed here, None for any other."""
        try:
            signed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        content, signature = signed[:32], signed[32:]
        if not hmac.compare_digest(signature, _signature(content, secret_key)):
            return None
        return cls(UUID(bytes=content[:16]), UUID(bytes=content[16:]))


def _signature(content: bytes, secret_key: bytes) -> bytes:
    key = hmac.digest(secret_key, PURPOSE, hashlib.sha256)
    return hmac.digest(key, content, hashlib.sha256)[:SIGNATURE_BYTES]
