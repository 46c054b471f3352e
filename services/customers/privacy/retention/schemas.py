"""What goes into and comes out of retention rules and holds."""

from marshmallow import Schema, fields, validate

from chassis.field_policy.schemas import NoRecord
from chassis.fields import Instant, Text, Whole
from chassis.subjects.holds import REASONS
from contracts.customers import PRIVACY_STATES, RETENTION

CLASS = r"^[a-z_]{1,49}\.[a-z_]{1,49}$"
MOST_RULES = 100
LONGEST = 1_200
EXAMPLE = {"records": "interactions.interactions", "months": 36}


class RetentionRule(NoRecord):
    """For how long records of a class are kept."""

    records = Text(
        99, pattern=CLASS, required=True, metadata={"description": "The class.", "example": EXAMPLE["records"]}
    )
    months = Whole(
        1, LONGEST, required=True, metadata={"description": "They are kept for so many months.", "example": 36}
    )


class Rules(Schema):
    """The rules of the house."""

    class Meta:
        """Whose fields they are."""

        resource = RETENTION

    rules = fields.List(
        fields.Nested(RetentionRule),
        required=True,
        validate=validate.Length(max=MOST_RULES),
        metadata={"description": "At the most one for each class; what has none is kept.", "example": [EXAMPLE]},
    )


class RulesToTry(Schema):
    """Rules to try out."""

    class Meta:
        """Whose fields they are."""

        resource = RETENTION

    rules = fields.List(
        fields.Nested(RetentionRule),
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=MOST_RULES),
        metadata={"description": "Null: those that hold.", "example": [EXAMPLE]},
    )


class RetentionClassView(NoRecord):
    """A class of records that there can be a rule for."""

    name = fields.String(required=True, metadata={"example": EXAMPLE["records"]})
    said = fields.String(required=True, metadata={"description": "What it is.", "example": "The words of tickets."})
    outcome = fields.String(
        required=True, metadata={"description": "What becomes of such records.", "example": "emptied"}
    )


class RetentionView(Schema):
    """For how long what is kept."""

    class Meta:
        """Whose fields they are."""

        resource = RETENTION

    version = fields.Integer(required=True, metadata={"example": 1})
    rules = fields.List(fields.Nested(RetentionRule), required=True)
    classes = fields.List(
        fields.Nested(RetentionClassView),
        required=True,
        metadata={"description": "What there can be rules for, as the services have declared it."},
    )
    next_run_at = Instant(
        required=True, allow_none=True, metadata={"description": "When the rules are carried out next."}
    )
    changed_by = fields.UUID(required=True, allow_none=True)
    created_at = Instant(
        required=True, metadata={"description": "Since when contacts are counted: no customer's age is older."}
    )
    updated_at = Instant(required=True)


class Hold(Schema):
    """Why a customer must be kept."""

    class Meta:
        """Whose fields they are."""

        resource = PRIVACY_STATES

    reason = Text(500, required=True, metadata={"example": "Lawsuit 7 O 12/26"})


class HoldView(Schema):
    """What keeps a customer from being erased because of his age."""

    class Meta:
        """Whose fields they are."""

        resource = PRIVACY_STATES

    customer_id = fields.UUID(required=True)
    reason = fields.String(
        required=True, allow_none=True, metadata={"description": "Null: nobody holds him.", "example": None}
    )
    held_by = fields.UUID(required=True, allow_none=True)
    held_at = Instant(required=True, allow_none=True)
    open_tickets = fields.Integer(required=True, metadata={"example": 0})
    last_contact_at = Instant(required=True, allow_none=True)
    kept_for = fields.String(
        required=True,
        allow_none=True,
        metadata={"enum": [*REASONS, None], "description": "What keeps him now.", "example": None},
    )
