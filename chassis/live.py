"""Who may hear of a change: gateways ask the owning service, so the rule is the one of its queries."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate
from sqlalchemy.orm import Session

from chassis.identity.caller import Caller

MOST_RECORDS, MOST_FIELDS = 1000, 500

Shown = Callable[[Session, Caller, dict[UUID, list[str]]], dict[UUID, dict[str, Any]]]
"""What may be told to the caller of these changes, by the ids of the records that he sees."""


class RecordIds(Schema):
    """Records of one kind, by id."""

    resource = fields.String(required=True, metadata={"description": "The aggregate that an event names."})
    ids = fields.List(fields.UUID(), required=True, validate=validate.Length(1, MOST_RECORDS))


def visible_records(session: Session, caller: Caller, resource: str, ids: list[UUID]) -> list[UUID]:
    """Which of these records the caller may see; none of a kind that the service does not show live."""
    visible_ids = session.info["resources"].get(resource)
    if visible_ids is None:
        return []
    seen: Any = visible_ids(caller)
    (column,) = seen.selected_columns
    return list(session.scalars(seen.where(column.in_(ids)).order_by(column)))


class ChangedRecords(Schema):
    """Records of one kind, each with the names of the fields that are different."""

    resource = fields.String(required=True, metadata={"description": "The aggregate that an event names."})
    changed = fields.Dict(
        keys=fields.UUID(),
        values=fields.List(fields.String(), validate=validate.Length(max=MOST_FIELDS)),
        required=True,
        validate=validate.Length(1, MOST_RECORDS),
    )


def visible_changes(
    session: Session, caller: Caller, resource: str, changed: dict[UUID, list[str]]
) -> dict[str, dict[str, Any]]:
    """Of which of these records the caller may hear, and what: ``changed``, the names that he may know, and ``values``.

    A kind of record that has no rule of its own for that is only told of.
    """
    show = session.info["service_class"].shown_live.get(resource)
    if show is None:
        return {str(one): {} for one in visible_records(session, caller, resource, list(changed))}
    return {str(one): told for one, told in show(session, caller, changed).items()}
