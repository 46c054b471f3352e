"""Entering customers and changing what describes them."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.custom_fields import values as custom
from chassis.encryption.columns import vault_of
from chassis.identity.caller import Caller
from chassis.outbox import record
from contracts.customers import CUSTOMERS, CustomerChanged, CustomerCreated
from services.customers import parents
from services.customers import pool_scope as scope
from services.customers.duplicates.checking import admit, check_permission
from services.customers.duplicates.keys import keys_of
from services.customers.errors import IdTaken
from services.customers.models import Customer, Ownership, new_customer
from services.customers.news import news
from services.customers.phones import normal_phone
from services.customers.sight import known_country, reached
from services.customers.standing.history import first_standings
from services.customers.standing.models import Standing
from services.customers.tag_book import TagBook
from services.customers.terms.resolving import resolve


def create_customer(
    session: Session,
    caller: Caller,
    *,
    in_pool: bool,
    pool_id: UUID | None,
    allow_duplicate: bool,
    **fields: Any,
) -> Customer:
    """Enter a customer.

    It is yours, or with `in_pool` in the pool `pool_id`: without it, in the first pool by priority that is for you. If
    another customer has its number or mail address the answer is 409 with `matches`; `allow_duplicate` takes a
    permission of its own.
    """
    check_permission(caller, allow_duplicate=allow_duplicate)
    if fields.get("parent_id"):
        parents.check(session, caller, fields["parent_id"])
    owner_id, team_id = (None, None) if in_pool else (caller.user_id, caller.main_team)
    resolve(session, fields)
    fields["tags"] = TagBook(session).checked(fields.get("tags", ()))
    if in_pool:
        fields["pool_id"] = scope.open_pool(session, caller, pool_id).id
    fields["phone"] = normal_phone(fields.get("phone"), fields.get("country"))
    own, given = owner_id == caller.user_id, fields.pop("custom", None)
    values = custom.checked(session, caller, CUSTOMERS, given, own=own, new=True)
    customer = Customer(**new_customer(owner_id, team_id, fields))
    admit(session, caller, customer, frozenset(), allow=allow_duplicate)
    add(session, customer)
    custom.write(session, customer, values)
    note_owner(session, caller, customer, from_id=None, how="create", reason=None)
    session.add_all(Standing(**one) for one in first_standings(caller.user_id, customer))
    record(session, news(CustomerCreated, customer))
    return customer


def change_customer(
    session: Session, caller: Caller, customer_id: UUID, expected_version: int, *, allow_duplicate: bool, **fields: Any
) -> Customer:
    """Change what describes a customer.

    Fields that are not given stay as they are. Owners change by claim, release and assign.
    """
    check_permission(caller, allow_duplicate=allow_duplicate)
    if fields.get("parent_id"):
        parents.lock(session)
    customer = reached(session, caller, customer_id, "customers:change", expected_version)
    if fields.get("parent_id") not in (None, customer.parent_id):
        parents.check(session, caller, fields["parent_id"], customer.id)
    resolve(session, fields)
    if "tags" in fields:
        fields["tags"] = TagBook(session).checked(fields["tags"], customer.tags)
    if "phone" in fields:
        fields["phone"] = normal_phone(fields["phone"], fields.get("country", known_country(caller, customer)))
    own, given = customer.owner_id == caller.user_id, fields.pop("custom", None)
    values = custom.checked(session, caller, CUSTOMERS, given, own=own, new=False)
    before = keys_of(vault_of(session), customer)
    added = custom.write(session, customer, values)
    if customer.change(fields, touched=bool(added)):
        admit(session, caller, customer, before, allow=allow_duplicate)
        record(session, news(CustomerChanged, customer))
    return customer


def add(session: Session, entity: Any) -> None:
    """Add a new entity; raises IdTaken if the client brought an id that is in use."""
    try:
        with session.begin_nested():
            session.add(entity)
    except IntegrityError:
        if session.scalar(select(type(entity).id).where(type(entity).id == entity.id)) is None:
            raise
        raise IdTaken from None


def note_owner(
    session: Session,
    caller: Caller | None,
    customer: Customer,
    *,
    from_id: UUID | None,
    how: str,
    reason: str | None,
    reason_id: UUID | None = None,
    why: str | None = None,
) -> None:
    """Add a line to the history of the customer's owners, after the change; without a caller a rule did it."""
    line = Ownership(
        customer_id=customer.id,
        from_id=from_id,
        to_id=customer.owner_id,
        by_id=caller.user_id if caller else None,
        how=how,
        pool_id=customer.pool_id if customer.in_pool or from_id is None else None,
        reason=reason,
        reason_id=reason_id,
        why=why,
        at=now(),
    )
    session.add(line)
