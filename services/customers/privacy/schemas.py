"""What goes into and comes out of requests about a person's data."""

from marshmallow import Schema, fields

from chassis.fields import Flag, Instant
from chassis.paging import page_of
from chassis.subjects.events import ERASURE, EXPORT, REHEARSAL, RETENTION, RETENTION_PREVIEW
from contracts.customers import PRIVACY_REQUESTS
from contracts.suite import SERVICES
from services.customers.fields import Email
from services.customers.privacy.models import STATES

KINDS = (EXPORT, ERASURE, REHEARSAL, RETENTION, RETENTION_PREVIEW)


class Person(Schema):
    """Whom it is about: exactly one of the three."""

    customer_id = fields.UUID(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "A person among the customers, or an organisation with all its contacts.",
            "example": "01900000-0000-7000-8000-000000000000",
        },
    )
    contact_id = fields.UUID(
        load_default=None, allow_none=True, metadata={"description": "A contact of a customer.", "example": None}
    )
    email = Email(
        load_default=None,
        allow_none=True,
        metadata={"description": "Whoever has this address, at any customer.", "example": None},
    )

    class Meta:
        """What one gives here names a person; it is no field of a record that is shown or changed."""

        resource = None


class Erasure(Person):
    """Who is to be erased."""

    class Meta:
        """What one gives here names a person; it is no field of a record that is shown or changed."""

        resource = None

    dry_run = Flag(
        load_default=False, metadata={"description": "Only tell what would be erased, and what would stay and why."}
    )


class ReceiptLine(Schema):
    """What was done with the rows of one kind."""

    class Meta:
        """It holds no field of a record."""

        resource = None

    what = fields.String(required=True, metadata={"description": "What it was.", "example": "contacts"})
    rows = fields.Integer(required=True, metadata={"example": 2})
    done = fields.String(
        required=True, metadata={"description": "What was, or would be, done with it.", "example": "given"}
    )
    why = fields.String(
        required=True, allow_none=True, metadata={"description": "Why it stays, if it does.", "example": None}
    )
    first = fields.List(
        fields.UUID(),
        required=True,
        metadata={"description": "Of what is kept too long: the first ten records.", "example": []},
    )


class Receipt(Schema):
    """What one service has done."""

    class Meta:
        """It holds no field of a record."""

        resource = None

    service = fields.String(required=True, metadata={"enum": SERVICES, "example": "customers"})
    done_at = Instant(required=True)
    stopped = fields.Boolean(
        required=True, metadata={"description": "Whether it was cancelled before all was done.", "example": False}
    )
    lines = fields.List(fields.Nested(ReceiptLine), required=True)


class PrivacyRequestView(Schema):
    """A request about a person's data."""

    class Meta:
        """Whose fields they are."""

        resource = PRIVACY_REQUESTS

    id = fields.UUID(required=True)
    kind = fields.String(required=True, metadata={"enum": KINDS, "example": EXPORT})
    state = fields.String(required=True, metadata={"enum": STATES, "example": "running"})
    customer_id = fields.UUID(required=True, allow_none=True)
    contact_id = fields.UUID(required=True, allow_none=True)
    owner_id = fields.UUID(
        required=True, allow_none=True, metadata={"description": "Who entered it; null for the rules of the house."}
    )
    receipts = fields.List(fields.Nested(Receipt), required=True)
    missing = fields.List(
        fields.String(metadata={"enum": SERVICES, "example": "tickets"}),
        required=True,
        metadata={"description": "Services that have not done their part yet."},
    )
    file_until = Instant(
        required=True, allow_none=True, metadata={"description": "Until when the file of an export can be fetched."}
    )
    created_at = Instant(required=True)
    finished_at = Instant(required=True, allow_none=True)
    cancelled_by = fields.UUID(
        required=True,
        allow_none=True,
        metadata={"description": "Who has cancelled it; the services may still be stopping.", "example": None},
    )


PrivacyRequestPage = page_of(PrivacyRequestView)
