"""What goes into and comes out of clocks and simulations."""

from marshmallow import Schema, fields, validate

from chassis.field_policy.schemas import NoRecord
from contracts.pools import POOL_CLOCKS
from services.customers.fields import Instant, Whole
from services.customers.pools.schemas import CONDITIONS, RecycleRule
from services.customers.recycling.clocks import RESETS

RESET_BY = [reset for reset, _, _ in RESETS.values()]


class Protection(NoRecord):
    """For how long to protect a customer."""

    days = Whole(1, 3650, required=True, metadata={"description": "From now.", "example": 14})


class ProtectionView(NoRecord):
    """Until when a customer is protected."""

    customer_id = fields.UUID(required=True)
    protected_until = Instant(required=True)


class ClockCondition(NoRecord):
    """A condition of the rule that takes the customer back."""

    kind = fields.String(required=True, metadata={"enum": CONDITIONS, "example": "no_follow_up"})
    days = fields.Integer(required=True, metadata={"example": 30})
    since = Instant(required=True, allow_none=True, metadata={"description": "What the days count from."})
    met_at = Instant(required=True, allow_none=True, metadata={"description": "Null if that will never be."})
    reset_by = fields.String(
        required=True, metadata={"enum": RESET_BY, "description": "What puts it off.", "example": "follow-up"}
    )


class PoolClockView(Schema):
    """When a customer goes back to its pool, and why."""

    class Meta:
        """Whose fields these are."""

        resource = POOL_CLOCKS

    customer_id = fields.UUID(required=True)
    owner_id = fields.UUID(required=True, allow_none=True)
    pool_id = fields.UUID(
        required=True, allow_none=True, metadata={"description": "The pool whose rules hold; null if none do."}
    )
    recycle_at = Instant(required=True, allow_none=True)
    rule = fields.String(required=True, allow_none=True, metadata={"example": "30 days without a follow-up"})
    conditions = fields.List(fields.Nested(ClockCondition), required=True)
    warnings = fields.List(Instant(), required=True, metadata={"description": "When the owner is told."})
    owned_since = Instant(required=True, allow_none=True)
    last_follow_up_at = Instant(required=True, allow_none=True)
    protected_until = Instant(required=True, allow_none=True)


class Simulation(NoRecord):
    """Which rules to try, and how far to look."""

    rules = fields.List(
        fields.Nested(RecycleRule),
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=20),
        metadata={"description": "Without them, those that the pool has."},
    )
    days = Whole(0, 365, load_default=30, metadata={"example": 30})
    limit = Whole(1, 1000, load_default=200, metadata={"example": 50})


class SimulatedCustomer(NoRecord):
    """A customer that would go back."""

    customer_id = fields.UUID(required=True)
    owner_id = fields.UUID(required=True)
    recycle_at = Instant(required=True)
    rule = fields.String(required=True, metadata={"example": "30 days without a follow-up"})
    open_tickets = fields.Integer(
        required=True, metadata={"description": "How many of its tickets somebody has to see to.", "example": 0}
    )


class SimulationResult(NoRecord):
    """What the rules would do."""

    at = Instant(required=True)
    until = Instant(required=True)
    now = fields.Integer(required=True, metadata={"description": "How many are due already.", "example": 3})
    within = fields.Integer(required=True, metadata={"description": "How many go until then.", "example": 8})
    with_open_tickets = fields.Integer(required=True, metadata={"example": 1})
    items = fields.List(fields.Nested(SimulatedCustomer), required=True)
