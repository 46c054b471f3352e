"""Roles and databases of a running PostgreSQL server, ours or a given one."""

import contextlib

import psycopg2
from psycopg2 import extensions, sql
from psycopg2.errors import DuplicateDatabase, DuplicateObject


def answers(url: str) -> bool:
    """Whether the server takes the log-in."""
    try:
        psycopg2.connect(_plain(url), connect_timeout=2).close()
    except psycopg2.OperationalError:
        return False
    return True


def create_role_and_database(admin_url: str, name: str, password: str) -> None:
    """Make a role and its own database, both of this name and closed to others; an existing role gets the password."""
    connection = _connect(admin_url)
    try:
        with connection.cursor() as cursor:
            _ensure_role(cursor, name, password)
            _ensure_database(cursor, name)
            cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
    finally:
        connection.close()


def drop_role_and_database(admin_url: str, name: str) -> None:
    """Remove both, breaking off whoever is connected."""
    connection = _connect(admin_url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            cursor.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name)))
    finally:
        connection.close()


def _ensure_role(cursor: extensions.cursor, name: str, password: str) -> None:
    role = sql.Identifier(name)
    with contextlib.suppress(DuplicateObject):
        cursor.execute(sql.SQL("CREATE ROLE {} LOGIN").format(role))
    cursor.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, sql.Literal(password)))
    cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    if cursor.fetchone() != (
        True,
    ):  # an administrator that is no superuser has to belong to the owner of what he makes
        cursor.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))


def _ensure_database(cursor: extensions.cursor, name: str) -> None:
    cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
    if cursor.fetchone() is None:
        database = sql.Identifier(name)
        with contextlib.suppress(DuplicateDatabase):
            cursor.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0").format(database, database)
            )


def _connect(url: str) -> extensions.connection:
    connection = psycopg2.connect(_plain(url), connect_timeout=10)
    connection.autocommit = True
    return connection


def _plain(url: str) -> str:
    """SQLAlchemy's address without the name of the driver, as libpq wants it."""
    scheme, _, rest = url.partition("://")
    return f"{scheme.partition('+')[0]}://{rest}"
