"""The score of a customer, from what is known of it and the standard for it.

Each criterion of a standard has a weight w and may have a greatest age in days.

* completeness: 100 × Σ w of the criteria that have a value ÷ Σ w of all that can have one;
* validity: 100 × Σ w of the values that are valid ÷ Σ w of those that are there;
* freshness: 100 × Σ w of what is not too old ÷ Σ w of what is there and has a greatest age.

Each is rounded to a whole number, halves upwards, and is 100 where there is nothing to divide by. The score is their
mean, weighted with the standard's ``completeness``, ``validity`` and ``freshness``, rounded likewise. Ages count in
whole days (UTC), so a score falls at midnight only: a value is stale from the first day on which it is older than the
greatest age. A value is as old as its last change or confirmation, or that of the whole record, at the most as old as
the record; ``verified`` is as old as the last confirmation of the whole record, ``contacted`` as the last contact.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from chassis.custom_fields.defined import Definition
from services.customers.quality.criteria import AGES, CONTACTED, EMPTY, VERIFIED, flaw
from services.customers.tasks.models import INVALID, MISSING, STALE

OK = "ok"
STATES = (OK, MISSING, INVALID, STALE)
WHOLE = ""
"""The field of a confirmation that is about the whole record."""


@dataclass(frozen=True)
class Rules:
    """What assessing needs beside the customer."""

    terms: frozenset[str]
    """``dictionary:code`` of the terms that can be given."""
    added: Mapping[str, Definition]
    """The custom fields by their names (``custom.<key>``)."""
    today: date


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a customer has."""

    values: Mapping[str, Any]
    created_on: date
    contacted_on: date | None
    known_on: Mapping[str, date]
    """When a field was last changed or confirmed, ``WHOLE`` for the record."""

    def since(self, name: str) -> date:
        """From which day the age of a criterion counts."""
        if name == CONTACTED:
            return max(self.contacted_on or self.created_on, self.created_on)
        whole = self.known_on.get(WHOLE, self.created_on)
        return whole if name == VERIFIED else max(whole, self.known_on.get(name, whole), self.created_on)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What is found about one criterion."""

    field: str
    weight: int
    filled: bool
    why: str | None
    since: date | None
    """From when it is as it is; None for what is missing or cannot grow old."""
    stale_on: date | None
    """The first day on which it is too old."""
    stale: bool

    @property
    def state(self) -> str:
        """The worst that is to be said of it."""
        if not self.filled:
            return MISSING
        return INVALID if self.why else STALE if self.stale else OK


@dataclass(frozen=True)
class Assessment:
    """What was found about a customer, and the score that follows."""

    findings: list[Finding]
    completeness: int = field(init=False)
    validity: int = field(init=False)
    freshness: int = field(init=False)
    score: int = field(init=False)
    weights: tuple[int, int, int]

    def __post_init__(self) -> None:
        """Work out the four numbers."""
        asked = [one for one in self.findings if one.field not in AGES]
        there = [one for one in asked if one.filled]
        aging = [one for one in self.findings if one.filled and one.stale_on]
        parts = (
            _share(there, asked),
            _share([one for one in there if one.why is None], there),
            _share([one for one in aging if not one.stale], aging),
        )
        for name, part in zip(("completeness", "validity", "freshness"), parts, strict=True):
            object.__setattr__(self, name, part)
        whole = sum(weight * part for weight, part in zip(self.weights, parts, strict=True))
        object.__setattr__(self, "score", _rounded(whole, sum(self.weights)))

    def of(self, state: str) -> list[str]:
        """The fields about which this is to be said; what is not valid may be too old as well."""
        if state == STALE:
            return [one.field for one in self.findings if one.filled and one.stale]
        return [one.field for one in self.findings if one.state == state]

    @property
    def falls_on(self) -> date | None:
        """The next day on which something becomes too old."""
        days = [one.stale_on for one in self.findings if one.filled and one.stale_on and not one.stale]
        return min(days, default=None)


def assess(standard: Any, facts: Facts, rules: Rules, readable: Collection[str] | None = None) -> Assessment:
    """Hold a customer against a standard, or against as much of it as is about what somebody may read."""
    asked = [one for one in standard.criteria if readable is None or one["field"] in readable]
    findings = [_find(one, facts, rules) for one in asked if _is_known(one["field"], rules)]
    return Assessment(findings, (standard.completeness, standard.validity, standard.freshness))


def _is_known(name: str, rules: Rules) -> bool:
    """A custom field that was closed asks nothing any more."""
    return not name.startswith("custom.") or name in rules.added


def _find(criterion: dict[str, Any], facts: Facts, rules: Rules) -> Finding:
    name, days = criterion["field"], criterion["max_age_days"]
    value = facts.values.get(name)
    filled = name in AGES or value not in EMPTY
    since = facts.since(name) if filled and days is not None else None
    stale_on = since + timedelta(days=days + 1) if since else None
    return Finding(
        field=name,
        weight=criterion["weight"],
        filled=filled,
        why=flaw(name, value, rules.terms, rules.added) if filled and name not in AGES else None,
        since=since,
        stale_on=stale_on,
        stale=stale_on is not None and stale_on <= rules.today,
    )


def _share(part: list[Finding], whole: list[Finding]) -> int:
    return _rounded(100 * sum(one.weight for one in part), sum(one.weight for one in whole), nothing=100)


def _rounded(number: int, divisor: int, nothing: int = 0) -> int:
    return (2 * number + divisor) // (2 * divisor) if divisor else nothing
