"""What a service offers, as declarations: operations, gathers, event handlers, jobs and timers."""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from marshmallow import Schema

from chassis.errors import Problem
from chassis.events import Event

PUBLIC = "public"
"""``needs`` of an operation that works without logging in."""

AUTHENTICATED = "authenticated"
"""``needs`` of an operation that every logged-in caller may use, because it only shows him his own."""

INTERNAL = "internal"
"""``needs`` of an operation that other services call without a caller; it has no HTTP route and must be harmless."""

DEFAULT_TIMEOUT_SECONDS = 5.0

PERMISSION = re.compile(r"[a-z_]+:[a-z_]+")
PATH_PARAMETER = re.compile(r"{(\w+)}")


RECORD = re.compile(r"([\w-]+)/{(\w+)}")
"""The kind of a record and the path parameter that names one."""


class File:
    """``gives`` of an operation that answers a stored file: the function returns ``file``, ``name``, ``media_type``."""


class Document:
    """``gives`` of an operation that answers a page for people: the function returns ``content``, ``media_type``."""


class DeclarationError(TypeError):
    """A declaration that must not start: it names what is missing."""


@dataclass(eq=False, kw_only=True)
class Operation:
    """One thing that a service does when asked."""

    method: str
    path: str | None
    function: Callable[..., Any]
    takes: type[Schema] | None
    gives: Any
    needs: str
    status: int
    guarded: bool
    form: bool
    timeout: float
    errors: tuple[type[Problem], ...]
    once: tuple[str, ...]
    step_up: bool
    name: str = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @property
    def reads(self) -> bool:
        """Whether it only reads, and so runs without a transaction of its own."""
        return self.method == "GET"

    @property
    def path_parameters(self) -> list[str]:
        """The names in braces of the path, in order."""
        return PATH_PARAMETER.findall(self.path or "")

    @property
    def answer_kind(self) -> str:
        """How the gateway hands the result over: json, file or document."""
        return {File: "file", Document: "document"}.get(self.gives, "json")

    @property
    def summary(self) -> str:
        """The first sentence of the function's docstring."""
        return self._doc.partition("\n\n")[0].replace("\n", " ").removesuffix(".")

    @property
    def description(self) -> str:
        """The rest of the function's docstring."""
        return self._doc.partition("\n\n")[2]

    @property
    def _doc(self) -> str:
        return inspect.getdoc(self.function) or ""


def operation(
    route: str,
    function: Callable[..., Any],
    *,
    takes: type[Schema] | None = None,
    gives: Any = None,
    needs: str | None = None,
    status: int | None = None,
    guarded: bool = False,
    form: bool = False,
    timeout: float = DEFAULT_TIMEOUT_SECONDS,
    errors: tuple[type[Problem], ...] = (),
    once: tuple[str, ...] = (),
    step_up: bool = False,
) -> Any:
    """Offer a function as an operation.

    ``route`` is ``"POST /customers/{customer_id}/claim"``, or the method alone for one that is only called on the bus.
    ``function`` is ``(session, caller, **input)``: path parameters (UUID), then the fields that ``takes`` loads;
    a ``guarded`` one also gets ``expected_version`` from If-Match. A GET is a query and answers rows (dicts); any other
    is a command in a transaction of its own, whose entity ``gives`` dumps. ``needs`` is ``resource:action``, PUBLIC,
    AUTHENTICATED or INTERNAL; an operation without it does not start. ``errors`` are the refusals of its own.
    ``once`` names members of the answer, such as a new password, that are not kept for a replay by Idempotency-Key.
    ``step_up``: see Caller.require_step_up. ``status`` defaults to 200, or 204 when nothing is given. ``form`` also
    takes HTML forms; ``timeout`` in seconds.
    """
    return Operation(
        **_checked(function.__name__, route, needs, step_up=step_up),
        function=function,
        takes=takes,
        gives=gives,
        status=status or (200 if gives else 204),
        guarded=guarded,
        form=form,
        timeout=timeout,
        errors=errors,
        once=once,
    )


def _checked(name: str, route: str, needs: str | None, *, step_up: bool) -> dict[str, Any]:
    """Where the operation is found and who may come in; raises DeclarationError if that makes no sense."""
    method, _, path = route.partition(" ")
    if not needs:
        raise DeclarationError(f"{name} does not say what it needs")
    if needs not in (PUBLIC, AUTHENTICATED, INTERNAL) and not PERMISSION.fullmatch(needs):
        raise DeclarationError(f"{name} needs {needs!r}, which is no resource:action")
    if path and needs == INTERNAL:
        raise DeclarationError(f"{name} is INTERNAL and must have no path")
    if step_up and needs in (PUBLIC, INTERNAL):
        raise DeclarationError(f"{name} takes a step-up, but there is nobody to step up")
    return {"method": method, "path": path or None, "needs": needs, "step_up": step_up}


def record_in(one: Operation, values: Mapping[str, Any]) -> tuple[str | None, UUID | None]:
    """The kind of record that an operation is about, and which, as far as its path and permission tell."""
    resource = one.needs.partition(":")[0] if ":" in one.needs else None
    match = RECORD.search(one.path or "")
    if match is None:
        return resource, None
    try:
        return match[1], UUID(str(values.get(match[2])))
    except ValueError:
        return match[1], None


@dataclass(frozen=True)
class Part:
    """One part of a gathered page: the operation ``service.method`` with further arguments."""

    operation: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


def part(operation_name: str, **arguments: Any) -> Part:
    """A part of a gathered page that is asked for with arguments beside the path parameters."""
    return Part(operation_name, arguments)


@dataclass(eq=False)
class Gather:
    """A page put together from several services by the gateway; the first part is required."""

    path: str
    parts: dict[str, Part]
    summary: str
    name: str = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name


def gather(route: str, summary: str, **parts: str | Part) -> Any:
    """Offer a page of parts, ``name="service.method"`` or ``part(…)``; each part is an operation on the same path.

    The first part is the record that the page is about: its error is the error of the page. Other parts that do not
    come are named under ``missing``.
    """
    method, _, path = route.partition(" ")
    if method != "GET":
        raise DeclarationError(f"{route}: only reading can be gathered")
    return Gather(path, {name: p if isinstance(p, Part) else Part(p) for name, p in parts.items()}, summary)


@dataclass(eq=False)
class Handler:
    """What a service does when events of others (or its own) arrive."""

    events: tuple[type[Event], ...]
    function: Callable[..., Any]
    name: str = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def event_class(self, event_type: str) -> type[Event]:
        """The class of one of its events by name; raises LookupError for another."""
        for event in self.events:
            if event.__name__ == event_type:
                return event
        raise LookupError(f"{self.name} does not handle {event_type}")


def on(events: type[Event] | tuple[type[Event], ...], function: Callable[..., Any]) -> Any:
    """Handle events with ``function(session, event)``; inbox row, effect and outbox rows are one transaction."""
    return Handler(events if isinstance(events, tuple) else (events,), function)


@dataclass(eq=False)
class Job:
    """Long work of one kind, run by ``work``: see ``chassis.jobs``."""

    function: Callable[..., Any]
    must_finish: str = ""
    """Why nobody can cancel it by itself."""
    name: str = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name


def job(function: Callable[..., Any], *, must_finish: str = "") -> Any:
    """Offer ``function(run: JobRun) -> result`` as a kind of job, named by the attribute.

    ``must_finish`` says why it cannot be cancelled, if it cannot.
    """
    return Job(function, must_finish)


@dataclass(eq=False)
class Timer:
    """What happens when a stored instant is reached: see ``chassis.timers``."""

    function: Callable[..., Any]
    name: str = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name


def timer(function: Callable[..., Any]) -> Any:
    """Offer ``function(session, timer: DueTimer)`` as a kind of timer, named by the attribute."""
    return Timer(function)
