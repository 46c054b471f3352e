"""A call that does nothing, 20 in flight: our host against nameko as it comes, and against the floor of the bus."""

from collections.abc import Iterator
from functools import partial

from benchmarks.bench import Bench
from benchmarks.echo.service import EchoService
from benchmarks.in_flight import calls_per_second, wait_for
from benchmarks.report import Measured
from benchmarks.rounds import compared
from benchmarks.servers import Processes
from chassis.bus import BusClient

IN_FLIGHT = 20
ARGUMENTS = {"text": "x" * 100}
OURS, STOCK, FLOOR = "echo", "stock", "floor"


def measure(bench: Bench) -> Iterator[Measured]:
    """Throughput of the three, asked by the same client with the same payload."""
    settings = bench.servers.settings(EchoService)
    with Processes(bench.servers) as processes:
        processes.start("serve", EchoService, settings)
        processes.run("benchmarks.floors.stock_nameko", settings.amqp_url, str(settings.max_workers))
        processes.run("benchmarks.floors.pika_echo", settings.amqp_url)
        bus = BusClient(settings.amqp_url, name="benchmark")
        bus.wait_connected(10)
        for service in (OURS, STOCK, FLOOR):
            wait_for(bus, service, "echo", ARGUMENTS)
        contestants = {name: partial(_rate, bus, name, bench.plan.seconds) for name in (OURS, STOCK, FLOOR)}
        rates = compared(contestants, bench.plan.rounds)
        bus.close()
    yield _ratio("lean RPC, 20 in flight, to stock nameko", rates, STOCK, at_least=1.5)
    yield _ratio("lean RPC, 20 in flight, to the pika echo", rates, FLOOR, at_least=0.75)


def _rate(bus: BusClient, service: str, seconds: float) -> float:
    return calls_per_second(bus, service, "echo", ARGUMENTS, in_flight=IN_FLIGHT, seconds=seconds)


def _ratio(figure: str, rates: dict[str, float], other: str, at_least: float) -> Measured:
    detail = f"{rates[OURS]:,.0f}/s to {rates[other]:,.0f}/s"
    return Measured(figure=figure, value=rates[OURS] / rates[other], unit="×", detail=detail, at_least=at_least)
