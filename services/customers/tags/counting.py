"""How many customers have each tag, of those that the caller sees.

Counting customers would read them all. Triggers keep the numbers by owner, team and pool instead (``tag_uses``), so
what is added up are some rows for each tag, however many customers there are.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    cast,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    union_all,
)
from sqlalchemy import Integer as Whole
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.identity.caller import Caller, Reach
from chassis.identity.visibility import shared_with
from chassis.timers import DueTimer, set_timer
from contracts.customers import CUSTOMERS
from services.customers import pool_hiding, sight
from services.customers.models import Customer
from services.customers.tag_models import add_up, tag_uses

TIMER = "fold_tag_uses"
EVERY = timedelta(minutes=10)
USES, TABLE = tag_uses.c, Customer.__table__.c
TAGS = "tags"


def may_count(caller: Caller) -> bool:
    """Whether the caller may read the tags of every customer that he sees."""
    return caller.may(sight.READ) and caller.field_rules.reads(CUSTOMERS, TAGS)


def counted(session: Session, caller: Caller) -> Subquery:
    """``tag`` and ``customers``: of the customers that the caller sees and whose tags no pool hides from him."""
    pools = _open_pools(session, caller)
    uses = select(USES.tag, USES.customers).where(_of(caller, USES, USES.pool_id.in_(pools)))
    shared = _shared(caller, TABLE.pool_id.in_(pools))
    every = (uses if shared is None else union_all(uses, shared)).subquery()
    total = cast(func.sum(every.c.customers), Whole).label("customers")
    return select(every.c.tag, total).group_by(every.c.tag).having(func.sum(every.c.customers) > 0).subquery("counted")


def fold(session: Session, timer: DueTimer) -> None:
    """Add up the rows of each place, and come back later."""
    add_up(session)
    set_timer(session, TIMER, timer.key, now() + EVERY)


def _open_pools(session: Session, caller: Caller) -> list[Any]:
    """The pools whose customers he sees, with their tags."""
    pools = sight.pools_for(session, caller)
    if caller.field_rules.unlimited:
        return list(pools)
    hiding = pool_hiding.hidden_in(session, caller, pools)
    return [one for one in pools if TAGS not in hiding.get(one, ())]


def _of(caller: Caller, columns: Any, in_open_pool: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition under which what has these columns is in the caller's reach."""
    reach = caller.reach(sight.READ)
    if reach is Reach.ALL:
        return or_(columns.owner_id.is_not(None), in_open_pool)
    if reach is None or reach is Reach.SHARED:
        return in_open_pool
    teams = {Reach.TEAM: caller.teams, Reach.TEAM_TREE: sorted(caller.team_tree)}.get(reach, ())
    return or_(columns.owner_id == caller.user_id, columns.team_id.in_(list(teams)), in_open_pool)


def _shared(caller: Caller, in_open_pool: ColumnElement[bool]) -> Select[Any] | None:
    """Each tag of the customers that are only shared with him, of which there are few."""
    ways = shared_with(Customer, caller, sight.READ)
    if not ways:
        return None
    seen = func.coalesce(_of(caller, TABLE, TABLE.in_pool & in_open_pool), false())
    hidden = TABLE.in_pool & not_(in_open_pool)
    tags = select(func.unnest(TABLE.tags).label("tag"), literal(1).label("customers"))
    return tags.where(or_(*ways), not_(seen), not_(hidden))
