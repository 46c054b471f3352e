"""What goes into and comes out of pools."""

from typing import Any
from zoneinfo import available_timezones

from marshmallow import Schema, ValidationError, fields, validate

from chassis.custom_fields.fields import MOST
from chassis.field_policy.schemas import NoRecord
from chassis.identity.policy import CUSTOM_NAME
from chassis.paging import page_of
from contracts.pools import POOLS, RELEASE_REASONS
from services.customers.fields import Flag, Instant, Line, Whole
from services.customers.filters import pool_filter
from services.customers.pool_hiding import HIDEABLE, is_hideable
from services.customers.pool_models import LIMITS
from services.customers.pools.distributing import METHODS
from services.customers.schemas import Release

NAMES_OF_HIDEABLE = {"anyOf": [{"enum": sorted(HIDEABLE)}, {"pattern": f"^{CUSTOM_NAME.pattern}$"}], "example": "phone"}
MOST_HIDDEN = len(HIDEABLE) + MOST
NOT_COUNTED = "Customers that need no room in anybody's capacity."
KEY_ACCOUNTS = {"field": "tags", "op": "has", "value": "key account"}
MOST_LISTED = 200
MOST_AT_ONCE = 100
YEAR_OF_HOURS = 24 * 366
ZONE_PATTERN = r"^[A-Za-z][A-Za-z0-9_+-]{0,30}(/[A-Za-z0-9_+-]{1,30}){0,2}$"
CONDITIONS = ("no_follow_up", "no_deal", "protection_end", "contract_end")
WHY = (
    *("lies-there", "by-person", "by-team", "by-role", "by-everybody", "default"),
    *("later-in-order", "not-in-scope", "closed"),
)


def _check_hideable(name: str) -> None:
    if not is_hideable(name):
        raise ValidationError("Not a field that can be hidden.")


class Zone(fields.String):
    """A time zone by its name in the IANA database."""

    def __init__(self, **options: Any) -> None:
        text = "Whose midnight begins a new day of quotas: a name of the IANA database."
        said = {"description": text, "example": "Asia/Shanghai", "pattern": ZONE_PATTERN}
        super().__init__(metadata=said, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **rest: Any) -> str:
        name: str = super()._deserialize(value, attr, data, **rest)
        if name not in available_timezones():
            raise ValidationError("No time zone of the IANA database.")
        return name


def _ids(text: str, **options: Any) -> Any:
    inner = fields.UUID()
    length = validate.Length(max=MOST_LISTED)
    return fields.List(inner, validate=length, metadata={"description": text, "example": []}, **options)


class OfPools(Schema):
    """A payload about pools."""

    class Meta:
        """Whose fields these are."""

        resource = POOLS


class Limit(NoRecord):
    """The most that people may have or do."""

    rule = fields.String(
        required=True,
        validate=validate.OneOf(LIMITS),
        metadata={"description": "What is limited, for each person.", "example": "claims_per_day"},
    )
    role_id = fields.UUID(
        load_default=None,
        allow_none=True,
        metadata={"description": "Whom it is for; without it, all of whose roles no limit speaks.", "example": None},
    )
    most = Whole(0, 1_000_000, required=True, metadata={"example": 5})


class RecycleCondition(NoRecord):
    """A time that has to pass."""

    kind = fields.String(
        required=True,
        validate=validate.OneOf(CONDITIONS),
        metadata={
            "description": "Since the last follow-up or deal (or since the owner has it, if that is later), or after "
            "the end of its protection or contract.",
            "example": "no_follow_up",
        },
    )
    days = Whole(0, 3650, required=True, metadata={"example": 30})


class RecycleRule(NoRecord):
    """When customers go back to the pool."""

    name = Line(100, required=True, metadata={"example": "30 days without a follow-up"})
    match = fields.String(
        load_default="all",
        validate=validate.OneOf(("all", "any")),
        metadata={"description": "Whether all conditions are needed, or one is enough.", "example": "all"},
    )
    conditions = fields.List(fields.Nested(RecycleCondition), required=True, validate=validate.Length(1, 8))
    filter = pool_filter(
        "Which customers it is about, such as those of a grade or stage; without it, all.",
        {"field": "grade", "op": "eq", "value": "C"},
        load_default=None,
        allow_none=True,
    )


class AssignmentRule(NoRecord):
    """Among whom such customers are distributed."""

    name = Line(100, required=True, metadata={"example": "Software in Germany"})
    filter = pool_filter("Which ones.", {"field": "country", "op": "eq", "value": "Germany"}, required=True)
    people = fields.List(
        fields.UUID(),
        required=True,
        validate=validate.Length(1, MOST_LISTED),
        metadata={"description": "As far as the pool is for them.", "example": []},
    )


class PoolFields(OfPools):
    """What a pool is, and its rules."""

    time_zone = Zone()
    everybody = Flag(metadata={"description": "Whether it is for all who may claim.", "example": False})
    teams = _ids("It is for the members of these teams and of all below them.")
    roles = _ids("It is for those with one of these roles.")
    people = _ids("It is for these people.")
    administrators = _ids("They look after the pool; its rules of claiming do not hold for them.")
    hidden_fields = fields.List(
        fields.String(validate=_check_hideable, metadata=NAMES_OF_HIDEABLE),
        validate=validate.Length(max=MOST_HIDDEN),
        metadata={
            "description": "Fields of customers that are not shown as long as they lie here, also custom ones "
            "(`custom.` and the key) and all of these (`custom`)."
        },
    )
    limits = fields.List(
        fields.Nested(Limit),
        validate=validate.Length(max=MOST_LISTED),
        metadata={"description": "Of several for his roles, the largest is a person's."},
    )
    not_counted = pool_filter(NOT_COUNTED, KEY_ACCOUNTS, allow_none=True)
    cool_down_hours = Whole(
        1,
        YEAR_OF_HOURS,
        allow_none=True,
        metadata={"description": "How long the last owner cannot take a customer again.", "example": 12},
    )
    fresh_hours = Whole(
        1,
        YEAR_OF_HOURS,
        allow_none=True,
        metadata={"description": "How long nobody takes a customer that has just come here.", "example": 1},
    )
    assignment_rules = fields.List(
        fields.Nested(AssignmentRule),
        validate=validate.Length(max=50),
        metadata={"description": "The first that matches says whom a customer goes to.", "example": []},
    )
    recycling = Flag(metadata={"description": "Whether its rules take customers back.", "example": True})
    recycle_rules = fields.List(
        fields.Nested(RecycleRule),
        validate=validate.Length(max=20),
        metadata={"description": "Each of them takes customers back, for itself."},
    )
    warn_days = fields.List(
        Whole(1, 365, metadata={"example": 7}),
        validate=validate.Length(max=10),
        metadata={"description": "How many days before that the owner is told.", "example": [7, 3, 1]},
    )
    escalate_days = Whole(
        1,
        365,
        allow_none=True,
        metadata={
            "description": "From how many days before, warnings also go to those who may assign his customers.",
            "example": 1,
        },
    )
    protect_days = Whole(
        1,
        3650,
        allow_none=True,
        metadata={"description": "How long an owner may protect a customer; null if he may not.", "example": 30},
    )
    reason_required = Flag(
        metadata={"description": "Whether a release into it needs a reason of the list.", "example": False}
    )


PRIORITY = {"description": "The smaller, the earlier it takes what is given back.", "example": 10}
ENABLED = {"description": "Whether it takes customers and lets them be taken.", "example": True}


class NewPool(PoolFields):
    """A pool to open."""

    name = Line(100, required=True, metadata={"example": "North"})
    priority = Whole(1, 10_000, load_default=100, metadata=PRIORITY)
    enabled = Flag(load_default=True, metadata=ENABLED)


class PoolChange(PoolFields):
    """What is to be different; fields that are not given stay as they are."""

    name = Line(100, metadata={"example": "North"})
    priority = Whole(1, 10_000, metadata=PRIORITY)
    enabled = Flag(metadata=ENABLED)


class PoolView(OfPools):
    """A pool and its rules."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True, metadata={"example": 1})
    name = fields.String(required=True, metadata={"example": "North"})
    priority = fields.Integer(required=True, metadata=PRIORITY)
    enabled = fields.Boolean(required=True, metadata=ENABLED)
    is_default = fields.Boolean(
        required=True, metadata={"description": "Whether it takes what no other pool takes.", "example": False}
    )
    time_zone = fields.String(required=True, metadata={"example": "Asia/Shanghai"})
    everybody = fields.Boolean(required=True, metadata={"example": False})
    teams = fields.List(fields.UUID(), required=True)
    roles = fields.List(fields.UUID(), required=True)
    people = fields.List(fields.UUID(), required=True)
    administrators = fields.List(fields.UUID(), required=True)
    hidden_fields = fields.List(fields.String(metadata=NAMES_OF_HIDEABLE), required=True)
    limits = fields.List(fields.Nested(Limit), required=True)
    not_counted = pool_filter(NOT_COUNTED, KEY_ACCOUNTS, required=True, allow_none=True)
    cool_down_hours = fields.Integer(required=True, allow_none=True, metadata={"example": 12})
    fresh_hours = fields.Integer(required=True, allow_none=True, metadata={"example": 1})
    reason_required = fields.Boolean(required=True, metadata={"example": False})
    assignment_rules = fields.List(fields.Nested(AssignmentRule), required=True)
    recycling = fields.Boolean(required=True, metadata={"example": True})
    recycle_rules = fields.List(fields.Nested(RecycleRule), required=True)
    warn_days = fields.List(fields.Integer(metadata={"example": 7}), required=True)
    escalate_days = fields.Integer(required=True, allow_none=True, metadata={"example": 1})
    protect_days = fields.Integer(required=True, allow_none=True, metadata={"example": 30})
    created_at = Instant(required=True)
    updated_at = Instant(required=True)


PoolPage = page_of(PoolView)


class MatchQuestion(Schema):
    """Of what the pool is asked for."""

    customer_id = fields.UUID(load_default=None, metadata={"description": "A customer that you see."})
    owner_id = fields.UUID(load_default=None, metadata={"description": "Somebody who may give customers back."})


class AskedPool(NoRecord):
    """A pool, and why it takes a customer or not."""

    pool_id = fields.UUID(required=True)
    name = fields.String(required=True, metadata={"example": "North"})
    priority = fields.Integer(required=True, metadata={"example": 10})
    why = fields.String(required=True, metadata={"enum": WHY, "example": "by-team"})


class PoolMatch(NoRecord):
    """The pool that takes a customer."""

    pool_id = fields.UUID(required=True)
    name = fields.String(required=True, metadata={"example": "North"})
    asked = fields.List(
        fields.Nested(AskedPool), required=True, metadata={"description": "All pools, in the order of their priority."}
    )


class OfReasons(Schema):
    """A payload about reasons for a release."""

    class Meta:
        """Whose fields these are."""

        resource = RELEASE_REASONS


class NewReleaseReason(OfReasons):
    """A reason to add to the list."""

    name = Line(100, required=True, metadata={"example": "No budget"})
    enabled = Flag(load_default=True, metadata={"description": "Whether it can be chosen.", "example": True})


class ReleaseReasonChange(OfReasons):
    """What is to be different."""

    name = Line(100, metadata={"example": "No budget"})
    enabled = Flag(metadata={"description": "Whether it can be chosen.", "example": True})


class ReleaseReasonView(OfReasons):
    """A reason for a release."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True, metadata={"example": 1})
    name = fields.String(required=True, metadata={"example": "No budget"})
    enabled = fields.Boolean(required=True, metadata={"example": True})
    created_at = Instant(required=True)
    updated_at = Instant(required=True)


ReleaseReasonPage = page_of(ReleaseReasonView)


def _several() -> Any:
    length = validate.Length(1, MOST_AT_ONCE)
    text = {"description": "Each of them once, in this order."}
    return fields.List(fields.UUID(), required=True, validate=length, metadata=text)


class Claims(NoRecord):
    """Which customers to take."""

    customer_ids = _several()


class Releases(Release):
    """Which customers go back, and why."""

    customer_ids = _several()


class Assignments(NoRecord):
    """Which customers go to whom."""

    customer_ids = _several()
    owner_id = fields.UUID(load_default=None, allow_none=True, metadata={"example": None})
    method = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf(METHODS),
        metadata={"description": "How to choose among those whom the pool is for.", "example": "round_robin"},
    )
    reason = Line(500, load_default=None, allow_none=True, metadata={"example": "New territory"})


class BulkResult(NoRecord):
    """What became of one of them."""

    customer_id = fields.UUID(required=True)
    outcome = fields.String(required=True, metadata={"enum": ("done", "refused"), "example": "done"})
    owner_id = fields.UUID(required=True, allow_none=True)
    pool_id = fields.UUID(required=True, allow_none=True)
    why = fields.String(
        required=True, allow_none=True, metadata={"description": "Why it is this owner.", "example": "First in turn"}
    )
    problem = fields.String(
        required=True, allow_none=True, metadata={"description": "The type of the refusal.", "example": None}
    )
    detail = fields.String(required=True, allow_none=True, metadata={"example": None})
    rule = fields.String(required=True, allow_none=True, metadata={"description": "Which rule refuses it."})
    passes_at = Instant(required=True, allow_none=True, metadata={"description": "Until when, if that is known."})


class BulkResults(NoRecord):
    """What became of each of them."""

    items = fields.List(fields.Nested(BulkResult), required=True)
