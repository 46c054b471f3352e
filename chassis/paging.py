"""Keyset paging: a page costs the same at the first row and at the millionth."""

import base64
import binascii
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from marshmallow import Schema, fields, validate
from sqlalchemy import Select, tuple_
from sqlalchemy.orm import Session

from chassis.database import dicts
from chassis.errors import Invalid
from chassis.events import encode

DEFAULT_LIMIT = 50
MAX_LIMIT = 200


class PageRequest(Schema):
    """The query parameters of every list."""

    limit = fields.Integer(
        load_default=DEFAULT_LIMIT,
        validate=validate.Range(1, MAX_LIMIT),
        metadata={"description": "How many items to answer at the most.", "example": 20},
    )
    cursor = fields.String(
        load_default=None,
        validate=validate.Length(1, 1000),
        metadata={"description": "Where to go on: `next_cursor` of the page before."},
    )


def page_of(item: type[Schema]) -> type[Schema]:
    """The schema of a page of such items."""
    members: dict[str, fields.Field[Any]] = {
        "items": fields.List(fields.Nested(item), required=True),
        "next_cursor": fields.String(
            allow_none=True, required=True, metadata={"description": "Null on the last page.", "example": None}
        ),
    }
    return Schema.from_dict(members, name=f"{item.__name__.removesuffix('View')}Page")


def paged(
    session: Session,
    query: Select[*tuple[Any, ...]],
    *,
    order: Any,
    key: Any,
    descending: bool,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """One page of ``query`` ordered by the column ``order`` and then by the unique column ``key``.

    ``order`` must not be null, and ``query`` must select both columns; an index on (order, key) serves both
    directions. Raises Invalid for a cursor that is not from a page in this order.
    """
    signature = f"{order.key}{'-' if descending else '+'}"
    if cursor is not None:
        values = _decoded(cursor, signature, (order, key))
        place = tuple_(order, key)
        query = query.where(place < values if descending else place > values)
    columns = (order, key) if order is not key else (key,)
    ordering = [column.desc() if descending else column.asc() for column in columns]
    rows = dicts(session.execute(query.order_by(*ordering).limit(limit + 1)))
    more = len(rows) > limit
    del rows[limit:]
    return {"items": rows, "next_cursor": _encoded(rows[-1], signature, (order, key)) if more else None}


def _encoded(row: dict[str, Any], signature: str, columns: tuple[Any, Any]) -> str:
    place = [signature, *(row[column.key] for column in columns)]
    return base64.urlsafe_b64encode(encode(place)).decode().rstrip("=")


def _decoded(cursor: str, signature: str, columns: tuple[Any, Any]) -> tuple[Any, ...]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        origin, *values = orjson.loads(text)
        if origin != signature or len(values) != 2:
            raise ValueError("from another list")
        return tuple(_restored(value, column.type.python_type) for value, column in zip(values, columns, strict=True))
    except (binascii.Error, ValueError, TypeError, AttributeError) as error:
        raise Invalid.field("/cursor", "The cursor does not belong to this list in this order.") from error


def _restored(value: Any, kind: type) -> Any:
    if kind is datetime:
        return datetime.fromisoformat(value)
    if kind is UUID:
        return UUID(value)
    if not isinstance(value, kind):
        raise TypeError("of another type")
    return value
