"""What goes into and comes out of grading and moving."""

from marshmallow import Schema, fields, validate

from chassis.paging import page_of
from contracts.customers import STANDINGS
from services.customers.fields import Instant, Line
from services.customers.stages import STAGES
from services.customers.standing.models import FIELDS


class Grading(Schema):
    """The grade that a customer is to have, and why."""

    grade = Line(100, required=True, allow_none=True, metadata={"description": "Its code or name.", "example": "A"})
    reason = Line(500, load_default=None, allow_none=True, metadata={"example": "Bought for 2 million last year"})


class Move(Schema):
    """The stage that a customer is to be in, and why."""

    stage = fields.String(required=True, validate=validate.OneOf(STAGES), metadata={"example": "prospect"})
    reason = Line(500, load_default=None, allow_none=True, metadata={"example": "Asked for a quotation"})


class StandingView(Schema):
    """A change of a customer's grade or stage; null stands for none."""

    class Meta:
        """Whose fields these are."""

        resource = STANDINGS

    id = fields.UUID(required=True)
    field = fields.String(required=True, metadata={"enum": FIELDS, "example": "grade"})
    before = fields.String(required=True, allow_none=True, metadata={"example": "B"})
    after = fields.String(required=True, allow_none=True, metadata={"example": "A"})
    reason = fields.String(required=True, allow_none=True, metadata={"example": "Bought for 2 million last year"})
    by_id = fields.UUID(required=True, metadata={"description": "Who did it."})
    at = Instant(required=True)


StandingPage = page_of(StandingView)
