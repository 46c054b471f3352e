"""``python -m benchmarks``: measure the suite against its floors and print a table; see docs/benchmarks.md."""

import argparse
import json
import logging
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import structlog

from benchmarks import (
    csv_import,
    duplicates,
    event_lag,
    gateway_reads,
    growth,
    lean_rpc,
    network,
    permission,
    searching,
    unit_of_work,
    verified_caller,
)
from benchmarks.bench import Bench
from benchmarks.plan import FULL, QUICK, Plan
from benchmarks.report import Measured, Verdict, busy_with_others, machine, table
from benchmarks.servers import Servers

FIGURES: dict[str, Callable[[Bench], Iterator[Measured]]] = {
    "lean-rpc": lean_rpc.measure,
    "unit-of-work": unit_of_work.measure,
    "gateway-reads": gateway_reads.measure,
    "event-lag": event_lag.measure,
    "csv-import": csv_import.measure,
    "growth": growth.measure,
    "search": searching.measure,
    "permission": permission.measure,
    "network": network.measure,
    "duplicates": duplicates.measure,
    "verified-caller": verified_caller.measure,
}


def main() -> int:
    """Measure what was asked for; 1 if a target was missed."""
    arguments = _arguments()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    figures: list[Measured] = []
    busy = busy_with_others()
    with Servers() as servers:
        bench = Bench(servers, _plan(arguments))
        for name in arguments.only or FIGURES:
            figures += _measured(name, bench)
    print(f"\n{machine(busy)}\n\n{table(figures)}")
    if arguments.json:
        arguments.json.write_text(json.dumps([one.as_json() for one in figures], indent=2, ensure_ascii=False))
    return int(any(one.verdict is Verdict.MISSED for one in figures))


def _measured(name: str, bench: Bench) -> Iterator[Measured]:
    began = time.monotonic()
    print(f"{name} …", file=sys.stderr, flush=True)
    for one in FIGURES[name](bench):
        print(f"  {one.figure}: {one.told} ({one.detail})", file=sys.stderr, flush=True)
        yield one
    print(f"  took {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


def _plan(arguments: argparse.Namespace) -> Plan:
    plan = QUICK if arguments.quick else FULL
    return replace(plan, rows=arguments.rows) if arguments.rows else plan


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the suite against its floors.")
    parser.add_argument("--only", action="append", choices=list(FIGURES), help="this figure; may be repeated")
    parser.add_argument("--quick", action="store_true", help="short rounds and small tables, to see whether it works")
    parser.add_argument("--rows", type=int, metavar="COUNT", help="import so many; about 450,000 fit into one file")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON too")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
