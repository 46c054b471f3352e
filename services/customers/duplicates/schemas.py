"""What goes into and comes out of the check for duplicates."""

from marshmallow import Schema, fields, validate

from chassis.fields import Instant
from chassis.paging import PageRequest, page_of
from contracts.customers import DUPLICATE_RULES, DUPLICATES
from services.customers.duplicates.keys import KINDS
from services.customers.duplicates.matches import REASONS
from services.customers.duplicates.pairs import STATES
from services.customers.fields import Country, Email, Line, RegistrationNumber


class Candidate(Schema):
    """A customer that somebody thinks of entering."""

    class Meta:
        """It is a question and no record; what the caller must not know of is refused in the function."""

        resource = None

    name = Line(200, load_default=None, allow_none=True, metadata={"example": "Example Trading Ltd"})
    country = Country(load_default=None, allow_none=True)
    phone = Line(40, load_default=None, allow_none=True, metadata={"example": "+49 40 123456"})
    email = Email(load_default=None, allow_none=True)
    registration_number = RegistrationNumber(load_default=None, allow_none=True)


class MatchView(Schema):
    """A customer that is there already; null stands for what the caller may not know."""

    class Meta:
        """What is out of sight or hidden was left out before."""

        resource = None

    customer_id = fields.UUID(required=True, allow_none=True)
    name = fields.String(required=True, allow_none=True, metadata={"example": "Example Trading Ltd"})
    owner_id = fields.UUID(required=True, allow_none=True)
    in_pool = fields.Boolean(required=True, metadata={"example": False})
    team = fields.String(
        required=True, allow_none=True, metadata={"description": "The team that it belongs to.", "example": "East"}
    )
    reasons = fields.List(
        fields.String(metadata={"enum": REASONS, "example": "phone"}),
        required=True,
        metadata={"description": "What it has in common."},
    )


class CheckView(Schema):
    """What is there already."""

    class Meta:
        """It only holds matches."""

        resource = None

    matches = fields.List(fields.Nested(MatchView), required=True)
    enters = fields.Boolean(
        required=True, metadata={"description": "Whether it could be entered all the same.", "example": True}
    )


class OfRules(Schema):
    """About the rules of the house."""

    class Meta:
        """Whose fields these are."""

        resource = DUPLICATE_RULES


class RulesChange(OfRules):
    """Which keys no two customers may have."""

    enforced = fields.List(
        fields.String(validate=validate.OneOf(KINDS), metadata={"example": "phone"}),
        required=True,
        validate=validate.Length(max=len(KINDS)),
        metadata={"description": "The kinds of keys; none at all lets everything in."},
    )


class RulesView(OfRules):
    """Which keys no two customers may have."""

    version = fields.Integer(required=True, metadata={"example": 1})
    enforced = fields.List(fields.String(metadata={"enum": KINDS, "example": "phone"}), required=True)
    updated_at = Instant(required=True)


class DuplicateSearch(PageRequest):
    """Which pairs."""

    state = fields.String(
        load_default="open",
        validate=validate.OneOf(STATES),
        metadata={"description": "Those to be looked at, or what was decided.", "example": "open"},
    )


class DuplicateView(Schema):
    """Two customers that may be one."""

    class Meta:
        """Whose fields these are."""

        resource = DUPLICATES

    id = fields.UUID(required=True)
    one_id = fields.UUID(required=True)
    other_id = fields.UUID(required=True)
    one_name = fields.String(required=True, metadata={"example": "Example Trading Ltd"})
    other_name = fields.String(required=True, metadata={"example": "Example Trading"})
    likeness = fields.Float(required=True, metadata={"description": "From 0 to 1.", "example": 0.93})
    reasons = fields.Dict(
        required=True,
        metadata={"description": "How alike they are in what both have and you may read.", "example": {"name": 1.0}},
    )
    state = fields.String(required=True, metadata={"enum": STATES, "example": "open"})
    created_at = Instant(required=True)


DuplicatePage = page_of(DuplicateView)
