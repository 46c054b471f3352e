"""What goes into and comes out of a departure."""

from marshmallow import Schema, fields

from chassis.field_policy.schemas import NoRecord
from chassis.fields import Instant


class Leave(Schema):
    """Who takes over."""

    hand_over_to = fields.UUID(
        required=True,
        metadata={
            "description": "The person who owns from now on what the other one owned.",
            "example": "01900000-0000-7000-8000-000000000000",
        },
    )


class DeparturePartView(NoRecord):
    """How far one service is."""

    service = fields.String(required=True, metadata={"example": "customers"})
    moved = fields.Dict(
        fields.String(),
        fields.Integer(),
        required=True,
        metadata={"description": "How many records of each kind have gone over so far.", "example": {"customers": 40}},
    )
    left = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "How many are still to go; null before the service has looked.", "example": 0},
    )
    finished = fields.Boolean(required=True, metadata={"example": True})


class ExportView(NoRecord):
    """Something that the person exported."""

    id = fields.UUID(required=True, metadata={"description": "The id of the job."})
    service = fields.String(required=True, metadata={"example": "customers"})
    resource = fields.String(required=True, metadata={"description": "What.", "example": "customers"})
    filter = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "The filter tree as text, or its first 500 characters; null for everything he could see.",
            "example": '{"field": "sector", "op": "eq", "value": "software"}',
        },
    )
    rows = fields.Integer(required=True, metadata={"example": 250})
    state = fields.String(required=True, metadata={"enum": ["running", "done", "stopped"], "example": "done"})
    at = Instant(required=True, metadata={"example": "2026-01-31T09:00:00Z"})


class DepartureView(NoRecord):
    """A departure: who left, who takes over, and how far each service is."""

    user_id = fields.UUID(required=True)
    hand_over_to = fields.UUID(required=True)
    by = fields.UUID(required=True, metadata={"description": "Who arranged it."})
    at = Instant(required=True, metadata={"example": "2026-01-31T09:00:00Z"})
    finished_at = Instant(required=True, allow_none=True, metadata={"example": "2026-01-31T09:01:00Z"})
    job_id = fields.UUID(required=True)
    services = fields.List(fields.Nested(DeparturePartView), required=True)
    exports = fields.List(
        fields.Nested(ExportView),
        required=True,
        metadata={"description": "Of the last 30 days, the latest first; complete once all services have finished."},
    )
