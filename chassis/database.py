"""PostgreSQL: one engine per process, the declarative base of a service, and the columns that many entities share."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, ClassVar, cast
from uuid import UUID

from sqlalchemy import Connection, CursorResult, DateTime, Engine, Integer, MetaData, Result, create_engine, event
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, SessionTransaction, declared_attr, mapped_column

from chassis.clock import now
from chassis.events import encode
from chassis.ids import new_id
from chassis.prepared import prepare_on

CONSTRAINT_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

chassis_metadata = MetaData(naming_convention=CONSTRAINT_NAMES)
"""The tables that the chassis keeps in the database of every service."""

STATEMENT_TIMEOUT_SECONDS = 30
SESSION_SETTINGS = {
    "timezone": "UTC",
    "statement_timeout": f"{STATEMENT_TIMEOUT_SECONDS}s",
    # Memory and solid-state disks are read in any order. With the defaults of 4 and 1, for disks that turn, PostgreSQL
    # would rather sort tens of thousands of rows than read the first fifty along an index, and rather read two hundred
    # thousand entries of another index than two thousand rows.
    "random_page_cost": "0.5",
    "seq_page_cost": "0.5",
    # Whoever prepares a statement (``chassis.prepared``) wants it planned once, whatever its parameters are.
    "plan_cache_mode": "force_generic_plan",
}


def declarative_base() -> Any:
    """The base class of one service's entities, with metadata of its own."""

    class Base(DeclarativeBase):
        metadata = MetaData(naming_convention=CONSTRAINT_NAMES)
        type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: DateTime(timezone=True), UUID: PG_UUID(as_uuid=True)}

    Base.metadata.info["registry"] = Base.registry
    return Base


class Identified:
    """An entity with a UUIDv7 of its own; clients may bring the id for a create."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)


class Versioned:
    """An entity whose version grows by one with each change; a lost update is refused by the database.

    Methods that change state call ``touch()``, so that events recorded in the same transaction carry the new version.
    """

    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805  # SQLAlchemy calls it with the class
        return {"version_id_col": cls.version, "version_id_generator": False}  # type: ignore[attr-defined]

    def touch(self) -> None:
        """Mark the entity as changed."""
        self.version += 1
        self.updated_at = now()


class Owned:
    """An entity that belongs to a person and to a team; ``None`` means nobody's."""

    owner_id: Mapped[UUID | None] = mapped_column(default=None)
    team_id: Mapped[UUID | None] = mapped_column(default=None)


class WritingSession(Session):
    """A session of one transaction; what its flushes change is noted by ``chassis.audit``."""


class ReadingSession(Session):
    """A session whose connection commits by itself, so that nothing is sent but its queries.

    SQLAlchemy's isolation level AUTOCOMMIT would do the same with a SET after each of them.
    """


@event.listens_for(ReadingSession, "after_begin")
def _commit_by_itself(_: Session, __: SessionTransaction, connection: Connection) -> None:
    connection.connection.driver_connection.autocommit = True  # type: ignore[union-attr]  # it has just connected


def _commit_when_told(connection: Any, _: Any) -> None:
    """Back in the pool, a connection is as others expect it."""
    if connection is not None and not connection.closed:
        connection.autocommit = False


class Database:
    """The connections of one process to its service's database."""

    def __init__(self, url: str, *, connections: int) -> None:
        self.engine = _engine(url, connections)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that commits at the end of the block and rolls back on any error."""
        with WritingSession(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for queries: each statement stands alone, which saves the BEGIN and ROLLBACK round trips."""
        with ReadingSession(self.engine, expire_on_commit=False) as session:
            yield session

    def close(self) -> None:
        """Close all idle connections."""
        self.engine.dispose()


def _engine(url: str, connections: int) -> Engine:
    """No overflow: a request waits for a connection rather than taking the database down.

    There is no pre-ping: it doubles the round trips of a read. A connection found dead is answered with a retry
    of the read (``chassis.unit_of_work``) or with 503, and SQLAlchemy drops the whole pool at the first one.
    """
    engine = create_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=5,
        hide_parameters=True,  # an error in the log must not tell whose record it was about
        json_serializer=lambda value: encode(value).decode(),
        connect_args={
            "connect_timeout": 5,
            "options": " ".join(f"-c {name}={value}" for name, value in SESSION_SETTINGS.items()),
            "application_name": "rockpool",
        },
    )
    event.listen(engine, "checkin", _commit_when_told)
    prepare_on(engine)
    return engine


def dicts(result: Result[Any]) -> list[dict[str, Any]]:
    """The rows as dicts that ``encode`` takes: their keys are plain strings, which SQLAlchemy's own are not always."""
    names = [str(name) for name in result.keys()]  # noqa: SIM118  # a result is no dict
    return [dict(zip(names, row, strict=True)) for row in result]


def affected(session: Session, statement: Any) -> int:
    """Execute an insert, update or delete and answer how many rows it touched."""
    return cast(CursorResult[Any], session.execute(statement)).rowcount


def is_disconnect(error: BaseException) -> bool:
    """Whether the error means that the database is away, not that the statement is wrong."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, OperationalError | InterfaceError) and getattr(error.orig, "pgcode", None) is None
