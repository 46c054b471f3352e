"""API keys as the gateway sees them: it asks whose they are; every service checks them by itself once more."""

import threading
import time
from uuid import UUID

import structlog

from chassis.bus import BusClient
from chassis.errors import Problem, Unauthenticated
from chassis.identity.api_keys import hash_of
from chassis.identity.tokens import Claims

log = structlog.get_logger()

LOOK_UP, NOTE_USE = "look_up_api_key", "note_api_key_use"
REMEMBERED_SECONDS = 0.5
"""Short enough for a key that is revoked to be refused within a second."""
MANY = 10_000


class KnownApiKeys:
    """The keys that were shown lately."""

    def __init__(self, bus: BusClient, service: str) -> None:
        self._bus, self._service = bus, service
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, Claims | None]] = {}

    def claims(self, token: str) -> Claims:
        """What a good key says; raises Unauthenticated for any other, and another Problem while nobody can say."""
        hashed = hash_of(token)
        if hashed is None:
            raise Unauthenticated("The API key is not valid")
        with self._lock:
            until, claims = self._known.get(hashed, (0.0, None))
        if until <= time.monotonic():
            claims = self._asked(hashed)
            self._remember(hashed, claims)
        if claims is None or claims.expires_at <= time.time():
            raise Unauthenticated("The API key is not valid")
        return claims

    def _asked(self, hashed: str) -> Claims | None:
        found = self._bus.call_json(self._service, LOOK_UP, {"hash": hashed}, timeout=2.0)
        if not found:
            return None
        if not found["use_is_noted"]:
            self._note_use(found["id"])
        return Claims(UUID(found["owner_id"]), UUID(found["id"]), found["expires_at"], found["id"])

    def _note_use(self, key_id: str) -> None:
        try:
            self._bus.submit(self._service, NOTE_USE, {"id": key_id})
        except Problem as problem:
            log.warning("use of an API key not noted", service="gateway", reason=str(problem))

    def _remember(self, hashed: str, claims: Claims | None) -> None:
        with self._lock:
            if len(self._known) >= MANY:
                self._known.clear()
            self._known[hashed] = (time.monotonic() + REMEMBERED_SECONDS, claims)
