"""What the suite consists of: every process that is run, and what each is told in its environment."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from devservers.ports import HOST
from launcher.places import CHECKOUT, Places
from launcher.secret_files import Secrets

SERVICES = ("auth", "customers", "interactions", "tickets", "campaigns")
SEND_MAIL = ("auth", "campaigns")
ADMIN_EMAIL = "admin@rockpool.example"
MAIL_FROM = "Rockpool <news@rockpool.example>"

_GATEWAY = (sys.executable, "-m", "gunicorn", "--config", "gateway/gunicorn.py", "gateway.app:create_app()")
# What a person may have set for the suite as a whole; each process gets its own values instead.
_NOT_INHERITED = (
    *("DATABASE_URL", "AMQP_URL", "SMTP_URL", "BLOB_STORE", "HEALTH_PORT", "GATEWAY_PORT"),
    *("SECRET_KEY", "ENCRYPTION_KEYS", "SUITE_KEYS"),
)


@dataclass(frozen=True)
class Program:
    """One process of the suite: what to run, and the port on which it tells how it is."""

    name: str
    argv: tuple[str, ...]
    port: int
    environment: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Where its health and metrics are asked for."""
        return f"http://{HOST}:{self.port}"


@dataclass(frozen=True)
class Addresses:
    """Where the servers of this run are; addresses with passwords are in files."""

    gateway_port: int
    smtp: str

    @property
    def gateway(self) -> str:
        """The suite as its users see it."""
        return f"http://{HOST}:{self.gateway_port}"


def migration(service: str, places: Places, secrets: Secrets, addresses: Addresses) -> Program:
    """Brings a service's database up to date; ends by itself."""
    argv = (sys.executable, "-m", "chassis", "migrate", f"services.{service}")
    environment = _service_environment(service, places, secrets, addresses)
    if service == "auth":
        password = secrets.generated_file("admin_password", 12)
        environment |= {"ADMIN_EMAIL": ADMIN_EMAIL, "ADMIN_PASSWORD_FILE": password}
    return Program(f"{service}-migrate", argv, 0, _surroundings(environment))


def service_programs(
    service: str, places: Places, secrets: Secrets, addresses: Addresses, ports: Mapping[str, int]
) -> list[Program]:
    """The two processes of a service: `serve` answers, `work` does what takes time."""
    found = []
    for part in ("serve", "work"):
        name = f"{service}-{part}"
        environment = _service_environment(service, places, secrets, addresses)
        environment |= {"HEALTH_HOST": HOST, "HEALTH_PORT": str(ports[name])}
        argv = (sys.executable, "-m", "chassis", part, f"services.{service}")
        found.append(Program(name, argv, ports[name], _surroundings(environment)))
    return found


def gateway_program(places: Places, secrets: Secrets, addresses: Addresses) -> Program:
    """The HTTP edge."""
    environment = {
        "AMQP_URL_FILE": secrets.file("amqp_url"),
        "BLOB_STORE": places.files.as_uri(),
        "SUITE_KEYS_FILE": secrets.keyring_file("suite_keys"),
        "GATEWAY_HOST": HOST,
        "GATEWAY_PORT": str(addresses.gateway_port),
    }
    return Program("gateway", _GATEWAY, addresses.gateway_port, _surroundings(environment))


def process_names() -> list[str]:
    """Names of the processes that need a port of their own."""
    return [f"{service}-{part}" for service in SERVICES for part in ("serve", "work")]


def _service_environment(service: str, places: Places, secrets: Secrets, addresses: Addresses) -> dict[str, str]:
    sends_mail = {"SMTP_URL": addresses.smtp, "PUBLIC_URL": addresses.gateway, "MAIL_FROM": MAIL_FROM}
    return {
        "DATABASE_URL_FILE": secrets.file(f"{service}_database_url"),
        "AMQP_URL_FILE": secrets.file("amqp_url"),
        "SECRET_KEY_FILE": secrets.generated_file(f"{service}_secret_key"),
        "ENCRYPTION_KEYS_FILE": secrets.keyring_file(f"{service}_encryption_keys"),
        "SUITE_KEYS_FILE": secrets.keyring_file("suite_keys"),
        "BLOB_STORE": places.files.as_uri(),
        **(sends_mail if service in SEND_MAIL else {}),
    }


def _surroundings(own: Mapping[str, str]) -> dict[str, str | None]:
    return {**dict.fromkeys(_NOT_INHERITED), "PYTHONPATH": str(CHECKOUT), "PYTHONUNBUFFERED": "1", **own}
