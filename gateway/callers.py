"""Who calls: tokens are checked here only to refuse early and to count per caller; every service checks them again."""

import threading
import time
from collections.abc import Callable
from typing import Any

import structlog

from chassis.bus import BusClient
from chassis.errors import Problem, Unauthenticated, Unavailable
from chassis.identity.api_keys import is_api_key
from chassis.identity.tokens import Claims, TokenVerifier
from chassis.networks import network_of
from chassis.pending_calls import RemoteProblem
from gateway.api_keys import KnownApiKeys
from gateway.limits import RateLimit
from gateway.settings import GatewaySettings
from gateway.visit import Environ, Visit

log = structlog.get_logger()

KEYS_METHOD, ADMIT_METHOD = "published_keys", "admit_caller"
KEYS_AGE_SECONDS = 5.0
"""After this time it is looked, beside a request, whether a key is gone."""
UNKNOWN_SECONDS = 1.0
"""Keys are not asked for more often, however many tokens name unknown ones."""


class PublishedKeys:
    """The keys that sign access tokens, asked for over the bus; ``on_change`` is called when they are others."""

    def __init__(self, bus: BusClient, service: str, on_change: Callable[[], None]) -> None:
        self._bus, self._service, self._on_change = bus, service, on_change
        self._lock = threading.Lock()
        self._keys: dict[str, Any] | None = None
        self._ask_again_at = 0.0
        self._look_again_at = 0.0

    def fetch(self) -> dict[str, Any]:
        """The present JWK set; raises Unavailable while it cannot be had."""
        with self._lock:
            if time.monotonic() >= self._ask_again_at:
                self._keys = self._ask()
                self._ask_again_at = time.monotonic() + UNKNOWN_SECONDS
            if self._keys is None:
                raise Unavailable("The keys of access tokens cannot be had")
            return self._keys

    def look_again(self) -> None:
        """See in the background whether they have changed, if it is long enough ago that somebody did."""
        if time.monotonic() >= self._look_again_at:
            self._look_again_at = time.monotonic() + KEYS_AGE_SECONDS
            threading.Thread(target=self._look, name="keys", daemon=True).start()

    def _look(self) -> None:
        asked = self._ask()
        with self._lock:
            changed = asked is not None and asked != self._keys
            self._keys = asked or self._keys
        if changed:
            self._on_change()

    def _ask(self) -> dict[str, Any] | None:
        try:
            return dict(self._bus.call_json(self._service, KEYS_METHOD, timeout=2.0))
        except Problem as problem:
            log.warning("no keys of access tokens", service="gateway", reason=str(problem))
            return None


class Callers:
    """Lets callers in: finds out who calls and counts against his quota."""

    def __init__(self, bus: BusClient, settings: GatewaySettings) -> None:
        self._bus, self._service = bus, settings.identity_service
        self._keys = PublishedKeys(bus, settings.identity_service, self._forget)
        self._verifier = TokenVerifier(self._keys.fetch)
        self._api_keys = KnownApiKeys(bus, settings.identity_service)
        self._known = RateLimit("caller", settings.rate_limit)
        self._anonymous = RateLimit("address", settings.rate_limit_anonymous)

    def admit(self, visit: Visit, environ: Environ, *, public: bool) -> str | None:
        """The token to send along, or None; raises Unauthenticated, and TooManyRequests.

        While the keys cannot be had tokens are sent along unchecked: the services know the keys themselves.
        """
        token = bearer_token(environ)
        if token is None:
            self._anonymous.take(network_of(visit.address), visit)
            if not public:
                raise Unauthenticated
            return None
        self._keys.look_again()
        try:
            claims = self._claims(token)
        except Unauthenticated:
            self._anonymous.take(network_of(visit.address), visit)
            if not public:
                raise
            return None
        except Problem:
            self._anonymous.take(network_of(visit.address), visit)
            return token
        visit.caller = str(claims.subject)
        self._known.take(visit.caller, visit)
        return token

    def _forget(self) -> None:
        self._verifier.forget()

    def _claims(self, token: str) -> Claims:
        return self._api_keys.claims(token) if is_api_key(token) else self._verifier.verify(token)

    def identify(self, visit: Visit, environ: Environ) -> tuple[str, Claims]:
        """Token and claims of a caller for the gateway's own operations, which no service checks again.

        A signature does not tell that a session has ended since, so it is asked whether he is still let in; raises
        Unauthenticated, and Unavailable while nobody can say.
        """
        token = self.admit(visit, environ, public=False)
        assert token is not None
        claims = self._claims(token)
        answer = self._bus.call(self._service, ADMIT_METHOD, headers={"nameko.token": token}, timeout=2.0)
        if answer.status == Unauthenticated.status:
            raise Unauthenticated
        if answer.failed:
            raise RemoteProblem(answer)
        return token, claims


def bearer_token(environ: Environ) -> str | None:
    """The token of the Authorization header; None without one or with another scheme."""
    header = environ.get("HTTP_AUTHORIZATION")
    if not header:
        return None
    scheme, _, token = header.partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None
