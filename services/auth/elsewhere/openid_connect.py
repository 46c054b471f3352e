"""OpenID Connect Core 1.0: authorisation code flow with PKCE (RFC 7636, S256), issuer found by discovery."""

import base64
import hashlib
import time
from typing import Any
from urllib.parse import quote, urlencode

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from chassis.outgoing import Outgoing, OutgoingRefused
from services.auth.elsewhere.models import IdentityProvider
from services.auth.elsewhere.ways import Begun, Identity

SCOPE = "openid email"
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"]
"""Only such as need the provider's private key."""
LEEWAY_SECONDS = 60
REMEMBERED_SECONDS = 300.0


class OpenIdConnect:
    """The way of every provider that speaks OpenID Connect."""

    def address(self, provider: IdentityProvider, begun: Begun, outgoing: Outgoing) -> str:
        """The authorisation endpoint with everything that binds the answer to this attempt."""
        endpoint = str(_known(provider.issuer, outgoing)["authorization_endpoint"])
        outgoing.check(endpoint)
        asked = {
            "response_type": "code",
            "client_id": provider.client_id,
            "redirect_uri": begun.redirect_uri,
            "scope": SCOPE,
            "state": begun.state,
            "nonce": begun.nonce,
            "code_challenge": challenge(begun.verifier),
            "code_challenge_method": "S256",
        }
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"

    def identity(self, provider: IdentityProvider, begun: Begun, code: str, outgoing: Outgoing) -> Identity:
        """The subject of the ID token that the code is changed for."""
        found = _known(provider.issuer, outgoing)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": begun.redirect_uri,
            "code_verifier": begun.verifier,
        }
        given = outgoing.json(str(found["token_endpoint"]), form=form, headers={"Authorization": _basic(provider)})
        keys = outgoing.json(str(found["jwks_uri"]))
        claims = checked(str(given.get("id_token", "")), keys, provider, begun.nonce)
        email = claims.get("email")
        return Identity(
            subject=str(claims["sub"]),
            email=email if isinstance(email, str) else None,
            email_verified=claims.get("email_verified") is True,
        )


def discovered(issuer: str, outgoing: Outgoing) -> dict[str, Any]:
    """The provider's metadata (OpenID Connect Discovery 1.0), which must be of this issuer; raises OutgoingRefused."""
    found = outgoing.json(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if found.get("issuer") != issuer:
        raise OutgoingRefused("The issuer calls itself otherwise")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not isinstance(found.get(name), str):
            raise OutgoingRefused(f"The issuer does not tell its {name}")
    methods = found.get("code_challenge_methods_supported")
    if isinstance(methods, list) and "S256" not in methods:
        raise OutgoingRefused("The issuer does not take PKCE with S256")
    return found


def _known(issuer: str, outgoing: Outgoing) -> dict[str, Any]:
    """The metadata as it was some minutes ago: beginning a log-in is public, and must not call out each time."""
    at, found = _remembered.get(issuer, (0.0, {}))
    if time.monotonic() - at > REMEMBERED_SECONDS or not found:
        found = discovered(issuer, outgoing)
        _remembered[issuer] = (time.monotonic(), found)
    return found


_remembered: dict[str, tuple[float, dict[str, Any]]] = {}


def checked(id_token: str, keys: dict[str, Any], provider: IdentityProvider, nonce: str) -> dict[str, Any]:
    """The claims of an ID token that was issued by this provider, for us, for this attempt; raises ValueError."""
    rules = jwt.JWTClaimsRegistry(
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": provider.issuer},
        aud={"essential": True, "value": provider.client_id},
        nonce={"essential": True, "value": nonce},
        exp={"essential": True},
        iat={"essential": True},
        sub={"essential": True},
    )
    try:
        token = jwt.decode(id_token, KeySet.import_key_set(keys), algorithms=ALGORITHMS)  # type: ignore[arg-type]
        rules.validate(token.claims)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"ID token: {type(error).__name__}") from None
    claims = dict(token.claims)
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else provider.client_id) != provider.client_id:
        raise ValueError("ID token: issued to another client")
    if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
        raise ValueError("ID token: no subject")
    return claims


def challenge(verifier: str) -> str:
    """The S256 challenge of a verifier."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _basic(provider: IdentityProvider) -> str:
    """Client id and secret as RFC 6749, 2.3.1 has them."""
    pair = f"{quote(provider.client_id, safe='')}:{quote(provider.client_secret, safe='')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()
