"""Taking a merge back: the customers are there again, and each has what it had."""

from typing import Any
from uuid import UUID

from sqlalchemy import any_, func, literal, select
from sqlalchemy.orm import Session, selectinload

from chassis import audit
from chassis.custom_fields.values import forget_marks
from chassis.encryption.columns import vault_of
from chassis.errors import NotFound
from chassis.identity.caller import Caller
from chassis.identity.events import UNMERGED
from chassis.identity.visibility import visible
from chassis.merging import tables
from chassis.merging.tables import merge_images, merged_records
from chassis.merging.undoing import Undo
from chassis.merging.working import REMOVED, UUIDS
from chassis.outbox import record
from contracts.customers import CustomerChanged, CustomersUnmerged
from services.customers import parents
from services.customers.commands import note_owner
from services.customers.duplicates import keys, pairs
from services.customers.errors import ParentCycle
from services.customers.merging import added, choosing
from services.customers.merging.errors import MergedFurther, NothingToRestore
from services.customers.merging.following import MERGING, above_now
from services.customers.merging.merge import MERGE
from services.customers.merging.models import Merge
from services.customers.models import Customer
from services.customers.news import news
from services.customers.privacy.retention import standing
from services.customers.quality import keeping
from services.customers.tasks import making


def unmerge_customers(session: Session, caller: Caller, merge_id: UUID) -> Merge:
    """Take a merge back.

    The customers that were merged into another one are there again with the ids and all data that they had, and get
    back what was theirs, in all services. The one that they were merged into becomes what it was; a field that was
    changed since stays as it is now. What was added to it since stays with it.
    """
    parents.lock(session)
    merge, survivor = _locked(session, caller, merge_id)
    merge.take_back()
    former_id, before = survivor.owner_id, survivor.version
    session.flush()
    work = MERGING.work(session, merge.id, survivor.id, list(merge.loser_ids))
    versions = {row.record_id: row.version for row in session.execute(_versions(merge_id))}
    undo = Undo(work, Customer.metadata, {"customers": lambda row: _comes_back(session, row, versions)})
    told = standing.told_of(session, survivor.id)
    forget_marks(session, [survivor.id])
    rows = undo.put_back(first=("customers",))
    standing.tell_again(session, survivor.id, *told)
    tables.take_step(session, merge.id, UNMERGED, survivor.id, work.loser_ids)
    tables.forget_merge(session, merge.id)
    customers = _all(session, [survivor.id, *work.loser_ids])
    _count_on(customers[survivor.id], before)
    customers[survivor.id].retoken()
    added.mark_anew(session, customers[survivor.id])
    if former_id != survivor.owner_id:
        note_owner(session, caller, survivor, from_id=former_id, how="unmerge", reason=None)
    _check_tree(session, customers)
    vault = vault_of(session)
    keys.claim(session, ((one.id, key) for one in customers.values() for key in keys.keys_of(vault, one)))
    pairs.open_again(session, merge.survivor_id, merge.loser_ids)
    making.moved(session, customers)
    keeping.take_over(session, customers)
    keeping.touch(session, customers)
    merge.acknowledge("customers", UNMERGED, rows)
    _tell(session, merge, customers)
    return merge


def _locked(session: Session, caller: Caller, merge_id: UUID) -> tuple[Merge, Customer]:
    mine = select(Merge).where(Merge.id == merge_id, visible(Merge, caller, MERGE))
    merge = session.scalar(mine.with_for_update())
    if merge is None:
        raise NotFound
    query = select(Customer).where(Customer.id == merge.survivor_id, visible(Customer, caller, MERGE))
    survivor = session.scalar(query.with_for_update())
    if survivor is None:
        if tables.present_id(session, merge.survivor_id):
            raise MergedFurther
        raise NotFound
    if merge.step != UNMERGED:
        _check_images(session, merge, survivor)
    choosing.check_access(session, caller, [survivor])
    return merge, survivor


def _check_images(session: Session, merge: Merge, survivor: Customer) -> None:
    """Raises NothingToRestore if a person's data has been erased that would have to come back."""
    of_customers = (merge_images.c.table_name == "customers") & (merge_images.c.kind == REMOVED)
    query = select(func.count()).select_from(merge_images).where(merge_images.c.merge_id == merge.id, of_customers)
    if survivor.erased_at or session.scalar(query) != len(merge.loser_ids):
        raise NothingToRestore


def _versions(merge_id: UUID) -> Any:
    return select(merged_records.c.record_id, merged_records.c.version).where(merged_records.c.merge_id == merge_id)


def _comes_back(session: Session, row: dict[str, Any], versions: dict[UUID, int]) -> dict[str, Any]:
    """What of a customer is not as it was: nobody must take an older state of it for the present one."""
    other: dict[str, Any] = {"version": versions[UUID(row["id"])] + 1}
    parent = row.get("parent_id")
    now_above = above_now(session, row)
    if parent and UUID(parent) not in versions and str(now_above) != parent:
        other["parent_id"] = now_above
    return other


def _all(session: Session, ids: list[UUID]) -> dict[UUID, Customer]:
    query = select(Customer).where(Customer.id == any_(literal(ids, UUIDS))).options(selectinload(Customer.contacts))
    found = session.scalars(query.execution_options(populate_existing=True))
    by_id = {one.id: one for one in found}
    return {one: by_id[one] for one in ids}


def _count_on(survivor: Customer, before: int) -> None:
    """Its version grows, whatever it was set back to; when it was changed last is as it was."""
    survivor.version = before + 1


def _check_tree(session: Session, customers: dict[UUID, Customer]) -> None:
    """Raises ParentCycle if somebody has put one of them below what was below another one."""
    for one in customers.values():
        if one.parent_id and one.id in parents.ancestors(session, [one.parent_id]):
            raise ParentCycle


def _tell(session: Session, merge: Merge, customers: dict[UUID, Customer]) -> None:
    session.flush()
    audit.note(session, "unmerge_customers", resource="customers", record_id=merge.survivor_id, records=merge.loser_ids)
    told = CustomersUnmerged(
        aggregate_id=merge.id, version=UNMERGED, survivor_id=merge.survivor_id, loser_ids=merge.loser_ids
    )
    record(session, told, *(news(CustomerChanged, one) for one in customers.values()))
