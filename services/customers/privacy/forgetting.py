"""What only customers can do when a person is erased: tell the others, and forget what was gathered for him."""

from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from chassis.context import blobs_of
from chassis.custom_fields.values import forget_marks
from chassis.outbox import record
from chassis.subjects.events import EXPORT
from chassis.subjects.files import file_key
from chassis.subjects.subject import Subject
from contracts.customers import CustomerChanged
from services.customers.channel_marks import forget_erased
from services.customers.duplicates.keys import keep_only_present
from services.customers.models import Customer
from services.customers.news import news
from services.customers.privacy.models import PrivacyRequest
from services.customers.tag_models import add_up


def forget_person(session: Session, subject: Subject) -> None:
    """Tell what is left of the customers; whoever hears it forgets what he knew."""
    erased = [UUID(one) for one in subject.ids.get("customer", [])]
    around = [UUID(one) for one in subject.around.get("customer", [])]
    query = select(Customer).where(Customer.id.in_(erased + around)).order_by(Customer.id)
    for customer in session.scalars(query.with_for_update()):
        _renew(session, customer, erased=customer.id in erased)
        record(session, news(CustomerChanged, customer))
    forget_marks(session, erased)
    add_up(session)  # or rows would go on telling that there was such a tag
    _drop_exports(session, erased, [UUID(one) for one in subject.ids.get("contact", [])])


def _renew(session: Session, customer: Customer, *, erased: bool) -> None:
    customer.retoken()
    if erased:
        customer.forget()
        return
    for one in (customer, *customer.contacts):
        forget_erased(one)
        one.remark()
    keep_only_present(session, customer)
    customer.touch()


def _drop_exports(session: Session, customers: list[UUID], contacts: list[UUID]) -> None:
    """What was gathered for the person goes, too, and what is still being gathered is not wanted any more."""
    his = or_(PrivacyRequest.customer_id.in_(customers), PrivacyRequest.contact_id.in_(contacts))
    for request in session.scalars(select(PrivacyRequest).where(his, PrivacyRequest.kind == EXPORT).with_for_update()):
        blobs_of(session).delete(file_key(request.id))
        request.finish()
