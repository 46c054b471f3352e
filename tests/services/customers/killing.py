"""Killing ``work`` in the middle of a job, as a power cut would."""

import random
import time

from chassis.testing.processes import ServiceProcess

ENDED = ("done", "failed", "cancelled")


def killed_at_work(customers, job_id, folder, kills):
    """Let processes work on a job, each of which is killed a little after it has come further."""
    for _ in range(kills):
        before = place(customers, job_id)
        with ServiceProcess("work", "services.customers", customers.settings, folder / "work.log"):
            wait_until(lambda before=before: has_moved(customers, job_id, before))
            time.sleep(random.uniform(0, 0.3))
        # The lease of the killed process would end by itself, half a minute later.
        customers.scalar(
            "UPDATE jobs SET lease_until = now() - interval '1 second' WHERE state = 'running' RETURNING 1"
        )


def place(customers, job_id):
    """How far the job is, in words that change with each chunk."""
    return customers.scalar(
        "SELECT state || done || coalesce(checkpoint::text, '') FROM jobs WHERE id = :id", id=job_id
    )


def has_moved(customers, job_id, before):
    """Whether the job has come further, or has ended."""
    now = place(customers, job_id)
    return now.startswith(ENDED) or now not in (before, before.replace("queued", "running"))


def wait_until(condition, seconds=60):
    """Wait for something that comes."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
