"""What is said about change sets."""

from marshmallow import Schema, fields, validate

from chassis.fields import Instant
from chassis.paging import page_of
from contracts.customers import CHANGE_SETS
from services.customers.changesets.models import KINDS, STATES
from services.customers.changesets.wording import LANGUAGES


class ChangeSetView(Schema):
    """What one import or bulk change has done to customers."""

    class Meta:
        """Whose fields these are."""

        resource = CHANGE_SETS

    id = fields.UUID(required=True, metadata={"description": "That of the job."})
    kind = fields.String(required=True, metadata={"enum": KINDS, "example": "import"})
    state = fields.String(required=True, metadata={"enum": STATES, "example": "done"})
    created_at = Instant(required=True)
    until = Instant(required=True, metadata={"description": "It can be undone until then."})
    created = fields.Integer(required=True, metadata={"description": "Customers that were entered.", "example": 80})
    updated = fields.Integer(required=True, metadata={"description": "Customers that were changed.", "example": 5})
    undo_job_id = fields.UUID(required=True, allow_none=True, metadata={"description": "The job that takes it back."})


ChangeSetPage = page_of(ChangeSetView)


class UndoOrder(Schema):
    """How to report an undo."""

    language = fields.String(
        load_default="en",
        validate=validate.OneOf(LANGUAGES),
        metadata={"description": "Of the messages in the result file.", "example": "en"},
    )
