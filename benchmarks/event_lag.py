"""How long it takes until another service has taken in a change: from the commit to the commit of the effect."""

import json
import random
import select
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2

from benchmarks.bench import Bench
from benchmarks.report import Measured
from benchmarks.suite import RunningSuite
from chassis.ids import new_id
from chassis.requests import Request
from chassis.runtime import Runtime
from services.customers.service import CustomersService

PAUSE_SECONDS = (0.02, 0.12)
"""Between two changes: the suite is not loaded, and they do not keep step with any of its clocks."""
PATIENCE_SECONDS = 180.0
"""The first may wait behind what earlier figures have left to do."""
WARM_UP = 5

NOTIFY_OF_EFFECT = """
CREATE OR REPLACE FUNCTION tell_of_effect() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_notify('effect', NEW.id::text); RETURN NULL; END $$;
CREATE OR REPLACE TRIGGER tell_of_effect AFTER INSERT ON customers FOR EACH ROW EXECUTE FUNCTION tell_of_effect();
"""


def measure(bench: Bench) -> Iterator[Measured]:
    """Customers are entered one by one in customers; each is waited for in the replica of interactions."""
    with bench.suite.running() as suite, _effects(bench.suite.settings["interactions"].database_url) as effects:
        lags = sorted(_lags(bench, suite, effects))
    p50, p99 = lags[len(lags) // 2] * 1000, lags[len(lags) * 99 // 100] * 1000
    detail = f"{len(lags)} events, one at a time; the longest took {lags[-1] * 1000:.0f} ms"
    yield Measured(figure="event lag, p50", value=p50, unit="ms", detail=detail)
    yield Measured(figure="event lag, p99", value=p99, unit="ms", detail=detail, at_most=250)


def _lags(bench: Bench, suite: RunningSuite, effects: "Effects") -> list[float]:
    runtime = Runtime.of(CustomersService, bench.suite.settings["customers"], connections=1)
    runtime.directory.refresh()
    create = runtime.units()["create_customer"]
    try:
        lags = []
        for number in range(bench.plan.events + WARM_UP):
            time.sleep(random.uniform(*PAUSE_SECONDS))
            customer_id = str(new_id())
            answer = create.answer(Request(token=suite.token()), {"id": customer_id, "name": f"Lag {number}"})
            committed = time.perf_counter()
            if answer.failed:
                raise RuntimeError(json.loads(answer.body))
            lags.append(effects.wait_for(customer_id) - committed)
        return lags[WARM_UP:]
    finally:
        runtime.database.close()


class Effects:
    """Hears of each customer that the replica has taken in, at the moment of the commit."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._heard: dict[str, float] = {}
        self._news = threading.Condition()
        self.stopping = False

    def wait_for(self, customer_id: str) -> float:
        """When the customer was there; raises TimeoutError if it does not come."""
        with self._news:
            if not self._news.wait_for(lambda: customer_id in self._heard, PATIENCE_SECONDS):
                raise TimeoutError(f"customer {customer_id} did not arrive")
            return self._heard.pop(customer_id)

    def listen(self) -> None:
        """Hear until told to stop."""
        while not self.stopping:
            if select.select([self._connection], [], [], 0.5)[0]:
                self._connection.poll()
                moment = time.perf_counter()
                with self._news:
                    self._heard |= {notify.payload: moment for notify in self._connection.notifies}
                    self._connection.notifies.clear()
                    self._news.notify_all()


@contextmanager
def _effects(database_url: str) -> Iterator[Effects]:
    connection = psycopg2.connect(database_url.replace("+psycopg2", ""))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(NOTIFY_OF_EFFECT)
        cursor.execute("LISTEN effect")
    effects = Effects(connection)
    thread = threading.Thread(target=effects.listen)
    thread.start()
    try:
        yield effects
    finally:
        effects.stopping = True
        thread.join()
        connection.close()
