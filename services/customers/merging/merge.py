"""Making one customer of several: all of it in one transaction here, and told to the other services."""

from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, selectinload

from chassis import audit
from chassis.clock import now
from chassis.context import service_of
from chassis.encryption.columns import vault_of
from chassis.errors import NotFound
from chassis.identity.caller import Caller
from chassis.identity.events import MERGED
from chassis.identity.visibility import visible
from chassis.ids import new_id
from chassis.merging import tables
from chassis.merging.following import SETTLE, SETTLES_AFTER
from chassis.merging.working import Changing, Work
from chassis.outbox import record
from chassis.timers import set_timer
from contracts.customers import CustomerChanged, CustomersMerged
from services.customers import parents
from services.customers.commands import note_owner
from services.customers.duplicates import keys, pairs
from services.customers.errors import ParentCycle, TooManyContacts
from services.customers.merging import added, choosing
from services.customers.merging.choosing import Choice
from services.customers.merging.errors import NotTwo, OnHold
from services.customers.merging.following import MERGING
from services.customers.merging.models import Merge
from services.customers.models import MAX_CONTACTS, Contact, Customer
from services.customers.news import news
from services.customers.privacy.retention.models import PrivacyState
from services.customers.privacy.retention.standing import count_anew, last_contact_of
from services.customers.quality import keeping
from services.customers.tasks import making

MERGE = "customers:merge"
TABLE: Any = Customer.__table__
STATES: Any = PrivacyState.__table__


def merge_customers(
    session: Session, caller: Caller, customer_id: UUID, losers: list[UUID], values_from: dict[str, UUID]
) -> Merge:
    """Merge customers into this one.

    It keeps its id and takes in what the others have: contacts, owners, consents, shares, interactions, tickets,
    messages. `values_from` says for a field from which customer its value is to come; otherwise it keeps its own, and
    takes the first that another one has where it has none. Ids of the others are answered with 410 `merged` and
    `merged_into`. The other services follow within moments: see `acks` and `missing`.
    """
    parents.lock(session)
    customers = locked(session, caller, customer_id, losers, values_from)
    survivor, others = customers[0], customers[1:]
    values, owner = choosing.values_of(customers, values_from), choosing.owner_of(customers, values_from)
    values |= choosing.channels_of(customers, values)
    merge = _new_merge(caller, survivor, others, values_from)
    session.add(merge)
    session.flush()
    work = MERGING.work(session, merge.id, survivor.id, [one.id for one in others])
    versions = [one.version + 1 for one in others]
    with Changing(work, TABLE, TABLE.c.id == survivor.id):
        added.take_in(work, customers, values_from)
        _take_in(session, caller, survivor, values | {"parent_id": _above(session, customers)}, owner)
    rows = _work_off(work)
    for one in others:
        session.expunge(one)
    tables.take_step(session, merge.id, MERGED, survivor.id, work.loser_ids)
    tables.redirect(session, merge.id, survivor.id, list(zip(work.loser_ids, versions, strict=True)))
    set_timer(session, SETTLE, str(merge.id), now() + SETTLES_AFTER)
    pairs.settle(session, survivor.id, work.loser_ids)
    making.moved(session, [survivor.id])
    keeping.take_over(session, [survivor.id])
    merge.acknowledge("customers", MERGED, rows)
    _tell(session, merge, survivor, versions)
    return merge


def locked(session: Session, caller: Caller, customer_id: UUID, losers: list[UUID], choice: Choice) -> list[Customer]:
    """The customers that are to be one, first the one that stays; raises for what cannot be merged by the caller."""
    ids = [customer_id, *losers]
    if len(set(ids)) < len(ids):
        raise NotTwo
    choosing.check_choice(choice, ids)
    query = select(Customer).where(Customer.id.in_(ids), visible(Customer, caller, MERGE)).order_by(Customer.id)
    by_id = {one.id: one for one in session.scalars(query.options(selectinload(Customer.contacts)).with_for_update())}
    if len(by_id) < len(ids):
        raise NotFound
    customers = [by_id[one] for one in ids]
    if any(one.erased_at for one in customers):
        raise NotFound
    choosing.check_access(session, caller, customers)
    held = select(PrivacyState.id).where(PrivacyState.id.in_(losers), PrivacyState.reason.is_not(None))
    if session.scalar(held.limit(1)):
        raise OnHold
    return customers


def preview_merge(
    session: Session, caller: Caller, customer_id: UUID, losers: list[UUID], values_from: dict[str, UUID]
) -> dict[str, Any]:
    """See what a merge would make of this customer, and what would move; nothing is changed."""
    customers = locked(session, caller, customer_id, losers, values_from)
    ids = [one.id for one in customers[1:]]
    faces = {one.face for customer in customers for one in customer.contacts}
    found = choosing.differing(customers)
    return {
        "customer_id": customer_id,
        "differing": [{"field": name, "customer_ids": having} for name, having in found.items()],
        "contacts": len(faces),
        "fits": len(faces) <= MAX_CONTACTS,
        "moves": [
            {"what": table.name, "rows": count}
            for table, column in MERGING.pointers(Customer.metadata)
            if (count := session.scalar(select(func.count()).select_from(table).where(column.in_(ids))))
        ],
    }


def _new_merge(caller: Caller, survivor: Customer, others: list[Customer], values_from: Choice) -> Merge:
    return Merge(
        id=new_id(),
        survivor_id=survivor.id,
        loser_ids=[one.id for one in others],
        state="merging",
        acks=[],
        version=1,
        values_from={name: str(source) for name, source in values_from.items()},
        owner_id=caller.user_id,
        team_id=caller.main_team,
    )


def _above(session: Session, customers: list[Customer]) -> UUID | None:
    """The parent company of the one that stays: the nearest above it that is none of them."""
    ids = {one.id: one.parent_id for one in customers}
    place, seen = customers[0].parent_id, set()
    while place in ids and place not in seen:
        seen.add(place)
        place = ids[place]
    return None if place in ids else place


def _take_in(
    session: Session,
    caller: Caller,
    survivor: Customer,
    values: dict[str, Any],
    owner: dict[str, Any],
) -> None:
    former_id = survivor.owner_id
    if not survivor.change(values):
        survivor.touch()
    for name, value in owner.items():
        setattr(survivor, name, value)
    if survivor.owner_id != former_id:
        note_owner(session, caller, survivor, from_id=former_id, how="merge", reason=None)
    vault = vault_of(session)
    session.flush()
    keys.claim(session, ((survivor.id, key) for key in keys.keys_of(vault, survivor)))


def _work_off(work: Work) -> int:
    """Keep the others as they are, point everything to the one that stays, and remove them."""
    session, losers = work.session, work.of_losers(TABLE.c.id)
    count = work.picture(TABLE, losers)
    contacted_at = last_contact_of(session, [work.survivor_id, *work.loser_ids])
    count += MERGING.work_off(work, timer_kinds=service_of(session).timers())
    with Changing(work, STATES, STATES.c.id == work.survivor_id):
        count_anew(session, work.survivor_id, contacted_at)
    session.execute(delete(Customer).where(losers).execution_options(synchronize_session=False))
    survivor = session.get_one(Customer, work.survivor_id)
    if survivor.parent_id and survivor.id in parents.ancestors(session, [survivor.parent_id]):
        raise ParentCycle
    contacts = select(func.count()).select_from(Contact).where(Contact.customer_id == survivor.id)
    if (session.scalar(contacts) or 0) > MAX_CONTACTS:
        raise TooManyContacts
    session.expire(survivor, ["contacts"])
    survivor.retoken()
    return count


def _tell(session: Session, merge: Merge, survivor: Customer, versions: list[int]) -> None:
    ids = [str(one) for one in merge.loser_ids]
    audit.note(session, "merge_customers", resource="customers", record_id=survivor.id, records=merge.loser_ids)
    audit.tell(session, merge=str(merge.id), survivor=str(survivor.id), merged=len(ids))
    told = CustomersMerged(
        aggregate_id=merge.id,
        version=MERGED,
        survivor_id=survivor.id,
        loser_ids=merge.loser_ids,
        versions=versions,
    )
    record(session, news(CustomerChanged, survivor), told)
