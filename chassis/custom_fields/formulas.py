"""Formulas in the Common Expression Language: computed whenever a record is shown, never kept.

Numbers are doubles, so a formula says ``2.0`` rather than ``2``. Where a value is missing or an operation makes no
sense, such as a division by zero, the result is null.
"""

import math
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import Any

LONGEST = 500
LOOPS = re.compile(r"\.\s*(map|filter|all|exists|exists_one|reduce|transformList|transformMap)\s*\(")
"""Loops within loops would take a time that nobody can foresee."""
PLACES = Decimal("0.000001")
LARGEST = 10**15


class FormulaError(ValueError):
    """Not a formula."""


def variables(expression: str) -> frozenset[str]:
    """The names that a formula speaks of; raises FormulaError for what is none."""
    if len(expression) > LONGEST or LOOPS.search(expression):
        raise FormulaError(f"A formula has no loops and at most {LONGEST} characters.")
    try:
        return frozenset(_program(expression).variables())
    except (ValueError, RuntimeError, TypeError) as error:
        raise FormulaError(str(error).partition("\n")[0][:200]) from None


def result(expression: str, values: Mapping[str, Any]) -> Any:
    """What comes of a formula: a text, a decimal number as text, true or false, or None."""
    try:
        return _plain(_program(expression).execute({name: _input(value) for name, value in values.items()}))
    except (ValueError, RuntimeError, TypeError, ArithmeticError):
        return None


@lru_cache(1_000)
def _program(expression: str) -> Any:
    import cel  # takes half a second, and most processes never meet a formula

    return cel.compile(expression)


def _input(value: Any) -> Any:
    return float(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value


def _plain(value: Any) -> Any:
    if isinstance(value, bool | str):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, int | float) and math.isfinite(value) and abs(value) < LARGEST:
        plain = format(Decimal(repr(value)).quantize(PLACES, ROUND_HALF_EVEN), "f")
        return plain.rstrip("0").rstrip(".")
    return None
