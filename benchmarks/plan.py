"""How long and how much to measure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """The size of a run."""

    rounds: int
    seconds: float
    """Of one round of one contestant."""
    few: int
    many: int
    """How many customers there are in the smaller and in the larger database."""
    rows: int
    """Of the CSV file that is imported."""
    events: int


FULL = Plan(rounds=5, seconds=4, few=10_000, many=1_000_000, rows=50_000, events=300)
QUICK = Plan(rounds=2, seconds=1.5, few=10_000, many=100_000, rows=5_000, events=60)
