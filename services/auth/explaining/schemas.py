"""What goes into and comes out of explanations."""

from marshmallow import Schema, fields, validate

from chassis.explaining import NOBODYS, OTHERS, OWN, TEAM, TEAM_BELOW
from chassis.field_policy.schemas import NoRecord
from chassis.identity.caller import Reach
from chassis.identity.policy import ACCESSES
from contracts.resources import RESOURCES

REACHES = [reach.name.lower() for reach in Reach]


class AccessQuery(Schema):
    """What the explanation is to be about; without a resource it is about all permissions."""

    resource = fields.String(
        load_default=None,
        validate=validate.OneOf(sorted(RESOURCES)),
        metadata={"description": "Only what concerns this kind of record.", "example": "customers"},
    )
    record_id = fields.UUID(
        load_default=None, metadata={"description": "A record of this kind, which you must see yourself."}
    )
    field = fields.String(
        load_default=None,
        validate=validate.Length(1, 100),
        metadata={"description": "Only this field of it.", "example": "phone"},
    )


class GrantedPermission(NoRecord):
    """A permission, and the roles that it comes from."""

    permission = fields.String(required=True, metadata={"example": "customers:read"})
    reach = fields.String(required=True, metadata={"enum": REACHES, "example": "team"})
    roles = fields.List(fields.String(metadata={"example": "sales_rep"}), required=True)


class FieldAccess(NoRecord):
    """What may be done with a field, in own records and in those of others, and the roles that speak of it."""

    field = fields.String(required=True, metadata={"example": "phone"})
    own = fields.String(required=True, metadata={"enum": list(ACCESSES), "example": "full"})
    others = fields.String(required=True, metadata={"enum": list(ACCESSES), "example": "masked"})
    roles = fields.List(fields.String(metadata={"example": "sales_rep"}), required=True)


class RecordAccess(NoRecord):
    """What may be done with one record."""

    sees = fields.Boolean(required=True, metadata={"description": "Whether he finds it at all.", "example": True})
    changes = fields.Boolean(
        required=True,
        allow_none=True,
        metadata={
            "description": "Whether he may change it; null if that is not asked of its owner.",
            "example": False,
        },
    )
    relation = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "Whose it is: his own, of a team of his, of a team below, of others, of nobody.",
            "enum": [OWN, TEAM, TEAM_BELOW, OTHERS, NOBODYS, None],
            "example": TEAM,
        },
    )
    by_share = fields.Boolean(
        required=True, metadata={"description": "Whether he sees it only because it is shared.", "example": False}
    )


class AccessView(NoRecord):
    """What somebody may do, and why."""

    user_id = fields.UUID(required=True)
    active = fields.Boolean(
        required=True, metadata={"description": "Whether the account is open: a closed one can do nothing."}
    )
    permissions = fields.List(fields.Nested(GrantedPermission), required=True)
    fields_ = fields.List(
        fields.Nested(FieldAccess),
        required=True,
        data_key="fields",
        metadata={"description": "Of the resource, if one is named."},
    )
    record = fields.Nested(RecordAccess, required=True, allow_none=True)
    reasons = fields.List(
        fields.String(metadata={"example": "customers:read reaches team (sales_rep)"}),
        required=True,
        metadata={"description": "The same in sentences."},
    )
