"""All services opened up side by side: what the broker would carry between them is carried by hand."""

from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select, text, update

from chassis.errors import Unavailable
from chassis.idempotency import idempotency_keys, opened_body
from chassis.identity.events import IDENTITY_EVENTS
from chassis.jobs import jobs, opened
from chassis.pending_calls import RemoteProblem
from chassis.requests import Request
from chassis.testing.tested import Person, TestedService
from services.auth.service import AuthService
from services.campaigns.service import CampaignsService
from services.customers.service import CustomersService
from services.interactions.service import InteractionsService
from services.tickets.service import TicketsService

CLASSES = (AuthService, CampaignsService, CustomersService, InteractionsService, TicketsService)


class Carried:
    """Takes the place of the bus."""

    def __init__(self, suite: "Suite") -> None:
        self._suite = suite

    def call_json(self, service: str, method: str, arguments: Any, timeout: float = 5) -> Any:
        """Call an operation of a service that is not down."""
        if service in self._suite.down:
            raise Unavailable
        answer = self._suite.services[service]._units[method].answer(Request(), arguments)
        if answer.failed:
            raise RemoteProblem(answer)
        return orjson.loads(answer.body)


class Suite:
    """Five services with one directory."""

    def __init__(self, tested: Any) -> None:
        self.services: dict[str, TestedService] = {one.name: tested(one) for one in CLASSES}
        self.down: set[str] = set()
        self._carried: dict[str, set[tuple[UUID, str]]] = {name: set() for name in self.services}
        for one in self.services.values():
            one.runtime.__dict__["bus"] = Carried(self)

    def __getattr__(self, name: str) -> TestedService:
        try:
            return self.services[name]
        except KeyError:
            raise AttributeError(name) from None

    def person(self, name: str, permissions: dict[str, str]) -> dict[str, Person]:
        """Somebody known to all services, with a token for each."""
        first = self.customers.person(name, permissions)
        return {"customers": first} | {
            one: service.person(name, permissions) for one, service in self.services.items() if one != "customers"
        }

    def settle(self) -> None:
        """Carry events and run jobs until nothing happens any more."""
        for _ in range(200):
            if not (self._carry() + sum(self._run_jobs(name) for name in self.services)):
                return
        raise AssertionError("it does not settle")

    def dump(self) -> dict[str, str]:
        """Everything that stands in the databases, by table, as text; sealed bytes as they are."""
        found = {}
        for name, service in self.services.items():
            with service.database.reading() as session:
                tables = session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
                for table in tables:
                    rows = session.execute(text(f'SELECT * FROM "{table}"')).all()  # names of tables
                    found[f"{name}.{table}"] = "\n".join(" ".join(_text(value) for value in row) for row in rows)
        return found

    def opened(self) -> dict[str, str]:
        """What was sealed for events, answers and jobs, once it is opened."""
        found = {}
        for name, service in self.services.items():
            vault = service.runtime.vault
            with service.session() as session:
                answers = session.execute(select(idempotency_keys)).all()
                rows = session.execute(select(jobs)).mappings().all()
                found[f"{name} answers"] = str([opened_body(session, row) for row in answers])
                found[f"{name} jobs"] = str(
                    [opened(vault, row, column) for row in rows for column in ("input", "checkpoint", "result")]
                )
            found[f"{name} events"] = str(service.events())
        return found

    def envelopes(self) -> list[dict[str, Any]]:
        """Every event that stands in an outbox."""
        return [envelope for service in self.services.values() for envelope in service.events()]

    def empty_replicas(self) -> None:
        """Let the services that keep replicas of customers have none, as before a replay."""
        for name in ("tickets", "interactions", "campaigns"):
            with self.services[name].database.transaction() as session:
                session.execute(text("DELETE FROM customers"))
                session.execute(text("DELETE FROM inbox"))

    def bring(self, envelopes: list[dict[str, Any]]) -> None:
        """Deliver these events once more."""
        for known in self._carried.values():
            known.clear()
        for envelope in envelopes:
            for name in self.services:
                self._hand_over(name, envelope)

    def _carry(self) -> int:
        count = 0
        for sender in self.services.values():
            for envelope in sender.events():
                count += sum(self._hand_over(name, envelope) for name in self.services)
        return count

    def _hand_over(self, name: str, envelope: dict[str, Any]) -> int:
        service, count = self.services[name], 0
        for handler in service.service.handlers().values():
            for event in handler.events:
                key = (envelope["id"], handler.name)
                fits = event.__name__ == envelope["type"] and event not in IDENTITY_EVENTS
                if fits and key not in self._carried[name] and name not in self.down:
                    self._carried[name].add(key)
                    service.deliver(event.from_envelope(envelope), message_id=UUID(envelope["id"]))
                    count += 1
        return count

    def _run_jobs(self, name: str) -> int:
        if name in self.down:
            return 0
        with self.services[name].database.transaction() as session:
            session.execute(update(jobs).where(jobs.c.state == "queued").values(lease_until=None))
            before = session.scalar(select(jobs.c.id).where(jobs.c.state.in_(("queued", "running"))).limit(1))
        if before is None:
            return 0
        finished = "SELECT count(*) FROM jobs WHERE state NOT IN ('queued', 'running')"
        done = self.services[name].scalar(finished)
        try:
            self.services[name].run_jobs()
        except KeyboardInterrupt:  # it was killed: another takes over when the lease is over
            with self.services[name].database.transaction() as session:
                session.execute(update(jobs).where(jobs.c.state == "running").values(lease_until=text("now()")))
            return 1
        return int(self.services[name].scalar(finished) - done)


def _text(value: Any) -> str:
    return value.tobytes().decode("latin-1") if isinstance(value, memoryview) else str(value)
