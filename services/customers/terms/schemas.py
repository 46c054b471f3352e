"""What goes into and comes out of the dictionaries."""

from typing import Any

from marshmallow import Schema, fields, validate

from chassis.fields import MAX_INT32, Flag, Text, Whole
from chassis.paging import PageRequest, page_of
from contracts.customers import TERMS
from services.customers.fields import Line
from services.customers.terms.models import DICTIONARIES

CODE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"


class OfTerms(Schema):
    """A payload about terms."""

    class Meta:
        """Whose fields these are."""

        resource = TERMS


def _dictionary(**options: Any) -> fields.String:
    return fields.String(validate=validate.OneOf(DICTIONARIES), metadata={"example": "industry"}, **options)


def _code(**options: Any) -> Text:
    return Text(20, pattern=CODE_PATTERN, metadata={"example": "C36"}, **options)


class TermSearch(OfTerms, PageRequest):
    """Which terms."""

    dictionary = _dictionary(required=True)
    below = Text(20, pattern=CODE_PATTERN, load_default=None, metadata={"description": "Those directly below this."})


class NewTerm(OfTerms):
    """A term to add."""

    id = fields.UUID(metadata={"description": "An id of your own choice, if you like."})
    dictionary = _dictionary(required=True)
    code = _code(required=True)
    name = Line(100, required=True, metadata={"example": "Motor vehicles"})
    name_zh = Line(100, load_default=None, allow_none=True, metadata={"example": "汽车制造业"})
    parent_code = _code(load_default=None, allow_none=True)
    rank = Whole(0, MAX_INT32, load_default=0, metadata={"description": "Its place; the best grade has the lowest."})
    active = Flag(load_default=True, metadata={"description": "Whether customers can be given it."})


class TermChange(OfTerms):
    """What is to be different; fields that are not given stay as they are."""

    name = Line(100, metadata={"example": "Motor vehicles"})
    name_zh = Line(100, allow_none=True, metadata={"example": "汽车制造业"})
    rank = Whole(0, MAX_INT32)
    active = Flag()


class TermView(OfTerms):
    """A word that customers are classified with."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True, metadata={"example": 1})
    dictionary = fields.String(required=True, metadata={"enum": DICTIONARIES, "example": "industry"})
    code = fields.String(required=True, metadata={"example": "C36"})
    name = fields.String(required=True, metadata={"example": "Motor vehicles"})
    name_zh = fields.String(required=True, allow_none=True, metadata={"example": "汽车制造业"})
    parent_code = fields.String(required=True, allow_none=True, metadata={"example": "C"})
    rank = fields.Integer(required=True, metadata={"example": 36})
    active = fields.Boolean(required=True, metadata={"example": True})


TermPage = page_of(TermView)
