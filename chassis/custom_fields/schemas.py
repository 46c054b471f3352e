"""What goes into and comes out of the definition of custom fields."""

from typing import Any

from marshmallow import Schema, fields, validate

from chassis.custom_fields import kinds
from chassis.custom_fields.formulas import LONGEST
from chassis.field_policy.schemas import NoRecord
from chassis.fields import MAX_INT32, ONE_LINE, Flag, Text, Whole
from chassis.paging import PageRequest, page_of

KEY_PATTERN = r"^[a-z][a-z0-9_]{0,39}$"
CODE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"


def _line(longest: int, example: str, **options: Any) -> Text:
    return Text(longest, pattern=ONE_LINE, metadata={"example": example}, **options)


class Choice(Schema):
    """Something that can be chosen; records keep the code, so the label can change."""

    code = Text(40, pattern=CODE_PATTERN, required=True, metadata={"example": "gold"})
    label = _line(100, "Gold", required=True)
    label_zh = _line(100, "金牌", load_default=None, allow_none=True)
    active = Flag(load_default=True, metadata={"description": "Whether it can still be chosen.", "example": True})


class Options(Schema):
    """What only some kinds have."""

    choices = fields.List(
        fields.Nested(Choice),
        validate=validate.Length(1, kinds.MOST_CHOICES),
        metadata={"description": "Of `choice` and `choices`."},
    )
    expression = Text(
        LONGEST,
        metadata={
            "description": "Of a `formula`, in the Common Expression Language: over keys of other custom fields and "
            "the record's own fields. Numbers are doubles (write `2.0`); without a value the result is null.",
            "example": "budget * 0.1",
        },
    )
    target = Text(
        40, pattern=ONE_LINE, metadata={"description": "Of a `reference`: what it names.", "example": "users"}
    )
    currency = fields.String(
        validate=validate.Regexp(r"^[A-Z]{3}$"), metadata={"description": "Of `money` (ISO 4217).", "example": "EUR"}
    )


class CustomFieldChange(NoRecord):
    """What is to be different; what is not given stays as it is. Choices that are left out are closed."""

    label = _line(100, "Budget")
    label_zh = _line(100, "预算", allow_none=True)
    options = fields.Nested(Options)
    required = Flag(metadata={"description": "Of those who may write it.", "example": False})
    rank = Whole(0, MAX_INT32, metadata={"description": "Its place among the others.", "example": 1})
    active = Flag(metadata={"description": "A closed field is unknown; its values stay.", "example": True})


class NewCustomField(NoRecord):
    """A field to add."""

    id = fields.UUID(metadata={"description": "An id of your own choice, if you like."})
    key = Text(40, pattern=KEY_PATTERN, required=True, metadata={"example": "budget"})
    label = _line(100, "Budget", required=True)
    label_zh = _line(100, "预算", load_default=None, allow_none=True)
    kind = fields.String(required=True, validate=validate.OneOf(kinds.KINDS), metadata={"example": "money"})
    options = fields.Nested(Options, load_default=dict)
    required = Flag(load_default=False, metadata={"description": "Of those who may write it.", "example": False})
    is_unique = Flag(load_default=False, metadata={"description": "No two records have the same.", "example": False})
    private = Flag(
        load_default=False,
        metadata={
            "description": "Kept encrypted, and found by `eq` and `in` only; `email` and `phone` always are.",
            "example": False,
        },
    )
    rank = Whole(0, MAX_INT32, load_default=0, metadata={"description": "Its place among the others.", "example": 1})


class CustomFieldView(NoRecord):
    """A field that the house has added."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True, metadata={"example": 1})
    key = fields.String(required=True, metadata={"example": "budget"})
    label = fields.String(required=True, metadata={"example": "Budget"})
    label_zh = fields.String(required=True, allow_none=True, metadata={"example": "预算"})
    kind = fields.String(required=True, metadata={"enum": kinds.KINDS, "example": "money"})
    options = fields.Dict(required=True, metadata={"example": {"currency": "EUR"}})
    required = fields.Boolean(required=True, metadata={"example": False})
    is_unique = fields.Boolean(required=True, metadata={"example": False})
    private = fields.Boolean(required=True, metadata={"example": False})
    active = fields.Boolean(required=True, metadata={"example": True})
    rank = fields.Integer(required=True, metadata={"example": 1})


CustomFieldPage = page_of(CustomFieldView)
CustomFieldSearch = PageRequest
