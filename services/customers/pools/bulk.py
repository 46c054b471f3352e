"""Claims, releases and assignments of many customers in one request, each with a result of its own.

All customers are locked first, in one order, then the people who are counted: so nobody waits in a circle. What one of
them is refused does not touch the others; all count against the same limits.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, selectinload

from chassis.errors import NotFound, Problem
from chassis.identity.caller import Caller
from services.customers import pool_scope as scope
from services.customers import sight
from services.customers.models import Customer
from services.customers.pool_errors import OneOfTwo
from services.customers.pools import distributing, owning
from services.customers.pools.limits import lock

Act = Callable[[Customer], str | None]
"""What is done with one of them; answers why it is just so."""


def claim_customers(session: Session, caller: Caller, customer_ids: list[UUID]) -> dict[str, Any]:
    """Take several customers from their pools; each has a result of its own.

    They are tried in the order in which you name them, and count against the same limits as single claims.
    """

    def act(customer: Customer) -> str | None:
        owning.claim(session, caller, customer)
        return None

    return _each(session, _locked(session, customer_ids, owning.once_seen(caller)), customer_ids, act)


def release_customers(session: Session, caller: Caller, customer_ids: list[UUID], **why: Any) -> dict[str, Any]:
    """Put several customers back into pools; each has a result of its own."""

    def act(customer: Customer) -> str | None:
        owning.release(session, caller, customer, **why)
        return None

    return _each(session, _locked(session, customer_ids, sight.in_sight(caller)), customer_ids, act)


def assign_customers(
    session: Session,
    caller: Caller,
    customer_ids: list[UUID],
    owner_id: UUID | None,
    method: str | None,
    reason: str | None,
) -> dict[str, Any]:
    """Hand several customers to somebody, or to those whom their pools are for; each has a result of its own.

    Give exactly one of `owner_id` and `method`: in turn, to who has the fewest, to who has the most room, or by the
    rules of the pool. Each result tells why it was this owner.
    """
    if (owner_id is None) == (method is None):
        raise OneOfTwo.field("/method", "Give exactly one of owner_id and method.")
    found = _locked(session, customer_ids, sight.in_sight(caller))
    if owner_id is not None:
        lock(session, [owner_id])

        def act(customer: Customer) -> str | None:
            owning.check_reach(caller, "customers:assign", customer)
            owning.assign(session, caller, customer, owner_id, reason=reason, why=None)
            return None

        return _each(session, found, customer_ids, act)
    return _distributed(session, caller, found, customer_ids, str(method), reason)


def _distributed(
    session: Session,
    caller: Caller,
    found: dict[UUID, Customer],
    customer_ids: list[UUID],
    method: str,
    reason: str | None,
) -> dict[str, Any]:
    pools = scope.ordered(session)
    of_customer = {one.id: _pool(session, pools, one) for one in found.values()}
    distributions = distributing.of_pools(session, set(of_customer.values()))

    def act(customer: Customer) -> str:
        owning.check_reach(caller, "customers:assign", customer)
        distribution = distributions[of_customer[customer.id].id]
        hand, why = distribution.choose(session, method, customer.id)
        owning.assign(session, caller, customer, hand.person.user_id, reason=reason, why=why)
        distribution.give(hand)
        return why

    results = _each(session, found, customer_ids, act)
    distributing.keep_turn(session, distributions.values())
    return results


def _pool(session: Session, pools: list[Any], customer: Customer) -> Any:
    """The pool whose people a customer goes to."""
    if customer.in_pool:
        return next(pool for pool in pools if pool.id == customer.pool_id)
    return scope.match(pools, scope.person_of(session, customer.owner_id))


def _locked(session: Session, ids: list[UUID], condition: ColumnElement[bool]) -> dict[UUID, Customer]:
    query = select(Customer).where(Customer.id.in_(ids), condition).order_by(Customer.id)
    customers = session.scalars(query.options(selectinload(Customer.contacts)).with_for_update()).all()
    return {one.id: one for one in customers}


def _each(session: Session, found: dict[UUID, Customer], ids: list[UUID], act: Act) -> dict[str, Any]:
    return {"items": [_result(session, found.get(one), one, act) for one in dict.fromkeys(ids)]}


def _result(session: Session, customer: Customer | None, customer_id: UUID, act: Any) -> dict[str, Any]:
    told: dict[str, Any] = {"customer_id": customer_id, "outcome": "done", "problem": None, "detail": None}
    told |= {"rule": None, "passes_at": None, "why": None, "owner_id": None, "pool_id": None}
    try:
        with session.begin_nested():
            if customer is None:
                raise NotFound
            told["why"] = act(customer)
            session.flush()
    except Problem as problem:
        more = problem.as_dict()
        named = {name: more.get(name) for name in ("rule", "passes_at")}
        return told | {"outcome": "refused", "problem": problem.slug, "detail": problem.detail or problem.title} | named
    return told | {"owner_id": customer.owner_id, "pool_id": customer.pool_id if customer.in_pool else None}
