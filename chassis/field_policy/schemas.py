"""What a schema is made of: the resource of its records, and the schemas nested in it."""

from typing import Any

from marshmallow import Schema, fields

from chassis.identity.policy import Access, Resource


class NoRecord(Schema):
    """An answer that shows no fields of a record: counts, outcomes, what is told once."""

    class Meta:
        """Under no rules."""

        resource = None


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


def may_be_hidden(schema: type[Schema], name: str) -> bool:
    """Whether rules may keep the field from somebody who sees the record."""
    resource = resource_of(schema)
    declared = resource.fields.get(name) if resource else None
    within = declared.within if declared else None
    return declared is not None and (declared.least is Access.HIDDEN or within is not None)


def is_governed(schema: type[Schema]) -> bool:
    """Whether any field of the schema, or of what is nested in it, is under the rules of roles."""
    return bool(governed_by_rules(schema)) or any(is_governed(inner) for inner, _ in nested_in(schema).values())
