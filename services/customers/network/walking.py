"""Going along relations from customer to customer, a step at a time, through none that the caller does not see.

A step is one statement, however many customers it begins at: it reads at most so many relations of each of them by the
indexes of their ends, and of these only such as lead to somebody in sight. So hubs with thousands of relations cost no
more than others, and what is hidden neither shows nor takes the place of what is not.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, any_, cast, func, literal, select, true, union_all
from sqlalchemy import column as sql_column
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from chassis.identity.caller import Caller
from services.customers import sight
from services.customers.models import Customer
from services.customers.network.models import Relation
from services.customers.network.relations import lasts

PARENT = "subsidiary_of"
"""The kind under which a company above another appears among relations."""

BREADTH = 50
BREADTHS = (BREADTH, 20, 5)
"""How many relations of each direction are gone along from one customer: the fewer, the farther it is away."""

RELATION = Relation.__table__.c
CUSTOMER = Customer.__table__.c


@dataclass(frozen=True)
class Edge:
    """A relation that was gone along, in its own direction."""

    from_id: UUID
    to_id: UUID
    kind: str
    role: str | None
    since: date | None
    id: UUID | None
    """None of a parent."""

    def other(self, end: UUID) -> UUID:
        """The end that is not this one."""
        return self.to_id if end == self.from_id else self.from_id


@dataclass
class Walk:
    """What was found so far: how many steps away each customer is, and the relations between them."""

    hops: dict[UUID, int]
    edges: dict[tuple[UUID, UUID, str], Edge] = field(default_factory=dict)
    cut: bool = False
    """Whether there is more than was gone along."""


def walk(session: Session, caller: Caller, start: UUID, *, hops: int, kinds: Sequence[str], most: int) -> Walk:
    """The customers within so many hops, nearest first; it ends where ``most`` are found."""
    found = Walk({start: 0})
    frontier = [start]
    for hop in range(1, hops + 1):
        reached: list[UUID] = []
        for at, edge in step(session, caller, frontier, kinds, BREADTHS[min(hop, len(BREADTHS)) - 1]):
            other = edge.other(at)
            if other not in found.hops:
                if len(found.hops) >= most:
                    found.cut = True
                    continue
                found.hops[other] = hop
                reached.append(other)
            found.edges[edge.from_id, edge.to_id, edge.kind] = edge
        frontier = reached
        if not frontier or found.cut:
            break
    return found


def step(
    session: Session, caller: Caller, at: Iterable[UUID], kinds: Sequence[str], breadth: int
) -> list[tuple[UUID, Edge]]:
    """The lasting relations of these customers to others in sight: with each the customer that it was found at."""
    ids = literal(list(at), ARRAY(Uuid))
    begin = func.unnest(ids).table_valued(sql_column("id", Uuid), name="begin").render_derived()
    ways = [way.correlate(begin).limit(breadth) for way in _ways(caller, begin.c.id, kinds)]
    every = union_all(*ways).lateral("way")
    query = select(begin.c.id, *(every.c[name] for name in ("from_id", "to_id", "kind", "role", "since", "relation")))
    return [(row[0], Edge(*row[1:])) for row in session.execute(query.join(every, true()))]


def _ways(caller: Caller, begin: Any, kinds: Sequence[str]) -> list[Any]:
    """Out along relations, in along relations, up to the parent, down to subsidiaries."""
    ways = [_related(caller, begin, RELATION.from_id, RELATION.to_id, kinds)]
    ways.append(_related(caller, begin, RELATION.to_id, RELATION.from_id, kinds))
    if not kinds or PARENT in kinds:
        below = Customer.__table__.alias("below").c
        parent = select(below.id.label("from_id"), CUSTOMER.id.label("to_id"), *_of_parent())
        ways.append(
            parent.join(Customer.__table__, CUSTOMER.id == below.parent_id).where(below.id == begin, _seen(caller))
        )
        children = select(CUSTOMER.id.label("from_id"), CUSTOMER.parent_id.label("to_id"), *_of_parent())
        ways.append(children.where(CUSTOMER.parent_id == begin, _seen(caller)))
    return ways


def _related(caller: Caller, begin: Any, here: Any, there: Any, kinds: Sequence[str]) -> Any:
    shown = (RELATION.from_id, RELATION.to_id, RELATION.kind, RELATION.role, RELATION.since)
    query = select(*shown, RELATION.id.label("relation")).join(Customer.__table__, CUSTOMER.id == there)
    query = query.where(here == begin, lasts(), _seen(caller))
    return query.where(RELATION.kind == any_(literal(list(kinds)))) if kinds else query


def _of_parent() -> list[Any]:
    nothing = literal(None)
    return [
        literal(PARENT).label("kind"),
        cast(nothing, RELATION.role.type).label("role"),
        cast(nothing, RELATION.since.type).label("since"),
        cast(nothing, RELATION.id.type).label("relation"),
    ]


def _seen(caller: Caller) -> Any:
    return sight.in_sight(caller)
