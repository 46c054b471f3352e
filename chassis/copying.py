"""Many rows at once by COPY, in the transaction of a session: what inserts of thousands of rows take is mostly the
unpacking of their parameters.

The flushes of the session do not see these rows, so whoever writes them says in the audit trail what was done.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from io import StringIO
from typing import Any
from uuid import UUID

from psycopg2 import sql
from psycopg2.extensions import get_wait_callback
from sqlalchemy.orm import Session

from chassis.events import encode

NOTHING = r"\N"
ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def can_copy() -> bool:
    """Whether this process can COPY: a green one, whose statements wait without blocking, cannot."""
    return get_wait_callback() is None


def copy_into(session: Session, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Add rows, each with a value for every column; what has waited for a flush is in the table before them."""
    lines = [_line(row) for row in rows]
    if not lines:
        return
    session.flush()
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
    cursor: Any = session.connection().connection.cursor()
    cursor.copy_expert(statement, StringIO("".join(lines)))
    cursor.close()


def copy_entities(session: Session, entity: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Add rows of an entity's table, as dicts that all have the same columns."""
    if rows:
        copy_into(session, entity.__tablename__, list(rows[0]), (row.values() for row in rows))  # type: ignore[misc]


def _line(row: Iterable[Any]) -> str:
    return "\t".join([WRITERS[type(value)](value) for value in row]) + "\n"


def _text(text: str) -> str:
    if "\\" in text or "\t" in text or "\n" in text or "\r" in text:
        return text.translate(ESCAPED)
    return text


def _bytes(value: bytes) -> str:
    return "\\\\x" + value.hex()


def _array(values: list[Any]) -> str:
    """An array, whose elements are quoted in a text that is escaped once more."""
    return "{" + ",".join([_element(value) for value in values]) + "}"


def _element(value: Any) -> str:
    if isinstance(value, bytes):
        return f'"\\\\\\\\x{value.hex()}"'
    quoted = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return _text(f'"{quoted}"')


WRITERS: dict[type, Callable[[Any], str]] = {
    type(None): lambda _: NOTHING,
    str: _text,
    bytes: _bytes,
    bool: lambda value: "t" if value else "f",
    int: str,
    float: repr,
    Decimal: str,
    UUID: lambda value: value.hex,
    datetime: datetime.isoformat,
    list: _array,
    dict: lambda value: _text(encode(value).decode()),
}
"""How a value of each type stands in a line, a dict as JSON; another type is refused."""
