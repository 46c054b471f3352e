"""The commands of `python -m launcher`."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from devservers import processes
from launcher.access import welcome
from launcher.gateway_port import reserved_port
from launcher.kept import is_ready
from launcher.places import CHECKOUT, Places
from launcher.progress import Progress
from launcher.running import RunningSuite
from launcher.servers import StartFailed, end_leftovers
from launcher.state import State, hold, read_state

_STOP_SECONDS = 60.0


class Interrupted(BaseException):
    """Somebody asked us to end: Ctrl-C, a closed terminal, or `down`."""


def up(places: Places, in_background: bool = False) -> int:
    """Run the suite until interrupted."""
    places.prepare()
    lock = hold(places.lock)
    if lock is None:
        print(f"The suite of this checkout runs already: {read_state(places).url or 'it is just starting'}")
        return 1
    progress = Progress()
    end_leftovers(places, progress.tell)
    with lock, reserved_port() as port:
        suite = RunningSuite(places, progress, port)
        with _interruptible(suite):
            try:
                return _run(suite, places, in_background)
            except Interrupted:
                progress.tell("stopping; once more to stop at once")
                suite.close()
                progress.tell("stopped")
                return 0


def start(places: Places) -> int:
    """Run the suite in the background; 0 once the gateway is ready."""
    places.prepare()
    if not read_state(places).running:
        _launch_in_background(places)
    state = read_state(places)
    if not (state.running and state.ready and is_ready(state.url)):
        print(f"The suite did not start; what was said above is in {places.log_of('launcher')}")
        return 1
    print(welcome(places, "make down"), end="")
    return 0


def down(places: Places) -> int:
    """Stop the suite, and whatever a killed run of it left behind."""
    state = read_state(places)
    if state.launcher is not None and state.running:
        print("stopping …", flush=True)
        processes.end([state.launcher], _STOP_SECONDS)
    if places.run.exists():
        end_leftovers(places, print)
    print("stopped" if state.launcher else "nothing runs")
    return 0


def demo(places: Places) -> int:
    """Fill the running suite with demo data."""
    state = read_state(places)
    if not (state.running and state.ready):
        print("The suite does not run: `make start` first.")
        return 1
    return subprocess.run([sys.executable, "-m", "launcher.demo"], cwd=CHECKOUT, check=False).returncode


def _run(suite: RunningSuite, places: Places, in_background: bool) -> int:
    try:
        suite.open()
    except StartFailed as problem:
        suite.progress.tell(f"the suite did not come up: {problem}")
        return 1
    suite.progress.tell("the suite is ready")
    if not in_background:
        print(welcome(places, "Ctrl-C"), flush=True)
    suite.watch()
    return 0


@contextmanager
def _interruptible(suite: RunningSuite) -> Iterator[None]:
    """The first signal interrupts, the second ends everything at once."""
    asked = 0

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        asked += 1
        if asked == 1:
            raise Interrupted
        if asked == 2:
            suite.kill()

    wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, handle) for number in wanted}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _launch_in_background(places: Places) -> None:
    """Start `up` in a session of its own and show its progress until it is ready or has ended."""
    log = places.log_of("launcher")
    log.unlink(missing_ok=True)
    log.touch(mode=0o600)
    environment = {name: value for name, value in os.environ.items() if name != processes.OWNER}
    with log.open("ab") as output:
        launcher = subprocess.Popen(
            [sys.executable, "-m", "launcher", "up", "--in-background"],
            cwd=CHECKOUT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    with log.open(encoding="utf-8", errors="replace") as progress:
        while launcher.poll() is None and not _is_ready(read_state(places), launcher.pid):
            sys.stdout.write(progress.read())
            sys.stdout.flush()
            time.sleep(0.1)
        sys.stdout.write(progress.read())


def _is_ready(state: State, launcher: int) -> bool:
    return state.ready and state.launcher is not None and state.launcher.pid == launcher and is_ready(state.url)
