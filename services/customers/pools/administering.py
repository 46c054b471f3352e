"""Setting up pools, their rules, and the list of reasons for a release."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chassis import jobs
from chassis.context import directory_of
from chassis.errors import NotFound, PreconditionFailed
from chassis.filters import compiled
from chassis.identity.caller import Caller, Reach
from chassis.paging import paged
from contracts.customers import CUSTOMERS
from services.customers import pool_scope as scope
from services.customers.listing import FILTERABLE
from services.customers.models import DEFAULT_POOL, Customer
from services.customers.pool_errors import DefaultPoolOpen, OneOfTwo, PoolNameTaken, TooManyPools, UnknownMember
from services.customers.pool_models import MAX_POOLS, REWIND, Pool, ReleaseReason
from services.customers.sight import visible_ids

AT_FIRST = {"time_zone": "UTC", "everybody": False, "reason_required": False, "recycling": False, "escalate_days": 1}
LISTS = ("teams", "roles", "people", "administrators", "hidden_fields", "limits", "recycle_rules", "assignment_rules")
"""What a pool has if nothing is said."""

WINDING = {
    *("recycling", "recycle_rules", "warn_days", "priority", "enabled", "everybody", "teams", "roles", "people"),
}
"""What moves the clocks of customers."""

KNOWN = {"teams": "has_team", "roles": "has_role", "people": "is_active", "administrators": "is_active"}
"""Lists of ids, and what the directory is asked whether it knows one."""

POOL_FIELDS = [column for column in Pool.__table__.columns if column.key not in ("version", "last_given")]
REASON_FIELDS = [column for column in ReleaseReason.__table__.columns if column.key != "version"]


def create_pool(session: Session, caller: Caller, **fields: Any) -> Pool:
    """Open a pool.

    It takes the customers of those in its scope who have no pool of a smaller `priority`. This needs the reach `all`.
    """
    _require_everywhere(caller)
    session.execute(select(Pool.id).where(Pool.id == DEFAULT_POOL).with_for_update())
    if len(scope.every_id(session)) >= MAX_POOLS:
        raise TooManyPools
    _check(session, caller, fields)
    pool: Pool = _added(session, Pool(**(AT_FIRST | {key: [] for key in LISTS} | {"warn_days": [7, 3, 1]} | fields)))
    _rewind(session, fields)
    return pool


def change_pool(session: Session, caller: Caller, pool_id: UUID, expected_version: int, **fields: Any) -> Pool:
    """Change a pool.

    Fields that are not given stay as they are. With a reach smaller than `all` you change the pools that you
    administer, but neither for whom they are nor who administers them.
    """
    pool = session.scalar(select(Pool).where(Pool.id == pool_id, scope.changeable(caller)).with_for_update())
    if pool is None:
        raise NotFound
    if pool.version != expected_version:
        raise PreconditionFailed
    if not fields.keys().isdisjoint({*KNOWN, "everybody", "priority", "enabled"}):
        _require_everywhere(caller)
    _check(session, caller, fields)
    if pool.is_default and not (fields.get("enabled", True) and fields.get("everybody", True)):
        raise DefaultPoolOpen
    with _naming(session):
        pool.change(fields)
    _rewind(session, fields)
    return pool


def get_pool(session: Session, caller: Caller, pool_id: UUID) -> dict[str, Any]:
    """Look at a pool and its rules."""
    row = session.execute(_pools(caller).where(Pool.id == pool_id)).one_or_none()
    if row is None:
        raise NotFound
    return dict(row._mapping)


def find_pools(session: Session, caller: Caller, limit: int, cursor: str | None) -> dict[str, Any]:
    """List the pools that are for you, in the order in which they take customers; with the reach `all`, every pool."""
    query = _pools(caller)
    return paged(session, query, order=Pool.priority, key=Pool.id, descending=False, limit=limit, cursor=cursor)


def match_pool(session: Session, caller: Caller, customer_id: UUID | None, owner_id: UUID | None) -> dict[str, Any]:
    """Tell which pool a customer would fall into, or what somebody gives back, and why.

    Give exactly one of `customer_id` and `owner_id`. A customer that lies in a pool stays there.
    """
    if (customer_id is None) == (owner_id is None):
        raise OneOfTwo.field("/owner_id", "Give exactly one of customer_id and owner_id.")
    lies_in = None
    if customer_id is not None:
        seen = (
            visible_ids(caller)
            .where(Customer.id == customer_id)
            .with_only_columns(Customer.owner_id, Customer.in_pool, Customer.pool_id)
        )
        row = session.execute(seen).one_or_none()
        if row is None:
            raise NotFound
        owner_id, lies_in = row.owner_id, row.pool_id if row.in_pool else None
    return _explained(scope.ordered(session), scope.person_of(session, owner_id), lies_in)


def create_release_reason(session: Session, caller: Caller, **fields: Any) -> ReleaseReason:
    """Add a reason to the list that people choose from when they put a customer back; this needs the reach `all`."""
    _require_everywhere(caller)
    return _added(session, ReleaseReason(**fields))


def change_release_reason(
    session: Session, caller: Caller, reason_id: UUID, expected_version: int, **fields: Any
) -> ReleaseReason:
    """Rename a reason, or take it off the list; this needs the reach `all`."""
    _require_everywhere(caller)
    reason = session.get(ReleaseReason, reason_id, with_for_update=True)
    if reason is None:
        raise NotFound
    if reason.version != expected_version:
        raise PreconditionFailed
    with _naming(session):
        reason.change(fields)
    return reason


def find_release_reasons(session: Session, caller: Caller, limit: int, cursor: str | None) -> dict[str, Any]:
    """List the reasons for a release, the oldest first."""
    query = select(*REASON_FIELDS, ReleaseReason.version)
    order, key = ReleaseReason.created_at, ReleaseReason.id
    return paged(session, query, order=order, key=key, descending=False, limit=limit, cursor=cursor)


def _pools(caller: Caller) -> Any:
    return select(*POOL_FIELDS, Pool.version).where(scope.readable(caller))


def _explained(pools: list[Pool], person: Caller | None, lies_in: UUID | None) -> dict[str, Any]:
    taken = next((pool for pool in pools if pool.id == lies_in), None) or scope.match(pools, person)
    asked = [
        {"pool_id": pool.id, "name": pool.name, "priority": pool.priority, "why": _why(pool, person, taken, lies_in)}
        for pool in pools
    ]
    return {"pool_id": taken.id, "name": taken.name, "asked": asked}


def _why(pool: Pool, person: Caller | None, taken: Pool, lies_in: UUID | None) -> str:
    """Why this pool takes it, or does not."""
    way = scope.way_in(pool, person)
    if pool is taken and lies_in:
        return "lies-there"
    if not pool.enabled:
        return "closed"
    if pool is taken:
        return f"by-{way}" if way else "default"
    return "not-in-scope" if way is None else "later-in-order"


def _check(session: Session, caller: Caller, fields: dict[str, Any]) -> None:
    """Raises UnknownMember, and Invalid for a filter that cannot be understood."""
    directory = directory_of(session)
    for name, knows in KNOWN.items():
        for place, one in enumerate(fields.get(name, ())):
            if not getattr(directory, knows)(one):
                raise UnknownMember.field(f"/{name}/{place}", "There is none with this id.")
    if fields.get("not_counted"):
        compiled(fields["not_counted"], FILTERABLE, resource=CUSTOMERS, caller=caller)
    check_rules(caller, fields.get("recycle_rules", []))
    for place, rule in enumerate(fields.get("assignment_rules", ())):
        compiled(rule["filter"], FILTERABLE, resource=CUSTOMERS, caller=caller)
        rule["people"] = [str(one) for one in rule["people"]]
        if not all(directory.is_active(UUID(one)) for one in rule["people"]):
            raise UnknownMember.field(f"/assignment_rules/{place}/people", "There is none with this id.")
    for place, limit in enumerate(fields.get("limits", ())):
        role_id = limit["role_id"]
        limit["role_id"] = role_id and str(role_id)
        if role_id and not directory.has_role(role_id):
            raise UnknownMember.field(f"/limits/{place}/role_id", "There is none with this id.")


def check_rules(caller: Caller, rules: list[dict[str, Any]]) -> None:
    """Raises Invalid for a filter of a rule that cannot be understood."""
    for rule in rules:
        if rule["filter"]:
            compiled(rule["filter"], FILTERABLE, resource=CUSTOMERS, caller=caller)


def _rewind(session: Session, fields: dict[str, Any]) -> None:
    """Set the clocks anew, in the background, if what was said may move them."""
    if not fields.keys().isdisjoint(WINDING):
        jobs.enqueue(session, None, REWIND, {})


def _require_everywhere(caller: Caller) -> None:
    if caller.reach(scope.CHANGE) is not Reach.ALL:
        raise NotFound


def _added(session: Session, entity: Any) -> Any:
    with _naming(session):
        session.add(entity)
    return entity


@contextmanager
def _naming(session: Session) -> Iterator[None]:
    """What is stored within; raises PoolNameTaken if there is another one of this name."""
    try:
        with session.begin_nested():
            yield
    except IntegrityError as error:
        if "_name" in str(error.orig):
            raise PoolNameTaken from None
        raise
