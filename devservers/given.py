"""Servers that somebody else runs, named by AMQP_URL and DATABASE_URL; they are used, never started or stopped."""

from pathlib import Path
from urllib.parse import quote, urlsplit

from devservers import databases
from devservers.ports import wait_until
from devservers.rabbitmq import greets


class GivenServer:
    """What every given server has in common with one of ours."""

    alive = True
    pid = None
    log: Path | None = None

    def __init__(self, url: str, default_port: int) -> None:
        self._url = url
        parts = urlsplit(url)
        self.host = parts.hostname or "localhost"
        self.port = parts.port or default_port
        self.origin = f"given, {self.host}:{self.port}"

    def start(self, timeout: float = 30) -> None:
        """Wait until it can be used."""
        self.wait_ready(timeout)

    def wait_ready(self, timeout: float = 30) -> None:
        """Wait until it can be used."""
        raise NotImplementedError

    def launch(self) -> None:
        """Nothing: it runs, or its owner starts it."""

    def stop(self) -> None:
        """Nothing: it is not ours to stop."""

    def kill(self) -> None:
        """Nothing: it is not ours to kill."""


class GivenRabbit(GivenServer):
    """The broker that AMQP_URL names."""

    def __init__(self, url: str) -> None:
        super().__init__(url, 5672)

    def amqp_url(self) -> str:
        """The address as it was given."""
        return self._url

    def wait_ready(self, timeout: float = 30) -> None:
        """Wait until it greets."""
        wait_until(lambda: greets(self.host, self.port), f"the broker of AMQP_URL ({self.host}:{self.port})", timeout)


class GivenPostgres(GivenServer):
    """The server that DATABASE_URL names; its account must be allowed to make roles and databases."""

    def __init__(self, url: str) -> None:
        super().__init__(url, 5432)

    def wait_ready(self, timeout: float = 30) -> None:
        """Wait until it takes the log-in."""
        wait_until(
            lambda: databases.answers(self._url), f"the server of DATABASE_URL ({self.host}:{self.port})", timeout
        )

    def create_role_and_database(self, name: str, password: str) -> str:
        """Make a role and its own database, or set the role's password anew; answers the database's URL."""
        databases.create_role_and_database(self._url, name, password)
        parts = urlsplit(self._url)
        query = f"?{parts.query}" if parts.query else ""
        return f"postgresql+psycopg2://{quote(name)}:{quote(password, safe='')}@{self.host}:{self.port}/{name}{query}"
