"""A software authenticator (WebAuthn level 3): what a browser and a security key do together, with faults to order."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
COSE_ES256 = {1: 2, 3: -7, -1: 1}


@dataclass
class KeyPair:
    """One passkey on the device."""

    credential_id: bytes
    private: ec.EllipticCurvePrivateKey
    user_handle: bytes
    count: int = 0


@dataclass
class Authenticator:
    """A device that visits the origin; attributes are changed by tests that want it to misbehave."""

    origin: str
    domain: str
    flags: int = PRESENT | VERIFIED
    counts: bool = True
    pairs: list[KeyPair] = field(default_factory=list)

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer ``navigator.credentials.create()``."""
        pair = KeyPair(
            secrets.token_bytes(32), ec.generate_private_key(ec.SECP256R1()), from_base64(options["user"]["id"])
        )
        self.pairs.append(pair)
        numbers = pair.private.public_key().public_numbers()
        public = cbor2.dumps(COSE_ES256 | {-2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})
        attested = bytes(16) + len(pair.credential_id).to_bytes(2, "big") + pair.credential_id + public
        data = self._data(ATTESTED, pair.count) + attested
        response = {
            "clientDataJSON": to_base64(self._client_data("webauthn.create", options)),
            "attestationObject": to_base64(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
            "transports": ["internal", "nonsense"],
        }
        return _credential(pair, response)

    def get(self, options: dict[str, Any], pair: KeyPair | None = None) -> dict[str, Any]:
        """Answer ``navigator.credentials.get()`` with a passkey that is allowed, or with this one."""
        allowed = [one["id"] for one in options.get("allowCredentials", [])]
        chosen = pair or next(one for one in self.pairs if not allowed or to_base64(one.credential_id) in allowed)
        chosen.count += 1 if self.counts else 0
        client_data = self._client_data("webauthn.get", options)
        data = self._data(0, chosen.count)
        signed = data + hashlib.sha256(client_data).digest()
        response = {
            "clientDataJSON": to_base64(client_data),
            "authenticatorData": to_base64(data),
            "signature": to_base64(chosen.private.sign(signed, ec.ECDSA(SHA256()))),
            "userHandle": to_base64(chosen.user_handle),
        }
        return _credential(chosen, response)

    def _data(self, further: int, count: int) -> bytes:
        domain = hashlib.sha256(self.domain.encode()).digest()
        return domain + bytes([self.flags | further]) + count.to_bytes(4, "big")

    def _client_data(self, kind: str, options: dict[str, Any]) -> bytes:
        said = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()


def to_base64(content: bytes) -> str:
    """URL-safe base64 without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def from_base64(text: str) -> bytes:
    """The bytes of such a text."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _credential(pair: KeyPair, response: dict[str, Any]) -> dict[str, Any]:
    name = to_base64(pair.credential_id)
    return {
        "id": name,
        "rawId": name,
        "type": "public-key",
        "response": response,
        "clientExtensionResults": {},
        "authenticatorAttachment": "platform",
    }
