"""What the services say about themselves: heard from their announcements, asked for, and kept for the next start."""

import io
import queue
import threading
import time
from collections.abc import Mapping
from typing import Any

import orjson
import structlog

from chassis.blobs import BlobStore
from chassis.bus import BusClient
from chassis.errors import Problem
from chassis.listening import Broadcast
from chassis.topology import ANNOUNCEMENTS_EXCHANGE
from gateway.routing import RouteTable

log = structlog.get_logger()

KEPT_UNDER = "gateway/descriptions.json"
ASK_AGAIN_SECONDS = 1.0
"""Not sooner after a description could not be had, or while two versions of a service announce themselves in turn."""
NOT_UNDERSTOOD_SECONDS = 30.0


class Descriptions:
    """The known services. They stay known while they are down: their routes answer 503 then, not 404."""

    def __init__(self, bus: BusClient, blobs: BlobStore) -> None:
        self._bus, self._blobs = bus, blobs
        self._known: dict[str, dict[str, Any]] = {}
        self._heard: dict[str, float] = {}
        self._ask_again_at: dict[str, float] = {}
        self._news: queue.SimpleQueue[dict[str, str]] = queue.SimpleQueue()
        self.routes = RouteTable([])
        self._recall()

    def listen(self) -> None:
        """Begin to hear announcements."""
        threading.Thread(target=self._take_news, name="descriptions", daemon=True).start()
        Broadcast(self._bus, ANNOUNCEMENTS_EXCHANGE, self._announced)

    @property
    def known(self) -> Mapping[str, Mapping[str, Any]]:
        """The last known description of each service."""
        return self._known

    def silent_for(self) -> dict[str, float | None]:
        """For each known service the seconds since its last announcement, None if there was none yet."""
        now = time.monotonic()
        return {name: now - self._heard[name] if name in self._heard else None for name in sorted(self._known)}

    def _announced(self, body: bytes) -> None:
        announcement = orjson.loads(body)
        service = announcement["service"]
        self._heard[service] = time.monotonic()
        known = self._known.get(service)
        if known is None or known["fingerprint"] != announcement["fingerprint"]:
            self._news.put(announcement)

    def _take_news(self) -> None:
        while True:
            announcement = self._news.get()
            try:
                self._ask(announcement["service"], announcement["fingerprint"])
            except Problem as problem:
                log.warning("no description", service="gateway", of=announcement["service"], reason=str(problem))
            except Exception:
                self._ask_again_at[announcement["service"]] = time.monotonic() + NOT_UNDERSTOOD_SECONDS
                log.exception("description not understood", service="gateway", of=announcement["service"])

    def _ask(self, service: str, fingerprint: str) -> None:
        known = self._known.get(service)
        too_soon = time.monotonic() < self._ask_again_at.get(service, 0.0)
        if too_soon or (known and known["fingerprint"] == fingerprint):
            return
        self._ask_again_at[service] = time.monotonic() + ASK_AGAIN_SECONDS
        description = self._bus.call_json(service, "describe")
        updated = {**self._known, service: description}
        # Whatever is wrong with a description shows here, before it replaces the one that works.
        routes = RouteTable(updated.values())
        self._known, self.routes = updated, routes
        log.info("description taken", service="gateway", of=service, fingerprint=description["fingerprint"][:12])
        self._keep()

    def _keep(self) -> None:
        try:
            self._blobs.put(KEPT_UNDER, io.BytesIO(orjson.dumps(self._known)))
        except OSError as error:
            log.warning("descriptions not kept", service="gateway", error=str(error))

    def _recall(self) -> None:
        try:
            with self._blobs.open(KEPT_UNDER) as kept:
                known = orjson.loads(kept.read())
            self.routes, self._known = RouteTable(known.values()), known
        except FileNotFoundError:
            log.info("no descriptions kept", service="gateway")
        except Exception:
            log.exception("kept descriptions not understood", service="gateway")
