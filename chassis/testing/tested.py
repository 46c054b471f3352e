"""A service opened up for tests: people with rights, calls as from the bus, events, jobs and timers by hand."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import orjson
from joserfc.jwk import OKPKey
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from chassis import audit, inbox
from chassis.database import dicts
from chassis.events import Event
from chassis.gathering import EntriesGathered, Gatherer
from chassis.identity import directory, tokens
from chassis.identity.caller import Caller
from chassis.identity.events import RoleChanged, SigningKeyChanged, TeamChanged, UserChanged
from chassis.ids import new_id
from chassis.jobs import JobRunner
from chassis.outbox import outbox
from chassis.requests import Answer, Request
from chassis.runtime import Runtime
from chassis.service import Service
from chassis.settings import Settings
from chassis.timers import TimerRunner
from chassis.unit_of_work import UnitOfWork

CONNECTIONS = 60
"""More than any test has threads at work: on a busy machine, waiting for one would end in a refusal."""


@dataclass(frozen=True)
class Person:
    """Somebody in the directory, with a token that is good for five minutes."""

    caller: Caller
    token: str

    @property
    def id(self) -> UUID:
        """His user id."""
        return self.caller.user_id


@dataclass(frozen=True)
class TestAnswer:
    """The answer to a call, with its body decoded."""

    __test__ = False

    status: int
    body: Any
    etag: str | None
    replayed: bool
    retry_after: int | None

    def json(self) -> Any:
        """The decoded body: the result, or the problem."""
        return self.body


class TestedService:
    """A running service without broker: what ``serve`` and ``work`` would do is done by hand."""

    __test__ = False

    def __init__(self, service: type[Service], settings: Settings) -> None:
        self.service = service
        self.settings = settings
        self.runtime = Runtime.of(service, settings, connections=CONNECTIONS)
        self.database = self.runtime.database
        self.directory = self.runtime.directory
        self.blobs = self.runtime.blobs
        self._units: dict[str, UnitOfWork] = self.runtime.units()
        self.signing_key = new_signing_key()
        self._tell(signing_key_event(self.signing_key))

    def close(self) -> None:
        """Close all connections."""
        self.database.close()

    def team(self, name: str, *, parent: UUID | None = None) -> UUID:
        """A new team in the directory."""
        team_id = new_id()
        self._tell(TeamChanged(aggregate_id=team_id, version=1, name=name, parent_id=parent))
        return team_id

    def person(
        self,
        name: str,
        permissions: dict[str, str],
        teams: list[UUID] | None = None,
        field_rules: dict[str, dict[str, Any]] | None = None,
    ) -> Person:
        """A new person in the directory, with a role that has these permissions (``{"customers:read": "own"}``)."""
        role_id, user_id, session_id = new_id(), new_id(), new_id()
        role = RoleChanged(
            aggregate_id=role_id,
            version=1,
            name=f"Role of {name}",
            permissions=permissions,
            field_rules=field_rules or {},
        )
        self._tell(role)
        user = UserChanged(aggregate_id=user_id, version=1, name=name, active=True, teams=teams or [], roles=[role_id])
        self._tell(user)
        token = tokens.issue(self.signing_key, user_id=user_id, session_id=session_id)
        return Person(self.directory.caller(user_id, session_id), token)

    def stepped_up(self, who: Person) -> Person:
        """The same person with a token that says that he has just proved once more that it is he."""
        at, caller = int(time.time()), who.caller
        assert caller.session_id is not None
        token = tokens.issue(self.signing_key, user_id=caller.user_id, session_id=caller.session_id, stepped_up_at=at)
        return Person(replace(caller, stepped_up_at=at), token)

    def call(
        self,
        operation: str,
        who: Person | None = None,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
        request: Request | None = None,
        **arguments: Any,
    ) -> TestAnswer:
        """Call an operation through its unit of work, as a request from the bus would be."""
        made = request or Request(
            token=who.token if who else None,
            if_match=if_match,
            idempotency_key=idempotency_key,
            remote_addr="192.0.2.1",
        )
        answer: Answer = self._units[operation].answer(made, orjson.loads(orjson.dumps(arguments, default=str)))
        self.runtime.readings.flush()
        if not answer.failed and not self._units[operation].operation.reads:
            self.runtime.refresh()
        body = orjson.loads(answer.body)
        return TestAnswer(answer.status, body, answer.etag, answer.replayed, answer.retry_after)

    @contextmanager
    def session(self, who: Person | None = None) -> Iterator[Session]:
        """A transaction as a command would run in; commits at the end."""
        with self.database.transaction() as session:
            actor = who.caller.user_id if who else None
            session.info.update(self.runtime.context, actor=actor, request=Request(remote_addr="192.0.2.1"))
            yield session

    def deliver(self, event: Event, *, message_id: UUID | None = None, actor: UUID | None = None) -> bool:
        """Hand an event to each handler that takes it, as the broker would; False if it was taken before."""
        taken = False
        for name, handler in self.service.handlers().items():
            if type(event) in handler.events:
                with self.database.transaction() as session:
                    session.info.update(self.runtime.context, actor=actor)
                    if inbox.take(session, name, message_id or new_id()):
                        audit.begin(session, name)
                        handler.function(session, event)
                        taken = True
        self.directory.refresh()
        return taken

    def events(self) -> list[dict[str, Any]]:
        """The envelopes of everything recorded so far, in order, as their consumers see them."""
        with self.database.reading() as session:
            bodies = session.scalars(select(outbox.c.body).order_by(outbox.c.position))
            return [self.runtime.event_sealer.opened(orjson.loads(body)) for body in bodies]

    def gather(self) -> list[EntriesGathered]:
        """Number the audit entries that wait, as ``work`` does, and answer the events that carry them."""
        Gatherer(self.service.name, self.database).gather()
        return self.entries_sent()

    def entries_sent(self) -> list[EntriesGathered]:
        """All events with audit entries that were recorded so far."""
        sent = [event for event in self.events() if event["type"] == EntriesGathered.__name__]
        return [EntriesGathered.from_envelope(event) for event in sent]

    def audited(self) -> list[dict[str, Any]]:
        """The entries of the audit trail so far, in order."""
        with self.database.reading() as session:
            return dicts(session.execute(select(audit.audit).order_by(audit.audit.c.position)))

    def run_jobs(self) -> int:
        """Run all waiting jobs here and now. Returns how many."""
        kinds = {name: job.function for name, job in self.service.jobs().items()}
        runner = JobRunner(kinds, self.database, self.directory, self.runtime.context)
        count = 0
        while runner.run_one():
            count += 1
        return count

    def fire_timers(self) -> int:
        """Fire all due timers here and now. Returns how many."""
        kinds = {name: timer.function for name, timer in self.service.timers().items()}
        return TimerRunner(kinds, self.database, self.runtime.context).fire_due()

    def scalar(self, statement: str, **parameters: Any) -> Any:
        """One value from the database, for what a test wants to see with its own eyes."""
        with self.database.reading() as session:
            return session.scalar(text(statement), parameters)

    def _tell(self, event: Event) -> None:
        with self.database.transaction() as session:
            directory.keep(session, event)
        self.directory.refresh()


def new_signing_key() -> OKPKey:
    """A fresh Ed25519 key with a key id."""
    key = OKPKey.generate_key("Ed25519", {"use": "sig"}, private=True)
    key.ensure_kid()
    return key


def signing_key_event(key: OKPKey) -> SigningKeyChanged:
    """The event that publishes the public half of a key."""
    return SigningKeyChanged(aggregate_id=new_id(), version=1, jwk=key.as_dict(private=False), active=True)


def together(count: int, work: Any) -> list[Any]:
    """Run ``work(index)`` in as many threads, started at the same moment, and answer the results in order."""
    gate = threading.Barrier(count)

    def run(index: int) -> Any:
        gate.wait()
        return work(index)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))
