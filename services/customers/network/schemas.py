"""What goes into and comes out of the network."""

from marshmallow import Schema, fields, validate

from chassis.field_policy.schemas import NoRecord
from chassis.fields import Flag
from chassis.paging import PageRequest, page_of
from contracts.customers import CUSTOMERS, RELATIONS
from services.customers.fields import REVENUE_PATTERN, Day, Line
from services.customers.models import KINDS as CUSTOMER_KINDS
from services.customers.network.around import MOST_NODES
from services.customers.network.models import KINDS, ROLES
from services.customers.network.walking import PARENT
from services.customers.stages import STAGES

WALKED = (*KINDS, PARENT)
MOST_HOPS = 4


class OfRelations(Schema):
    """A payload about relations."""

    class Meta:
        """Whose fields these are."""

        resource = RELATIONS


class RelationChange(OfRelations):
    """What is to be different; fields that are not given stay as they are."""

    role = fields.String(
        allow_none=True,
        validate=validate.OneOf(ROLES),
        metadata={"description": "What a person is where he works.", "example": "decision_maker"},
    )
    note = Line(500, allow_none=True, metadata={"example": "Signs for orders above 100,000"})
    since = Day(allow_none=True, metadata={"description": "Its first day.", "example": "2024-03-01"})
    until = Day(allow_none=True, metadata={"description": "Its last day; null while it lasts.", "example": None})


class NewRelation(RelationChange):
    """A relation to enter."""

    id = fields.UUID(metadata={"description": "An id of your own choice, if you like."})
    to_id = fields.UUID(required=True, metadata={"description": "The customer that it leads to."})
    kind = fields.String(required=True, validate=validate.OneOf(KINDS), metadata={"example": "supplier_of"})


class RelationView(OfRelations):
    """A relation from one customer to another."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True, metadata={"example": 1})
    from_id = fields.UUID(required=True)
    to_id = fields.UUID(required=True)
    kind = fields.String(required=True, metadata={"enum": KINDS, "example": "supplier_of"})
    role = fields.String(required=True, allow_none=True, metadata={"enum": [*ROLES, None], "example": None})
    note = fields.String(required=True, allow_none=True, metadata={"example": "Since the fair"})
    since = Day(required=True, allow_none=True, metadata={"example": "2024-03-01"})
    until = Day(required=True, allow_none=True, metadata={"example": None})


RelationPage = page_of(RelationView)


class RelationSearch(PageRequest):
    """Which relations of a customer."""

    kind = fields.String(load_default=None, validate=validate.OneOf(KINDS), metadata={"example": "works_at"})
    lasting = Flag(load_default=False, metadata={"description": "Only those that last today.", "example": True})


def _kind() -> fields.String:
    said = {"description": "Only along relations of this kind; without it, along all.", "example": "supplier_of"}
    return fields.String(load_default=None, validate=validate.OneOf(WALKED), metadata=said)


class NetworkSearch(NoRecord):
    """How far to look around."""

    hops = fields.Integer(load_default=1, validate=validate.Range(1, MOST_HOPS), metadata={"example": 2})
    kind = _kind()
    limit = fields.Integer(
        load_default=200,
        validate=validate.Range(1, MOST_NODES),
        metadata={"description": "How many customers to answer at the most.", "example": 100},
    )


class PathSearch(NoRecord):
    """Along which relations."""

    kind = _kind()


class SuggestionSearch(NoRecord):
    """How many suggestions."""

    limit = fields.Integer(load_default=20, validate=validate.Range(1, 100), metadata={"example": 20})


class NodeCustomer(Schema):
    """A customer in the network."""

    class Meta:
        """Whose fields these are."""

        resource = CUSTOMERS

    id = fields.UUID(required=True)
    kind = fields.String(required=True, metadata={"enum": CUSTOMER_KINDS, "example": "organisation"})
    name = fields.String(required=True, metadata={"example": "Example Trading Ltd"})
    industry = fields.String(required=True, allow_none=True, metadata={"example": "C36"})
    lifecycle_stage = fields.String(required=True, metadata={"enum": STAGES, "example": "lead"})
    owner_id = fields.UUID(required=True, allow_none=True)
    in_pool = fields.Boolean(required=True, metadata={"example": False})


class NodeView(NoRecord):
    """A customer and how far it is away."""

    customer = fields.Nested(NodeCustomer, required=True)
    hops = fields.Integer(required=True, metadata={"example": 1})


class EdgeView(NoRecord):
    """A relation between two of the customers."""

    id = fields.UUID(required=True, allow_none=True, metadata={"description": "Null of companies above others."})
    from_id = fields.UUID(required=True)
    to_id = fields.UUID(required=True)
    kind = fields.String(required=True, metadata={"enum": WALKED, "example": "supplier_of"})
    role = fields.String(required=True, allow_none=True, metadata={"example": None})
    since = Day(required=True, allow_none=True, metadata={"example": "2024-03-01"})


class NetworkView(NoRecord):
    """Customers and the relations between them."""

    nodes = fields.List(fields.Nested(NodeView), required=True)
    edges = fields.List(fields.Nested(EdgeView), required=True)
    cut = fields.Boolean(required=True, metadata={"description": "Whether there is more.", "example": False})


class PathView(NoRecord):
    """A way from one customer to another, in order."""

    nodes = fields.List(fields.Nested(NodeView), required=True)
    edges = fields.List(fields.Nested(EdgeView), required=True)
    found = fields.Boolean(required=True, metadata={"example": True})


class KeyNodeView(NoRecord):
    """A customer with many relations."""

    customer = fields.Nested(NodeCustomer, required=True)
    degree = fields.Integer(required=True, metadata={"description": "Relations in the branch.", "example": 12})


class PositionView(NoRecord):
    """How central a customer is in its branch of industry."""

    industry = fields.String(required=True, allow_none=True, metadata={"example": "C36"})
    degree = fields.Integer(required=True, metadata={"description": "Relations in the branch.", "example": 12})
    rank = fields.Integer(required=True, allow_none=True, metadata={"description": "1 is the most central."})
    members = fields.Integer(required=True, metadata={"description": "Customers of the branch.", "example": 250})
    key_nodes = fields.List(fields.Nested(KeyNodeView), required=True)


class SuggestionView(NoRecord):
    """Somebody to win, and by way of whom."""

    customer = fields.Nested(NodeCustomer, required=True)
    through = fields.List(fields.UUID(), required=True)


class SuggestionsView(NoRecord):
    """Whom to win next, the most promising first."""

    items = fields.List(fields.Nested(SuggestionView), required=True)


class MemberView(NoRecord):
    """A company of a group."""

    customer = fields.Nested(NodeCustomer, required=True)
    depth = fields.Integer(required=True, metadata={"description": "Steps below the top.", "example": 1})
    parent_id = fields.UUID(required=True, allow_none=True, metadata={"description": "Null of the top."})


class GroupView(NoRecord):
    """A customer with the companies below it."""

    nodes = fields.List(fields.Nested(MemberView), required=True)
    members = fields.Integer(required=True, metadata={"description": "With those not shown.", "example": 4})
    depth = fields.Integer(required=True, metadata={"example": 2})
    employees = fields.Integer(required=True, allow_none=True, metadata={"example": 1250})
    revenue = fields.String(
        required=True, allow_none=True, metadata={"pattern": REVENUE_PATTERN.replace("12", "16"), "example": "99.50"}
    )
