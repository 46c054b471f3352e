"""Keeping the dictionaries."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chassis.database import dicts
from chassis.errors import NotFound, PreconditionFailed
from chassis.identity.caller import Caller
from chassis.paging import Keyset
from services.customers.errors import IdTaken, TermExists, UnknownParentTerm
from services.customers.terms.models import Term

TABLE = Term.__table__.c
SHOWN = tuple(TABLE[name] for name in ("id", "version", "dictionary", "code", "name", "name_zh", "parent_code"))
ROWS = (*SHOWN, TABLE.rank, TABLE.active)


def find_terms(
    session: Session,
    _: Caller,
    *,
    dictionary: str,
    below: str | None,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """List the terms of a dictionary, also those that are closed."""
    query = select(*ROWS).where(TABLE.dictionary == dictionary)
    if below is not None:
        query = query.where(TABLE.parent_code == below)
    keyset = Keyset(TABLE.rank, TABLE.id, descending=False)
    ordered = query.where(keyset.beyond(cursor)).order_by(*keyset.ordering()).limit(limit + 1)
    return keyset.page(dicts(session.execute(ordered)), limit)


def add_term(session: Session, _: Caller, **fields: Any) -> Term:
    """Add a term to a dictionary.

    In the tree of industries the code of a term begins with that of the one above it, so a filter `starts_with` finds a
    whole branch.
    """
    above = fields["parent_code"]
    if above is not None:
        known = select(Term.id).where(Term.dictionary == fields["dictionary"], Term.code == above)
        if session.scalar(known) is None or not fields["code"].startswith(above) or fields["code"] == above:
            raise UnknownParentTerm
    term = Term(**fields)
    try:
        with session.begin_nested():
            session.add(term)
    except IntegrityError:
        taken = select(Term.id).where(Term.dictionary == fields["dictionary"], Term.code == fields["code"])
        raise (TermExists if session.scalar(taken) else IdTaken) from None
    return term


def change_term(session: Session, _: Caller, term_id: UUID, expected_version: int, **fields: Any) -> Term:
    """Rename a term, move it up or down, close or reopen it.

    Customers keep its code and so need no change.
    """
    term = session.get(Term, term_id, with_for_update=True)
    if term is None:
        raise NotFound
    if term.version != expected_version:
        raise PreconditionFailed
    term.change(fields)
    return term
