"""The Alembic environment of every service: its own tables and those of the chassis, in one database."""

from typing import Any

from alembic import context
from sqlalchemy import MetaData, create_engine, text
from sqlalchemy.pool import NullPool

LOCK_TIMEOUT = "5s"
"""A migration that cannot have its lock gives up instead of queueing every reader behind it."""


def run() -> None:
    """Migrate the database that ``chassis.migrating`` put into the configuration."""
    attributes = context.config.attributes
    engine = create_engine(attributes["url"], poolclass=NullPool)  # the lock is let go of even after a failure
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(hashtext('migrations'))"))
        connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))  # a constant
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=_metadata(attributes["metadata"]),
            compare_type=True,
            compare_server_default=False,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


def _metadata(parts: Any) -> list[MetaData]:
    return list(parts)


run()
