"""What goes into and comes out of the policy of the house."""

from marshmallow import Schema, fields, validate

from chassis.fields import Instant, Whole
from contracts.auth import AUTH_POLICY
from services.auth.house_policy.models import CHOICES

MOST_ROLES = 200
YEAR_IN_HOURS = 8_760
LONGEST_INITIAL_DAYS = 365

SECOND_FACTOR = "Whether everybody needs an authenticator app or a passkey."
ROLES = "The ids of roles that need one in any case."
IDLE = "After so many hours without use a session is over."
ABSOLUTE = "After so many hours a session is over in any case."
INITIAL = "For so many days a password is good that somebody else has made; then it has to be reset."


class PolicyWanted(Schema):
    """What the house asks."""

    class Meta:
        """Whose fields they are."""

        resource = AUTH_POLICY

    second_factor = fields.String(
        required=True,
        validate=validate.OneOf(CHOICES),
        metadata={"description": SECOND_FACTOR, "example": "optional"},
    )
    second_factor_roles = fields.List(
        fields.UUID(),
        required=True,
        validate=validate.Length(max=MOST_ROLES),
        metadata={"description": ROLES, "example": []},
    )
    session_idle_hours = Whole(1, YEAR_IN_HOURS, required=True, metadata={"description": IDLE, "example": 168})
    session_absolute_hours = Whole(1, YEAR_IN_HOURS, required=True, metadata={"description": ABSOLUTE, "example": 720})
    initial_password_days = Whole(
        1, LONGEST_INITIAL_DAYS, required=True, metadata={"description": INITIAL, "example": 7}
    )


class PolicyView(Schema):
    """What the house asks of everybody who logs in."""

    class Meta:
        """Whose fields they are."""

        resource = AUTH_POLICY

    version = fields.Integer(required=True, metadata={"example": 1})
    second_factor = fields.String(
        required=True, metadata={"enum": CHOICES, "description": SECOND_FACTOR, "example": "optional"}
    )
    second_factor_roles = fields.List(fields.UUID(), required=True, metadata={"description": ROLES, "example": []})
    session_idle_hours = fields.Integer(required=True, metadata={"description": IDLE, "example": 168})
    session_absolute_hours = fields.Integer(required=True, metadata={"description": ABSOLUTE, "example": 720})
    initial_password_days = fields.Integer(required=True, metadata={"description": INITIAL, "example": 7})
    changed_by = fields.UUID(required=True, allow_none=True)
    created_at = Instant(required=True)
    updated_at = Instant(required=True)
