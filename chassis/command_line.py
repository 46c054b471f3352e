"""The commands of ``python -m chassis``."""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import Any
from uuid import UUID

import orjson

from chassis import dead_letters, description, jobs, logging, migrating, outbox
from chassis.database import Database
from chassis.encryption import resealing
from chassis.errors import Problem
from chassis.parking import send_back
from chassis.runtime import Runtime
from chassis.service import Service
from chassis.settings import Settings


def service_in(package: str) -> type[Service]:
    """The one service class of ``<package>.service``; exits with a message if there is none."""
    try:
        module = import_module(f"{package}.service")
    except ModuleNotFoundError as error:
        raise SystemExit(f"There is no service in {package}: {error}") from error
    found = [
        item
        for item in vars(module).values()
        if isinstance(item, type) and issubclass(item, Service) and item.__module__ == module.__name__
    ]
    if len(found) != 1:
        raise SystemExit(f"{package}.service must hold one Service, not {len(found)}")
    return found[0]


@dataclass(frozen=True)
class Command:
    """One command with its further arguments (as argparse takes them)."""

    name: str
    help: str
    function: Callable[[type[Service], argparse.Namespace], None]
    arguments: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add_to(self, commands: Any) -> None:
        """Add the command to a parser."""
        parser = commands.add_parser(self.name, help=self.help, description=self.help)
        parser.add_argument("service", help="the package of the service, such as services.customers")
        for name, options in self.arguments.items():
            parser.add_argument(name, **options)
        parser.set_defaults(run=lambda arguments: self.function(service_in(arguments.service), arguments))


def _started(service: type[Service]) -> Settings:
    settings = service.settings_class.load()
    logging.configure(service.name, settings.log_level, service.personal.log_names)
    return settings


def serve(service: type[Service], _: argparse.Namespace) -> None:
    """Answer requests and handle events."""
    from chassis.hosting.serve import serve as host

    settings = _started(service)
    host(Runtime.of(service, settings, connections=settings.max_workers + 2))


def work(service: type[Service], _: argparse.Namespace) -> None:
    """Relay events, run jobs and fire timers."""
    from chassis import work as background

    background.work(Runtime.of(service, _started(service), connections=background.CONNECTIONS))


def migrate(service: type[Service], _: argparse.Namespace) -> None:
    """Bring the database to the newest version."""
    migrating.migrate(service, _started(service))


def describe(service: type[Service], _: argparse.Namespace) -> None:
    """Print the description as JSON."""
    sys.stdout.buffer.write(orjson.dumps(description.of(service), option=orjson.OPT_INDENT_2) + b"\n")


def verify(service: type[Service], _: argparse.Namespace) -> None:
    """Check the audit trail; exits with 1 and names the first bad entry if it was tampered with."""
    verdict = service.verify(Runtime.of(service, _started(service), connections=2))
    sys.stdout.buffer.write(orjson.dumps(verdict.as_dict(), option=orjson.OPT_INDENT_2) + b"\n")
    if not verdict.sound:
        raise SystemExit(1)


def rotate_encryption(service: type[Service], arguments: argparse.Namespace) -> None:
    """Let ``work`` seal all values anew that have an older key, and wait for it."""
    runtime = Runtime.of(service, _started(service), connections=1)
    with runtime.database.transaction() as session:
        session.info.update(runtime.context)
        job_id = None if arguments.status else resealing.start(session)
    while True:
        with runtime.database.reading() as session:
            session.info.update(runtime.context)
            left = {table: count for table, count in resealing.remaining(session).items() if count}
            state = jobs.state_of(session, job_id) if job_id else "done"
        print(f"{sum(left.values())} rows with an older key {left or ''}", flush=True)
        if state not in ("queued", "running"):
            break
        time.sleep(arguments.every)
    if left:
        raise SystemExit(f"The job is {state}, and there is still something to seal anew")


def replay(service: type[Service], arguments: argparse.Namespace) -> None:
    """Offer the events of a period to the broker again."""
    with Database(_started(service).database_url, connections=1).transaction() as session:
        count = outbox.replay(session, since=arguments.since, until=arguments.until)
    print(f"{count} events will be published again")


def handle_dead_letters(service: type[Service], arguments: argparse.Namespace) -> None:
    """List, show, retry or drop parked messages."""
    settings = _started(service)
    if (arguments.action == "list") != (arguments.id is None):
        raise SystemExit("show, retry and drop need the id of a dead letter; list needs none")
    try:
        with Database(settings.database_url, connections=1).transaction() as session:
            LETTER_ACTIONS[arguments.action](session, settings, arguments.id)
    except Problem as problem:
        raise SystemExit(str(problem)) from problem


def _list(session: Any, _: Settings, __: UUID | None) -> None:
    for letter in dead_letters.listed(session):
        print(f"{letter['id']}  {letter['parked_at']:%Y-%m-%d %H:%M:%S}  {letter['queue']}  {letter['type']}")
        print(f"    after {letter['attempts']} attempts: {letter['reason']}")


def _show(session: Any, _: Settings, letter_id: UUID) -> None:
    letter = dead_letters.one(session, letter_id)
    letter["body"] = letter["body"].decode(errors="replace")
    print(orjson.dumps(letter, option=orjson.OPT_INDENT_2).decode())


def _retry(session: Any, settings: Settings, letter_id: UUID) -> None:
    letter = dead_letters.one(session, letter_id)
    dead_letters.drop(session, letter_id)
    send_back(settings.amqp_url, letter)
    print(f"{letter_id} is back in {letter['queue']}")


def _drop(session: Any, _: Settings, letter_id: UUID) -> None:
    dead_letters.drop(session, letter_id)
    print(f"{letter_id} is gone")


LETTER_ACTIONS: dict[str, Callable[..., None]] = {"list": _list, "show": _show, "retry": _retry, "drop": _drop}

INSTANT = {"type": datetime.fromisoformat, "required": True, "metavar": "TIME", "help": "such as 2026-01-31T09:00:00Z"}

COMMANDS = (
    Command("serve", "Answer requests and handle events.", serve),
    Command("work", "Relay events, run jobs, fire timers.", work),
    Command("migrate", "Bring the database to the newest version.", migrate),
    Command("describe", "Print the description as JSON.", describe),
    Command("verify", "Check the audit trail against tampering.", verify),
    Command(
        "rotate-encryption",
        "Let the running work process seal everything with the newest key.",
        rotate_encryption,
        {
            "--status": {"action": "store_true", "help": "only tell how much is left"},
            "--every": {"type": float, "default": 5.0, "metavar": "SECONDS", "help": "how often to tell"},
        },
    ),
    Command("replay", "Publish the events of a period again.", replay, {"--since": INSTANT, "--until": INSTANT}),
    Command(
        "dead-letters",
        "List, show, retry or drop parked messages.",
        handle_dead_letters,
        {"action": {"choices": list(LETTER_ACTIONS)}, "id": {"nargs": "?", "type": UUID}},
    ),
)
