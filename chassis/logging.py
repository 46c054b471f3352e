"""Log lines: one JSON object each on stderr, with the service and the trace id."""

import logging
import sys
from typing import Any

import orjson
import structlog

from chassis import tracing
from chassis.redaction import Redactor

QUIET = {"nameko": logging.ERROR, "pika": logging.CRITICAL, "amqp": logging.WARNING, "alembic": logging.WARNING}
"""Libraries that report at this level only: what they would say more, we say in our own terms."""


def configure(service: str, level: str, personal: frozenset[str] = frozenset()) -> None:
    """Set up structlog and the standard library's logging for a process of this service.

    Values under the names of ``personal`` fields are left out, and so is what looks like contact data.
    """
    redactor = Redactor(personal)
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        _name_service(service),
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_trace,
        structlog.processors.format_exc_info,
        redactor,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(serializer=_json)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    _configure_standard_library(shared, redactor, level)


def _configure_standard_library(shared: list[Any], redactor: Redactor, level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    renderer = structlog.processors.JSONRenderer(serializer=_json)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, redactor, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for name, quiet in QUIET.items():
        logging.getLogger(name).setLevel(quiet)


def _name_service(service: str) -> Any:
    """In every line, also of threads that have no context."""

    def add(_: Any, __: str, line: dict[str, Any]) -> dict[str, Any]:
        line.setdefault("service", service)
        return line

    return add


def _add_trace(_: Any, __: str, line: dict[str, Any]) -> dict[str, Any]:
    trace_id = tracing.trace_id()
    if trace_id:
        line["trace_id"] = trace_id
    return line


def _json(line: Any, **_: Any) -> str:
    return orjson.dumps(line, default=str).decode()
