"""What the gateway counts, and /metrics: of one process, or of all workers together if there are several."""

import os

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY

from gateway.visit import Visit

http_requests = Counter(
    "rockpool_http_requests_total", "HTTP requests by operation and status.", ["method", "route", "status"]
)
http_duration = Histogram(
    "rockpool_http_duration_seconds",
    "Time from a request's arrival to its reply.",
    ["route"],
    buckets=(0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
live_clients = Gauge("rockpool_live_clients", "Listeners to live changes.", multiprocess_mode="livesum")
live_events = Counter("rockpool_live_events_total", "Live changes by what became of them.", ["outcome"])

METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})

_requests: dict[tuple[str, str, int], Counter] = {}
_durations: dict[str, Histogram] = {}


def count(visit: Visit, status: int, seconds: float) -> None:
    """Count one request; the series are remembered, because finding them costs more than counting."""
    # Clients may invent methods, and each would be a series of its own.
    key = (visit.method if visit.method in METHODS else "other", visit.route, status)
    requests = _requests.get(key)
    if requests is None:
        requests = _requests[key] = http_requests.labels(*map(str, key))
    durations = _durations.get(visit.route)
    if durations is None:
        durations = _durations[visit.route] = http_duration.labels(visit.route)
    requests.inc()
    durations.observe(seconds)


def exposition() -> tuple[bytes, str]:
    """The text for Prometheus and its content type."""
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
    return generate_latest(registry), CONTENT_TYPE_LATEST
