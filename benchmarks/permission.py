"""What permission costs a list: reach and field rules, against the same list for somebody who sees everything."""

import statistics
import time
from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.filled import MANAGER, Filled
from benchmarks.report import Measured
from chassis.requests import Request
from chassis.testing.tested import Person

MOST = 1.2
WARM_UP, TURNS = 20, 200
LISTS = {
    "list": {"limit": "50"},
    "list by name": {"limit": "50", "sort": "name"},
    "list with a filter": {"limit": "50", "filter": '{"field": "sector", "op": "eq", "value": "retail"}'},
}
ADMINISTRATOR = "an administrator"
CONTACT_DATA = ("phone", "email", "address")
REP = {"customers:read": "team", "customers:claim": "all"}
RULES = {"customers": {name: {"own": "full", "others": "masked"} for name in CONTACT_DATA} | {"revenue": "hidden"}}


def measure(bench: Bench) -> Iterator[Measured]:
    """A page of 50 through the unit of work, each caller in turn."""
    filled = Filled(bench, bench.plan.many)
    try:
        callers = _callers(filled)
        for kind, arguments in LISTS.items():
            medians = _medians(filled, callers, arguments)
            free = medians.pop(ADMINISTRATOR)
            for name, milliseconds in medians.items():
                yield Measured(
                    figure=f"{kind} for {name} to an administrator's, {bench.plan.many:,}",
                    value=milliseconds / free,
                    unit="×",
                    detail=f"{milliseconds:.2f} ms to {free:.2f} ms",
                    at_most=MOST,
                )
    finally:
        filled.close()


def _callers(filled: Filled) -> dict[str, Person]:
    """People of whom the rules take ever more, each with a token of this moment."""
    person, teams = filled.person, list(filled.manager.caller.teams)
    everything = {"customers:read": "all", "customers:claim": "all"}
    return {
        ADMINISTRATOR: person("Administrator", {"*": "all"}, teams, None),
        "an analyst under field rules": person("Analyst", everything, teams, RULES),
        "a manager of three teams": person("Manager", MANAGER, teams, None),
        "such a manager under field rules": person("Manager", MANAGER, teams, RULES),
        "a rep of one team under field rules": person("Rep", REP, [filled.holders[-1].team_id], RULES),
    }


def _medians(filled: Filled, callers: dict[str, Person], arguments: dict[str, str]) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in callers}
    requests = {name: Request(token=person.token) for name, person in callers.items()}
    for _ in range(WARM_UP + TURNS):
        for name, request in requests.items():
            began = time.perf_counter()
            answer = filled.units["find_customers"].answer(request, arguments)
            times[name].append((time.perf_counter() - began) * 1000)
            assert not answer.failed, answer.body
    return {name: statistics.median(seen[WARM_UP:]) for name, seen in times.items()}
