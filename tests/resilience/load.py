"""Clients that work on while everything around them dies: they repeat what was not answered, with the same key."""

import random
import threading
import time
from collections.abc import Iterator
from uuid import uuid4

import requests

from tests.e2e.person import Person, Reply
from tests.resilience.journal import Command, Journal

STORY = ("create", "log", "release", "claim", "log", "open_ticket", "release", "claim")
"""What one client does with one customer, in this order."""
PATIENCE_SECONDS = 150.0
PASSING = {
    "idempotency-key-in-use",  # the first request with this key has not finished
    "customer-not-known-here",  # the news of the customer has not come to this service yet
    "too-many-requests",
    "unauthenticated",
}
"""Refusals that are over after a while."""


class Pace:
    """Lets go of as many commands as the test wants to be on their way when something dies."""

    def __init__(self) -> None:
        self._allowed = threading.Semaphore(0)
        self._ended = threading.Event()

    def allow(self, count: int) -> None:
        """Let this many more begin."""
        self._allowed.release(count)

    def end(self) -> None:
        """Let nobody begin any more."""
        self._ended.set()
        self._allowed.release(1000)

    def begin(self) -> bool:
        """Wait for the permission to begin with one command; False once it is over."""
        self._allowed.acquire()
        return not self._ended.is_set()


class Client(threading.Thread):
    """A sales rep who goes through one story after the other."""

    def __init__(self, name: str, person: Person, pace: Pace, journal: Journal) -> None:
        super().__init__(name=name, daemon=True)
        self._person = person
        self._pace = pace
        self._journal = journal

    def run(self) -> None:
        """Work until the pace ends, or until a command is refused for good."""
        for command in self._commands():
            if not self._pace.begin():
                return
            self._customer_id = self._done(command)
            if not self._customer_id:
                return

    def _commands(self) -> Iterator[Command]:
        self._customer_id = ""
        while True:
            for kind in STORY:
                yield self._command(kind, f"{kind}-{uuid4()}")

    def _command(self, kind: str, marker: str) -> Command:
        customer = f"/customers/{self._customer_id}"
        match kind:
            case "create":
                return Command(kind, marker, "/customers", {"name": marker, "kind": "organisation"})
            case "log":
                body: dict[str, object] = {"kind": "call", "subject": marker, "direction": "out"}
                return Command(kind, marker, f"{customer}/interactions", body)
            case "open_ticket":
                body = {"customer_id": self._customer_id, "kind": "service_request", "subject": marker}
                return Command(kind, marker, "/tickets", body)
            case _:
                return Command(kind, marker, f"{customer}/{kind}")

    def _done(self, command: Command) -> str:
        """Send a command until it is done; the id of its customer, or nothing if it was refused for good."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            reply = self._sent(command)
            if reply is None:
                time.sleep(random.uniform(0.1, 0.6))
            elif reply.status < 400:
                customer_id = reply.body["id"] if command.kind == "create" else self._customer_id
                replayed = reply.headers.get("Idempotency-Replayed") == "true"
                self._journal.note_done(command, customer_id, replayed=replayed)
                return str(customer_id)
            else:
                self._journal.note_refused(command, f"{reply.status} {reply.body}")
                return ""
        self._journal.note_refused(command, f"no answer within {PATIENCE_SECONDS:.0f} s")
        return ""

    def _sent(self, command: Command) -> Reply | None:
        """An answer that counts, or None if the same has to be sent again."""
        try:
            reply = self._person.post(command.path, command.body, key=command.marker)
        except requests.RequestException as problem:
            self._journal.note_trouble(type(problem).__name__)
            return None
        except AssertionError:
            self._journal.note_trouble("log-in not possible")
            return None
        if reply.status >= 500 or (reply.status >= 400 and reply.problem in PASSING):
            self._journal.note_trouble(f"{reply.status} {reply.problem}")
            return None
        return reply
