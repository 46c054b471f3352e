"""What the network tells of a customer: who is around it, the way to another, how central it is, whom to win next."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

from chassis.database import dicts
from chassis.errors import NotFound
from chassis.identity.caller import Caller
from contracts.customers import CUSTOMERS
from services.customers import sight
from services.customers.models import Customer
from services.customers.network.models import BUYER, COMPETITOR, PARTNER, SUPPLIER, Relation
from services.customers.network.relations import lasts
from services.customers.network.walking import BREADTH, Edge, Walk, step, walk
from services.customers.stages import CUSTOMER

MOST_NODES = 500
LONGEST_PATH, PATH_NODES = 6, 5_000
KEY_NODES = 10
BUSINESS = (PARTNER, SUPPLIER, BUYER)
"""The relations that lead to those whom one might do business with."""

TABLE = Customer.__table__.c
NODE = tuple(TABLE[name] for name in ("id", "kind", "name", "industry", "lifecycle_stage", "owner_id", "in_pool"))


def network(
    session: Session, caller: Caller, customer_id: UUID, *, hops: int, kind: str | None, limit: int
) -> dict[str, Any]:
    """Look at the customers within some hops of one, and the relations between them.

    Relations of any direction are gone along, and companies above and below others. What you do not see is not there,
    and nothing is reached through it. `cut` says that there is more than `limit`.
    """
    _check_seen(session, caller, customer_id)
    found = walk(session, caller, customer_id, hops=hops, kinds=_only(kind), most=limit)
    return {**_drawn(session, found), "cut": found.cut}


def path(session: Session, caller: Caller, customer_id: UUID, to_id: UUID, *, kind: str | None) -> dict[str, Any]:
    """Find one of the shortest ways from one customer to another, of at most 6 relations.

    Both ends are gone out from, in turn, through customers that you see; `found` is false if they did not meet.
    """
    for one in (customer_id, to_id):
        _check_seen(session, caller, one)
    ends = _Ends(customer_id, to_id)
    while ends.meeting is None and ends.hops < LONGEST_PATH and ends.small_enough():
        if not ends.go_on(session, caller, _only(kind)):
            break
    if ends.meeting is None:
        return {"nodes": [], "edges": [], "found": False}
    ids, edges = ends.way()
    walked = Walk(dict(zip(ids, range(len(ids)), strict=True)), {(e.from_id, e.to_id, e.kind): e for e in edges})
    return {**_drawn(session, walked), "found": True}


def position(session: Session, caller: Caller, customer_id: UUID) -> dict[str, Any]:
    """Tell how central a customer is among those of its branch of industry that you see.

    The centrality is the number of relations within the branch; the key nodes are those that have most.
    """
    industry = _readable(session, caller, customer_id, "industry")
    if industry is None:
        return {"industry": None, "degree": 0, "rank": None, "members": 0, "key_nodes": []}
    within = select(TABLE.id).where(TABLE.industry.startswith(industry, autoescape=True), sight.in_sight(caller))
    members = within.cte("members").prefix_with("MATERIALIZED")
    degrees = _degrees(members).subquery()
    ranked = select(degrees.c.id, degrees.c.degree, func.rank().over(order_by=degrees.c.degree.desc()).label("rank"))
    rows = dicts(session.execute(ranked.order_by(degrees.c.degree.desc(), degrees.c.id)))
    mine = next((row for row in rows if row["id"] == customer_id), {"degree": 0, "rank": None})
    nodes = _nodes(session, [row["id"] for row in rows[:KEY_NODES]])
    keys = [{"customer": nodes[row["id"]], "degree": row["degree"]} for row in rows[:KEY_NODES]]
    count = session.scalar(select(func.count()).select_from(within.subquery()))
    return {"industry": industry, **{k: mine[k] for k in ("degree", "rank")}, "members": count, "key_nodes": keys}


def suggestions(session: Session, caller: Caller, customer_id: UUID, *, limit: int) -> dict[str, Any]:
    """Suggest whom to win next: partners, suppliers and customers of a customer who are not yet ours.

    Ours is who is in the stage `customer`. Those with more relations to the customer and to others of ours come first;
    `through` are these. Who competes with the customer is left out.
    """
    _check_seen(session, caller, customer_id)
    if not caller.field_rules.reads(CUSTOMERS, "lifecycle_stage"):
        return {"items": []}
    found = walk(session, caller, customer_id, hops=2, kinds=BUSINESS, most=MOST_NODES)
    rivals = {edge.other(at) for at, edge in step(session, caller, [customer_id], [COMPETITOR], BREADTH)}
    nodes = _nodes(session, list(found.hops))
    ours = {one for one, node in nodes.items() if node["lifecycle_stage"] == CUSTOMER} | {customer_id}
    through: dict[UUID, set[UUID]] = {}
    for edge in found.edges.values():
        for end in (edge.from_id, edge.to_id):
            if end not in ours | rivals and edge.other(end) in ours:
                through.setdefault(end, set()).add(edge.other(end))
    best = sorted(through, key=lambda one: (-len(through[one]), found.hops[one], str(one)))[:limit]
    return {"items": [{"customer": nodes[one], "through": sorted(through[one])} for one in best]}


class _Ends:
    """Two walks that go out from the ends of a path until they meet."""

    def __init__(self, start: UUID, end: UUID) -> None:
        self._came: tuple[dict[UUID, Edge | None], ...] = ({start: None}, {end: None})
        self._frontiers: list[list[UUID]] = [[start], [end]]
        self.hops = 0
        self.meeting: UUID | None = start if start == end else None

    def small_enough(self) -> bool:
        """Whether there is room for more."""
        return sum(map(len, self._came)) < PATH_NODES

    def go_on(self, session: Session, caller: Caller, kinds: Sequence[str]) -> bool:
        """One step from the end that has fewer to go out from; False if there is none."""
        side = 0 if len(self._frontiers[0]) <= len(self._frontiers[1]) else 1
        came, reached = self._came[side], []
        for at, edge in step(session, caller, self._frontiers[side], kinds, BREADTH):
            other = edge.other(at)
            if other not in came:
                came[other] = edge
                reached.append(other)
                if other in self._came[1 - side]:
                    self.meeting = other
                    break
        self._frontiers[side] = reached
        self.hops += 1
        return bool(reached)

    def way(self) -> tuple[list[UUID], list[Edge]]:
        """The customers from one end to the other, and the relations between them."""
        assert self.meeting is not None
        ids, edges = [self.meeting], []
        for side in (0, 1):
            at = self.meeting
            while (edge := self._came[side][at]) is not None:
                at = edge.other(at)
                ids = [at, *ids] if side == 0 else [*ids, at]
                edges.append(edge)
        return ids, edges


def _degrees(members: Any) -> Any:
    """How many lasting relations each member has with others."""
    relations = Relation.__table__.c
    first, second = members.alias("first"), members.alias("second")
    joined = select(relations.from_id, relations.to_id).where(lasts())
    joined = joined.join(first, first.c.id == relations.from_id).join(second, second.c.id == relations.to_id)
    edges = joined.cte("edges")
    ends = union_all(select(edges.c.from_id.label("id")), select(edges.c.to_id.label("id"))).subquery()
    return select(ends.c.id, func.count().label("degree")).group_by(ends.c.id)


def _drawn(session: Session, found: Walk) -> dict[str, Any]:
    nodes = _nodes(session, list(found.hops))
    names = ("id", "from_id", "to_id", "kind", "role", "since")
    return {
        "nodes": [{"customer": nodes[one], "hops": hops} for one, hops in found.hops.items()],
        "edges": [{name: getattr(edge, name) for name in names} for edge in found.edges.values()],
    }


def _nodes(session: Session, ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    return {row["id"]: row for row in dicts(session.execute(select(*NODE).where(TABLE.id.in_(ids))))}


def _only(kind: str | None) -> Sequence[str]:
    return () if kind is None else (kind,)


def _check_seen(session: Session, caller: Caller, customer_id: UUID) -> None:
    if session.scalar(sight.visible_ids(caller).where(Customer.id == customer_id)) is None:
        raise NotFound


def _readable(session: Session, caller: Caller, customer_id: UUID, name: str) -> Any:
    """A field of a customer in sight, None if the caller cannot read it in every record; raises NotFound."""
    _check_seen(session, caller, customer_id)
    if not caller.field_rules.reads(CUSTOMERS, name):
        return None
    return session.scalar(select(TABLE[name]).where(TABLE.id == customer_id))
