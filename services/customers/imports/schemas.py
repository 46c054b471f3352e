"""What an import is told to do."""

from typing import Any

from marshmallow import Schema, fields, validate

from chassis.custom_fields.fields import MOST
from chassis.custom_fields.texts import DAY_ORDERS, YEAR_FIRST
from chassis.fields import ONE_LINE
from chassis.identity.policy import CUSTOM_NAME
from services.customers.changesets.wording import LANGUAGES
from services.customers.external_ids.schemas import System
from services.customers.fields import Flag, Line

KINDS = ("id", "external_id", "name", "registration_number", "phone", "email")
"""What a row and a customer can be matched by."""

FIELDS = (
    *("id", "name", "kind", "sector", "country", "city", "address", "website", "phone", "email"),
    *("employees", "revenue", "established_year", "description", "tags", "parent_name"),
    *("registration_number", "industry", "size", "source", "grade", "lifecycle_stage"),
    *("contract_ends_at", "last_deal_at"),
    *("contact_name", "contact_title", "contact_email", "contact_phone", "external_id"),
)
"""What a column may be mapped to."""

MAX_CORRECTIONS = 1000
MAX_FIELDS = len(FIELDS) + MOST
NAMES = {"anyOf": [{"enum": list(FIELDS)}, {"pattern": f"^{CUSTOM_NAME.pattern}$"}]}


def _dictionary(keys: fields.String, values: fields.String, *, names: dict[str, Any], most: int, **rest: Any) -> Any:
    described = {"allOf": [{"propertyNames": names}], "maxProperties": most, **rest}
    return fields.Dict(keys, values, load_default=dict, validate=validate.Length(max=most), metadata=described)


class Upload(Line):
    """The key of an uploaded file."""

    def __init__(self) -> None:
        said = {
            "description": "The key of an upload of yours: see `POST /files`.",
            "example": "uploads/01900000-0000-7000-8000-000000000000/01900000-0000-7000-8000-000000000001",
        }
        super().__init__(200, required=True, metadata=said)


class ImportOrder(Schema):
    """A file to import, and how."""

    file = Upload()
    mapping = _dictionary(
        fields.String(),
        Line(200),
        names=NAMES,
        most=MAX_FIELDS,
        description=(
            f"The column of each field; without a mapping each field has the column that is called like it, or as "
            f"forms call it in English or Chinese. Fields: {', '.join(FIELDS)}, and `custom.` with the key of a field "
            f"that the house has added. `parent_name` is the name of the parent company, in the file or not; "
            f"`external_id` is what the customer is called in `source_system`, which has to be said, too."
        ),
        example={"name": "account", "parent_name": "subsidiary_of"},
    )
    defaults = _dictionary(
        fields.String(),
        Line(500),
        names=NAMES,
        most=MAX_FIELDS,
        description="What a new customer gets where its row has nothing.",
        example={"kind": "organisation"},
    )
    day_order = fields.String(
        load_default=YEAR_FIRST,
        validate=validate.OneOf(DAY_ORDERS),
        metadata={
            "description": "What 03/04/2026 is, in fields that the house has added; with `ymd` it is refused.",
            "example": YEAR_FIRST,
        },
    )
    dry_run = Flag(load_default=False, metadata={"description": "Check everything and change nothing."})
    into_pool = Flag(load_default=False, metadata={"description": "New customers go to the shared pool, not to you."})
    pool_id = fields.UUID(
        load_default=None,
        allow_none=True,
        metadata={"description": "Into which pool; without it, the first one that is for you.", "example": None},
    )
    owner_id = fields.UUID(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "Whose new customers will be, as far as he has room; for whoever may assign.",
            "example": None,
        },
    )
    match_on = fields.List(
        fields.String(validate=validate.OneOf(KINDS)),
        load_default=lambda: ["name"],
        validate=validate.Length(max=len(KINDS)),
        metadata={
            "description": (
                "What makes a row and a customer that you see the same, tried in this order; empty: every row is a new "
                "customer."
            ),
            "example": ["name"],
        },
    )
    on_match = fields.String(
        load_default="skip",
        validate=validate.OneOf(["skip", "update"]),
        metadata={"description": "What happens with the row of a customer that is there.", "example": "skip"},
    )
    on_new = fields.String(
        load_default="create",
        validate=validate.OneOf(["create", "skip"]),
        metadata={"description": "What happens with the row of a customer that is not there.", "example": "create"},
    )
    source_system = System(load_default=None, allow_none=True)
    language = fields.String(
        load_default="en",
        validate=validate.OneOf(LANGUAGES),
        metadata={"description": "Of the messages in the result file.", "example": "en"},
    )
    corrections = _dictionary(
        Line(60),
        Line(60),
        names={"minLength": 1, "maxLength": 60, "pattern": ONE_LINE},
        most=MAX_CORRECTIONS,
        description="Sectors and countries to be read as others.",
        example={"technolgy": "technology"},
    )
    accept_suggestions = Flag(
        load_default=False,
        metadata={"description": "Read misspelt sectors and countries as what is suggested for them."},
    )
