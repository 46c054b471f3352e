"""The filter tree: one JSON language for lists, segments and reports, compiled from a white list of columns.

A tree is ``{"and": [tree, …]}``, ``{"or": [tree, …]}``, ``{"not": tree}`` or a test such as
``{"field": "sector", "op": "eq", "value": "software"}``. The operators of a field follow from its type.
"""

import operator
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

import orjson
from marshmallow import ValidationError, fields
from sqlalchemy import ColumnElement, and_, any_, literal, not_, or_
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.errors import Invalid
from chassis.fields import MAX_INT32
from chassis.identity.caller import Caller
from chassis.identity.policy import Resource

MAX_TESTS = 50
MAX_DEPTH = 8
MAX_LISTED = 1000
DECIMAL = re.compile(r"^-?[0-9]{1,100}(\.[0-9]{1,100})?$")
"""A number as text; beyond its own limits the database would answer with an error instead of no row."""

LISTED = ("has", "has_any")
"""The operators of lists that ask for members."""

Filterable = Mapping[str, Any]
"""Field names as callers write them, to the columns that they may filter on."""

ORDERED: dict[str, Callable[[Any, Any], Any]] = {
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}


class FilterTooLarge(Invalid):
    """No schema can say how deep and how wide all of a tree may be."""

    slug, title = "filter-too-large", f"A filter may have {MAX_TESTS} tests on {MAX_DEPTH} levels"


def with_new_name(tree: Any, field: str, names: Collection[str], new: str) -> Any:
    """The tree, in which tests of a list for one of these names are also for the new one."""
    if isinstance(tree, list):
        return [with_new_name(one, field, names, new) for one in tree]
    if not isinstance(tree, dict):
        return tree
    if tree.get("field") == field and tree.get("op") in LISTED:
        asked = tree["value"] if isinstance(tree["value"], list) else [tree["value"]]
        known = new in asked or not any(one in names for one in asked)
        return tree if known else tree | {"op": "has_any", "value": [*asked, new]}
    return {key: with_new_name(one, field, names, new) for key, one in tree.items()}


class FilterTree(fields.Field[Any]):
    """A filter tree in a payload; in a query parameter it is the tree's JSON text.

    The API description has its schema under the name ``called``.
    """

    def __init__(self, called: str, columns: Filterable, *, custom: str | None = None, **options: Any) -> None:
        """``custom`` names the resource whose custom fields can be filtered by, too."""
        super().__init__(**options)
        self.custom = custom
        self.called = called
        self.columns = columns

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        if isinstance(value, str):
            try:
                value = orjson.loads(value)
            except orjson.JSONDecodeError:
                raise ValidationError("Not a filter tree in JSON.") from None
        if value is None and self.allow_none:
            return None
        if not isinstance(value, dict):
            raise ValidationError("Not a filter tree.")
        return value

    def _serialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return value


class MoreTests(Protocol):
    """Tests of fields that are no columns (``chassis.custom_fields.conditions``); equal ones know the same fields."""

    def __contains__(self, name: str) -> bool: ...

    def condition(self, name: str, columns: Filterable, op: Any, value: Any, plain: Any) -> ColumnElement[bool]:
        """The test as SQL; ``plain`` makes that of a column."""


def compiled(
    tree: Any, columns: Filterable, *, resource: Resource, caller: Caller, more: MoreTests | None = None
) -> ColumnElement[bool]:
    """The tree as an SQL condition; raises Invalid that names the place (JSON pointer below ``/filter``).

    Fields of the resource that the caller may not read in every record are as unknown as others. Columns whose names
    have a colon are there for ``more``.
    """
    plain = {name: column for name, column in columns.items() if ":" not in name}
    compiler = _Compiler(resource.readable(plain, caller.field_rules), columns, more)
    return compiler.node(tree, "/filter", 0)


@dataclass(frozen=True)
class SeenFilter:
    """What ``compiled`` will make of a tree. Equal trees of equal callers are equal, so their queries can be kept."""

    text: bytes
    resource: Resource
    caller: Caller
    more: MoreTests | None = None

    @classmethod
    def of(cls, tree: Any, *, resource: Resource, caller: Caller, more: MoreTests | None = None) -> "SeenFilter":
        """Of a tree that is not compiled yet."""
        return cls(orjson.dumps(tree), resource, caller, more)

    def __call__(self, columns: Filterable) -> ColumnElement[bool]:
        """The condition on these columns; raises Invalid."""
        tree = orjson.loads(self.text)
        return compiled(tree, columns, resource=self.resource, caller=self.caller, more=self.more)


class _Compiler:
    def __init__(self, columns: Filterable, every: Filterable, more: MoreTests | None) -> None:
        self._columns = columns
        self._every = every
        self._more = more
        self._tests = 0

    def node(self, tree: Any, place: str, depth: int) -> ColumnElement[bool]:
        if depth > MAX_DEPTH:
            raise FilterTooLarge
        if not isinstance(tree, dict):
            raise Invalid.field(place, "Expected a filter tree.")
        keys = set(tree)
        if keys == {"and"} or keys == {"or"}:
            return self._branches(*next(iter(tree.items())), place, depth)
        if keys == {"not"}:
            return not_(self.node(tree["not"], f"{place}/not", depth + 1))
        if {"field", "op"} <= keys <= {"field", "op", "value"}:
            return self._test(tree, place)
        raise Invalid.field(place, "Expected and, or, not, or a test with field, op and value.")

    def _branches(self, word: str, trees: Any, place: str, depth: int) -> ColumnElement[bool]:
        if not isinstance(trees, list) or not trees:
            raise Invalid.field(f"{place}/{word}", "Expected a list of at least one filter tree.")
        conditions = [self.node(tree, f"{place}/{word}/{index}", depth + 1) for index, tree in enumerate(trees)]
        return and_(*conditions) if word == "and" else or_(*conditions)

    def _test(self, test: dict[str, Any], place: str) -> ColumnElement[bool]:
        self._tests += 1
        if self._tests > MAX_TESTS:
            raise FilterTooLarge
        name = test["field"]
        if not isinstance(name, str) or (name not in self._columns and not self._has_more(name)):
            raise Invalid.field(f"{place}/field", f"Can filter on {', '.join(sorted(self._columns))}.")
        try:
            if name not in self._columns and self._more is not None:
                return self._more.condition(name, self._every, test["op"], test.get("value"), _condition)
            return _condition(self._columns[name], test["op"], test.get("value"))
        except (ValueError, TypeError, ArithmeticError) as error:
            raise Invalid.field(f"{place}/value", f"{error}") from None

    def _has_more(self, name: str) -> bool:
        return self._more is not None and name in self._more


def one_of(column: Any, values: list[Any]) -> ColumnElement[bool]:
    """Whether the column has one of the values; they are one parameter, so that the query can be prepared."""
    return column == any_(literal(values, ARRAY(column.type)))


def _condition(column: Any, op: Any, value: Any) -> ColumnElement[bool]:
    if op == "is_null":
        return column.is_(None) if _boolean(value) else column.is_not(None)
    if isinstance(column.type, ARRAY):
        return _array_condition(column, op, value)
    kind = column.type.python_type
    if op == "in":
        return one_of(column, [_typed(kind, item) for item in _list(value)])
    if op in ("eq", "ne"):
        return column == _typed(kind, value) if op == "eq" else column.is_distinct_from(_typed(kind, value))
    if op in ORDERED and kind is not bool:
        return ORDERED[op](column, _typed(kind, value))
    if kind is str and op in ("contains", "starts_with"):
        text = _typed(str, value)
        return (
            column.icontains(text, autoescape=True) if op == "contains" else column.istartswith(text, autoescape=True)
        )
    raise ValueError(f"{op} is not an operator of this field.")


def _array_condition(column: Any, op: Any, value: Any) -> ColumnElement[bool]:
    if op == "has":
        return column.contains([_typed(str, value)])
    if op == "has_any":
        return column.overlap([_typed(str, item) for item in _list(value)])
    raise ValueError(f"{op} is not an operator of a list; use has or has_any.")


def _typed(kind: type, value: Any) -> Any:
    if kind in (UUID, datetime) and isinstance(value, str):
        return UUID(value) if kind is UUID else _instant(value)
    if kind is date and isinstance(value, str):
        return date.fromisoformat(value)
    if kind is Decimal and isinstance(value, str | int | float) and not isinstance(value, bool):
        return _decimal(value)
    if kind is int and isinstance(value, int | float) and not isinstance(value, bool):
        return _whole(value)
    if kind in (str, bool) and isinstance(value, kind):
        return value
    raise ValueError(f"Expected a value of the type {kind.__name__.lower()}.")


def _instant(text: str) -> datetime:
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise ValueError("Expected a time with its zone, such as 2026-01-31T09:00:00Z.")
    return value.astimezone(UTC)  # the database does not know every zone that Python does


def _whole(value: int | float) -> int:
    if value != int(value) or abs(value) > MAX_INT32:
        raise ValueError("Expected a whole number of ordinary size.")
    return int(value)


def _decimal(value: str | int | float) -> Decimal:
    if isinstance(value, str) and not DECIMAL.fullmatch(value):
        raise ValueError("Expected a number.")
    number = Decimal(str(value))
    if not number.is_finite():
        raise ValueError("Expected a finite number.")
    return number


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_LISTED:
        raise ValueError(f"Expected a list of 1 to {MAX_LISTED} values.")
    return value


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("Expected true or false.")
    return value
