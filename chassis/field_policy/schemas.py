"""What a schema is made of: the resource of its records, and the schemas nested in it."""

from typing import Any

from marshmallow import Schema, fields

from chassis.identity.policy import Resource


def resource_of(schema: type[Schema]) -> Resource | None:
    """The resource whose records the schema describes: ``class Meta: resource = CUSTOMERS``."""
    return getattr(schema.Meta, "resource", None)


def nested_in(schema: type[Schema]) -> dict[str, tuple[type[Schema], bool]]:
    """The members of the schema that are records themselves, and whether there are many of them."""
    found = {}
    for name, declared in schema._declared_fields.items():
        many = isinstance(declared, fields.List)
        inner: Any = declared.inner if isinstance(declared, fields.List) else declared
        if isinstance(inner, fields.Nested):
            found[name] = type(inner.schema), many or bool(inner.many)
    return found


def governed_by_rules(schema: type[Schema]) -> list[str]:
    """The fields of the schema that are under the rules of roles."""
    resource = resource_of(schema)
    return [name for name in schema._declared_fields if resource and name in resource.fields]


def is_governed(schema: type[Schema]) -> bool:
    """Whether any field of the schema, or of what is nested in it, is under the rules of roles."""
    return bool(governed_by_rules(schema)) or any(is_governed(inner) for inner, _ in nested_in(schema).values())
