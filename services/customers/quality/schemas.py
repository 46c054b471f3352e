"""What goes into and comes out of quality."""

from typing import Any

from marshmallow import Schema, fields, validate

from chassis.field_policy.schemas import NoRecord
from chassis.fields import Text, Whole
from chassis.paging import PageRequest, page_of
from contracts.quality import QUALITIES, QUALITY_STANDARDS
from services.customers.fields import Day, Instant
from services.customers.models import KINDS
from services.customers.quality.assessing import STATES
from services.customers.quality.criteria import NAME_PATTERN, WHYS
from services.customers.quality.reporting import GROUPS, MOST_FIELDS
from services.customers.stages import STAGES
from services.customers.tasks.models import QUALITY

MOST_CRITERIA, LONGEST_AGE = 50, 3650


class OfQualities(Schema):
    """A payload about the quality of customers."""

    class Meta:
        """Whose fields these are."""

        resource = QUALITIES


class OfStandards(Schema):
    """A payload about standards."""

    class Meta:
        """Whose fields these are."""

        resource = QUALITY_STANDARDS


def _name(**options: Any) -> Text:
    said = {"description": "A field, `custom.<key>`, `contact`, `verified` or `contacted`.", "example": "phone"}
    return Text(47, pattern=NAME_PATTERN, metadata=said, **options)


def _field() -> fields.String:
    return fields.String(metadata={"example": "phone"})


def _number(text: str = "", **options: Any) -> fields.Integer:
    said = {"description": text} if text else {}
    return fields.Integer(required=True, metadata={"example": 80, "minimum": 0, "maximum": 100, **said}, **options)


def _kind(**options: Any) -> fields.String:
    return fields.String(validate=validate.OneOf(KINDS), metadata={"example": "organisation"}, **options)


def _stage(**options: Any) -> fields.String:
    return fields.String(validate=validate.OneOf(STAGES), metadata={"example": "customer"}, **options)


class Criterion(NoRecord):
    """Something that a good record has."""

    field = _name(required=True)
    weight = Whole(1, 100, required=True, metadata={"example": 3})
    max_age_days = Whole(
        1,
        LONGEST_AGE,
        load_default=None,
        allow_none=True,
        metadata={"description": "How old it may be; null for what does not grow old.", "example": 365},
    )


def _weight(text: str) -> Whole:
    return Whole(0, 100, metadata={"description": f"How much {text} counts in the score.", "example": 50})


class StandardChange(OfStandards):
    """What is to be different; what is not given stays as it is."""

    criteria = fields.List(fields.Nested(Criterion), validate=validate.Length(1, MOST_CRITERIA))
    completeness = _weight("what is there")
    validity = _weight("what is right")
    freshness = _weight("what is new")
    tasks = fields.List(
        fields.String(validate=validate.OneOf(QUALITY), metadata={"example": QUALITY[0]}),
        validate=validate.Length(max=len(QUALITY)),
        metadata={"description": "Of what owners get tasks."},
    )
    due_days = Whole(1, 365, metadata={"description": "How long they have for them.", "example": 14})


class StandardView(OfStandards):
    """What a good record of a kind has in a stage of life."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True, metadata={"example": 1})
    kind = _kind(required=True)
    lifecycle_stage = _stage(required=True)
    criteria = fields.List(fields.Nested(Criterion), required=True)
    completeness = _number()
    validity = _number()
    freshness = _number()
    tasks = fields.List(fields.String(metadata={"enum": QUALITY, "example": QUALITY[0]}), required=True)
    due_days = fields.Integer(required=True, metadata={"example": 14})
    created_at = Instant(required=True)
    updated_at = Instant(required=True)


class Standards(NoRecord):
    """All of them."""

    items = fields.List(fields.Nested(StandardView), required=True)


class Verification(NoRecord):
    """What is confirmed."""

    fields_ = fields.List(
        _name(),
        data_key="fields",
        attribute="fields",
        load_default=list,
        validate=validate.Length(max=MOST_CRITERIA),
        metadata={"description": "Which fields; without any, the whole record."},
    )


def _verified() -> dict[str, fields.Field[Any]]:
    return {
        "verified_at": Instant(required=True, allow_none=True),
        "verified_by": fields.UUID(required=True, allow_none=True),
    }


class QualityItem(NoRecord):
    """What was found about one thing that the standard asks for."""

    field = _field()
    weight = fields.Integer(required=True, metadata={"example": 3})
    state = fields.String(required=True, metadata={"enum": STATES, "example": "stale"})
    why = fields.String(
        required=True, allow_none=True, metadata={"enum": [*WHYS, None], "description": "Why it is not valid."}
    )
    stale = fields.Boolean(required=True, metadata={"description": "Whether it is too old.", "example": True})
    since = Day(required=True, allow_none=True, metadata={"description": "From when its age counts."})
    stale_on = Day(required=True, allow_none=True, metadata={"description": "When it is too old."})
    verified_at = Instant(required=True, allow_none=True)
    verified_by = fields.UUID(required=True, allow_none=True)


class QualityView(OfQualities):
    """How good the data of a customer is."""

    customer_id = fields.UUID(required=True)
    score = _number("From 0 to 100; null if you may not see by which standard it is judged.", allow_none=True)
    completeness = _number("How much of what it should have is there.", allow_none=True)
    validity = _number("How much of what is there is right.", allow_none=True)
    freshness = _number("How much of what grows old is new enough.", allow_none=True)
    standard_id = fields.UUID(required=True, allow_none=True)
    standard_version = fields.Integer(required=True, allow_none=True, metadata={"example": 1})
    falls_on = Day(required=True, allow_none=True, metadata={"description": "When something becomes too old next."})
    verified_at = Instant(
        required=True, allow_none=True, metadata={"description": "When somebody confirmed the whole record."}
    )
    verified_by = fields.UUID(required=True, allow_none=True)
    items = fields.List(fields.Nested(QualityItem), required=True)


class Which(NoRecord):
    """Which customers."""

    kind = _kind(load_default=None)
    lifecycle_stage = _stage(load_default=None)
    owner_id = fields.UUID(load_default=None, metadata={"description": "Only those of this person."})
    team_id = fields.UUID(load_default=None, metadata={"description": "Only those of this team."})
    pool_id = fields.UUID(load_default=None, metadata={"description": "Only those that wait in this pool."})


class ReportSearch(Which):
    """Which customers, and how they are grouped."""

    by = fields.String(load_default="owner", validate=validate.OneOf(list(GROUPS)), metadata={"example": "team"})


class WorstSearch(Which, PageRequest):
    """Which customers, in which order."""

    below = fields.Integer(
        load_default=None,
        validate=validate.Range(1, 100),
        metadata={"description": "Only those with a lower score.", "example": 60},
    )
    lacks = _name(load_default=None)
    sort = fields.String(
        load_default="score", validate=validate.OneOf(["score", "-score"]), metadata={"example": "score"}
    )


def _average() -> fields.Float:
    return fields.Float(required=True, allow_none=True, metadata={"example": 72.5})


class QualityNumbers(NoRecord):
    """The quality of some customers together."""

    customers = fields.Integer(required=True, metadata={"example": 120})
    score = _average()
    completeness = _average()
    validity = _average()
    freshness = _average()
    distribution = fields.List(
        fields.Integer(metadata={"example": 24}),
        required=True,
        metadata={"description": "How many have a score below 20, 40, 60, 80, and from 80 on."},
    )


class QualityGroup(QualityNumbers):
    """The quality of a group of customers."""

    id = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The id of owner, team or pool, the stage or the kind.", "example": "customer"},
    )


class FieldCounts(NoRecord):
    """How often something is to be said of a field."""

    field = _field()
    missing = fields.Integer(required=True, metadata={"example": 12})
    invalid = fields.Integer(required=True, metadata={"example": 3})
    stale = fields.Integer(required=True, metadata={"example": 7})


class QualityReport(NoRecord):
    """The quality of customers, in all and by groups."""

    all = fields.Nested(QualityNumbers, required=True)
    items = fields.List(fields.Nested(QualityGroup), required=True)
    fields_ = fields.List(
        fields.Nested(FieldCounts),
        required=True,
        data_key="fields",
        metadata={"description": f"The {MOST_FIELDS} of which there is most to say."},
    )


class QualityListed(OfQualities):
    """A customer in the list by quality."""

    customer_id = fields.UUID(required=True)
    name = fields.String(required=True, metadata={"example": "Example Trading Ltd"})
    owner_id = fields.UUID(required=True, allow_none=True)
    team_id = fields.UUID(required=True, allow_none=True)
    pool_id = fields.UUID(required=True, allow_none=True, metadata={"description": "Where it waits, if it does."})
    kind = _kind(required=True)
    lifecycle_stage = _stage(required=True)
    score = _number()
    completeness = _number()
    validity = _number()
    freshness = _number()
    missing = fields.List(_field(), required=True)
    invalid = fields.List(_field(), required=True)
    stale = fields.List(_field(), required=True)
    standard_version = fields.Integer(required=True, metadata={"example": 1})


QualityPage = page_of(QualityListed)
