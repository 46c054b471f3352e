"""An import outlives the processes that run it, and ends as if nobody had disturbed it."""

import random
import time
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import selectinload, undefer

from chassis.audit import audit
from chassis.testing.processes import ServiceProcess
from services.customers.changesets import images
from services.customers.changesets.ledger import STATUSES, ImportRow
from services.customers.changesets.models import ChangeSet
from services.customers.duplicates.keys import CustomerKey
from services.customers.models import CUSTOMER_COLUMNS, Customer, Ownership
from services.customers.service import CustomersService
from services.customers.standing.models import Standing
from tests.services.customers.factories import REP, imported, job, result_rows, started

ROWS = 3_000
KILLS = 4
LONGEST_LIFE = 2.0
"""Seconds that a process lives once it is at work on the import, at most."""
SAID = ("number", "status", "codes", "message", "warned", "name_key", "known_by", "parent_key", "version")
FAULTS: tuple[dict[str, str], ...] = ({}, {"employees": "many"}, {"name": "Company 1"}, {"phone": "+49300000002"})
CHANGING = {"id", "created_at", "updated_at", "owned_at", "pooled_at", "parent_id", "owner_id", "team_id"}
"""Columns of customers that two runs of one file have in different words."""


@pytest.fixture
def world(tested, broker):
    """Makes services with a rep who has imported the same customers before, in databases of their own."""

    def make():
        customers = tested(CustomersService, amqp_url=broker.amqp_url())
        rep = customers.person("Rep", REP)
        imported(customers, rep, [{"name": f"Known {number}", "city": "Bonn"} for number in range(300)])
        return customers, rep

    return make


def lines():
    """New customers and known ones, twice in the file and broken, with contacts and parent companies in any order."""
    chance = random.Random(ROWS)
    for number in range(ROWS):
        name = f"Known {number // 13}" if number % 13 == 0 else f"Company {number}"
        row = {"name": name, "city": chance.choice(("Bonn", "Köln", "上海")), "phone": f"+4930{number:07}"}
        row |= {"email": f"{number}@example.com", "employees": str(number), "grade": chance.choice(("A", "B", ""))}
        if number % 3 == 0:
            row |= {"contact_name": f"Anna {number}", "contact_email": f"anna{number}@example.com"}
        if number % 7 == 0:
            row["parent_name"] = f"Company {chance.randrange(ROWS)}"
        yield row | chance.choices(FAULTS, (90, 3, 3, 3))[0]


def end_state(customers, rep, job_id):
    """What an import has left in the tables, row by row: without ids and moments, sealed values opened."""
    with customers.session() as session:
        every = list(session.scalars(select(Customer).options(undefer("*"), selectinload(Customer.contacts))))
        names = {one.id: one.name for one in every} | {None: None}
        found: dict[str, list[Any]] = {
            "customers": [
                {name: getattr(one, name) for name in (*CUSTOMER_COLUMNS, "marks") if name not in CHANGING}
                | {"parent": names[one.parent_id], "ours": one.owner_id == rep.id}
                for one in every
            ],
            "contacts": [
                (one.name, names[contact.customer_id], contact.email, contact.phone, contact.is_primary, contact.marks)
                for one in every
                for contact in one.contacts
            ],
            "owners": [(names[one.customer_id], one.how, one.from_id) for one in session.scalars(select(Ownership))],
            "standings": [
                (names[one.customer_id], one.field, one.before, one.after, one.reason)
                for one in session.scalars(select(Standing))
            ],
            "keys": [(one.kind, one.mark, names[one.customer_id]) for one in session.scalars(select(CustomerKey))],
            "rows": [
                {name: getattr(one, name) for name in SAID}
                | {"customer": names[one.customer_id], "parent": names[one.parent_id], "before": before(customers, one)}
                for one in session.scalars(select(ImportRow).where(ImportRow.job_id == job_id))
            ],
            "sets": [(one.state, one.created, one.updated) for one in session.scalars(select(ChangeSet))],
        }
    return {table: sorted(map(repr, rows)) for table, rows in found.items()} | told(customers, names)


def before(customers, row):
    """What an updated customer was, but for what runs have in different words."""
    image = images.opened(customers.runtime.context["vault"], row)
    return sorted(image["values"].keys()), len(image["contacts"])


def told(customers, names):
    """What others were told, and what the audit trail says of the work on the import."""
    with customers.session() as session:
        trail = session.execute(select(audit).where(audit.c.action.in_(("run_import", "import_customers"))))
        written = [(one.action, one.outcome, one.resource, len(one.changes), one.details.get("count")) for one in trail]
    events = [one for one in customers.events() if one["type"] in ("CustomerCreated", "CustomerChanged")]
    for event in events:
        payload = event["payload"]
        event["payload"] = {name: value for name, value in payload.items() if name not in CHANGING}
        event["payload"]["addressees"] = [(one["name"], one["email"]) for one in payload["addressees"]]
        event["payload"]["parent"] = names[payload["parent_id"] and UUID(payload["parent_id"])]
    said = [(one["type"], one["version"], one["payload"]) for one in events]
    return {"audit": sorted(map(repr, written)), "events": sorted(map(repr, said))}


def wait_until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def lease(customers, job_id):
    """Who is at work on the import."""
    return customers.scalar("SELECT lease_token FROM jobs WHERE id = :id AND state = 'running'", id=job_id)


def let_go(customers, job_id):
    """The lease of a killed process would end by itself, half a minute later."""
    customers.scalar(
        "UPDATE jobs SET lease_until = now() - interval '1 second' WHERE id = :id AND state = 'running' RETURNING 1",
        id=job_id,
    )


@pytest.mark.slow
def test_an_import_that_is_killed_again_and_again_ends_as_one_that_nobody_disturbs(world, tmp_path):
    file, order = list(lines()), {"on_match": "update"}
    customers, rep = world()
    undisturbed = imported(customers, rep, file, **order)
    expected, said = end_state(customers, rep, undisturbed["id"]), result_rows(customers, rep, undisturbed)
    assert all(undisturbed["result"][status] for status in STATUSES)
    assert all(expected.values())

    customers, rep = world()
    job_id = started(customers, rep, file, **order)
    for _ in range(KILLS):
        earlier = lease(customers, job_id)
        with ServiceProcess("work", "services.customers", customers.settings, tmp_path / "work.log"):
            wait_until(lambda earlier=earlier: lease(customers, job_id) != earlier)
            time.sleep(random.uniform(0, LONGEST_LIFE))
        let_go(customers, job_id)
    customers.run_jobs()
    finished = job(customers, rep, job_id)
    assert sum(finished["result"][status] for status in STATUSES) == ROWS
    assert result_rows(customers, rep, finished) == said
    for table, rows in end_state(customers, rep, job_id).items():
        assert rows == expected[table], table

    again = imported(customers, rep, file, **order)["result"]
    assert (again["created"], again["created"] + again["updated"] + again["skipped"] + again["failed"]) == (0, ROWS)
