"""What goes into and comes out of customers."""

from marshmallow import Schema, fields, validate

from chassis.custom_fields.fields import MOST, CustomValues
from chassis.fields import Instant as Moment
from chassis.identity.policy import CUSTOM, CUSTOM_NAME
from chassis.paging import PageRequest, page_of
from contracts.customers import CONTACTS, CUSTOMERS, OWNERSHIPS
from services.customers.external_ids.schemas import ExternalIdShown
from services.customers.fields import (
    MAX_INT32,
    REVENUE_PATTERN,
    WEBSITE_PATTERN,
    Country,
    Email,
    Flag,
    Instant,
    Line,
    RegistrationNumber,
    Revenue,
    Sector,
    Tags,
    Whole,
)
from services.customers.filters import customer_filter
from services.customers.listing import LISTED, ORDERS
from services.customers.marks import PHONE_PATTERN, TAIL_PATTERN
from services.customers.models import HOW, KINDS
from services.customers.stages import STAGES

EXPORTED = [name for name in LISTED if name != CUSTOM]
CSV, XLSX = "csv", "xlsx"
SORTS = [*ORDERS, *(f"-{name}" for name in ORDERS)]


class OfCustomers(Schema):
    """A payload about customers."""

    class Meta:
        """Whose fields these are."""

        resource = CUSTOMERS


class OfContacts(Schema):
    """A payload about contacts."""

    class Meta:
        """Whose fields these are."""

        resource = CONTACTS


def _term(dictionary: str, example: str) -> Line:
    text = f"A term of the dictionary `{dictionary}`, by code or name; kept by its code."
    return Line(100, allow_none=True, metadata={"description": text, "example": example})


class CustomerFields(OfCustomers):
    """What describes a customer."""

    sector = Sector(allow_none=True)
    country = Country(allow_none=True)
    city = Line(100, allow_none=True, metadata={"example": "Hamburg"})
    address = Line(300, allow_none=True, metadata={"example": "1 Harbour Street"})
    website = Line(300, pattern=WEBSITE_PATTERN, allow_none=True, metadata={"example": "https://example.com/"})
    phone = Line(
        40,
        allow_none=True,
        metadata={
            "description": "Kept as +… (E.164) if it can be understood; the country tells what a local number means.",
            "example": "+49 40 123456",
        },
    )
    email = Email(allow_none=True)
    employees = Whole(0, MAX_INT32, allow_none=True, metadata={"example": 250})
    revenue = Revenue(allow_none=True)
    established_year = Whole(500, 2100, allow_none=True, metadata={"example": 1996})
    description = fields.String(
        allow_none=True, validate=validate.Length(max=5000), metadata={"example": "Makes engines for small ships."}
    )
    tags = Tags()
    registration_number = RegistrationNumber(allow_none=True)
    industry = _term("industry", "C36")
    size = _term("size", "medium")
    source = _term("source", "referral")
    contract_ends_at = Moment(allow_none=True, metadata={"description": "When the running contract ends."})
    last_deal_at = Moment(allow_none=True, metadata={"description": "When it last bought something."})
    custom = CustomValues(CUSTOMERS)
    parent_id = fields.UUID(allow_none=True, metadata={"description": "The company above it.", "example": None})


ALLOW_DUPLICATE = {
    "description": "Even if another customer has this number or address; takes the permission `customers:duplicate`.",
    "example": False,
}


class NewCustomer(CustomerFields):
    """A customer to enter."""

    id = fields.UUID(metadata={"description": "An id of your own choice, if you like."})
    kind = fields.String(
        load_default="organisation", validate=validate.OneOf(KINDS), metadata={"example": "organisation"}
    )
    name = Line(200, required=True, metadata={"example": "Example Trading Ltd"})
    grade = _term("grade", "B")
    lifecycle_stage = fields.String(validate=validate.OneOf(STAGES), metadata={"example": "lead"})
    in_pool = Flag(
        load_default=False,
        metadata={"description": "Put it into a pool instead of owning it.", "example": False},
    )
    pool_id = fields.UUID(
        load_default=None, metadata={"description": "Into which pool; without it, the first one that is for you."}
    )
    allow_duplicate = Flag(load_default=False, metadata=ALLOW_DUPLICATE)


class CustomerChange(CustomerFields):
    """What is to be different; fields that are not given stay as they are, null empties one."""

    kind = fields.String(validate=validate.OneOf(KINDS), metadata={"example": "organisation"})
    name = Line(200, metadata={"example": "Example Trading Ltd"})
    allow_duplicate = Flag(load_default=False, metadata=ALLOW_DUPLICATE)


class CustomerSearch(OfCustomers, PageRequest):
    """Which customers, in which order."""

    q = Line(100, load_default=None, metadata={"description": "A part of the name.", "example": "trading"})
    filter = customer_filter(
        'A filter tree in JSON, such as `{"field": "sector", "op": "eq", "value": "software"}`.',
        load_default=None,
    )
    email = Email(
        load_default=None,
        metadata={"description": "Only those who have just this e-mail address, or a contact who has it."},
    )
    phone = Line(
        40,
        pattern=PHONE_PATTERN,
        load_default=None,
        metadata={
            "description": "Only those who have just this telephone number, or a contact who has it; with its country.",
            "example": "+49 40 123456",
        },
    )
    phone_tail = Line(
        8,
        pattern=TAIL_PATTERN,
        load_default=None,
        metadata={"description": "Only those whose telephone number, or a contact's, ends in this.", "example": "3456"},
    )
    sort = fields.String(
        load_default="-created_at",
        validate=validate.OneOf(SORTS),
        metadata={"description": "A field, with - before it for descending.", "example": "name"},
    )


class PoolSearch(CustomerSearch):
    """Which of the customers in pools, in which order."""

    pool_id = fields.UUID(load_default=None, metadata={"description": "Only those in this pool."})


class AllCustomersSearch(CustomerSearch):
    """Which of all customers in sight, in which order."""

    in_pool = Flag(
        load_default=None,
        metadata={"description": "Only those in the shared pool, or only those with an owner.", "example": False},
    )


class ExportOrder(Schema):
    """Which customers to export, and what of them."""

    filter = customer_filter(
        "A filter tree, as for the list of customers; without one, all that you may export.",
        load_default=None,
        allow_none=True,
    )
    columns = fields.List(
        fields.String(
            metadata={"anyOf": [{"enum": EXPORTED}, {"pattern": f"^{CUSTOM_NAME.pattern}$"}], "example": "name"}
        ),
        load_default=list,
        validate=validate.Length(max=len(EXPORTED) + MOST),
        metadata={"description": "The columns of the file, in order; all that you may read if none are named."},
    )
    format = fields.String(
        load_default=CSV,
        validate=validate.OneOf([CSV, XLSX]),
        metadata={
            "description": "Of the file. A workbook has no formulas, and a million rows; what has more is a CSV file.",
            "example": CSV,
        },
    )


class CustomerListed(OfCustomers):
    """A customer in a list."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True, metadata={"example": 1})
    kind = fields.String(required=True, metadata={"enum": KINDS, "example": "organisation"})
    name = fields.String(required=True, metadata={"example": "Example Trading Ltd"})
    sector = fields.String(required=True, allow_none=True, metadata={"example": "software"})
    country = fields.String(required=True, allow_none=True, metadata={"example": "Germany"})
    city = fields.String(required=True, allow_none=True, metadata={"example": "Hamburg"})
    address = fields.String(required=True, allow_none=True, metadata={"example": "1 Harbour Street"})
    website = fields.String(required=True, allow_none=True, metadata={"example": "https://example.com/"})
    phone = fields.String(required=True, allow_none=True, metadata={"example": "+4940123456"})
    email = fields.String(required=True, allow_none=True, metadata={"example": "sales@example.com"})
    employees = fields.Integer(required=True, allow_none=True, metadata={"example": 250})
    revenue = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "Yearly, in millions of US dollars.",
            "pattern": REVENUE_PATTERN,
            "example": "12.50",
        },
    )
    established_year = fields.Integer(required=True, allow_none=True, metadata={"example": 1996})
    tags = fields.List(fields.String(metadata={"example": "key account"}), required=True)
    registration_number = fields.String(required=True, allow_none=True, metadata={"example": "91110000600037341L"})
    industry = fields.String(required=True, allow_none=True, metadata={"example": "C36"})
    size = fields.String(required=True, allow_none=True, metadata={"example": "medium"})
    source = fields.String(required=True, allow_none=True, metadata={"example": "referral"})
    grade = fields.String(required=True, allow_none=True, metadata={"example": "B"})
    lifecycle_stage = fields.String(required=True, metadata={"enum": STAGES, "example": "lead"})
    contract_ends_at = Instant(required=True, allow_none=True)
    last_deal_at = Instant(required=True, allow_none=True)
    custom = CustomValues(CUSTOMERS, required=True)
    parent_id = fields.UUID(required=True, allow_none=True)
    owner_id = fields.UUID(required=True, allow_none=True, metadata={"description": "Null in the pool."})
    team_id = fields.UUID(required=True, allow_none=True, metadata={"description": "The main team of the owner."})
    in_pool = fields.Boolean(required=True, metadata={"example": False})
    pool_id = fields.UUID(
        required=True, metadata={"description": "Where it lies, or where it lay last or would have begun."}
    )
    created_at = Instant(required=True)
    updated_at = Instant(required=True)


class ContactView(OfContacts):
    """Somebody whom we reach at a customer."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True, metadata={"example": 1})
    customer_id = fields.UUID(required=True)
    name = fields.String(required=True, metadata={"example": "Purchasing"})
    title = fields.String(required=True, allow_none=True, metadata={"example": "Head of purchasing"})
    email = fields.String(required=True, allow_none=True, metadata={"example": "purchasing@example.com"})
    phone = fields.String(required=True, allow_none=True, metadata={"example": "+4940123456"})
    is_primary = fields.Boolean(required=True, metadata={"example": True})


class CustomerView(CustomerListed):
    """A customer with its contacts, the primary one first."""

    description = fields.String(required=True, allow_none=True, metadata={"example": "Makes engines for small ships."})
    contacts = fields.List(fields.Nested(ContactView), required=True)
    external_ids = fields.List(
        fields.Nested(ExternalIdShown), required=True, metadata={"description": "What it is called in other systems."}
    )


CustomerPage = page_of(CustomerListed)


class ContactFields(OfContacts):
    """What describes a contact."""

    title = Line(100, allow_none=True, metadata={"example": "Head of purchasing"})
    email = Email(allow_none=True)
    phone = Line(40, allow_none=True, metadata={"example": "+49 40 123456"})
    is_primary = Flag(metadata={"description": "The one to turn to first; the one before is it no more."})


class NewContact(ContactFields):
    """A contact to add."""

    id = fields.UUID(metadata={"description": "An id of your own choice, if you like."})
    name = Line(100, required=True, metadata={"example": "Purchasing"})


class ContactChange(ContactFields):
    """What is to be different; fields that are not given stay as they are."""

    name = Line(100, metadata={"example": "Purchasing"})


class Release(Schema):
    """Why a customer goes back to the pool."""

    reason = Line(500, load_default=None, allow_none=True, metadata={"example": "No need this year"})
    reason_id = fields.UUID(
        load_default=None, allow_none=True, metadata={"description": "A reason of the list.", "example": None}
    )
    pool_id = fields.UUID(
        load_default=None,
        allow_none=True,
        metadata={"description": "Into which pool; without it, the one for the owner.", "example": None},
    )


class Assignment(Schema):
    """Who is to own a customer."""

    owner_id = fields.UUID(required=True)
    reason = Line(500, load_default=None, allow_none=True, metadata={"example": "Knows the sector"})


class OwnershipView(Schema):
    """A change of owner; null stands for the pool."""

    class Meta:
        """Whose fields these are."""

        resource = OWNERSHIPS

    id = fields.UUID(required=True)
    from_id = fields.UUID(required=True, allow_none=True, metadata={"description": "The owner before."})
    to_id = fields.UUID(required=True, allow_none=True, metadata={"description": "The owner from then on."})
    by_id = fields.UUID(
        required=True, allow_none=True, metadata={"description": "Who did it; null if a rule of the pool did."}
    )
    how = fields.String(required=True, metadata={"enum": HOW, "example": "claim"})
    reason = fields.String(required=True, allow_none=True, metadata={"example": "No need this year"})
    reason_id = fields.UUID(required=True, allow_none=True, metadata={"description": "The reason of the list."})
    pool_id = fields.UUID(
        required=True, allow_none=True, metadata={"description": "From which pool, or into which one."}
    )
    why = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "What chose the owner, or which rule took it from him.", "example": "Next in turn"},
    )
    at = Instant(required=True)


OwnershipPage = page_of(OwnershipView)
