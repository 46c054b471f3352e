"""Customers with a history, rules that take them back, and a clock that a test moves on."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select

from chassis.timers import DueTimer, cancel_timer, timers
from services.customers import commands, models
from services.customers.models import DEFAULT_POOL, Customer, new_customer
from services.customers.pool_models import pool_states
from services.customers.pools import limits
from services.customers.recycling import following, protecting, simulating, ticking, winding
from tests.services.customers.pools.factories import Clock, changed

KIND = "pool_clock"


def frozen(monkeypatch):
    """The clock of everything that has to do with rules."""
    return Clock(monkeypatch, commands, models, limits, following, protecting, simulating, ticking, winding)


def rule(name="Quiet", *conditions, match="all", only=None):
    """A rule of conditions such as ("no_follow_up", 30)."""
    listed = [{"kind": kind, "days": days} for kind, days in conditions or (("no_follow_up", 30),)]
    return {"name": name, "match": match, "conditions": listed, "filter": only}


def default_pool(customers, chief, **fields):
    """The default pool with other rules."""
    one = customers.call("get_pool", chief, pool_id=DEFAULT_POOL).body
    done = changed(customers, chief, one, **fields)
    customers.run_jobs()
    return done


def owned_since(customers, owner, at, *, follow_up=None, protected=None, **fields):
    """A customer that somebody has owned since then; ``protected`` from then until another moment."""
    values = new_customer(owner.id, None, {"kind": "organisation", "name": "Example", **fields, "owned_at": at})
    with customers.session(owner) as session:
        session.add(Customer(**values))
        if follow_up or protected:
            state = {"customer_id": values["id"], "last_follow_up_at": follow_up}
            if protected:
                state |= {"protected_since": at, "protected_until": protected, "protected_by": owner.id}
            session.flush()
            session.execute(insert(pool_states).values(state))
    return values["id"]


def struck(customers, clock, until):
    """Let the clocks strike in turn until then; answers how often."""
    count = 0
    while (timer := due(customers, until)) is not None:
        clock.now = max(clock.now, timer.due_at)
        strike(customers, timer)
        count += 1
    clock.now = until
    return count


def due(customers, until):
    """The next timer, if it is due by then."""
    query = select(timers).where(timers.c.kind == KIND, timers.c.due_at <= until).order_by(timers.c.due_at)
    with customers.database.reading() as session:
        row = session.execute(query.limit(1)).one_or_none()
    return row and DueTimer(row.kind, row.key, row.due_at, row.payload)


def strike(customers, timer):
    """What the worker does with a timer that is due."""
    with customers.session() as session:
        cancel_timer(session, timer.kind, timer.key)
        ticking.tick(session, timer)


def timer_of(customers, customer_id):
    """The timer of a customer's clock."""
    with customers.database.reading() as session:
        row = session.execute(select(timers).where(timers.c.kind == KIND, timers.c.key == str(customer_id)))
        found = row.one_or_none()
    return found and DueTimer(found.kind, found.key, found.due_at, found.payload)


def announced(customers):
    """What was told: of which customer, how many days before, and to whom."""
    told = [event for event in customers.events() if event["type"] == "RecycleAnnounced"]
    return [(event["aggregate_id"], event["payload"]["days"], event["payload"]["user_ids"]) for event in told]


def moment(text):
    """An instant as it stands in an answer."""
    return datetime.fromisoformat(text)


def ids(items):
    """The customers of a simulation."""
    return [UUID(item["customer_id"]) for item in items]
