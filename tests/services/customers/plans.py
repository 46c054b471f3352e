"""The plans by which PostgreSQL answers what the service asks."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from chassis.testing.tested import TestedService

PLANNED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


@contextmanager
def noted(customers: TestedService) -> Iterator[list[str]]:
    """The statements that are executed meanwhile, with their parameters in them."""
    statements: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool) -> None:
        if context and context.statement.lstrip().startswith(PLANNED):
            every = parameters if executemany else [parameters]
            statements.extend(cursor.mogrify(context.statement, one).decode() for one in every)

    event.listen(customers.database.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(customers.database.engine, "before_cursor_execute", note)


def plan_of(customers: TestedService, statement: str, options: str = "ANALYZE, ", *, indexes: bool = True) -> Any:
    """The plan of a statement, which takes indexes wherever it can if it is asked to."""
    with customers.database.engine.connect() as connection:
        cursor = connection.connection.cursor()
        if (
            indexes
        ):  # a table of the size that tests have is read as a whole at times, which says nothing of a large one
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN ({options}FORMAT JSON) {statement}")
        row = cursor.fetchone()
        assert row is not None
        return (json.loads(row[0]) if isinstance(row[0], str) else row[0])[0]["Plan"]


def steps_of(plan: Any) -> Iterator[Any]:
    """Each step of a plan."""
    yield plan
    for inner in plan.get("Plans", ()):
        yield from steps_of(inner)


def read_as_a_whole(customers: TestedService, call: Callable[[], object], most: int) -> set[tuple[str, str]]:
    """The tables of which a call reads everything, or more rows than these, each with the statement that does."""
    with noted(customers) as statements:
        call()
    return {
        (step["Relation Name"], statement)
        for statement in statements
        for step in steps_of(_planned(customers, statement))
        if step["Node Type"] == "Seq Scan" or ("Relation Name" in step and _rows_read(step) > most)
    }


def _planned(customers: TestedService, statement: str) -> Any:
    """The plan of a statement, which is executed once more if it only reads."""
    only_reads = statement.startswith("SELECT") and "FOR UPDATE" not in statement
    return plan_of(customers, statement, "ANALYZE, " if only_reads else "", indexes=False)


def _rows_read(step: Any) -> float:
    thrown_away = step.get("Rows Removed by Filter", 0) + step.get("Rows Removed by Index Recheck", 0)
    return float((step.get("Actual Rows", 0) + thrown_away) * step.get("Actual Loops", 1))
