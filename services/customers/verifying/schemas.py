"""What goes into and comes out of reports about channels."""

from marshmallow import Schema, fields, validate

from chassis.field_policy.schemas import NoRecord
from chassis.fields import Instant
from chassis.paging import PageRequest, page_of
from contracts.channels import CHANNEL_REPORTS
from services.customers.channel_book import KINDS
from services.customers.fields import Email, Flag, Line
from services.customers.schemas import ALLOW_DUPLICATE
from services.customers.verifying.models import BOUNCE, SOURCES, STATES

LONGEST_NOTICE = 200_000
NOTICE = (
    'Content-Type: multipart/report; report-type=delivery-status; boundary="x"\n\n--x\n'
    "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mail.example.com\n\n"
    "Final-Recipient: rfc822; old@example.com\nAction: failed\nStatus: 5.1.1\n\n--x--\n"
)
REPORTED = [one for one in SOURCES if one != BOUNCE]


class OfReports(Schema):
    """A payload about reports."""

    class Meta:
        """Whose fields these are."""

        resource = CHANNEL_REPORTS


class NewReport(OfReports):
    """That somebody is reached otherwise now."""

    contact_id = fields.UUID(
        load_default=None, allow_none=True, metadata={"description": "Whose channel it is, if not the customer's own."}
    )
    kind = fields.String(required=True, validate=validate.OneOf(KINDS), metadata={"example": "mail"})
    value = Line(300, required=True, metadata={"description": "What it is now.", "example": "new@example.com"})
    former = Line(
        300,
        load_default=None,
        allow_none=True,
        metadata={"description": "What it replaces; without it, the primary one.", "example": "old@example.com"},
    )
    evidence = Line(1000, required=True, metadata={"example": "Signature of the mail of 31 January"})
    source = fields.String(required=True, validate=validate.OneOf(REPORTED), metadata={"example": "signature"})


class Bounce(NoRecord):
    """Mail that came back."""

    email = Email(required=True)
    evidence = Line(1000, required=True, metadata={"example": "550 5.1.1 No such user"})


class BounceNotice(NoRecord):
    """What a mail server sent back."""

    notice = fields.String(
        required=True,
        validate=validate.Length(1, LONGEST_NOTICE),
        metadata={"description": "The whole message, with its headers.", "example": NOTICE},
    )


class Bounced(NoRecord):
    """Whom it was about."""

    customers = fields.Integer(
        required=True, metadata={"description": "How many had the address and are not written to at it.", "example": 1}
    )


class Confirmation(NoRecord):
    """That it is so."""

    allow_duplicate = Flag(load_default=False, metadata=ALLOW_DUPLICATE)


class Rejection(NoRecord):
    """Why it is not so."""

    reason = Line(500, required=True, metadata={"example": "Asked by telephone; the old address is right"})


class ReportSearch(NoRecord, PageRequest):
    """Which of them."""

    state = fields.String(load_default=None, validate=validate.OneOf(STATES), metadata={"example": "open"})


class ReportView(OfReports):
    """What was reported of a channel. Null stands for what is not known, and for what the caller may not read."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True, metadata={"example": 1})
    customer_id = fields.UUID(required=True)
    contact_id = fields.UUID(required=True, allow_none=True)
    kind = fields.String(required=True, metadata={"enum": KINDS, "example": "mail"})
    value = fields.String(
        required=True, allow_none=True, metadata={"description": "What it is now.", "example": "new@example.com"}
    )
    former = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "What it was, or what does not work.", "example": "old@example.com"},
    )
    evidence = fields.String(required=True, allow_none=True, metadata={"example": "550 5.1.1 No such user"})
    source = fields.String(required=True, metadata={"enum": SOURCES, "example": "bounce"})
    state = fields.String(required=True, metadata={"enum": STATES, "example": "open"})
    reason = fields.String(required=True, allow_none=True, metadata={"description": "Why it was rejected."})
    reported_by = fields.UUID(required=True, allow_none=True)
    created_at = Instant(required=True)
    decided_by = fields.UUID(required=True, allow_none=True)
    decided_at = Instant(required=True, allow_none=True)


ReportPage = page_of(ReportView)
