"""Looking at standards, and making other ones."""

from collections import Counter
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.custom_fields.defined import custom_fields_of
from chassis.database import dicts
from chassis.errors import FieldError, Invalid, NotFound, PreconditionFailed
from chassis.identity.caller import Caller
from chassis.identity.policy import CUSTOM
from contracts.customers import CUSTOMERS
from services.customers.quality.criteria import AGES
from services.customers.quality.models import QualityStandard
from services.customers.quality.reading import sees_stage
from services.customers.quality.rescoring import assess_all
from services.customers.tasks.seeing import readable

TABLE = QualityStandard.__table__.c


def find_standards(session: Session, caller: Caller) -> dict[str, Any]:
    """List the standards: what a good record has, by kind and stage of life.

    What they ask of fields that you may see of nobody is left out.
    """
    rows = dicts(session.execute(select(QualityStandard.__table__).order_by(TABLE.kind, TABLE.lifecycle_stage)))
    return {"items": [_as_seen(session, caller, row) for row in rows]}


def change_standard(
    session: Session, caller: Caller, standard_id: UUID, expected_version: int, **fields: Any
) -> QualityStandard:
    """Change what a good record of a kind has in a stage of life.

    All customers are assessed anew in the background.
    """
    standard = session.get(QualityStandard, standard_id, with_for_update=True)
    if standard is None:
        raise NotFound
    if standard.version != expected_version:
        raise PreconditionFailed
    _check(session, fields.get("criteria") or [])
    _check_weights([fields.get(name, getattr(standard, name)) for name in ("completeness", "validity", "freshness")])
    if standard.change(fields):
        assess_all(session, caller)
    return standard


def _as_seen(session: Session, caller: Caller, row: dict[str, Any]) -> dict[str, Any]:
    if not caller.field_rules.unlimited:
        known = [readable(session, caller, own=own) for own in (True, False)]
        told = [one for one in row["criteria"] if one["field"] in AGES or any(one["field"] in it for it in known)]
        row["criteria"] = told if any(sees_stage(caller, own=own) for own in (True, False)) else []
    return row


def _check(session: Session, criteria: list[dict[str, Any]]) -> None:
    """Raises Invalid for fields that are not there or stand twice, and for an age without a limit."""
    added = {one.name for one in custom_fields_of(session).of(CUSTOMERS).by_key.values()}
    count, errors = Counter(one["field"] for one in criteria), []
    for number, one in enumerate(criteria):
        name, pointer = one["field"], f"/criteria/{number}"
        error: FieldError | None = None
        if count[name] > 1:
            error = {"pointer": f"{pointer}/field", "detail": "It stands here more than once."}
        elif name.startswith(f"{CUSTOM}.") and name not in added:
            error = {"pointer": f"{pointer}/field", "detail": "Unknown field."}
        elif name in AGES and one["max_age_days"] is None:
            error = {"pointer": f"{pointer}/max_age_days", "detail": "It has nothing but an age."}
        errors += [error] if error else []
    if errors:
        raise Invalid(errors=errors)


def _check_weights(weights: list[int]) -> None:
    if not any(weights):
        raise Invalid.field("/completeness", "One of the three parts has to count.")
