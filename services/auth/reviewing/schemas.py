"""What goes into and comes out of access reviews."""

from marshmallow import fields

from chassis.field_policy.schemas import NoRecord
from chassis.fields import Flag, Instant, Text, Whole
from chassis.paging import PageRequest, page_of
from services.auth.reviewing.models import ACCOUNT, CONFIRMED, MOOT, OPEN, REVOKED, ROLE

MOST_DAYS = 365


class NewReview(NoRecord):
    """An access review to begin."""

    days = Whole(
        1,
        MOST_DAYS,
        load_default=30,
        metadata={"description": "By when the reviewers should have decided, from today.", "example": 30},
    )


class ReviewOverview(NoRecord):
    """How far an access review is."""

    id = fields.UUID(required=True)
    started_by = fields.UUID(required=True)
    created_at = Instant(required=True)
    due_at = Instant(required=True)
    closed_at = Instant(required=True, allow_none=True, metadata={"description": "When the last line was decided."})
    reminders = fields.Integer(required=True, metadata={"description": "How often reviewers were written to."})
    lines = fields.Integer(required=True, metadata={"description": "In all.", "example": 120})
    open = fields.Integer(required=True, metadata={"description": "Not decided yet.", "example": 7})


class ReviewerProgress(NoRecord):
    """How far one reviewer is."""

    reviewer_id = fields.UUID(
        required=True, allow_none=True, metadata={"description": "Null: those who review the audit trail."}
    )
    name = fields.String(required=True, allow_none=True, metadata={"example": "Team lead"})
    lines = fields.Integer(required=True, metadata={"example": 12})
    open = fields.Integer(required=True, metadata={"example": 3})


class ReviewView(ReviewOverview):
    """How far an access review is, manager by manager."""

    managers = fields.List(fields.Nested(ReviewerProgress), required=True)


class LineSearch(PageRequest):
    """Which lines."""

    reviewer = fields.UUID(load_default=None, metadata={"description": "Of one manager."})
    open = Flag(load_default=None, metadata={"description": "Those that are to be decided, or only the others."})


class LineView(NoRecord):
    """One right of one person, or an account that nobody uses."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    review_id = fields.UUID(required=True)
    reviewer_id = fields.UUID(required=True, allow_none=True, metadata={"description": "Who decides."})
    user_id = fields.UUID(required=True)
    user_name = fields.String(required=True, metadata={"example": "Sales rep"})
    kind = fields.String(required=True, metadata={"enum": [ROLE, ACCOUNT], "example": ROLE})
    role_id = fields.UUID(required=True, allow_none=True)
    role_name = fields.String(required=True, allow_none=True, metadata={"example": "sales_rep"})
    permissions = fields.Dict(
        required=True,
        metadata={
            "description": "What the role permitted when the review began: permission to reach.",
            "example": {"customers:read": "team"},
        },
    )
    unused = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "Permissions not used for 90 days.", "example": ["campaigns:read"]},
    )
    last_log_in = Instant(required=True, allow_none=True, metadata={"description": "When the review began."})
    stale = fields.Boolean(required=True, metadata={"description": "Nobody has logged in for 90 days."})
    decision = fields.String(
        required=True,
        metadata={
            "enum": [OPEN, CONFIRMED, REVOKED, MOOT],
            "description": "`moot`: the right was gone already when it was to be revoked.",
            "example": OPEN,
        },
    )
    decided_by = fields.UUID(required=True, allow_none=True)
    decided_at = Instant(required=True, allow_none=True)
    remark = fields.String(required=True, allow_none=True)


class Decision(NoRecord):
    """Why."""

    remark = Text(1_000, load_default=None, metadata={"description": "Why.", "example": "Has moved to service"})


ReviewPage = page_of(ReviewOverview)
LinePage = page_of(LineView)
