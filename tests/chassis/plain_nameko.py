"""A service on nameko as it comes, to show the faults that our host mends; runs as ``nameko run`` would run it."""

import eventlet

if __name__ == "__main__":
    eventlet.monkey_patch()

import signal
import sys
import time

from nameko.events import event_handler
from nameko.rpc import rpc
from nameko.runners import ServiceRunner


class PlainService:
    """Greets, sleeps, fails."""

    name = "plain"

    @rpc
    def greet(self) -> str:
        """Greet."""
        return "hello"

    @rpc
    def nap(self, seconds: float) -> str:
        """Sleep."""
        time.sleep(seconds)
        return "slept"

    @rpc
    def time_out(self) -> str:
        """Run into a time-out inside."""
        with eventlet.Timeout(0.05):
            eventlet.sleep(5)
        return "never"

    @event_handler("probe", "PageWritten")
    def keep_copy(self, _: dict) -> None:
        """Fail."""
        raise RuntimeError("cannot take this")


if __name__ == "__main__":
    runner = ServiceRunner({"AMQP_URI": sys.argv[1]})
    runner.add_service(PlainService)
    signal.signal(signal.SIGTERM, lambda *_: eventlet.spawn_n(runner.stop))
    runner.start()
    runner.wait()
