"""What assessing needs, read for many customers at once: their values in clear, their ages, the standards and terms."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date
from typing import Any
from uuid import UUID

from sqlalchemy import Date, any_, bindparam, cast, func, or_, select
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.custom_fields.defined import custom_fields_of
from chassis.custom_fields.values import stored
from chassis.database import dicts
from chassis.encryption.columns import vault_of
from chassis.filters import one_of
from chassis.identity.policy import CUSTOM
from chassis.merging.working import UUIDS
from chassis.prepared import PreparedQuery
from contracts.customers import CUSTOMERS
from services.customers.models import Contact, Customer
from services.customers.pool_models import pool_states
from services.customers.quality.assessing import Facts, Rules
from services.customers.quality.criteria import PLAIN
from services.customers.quality.models import QualityStandard, field_moments
from services.customers.tasks.models import QUALITY, CustomerTask
from services.customers.tasks.seeing import CONTACT
from services.customers.terms.models import Term

TABLE, MOMENTS, TASKS = Customer.__table__.c, field_moments.c, CustomerTask.__table__.c
SEALED = ("phone", "email", "address", "custom_private")
PLACES = ("owner_id", "team_id", "pool_id", "in_pool", "kind", "lifecycle_stage", "erased_at")

Standards = Mapping[tuple[str, str], Any]
"""Rows of ``quality_standards`` by kind and stage."""


def _moments() -> Any:
    """The day on which each field was changed or confirmed last."""
    day = cast(func.greatest(MOMENTS.changed_at, MOMENTS.verified_at), Date)
    found = select(func.jsonb_object_agg(MOMENTS.field, day)).where(MOMENTS.customer_id == TABLE.id)
    return found.correlate(Customer.__table__).scalar_subquery()


def _reached_by_contact() -> Any:
    contacts = Contact.__table__.c
    reached = or_(contacts.phone.is_not(None), contacts.email.is_not(None))
    return select(contacts.id).where(contacts.customer_id == TABLE.id, reached).correlate(Customer.__table__).exists()


def _has_tasks() -> Any:
    held = select(TASKS.id).where(TASKS.customer_id == TABLE.id, TASKS.holds, one_of(TASKS.kind, list(QUALITY)))
    return held.correlate(Customer.__table__).exists()


ROWS = PreparedQuery(
    select(
        *(TABLE[name] for name in dict.fromkeys((*PLAIN, "custom", "custom_private", *PLACES, "id", "created_at"))),
        pool_states.c.last_follow_up_at,
        _moments().label("moments"),
        _reached_by_contact().label(CONTACT),
        _has_tasks().label("has_tasks"),
    )
    .select_from(Customer.__table__)
    .outerjoin(pool_states, pool_states.c.customer_id == TABLE.id)
    .where(TABLE.id == any_(bindparam("ids", type_=UUIDS)))
)
STANDARDS = PreparedQuery(select(*QualityStandard.__table__.c))
TERMS = PreparedQuery(select(func.array_agg(Term.dictionary + ":" + Term.code).label("known")).where(Term.active))
"""All of them are asked whenever a customer changes."""


def rows_of(session: Session, ids: Collection[UUID]) -> list[dict[str, Any]]:
    """What is known of these customers, sealed values in clear."""
    rows = dicts(ROWS.execute(session, {"ids": list(ids)}))
    return vault_of(session).open_rows(rows, "customers", SEALED)


def facts_of(row: Mapping[str, Any]) -> Facts:
    """What such a row says, as assessing takes it."""
    added = stored(row["custom"], row["custom_private"])
    values = {name: row[name] for name in PLAIN} | {CONTACT: row[CONTACT] or None}
    contacted = row["last_follow_up_at"]
    return Facts(
        values=values | {f"{CUSTOM}.{key}": value for key, value in added.items()},
        created_on=row["created_at"].astimezone(UTC).date(),
        contacted_on=contacted.astimezone(UTC).date() if contacted else None,
        known_on={name: date.fromisoformat(day) for name, day in (row["moments"] or {}).items()},
    )


def standards_of(session: Session) -> Standards:
    """The standards in force."""
    return {(one.kind, one.lifecycle_stage): one for one in STANDARDS.execute(session, {})}


def rules_of(session: Session) -> Rules:
    """The terms and custom fields in force, and the day."""
    known = frozenset(TERMS.execute(session, {}).scalar_one() or ())
    added: Iterable[Any] = custom_fields_of(session).of(CUSTOMERS).by_key.values()
    return Rules(known, {one.name: one for one in added}, now().astimezone(UTC).date())
