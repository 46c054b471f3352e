"""What goes into and comes out of tasks."""

from typing import Any

from marshmallow import Schema, fields, validate

from chassis.field_policy.schemas import NoRecord
from chassis.paging import PageRequest, page_of
from contracts.quality import CUSTOMER_TASKS
from services.customers.fields import Flag, Instant, Line
from services.customers.tasks.models import KINDS, OPEN, STATES

SORTS = ("due_at", "-due_at")
BY = ("team", "owner")


def _team(**options: Any) -> fields.UUID:
    return fields.UUID(load_default=None, metadata={"description": "Only those of this team."}, **options)


class TaskSearch(NoRecord, PageRequest):
    """Which tasks, in which order."""

    state = fields.String(load_default=OPEN, validate=validate.OneOf(STATES), metadata={"example": OPEN})
    kind = fields.String(load_default=None, validate=validate.OneOf(KINDS), metadata={"example": KINDS[0]})
    owner_id = fields.UUID(load_default=None, metadata={"description": "Only those of this person."})
    team_id = _team()
    customer_id = fields.UUID(load_default=None, metadata={"description": "Only those about this customer."})
    overdue = Flag(
        load_default=None, metadata={"description": "Only those that are late, or that are not.", "example": True}
    )
    sort = fields.String(
        load_default="due_at",
        validate=validate.OneOf(SORTS),
        metadata={"description": "With - before it the latest first.", "example": "due_at"},
    )


class TaskCountSearch(NoRecord):
    """How tasks are to be counted."""

    by = fields.String(load_default="team", validate=validate.OneOf(BY), metadata={"example": "team"})
    team_id = _team()


class Dismissal(NoRecord):
    """Why a task is not to be done."""

    reason = Line(500, required=True, metadata={"example": "The company has no website"})


class CustomerTaskView(Schema):
    """Something about a customer that its owner has to see to."""

    class Meta:
        """Whose fields these are."""

        resource = CUSTOMER_TASKS

    id = fields.UUID(required=True)
    version = fields.Integer(required=True, metadata={"example": 1})
    customer_id = fields.UUID(required=True)
    customer_name = fields.String(required=True, metadata={"example": "Example Trading Ltd"})
    owner_id = fields.UUID(
        required=True, allow_none=True, metadata={"description": "Whose it is: the owner of the customer."}
    )
    team_id = fields.UUID(required=True, allow_none=True)
    kind = fields.String(required=True, metadata={"enum": KINDS, "example": KINDS[0]})
    subject = fields.String(
        required=True,
        metadata={"description": "What tells tasks of a kind about one customer apart; often empty.", "example": ""},
    )
    about = fields.List(
        fields.String(metadata={"example": "phone"}),
        required=True,
        metadata={"description": "The fields to see to, as far as you may read them."},
    )
    due_at = Instant(required=True)
    state = fields.String(required=True, metadata={"enum": STATES, "example": OPEN})
    reason = fields.String(
        required=True, allow_none=True, metadata={"description": "Why it was dismissed.", "example": None}
    )
    closed_at = Instant(required=True, allow_none=True)
    closed_by = fields.UUID(required=True, allow_none=True, metadata={"description": "Null if it was done by itself."})
    created_at = Instant(required=True)


CustomerTaskPage = page_of(CustomerTaskView)


class TaskCount(NoRecord):
    """How many tasks somebody has."""

    id = fields.UUID(required=True, allow_none=True, metadata={"description": "Of the team or the owner."})
    kind = fields.String(required=True, metadata={"enum": KINDS, "example": KINDS[0]})
    open = fields.Integer(required=True, metadata={"example": 12})
    overdue = fields.Integer(required=True, metadata={"description": "How many of them are late.", "example": 3})


class TaskCounts(NoRecord):
    """How many tasks everybody has."""

    items = fields.List(fields.Nested(TaskCount), required=True)
