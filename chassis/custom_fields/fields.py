"""The field of a payload that holds the values of custom fields."""

from typing import Any

from marshmallow import ValidationError, fields
from sqlalchemy.orm import Session, object_session

from chassis.custom_fields.defined import Definitions, custom_fields_of
from chassis.custom_fields.values import stored
from chassis.identity.policy import Resource

MOST = 200
"""Custom fields of one kind of record."""


class CustomValues(fields.Field[Any]):
    """Values by key: whoever takes them in has them ``checked``, because what they may be is known to the database."""

    def __init__(self, resource: Resource, **options: Any) -> None:
        text = "The values of the fields that the house has added, by key (see `/custom-fields`)."
        said = {"type": "object", "description": text, "example": {}, "x-custom-fields": resource.name}
        super().__init__(metadata=said, **options)
        self.resource = resource

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or len(value) > MOST:
            raise ValidationError("Not values by key.")
        return value

    def _serialize(self, value: Any, attr: str | None, obj: Any, **_: Any) -> Any:
        session = object_session(obj)
        assert session is not None
        return of_entity(session, obj)


def of_entity(session: Session, entity: Any) -> dict[str, Any]:
    """The values that an entity shows."""
    definitions = custom_fields_of(session).of(entity.__resource__)
    values = stored(entity.custom, entity.custom_private)
    record = {name: getattr(entity, name) for name in definitions.records.inputs}
    return definitions.shown(record, values)


def put_into(definitions: Definitions, row: dict[str, Any]) -> None:
    """Let a row of a query, whose private values are open, show its values."""
    row["custom"] = definitions.shown(row, stored(row["custom"], row.pop("custom_private")))
