"""What the API description says of filter trees: the fields there are, and what each of them can be tested for."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import ARRAY

from chassis.fields import ANYTHING, MAX_INT32
from chassis.filters import DECIMAL, MAX_LISTED, ORDERED, Filterable

JsonSchema = dict[str, Any]

TEXT: JsonSchema = {"type": "string", "pattern": ANYTHING}
FLAG: JsonSchema = {"type": "boolean"}
VALUES: dict[type, JsonSchema] = {
    str: TEXT,
    bool: FLAG,
    int: {"type": "integer", "minimum": -MAX_INT32, "maximum": MAX_INT32},
    Decimal: {"anyOf": [{"type": "number"}, {"type": "string", "pattern": DECIMAL.pattern}]},
    UUID: {"type": "string", "format": "uuid"},
    date: {"type": "string", "format": "date"},
    datetime: {"type": "string", "format": "date-time"},
}
"""The values that a field is compared with, by the type of its column."""


def tree_schema(columns: Filterable, itself: JsonSchema) -> JsonSchema:
    """The schema of the trees over these columns; ``itself`` refers to the very schema."""
    by_kind: dict[Any, list[str]] = {}
    for name, column in columns.items():
        kind = ARRAY if isinstance(column.type, ARRAY) else column.type.python_type
        by_kind.setdefault(kind, []).append(name)
    branches = {"type": "array", "items": itself, "minItems": 1}
    nodes = [_object({"and": branches}), _object({"or": branches}), _object({"not": itself})]
    tests = [test for kind, names in by_kind.items() for test in _tests(kind, names)]
    return {"description": "Which records: a test, or trees below `and`, `or` or `not`.", "anyOf": [*tests, *nodes]}


TYPES: dict[str, Any] = {
    "text": str,
    "number": Decimal,
    "boolean": bool,
    "date": date,
    "datetime": datetime,
    "choices": ARRAY,
}
"""The kinds of custom fields, by what they are compared with."""


def kinds_of_tests(name: str, kind: str) -> list[JsonSchema]:
    """The tests that a custom field can be put to; a formula to none, a sealed one only to being equal."""
    if kind == "sealed":
        return [_test([name], ["eq"], TEXT), _test([name], ["in"], _list_of(TEXT)), _test([name], ["is_null"], FLAG)]
    return _tests(TYPES[kind], [name]) if kind in TYPES else []


def _tests(kind: Any, names: list[str]) -> list[JsonSchema]:
    """The tests that fields of one kind can be put to."""
    if kind is ARRAY:
        return [_test(names, ["has"], TEXT), _test(names, ["has_any"], _list_of(TEXT)), _test(names, ["is_null"], FLAG)]
    value = VALUES[kind]
    alone = ["eq", "ne"]
    if kind is not bool:
        alone += ORDERED
    if kind is str:
        alone += ["contains", "starts_with"]
    return [_test(names, alone, value), _test(names, ["in"], _list_of(value)), _test(names, ["is_null"], FLAG)]


def _test(names: list[str], operators: list[str], value: JsonSchema) -> JsonSchema:
    return _object({"field": {"enum": names}, "op": {"enum": operators}, "value": value})


def _list_of(value: JsonSchema) -> JsonSchema:
    return {"type": "array", "items": value, "minItems": 1, "maxItems": MAX_LISTED}


def _object(members: JsonSchema) -> JsonSchema:
    return {"type": "object", "properties": members, "required": list(members), "additionalProperties": False}
