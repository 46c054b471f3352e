"""The same calls on a small and on a large database: the cost must not grow with the number of customers."""

import json
import statistics
import time
from collections.abc import Callable, Iterator

from benchmarks.bench import Bench
from benchmarks.filled import Filled
from benchmarks.report import Measured

MOST = 1.3
ONE_SECTOR = '{"field": "sector", "op": "eq", "value": "software"}'
SEARCHES = {
    **{f"search {word}": {"q": word} for word in ("motors", "iris gl", "cadiz", "dingle", "0000123", "江南")},
    "search cadiz in one sector": {"q": "cadiz", "filter": ONE_SECTOR},
}
"""What is searched for: in many names, in ever fewer, in one, in another script."""
PAGE = 50
WARM_UP, TURNS = 20, 160

Call = Callable[[int], object]

FIGURES: dict[str, Callable[[list[float]], float]] = {
    "median": statistics.median,
    "p95": lambda milliseconds: statistics.quantiles(milliseconds, n=20)[-1],
}


def measure(bench: Bench) -> Iterator[Measured]:
    """Each call is made on both in turn, through the unit of work, as a manager who reaches his teams' customers."""
    small, large = (Filled(bench, count) for count in (bench.plan.few, bench.plan.many))
    try:
        small.log_in()
        large.log_in()
        pages = {name: _page_of_both(small, search) for name, search in SEARCHES.items()}
        calls, same_calls = _calls(small, pages), _calls(large, pages)
        for name in calls:
            small.log_in()
            large.log_in()
            yield from _compared(bench, name, calls[name], same_calls[name])
    finally:
        small.close()
        large.close()


def _compared(bench: Bench, name: str, small: Call, large: Call) -> Iterator[Measured]:
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(WARM_UP + TURNS):
        for call, seconds in zip((small, large), times, strict=True):
            began = time.perf_counter()
            call(number)
            seconds.append((time.perf_counter() - began) * 1000)
    for kind, figure in FIGURES.items():
        few, many = (figure(milliseconds[WARM_UP:]) for milliseconds in times)
        yield Measured(
            figure=f"{name}, {kind}, {bench.plan.many:,} to {bench.plan.few:,}",
            value=many / few,
            unit="×",
            detail=f"{many:.1f} ms to {few:.1f} ms",
            at_most=MOST,
        )


def _page_of_both(small: Filled, search: dict[str, str]) -> str:
    """How many hits are asked for: as many as there are among few customers too, lest more be read among many."""
    found = len(json.loads(small.call("find_customers", limit=str(PAGE), **search))["items"])
    return str(found if found in (1, PAGE) else found - 1)


def _calls(filled: Filled, pages: dict[str, str]) -> dict[str, Call]:
    cursor = json.loads(filled.call("find_customers", limit="200"))["next_cursor"]
    calls: dict[str, Call] = {
        "get, which is what an overview asks of customers": lambda number: filled.call(
            "get_customer", customer_id=str(filled.ids[number % len(filled.ids)])
        ),
        "list": lambda _: filled.call("find_customers", limit=str(PAGE)),
        "list by name": lambda _: filled.call("find_customers", limit=str(PAGE), sort="name"),
        "next page": lambda _: filled.call("find_customers", limit=str(PAGE), cursor=cursor),
    }
    calls |= {name: _search(filled, limit=pages[name], **search) for name, search in SEARCHES.items()}
    waiting = filled.in_pool(WARM_UP + TURNS)
    return calls | {"claim": lambda number: filled.call("claim_customer", customer_id=str(waiting[number]))}


def _search(filled: Filled, **search: str) -> Call:
    return lambda _: filled.call("find_customers", **search)
