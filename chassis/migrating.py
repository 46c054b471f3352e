"""Migrations as a step of their own, before the processes of the new version start."""

from importlib import import_module
from pathlib import Path
from typing import Any

import structlog
from alembic import command
from alembic.config import Config

from chassis import audit, dead_letters, exports, idempotency, inbox, jobs, outbox, timers
from chassis.custom_fields import tables as custom_fields
from chassis.database import Database, chassis_metadata
from chassis.encryption.columns import VAULT
from chassis.encryption.suite import EventSealer
from chassis.encryption.vault import Vault
from chassis.service import Service
from chassis.settings import Settings
from chassis.sharing import table as shares
from chassis.subjects import holds, receipts

log = structlog.get_logger()

CHASSIS_FOLDER = Path(__file__).parent / "migrations"

TABLE_MODULES = (
    *(audit, custom_fields, dead_letters, exports, holds, idempotency, inbox, jobs, outbox, receipts, shares, timers),
)
"""Imported so that their tables stand in the metadata (the directory's come with the service)."""


def migrate(service: type[Service], settings: Settings) -> None:
    """Bring the service's database to the newest version, then plant what a first start needs."""
    upgrade(service, settings.database_url, settings)
    _seed(service, settings)
    log.info("migrated", service=service.name)


def upgrade(service: type[Service], url: str, settings: Settings | None = None) -> None:
    """Bring the tables of the database at ``url`` to the newest version, and plant nothing.

    Without settings there are no keys, so rows that a migration would have to seal stop it.
    """
    config = configuration(service, url)
    if settings is not None:
        config.attributes["vault"] = Vault(settings.encryption_keys, service.name, settings.secret_key)
    command.upgrade(config, "heads")


def check(service: type[Service], settings: Settings) -> None:
    """Raises alembic.util.CommandError if the migrations do not give just the tables that the code declares."""
    command.check(configuration(service, settings.database_url))


def configuration(service: type[Service], url: str) -> Config:
    """Alembic's configuration for one service: two folders of migrations, one environment, no ini file."""
    own = Path(str(import_module(service.__module__).__file__)).parent / "migrations" / "versions"
    config = Config()
    config.set_main_option("script_location", str(CHASSIS_FOLDER))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", f"{CHASSIS_FOLDER / 'versions'}\n{own}")
    attributes: dict[str, Any] = {"url": url, "metadata": [chassis_metadata, service.metadata]}
    config.attributes.update(attributes)
    return config


def _seed(service: type[Service], settings: Settings) -> None:
    database = Database(settings.database_url, connections=1)
    try:
        with database.transaction() as session:
            session.info.update(settings=settings, actor=None, audited=service.audited)
            session.info[VAULT] = Vault(settings.encryption_keys, service.name, settings.secret_key)
            session.info[outbox.EVENT_SEALER] = EventSealer(settings.suite_keys)
            audit.begin(session, "seed")
            service.seed(session, settings)
    finally:
        database.close()
