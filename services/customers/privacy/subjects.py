"""Who somebody is to the services: the ids, addresses and words by which they find what they know of him."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import Session

from chassis.encryption.columns import vault_of
from chassis.errors import Invalid, NotFound
from chassis.identity.caller import Caller
from chassis.identity.visibility import visible
from chassis.mail.addresses import normalised
from chassis.merging.tables import merged_away
from chassis.subjects.subject import Subject
from services.customers.channel_book import MAIL
from services.customers.marks import beside_of, wanted
from services.customers.models import Contact, Customer

PERSON = "person"


class NotOnePerson(Invalid):
    """Whom it is about was said in several ways, or in none."""

    slug, title = "not-one-person", "Give exactly one of customer_id, contact_id and email"


def subject_of(
    session: Session,
    caller: Caller,
    permission: str,
    *,
    customer_id: UUID | None,
    contact_id: UUID | None,
    email: str | None,
) -> Subject:
    """Whom the caller means; raises NotFound for an id that his permission does not reach, and NotOnePerson."""
    if sum(one is not None for one in (customer_id, contact_id, email)) != 1:
        raise NotOnePerson
    mine = visible(Customer, caller, permission)
    if customer_id:
        customers = list(session.scalars(select(Customer).where(Customer.id == customer_id, mine)))
        contacts = [one for customer in customers for one in customer.contacts]
    elif contact_id:
        customers = []
        contacts = list(session.scalars(select(Contact).join(Customer).where(Contact.id == contact_id, mine)))
    else:
        vault, address = vault_of(session), (email or "").lower()
        marks = array([*wanted(vault, email=address), *beside_of(vault, [address], [])], type_=LargeBinary)
        customers = list(session.scalars(select(Customer).where(Customer.marks.overlap(marks), mine)))
        contacts = list(session.scalars(select(Contact).join(Customer).where(Contact.marks.overlap(marks), mine)))
    if not email and not customers and not contacts:
        raise NotFound
    return with_merged(session, _subject(customers, contacts, email))


def with_merged(session: Session, subject: Subject) -> Subject:
    """With the ids of whom was merged into him, of which there may be rows as they were before."""
    whole = [UUID(one) for one in subject.ids.get("customer", [])]
    more = {str(one) for one in merged_away(session, whole)} if whole else set()
    ids = {**subject.ids, "customer": sorted({*subject.ids.get("customer", []), *more})}
    return replace(subject, ids=ids)


def of_customers(customers: Sequence[Customer]) -> Subject:
    """Customers with all their contacts."""
    return _subject(customers, [], None)


def _subject(customers: Sequence[Customer], contacts: Sequence[Contact], email: str | None) -> Subject:
    """An organisation that was found by an address that it shares with the person is not the person himself."""
    whole = [one for one in customers if email is None or one.kind == PERSON]
    whole_ids = {one.id for one in whole}
    contacts = [*contacts, *(one for customer in whole for one in customer.contacts)]
    companies = {one.customer_id for one in contacts} | {one.id for one in customers}
    words = [email, *(word for one in [*whole, *contacts] for word in _words(one))]
    mails = (channel.value for one in [*whole, *contacts] for channel in one.book().channels if channel.kind == MAIL)
    addresses = {normalised(one) for one in (*mails, email)}
    return Subject(
        ids={
            "customer": sorted(map(str, whole_ids)),
            "contact": sorted({str(one.id) for one in contacts}),
            "address": sorted(filter(None, addresses)),
        },
        around={"customer": sorted(str(one) for one in companies - whole_ids)},
        words=sorted({word for word in words if word}),
    )


def _words(person: Any) -> list[str | None]:
    places = [line for one in person.addresses_book().addresses for line in one.lines]
    return [person.name, *(one.value for one in person.book().channels), *places, getattr(person, "address", None)]
