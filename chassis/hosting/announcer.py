"""Announces the service to the gateways: at start, and every few seconds as a sign of life."""

import amqp
import eventlet
from nameko.extensions import DependencyProvider

from chassis import topology
from chassis.events import encode
from chassis.hosting.bus import Bus

EVERY_SECONDS = 3.0


class Announcer(DependencyProvider):
    """Publishes the fingerprint of the description, so that a gateway asks for it when it is new."""

    bus = Bus()

    def __init__(self, fingerprint: str) -> None:
        super().__init__()
        self._fingerprint = fingerprint

    def start(self) -> None:
        """Begin to announce."""
        self.container.spawn_managed_thread(self._run)

    def _run(self) -> None:
        body = encode({"service": self.container.service_name, "fingerprint": self._fingerprint})
        while True:
            message = amqp.Message(body, content_type="application/json", delivery_mode=1)
            sent = self.bus.publish(message, topology.ANNOUNCEMENTS_EXCHANGE, "")
            eventlet.sleep(EVERY_SECONDS if sent else 0.1)
