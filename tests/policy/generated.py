"""Requests of all kinds to a service, made up from what it says of its operations, for records seen and unseen."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from hypothesis import strategies as st
from marshmallow import Schema, fields, validate

from chassis.filters import FilterTree
from chassis.ids import new_id
from chassis.operations import INTERNAL, PUBLIC, Operation
from chassis.service import Service

Strategy = st.SearchStrategy[Any]
Request = st.SearchStrategy[tuple[str, dict[str, Any]]]

OPERATORS = ("eq", "ne", "in", "lt", "gte", "is_null", "contains", "starts_with", "has")
MOMENTS = ("2020-01-01T00:00:00Z", "2031-01-01T09:00:00Z", "2040-01-01T00:00:00Z")
ETAGS = tuple(f'"{version}"' for version in range(1, 5))
MOST_OPTIONS = 3
"""Of a request, beside what it needs: with more of them most would be refused for one of them."""


@dataclass(frozen=True)
class Known:
    """What the requests speak of."""

    ids: Mapping[str, list[str]]
    """By the name of the parameter, ``ticket_id``."""
    words: tuple[str, ...]
    """What stands in records, seen and hidden, to be searched for and written."""
    cursors: tuple[str, ...] = ("x",)
    apart: frozenset[str] = field(default_factory=frozenset)
    """Operations that are asked for nothing, because their answers are random or tell of the caller alone."""
    kinds: tuple[str, ...] = ()
    """The kinds of records of the live stream."""

    @property
    def every_id(self) -> list[str]:
        """All ids, whatever of."""
        return sorted({one for ids in self.ids.values() for one in ids})


def requests_to(service: type[Service], known: Known) -> Request:
    """Requests to all operations that take a caller; to lists most often."""
    offered = [one for name, one in sorted(service.operations().items()) if _is_asked(name, one, known)]
    chances = [one for one in offered for _ in range(3 if one.takes and one.reads else 1)]
    return st.one_of(*(_request(one, known) for one in chances), *(_heard(kind, known) for kind in known.kinds))


def _is_asked(name: str, one: Operation, known: Known) -> bool:
    return bool(one.path) and one.needs not in (PUBLIC, INTERNAL) and not one.once and name not in known.apart


def _request(one: Operation, known: Known) -> Request:
    path = st.fixed_dictionaries({name: _id(name, known) for name in one.path_parameters})
    body = _payload(one.takes, known) if one.takes else st.just({})
    guard = st.sampled_from(ETAGS).map(lambda etag: {"if_match": etag}) if one.guarded else st.just({})
    return st.tuples(st.just(one.name), st.tuples(path, body, guard).map(_together))


def _heard(kind: str, known: Known) -> Request:
    """What the live stream asks about records that have changed."""
    ids = st.lists(_id(f"{kind}_id", known), min_size=1, max_size=9)
    return ids.map(lambda some: ("visible_records", {"resource": kind, "ids": some}))


def _together(parts: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {name: value for part in parts for name, value in part.items()}


def _id(name: str, known: Known) -> Strategy:
    return st.sampled_from([*known.ids.get(name, known.every_id), str(new_id())])


def _payload(schema: type[Schema], known: Known) -> Strategy:
    """What the schema needs, and a few of its other fields."""
    taken = {name: one for name, one in schema._declared_fields.items() if not one.dump_only}
    needed = st.fixed_dictionaries({name: _value(name, one, known) for name, one in taken.items() if one.required})
    others = {name: _value(name, one, known) for name, one in taken.items() if not one.required}
    if not others:
        return needed
    chosen = st.lists(st.sampled_from(sorted(others)), max_size=MOST_OPTIONS, unique=True)
    options = chosen.flatmap(lambda names: st.fixed_dictionaries({name: others[name] for name in names}))
    return st.tuples(needed, options).map(_together)


def _value(name: str, one: Any, known: Known) -> Strategy:
    """Mostly what the field takes."""
    value = _good_value(name, one, known)
    return value | st.none() if one.allow_none else value


def _good_value(name: str, one: Any, known: Known) -> Strategy:
    if isinstance(one, FilterTree):
        return _trees(one, known)
    if name == "cursor":
        return st.sampled_from(known.cursors)
    choices = [rule.choices for rule in one.validators if isinstance(rule, validate.OneOf)]
    if choices:
        return st.sampled_from([*choices[0], "fur"])
    return _of_type(name, one, known)


def _of_type(name: str, one: Any, known: Known) -> Strategy:
    if isinstance(one, fields.Nested):
        inner = _payload(one.schema.__class__, known)
        return st.lists(inner, min_size=1, max_size=2) if one.many else inner
    if isinstance(one, fields.List):
        return st.lists(_value(name.removesuffix("s"), one.inner, known), min_size=1, max_size=2)
    plain: dict[type, Strategy] = {
        fields.UUID: _id(name, known),
        fields.Boolean: st.booleans(),
        fields.Integer: st.integers(1, 30),
        fields.AwareDateTime: st.sampled_from(MOMENTS),
        fields.DateTime: st.sampled_from(MOMENTS),
        fields.Mapping: st.just({}),
    }
    for kind, strategy in plain.items():
        if isinstance(one, kind):
            return strategy
    return st.sampled_from(known.words)


def _trees(one: FilterTree, known: Known) -> Strategy:
    """Filter trees, in a query as JSON text; also on fields that cannot be filtered on."""
    values = st.sampled_from([*known.words, *known.every_id[:9], *MOMENTS, 1, 7, True, None])
    names = st.sampled_from([*one.columns, *one.columns, "name", "text", "description", "fur"])
    tests = st.fixed_dictionaries({"field": names, "op": st.sampled_from(OPERATORS), "value": values})
    trees = st.recursive(
        tests,
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3).map(lambda some: {"and": some}),
            st.lists(inner, min_size=1, max_size=3).map(lambda some: {"or": some}),
            inner.map(lambda tree: {"not": tree}),
        ),
        max_leaves=3,
    )
    return trees.map(lambda tree: orjson.dumps(tree).decode())
