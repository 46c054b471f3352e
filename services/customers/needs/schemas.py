"""What goes into and comes out of the notes of what customers want."""

from typing import Any

from marshmallow import Schema, fields, validate

from chassis.fields import Whole
from chassis.paging import PageRequest, page_of
from contracts.customers import NEEDS
from services.customers.fields import Day, Line
from services.customers.needs.models import KINDS, SOURCES


class OfNeeds(Schema):
    """A payload about what customers want."""

    class Meta:
        """Whose fields these are."""

        resource = NEEDS


def _kind(**options: Any) -> fields.String:
    return fields.String(validate=validate.OneOf(KINDS), metadata={"example": "preference"}, **options)


def _source(**options: Any) -> fields.String:
    return fields.String(validate=validate.OneOf(SOURCES), metadata={"example": "call"}, **options)


def _confidence(**options: Any) -> Whole:
    return Whole(0, 100, metadata={"description": "In per cent.", "example": 90}, **options)


def _evidence_id(**options: Any) -> fields.UUID:
    text = "The interaction, ticket or order that shows it."
    return fields.UUID(allow_none=True, metadata={"description": text, "example": None}, **options)


class NeedChange(OfNeeds):
    """What is to be different."""

    kind = _kind()
    topic = Line(100, metadata={"example": "delivery"})
    value = Line(500, metadata={"example": "In the morning"})
    source = _source()
    evidence = Line(1000, metadata={"example": "Said so when we called about the last order"})
    evidence_id = _evidence_id()
    confidence = _confidence()
    known_since = Day(metadata={"example": "2026-01-31"})


class NewNeed(OfNeeds):
    """Something to note."""

    id = fields.UUID(metadata={"description": "An id of your own choice, if you like."})
    kind = _kind(required=True)
    topic = Line(100, required=True, metadata={"example": "delivery"})
    value = Line(500, required=True, metadata={"example": "In the morning"})
    source = _source(required=True)
    evidence = Line(1000, required=True, metadata={"example": "Said so when we called about the last order"})
    evidence_id = _evidence_id(load_default=None)
    confidence = _confidence(load_default=100)
    known_since = Day(
        load_default=None, allow_none=True, metadata={"description": "Today if not said.", "example": "2026-01-31"}
    )


class NeedSearch(PageRequest):
    """Which of them."""

    kind = _kind(load_default=None)


class NeedView(OfNeeds):
    """What a customer needs, is interested in or prefers."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True, metadata={"example": 1})
    customer_id = fields.UUID(required=True)
    kind = fields.String(required=True, metadata={"enum": KINDS, "example": "preference"})
    topic = fields.String(required=True, metadata={"example": "delivery"})
    value = fields.String(required=True, metadata={"example": "In the morning"})
    source = fields.String(required=True, metadata={"enum": SOURCES, "example": "call"})
    evidence = fields.String(required=True, metadata={"example": "Said so when we called about the last order"})
    evidence_id = fields.UUID(required=True, allow_none=True)
    confidence = fields.Integer(required=True, metadata={"example": 90})
    known_since = Day(required=True, metadata={"example": "2026-01-31"})
    noted_by = fields.UUID(required=True)


NeedPage = page_of(NeedView)
