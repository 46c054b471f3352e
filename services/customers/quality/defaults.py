"""The standards that come with the suite, planted once by a migration; a house makes its own of them."""

from collections.abc import Iterator
from typing import Any

YEAR, HALF = 365, 180

Asked = dict[str, dict[str, tuple[int, int | None]]]

ORGANISATION: Asked = {
    "lead": {"phone": (3, None), "email": (2, None), "country": (2, None), "sector": (1, None), "source": (1, None)},
    "prospect": {
        "phone": (3, YEAR),
        "email": (3, YEAR),
        "contact": (3, YEAR),
        "country": (2, None),
        "city": (1, None),
        "industry": (2, None),
        "size": (1, None),
        "source": (1, None),
        "website": (1, None),
        "contacted": (2, 90),
    },
    "customer": {
        "phone": (3, YEAR),
        "email": (3, YEAR),
        "contact": (3, YEAR),
        "address": (2, 2 * YEAR),
        "country": (2, None),
        "city": (1, None),
        "registration_number": (3, None),
        "industry": (2, None),
        "size": (1, None),
        "grade": (2, YEAR),
        "website": (1, None),
        "verified": (2, YEAR),
        "contacted": (2, HALF),
    },
    "lost": {"phone": (2, None), "email": (2, None), "country": (1, None)},
}
PERSON: Asked = {
    "lead": {"phone": (3, None), "email": (3, None), "country": (1, None), "source": (1, None)},
    "prospect": {
        "phone": (3, YEAR),
        "email": (3, YEAR),
        "country": (1, None),
        "city": (1, None),
        "source": (1, None),
        "contacted": (2, 90),
    },
    "customer": {
        "phone": (3, YEAR),
        "email": (3, YEAR),
        "address": (2, 2 * YEAR),
        "country": (1, None),
        "city": (1, None),
        "grade": (2, YEAR),
        "verified": (2, YEAR),
        "contacted": (2, HALF),
    },
    "lost": {"phone": (2, None), "email": (2, None)},
}
"""By stage: the weight and the greatest age in days of each criterion."""


def planted() -> Iterator[dict[str, Any]]:
    """The columns of each standard but its id."""
    for kind, stages in (("organisation", ORGANISATION), ("person", PERSON)):
        for stage, asked in stages.items():
            yield {
                "kind": kind,
                "lifecycle_stage": stage,
                "criteria": [
                    {"field": name, "weight": weight, "max_age_days": days} for name, (weight, days) in asked.items()
                ],
                "completeness": 50,
                "validity": 30,
                "freshness": 20,
                "tasks": ["missing", "invalid", "stale"] if stage == "customer" else ["invalid"],
                "due_days": 14,
            }
