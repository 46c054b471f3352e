"""The description of a service with the custom fields of the moment: each is described like a field of the record."""

import hashlib
from copy import deepcopy
from functools import cached_property
from typing import Any

from chassis import description
from chassis.custom_fields import kinds
from chassis.custom_fields.defined import CustomFields, Definition, Definitions
from chassis.events import encode
from chassis.filter_description import kinds_of_tests

MARK = "x-custom-fields"
TREE_MARK = "x-custom-tests"


class Described:
    """What a service says of itself, made anew when a custom field has changed."""

    def __init__(self, service: Any, fields: CustomFields) -> None:
        self._service = service
        self._fields = fields
        self._made: tuple[Any, dict[str, Any]] | None = None

    def now(self) -> dict[str, Any]:
        """The description with its fingerprint."""
        stamp = self._fields.stamp
        if self._made is None or self._made[0] != stamp:
            self._made = (stamp, with_custom_fields(self._static, self._fields) if stamp else self._static)
        return self._made[1]

    @cached_property
    def _static(self) -> dict[str, Any]:
        return description.of(self._service)


def with_custom_fields(described: dict[str, Any], fields: CustomFields) -> dict[str, Any]:
    """The description with each custom field in the schemas of its records and of the filters on them."""
    fragment = deepcopy(described["openapi"])
    for schema in fragment["components"].get("schemas", {}).values():
        for inner in schema.get("properties", {}).values():
            if MARK in inner and fields.has(inner[MARK]):
                _describe_values(inner, fields.of(inner[MARK]))
        if TREE_MARK in schema and fields.has(schema[TREE_MARK]):
            schema["anyOf"] += _tests(fields.of(schema[TREE_MARK]))
    fingerprint = hashlib.sha256(encode(fragment)).hexdigest()
    return {"service": described["service"], "fingerprint": fingerprint, "openapi": fragment}


def _describe_values(schema: dict[str, Any], definitions: Definitions) -> None:
    known = definitions.by_key.values()
    schema["properties"] = {one.key: _value(one) for one in known}
    schema["additionalProperties"] = False


def _value(one: Definition) -> dict[str, Any]:
    value = kinds.schema(one.kind, one.options)
    if one.kind == kinds.FORMULA:
        return value | {"title": one.label, "description": f"Computed: {one.options['expression']}"}
    return {"title": one.label, "description": _text(one), "anyOf": [value, {"type": "null"}]}


def _text(one: Definition) -> str:
    said = [one.kind, "required" if one.required else "", "unique" if one.only else ""]
    if one.kind == kinds.MONEY:
        said.append(f"in {one.options['currency']}")
    if one.kind in (kinds.CHOICE, kinds.CHOICES):
        said += [f"{choice['code']}: {choice['label']}" for choice in one.options["choices"]]
    return "; ".join(filter(None, said))


def _tests(definitions: Definitions) -> list[dict[str, Any]]:
    """The tests of each field, as those of a column of its type."""
    return [test for one in definitions.by_key.values() for test in kinds_of_tests(one.name, _type(one))]


def _type(one: Definition) -> str:
    if one.private:
        return "sealed"
    if one.kind in kinds.NUMBERS:
        return "number"
    named = (kinds.DAY, kinds.MOMENT, kinds.BOOLEAN, kinds.CHOICES, kinds.FORMULA)
    return one.kind if one.kind in named else "text"
