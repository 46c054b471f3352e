"""Everything dies three times under load, then the broker's disk: nothing is lost, nothing happens twice."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from devservers.ports import NotReady, wait_until
from launcher.places import CHECKOUT
from launcher.suite import SERVICES
from tests.conftest import Tell
from tests.e2e.person import Person
from tests.e2e.suite import WholeSuite
from tests.resilience import reckoning
from tests.resilience.journal import Journal
from tests.resilience.load import Client, Pace

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

VICTIMS = ("gateway", "customers-serve", "interactions-serve", "customers-work", "rabbitmq", "postgresql")
ROUNDS = 3
COMMANDS = 2_000
COMMANDS_AFTER_WIPE = 400
CLIENTS = 16
UNDER_WAY = 25
"""So many commands of a portion are done when the kill comes; the others are on their way or about to be."""
SETTLE_SECONDS = 120.0


@dataclass
class Load:
    """Clients at work, a portion of commands at a time."""

    suite: WholeSuite
    journal: Journal = field(default_factory=Journal)
    pace: Pace = field(default_factory=Pace)
    allowed: int = 0
    clients: list[Client] = field(default_factory=list)

    def begin(self) -> None:
        """Take on the clients."""
        admin = self.suite.admin()
        role = next(one["id"] for one in admin.all_of("/roles") if one["name"] == "sales_rep")
        for number in range(CLIENTS):
            person = new_person(admin, self.suite.url, f"rep{number}@example.com", role)
            self.clients.append(Client(f"client {number}", person, self.pace, self.journal))
        for client in self.clients:
            client.start()

    def allow(self, count: int) -> None:
        """Let so many more commands begin."""
        self.allowed += count
        self.pace.allow(count)

    def wait_for(self, count: int, timeout: float) -> None:
        """Wait until so many commands in all are done; raises AssertionError if one was refused for good."""
        wait_until(lambda: len(self.journal.done) >= count or bool(self.journal.refused), f"{count} commands", timeout)
        assert not self.journal.refused, self.journal.refused[:3]

    def finish_portion(self, timeout: float = 180) -> None:
        """Wait until everything that was allowed is done."""
        self.wait_for(self.allowed, timeout)

    def end(self) -> None:
        """Send the clients home."""
        self.pace.end()
        for client in self.clients:
            client.join(30)


def new_person(admin: Person, url: str, email: str, role: str) -> Person:
    """Somebody with a role, logged in."""
    password = "a rep who never gives up"
    admin.post("/users", {"name": email.partition("@")[0], "email": email, "password": password, "roles": [role]}).ok()
    return Person(url, email, password).log_in()


@pytest.fixture(scope="module")
def load(suite: WholeSuite) -> Iterator[Load]:
    working = Load(suite)
    working.begin()
    yield working
    working.end()


def test_nothing_is_lost_or_done_twice_while_every_part_is_killed_three_times(load: Load, tell: Tell):
    begin = time.monotonic()
    back_after: dict[str, list[float]] = {victim: [] for victim in VICTIMS}
    portion = COMMANDS // (ROUNDS * len(VICTIMS))
    for victim in VICTIMS * ROUNDS:
        done = len(load.journal.done)
        load.allow(portion)
        load.wait_for(done + UNDER_WAY, 60)
        back_after[victim].append(load.suite.kill_and_wait(victim))
    load.allow(COMMANDS - load.allowed)
    load.finish_portion()
    seconds = time.monotonic() - begin
    tell(
        f"{COMMANDS} commands in {seconds:.0f} s while six parts were killed {ROUNDS} times each; they were back after"
    )
    for victim, took in back_after.items():
        tell(f"  {victim}: " + ", ".join(f"{one:.1f} s" for one in took))
    reckon(load, tell)


def test_nothing_is_lost_or_done_twice_when_the_broker_loses_its_disk(load: Load, tell: Tell):
    since = datetime.now(UTC) - timedelta(minutes=1)
    load.allow(COMMANDS_AFTER_WIPE)
    load.wait_for(load.allowed - COMMANDS_AFTER_WIPE // 2, 60)
    wipe_broker(load.suite)
    load.suite.wait_ready()
    missing = reckoning.arrivals(load.suite).missing
    for service in SERVICES:
        replay(load.suite, service, since)
    load.finish_portion()
    tell(f"the broker's data was deleted under load: {len(missing)} arrivals were missing before the replay")
    reckon(load, tell)


def wipe_broker(suite: WholeSuite) -> None:
    """kill -9 for the broker, and its data is gone before it is started again."""
    kept = suite.process("rabbitmq")
    before = kept.restarts
    suite.kill("rabbitmq")
    wait_until(lambda: not suite.broker.alive, "the broker is dead", 5, interval=0.01)
    suite.broker.wipe()
    suite.wait_restarted("rabbitmq", before)


def replay(suite: WholeSuite, service: str, since: datetime) -> None:
    """What docs/operations.md tells to do after the loss of the broker."""
    period = ["--since", since.isoformat(), "--until", datetime.now(UTC).isoformat()]
    words = [sys.executable, "-m", "chassis", "replay", f"services.{service}", *period]
    subprocess.run(words, cwd=CHECKOUT, env=suite.environment_of(service), check=True, capture_output=True)


def reckon(load: Load, tell: Tell) -> None:
    """Compare the journal with the databases, and tell the figures."""
    suite, journal = load.suite, load.journal
    arrived = settled(suite)
    records, events = reckoning.effects(suite, journal), reckoning.recorded_events(suite, journal)
    stale, parked = reckoning.stale_replicas(suite), reckoning.parked(suite)
    tell(f"  {journal.requests} requests for {len(journal.done)} commands, {journal.replayed} answers were replays")
    tell("  sent again because of: " + ", ".join(f"{what} ({n}×)" for what, n in journal.trouble.most_common()))
    tell(f"  effects: {len(records.lost)} lost, {len(records.twice)} twice")
    tell(f"  events recorded: {len(events.lost)} lost, {len(events.twice)} twice")
    tell(f"  arrivals: {len(arrived.missing)} of {arrived.wanted} missing; {len(stale)} stale; {len(parked)} parked")
    failures = [word for word in journal.trouble if word.startswith("500")]
    for found in (records.lost, records.twice, events.lost, events.twice, arrived.missing, stale, parked, failures):
        assert not found, found[:5]


def settled(suite: WholeSuite) -> reckoning.Arrivals:
    """Wait until every event has arrived, or until nobody would wait any longer."""
    found: list[reckoning.Arrivals] = []

    def all_there() -> bool:
        found.append(reckoning.arrivals(suite))
        return not found[-1].missing

    with contextlib.suppress(NotReady):
        wait_until(all_there, "every event has arrived", SETTLE_SECONDS, interval=1.0)
    return found[-1]
