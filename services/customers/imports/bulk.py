"""Many rows in one statement with one parameter: the database unpacks what would take Python most of the time."""

from typing import Any

from sqlalchemy import func, insert, literal, literal_column, select
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Session

from chassis.encryption.vault import to_json


def insert_many(session: Session, entity: Any, rows: list[dict[str, Any]]) -> None:
    """Insert rows that have a value for each column of the entity's table."""
    if not rows:
        return
    table = entity.__table__
    names = [column.name for column in table.columns]
    like: Any = literal_column(f"NULL::{table.name}")
    written = [{name: _as_text(value) for name, value in row.items()} for row in rows]
    unpacked = func.json_populate_recordset(like, literal(written, JSON)).table_valued(*names)
    session.execute(insert(table).from_select(names, select(unpacked)))


def _as_text(value: Any) -> Any:
    """Bytes as PostgreSQL reads them in JSON."""
    if isinstance(value, bytes):
        return to_json(value)
    return [_as_text(one) for one in value] if isinstance(value, list) else value
