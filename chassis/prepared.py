"""Queries that are asked all the time: compiled once in this process, parsed and planned once for each connection.

Of a query that merges many indexes, SQLAlchemy takes as long to find what it has compiled before as PostgreSQL takes to
answer it, and PostgreSQL takes longer to plan it than to answer it. psycopg2 has nothing for prepared statements, so
that is done here, by PREPARE and EXECUTE. Whatever decides about the plan, such as LIMIT or the predicate of a partial
index, has to stand in such a query as a literal: PostgreSQL plans it without knowing the values of its parameters.
"""

from collections import OrderedDict
from itertools import count
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, ExceptionContext, Result, Select, bindparam, event, text
from sqlalchemy.orm import Session

KEPT = 50
"""Statements of one connection; the one that was not asked for longest makes room for the next."""

OUTDATED = ("0A000", "26000")
"""What PostgreSQL says to a statement whose columns have got other types, or that it does not know any more."""

Statements = OrderedDict[str, str]
"""What is executed in the place of each query."""

_numbers = count(1)


class PreparedQuery:
    """A query to be kept and executed many times, with values of its own and others that come each time.

    It may have no lists of parameters (IN), whose number is part of the text.
    """

    def __init__(self, query: Select[*tuple[Any, ...]]) -> None:
        self._query = query
        self._textual: Any = None

    def execute(self, session: Session, values: dict[str, Any]) -> Result[Any]:
        """The rows for these values of its parameters."""
        if self._textual is None:
            self._textual = _as_text(self._query, session.get_bind().dialect)
        return session.execute(self._textual, values)


def _as_text(query: Select[*tuple[Any, ...]], dialect: Dialect) -> Any:
    """The same query, which is looked up by its text, so that those who differ in values only share what is made of it.

    SQLAlchemy finds what it has compiled before by going through all of a query, and that takes long for a long one.
    """
    compiled = query.compile(dialect=dialect)
    named = ((name, one.type) for one, name in compiled.bind_names.items())
    given = {name: bindparam(name, compiled.params[name], type_=kind) for name, kind in named}
    words = text(compiled.string % {name: f"(:{name})" for name in given})
    return words.bindparams(*given.values()).columns(*query.selected_columns).execution_options(prepared=True)


def prepare_on(engine: Engine) -> None:
    """Let queries of this engine be prepared."""
    event.listen(engine, "before_cursor_execute", _as_prepared, retval=True)
    event.listen(engine, "handle_error", _start_again)


def _as_prepared(
    connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
) -> tuple[str, Any]:
    if executemany or context is None or not context.execution_options.get("prepared"):
        return statement, parameters
    kept: Statements = connection.info.setdefault("prepared", OrderedDict())
    if statement not in kept:
        kept[statement] = _prepare(cursor, statement)
        if len(kept) > KEPT:
            _drop(cursor, kept.popitem(last=False)[1])
    kept.move_to_end(statement)
    return kept[statement], parameters


def _prepare(cursor: Any, statement: str) -> str:
    """Prepares a statement with parameters such as ``%(name)s``; what executes it takes the same ones."""
    places = _Places()
    text, name = statement % places, f"prepared_{next(_numbers)}"
    cursor.execute(f"PREPARE {name} AS {text}")
    given = ", ".join(f"%({one})s" for one in places)
    return f"EXECUTE {name} ({given})" if given else f"EXECUTE {name}"


def _drop(cursor: Any, execute: str) -> None:
    cursor.execute(f"DEALLOCATE {execute.split()[1]}")


class _Places(dict[str, str]):
    """``$1``, ``$2`` …: for each parameter its place, given as it is asked for."""

    def __missing__(self, name: str) -> str:
        self[name] = f"${len(self) + 1}"
        return self[name]


def _start_again(context: ExceptionContext) -> None:
    """A connection whose statements are outdated is dropped, as one that is broken: reads are tried again then."""
    prepared = context.execution_context and context.execution_context.execution_options.get("prepared")
    if prepared and getattr(context.original_exception, "pgcode", None) in OUTDATED:
        context.is_disconnect = True
