"""Customers as this service knows them: a replica fed by events, and the rules of who sees which."""

from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_
from sqlalchemy.orm import Session

from chassis.encryption.columns import vault_of
from chassis.identity.caller import Caller
from chassis.identity.visibility import visible
from chassis.replicas import drop, keep_newer
from chassis.subjects.receipts import buried
from contracts.customers import CustomerRemoved, CustomerState
from services.campaigns.models import Customer, Recipient
from services.campaigns.sealing import sealed_addressee

TAKEN_OVER = (
    "kind",
    "name",
    "sector",
    "country",
    "city",
    "tags",
    "employees",
    "revenue",
    "industry",
    "size",
    "source",
    "grade",
    "lifecycle_stage",
    "contract_ends_at",
    "last_deal_at",
    "owner_id",
    "team_id",
    "in_pool",
    "created_at",
)


def keep_customer(session: Session, event: CustomerState) -> None:
    """Take over a customer's state, unless a newer one is here already; addressees who were erased are left out."""
    vault = vault_of(session)
    gone = buried(session, [UUID(one["contact_id"]) for one in event.addressees if one.get("contact_id")])
    known = [one for one in event.addressees if not one.get("contact_id") or UUID(one["contact_id"]) not in gone]
    addressees = [sealed_addressee(vault, event.aggregate_id, published) for published in known]
    keep_newer(session, Customer, event, addressees=addressees, **{name: getattr(event, name) for name in TAKEN_OVER})


def drop_customer(session: Session, event: CustomerRemoved) -> None:
    """Forget a customer that is there no more."""
    drop(session, Customer, event)


def may_be_written_to(caller: Caller) -> ColumnElement[bool]:
    """The customers that the caller may send to: those in his reach.

    Customers in the pool that he could claim are not among them: their contact data is not his before he has.
    """
    return visible(Customer, caller, "customers:read")


def reaches_recipient(caller: Caller) -> ColumnElement[bool]:
    """The recipients whose address the caller may see: those at customers in his reach, whoever wrote to them."""
    return exists().where(Customer.id == Recipient.customer_id, may_be_written_to(caller))


def in_sight(caller: Caller) -> ColumnElement[bool]:
    """The customers whose page the caller may open: those in his reach, and those in the pool if he may claim."""
    reached = visible(Customer, caller, "customers:read")
    return or_(reached, Customer.in_pool) if caller.may("customers:claim") else reached
