"""An echo on nameko as it comes: ``python -m benchmarks.floors.stock_nameko AMQP_URL MAX_WORKERS``."""

import eventlet

if __name__ == "__main__":
    eventlet.monkey_patch()

import sys

from nameko.rpc import rpc
from nameko.runners import ServiceRunner


class StockService:
    """Repeats what it is told."""

    name = "stock"

    @rpc
    def echo(self, text: str) -> dict[str, str]:
        """Repeat a text."""
        return {"text": text}


def main(amqp_url: str, max_workers: int) -> None:
    """Serve until killed, with as many workers as our own host has."""
    runner = ServiceRunner({"AMQP_URI": amqp_url, "max_workers": max_workers})
    runner.add_service(StockService)
    runner.start()
    runner.wait()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
