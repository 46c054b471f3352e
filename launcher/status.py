"""What runs: every process with its state, age, port and health."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from devservers.ports import answers
from devservers.processes import Seen
from launcher.kept import is_ready
from launcher.places import Places
from launcher.state import State, read_state

_COLUMNS = ("process", "state", "pid", "up", "port", "restarts", "health")


def status(places: Places) -> int:
    """Print the table; 0 if the suite is ready, 3 if it does not run, 1 if something is not well."""
    state = read_state(places)
    with ThreadPoolExecutor(max_workers=16) as pool:
        rows = list(pool.map(_row, state.processes))
    if any(row[1] == "running" for row in rows):
        print(_table([_COLUMNS, *rows]))
    print(_summary(state))
    if not state.running:
        return 3
    return 0 if state.ready and all(row[1] == "running" and row[-1] == "ready" for row in rows) else 1


def _row(process: dict[str, Any]) -> tuple[str, ...]:
    if not process["ours"]:
        health = "ready" if answers(process["port"], process["host"]) else "not reachable"
        return process["name"], "running", "given", "-", str(process["port"]), "-", health
    seen = Seen(process["pid"], process["started"]) if process["pid"] else None
    if seen is None or not seen.alive:
        return process["name"], "not running", "-", "-", str(process["port"]), str(process["restarts"]), "-"
    return (
        process["name"],
        "running",
        str(seen.pid),
        _age(seen.seconds_up),
        str(process["port"]),
        str(process["restarts"]),
        _health(process),
    )


def _health(process: dict[str, Any]) -> str:
    if process["health"]:
        return "ready" if is_ready(process["health"]) else "not ready"
    return "ready" if answers(process["port"]) else "not ready"


def _summary(state: State) -> str:
    if state.running:
        return f"\nThe suite is {'ready' if state.ready else 'starting'}: {state.url}"
    if state.launcher is None:
        return "The suite does not run."
    left = sum(1 for one in state.processes if one["pid"] and Seen(one["pid"], one["started"]).alive)
    if left:
        return f"\nThe launcher was killed and left {left} processes; `make down` or the next start ends them."
    return "The suite does not run."


def _age(seconds: float) -> str:
    minutes, hours = int(seconds) // 60, int(seconds) // 3600
    if hours:
        return f"{hours} h {minutes % 60} min"
    return f"{minutes} min" if minutes else f"{int(seconds)} s"


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    rows = list(rows)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)
