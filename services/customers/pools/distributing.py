"""To whom customers of a pool go if nobody is named: in turn, by how much each has, or by rules; and why."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from chassis.context import directory_of
from chassis.identity.caller import Caller
from services.customers import pool_scope as scope
from services.customers.models import Customer
from services.customers.pool_errors import NobodyFree, NoRuleMatches
from services.customers.pool_models import CAPACITY, Pool
from services.customers.pools.limits import counted, lock, matches
from services.customers.sight import CLAIM

ROUND_ROBIN, LEAST_LOADED, BY_CAPACITY, BY_RULE = METHODS = ("round_robin", "least_loaded", "by_capacity", "by_rule")


@dataclass
class Hand:
    """Somebody who may be given customers: how many he has, and how many he can have."""

    person: Caller
    load: int
    most: int | None

    @property
    def free(self) -> float:
        """For how many more there is room."""
        return float("inf") if self.most is None else self.most - self.load


@dataclass
class Distribution:
    """The people of one pool while several customers are given to them; their locks are taken."""

    pool: Pool
    hands: list[Hand]
    last: UUID | None = field(default=None)

    def choose(self, session: Session, method: str, customer_id: UUID) -> tuple[Hand, str]:
        """Who gets the customer, and why; raises NobodyFree and NoRuleMatches."""
        ways = {ROUND_ROBIN: self._in_turn, LEAST_LOADED: _least_loaded, BY_CAPACITY: _most_free}
        if method == BY_RULE:
            return self._by_rule(session, customer_id)
        return ways[method](_with_room(self.hands))

    def give(self, hand: Hand) -> None:
        """Count what somebody was given."""
        hand.load += 1
        self.last = hand.person.user_id

    def _in_turn(self, hands: list[Hand]) -> tuple[Hand, str]:
        before = next((one for one in self.hands if one.person.user_id == self.last), None)
        later = [one for one in hands if self.last is None or one.person.user_id > self.last]
        chosen = (later or hands)[0]
        return chosen, f"Next in turn after {before.person.name}" if before else "First in turn"

    def _by_rule(self, session: Session, customer_id: UUID) -> tuple[Hand, str]:
        for rule in self.pool.assignment_rules:
            this = select(Customer.id).where(Customer.id == customer_id, matches(rule["filter"]))
            if session.scalar(this) is not None:
                named = [one for one in self.hands if str(one.person.user_id) in rule["people"]]
                hand, why = _least_loaded(_with_room(named))
                return hand, f"{rule['name']}: {why}"
        raise NoRuleMatches


def of_pools(session: Session, pools: Iterable[Pool]) -> dict[UUID, Distribution]:
    """The people of each of these pools, who are locked, as the pools are: two distributions go one after the other."""
    ordered = sorted(pools, key=lambda pool: pool.id)
    session.execute(
        select(Pool.id).where(Pool.id.in_([pool.id for pool in ordered])).order_by(Pool.id).with_for_update()
    )
    people = {pool.id: _people(session, pool) for pool in ordered}
    lock(session, {one.user_id for those in people.values() for one in those})
    return {pool.id: _of_pool(session, pool, people[pool.id]) for pool in ordered}


def keep_turn(session: Session, distributions: Iterable[Distribution]) -> None:
    """Remember whose turn it was last."""
    for one in distributions:
        session.execute(update(Pool.__table__).where(Pool.__table__.c.id == one.pool.id).values(last_given=one.last))


def _of_pool(session: Session, pool: Pool, people: list[Caller]) -> Distribution:
    query = select(Customer.owner_id, func.count()).where(counted(pool))
    query = query.where(Customer.owner_id.in_([one.user_id for one in people])).group_by(Customer.owner_id)
    loads = {row[0]: row[1] for row in session.execute(query)}
    hands = [Hand(one, loads.get(one.user_id, 0), pool.limit(CAPACITY, one)) for one in people]
    last = session.scalar(select(Pool.__table__.c.last_given).where(Pool.__table__.c.id == pool.id))
    return Distribution(pool, hands, last)


def _people(session: Session, pool: Pool) -> list[Caller]:
    """Those whom the pool is for and who may claim, by id."""
    known = (scope.person_of(session, one) for one in directory_of(session).active_people())
    return [one for one in known if one and one.may(CLAIM) and scope.way_in(pool, one)]


def _with_room(hands: list[Hand]) -> list[Hand]:
    free = [one for one in hands if one.free > 0]
    if not free:
        raise NobodyFree
    return free


def _least_loaded(hands: list[Hand]) -> tuple[Hand, str]:
    chosen = min(hands, key=lambda one: (one.load, one.person.user_id))
    return chosen, f"Has {chosen.load} customers, the fewest of {len(hands)}"


def _most_free(hands: list[Hand]) -> tuple[Hand, str]:
    chosen = min(hands, key=lambda one: (-one.free, one.load, one.person.user_id))
    room = "without limit" if chosen.most is None else f"for {chosen.most - chosen.load} more"
    return chosen, f"Has room {room}, the most of {len(hands)}"
