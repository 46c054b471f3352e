"""An import outlives the processes that run it."""

import random
import time

import pytest

from chassis.testing.processes import ServiceProcess
from services.customers.service import CustomersService
from tests.services.customers.factories import REP, job, result_rows, started

ROWS = 2_500
KILLS = 3


@pytest.fixture
def customers(tested, broker):
    return tested(CustomersService, amqp_url=broker.amqp_url())


def place(customers, job_id):
    """How far the import is, in words that change with each chunk."""
    return customers.scalar(
        "SELECT state || done || coalesce(checkpoint::text, '') FROM jobs WHERE id = :id", id=job_id
    )


def wait_until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@pytest.mark.slow
def test_a_killed_import_goes_on_where_it_was_and_enters_nobody_twice(customers, tmp_path):
    rep = customers.person("Rep", REP)
    lines = [{"name": f"Company {number}", "parent_name": f"Company {number // 10}"} for number in range(1, ROWS + 1)]
    job_id = started(customers, rep, lines)
    for _ in range(KILLS):
        before = place(customers, job_id)
        with ServiceProcess("work", "services.customers", customers.settings, tmp_path / "work.log"):
            wait_until(
                lambda before=before: place(customers, job_id) not in (before, before.replace("queued", "running"))
            )
            time.sleep(random.uniform(0, 0.3))
        # The lease of the killed process would end by itself, half a minute later.
        customers.scalar(
            "UPDATE jobs SET lease_until = now() - interval '1 second' WHERE state = 'running' RETURNING 1"
        )
    customers.run_jobs()
    finished = job(customers, rep, job_id)
    assert (finished["state"], finished["result"]["created"]) == ("done", ROWS), finished
    assert finished["result"]["warnings"] == 9
    assert customers.scalar("SELECT count(*) FROM customers") == ROWS
    assert customers.scalar("SELECT count(DISTINCT name) FROM customers") == ROWS
    assert customers.scalar("SELECT count(*) FROM customers WHERE parent_id IS NOT NULL") == ROWS - 9
    assert customers.scalar("SELECT count(*) FROM outbox WHERE type = 'CustomerCreated'") == ROWS
    assert customers.scalar("SELECT count(*) FROM outbox WHERE type = 'CustomerChanged'") == ROWS - 9
    assert customers.scalar("SELECT count(*) FROM ownerships") == ROWS
    assert customers.scalar("SELECT count(*) FROM import_rows") == ROWS
    assert len(result_rows(customers, rep, finished)) == ROWS
