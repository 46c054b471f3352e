"""The pytest plugin: a PostgreSQL cluster and a RabbitMQ node of its own for the test run, a fresh database per test.

``tested(ServiceClass, **settings)`` answers a TestedService whose database is a copy of a migrated template.
"""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from chassis import migrating
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
    """Databases in one cluster, each a copy of the template of its service."""

    def __init__(self, admin_url: str) -> None:
        self._admin_url = make_url(admin_url)
        self._engine = create_engine(admin_url, isolation_level="AUTOCOMMIT")
        self._templates: dict[type[Service], str] = {}

    def empty(self) -> str:
        """The address of a new, empty database."""
        name = f"test_{secrets.token_hex(6)}"
        self._run(f'CREATE DATABASE "{name}"')
        return self._url(name)

    def of(self, service: type[Service], settings: Settings) -> str:
        """The address of a new database with the service's tables."""
        if service not in self._templates:
            self._templates[service] = self._template(service, settings)
        name = f"test_{service.name}_{secrets.token_hex(6)}"
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{self._templates[service]}"')
        return self._url(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is connected to it."""
        self._run(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')

    def _template(self, service: type[Service], settings: Settings) -> str:
        url = self.empty()
        migrating.upgrade(service, url)
        return str(make_url(url).database)

    def _url(self, name: str) -> str:
        return self._admin_url.set(database=name).render_as_string(hide_password=False)

    def _run(self, statement: str) -> None:
        with self._engine.connect() as connection:
            connection.execute(text(statement))


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
def databases(cluster: PostgresCluster) -> Databases:
    """The databases of the test run."""
    return Databases(cluster.url())


@pytest.fixture(scope="session")
def broker(servers_folder: Path) -> Iterator[RabbitNode]:
    """A RabbitMQ node that is gone with the test run."""
    with RabbitNode(servers_folder / "rabbitmq") as node:
        yield node


@pytest.fixture
def tested(databases: Databases, tmp_path: Path) -> Iterator[Tested]:
    """Opens services up for a test; see TestedService."""
    opened: list[TestedService] = []

    def open_service(service: type[Service], **settings: object) -> TestedService:
        made = settings_for(service, tmp_path, **settings)
        made = settings_for(service, tmp_path, database_url=databases.of(service, made), **settings)
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
