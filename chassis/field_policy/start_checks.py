"""What must not start: a field or a column that no declaration of a resource knows."""

from typing import Any

from marshmallow import Schema, validate
from sqlalchemy import MetaData
from sqlalchemy.orm import Mapper

from chassis.field_policy.schemas import nested_in, resource_of
from chassis.identity.policy import Access, Resource
from chassis.operations import PERMISSION, DeclarationError, Operation

PAGING = {"next_cursor"}


def check_operation(service: str, one: Operation) -> None:
    """Raises DeclarationError for schemas with fields that their resource does not know."""
    where = f"{service}.{one.name}"
    if _is_schema(one.gives):
        _check_schema(where, one.gives)
        if PERMISSION.fullmatch(one.needs):
            _check_open(where, one.gives)
    if one.takes is not None and one.reads:
        _check_search(where, one.takes)
    elif one.takes is not None:
        _check_schema(where, one.takes)
        _check_required(where, one.takes)


def check_columns(metadata: MetaData) -> None:
    """Raises DeclarationError for columns of entities that their resource does not know."""
    registry = metadata.info.get("registry")
    for mapper in registry.mappers if registry else ():
        if not hasattr(mapper.class_, "__resource__"):
            raise DeclarationError(f"{mapper.class_.__name__} does not say of which resource its columns are")
        if mapper.class_.__resource__ is not None:
            _check_entity(mapper, mapper.class_.__resource__)


def _check_entity(mapper: Mapper[Any], resource: Resource) -> None:
    names = [str(attribute.columns[0].name) for attribute in mapper.column_attrs]
    unknown = [name for name in names if not resource.knows(name)]
    if unknown:
        raise DeclarationError(f"{mapper.class_.__name__}: {resource.name} does not know {', '.join(unknown)}")


def _check_schema(where: str, schema: type[Schema]) -> None:
    resource = resource_of(schema)
    if resource is not None:
        unknown = [name for name in schema._declared_fields if not resource.knows(name)]
        if unknown:
            raise DeclarationError(f"{where}: {resource.name} does not know {', '.join(unknown)} of {schema.__name__}")
    for inner, _ in nested_in(schema).values():
        _check_schema(where, inner)


def _check_open(where: str, schema: type[Schema]) -> None:
    """What is answered by permission is under the rules of a resource, or says that it shows no record's fields."""
    nested = nested_in(schema)
    if not hasattr(schema.Meta, "resource") and set(schema._declared_fields) - set(nested) - PAGING:
        raise DeclarationError(f"{where}: {schema.__name__} does not say of which resource its fields are")
    for inner, _ in nested.values():
        _check_open(where, inner)


def _check_required(where: str, schema: type[Schema]) -> None:
    """What must be given must be known to everybody who may give it."""
    resource = resource_of(schema)
    for name, declared in schema._declared_fields.items():
        rule = resource.fields.get(name) if resource else None
        if declared.required and rule and rule.least is Access.HIDDEN:
            raise DeclarationError(f"{where}: {name} is required and may be hidden")
    for inner, _ in nested_in(schema).values():
        _check_required(where, inner)


def _check_search(where: str, schema: type[Schema]) -> None:
    """A list is sorted by fields that the resource knows, so that those which the caller may not read drop out."""
    resource, sort = resource_of(schema), schema._declared_fields.get("sort")
    choices = [one for one in getattr(sort, "validators", ()) if isinstance(one, validate.OneOf)]
    if not choices:
        return
    if resource is None:
        return
    unknown = {
        str(one).removeprefix("-") for one in choices[0].choices if not resource.knows(str(one).removeprefix("-"))
    }
    if unknown:
        raise DeclarationError(f"{where}: {resource.name} does not know {', '.join(sorted(unknown))} to sort by")


def _is_schema(gives: Any) -> bool:
    return isinstance(gives, type) and issubclass(gives, Schema)
