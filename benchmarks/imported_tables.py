"""The tables that an import fills, and COPY of the rows that it leaves into such tables: nothing is faster."""

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2

from chassis.settings import Settings

CREATED = "SELECT customer_id FROM import_rows WHERE job_id = %(job)s AND status = 'created'"
ABOUT_CUSTOMERS = {
    "customers": f"id IN ({CREATED})",
    "contacts": f"customer_id IN ({CREATED})",
    "ownerships": f"customer_id IN ({CREATED})",
    "standings": f"customer_id IN ({CREATED})",
    "customer_keys": f"customer_id IN ({CREATED})",
}
"""Those that an undo must leave as they were, and which of the rows are the import's own."""
FILLED = ABOUT_CUSTOMERS | {"import_rows": "job_id = %(job)s", "outbox": f"aggregate_id IN ({CREATED})"}

FOREIGN_KEYS = """
SELECT format('ALTER TABLE %%I ADD %%s', relname, pg_get_constraintdef(pg_constraint.oid))
FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid WHERE contype = 'f' AND relname = ANY(%s)
"""
CONTENT = "SELECT md5(string_agg(md5(row::text), '' ORDER BY md5(row::text))) FROM {} AS row"


class ImportedTables:
    """The tables of the service, and copies of them with the same columns, indexes and constraints."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.database_url.replace("+psycopg2", "")
        with self._cursor() as cursor:
            cursor.execute(FOREIGN_KEYS, (list(FILLED),))
            foreign_keys = [row[0] for row in cursor]
            cursor.execute("DROP SCHEMA IF EXISTS copied CASCADE; CREATE SCHEMA copied")
            for table in FILLED:
                cursor.execute(f"CREATE TABLE copied.{table} (LIKE public.{table} INCLUDING ALL)")
            cursor.execute("SET search_path = copied, public")
            for statement in foreign_keys:
                cursor.execute(statement)

    def seconds_to_copy(self, job_id: str) -> float:
        """How long it takes to copy, in one transaction, what this import has left."""
        with self._cursor() as cursor:
            lines = {table: _lines(cursor, table, where, job_id) for table, where in FILLED.items()}
        with self._cursor() as cursor:
            began = time.perf_counter()
            for table, content in lines.items():
                cursor.copy_expert(f"COPY copied.{table} FROM STDIN", content)
            cursor.connection.commit()
            return time.perf_counter() - began

    def content(self) -> list[str | None]:
        """What stands in the tables about customers, in short: equal only for equal rows."""
        return [self._one(CONTENT.format(table)) for table in ABOUT_CUSTOMERS]

    def all_events_sent(self) -> bool:
        """Whether the relay has nothing left to do."""
        return not self._one("SELECT EXISTS (SELECT FROM outbox WHERE published_at IS NULL)")

    def _one(self, query: str) -> Any:
        with self._cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchone()[0]

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        connection = psycopg2.connect(self._url)
        try:
            with connection, connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()


def _lines(cursor: Any, table: str, where: str, job_id: str) -> io.BytesIO:
    """The rows as PostgreSQL writes and reads them."""
    content = io.BytesIO()
    chosen = cursor.mogrify(where, {"job": job_id}).decode()
    cursor.copy_expert(f"COPY (SELECT * FROM {table} WHERE {chosen}) TO STDOUT", content)  # noqa: S608  # both from above
    content.seek(0)
    return content
