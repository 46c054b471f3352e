"""What rows say of industry, grade, size, source and stage of life."""

from typing import Any

from chassis.errors import Problem
from services.customers.changesets.wording import note
from services.customers.imports.reading import Reading
from services.customers.models import Customer
from services.customers.names import key_of
from services.customers.stages import check_way
from services.customers.standing.models import STAGE
from services.customers.terms.models import DICTIONARIES
from services.customers.terms.resolving import Known

TERMS = frozenset(DICTIONARIES)
REASON = "Import"


def find_terms(known: Known, reading: Reading, language: str) -> None:
    """Put the codes of terms in the place of what a row says; a row with a word that is no term fails."""
    for name in TERMS & reading.fields.keys():
        text = reading.fields[name]
        code = reading.fields[name] = known.get((name, key_of(text)))
        if code is None:
            reading.fail(note(language, "unknown-term", field=name, text=text))


def no_way(customer: Customer, fields: dict[str, Any]) -> Problem | None:
    """Why the customer cannot come to the stage that the row says."""
    stage = fields.get(STAGE, customer.lifecycle_stage)
    try:
        if stage != customer.lifecycle_stage:
            check_way(customer.lifecycle_stage, stage, REASON)
    except Problem as problem:
        return problem
    return None
