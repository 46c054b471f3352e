"""The suite while it runs: brought up in the order that it needs, watched, and taken down in the reverse order."""

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait

from devservers.debian import CannotGet
from devservers.ports import NotReady, wait_until
from devservers.server import log_tail
from launcher.access import write_access
from launcher.kept import Kept, SuiteProcess, known_services, readiness, trimmed_log
from launcher.places import Places
from launcher.progress import Progress
from launcher.secret_files import Secrets
from launcher.servers import Servers, StartFailed, migrate, provide_database, suite_ports
from launcher.state import StateFile
from launcher.suite import SERVICES, Addresses, Program, gateway_program, service_programs

_LOOK_SECONDS = 0.25
_READY_SECONDS = 90.0
_ROUTES_SECONDS = 30.0


class RunningSuite:
    """All processes of one checkout."""

    def __init__(self, places: Places, progress: Progress, gateway_port: int) -> None:
        self.places = places
        self.progress = progress
        self.secrets = Secrets(places.secrets)
        self.ports = suite_ports(places)
        self.servers = Servers.of(places, self.ports)
        self.addresses = Addresses(gateway_port, self.servers.mail.smtp_url)
        self.broker = Kept("rabbitmq", self.servers.broker)
        self.postgres = Kept("postgresql", self.servers.postgres)
        self.mail = Kept("mailcatcher", self.servers.mail)
        self.programs: list[Kept] = []
        self._closing = threading.Event()
        self._state = StateFile(places, self.addresses.gateway)

    @property
    def kept(self) -> list[Kept]:
        """Everything under watch, the lowest first."""
        return [self.broker, self.postgres, self.mail, *self.programs]

    def open(self) -> None:
        """Bring everything up, side by side where nothing waits for something else; StartFailed if that fails."""
        self._write_state(ready=False)
        self._tell_broker_address()
        with ThreadPoolExecutor(max_workers=20) as pool:
            try:
                _all_done(self._plan(pool))
            except BaseException as problem:
                if isinstance(problem, StartFailed):
                    problem.args = ("\n".join([str(problem), *self._unready()]),)
                self.close(at_once=True)
                pool.shutdown(cancel_futures=True)
                self.kill()  # what a step had just begun to start
                raise
        self._wait_for_routes()
        write_access(self.places, self.secrets, self.addresses, self.servers.mail, self.programs)
        self._write_state(ready=True)

    def watch(self) -> None:
        """See after every process until the caller is interrupted."""
        while not self._closing.is_set():
            for one in self.kept:
                event = self._look(one)
                if event:
                    self.progress.tell(event)
            self._write_state(ready=True)
            time.sleep(_LOOK_SECONDS)

    def close(self, at_once: bool = False) -> None:
        """Take everything down: the gateway, then the services, then the servers."""
        self._closing.set()
        gateway = [one for one in self.programs if one.name == "gateway"]
        services = [one for one in self.programs if one.name != "gateway"]
        for layer in (gateway, services, [self.mail, self.broker, self.postgres]):
            _end(layer, at_once)
        self._write_state(ready=False)

    def kill(self) -> None:
        """End every process at once; may be called from a signal handler."""
        for one in self.kept:
            one.server.kill()

    def _plan(self, pool: ThreadPoolExecutor) -> list[Future[None]]:
        """Every step of the start as a future; each waits for those that it needs."""
        broker = pool.submit(self._bring_up, self.broker, lambda: f"({self.servers.broker.origin})")
        postgres = pool.submit(self._bring_up, self.postgres, lambda: f"({self.servers.postgres.origin})")
        mail = pool.submit(self._bring_up, self.mail, lambda: self.servers.mail.http_url)
        steps = [broker, postgres, mail]
        for service in SERVICES:
            migrated = pool.submit(self._prepare, service, postgres)
            steps.append(migrated)
            programs = service_programs(service, self.places, self.secrets, self.addresses, self.ports)
            steps += [pool.submit(self._start, self._add(program), [broker, migrated]) for program in programs]
        gateway = self._add(gateway_program(self.places, self.secrets, self.addresses))
        steps.append(pool.submit(self._start, gateway, [broker]))
        return steps

    def _add(self, program: Program) -> Kept:
        kept = Kept(program.name, SuiteProcess(program, self.places), program.address)
        self.programs.append(kept)
        return kept

    def _prepare(self, service: str, postgres: Future[None]) -> None:
        postgres.result()
        self._unless_closing()
        begin = self.progress.seconds
        provide_database(self.servers.postgres, service, self.secrets)
        migrate(service, self.places, self.secrets, self.addresses)
        self.progress.tell(f"{service}: database up to date, {self.progress.seconds - begin:.1f} s")

    def _start(self, kept: Kept, needs: Iterable[Future[None]]) -> None:
        for need in needs:
            need.result()
        self._bring_up(kept, lambda: "")

    def _bring_up(self, kept: Kept, detail: Callable[[], str]) -> None:
        self._unless_closing()
        begin = self.progress.seconds
        trimmed_log(self.places.log_of(kept.name))
        kept.start(_READY_SECONDS)
        if kept is self.broker:
            self._tell_broker_address()
        took = self.progress.seconds - begin
        self.progress.tell(f"{kept.name} ready on port {kept.server.port}, {took:.1f} s {detail()}".rstrip())
        self._write_state(ready=False)

    def _wait_for_routes(self) -> None:
        """Until the gateway has heard of every service: they announce themselves every few seconds."""
        wanted = set(SERVICES)
        try:
            wait_until(
                lambda: wanted <= known_services(self.addresses.gateway), "the gateway's routes", _ROUTES_SECONDS
            )
        except NotReady as late:
            self.close(at_once=True)
            raise StartFailed(str(late)) from None

    def _tell_broker_address(self) -> None:
        """Every process reads its settings at its start, migrations too; the broker may still move while it starts."""
        self.secrets.keep("amqp_url", self.servers.broker.amqp_url())

    def _look(self, one: Kept) -> str | None:
        try:
            return one.look()
        except (OSError, RuntimeError) as problem:
            return f"{one.name} could not be started: {problem}"

    def _unready(self) -> list[str]:
        """What each process that runs and is not ready waits for: the first to be late is seldom the one to blame."""
        asked = [(one.name, *readiness(one.health)) for one in self.programs if one.server.alive and one.health]
        late = [(name, said) for name, ready, said in asked if not ready]
        return [f"{name} is not ready: {said}\n{log_tail(self.places.log_of(name), 5)}" for name, said in late]

    def _unless_closing(self) -> None:
        if self._closing.is_set():
            raise StartFailed("stopped while starting")

    def _write_state(self, ready: bool) -> None:
        self._state.write(self.kept, ready)


def _all_done(steps: list[Future[None]]) -> None:
    done, _ = wait(steps, return_when=FIRST_EXCEPTION)
    for step in done:
        problem = step.exception()
        if isinstance(problem, NotReady | CannotGet):
            raise StartFailed(str(problem))
        if problem is not None:
            raise problem


def _end(layer: Iterable[Kept], at_once: bool) -> None:
    threads = [threading.Thread(target=one.server.kill if at_once else one.server.stop) for one in layer]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
