"""From what somebody wrote to the code of a term."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.errors import FieldError
from services.customers.errors import UnknownTerm
from services.customers.names import key_of
from services.customers.terms.models import DICTIONARIES, Term

Known = dict[tuple[str, str], str]
"""The code by dictionary and by the key of code or name."""


def resolve(session: Session, fields: dict[str, Any]) -> None:
    """Put the codes into fields that say codes or names; raises UnknownTerm."""
    given = [name for name in DICTIONARIES if fields.get(name) is not None]
    if not given:
        return
    known = known_terms(session, given)
    codes = {name: known.get((name, key_of(fields[name]))) for name in given}
    unknown: list[FieldError] = [
        {"pointer": f"/{name}", "detail": "There is no such term in the dictionary."}
        for name, code in codes.items()
        if code is None
    ]
    if unknown:
        raise UnknownTerm(errors=unknown)
    fields.update(codes)


def known_terms(session: Session, dictionaries: Iterable[str] = DICTIONARIES) -> Known:
    """The terms that customers can be given; a code goes before a name that reads the same."""
    query = select(Term.dictionary, Term.code, Term.name, Term.name_zh)
    rows = session.execute(query.where(Term.active, Term.dictionary.in_(list(dictionaries)))).all()
    by_name = {(row.dictionary, key_of(name)): row.code for row in rows for name in (row.name_zh, row.name) if name}
    return by_name | {(row.dictionary, key_of(row.code)): row.code for row in rows}
