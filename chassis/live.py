"""Who may hear of a change: gateways ask the owning service, so the rule is the one of its queries."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate
from sqlalchemy.orm import Session

from chassis.identity.caller import Caller


class RecordIds(Schema):
    """Records of one kind, by id."""

    resource = fields.String(required=True, metadata={"description": "The aggregate that an event names."})
    ids = fields.List(fields.UUID(), required=True, validate=validate.Length(1, 1000))


def visible_records(session: Session, caller: Caller, resource: str, ids: list[UUID]) -> list[UUID]:
    """Which of these records the caller may see; none of a kind that the service does not show live."""
    visible_ids = session.info["resources"].get(resource)
    if visible_ids is None:
        return []
    seen: Any = visible_ids(caller)
    (column,) = seen.selected_columns
    return list(session.scalars(seen.where(column.in_(ids)).order_by(column)))
