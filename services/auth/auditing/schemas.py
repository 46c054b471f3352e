"""What goes into and comes out of the audit trail."""

from marshmallow import fields, validate

from chassis import audit
from chassis.field_policy.schemas import NoRecord
from chassis.fields import ONE_LINE, Flag, Instant, Text
from chassis.paging import PageRequest, page_of
from services.auth.auditing.tables import MAX_ADDRESS
from services.auth.auditing.watching import KINDS

ENTRY_KINDS = [audit.CHANGE, audit.READ, audit.EXPORT, audit.LOGIN, audit.REFUSAL, audit.USE]
NAME = r"^[a-z][a-z0-9_-]*$"


class AuditFilter(NoRecord):
    """Which entries; what is not given does not matter."""

    person = fields.UUID(metadata={"description": "Who acted."})
    action = Text(100, pattern=NAME, metadata={"description": "The operation.", "example": "change_customer"})
    service = Text(50, pattern=NAME, metadata={"description": "The service.", "example": "customers"})
    kind = fields.String(
        validate=validate.OneOf(ENTRY_KINDS), metadata={"description": "The kind of entry.", "example": "change"}
    )
    outcome = fields.String(
        validate=validate.OneOf([audit.DONE, audit.REFUSED]),
        metadata={"description": "Whether it was done.", "example": "done"},
    )
    resource = Text(100, pattern=NAME, metadata={"description": "The kind of record.", "example": "customers"})
    record = fields.UUID(metadata={"description": "A record that was changed, seen or exported."})
    address = Text(
        MAX_ADDRESS, pattern=ONE_LINE, metadata={"description": "The network address.", "example": "192.0.2.1"}
    )
    since = Instant(metadata={"description": "From this moment on.", "example": "2026-01-31T09:00:00Z"})
    until = Instant(metadata={"description": "Before this moment.", "example": "2026-02-28T09:00:00Z"})


class AuditSearch(AuditFilter, PageRequest):
    """Which entries, a page at a time."""


class AuditExport(AuditFilter):
    """Which entries to export."""


class AuditChange(NoRecord):
    """One record before and after."""

    resource = fields.String(required=True, metadata={"description": "The table.", "example": "customers"})
    record_id = fields.UUID(required=True, allow_none=True)
    before = fields.Dict(
        required=True,
        allow_none=True,
        metadata={"description": "The columns that changed, as they were; null for a new record."},
    )
    after = fields.Dict(
        required=True,
        allow_none=True,
        metadata={"description": "The same columns as they are now; null for a deleted record."},
    )
    untold = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "Columns that changed, but may hold personal data.", "example": ["phone"]},
    )


class AuditEntryView(NoRecord):
    """Who did what, when, from where."""

    sequence = fields.Integer(required=True, metadata={"description": "The place in the chain.", "example": 4711})
    service = fields.String(required=True, metadata={"example": "customers"})
    number = fields.Integer(
        required=True, metadata={"description": "Counts the entries of the service.", "example": 12}
    )
    id = fields.UUID(required=True)
    at = Instant(required=True)
    kind = fields.String(required=True, metadata={"enum": ENTRY_KINDS, "example": "change"})
    action = fields.String(required=True, metadata={"example": "change_customer"})
    outcome = fields.String(required=True, metadata={"enum": [audit.DONE, audit.REFUSED], "example": "done"})
    actor = fields.UUID(required=True, allow_none=True, metadata={"description": "Null: the suite itself."})
    session_id = fields.UUID(required=True, allow_none=True)
    # That it is personal data makes searching the audit trail leave entries, too.
    remote_addr = fields.String(required=True, allow_none=True, metadata={"example": "192.0.2.1", "personal": True})
    trace_id = fields.String(required=True, allow_none=True, metadata={"description": "As in problems and logs."})
    permission = fields.String(required=True, allow_none=True, metadata={"example": "customers:change"})
    resource = fields.String(required=True, allow_none=True, metadata={"example": "customers"})
    record_id = fields.UUID(required=True, allow_none=True)
    changes = fields.List(fields.Nested(AuditChange), required=True)
    details = fields.Dict(required=True, metadata={"description": "What else there is to tell.", "example": {}})


class CheckpointView(NoRecord):
    """How far the chain goes, signed."""

    sequence = fields.Integer(required=True, metadata={"description": "The last entry.", "example": 4711})
    hash = fields.String(required=True, metadata={"description": "Its hash (SHA-256, hexadecimal)."})
    at = fields.String(required=True, metadata={"format": "date-time"})
    key_id = fields.String(required=True)
    signature = fields.String(
        required=True, metadata={"description": "Ed25519, over the other members as JSON with sorted names (base64)."}
    )


class SignedCheckpoint(NoRecord):
    """The newest checkpoint with the key that verifies it."""

    checkpoint = fields.Nested(CheckpointView, required=True, allow_none=True)
    public_key = fields.String(required=True, metadata={"description": "Ed25519, as url-safe base64."})


class AlertSearch(PageRequest):
    """Which alerts."""

    open = Flag(load_default=None, metadata={"description": "Those that nobody has acknowledged, or only the others."})


class AlertView(NoRecord):
    """Something that somebody should look at."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    kind = fields.String(required=True, metadata={"enum": list(KINDS), "example": "unusual_reads"})
    user_id = fields.UUID(required=True, allow_none=True, metadata={"description": "Whom it is about."})
    day = fields.Date(required=True, allow_none=True, metadata={"description": "When, in UTC."})
    details = fields.Dict(
        required=True,
        metadata={
            "description": "For people: the `count` of records on the day, the `usual` median and the `limit`.",
            "example": {"count": 9000, "usual": 150.0, "limit": 2000},
        },
    )
    raised_at = Instant(required=True)
    mailed_at = Instant(
        required=True,
        allow_none=True,
        metadata={"description": "When those were told by mail who may see the audit trail."},
    )
    acknowledged_at = Instant(required=True, allow_none=True)
    acknowledged_by = fields.UUID(required=True, allow_none=True)
    remark = fields.String(required=True, allow_none=True)


class Acknowledgement(NoRecord):
    """What came of looking."""

    remark = Text(1_000, load_default=None, metadata={"description": "Why it is in order, or what was done."})


AuditPage = page_of(AuditEntryView)
AlertPage = page_of(AlertView)
