"""The metrics of every process, in one shape for all services."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from prometheus_client import Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from chassis.audit import audit
from chassis.clock import now
from chassis.database import Database
from chassis.dead_letters import dead_letters
from chassis.jobs import jobs
from chassis.outbox import backlog

rpc_requests = Counter("rockpool_rpc_requests_total", "RPC requests by outcome.", ["service", "method", "outcome"])
rpc_duration = Histogram(
    "rockpool_rpc_duration_seconds",
    "Time from taking a request from the queue to its answer.",
    ["service", "method"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
quarantined = Counter("rockpool_rpc_quarantined_total", "Messages that are no RPC requests.", ["service", "reason"])
events_handled = Counter("rockpool_events_handled_total", "Events by outcome.", ["service", "consumer", "outcome"])
event_lag = Histogram(
    "rockpool_event_lag_seconds",
    "Time from recording an event to its effect here.",
    ["service", "consumer"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 120, 600),
)
events_published = Counter("rockpool_events_published_total", "Events that the broker has confirmed.", ["service"])


GATHERING, CHAINING = "gathering", "chaining"
"""Where audit entries wait: to be sent by their service, or for entries before them where they are chained."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What a service adds to the figures of the chassis, if it keeps the audit trail."""

    alerts: Sequence[tuple[str, int, int]] = ()
    """By kind: how many were raised so far, and how many of them nobody has looked at."""
    unchained: Sequence[tuple[str, int, float]] = field(default_factory=list)
    """By service: how many audit entries wait to be chained, and for how many seconds the oldest."""


class DatabaseFigures(Collector):
    """What the tables tell at the moment of asking: waiting events and audit entries, parked messages, jobs, alerts."""

    def __init__(self, service: str, database: Database, own: Callable[[Session], Figures]) -> None:
        self._service = service
        self._database = database
        self._own = own

    def collect(self) -> Iterable[Metric]:
        """The gauges; asked by the scrape."""
        try:
            yield from self._gauges()
        except SQLAlchemyError:
            # Without the database there are no figures; the process and its other metrics are still there.
            return

    def _gauges(self) -> Iterable[Metric]:
        with self._database.reading() as session:
            waiting, age = backlog(session)
            parked = session.scalar(select(func.count()).select_from(dead_letters))
            states = session.execute(
                select(jobs.c.kind, jobs.c.state, func.count()).group_by(jobs.c.kind, jobs.c.state)
            )
            jobs_by_state = [((self._service, kind, state), count) for kind, state, count in states]
            ungathered, since = session.execute(
                select(func.count(), func.min(audit.c.at)).where(audit.c.number.is_(None))
            ).one()
            figures = self._own(session)
        own = ((self._service,), waiting)
        yield _gauge("rockpool_outbox_pending", "Recorded events that wait for the broker.", ["service"], [own])
        yield _gauge(
            "rockpool_outbox_oldest_age_seconds", "Age of the oldest of them.", ["service"], [((self._service,), age)]
        )
        yield _gauge("rockpool_dead_letters", "Parked messages.", ["service"], [((self._service,), parked or 0)])
        yield _gauge("rockpool_jobs", "Jobs by kind and state.", ["service", "kind", "state"], jobs_by_state)
        ungathered_for = (now() - since).total_seconds() if since else 0.0
        yield from _audit_figures([(self._service, GATHERING, ungathered, ungathered_for)], figures)


def _audit_figures(
    gathering: Sequence[tuple[str, str, int, float]], figures: Figures
) -> Iterable[GaugeMetricFamily | CounterMetricFamily]:
    waiting = [*gathering, *((service, CHAINING, count, age) for service, count, age in figures.unchained)]
    labels = ["service", "stage"]
    counts = [((service, stage), float(count)) for service, stage, count, _ in waiting]
    ages = [((service, stage), age) for service, stage, _, age in waiting]
    yield _gauge("rockpool_audit_waiting", "Audit entries that are not chained yet.", labels, counts)
    yield _gauge("rockpool_audit_oldest_age_seconds", "Age of the oldest of them.", labels, ages)
    unseen = [((kind,), float(unseen)) for kind, _, unseen in figures.alerts]
    yield _gauge("rockpool_alerts_open", "Audit alerts that nobody has looked at.", ["kind"], unseen)
    raised = CounterMetricFamily("rockpool_alerts_total", "Audit alerts by kind.", labels=["kind"])
    for kind, count, _ in figures.alerts:
        raised.add_metric([kind], count)
    yield raised


def _gauge(
    name: str, help_text: str, labels: list[str], samples: Sequence[tuple[tuple[str, ...], float]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help_text, labels=labels)
    for values, value in samples:
        family.add_metric(values, value)
    return family
