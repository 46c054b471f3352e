"""Keyset paging: a page costs the same at the first row and at the millionth."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from marshmallow import Schema, fields, validate
from sqlalchemy import ColumnElement, Select, bindparam, true, tuple_
from sqlalchemy.orm import Session

from chassis.database import dicts
from chassis.errors import Invalid
from chassis.events import encode

DEFAULT_LIMIT = 50
MAX_LIMIT = 200

PLACE = ("place", "place_key")
"""The parameters of a kept query that say where a page begins."""


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


@dataclass(frozen=True)
class Keyset:
    """The order of a list, in which cursors mark places: a column that is never null, then a unique one.

    Queries that ``paged`` is too simple for put these pieces together themselves.
    """

    order: Any
    key: Any
    descending: bool

    def beyond(self, cursor: str | None) -> ColumnElement[bool]:
        """The condition for the rows behind the cursor, or for all rows; raises Invalid for another list's cursor."""
        return true() if cursor is None else self._behind(self._decoded(cursor))

    def beyond_place(self) -> ColumnElement[bool]:
        """The same for queries that are kept: which place it is, ``place`` tells when they are executed."""
        columns = zip(PLACE, (self.order, self.key), strict=True)
        return self._behind(tuple_(*(bindparam(name, type_=column.type) for name, column in columns)))

    def place(self, cursor: str) -> dict[str, Any]:
        """The values of ``beyond_place``; raises Invalid for another list's cursor."""
        return dict(zip(PLACE, self._decoded(cursor), strict=True))

    def of(self, table: Any) -> "Keyset":
        """The same order of a subquery that has these columns."""
        return Keyset(table.c[self.order.key], table.c[self.key.key], self.descending)

    def start(self, cursor: str | None) -> Any:
        """The value of the order column at the cursor, or None."""
        return None if cursor is None else self._decoded(cursor)[0]

    def ordering(self) -> list[ColumnElement[Any]]:
        """What to order by."""
        columns = (self.order, self.key) if self.order is not self.key else (self.key,)
        return [column.desc() if self.descending else column.asc() for column in columns]

    def page(self, rows: list[dict[str, Any]], limit: int) -> dict[str, Any]:
        """The page that begins with these rows: ``limit`` of them, and a cursor if there are more."""
        more = len(rows) > limit
        del rows[limit:]
        return {"items": rows, "next_cursor": self._encoded(rows[-1]) if more else None}

    def _behind(self, values: Any) -> ColumnElement[bool]:
        place = tuple_(self.order, self.key)
        return place < values if self.descending else place > values

    @property
    def _signature(self) -> str:
        return f"{self.order.key}{'-' if self.descending else '+'}"

    def _encoded(self, row: dict[str, Any]) -> str:
        place = [self._signature, row[self.order.key], row[self.key.key]]
        return base64.urlsafe_b64encode(encode(place)).decode().rstrip("=")

    def _decoded(self, cursor: str) -> tuple[Any, ...]:
        try:
            text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            origin, *values = orjson.loads(text)
            if origin != self._signature or len(values) != 2:
                raise ValueError("from another list")
            kinds = (column.type.python_type for column in (self.order, self.key))
            return tuple(_restored(value, kind) for value, kind in zip(values, kinds, strict=True))
        except (binascii.Error, ValueError, TypeError, AttributeError) as error:
            raise Invalid.field("/cursor", "The cursor does not belong to this list in this order.") from error


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
    keyset = Keyset(order, key, descending)
    ordered = query.where(keyset.beyond(cursor)).order_by(*keyset.ordering()).limit(limit + 1)
    return keyset.page(dicts(session.execute(ordered)), limit)


def _restored(value: Any, kind: type) -> Any:
    if kind is datetime:
        return datetime.fromisoformat(value)
    if kind is UUID:
        return UUID(value)
    if not isinstance(value, kind):
        raise TypeError("of another type")
    return value
