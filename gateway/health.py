"""Signs of life for whoever runs the gateway: /livez, /readyz and /metrics."""

import flask
import orjson

from chassis.bus import BusClient
from gateway import metrics
from gateway.descriptions import Descriptions
from gateway.visit import VISIT


class Health:
    """Tells whether the process lives, and whether it can do its work."""

    def __init__(self, bus: BusClient, descriptions: Descriptions) -> None:
        self._bus, self._descriptions = bus, descriptions

    def add_to(self, app: flask.Flask) -> None:
        """Offer the three addresses on an app."""
        app.add_url_rule("/livez", "gateway.livez", self.livez)
        app.add_url_rule("/readyz", "gateway.readyz", self.readyz)
        app.add_url_rule("/metrics", "gateway.metrics", self.metrics)

    def livez(self) -> flask.Response:
        """The process answers; nothing else is asked."""
        _name("gateway.livez")
        return _json(200, {"status": "alive"})

    def readyz(self) -> flask.Response:
        """Ready once the bus is connected and at least one service is known."""
        _name("gateway.readyz")
        services = {
            name: {"last_announced_seconds_ago": None if seconds is None else round(seconds, 1)}
            for name, seconds in self._descriptions.silent_for().items()
        }
        parts = {"bus": self._bus.connected, "descriptions": bool(services)}
        ready = all(parts.values())
        return _json(200 if ready else 503, {"ready": ready, "parts": parts, "services": services})

    def metrics(self) -> flask.Response:
        """The figures in Prometheus' text format."""
        _name("gateway.metrics")
        text, content_type = metrics.exposition()
        return flask.Response(text, content_type=content_type)


def _name(route: str) -> None:
    flask.request.environ[VISIT].route = route


def _json(status: int, content: object) -> flask.Response:
    return flask.Response(orjson.dumps(content), status, mimetype="application/json")
