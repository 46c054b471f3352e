"""The pytest plugin: a PostgreSQL cluster and a RabbitMQ node of its own for the test run, a fresh database per test.

``tested(ServiceClass, **settings)`` answers a TestedService whose database is a copy of a migrated template; with
``seeded`` the first of the run to ask for it decides with which settings it was planted.
"""

import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from chassis import migrating
from chassis.runtime import Runtime
from chassis.service import Service
from chassis.settings import Settings
from chassis.testing import keys
from chassis.testing.tested import TestedService
from devservers.postgres import PostgresCluster
from devservers.rabbitmq import RabbitNode
from devservers.scratch import clear, scratch_folder

Tested = Callable[..., TestedService]

MAIL_NOWHERE = {
    "smtp_url": "smtp://nowhere:25",
    "mail_from": "Rockpool <rockpool@example.com>",
    "public_url": "https://crm.rockpool.example",
}


class Databases:
    """Databases in one cluster, each a copy of the template of its service.

    The next copy is made, and the last one dropped, while a test runs.
    """

    def __init__(self, admin_url: str) -> None:
        self._admin_url = make_url(admin_url)
        self._engine = create_engine(admin_url, isolation_level="AUTOCOMMIT")
        self._templates: dict[tuple[type[Service], bool], str] = {}
        self._spares: dict[str, Future[str]] = {}
        self._dropped: list[Future[None]] = []
        self._aside = ThreadPoolExecutor(1, "databases")

    def empty(self) -> str:
        """The address of a new, empty database."""
        name = f"test_{secrets.token_hex(6)}"
        self._run(f'CREATE DATABASE "{name}"')
        return self._url(name)

    def of(self, service: type[Service], settings: Settings, *, seeded: bool = False) -> str:
        """The address of a new database with the service's tables, and with what a first start plants there."""
        if (service, seeded) not in self._templates:
            self._templates[service, seeded] = self._template(service, settings, seeded=seeded)
        template = self._templates[service, seeded]
        spare = self._spares.get(template)
        name = spare.result() if spare else self._copy(template)
        self._spares[template] = self._aside.submit(self._copy, template)
        return self._url(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is connected to it."""
        statement = f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)'
        self._dropped.append(self._aside.submit(self._run, statement))

    def close(self) -> None:
        """Wait for what is under way; raises what went wrong aside."""
        self._aside.shutdown()
        under_way: list[Future[Any]] = [*self._spares.values(), *self._dropped]
        for one in under_way:
            one.result()
        self._engine.dispose()

    def _template(self, service: type[Service], settings: Settings, *, seeded: bool) -> str:
        url = self.empty()
        migrating.upgrade(service, url)
        if seeded:
            _seed(service, replace(settings, database_url=url))
        return str(make_url(url).database)

    def _copy(self, template: str) -> str:
        name = f"{template}_{secrets.token_hex(6)}"
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def _url(self, name: str) -> str:
        return self._admin_url.set(database=name).render_as_string(hide_password=False)

    def _run(self, statement: str) -> None:
        with self._engine.connect() as connection:
            connection.execute(text(statement))


def _seed(service: type[Service], settings: Settings) -> None:
    runtime = Runtime.of(service, settings, connections=1)
    with runtime.database.transaction() as session:
        session.info.update(runtime.context, actor=None)
        service.seed(session, settings)
    runtime.database.close()


@pytest.fixture(scope="session")
def servers_folder() -> Iterator[Path]:
    """Where the servers of the test run keep their data; what a killed run has left there is cleared away."""
    folder = scratch_folder()
    yield folder
    clear(folder)


@pytest.fixture(scope="session")
def cluster(servers_folder: Path) -> Iterator[PostgresCluster]:
    """A PostgreSQL cluster that is gone with the test run."""
    with PostgresCluster(servers_folder / "postgres", fast=True) as postgres:
        yield postgres


@pytest.fixture(scope="session")
def databases(cluster: PostgresCluster) -> Iterator[Databases]:
    """The databases of the test run."""
    made = Databases(cluster.url())
    yield made
    made.close()


@pytest.fixture(scope="session")
def broker(servers_folder: Path) -> Iterator[RabbitNode]:
    """A RabbitMQ node that is gone with the test run."""
    with RabbitNode(servers_folder / "rabbitmq") as node:
        yield node


@pytest.fixture
def tested(databases: Databases, tmp_path: Path) -> Iterator[Tested]:
    """Opens services up for a test; see TestedService."""
    opened: list[TestedService] = []

    def open_service(service: type[Service], *, seeded: bool = False, **settings: object) -> TestedService:
        made = settings_for(service, tmp_path, **settings)
        made = replace(made, database_url=databases.of(service, made, seeded=seeded))
        opened.append(TestedService(service, made))
        return opened[-1]

    yield open_service
    for one in opened:
        one.close()
        databases.drop(one.settings.database_url)


def settings_for(service: type[Service], folder: Path, **settings: object) -> Settings:
    """Settings of a service for tests: the run's secrets, files below ``folder``, and nothing reachable by default."""
    values: dict[str, object] = {
        "database_url": "postgresql+psycopg2://nowhere",
        "amqp_url": "amqp://nowhere",
        "blob_store": f"file://{folder}/blobs",
        "secret_key": keys.SECRET_KEY,
        "encryption_keys": keys.ENCRYPTION_KEYS,
        "suite_keys": keys.SUITE_KEYS,
    }
    known = {field.name for field in fields(service.settings_class)}
    values |= {name: value for name, value in MAIL_NOWHERE.items() if name in known}
    return service.settings_class(**(values | settings))  # type: ignore[arg-type]  # each class checks its own
