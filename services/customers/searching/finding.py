"""Finding what somebody means: candidates from the index, then ranked."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, cast, literal, or_, select, union_all
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from chassis.database import dicts
from chassis.identity.caller import Caller
from services.customers import pool_hiding, sight
from services.customers.models import Contact, Customer
from services.customers.searching import ranking
from services.customers.searching.questions import Alternative, stages_of
from services.customers.searching.reaching import is_address, reached_there

TABLE, PEOPLE = Customer.__table__.c, Contact.__table__.c

CANDIDATES = 120
"""So many of each stage are ranked, and no further stage is asked when there are as many."""

LOOKED_AT = 1_000
"""So many customers with one word of several are looked at for the others."""

SHOWN = tuple(
    TABLE[name] for name in ("id", "kind", "name", "sector", "country", "city", "owner_id", "in_pool", "pool_id")
)
CONTACTS_SHOWN = tuple(PEOPLE[name] for name in ("id", "customer_id", "name", "title"))

Rows = list[dict[str, Any]]


def search(session: Session, caller: Caller, *, q: str, limit: int) -> dict[str, Any]:
    """Find customers and contacts by what you know of them, the best first.

    By parts of names in any script, Chinese also by pinyin, its initials and in traditional characters, with typos;
    by a telephone number or its last digits, an e-mail address or a registration number. What is masked to you is not
    searched.
    """
    reached = _reached(session, caller, q)
    there = {hit["customer"]["id"] for hit in reached}
    candidates = [] if is_address(q) else _candidates(session, caller, q, limit)
    ranked = _ranked(session, q, candidates, ranking.fit_or_similar)
    hits = [*reached, *(hit for hit in ranked if hit["customer"]["id"] not in there)]
    return {"items": _withheld(session, caller, hits[:limit])}


def suggest(session: Session, caller: Caller, *, q: str, limit: int) -> dict[str, Any]:
    """Suggest customers and contacts while somebody types: by names as in search, without guessing at typos."""
    hits = _ranked(session, q, _candidates(session, caller, q, 0), ranking.fit)
    return {"items": _withheld(session, caller, hits[:limit])}


def _withheld(session: Session, caller: Caller, hits: Rows) -> Rows:
    """The hits, of which those in pools say what their pool hides."""
    pool_hiding.withhold(session, caller, {"items": [hit["customer"] for hit in hits]})
    for hit in hits:
        if hit["contact"] and "withheld" in hit["customer"]:
            hit["contact"]["withheld"] = hit["customer"]["withheld"]
    return hits


def _candidates(session: Session, caller: Caller, text: str, wanted: int) -> Rows:
    """Customers that may be meant; what is only like it if fewer than ``wanted`` are really meant."""
    found: dict[UUID, dict[str, Any]] = {}
    paths = _in_sight(session, caller)
    stages = zip(stages_of(text), (CANDIDATES, CANDIDATES, CANDIDATES, wanted, wanted, min(wanted, 1)), strict=True)
    for alternatives, enough in stages if paths else ():
        if alternatives and len(found) < enough:
            found |= {row["id"]: row for row in dicts(session.execute(_matching(paths, alternatives)))}
    return list(found.values())


def _in_sight(session: Session, caller: Caller) -> sight.Paths:
    return sight.paths(caller, sight.pools_for(session, caller))


def _matching(paths: sight.Paths, alternatives: list[Alternative]) -> Select[Any]:
    """Candidates for each alternative."""
    each = [_candidates_for(paths, one) for one in alternatives]
    return select(union_all(*each).subquery()).limit(CANDIDATES) if len(each) > 1 else each[0]


def _candidates_for(paths: sight.Paths, one: Alternative) -> Select[Any]:
    """What is searched for is hidden from PostgreSQL: it would take many words for frequent, and read the table."""
    found = TABLE.search_tokens.op("@@")(select(_query(one.tokens)).scalar_subquery())
    if not one.others:
        return select(*SHOWN).where(found, or_(*paths)).limit(CANDIDATES)
    seen = select(*SHOWN, TABLE.search_tokens).where(found, or_(*paths)).limit(LOOKED_AT).subquery()
    shown = (seen.c[column.key] for column in SHOWN)
    return select(*shown).where(seen.c.search_tokens.op("@@")(_query(one.others))).limit(CANDIDATES)


def _query(text: str) -> ColumnElement[Any]:
    return cast(literal(text), TSQUERY)


def _ranked(session: Session, text: str, customers: Rows, fit: Any) -> Rows:
    hits = []
    contacts = _contacts(session, [one["id"] for one in customers])
    for customer in customers:
        names: list[tuple[ranking.Fit, Any]] = [(fit(text, customer["name"]), None)]
        names += [(fit(text, one["name"]), one) for one in contacts.get(customer["id"], ())]
        best, contact = max(names, key=lambda one: (one[0].score, one[1] is None))
        if best.score >= ranking.LEAST:
            hits.append(_hit(customer, contact, best.by, round(best.score, 3)))
    return sorted(hits, key=_place)


def _place(hit: dict[str, Any]) -> tuple[Any, ...]:
    name = (hit["contact"] or hit["customer"])["name"]
    return -hit["score"], hit["contact"] is not None, len(name), name, hit["customer"]["id"]


def _contacts(session: Session, ids: Iterable[UUID]) -> dict[UUID, Rows]:
    found: dict[UUID, Rows] = {}
    for row in dicts(session.execute(select(*CONTACTS_SHOWN).where(PEOPLE.customer_id.in_(ids)).order_by(PEOPLE.id))):
        found.setdefault(row["customer_id"], []).append(row)
    return found


def _reached(session: Session, caller: Caller, text: str) -> Rows:
    """The customers and contacts that have just this address or number."""
    there, paths = reached_there(session, caller, text), _in_sight(session, caller)
    if there is None or not paths:
        return []
    pairs = there.cte("reached").prefix_with("MATERIALIZED")
    query = (
        select(*SHOWN, pairs.c.contact_id, pairs.c.by).join(pairs, pairs.c.customer_id == TABLE.id).where(or_(*paths))
    )
    rows = dicts(session.execute(query.order_by(TABLE.created_at.desc(), TABLE.id).limit(CANDIDATES)))
    contacts = {one["id"]: one for some in _contacts(session, [row["id"] for row in rows]).values() for one in some}
    return [_hit(row, contacts.get(row.pop("contact_id")), row.pop("by"), 1.0) for row in rows]


def _hit(customer: dict[str, Any], contact: dict[str, Any] | None, by: str, score: float) -> dict[str, Any]:
    person = contact and contact | {"owner_id": customer["owner_id"]}
    return {"customer": customer, "contact": person, "found_by": by, "score": score}
