"""Queries that are asked all the time: compiled once in this process, parsed and planned once for each connection.

Of a query that merges many indexes, SQLAlchemy takes as long to find what it has compiled before as PostgreSQL takes to
answer it, and PostgreSQL takes longer to plan it than to answer it. psycopg2 has nothing for prepared statements, so
that is done here, by PREPARE and EXECUTE. Whatever decides about the plan, such as LIMIT, the predicate of a partial
index or what a filter asks for, has to stand in such a query as a literal: PostgreSQL plans it without knowing the
values of its parameters.
"""

from collections import OrderedDict
from collections.abc import Iterable
from itertools import count
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Dialect,
    Engine,
    ExceptionContext,
    Result,
    Select,
    bindparam,
    column,
    event,
    text,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql import visitors

KEPT = 50
"""Statements of one connection; the one that was not asked for longest makes room for the next."""

OUTDATED = ("0A000", "26000")
"""What PostgreSQL says to a statement whose columns have got other types, or that it does not know any more."""

Key = tuple[str, bytes]
"""A query, and those of its values that stand in it."""

Statements = OrderedDict[Key, str]
"""What is executed in the place of each query."""

_numbers = count(1)


class PreparedQuery:
    """A query to be kept and executed many times, with values of its own and others that come each time.

    It may have no lists of parameters (IN), whose number is part of the text. It is planned for the values in
    ``planned_for``, which are conditions of the query; such a query is prepared when it is asked a second time, for
    most filters come once.
    """

    def __init__(self, query: Select[*tuple[Any, ...]], planned_for: Iterable[ColumnElement[bool]] = ()) -> None:
        self._query = query
        parts = (part for condition in planned_for for part in visitors.iterate(condition))
        self._planned_for = {part.key for part in parts if isinstance(part, BindParameter)}
        self._textual: Any = None
        self._new = bool(self._planned_for)

    def execute(self, session: Session, values: dict[str, Any]) -> Result[Any]:
        """The rows for these values of its parameters."""
        if self._new:
            self._new = False
            return session.execute(self._query, values)
        if self._textual is None:
            self._textual = _as_text(self._query, session.get_bind().dialect, self._planned_for)
        return session.execute(self._textual, values)


def _as_text(query: Select[*tuple[Any, ...]], dialect: Dialect, planned_for: set[str]) -> Any:
    """The same query, which is looked up by its text, so that those who differ in values only share what is made of it.

    SQLAlchemy finds what it has compiled before by going through all of a query, and that takes long for a long one.
    """
    compiled = query.compile(dialect=dialect)
    named = ((name, one.type) for one, name in compiled.bind_names.items())
    given = {name: bindparam(name, compiled.params[name], type_=kind) for name, kind in named}
    words = text(compiled.string.replace(":", r"\:") % {name: f"(:{name})" for name in given})
    literal = tuple(name for one, name in compiled.bind_names.items() if one.key in planned_for)
    columns = (column(str(one.key), one.type) for one in query.selected_columns)
    found = words.bindparams(*given.values()).columns(*columns)
    return found.execution_options(prepared=True, literal=literal)


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
    literal = {name: cursor.mogrify("%s", [parameters[name]]) for name in context.execution_options["literal"]}
    key = statement, b",".join(literal.values())
    if key not in kept:
        kept[key] = _prepare(cursor, statement, literal)
        if len(kept) > KEPT:
            _drop(cursor, kept.popitem(last=False)[1])
    kept.move_to_end(key)
    return kept[key], parameters


def _prepare(cursor: Any, statement: str, literal: dict[str, bytes]) -> str:
    """Prepares a statement with parameters such as ``%(name)s``; what executes it takes the same ones."""
    places = _Places({name: value.decode() for name, value in literal.items()})
    text, name = statement % places, f"prepared_{next(_numbers)}"
    cursor.execute(f"PREPARE {name} AS {text}")
    given = ", ".join(f"%({one})s" for one in places.asked)
    return f"EXECUTE {name} ({given})" if given else f"EXECUTE {name}"


def _drop(cursor: Any, execute: str) -> None:
    cursor.execute(f"DEALLOCATE {execute.split()[1]}")


class _Places(dict[str, str]):
    """What stands for each parameter: its value if that is known, else ``$1``, ``$2`` …, given as it is asked for."""

    def __init__(self, known: dict[str, str]) -> None:
        super().__init__(known)
        self.asked: list[str] = []

    def __missing__(self, name: str) -> str:
        self.asked.append(name)
        self[name] = f"${len(self.asked)}"
        return self[name]


def _start_again(context: ExceptionContext) -> None:
    """A connection whose statements are outdated is dropped, as one that is broken: reads are tried again then."""
    prepared = context.execution_context and context.execution_context.execution_options.get("prepared")
    if prepared and getattr(context.original_exception, "pgcode", None) in OUTDATED:
        context.is_disconnect = True
