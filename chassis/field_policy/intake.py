"""Requests, held to what the caller may write and search by.

A field that is hidden from him is unknown; one that he may see and not write is refused. Where that depends on whose
record it is, the function finds the record first, and the check follows before anything is kept.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from uuid import UUID

from marshmallow import Schema, missing, validate

from chassis.errors import FieldError, Forbidden, Invalid
from chassis.field_policy.schemas import governed_by_rules, is_governed, nested_in, resource_of
from chassis.identity.caller import Caller
from chassis.identity.policy import Access, FieldRules, Resource

UNKNOWN = "Unknown field."
"""As marshmallow says it of any other."""

SETS_KEPT = 500
"""Of rules, for which schemas are kept."""


class ReadOnlyField(Forbidden):
    """The caller may see the field, in full or masked, but not write it."""

    slug, title = "field-read-only", "You may not write this field"


class Intake:
    """The payload of one operation."""

    def __init__(self, schema: type[Schema], *, reads: bool, changes: bool) -> None:
        """``reads``: the payload says what to search for. ``changes``: it alters a record that is there."""
        self._schema = schema
        self._reads = reads
        self._changes = changes
        self._plain = schema()
        self._governed = is_governed(schema)
        self._concerned = self._governed or (reads and _orders(schema) is not None)
        self._schema_under = lru_cache(SETS_KEPT)(self._made_schema)

    def load(self, caller: Caller | None, payload: dict[str, Any]) -> dict[str, Any]:
        """The payload as Python values; raises ValidationError, also for fields that the caller does not know."""
        if caller is None or not self._concerned:
            return _loaded(self._plain, payload)
        schema = self._schema_under(caller.field_rules)
        return _with_defaults(self._schema, schema, _loaded(schema, payload))

    def open_points(self, caller: Caller | None, payload: dict[str, Any]) -> "OpenPoints | None":
        """What is left to decide when the record is known; raises ReadOnlyField for what is decided."""
        if caller is None or self._reads or not self._governed:
            return None
        given = list(_given(self._schema, payload, ""))
        refused = [one for one in given if self._widest(caller.field_rules, one.resource, one.name) < Access.WRITE]
        if refused:
            raise read_only(one.pointer for one in refused)
        return OpenPoints(caller, given) if self._changes and given else None

    def _widest(self, rules: FieldRules, resource: Resource, name: str) -> Access:
        """The access that matters: what is entered anew is one's own, what is changed may turn out to be."""
        own = rules.access(resource, name, own=True)
        return max(own, rules.access(resource, name, own=False)) if self._changes else own

    def _made_schema(self, rules: FieldRules) -> Schema:
        made = self._schema(exclude=tuple(self._unknown(self._schema, rules, "")))
        resource, orders = resource_of(self._schema), _orders(self._schema)
        if self._reads and resource and orders:
            allowed = [one for one in orders if _in_order_of(resource, rules, one.removeprefix("-"))]
            made.fields["sort"].validators = [validate.OneOf(allowed)]
        return made

    def _unknown(self, schema: type[Schema], rules: FieldRules, path: str) -> Iterator[str]:
        resource = resource_of(schema)
        if resource is not None:
            unknown = self._not_read if self._reads else self._hidden
            yield from (f"{path}{name}" for name in governed_by_rules(schema) if unknown(rules, resource, name))
        for name, (inner, _) in nested_in(schema).items():
            yield from self._unknown(inner, rules, f"{path}{name}.")

    @staticmethod
    def _not_read(rules: FieldRules, resource: Resource, name: str) -> bool:
        return not rules.reads(resource, name)

    def _hidden(self, rules: FieldRules, resource: Resource, name: str) -> bool:
        return self._widest(rules, resource, name) is Access.HIDDEN


class OpenPoints:
    """Fields that somebody wants to write in a record that was not known yet."""

    def __init__(self, caller: Caller, given: "list[_Given]") -> None:
        self._caller = caller
        self._given = given

    def decide(self, record: Any) -> None:
        """Raises Invalid or ReadOnlyField unless the caller may write all of them in the record."""
        resource = self._given[0].resource
        owner = record.get(resource.owner) if isinstance(record, dict) else getattr(record, resource.owner, None)
        require_writable(self._caller, self._given, own=owner in (self._caller.user_id, str(self._caller.user_id)))


class _Given:
    """A field under rules that a payload brings."""

    __slots__ = ("name", "pointer", "resource")

    def __init__(self, resource: Resource, name: str, pointer: str) -> None:
        self.resource, self.name, self.pointer = resource, name, pointer


def check_written(caller: Caller, resource: Resource, names: Any, *, owner_id: UUID | None) -> None:
    """Raises Invalid or ReadOnlyField unless the caller may write these fields of a record of this owner."""
    given = [_Given(resource, name, f"/{name}") for name in names if name in resource.fields]
    require_writable(caller, given, own=owner_id == caller.user_id)


def require_writable(caller: Caller, given: list[_Given], *, own: bool) -> None:
    """Raises Invalid for hidden fields, as for unknown ones, and ReadOnlyField for those that may only be read."""
    accesses = [(one.pointer, caller.access(one.resource, one.name, own=own)) for one in given]
    if hidden := [pointer for pointer, access in accesses if access is Access.HIDDEN]:
        raise Invalid(errors=[{"pointer": pointer, "detail": UNKNOWN} for pointer in hidden])
    if refused := [pointer for pointer, access in accesses if access < Access.WRITE]:
        raise read_only(refused)


def read_only(pointers: Any) -> ReadOnlyField:
    """The refusal that names these fields."""
    errors: list[FieldError] = [{"pointer": pointer, "detail": "You may not write this field."} for pointer in pointers]
    return ReadOnlyField(errors=errors)


def _given(schema: type[Schema], payload: Any, pointer: str) -> Iterator[_Given]:
    if not isinstance(payload, dict):
        return
    resource = resource_of(schema)
    for name in governed_by_rules(schema) if resource else ():
        if name in payload and resource:
            yield _Given(resource, name, f"{pointer}/{name}")
    for name, (inner, many) in nested_in(schema).items():
        value = payload.get(name)
        if many and isinstance(value, list):
            for place, one in enumerate(value):
                yield from _given(inner, one, f"{pointer}/{name}/{place}")
        else:
            yield from _given(inner, value, f"{pointer}/{name}")


def _loaded(schema: Schema, payload: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = schema.load(payload)
    return values


def _with_defaults(whole: type[Schema], known: Schema, values: dict[str, Any]) -> dict[str, Any]:
    """The values with the defaults of the fields that the caller does not know."""
    for name, declared in whole._declared_fields.items():
        if name not in known.fields and declared.load_default is not missing:
            default = declared.load_default
            values[name] = default() if callable(default) else default
    for name, (inner, many) in nested_in(whole).items():
        for one in (values.get(name) or ()) if many else ():
            _with_defaults(inner, known.fields[name].inner.schema, one)  # type: ignore[attr-defined]  # it is a list
    return values


def _orders(schema: type[Schema]) -> list[str] | None:
    """What a list can be sorted by, by the names of fields."""
    sort = schema._declared_fields.get("sort")
    choices = [one for one in getattr(sort, "validators", ()) if isinstance(one, validate.OneOf)]
    return [str(one) for one in choices[0].choices] if choices else None


def _in_order_of(resource: Resource, rules: FieldRules, name: str) -> bool:
    return name not in resource.fields or rules.reads(resource, name)
