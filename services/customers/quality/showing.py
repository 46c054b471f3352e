"""The quality of one customer, and confirming it."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import audit
from chassis.clock import now
from chassis.errors import Invalid, NotFound
from chassis.identity.caller import Caller
from chassis.outbox import record
from contracts.quality import CustomerVerified
from services.customers import pool_viewing as viewing
from services.customers import sight
from services.customers.models import Customer
from services.customers.quality.assessing import WHOLE, assess
from services.customers.quality.criteria import AGES
from services.customers.quality.gathering import facts_of, rows_of, rules_of, standards_of
from services.customers.quality.keeping import touch
from services.customers.quality.models import field_moments
from services.customers.quality.reading import sees_stage
from services.customers.tasks.seeing import readable

TABLE, MOMENTS = Customer.__table__.c, field_moments.c
PLACES = (TABLE.id, TABLE.owner_id, TABLE.in_pool, TABLE.pool_id)
SCORES = ("score", "completeness", "validity", "freshness")
UNTOLD: dict[str, Any] = dict.fromkeys((*SCORES, "standard_id", "standard_version", "falls_on"))


def get_quality(session: Session, caller: Caller, customer_id: UUID) -> dict[str, Any]:
    """Tell how good the data of a customer is: complete, valid and fresh, with what is missing, invalid or too old.

    The score follows from the fields that you may see, and is null if you may not see by which standard it is judged.
    """
    seen = select(*PLACES).where(TABLE.id == customer_id, TABLE.erased_at.is_(None), sight.in_sight(caller))
    row = session.execute(seen).one_or_none()
    if row is None:
        raise NotFound
    place: dict[str, Any] = {"pool_id": row.pool_id, "withheld": []}
    if row.in_pool:
        viewing.open_in_pool(session, caller, customer_id, place)
    whole = rows_of(session, [customer_id])[0]
    told = {"customer_id": customer_id, **_confirmed(session, customer_id), **UNTOLD, "items": []}
    own = row.owner_id == caller.user_id
    if not sees_stage(caller, own=own) and not caller.field_rules.unlimited:
        return told
    withheld = () if caller.field_rules.unlimited else place["withheld"]
    return told | _judged(session, caller, whole, own=own, withheld=withheld)


def verify_customer(session: Session, caller: Caller, customer_id: UUID, fields: list[str]) -> dict[str, Any]:
    """Confirm that what is known of a customer is right: all of it, or just these fields.

    Their age counts from now.
    """
    customer = sight.reached(session, caller, customer_id, "customers:change")
    known = readable(session, caller, own=customer.owner_id == caller.user_id)
    unknown = [number for number, name in enumerate(fields) if name in AGES or name not in known]
    if unknown:
        raise Invalid.field(f"/fields/{unknown[0]}", "Unknown field.")
    names, moment = sorted(set(fields)) or [WHOLE], now()
    rows = [
        {"customer_id": customer_id, "field": name, "verified_at": moment, "verified_by": caller.user_id}
        for name in names
    ]
    row = insert(field_moments)
    newest = {name: row.excluded[name] for name in ("verified_at", "verified_by")}
    session.execute(row.on_conflict_do_update(index_elements=["customer_id", "field"], set_=newest), rows)
    touch(session, [customer_id])
    audit.note(session, "verify_customer", resource="customers", record_id=customer_id, fields=names)
    told = CustomerVerified(aggregate_id=customer_id, version=customer.version, fields=fields, by_id=caller.user_id)
    record(session, told)
    return get_quality(session, caller, customer_id)


def _judged(session: Session, caller: Caller, row: dict[str, Any], *, own: bool, withheld: Any) -> dict[str, Any]:
    standard = standards_of(session)[row["kind"], row["lifecycle_stage"]]
    known, facts = readable(session, caller, own=own), facts_of(row)
    asked = [one["field"] for one in standard.criteria]
    shown = {name for name in asked if name in AGES or (name in known and name not in withheld)}
    found = assess(standard, facts, rules_of(session), shown)
    confirmed = _by_field(session, row["id"])
    return {
        **{name: getattr(found, name) for name in SCORES},
        "standard_id": standard.id,
        "standard_version": standard.version,
        "falls_on": found.falls_on,
        "items": [_item(one, confirmed.get(one.field)) for one in found.findings],
    }


def _item(one: Any, confirmed: Any) -> dict[str, Any]:
    names = ("field", "weight", "state", "why", "stale", "since", "stale_on")
    told = {name: getattr(one, name) for name in names}
    who = {"verified_at": confirmed and confirmed.verified_at, "verified_by": confirmed and confirmed.verified_by}
    return told | who


def _by_field(session: Session, customer_id: UUID) -> dict[str, Any]:
    return {row.field: row for row in session.execute(select(*MOMENTS).where(MOMENTS.customer_id == customer_id))}


def _confirmed(session: Session, customer_id: UUID) -> dict[str, Any]:
    """Who confirmed the whole record, and when."""
    row = _by_field(session, customer_id).get(WHOLE)
    return {"verified_at": row and row.verified_at, "verified_by": row and row.verified_by}
