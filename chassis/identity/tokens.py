"""Access tokens: JWTs signed with Ed25519 (RFC 8037, RFC 9864) that say who and in which session, nothing else."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from chassis.errors import Unauthenticated

ISSUER = "rockpool"
LIFETIME_SECONDS = 300
ALGORITHMS = ["Ed25519"]
CACHED_TOKENS = 10_000


@dataclass(frozen=True, slots=True)
class Claims:
    """What a good token says."""

    subject: UUID
    session: UUID
    expires_at: float
    key_id: str
    stepped_up_at: int | None = None
    """Unix time at which the session last proved once more whose it is."""


def issue(key: OKPKey, *, user_id: UUID, session_id: UUID, stepped_up_at: int | None = None) -> str:
    """A token for one session of one user, good for five minutes; ``key`` must hold the private part and a kid.

    ``stepped_up_at`` (claim `sua`) opens operations that take a step-up, for a while.
    """
    issued_at = int(time.time())
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "sub": str(user_id),
        "sid": str(session_id),
        "iat": issued_at,
        "exp": issued_at + LIFETIME_SECONDS,
    }
    if stepped_up_at is not None:
        claims["sua"] = stepped_up_at
    return jwt.encode({"alg": "Ed25519", "typ": "JWT", "kid": key.kid}, claims, key, algorithms=ALGORITHMS)


class _Memory:
    """Keys and the tokens that they have signed; it is dropped as a whole, so that nothing old gets into a new one."""

    def __init__(self) -> None:
        self.keys: dict[str, OKPKey] = {}
        self.claims: dict[str, Claims] = {}


class TokenVerifier:
    """Checks tokens against published keys, each signature only once while the token lives.

    ``fetch_keys`` answers the present JWK set; it is called when a token names an unknown key.
    """

    def __init__(self, fetch_keys: Callable[[], dict[str, Any]]) -> None:
        self._fetch_keys = fetch_keys
        self._memory = _Memory()

    def verify(self, token: str) -> Claims:
        """The claims of a good token; raises Unauthenticated for any other."""
        memory = self._memory
        claims = memory.claims.get(token)
        if claims is None:
            claims = self._check(token, memory)
            if len(memory.claims) >= CACHED_TOKENS:
                memory.claims.clear()
            memory.claims[token] = claims
        if claims.expires_at <= time.time():
            raise Unauthenticated("The access token has expired")
        return claims

    def forget(self) -> None:
        """Drop all keys and remembered tokens, because the published keys have changed."""
        self._memory = _Memory()

    def _check(self, token: str, memory: _Memory) -> Claims:
        try:
            key = partial(self._key, memory)
            decoded = jwt.decode(token, lambda guest: key(guest.headers().get("kid")), algorithms=ALGORITHMS)
            claims = decoded.claims
            if claims.get("iss") != ISSUER or claims["exp"] - claims["iat"] > LIFETIME_SECONDS:
                raise Unauthenticated("The access token was not issued here")
            stepped_up_at = int(claims["sua"]) if "sua" in claims else None
            kid = decoded.header["kid"]
            return Claims(UUID(claims["sub"]), UUID(claims["sid"]), float(claims["exp"]), kid, stepped_up_at)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise Unauthenticated("The access token is not valid") from error

    def _key(self, memory: _Memory, kid: Any) -> OKPKey:
        if kid not in memory.keys:
            published = self._fetch_keys()["keys"]
            memory.keys = {jwk["kid"]: OKPKey.import_key(jwk) for jwk in published}
        return memory.keys[kid]
