"""``serve``: a service's operations and event handlers in one nameko container."""

import signal
from collections.abc import Callable
from typing import Any

import eventlet
import structlog
from eventlet.event import Event
from nameko.containers import ServiceContainer

from chassis import asking, health
from chassis.custom_fields.describing import Described
from chassis.errors import DeadlineExceeded
from chassis.events import encode
from chassis.hosting.announcer import Announcer
from chassis.hosting.asking import ask
from chassis.hosting.bus import Bus
from chassis.hosting.events import EventHandler
from chassis.hosting.rpc import Call, Rpc
from chassis.identity.directory import REFRESH_SECONDS, is_empty
from chassis.readings import FLUSH_SECONDS
from chassis.requests import Answer
from chassis.runtime import Runtime
from chassis.unit_of_work import UnitOfWork, problem_answer

log = structlog.get_logger()

DRAIN_SECONDS = 20

Observe = Callable[[Answer, Call], None]


def serve(runtime: Runtime) -> None:
    """Serve until SIGTERM or SIGINT, then answer what has been taken and leave, within 20 seconds."""
    container = container_of(runtime)
    bus = next(extension for extension in container.subextensions if isinstance(extension, Bus))
    server = health.start(
        runtime.settings, {"database": lambda: _database_ready(runtime), "broker": lambda: bus.connected}
    )
    eventlet.spawn(_keep_directory_fresh, runtime)
    eventlet.spawn(_write_down_readings, runtime)
    asking.use(ask)
    container.start()
    log.info("serving", service=runtime.service.name, health_port=server.server_port)
    _wait_for_signal()
    stop(container)
    _write_down(runtime)
    runtime.database.close()
    log.info("stopped", service=runtime.service.name)


def container_of(runtime: Runtime) -> ServiceContainer:
    """A nameko container for the service; its entrypoints are made from the declarations."""
    config = {"AMQP_URI": runtime.settings.amqp_url, "max_workers": runtime.settings.max_workers}
    return ServiceContainer(_hosted(runtime), config)


def stop(container: ServiceContainer) -> None:
    """Stop taking messages and wait for the workers, at most 20 seconds; what is cut off goes to another process."""
    timeout = eventlet.Timeout(DRAIN_SECONDS)
    try:
        container.stop()
    except eventlet.Timeout as expired:
        if expired is not timeout:
            raise
        log.warning("workers cut off", seconds=DRAIN_SECONDS)
        container.kill()
    finally:
        timeout.cancel()


def _hosted(runtime: Runtime) -> type:
    """The class that nameko looks at: one method with one entrypoint for each declaration."""
    service = runtime.service
    described = Described(service, runtime.custom_fields)
    members: dict[str, Any] = {"name": service.name, "announcer": Announcer(described)}
    members["describe"] = _describing_method(described)
    members |= {name: _operation_method(unit) for name, unit in runtime.units().items()}
    settings = runtime.settings
    for name, handler in service.handlers().items():
        entrypoint = EventHandler(handler, runtime.database, runtime.context, settings.event_retry_seconds)
        members[name] = _handler_method(entrypoint)
    return type(service.__name__, (), members)


def _operation_method(unit: UnitOfWork) -> Any:
    def method(_: Any, call: Call, observe: Observe) -> None:
        try:
            answer = unit.answer(call.request, call.arguments)
        except eventlet.Timeout:
            # Not an Exception: nameko would lose the call and leave its sender waiting.
            answer = problem_answer(DeadlineExceeded("The operation took too long"))
        call.reply(answer)
        observe(answer, call)

    return _with_entrypoint(method, Rpc())


def _describing_method(described: Described) -> Any:
    def describe(_: Any, call: Call, __: Observe) -> None:
        call.reply(Answer(status=200, body=encode(described.now())))

    return _with_entrypoint(describe, Rpc())


def _handler_method(entrypoint: EventHandler) -> Any:
    def method(_: Any, take: Callable[[], None]) -> None:
        take()

    return _with_entrypoint(method, entrypoint)


def _with_entrypoint(method: Any, entrypoint: Any) -> Any:
    """What nameko's decorators do: note the entrypoint on the function."""
    method.nameko_entrypoints = {entrypoint}
    return method


def _keep_directory_fresh(runtime: Runtime) -> None:
    while True:
        try:
            runtime.refresh()
        except Exception as error:
            log.warning("directory not refreshed", error=repr(error))
        eventlet.sleep(REFRESH_SECONDS)


def _write_down_readings(runtime: Runtime) -> None:
    while True:
        eventlet.sleep(FLUSH_SECONDS)
        _write_down(runtime)


def _write_down(runtime: Runtime) -> None:
    try:
        runtime.readings.flush()
    except Exception as error:
        log.warning("readings not written down yet", error=repr(error))


def _database_ready(runtime: Runtime) -> bool:
    with runtime.database.reading() as session:
        return not is_empty(session)


def _wait_for_signal() -> None:
    signalled = Event()

    def on_signal(*_: Any) -> None:
        # The handler may interrupt the hub itself, where nothing may be switched: leave it to the loop.
        if not signalled.ready():
            eventlet.hubs.get_hub().schedule_call_global(0, signalled.send)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    signalled.wait()
