"""``work``: what a service does in the background — relay, jobs, timers, dead letters — in plain threads."""

import gc
import signal
import threading
from collections.abc import Callable

import structlog
from prometheus_client import REGISTRY

from chassis import audit, exports, health, idempotency, inbox, outbox
from chassis.bus import BusClient
from chassis.errors import Problem
from chassis.gathering import Gatherer
from chassis.identity import directory
from chassis.identity.directory import REFRESH_SECONDS, is_empty
from chassis.jobs import JobRunner
from chassis.metrics import DatabaseFigures
from chassis.parking import ParkingAttendant
from chassis.relay import Relay
from chassis.runtime import Runtime
from chassis.timers import TimerRunner

log = structlog.get_logger()

DRAIN_SECONDS = 20
HOUSEKEEPING_SECONDS = 3600.0
ASK_FOR_DIRECTORY_SECONDS = 2.0
GROWING = (outbox, inbox, idempotency, directory, audit, exports)
"""What has rows that nobody needs after some time."""
OBJECTS_BETWEEN_COLLECTIONS = 10_000
"""Jobs make rows by the thousand and drop them again; looking for cycles after each 700 takes a sixth of their time."""
CONNECTIONS = 9
"""One for each thread below, and a few for the chunks of a job."""

Loop = Callable[[threading.Event], None]


def work(runtime: Runtime) -> None:
    """Work until SIGTERM or SIGINT; then finish the present chunks and leave, within 20 seconds."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    _collect_less_often()
    REGISTRY.register(DatabaseFigures(runtime.service.name, runtime.database, runtime.service.figures))
    server = health.start(runtime.settings, {"database": lambda: _database_answers(runtime)})
    threads = [threading.Thread(target=loop, args=(stopping,), name=name) for name, loop in loops(runtime).items()]
    for thread in threads:
        thread.daemon = True
        thread.start()
    log.info("working", service=runtime.service.name, health_port=server.server_port)
    stopping.wait()
    for thread in threads:
        thread.join(DRAIN_SECONDS)
    log.info("stopped", service=runtime.service.name)


def _collect_less_often() -> None:
    """What is loaded by now stays, so it need not be looked through again."""
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)


def loops(runtime: Runtime) -> dict[str, Loop]:
    """Everything that goes on in the background, by name; each returns soon after it is told to stop."""
    service, database, settings = runtime.service, runtime.database, runtime.settings
    kinds_of_jobs = {name: job.function for name, job in service.jobs().items()}
    kinds_of_timers = {name: timer.function for name, timer in service.timers().items()}
    return {
        "relay": Relay(service.name, database, settings.amqp_url).run,
        "jobs": JobRunner(kinds_of_jobs, database, runtime.directory, runtime.context).run,
        "timers": TimerRunner(kinds_of_timers, database, runtime.context).run,
        "parking": ParkingAttendant(service.name, database, settings.amqp_url).run,
        "audit": Gatherer(service.name, database).run,
        "directory": lambda stopping: _keep_directory_fresh(runtime, stopping),
        "directory request": lambda stopping: _ask_for_directory(runtime, stopping),
        "housekeeping": lambda stopping: _keep_house(runtime, stopping),
    }


def _keep_directory_fresh(runtime: Runtime, stopping: threading.Event) -> None:
    while not stopping.wait(REFRESH_SECONDS):
        try:
            runtime.refresh()
        except Exception as error:
            log.warning("directory not refreshed", error=repr(error))


def _ask_for_directory(runtime: Runtime, stopping: threading.Event) -> None:
    """A service that has never heard of auth asks it to tell everything once more, until it has."""
    bus = BusClient(runtime.settings.amqp_url)
    try:
        while not stopping.is_set() and _directory_is_empty(runtime):
            try:
                bus.call_json("auth", "publish_directory", {}, timeout=5)
            except Problem as problem:
                log.info("directory not to be had yet", problem=problem.slug)
            stopping.wait(ASK_FOR_DIRECTORY_SECONDS)
    finally:
        bus.close()


def _directory_is_empty(runtime: Runtime) -> bool:
    try:
        with runtime.database.reading() as session:
            return is_empty(session)
    except Exception as error:
        log.warning("database away", error=repr(error))
        return True


def _keep_house(runtime: Runtime, stopping: threading.Event) -> None:
    while not stopping.is_set():
        try:
            with runtime.database.transaction() as session:
                forgotten = {part.__name__: part.forget_old(session) for part in GROWING}
            log.info("old rows deleted", **{name.rpartition(".")[2]: count for name, count in forgotten.items()})
        except Exception as error:
            log.warning("housekeeping failed", error=repr(error))
        stopping.wait(HOUSEKEEPING_SECONDS)


def _database_answers(runtime: Runtime) -> bool:
    with runtime.database.reading() as session:
        outbox.backlog(session)
    return True
