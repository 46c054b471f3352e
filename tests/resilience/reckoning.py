"""The journal against the databases: what was lost, what took effect twice, which events did not arrive where."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib import import_module

from chassis.command_line import service_in
from chassis.events import Event
from chassis.gathering import EVERY_SERVICE
from chassis.service import Service
from contracts.customers import CustomerClaimed, CustomerCreated, CustomerReleased
from contracts.interactions import InteractionLogged
from contracts.tickets import TicketOpened
from launcher.suite import SERVICES
from tests.e2e.suite import WholeSuite
from tests.resilience.journal import Journal

REPLICAS = ("interactions", "tickets", "campaigns")


@dataclass
class Reckoning:
    """Two lists that should be empty."""

    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)

    def compare(self, what: str, wanted: Counter[str], found: Counter[str]) -> None:
        """Note what is there less often, or more often, than it should be."""
        self.lost += [f"{what} of {key} ({count}×)" for key, count in (wanted - found).items()]
        self.twice += [f"{what} of {key} ({count}× too often)" for key, count in (found - wanted).items()]


def effects(suite: WholeSuite, journal: Journal) -> Reckoning:
    """What the commands have done to the records."""
    reckoning = Reckoning()
    created = journal.markers_of("create")
    found = _counted(suite, "customers", "SELECT name FROM customers WHERE name LIKE 'create-%%'")
    reckoning.compare("customer", Counter(created), found)
    for table, service, kind in (("interactions", "interactions", "log"), ("tickets", "tickets", "open_ticket")):
        found = _counted(suite, service, f"SELECT subject FROM {table} WHERE subject LIKE %s", f"{kind}-%")
        reckoning.compare(f"row in {table}", Counter(journal.markers_of(kind)), found)
    _compare_ownership(suite, journal, reckoning)
    return reckoning


def _compare_ownership(suite: WholeSuite, journal: Journal, reckoning: Reckoning) -> None:
    """Each claim and each release left one line in the history, and one version of the record."""
    ours = "customer_id IN (SELECT id FROM customers WHERE name LIKE 'create-%%')"
    for how in ("claim", "release"):
        lines = f"SELECT customer_id::text FROM ownerships WHERE {ours} AND how = %s"
        reckoning.compare(how, journal.customers_of(how), _counted(suite, "customers", lines, how))
    changes = journal.customers_of("create") + journal.customers_of("claim") + journal.customers_of("release")
    versions = suite.rows("customers", "SELECT id::text, version FROM customers WHERE name LIKE 'create-%%'")
    reckoning.compare("version", changes, Counter(dict(versions)))  # type: ignore[arg-type]


def recorded_events(suite: WholeSuite, journal: Journal) -> Reckoning:
    """Each command left one event in the outbox of its service."""
    reckoning = Reckoning()
    on_customers: dict[str, type[Event]]
    on_customers = {"create": CustomerCreated, "claim": CustomerClaimed, "release": CustomerReleased}
    for kind, event in on_customers.items():
        _compare_events(suite, reckoning, event, "aggregate_id", journal.customers_of(kind))
    about_customers: dict[str, type[Event]] = {"log": InteractionLogged, "open_ticket": TicketOpened}
    for kind, event in about_customers.items():
        about = "encode(body, 'escape')::json -> 'payload' ->> 'customer_id'"
        _compare_events(suite, reckoning, event, about, journal.customers_of(kind))
    return reckoning


def _compare_events(
    suite: WholeSuite, reckoning: Reckoning, event: type[Event], customer: str, wanted: Counter[str]
) -> None:
    """Compare the outbox, where the SQL expression ``customer`` finds whom an event is about, with the journal."""
    statement = f"SELECT ({customer})::text FROM outbox WHERE type = %s"
    recorded = _counted(suite, event.service, statement, event.__name__)
    ours = Counter({one: count for one, count in recorded.items() if one in wanted})
    reckoning.compare(event.__name__, wanted, ours)


@dataclass(frozen=True)
class Subscription:
    """One handler of one service."""

    service: str
    consumer: str
    events: dict[str, list[str]]
    """Names of the events by the service that publishes them."""


def subscriptions() -> Iterator[Subscription]:
    """Every event handler of the suite."""
    for name in SERVICES:
        import_module(f"services.{name}.service")
        service: type[Service] = service_in(f"services.{name}")
        for consumer, handler in service.handlers().items():
            events: dict[str, list[str]] = {}
            for event in handler.events:
                for publisher in SERVICES if event.service == EVERY_SERVICE else (event.service,):
                    events.setdefault(publisher, []).append(event.__name__)
            yield Subscription(name, consumer, events)


@dataclass(frozen=True)
class Arrivals:
    """How many events had to arrive at all subscribers together, and which have not."""

    wanted: int
    missing: list[str]


def arrivals(suite: WholeSuite) -> Arrivals:
    """Every event of every outbox, since all handlers have their queues, against the inbox of every subscriber."""
    wanted, missing = 0, []
    for one in subscriptions():
        taken = _ids(suite, one.service, "SELECT message_id::text FROM inbox WHERE consumer = %s", one.consumer)
        for publisher, types in one.events.items():
            recorded = "SELECT id::text FROM outbox WHERE type = ANY(%s) AND occurred_at > %s"
            published = _ids(suite, publisher, recorded, types, suite.opened_at)
            wanted += len(published)
            missing += [f"{event} of {publisher} at {one.service}.{one.consumer}" for event in published - taken]
    return Arrivals(wanted, missing)


def stale_replicas(suite: WholeSuite) -> list[str]:
    """Customers that another service knows in another version than their owner, or not at all."""
    statement = "SELECT id::text, version FROM customers"
    truth = dict(suite.rows("customers", statement))
    return [
        f"{service} has {customer} in version {known.get(customer)}, not {version}"
        for service in REPLICAS
        for known in [dict(suite.rows(service, statement))]
        for customer, version in truth.items()
        if known.get(customer) != version
    ]


def parked(suite: WholeSuite) -> list[str]:
    """Messages that were given up."""
    return [
        f"{service}: {queue} {reason}"
        for service in SERVICES
        for queue, reason in suite.rows(service, "SELECT queue, reason FROM dead_letters")
    ]


def _ids(suite: WholeSuite, service: str, statement: str, *parameters: object) -> set[str]:
    return {row[0] for row in suite.rows(service, statement, *parameters)}


def _counted(suite: WholeSuite, service: str, statement: str, *parameters: object) -> Counter[str]:
    rows: Iterable[tuple[str]] = suite.rows(service, statement, *parameters)  # type: ignore[assignment]
    return Counter(row[0] for row in rows)
