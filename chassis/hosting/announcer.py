"""Announces the service to the gateways: at start, and every few seconds as a sign of life."""

import amqp
import eventlet
from nameko.extensions import DependencyProvider

from chassis import topology
from chassis.custom_fields.describing import Described
from chassis.events import encode
from chassis.hosting.bus import Bus

EVERY_SECONDS = 3.0


class Announcer(DependencyProvider):
    """Publishes the fingerprint of the description as it is at the moment, so that a gateway asks for a new one."""

    bus = Bus()

    def __init__(self, described: Described) -> None:
        super().__init__()
        self._described = described

    def start(self) -> None:
        """Begin to announce."""
        self.container.spawn_managed_thread(self._run)

    def _run(self) -> None:
        while True:
            fingerprint = self._described.now()["fingerprint"]
            body = encode({"service": self.container.service_name, "fingerprint": fingerprint})
            message = amqp.Message(body, content_type="application/json", delivery_mode=1)
            sent = self.bus.publish(message, topology.ANNOUNCEMENTS_EXCHANGE, "")
            eventlet.sleep(EVERY_SECONDS if sent else 0.1)
