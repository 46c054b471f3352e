"""What is said about the columns of a file before it is imported."""

from marshmallow import Schema, fields, validate

from chassis.field_policy.schemas import NoRecord
from services.customers.changesets.wording import LANGUAGES
from services.customers.imports.memory import WHOSE
from services.customers.imports.schemas import NAMES, Upload
from services.customers.imports.suggesting import WAYS

CSV, XLSX = FORMATS = ("csv", "xlsx")


def _language(said: str) -> fields.String:
    return fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf(LANGUAGES),
        metadata={"description": f"{said}; without it, that of the request (`Accept-Language`).", "example": "en"},
    )


class ColumnsQuestion(Schema):
    """A file whose columns are to be looked at."""

    file = Upload()
    language = _language("Of the labels")


class SuggestedColumn(NoRecord):
    """A column, and the field that it is most likely meant for."""

    column = fields.String(required=True, metadata={"description": "What stands at its top.", "example": "account"})
    samples = fields.List(
        fields.String(metadata={"example": "Example Trading Ltd"}),
        required=True,
        metadata={"description": "Different cells of the first rows."},
    )
    field = fields.String(
        required=True, allow_none=True, metadata={**NAMES, "description": "Null if nothing tells.", "example": "name"}
    )
    confidence = fields.Float(required=True, metadata={"minimum": 0, "maximum": 1, "example": 0.85})
    by = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "enum": [*WAYS, None],
            "description": (
                "What says so: a mapping that was used before, one's `own`, the `team`'s or the `company`'s; the "
                "`name` of the field, its `label`, a `synonym`, something `similar`; or the `values` of the column."
            ),
            "example": "synonym",
        },
    )


class ImportableField(NoRecord):
    """A field that a column can be mapped to."""

    name = fields.String(required=True, metadata={**NAMES, "example": "name"})
    label = fields.String(required=True, metadata={"example": "Name"})
    required = fields.Boolean(required=True, metadata={"description": "In a new customer.", "example": True})


class SuggestedMapping(NoRecord):
    """What the columns of a file may be meant for."""

    columns = fields.List(fields.Nested(SuggestedColumn), required=True)
    mapping = fields.Dict(
        required=True,
        metadata={"description": "The column of each field, as an import takes it.", "example": {"name": "account"}},
    )
    remembered = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "enum": [*WHOSE, None],
            "description": "Whose mapping for a file with the same columns it is.",
            "example": None,
        },
    )
    fields_ = fields.List(
        fields.Nested(ImportableField),
        required=True,
        data_key="fields",
        metadata={"description": "All that columns can be mapped to."},
    )


class TemplateQuestion(Schema):
    """Which template."""

    format = fields.String(
        load_default=XLSX,
        validate=validate.OneOf(FORMATS),
        metadata={"description": "A workbook has lists to choose from.", "example": XLSX},
    )
    language = _language("Of the headings")
