"""Fair comparison: the contestants take turns, and the middle of their rounds counts.

A machine is never quite alone; what disturbs one round of one contestant disturbs the next round of the other as well.
"""

import statistics
from collections.abc import Callable, Mapping

Contestant = Callable[[], float]


def compared(contestants: Mapping[str, Contestant], rounds: int) -> dict[str, float]:
    """The median of each contestant's rounds, A B A B …, after a round that does not count."""
    figures: dict[str, list[float]] = {name: [] for name in contestants}
    for contestant in contestants.values():
        contestant()
    for _ in range(rounds):
        for name, contestant in contestants.items():
            figures[name].append(contestant())
    return {name: statistics.median(values) for name, values in figures.items()}
