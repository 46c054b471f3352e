"""Who has taken back his consent to marketing mail: a replica of what customers noted, fed by events."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from contracts.customers import MARKETING, ConsentNoted
from services.campaigns.models import Base

MAIL = "email"


class MailConsent(Base):
    """What holds for a customer or a contact, whoever of them said it."""

    __tablename__ = "mail_consents"
    __resource__ = None

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    given: Mapped[bool]
    at: Mapped[datetime]


def keep_consent(session: Session, event: ConsentNoted) -> None:
    """Take over what was said about marketing mail, unless something later is known."""
    if (event.purpose, event.channel) != (MARKETING, MAIL):
        return
    row = insert(MailConsent).values(person_id=event.contact_id or event.customer_id, given=event.given, at=event.at)
    later = {"given": row.excluded.given, "at": row.excluded.at}
    newer = MailConsent.at < row.excluded.at
    session.execute(row.on_conflict_do_update(index_elements=["person_id"], set_=later, where=newer))


def has_withdrawn(customer_id: Any, contact_id: Any) -> ColumnElement[bool]:
    """The condition that a contact, or his whole company, has taken back the consent to marketing mail."""
    his = or_(MailConsent.person_id == customer_id, MailConsent.person_id == contact_id)
    return exists().where(his, MailConsent.given.is_(False))
