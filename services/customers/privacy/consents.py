"""What people have agreed to, and what they have taken back, with the evidence; nothing of it is ever changed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate
from sqlalchemy import Index, String, func, literal_column, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from chassis.clock import now
from chassis.context import blobs_of
from chassis.database import Identified
from chassis.errors import NotFound
from chassis.fields import Flag, Instant, Text
from chassis.identity.caller import Caller
from chassis.ids import new_id
from chassis.outbox import record
from chassis.paging import PageRequest, page_of, paged
from chassis.tables import open_upload
from contracts.campaigns import Unsubscribed
from contracts.customers import CONSENTS, MARKETING, ConsentNoted
from services.customers import sight
from services.customers.errors import UnknownContact
from services.customers.models import Base, Contact, Customer

PURPOSE_PATTERN = r"^[a-z][a-z0-9_]{0,39}$"
CHANNELS = ("email", "phone", "post", "message")
STATES = GIVEN, WITHDRAWN = ("given", "withdrawn")
WAYS = ("form", "mail", "call", "meeting", "contract", "link", "other")


class Consent(Identified, Base):
    """One line of the history: somebody agreed to something, or took it back."""

    __tablename__ = "consents"
    __resource__ = CONSENTS
    __table_args__ = (Index(None, "customer_id", "at", "id"),)

    customer_id: Mapped[UUID]
    contact_id: Mapped[UUID | None]
    purpose: Mapped[str] = mapped_column(String(40))
    channel: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10))
    how: Mapped[str] = mapped_column(String(10))
    evidence: Mapped[str | None]
    evidence_file: Mapped[str | None]
    at: Mapped[datetime]
    noted_by: Mapped[UUID | None]
    noted_at: Mapped[datetime] = mapped_column(default=now)


class NewConsent(Schema):
    """What somebody has agreed to, or taken back."""

    class Meta:
        """Whose fields they are."""

        resource = CONSENTS

    contact_id = fields.UUID(
        load_default=None, allow_none=True, metadata={"description": "Null: the customer himself.", "example": None}
    )
    purpose = Text(40, pattern=PURPOSE_PATTERN, required=True, metadata={"example": MARKETING})
    channel = fields.String(required=True, validate=validate.OneOf(CHANNELS), metadata={"example": "email"})
    state = fields.String(required=True, validate=validate.OneOf(STATES), metadata={"example": GIVEN})
    how = fields.String(required=True, validate=validate.OneOf(WAYS), metadata={"example": "form"})
    evidence = Text(
        2000, load_default=None, allow_none=True, metadata={"example": "Ticked the box on the form of the fair."}
    )
    evidence_file = Text(
        200,
        load_default=None,
        allow_none=True,
        metadata={"description": "The key of an upload of yours.", "example": None},
    )
    at = Instant(
        load_default=None,
        allow_none=True,
        metadata={"description": "When he said so; now if it is not given.", "example": "2026-01-31T09:00:00Z"},
    )


class ConsentView(Schema):
    """A line of the history of what somebody has agreed to."""

    class Meta:
        """Whose fields they are."""

        resource = CONSENTS

    id = fields.UUID(required=True)
    customer_id = fields.UUID(required=True)
    contact_id = fields.UUID(required=True, allow_none=True)
    purpose = fields.String(required=True, metadata={"example": MARKETING})
    channel = fields.String(required=True, metadata={"enum": CHANNELS, "example": "email"})
    state = fields.String(required=True, metadata={"enum": STATES, "example": GIVEN})
    how = fields.String(required=True, metadata={"enum": WAYS, "example": "form"})
    evidence = fields.String(required=True, allow_none=True, metadata={"example": "Ticked the box on the form."})
    evidence_file = fields.String(required=True, allow_none=True, metadata={"example": None})
    at = Instant(required=True)
    noted_by = fields.UUID(required=True, allow_none=True, metadata={"description": "Null: he did it himself."})
    noted_at = Instant(required=True)
    present = fields.Boolean(
        required=True, metadata={"description": "Whether it is what holds now for this person, purpose and channel."}
    )


class ConsentSearch(PageRequest):
    """Which part of the history."""

    present = Flag(load_default=False, metadata={"description": "Only what holds now.", "example": False})


ConsentPage = page_of(ConsentView)


def note_consent(session: Session, caller: Caller, customer_id: UUID, **said: Any) -> dict[str, Any]:
    """Note what a customer or a contact has agreed to or taken back, with the evidence.

    The history is never changed; the latest line for a purpose and a channel is what holds. Whoever has taken back
    `marketing` by `email` gets no campaign any more.
    """
    sight.reached(session, caller, customer_id, "customers:change")
    if said["contact_id"]:
        his = select(Contact.id).where(Contact.id == said["contact_id"], Contact.customer_id == customer_id)
        if session.scalar(his) is None:
            raise UnknownContact
    if said["evidence_file"]:
        open_upload(blobs_of(session), said["evidence_file"], caller.user_id, "/evidence_file").close()
    return _add(session, customer_id, noted_by=caller.user_id, **{**said, "at": said["at"] or now()})


def find_consents(
    session: Session, caller: Caller, customer_id: UUID, present: bool, limit: int, cursor: str | None
) -> dict[str, Any]:
    """List what a customer and his contacts have agreed to and taken back, the latest first."""
    if session.scalar(sight.visible_ids(caller).where(Customer.id == customer_id)) is None:
        raise NotFound
    table = Consent.__table__.c
    same = (table.contact_id, table.purpose, table.channel)
    place = func.row_number().over(partition_by=same, order_by=(table.at.desc(), table.id.desc()))
    history = select(*table, (place == literal_column("1")).label("present")).where(table.customer_id == customer_id)
    lines = history.subquery()
    query = select(lines).where(lines.c.present) if present else select(lines)
    return paged(session, query, order=lines.c.at, key=lines.c.id, descending=True, limit=limit, cursor=cursor)


def note_unsubscription(session: Session, event: Unsubscribed) -> None:
    """Whoever unsubscribes takes back his consent; the link that he used is the evidence."""
    known = select(Customer.id).where(Customer.id == event.customer_id)
    if event.customer_id is None or session.scalar(known) is None:
        return
    said = {"purpose": MARKETING, "channel": "email", "state": WITHDRAWN, "how": "link", "at": now()}
    evidence = f"Unsubscription {event.aggregate_id} from campaign {event.campaign_id}"
    said |= {"contact_id": event.contact_id, "evidence": evidence, "evidence_file": None, "noted_by": None}
    _add(session, event.customer_id, **said)


def _add(session: Session, customer_id: UUID, **said: Any) -> dict[str, Any]:
    consent = Consent(id=new_id(), customer_id=customer_id, **said)
    session.add(consent)
    session.flush()
    told = ConsentNoted(
        aggregate_id=consent.id,
        version=1,
        customer_id=customer_id,
        contact_id=consent.contact_id,
        purpose=consent.purpose,
        channel=consent.channel,
        given=consent.state == GIVEN,
        at=consent.at,
    )
    record(session, told)
    later = select(Consent.id).where(
        Consent.customer_id == customer_id,
        Consent.contact_id.is_not_distinct_from(consent.contact_id),
        *(Consent.purpose == consent.purpose, Consent.channel == consent.channel, Consent.at > consent.at),
    )
    shown = {column.name: getattr(consent, column.name) for column in Consent.__table__.c}
    return shown | {"present": session.scalar(later.limit(1)) is None}
