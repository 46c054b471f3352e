"""What only campaigns can do when a person is erased: write to him no more, and take him off the addressees."""

from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from chassis.encryption.columns import vault_of
from chassis.encryption.vault import to_json
from chassis.subjects.subject import Subject
from services.campaigns.models import Customer, Recipient
from services.campaigns.sealing import mark_of


def forget_person(session: Session, subject: Subject) -> None:
    """Skip what has not been sent yet; let the companies around have no such addressee any more."""
    customers = [UUID(one) for one in subject.ids.get("customer", [])]
    contacts = [UUID(one) for one in subject.ids.get("contact", [])]
    his = or_(Recipient.customer_id.in_(customers), Recipient.contact_id.in_(contacts))
    skipped = update(Recipient).where(his, Recipient.state == "pending")
    session.execute(skipped.values(state="skipped", claim=None))
    marks = {to_json(mark_of(vault_of(session), one)) for one in subject.ids.get("address", [])}
    around = [UUID(one) for one in subject.around.get("customer", [])]
    for customer in session.scalars(select(Customer).where(Customer.id.in_(around)).with_for_update()):
        known = subject.ids.get("contact", [])
        customer.addressees = [
            one for one in customer.addressees if one.get("contact_id") not in known and one.get("address") not in marks
        ]
