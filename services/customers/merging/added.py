"""The fields that the house has added, when customers become one or several again."""

from sqlalchemy import or_
from sqlalchemy.orm import Session

from chassis.custom_fields import values as custom
from chassis.custom_fields.defined import custom_fields_of
from chassis.custom_fields.tables import custom_keys
from chassis.merging.working import Work
from contracts.customers import CUSTOMERS
from services.customers.merging import choosing
from services.customers.merging.choosing import Choice
from services.customers.models import Customer


def take_in(work: Work, customers: list[Customer], choice: Choice) -> None:
    """Give the first one what the others have; what was unique to one of them is its own from now on."""
    session, survivor = work.session, customers[0]
    work.remove(custom_keys, or_(work.of_losers(custom_keys.c.record_id), custom_keys.c.record_id == survivor.id))
    definitions = custom_fields_of(session).of(CUSTOMERS)
    custom.write(session, survivor, choosing.added_values(customers, choice, definitions.by_key))
    mark_anew(session, survivor)


def mark_anew(session: Session, customer: Customer) -> None:
    """Let its values be found; raises ValueTaken if another customer has one that is to be unique."""
    definitions = custom_fields_of(session).of(CUSTOMERS)
    values = custom.stored(customer.custom, customer.custom_private)
    custom.mark(session, definitions, customer.id, {key: values[key] for key in values if key in definitions.by_key})
