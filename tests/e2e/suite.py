"""The whole suite as `make up` runs it, in a folder and on ports of its own."""

import dataclasses
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import requests
from psycopg2 import sql

from devservers import databases, processes
from devservers.mail import MailCatcher
from devservers.ports import answers, free_port, wait_until
from devservers.scratch import clear, scratch_folder
from launcher.kept import Kept, SuiteProcess, is_ready
from launcher.places import Places
from launcher.progress import Progress
from launcher.running import RunningSuite
from launcher.suite import ADMIN_EMAIL, SERVICES
from tests.e2e.person import Person

GIVEN_SERVERS = ("AMQP_URL", "DATABASE_URL")
READY_SECONDS = 60.0
LOOK_SECONDS = 0.25


class Quiet(Progress):
    """Keeps what it is told, for the case that the suite does not come up."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def tell(self, what: str) -> None:
        """Note a line."""
        self.told.append(f"{self.seconds:6.1f} s  {what}")


class WholeSuite:
    """All processes of a suite, started again by the launcher's own watch when they die."""

    def __init__(self, folder: Path) -> None:
        self.places = Places(folder / "run")
        self.places.prepare()
        self.progress = Quiet()
        self._running = RunningSuite(self.places, self.progress, free_port())
        self._down: set[str] = set()
        self._closed = threading.Event()
        self._watch = threading.Thread(target=self._keep_up, name="watch", daemon=True)

    @property
    def url(self) -> str:
        """The address of the gateway."""
        return self._running.addresses.gateway

    @property
    def mail(self) -> MailCatcher:
        """What campaigns send ends here."""
        return self._running.servers.mail

    @property
    def broker(self) -> Any:
        """The RabbitMQ node."""
        return self._running.servers.broker

    def open(self) -> "WholeSuite":
        """Bring everything up, and watch it from then on."""
        self._running.open()
        wait_until(self._knows_all_services, "the gateway knows all services", READY_SECONDS)
        self.opened_at = datetime.now(UTC)
        self._watch.start()
        return self

    def close(self) -> None:
        """Take everything down; nothing of it is wanted any more."""
        self._closed.set()
        self._running.close(at_once=True)

    def process(self, name: str) -> Kept:
        """A process of the suite, by the name that `make status` gives it."""
        return next(one for one in self._running.kept if one.name == name)

    def kill(self, name: str) -> None:
        """kill -9 for a process and all below it; the watch starts it again."""
        pid = self.process(name).server.pid
        assert pid is not None, f"{name} does not run"
        own = processes.seen(pid)
        family = [*([own] if own else []), *processes.descendants(pid)]
        processes.send(family, signal.SIGKILL)

    def kill_and_wait(self, name: str) -> float:
        """kill -9, and wait until the watch has brought the process back; answers after how many seconds that was."""
        before, begin = self.process(name).restarts, time.monotonic()
        self.kill(name)
        self.wait_restarted(name, before)
        return time.monotonic() - begin

    @contextmanager
    def without(self, name: str) -> Iterator[None]:
        """kill -9 for a process, which stays dead for the time of the block."""
        before = self.process(name).restarts
        self._down.add(name)
        try:
            self.kill(name)
            wait_until(lambda: not self.process(name).server.alive, f"{name} is dead", READY_SECONDS)
            yield
        finally:
            self._down.discard(name)
            self.wait_restarted(name, before)

    def wait_restarted(self, name: str, before: int) -> None:
        """Wait until the process has been started once more and can be used."""
        kept = self.process(name)
        wait_until(lambda: kept.restarts > before and self._is_usable(kept), f"{name} is back", READY_SECONDS)

    def wait_ready(self) -> None:
        """Wait until every process says that it has what it needs."""
        wait_until(lambda: all(map(self._is_usable, self._running.kept)), "all are ready", READY_SECONDS)

    def admin(self) -> Person:
        """The first administrator, logged in, who may at any time do what takes a step-up."""
        return Person(
            self.url, ADMIN_EMAIL, self._running.secrets.generated("admin_password", 12), steps_up=True
        ).log_in()

    def replace(self, name: str) -> None:
        """Have another process take over, with the secrets of now, as a rolling update does: nobody notices."""
        kept = self.process(name)
        first = kept.server
        assert isinstance(first, SuiteProcess)
        port = free_port()
        environment = {**first.program.environment, "HEALTH_PORT": str(port)}
        program = dataclasses.replace(first.program, port=port, environment=environment)
        second = SuiteProcess(program, self.places).start(READY_SECONDS)
        kept.server, kept.health = second, program.address
        first.stop()

    def log_of(self, name: str) -> str:
        """What a process has said."""
        return self.places.log_of(name).read_text(errors="replace")

    def environment_of(self, service: str) -> dict[str, str]:
        """The environment of a command of `python -m chassis` for a service."""
        kept = self.process(f"{service}-work").server
        own = {name: value for name, value in kept.program.environment.items() if value is not None}  # type: ignore[attr-defined]
        return {**os.environ, **own, "HEALTH_PORT": "0"}

    def rows(self, service: str, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """What a query finds in the service's own database, for what a test has to see with its own eyes."""
        with closing(self._connection(service)) as connection, connection.cursor() as cursor:
            cursor.execute(statement, parameters or None)
            return cursor.fetchall()

    def change(self, service: str, statement: sql.Composable, *parameters: object) -> None:
        """Change the service's own database behind its back, for what would take too long otherwise."""
        with closing(self._connection(service)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(statement, parameters or None)

    def _connection(self, service: str) -> Any:
        url = (self.places.secrets / f"{service}_database_url").read_text().replace("+psycopg2", "")
        return psycopg2.connect(url)

    def _keep_up(self) -> None:
        """Start again what has died, as the launcher does, except for what a test keeps down."""
        while not self._closed.wait(LOOK_SECONDS):
            for one in self._running.kept:
                if one.name not in self._down:
                    with suppress(OSError, RuntimeError):
                        one.look()

    def _is_usable(self, kept: Kept) -> bool:
        if kept is self._running.postgres:
            return databases.answers(self._running.servers.postgres.url())  # type: ignore[union-attr]  # never a given one
        return is_ready(kept.health) if kept.health else answers(kept.server.port)

    def _knows_all_services(self) -> bool:
        known = requests.get(f"{self.url}/readyz", timeout=5).json()["services"]
        return known.keys() >= set(SERVICES)


@contextmanager
def whole_suite(**environment: str) -> Iterator[WholeSuite]:
    """A running suite for the time of a block; ``environment`` is added to that of all its processes."""
    folder = scratch_folder()
    with pytest.MonkeyPatch.context() as surroundings:
        for name in GIVEN_SERVERS:
            surroundings.delenv(name, raising=False)
        for name, value in environment.items():
            surroundings.setenv(name, value)
        try:
            suite = WholeSuite(folder)
            try:
                yield suite.open()
            finally:
                suite.close()
        finally:
            clear(folder)
