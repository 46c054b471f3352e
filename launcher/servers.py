"""The servers below the suite: given ones if AMQP_URL and DATABASE_URL name them, else private ones in .run/."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from devservers import processes
from devservers.given import GivenPostgres, GivenRabbit
from devservers.mail import MailCatcher
from devservers.postgres import PostgresCluster
from devservers.processes import OWNER
from devservers.rabbitmq import RabbitNode
from devservers.server import log_tail
from launcher.kept import trimmed_log
from launcher.places import CHECKOUT, Places
from launcher.remembered_ports import remembered_ports
from launcher.secret_files import Secrets
from launcher.suite import Addresses, Program, migration, process_names


class StartFailed(RuntimeError):
    """The suite did not come up; the text says what failed, with the end of its log."""


@dataclass(frozen=True)
class Servers:
    """Broker, database and mail catcher of one suite."""

    broker: RabbitNode | GivenRabbit
    postgres: PostgresCluster | GivenPostgres
    mail: MailCatcher

    @classmethod
    def of(cls, places: Places, ports: dict[str, int]) -> "Servers":
        """Those that the environment names, or private ones."""
        mail = MailCatcher(
            places.run / "mail",
            smtp_port=ports["mail-smtp"],
            http_port=ports["mail-http"],
            log=places.log_of("mailcatcher"),
        )
        return cls(broker_of(places), postgres_of(places), mail)


def broker_of(places: Places) -> RabbitNode | GivenRabbit:
    """The broker of AMQP_URL, or the node below .run/."""
    given = os.environ.get("AMQP_URL")
    return GivenRabbit(given) if given else RabbitNode(places.run / "rabbitmq", log=places.log_of("rabbitmq"))


def postgres_of(places: Places) -> PostgresCluster | GivenPostgres:
    """The server of DATABASE_URL, or the cluster below .run/."""
    given = os.environ.get("DATABASE_URL")
    return (
        GivenPostgres(given) if given else PostgresCluster(places.run / "postgresql", log=places.log_of("postgresql"))
    )


def suite_ports(places: Places) -> dict[str, int]:
    """Ports of everything that has one of its own, except the servers that remember theirs and the gateway."""
    return remembered_ports(places.ports, [*process_names(), "mail-smtp", "mail-http"])


class MakesDatabases(Protocol):
    """A PostgreSQL server that we may make databases in."""

    def create_role_and_database(self, name: str, password: str) -> str:
        """Make both; answers the address."""


def provide_database(postgres: MakesDatabases, service: str, secrets: Secrets) -> None:
    """The service's own role and database, and the file with its address."""
    password = secrets.generated(f"{service}_database_password", 24)
    secrets.keep(f"{service}_database_url", postgres.create_role_and_database(service, password))


def migrate(service: str, places: Places, secrets: Secrets, addresses: Addresses) -> None:
    """Run the service's migrations; StartFailed with the end of the log if they fail."""
    run_to_end(migration(service, places, secrets, addresses), places)


def run_to_end(program: Program, places: Places) -> None:
    """Run a program that ends by itself."""
    log = places.log_of(program.name)
    trimmed_log(log)
    wanted = {**os.environ, **program.environment, OWNER: str(places.run)}
    environment = {name: value for name, value in wanted.items() if value is not None}
    with log.open("ab") as output:
        result = subprocess.run(
            program.argv,
            env=environment,
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            check=False,
        )
    if result.returncode != 0:
        raise StartFailed(f"{program.name} failed (exit code {result.returncode})\n{log_tail(log)}")


def end_leftovers(places: Places, tell: Callable[[str], None]) -> None:
    """End what a killed run of this checkout left running, services before servers; other checkouts are not touched."""
    count = len(processes.owned_by(places.run))
    if count:
        tell(f"ending {count} processes that an earlier run left behind")
        processes.end(processes.owned_by(places.run, below=False), grace=5)
        processes.end(processes.owned_by(places.run), grace=10)
