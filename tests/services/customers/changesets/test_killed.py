"""Bulk changes and undoing outlive the processes that run them."""

from typing import Any

import orjson
import pytest

from services.customers.service import CustomersService
from tests.services.customers.factories import ADMIN, imported, job
from tests.services.customers.killing import killed_at_work

ROWS = 1_000
KILLS = 2
VOLATILE = ("version", "updated_at", "phone", "email", "address", "custom_private", "mark")
"""What tells when it was last touched, and what is sealed anew."""
TABLES = ("customers", "contacts", "ownerships", "standings", "customer_keys", "custom_keys", "external_ids")


@pytest.fixture
def customers(tested, broker):
    return tested(CustomersService, amqp_url=broker.amqp_url())


@pytest.fixture
def admin(customers):
    admin = customers.stepped_up(customers.person("Admin", ADMIN))
    fields: dict[str, dict[str, Any]] = {"contract": {"kind": "text", "is_unique": True}, "colour": {"kind": "text"}}
    for key, said in fields.items():
        assert customers.call("add_custom_field", admin, key=key, label=key, **said).status == 201
    return admin


def content(customers):
    """Every table that changes would touch."""
    found = {}
    for table in TABLES:
        text = customers.scalar(f"SELECT coalesce(json_agg(t), '[]')::text FROM {table} t")
        rows = [{name: row[name] for name in row if name not in VOLATILE} for row in orjson.loads(text)]
        found[table] = sorted(rows, key=str)
    return found


def entered(customers, admin):
    rows = [
        {"name": f"Old {n}", "city": "Bonn", "tags": "old", "contract": f"C-{n}", "phone": f"+49401{n:06}"}
        for n in range(ROWS // 2)
    ]
    assert imported(customers, admin, rows)["result"]["created"] == ROWS // 2
    return rows


def seen_through(customers, admin, job_id, folder):
    killed_at_work(customers, job_id, folder, KILLS)
    customers.run_jobs()
    finished = job(customers, admin, job_id)
    assert finished["state"] == "done", finished
    return finished


def undone_by_killed_processes(customers, admin, change_set_id, folder):
    answer = customers.call("undo_change_set", admin, change_set_id=change_set_id)
    assert answer.status == 202, answer.body
    return seen_through(customers, admin, answer.body["job_id"], folder)["result"]


@pytest.mark.slow
def test_an_undo_of_an_import_that_is_killed_takes_back_all_of_it(customers, admin, tmp_path):
    old = entered(customers, admin)
    before = content(customers)
    rows = [
        row | {"city": "Köln", "contract": f"D-{n}", "colour": "red", "external_id": str(n), "parent_name": "Old 0"}
        for n, row in enumerate(old)
    ]
    rows += [{"name": f"New {n}", "external_id": f"N{n}", "contract": f"N-{n}"} for n in range(ROWS // 2)]
    finished = imported(customers, admin, rows, on_match="update", source_system="shop")
    assert (finished["result"]["created"], finished["result"]["updated"]) == (ROWS // 2, ROWS // 2)
    result = undone_by_killed_processes(customers, admin, finished["id"], tmp_path)
    assert (result["removed"], result["restored"], result["kept"]) == (ROWS // 2, ROWS // 2, 0)
    assert content(customers) == before
    assert customers.scalar("SELECT count(*) FROM outbox WHERE type = 'CustomerRemoved'") == ROWS // 2
    assert customers.scalar("SELECT count(*) FROM import_rows WHERE job_id = :id", id=finished["id"]) == 0


@pytest.mark.slow
def test_a_bulk_change_that_is_killed_changes_each_customer_once_and_its_undo_all_of_them(customers, admin, tmp_path):
    entered(customers, admin)
    before = content(customers)
    filter = {"field": "city", "op": "eq", "value": "Bonn"}
    change = {"set": {"city": "Mainz", "custom": {"colour": "blue"}}, "add_tags": ["new"], "to_pool": True}
    started = customers.call("bulk_change", admin, filter=filter, **change)
    assert started.status == 202, started.body
    finished = seen_through(customers, admin, started.body["job_id"], tmp_path)
    assert (finished["result"]["updated"], finished["result"]["failed"]) == (ROWS // 2, 0)
    changed = "SELECT count(*) FROM customers WHERE city = 'Mainz' AND in_pool AND tags = '{old,new}'"
    assert customers.scalar(changed) == ROWS // 2
    assert customers.scalar("SELECT count(*) FROM ownerships WHERE how = 'release'") == ROWS // 2
    assert customers.scalar("SELECT count(*) FROM outbox WHERE type = 'CustomerReleased'") == ROWS // 2
    result = undone_by_killed_processes(customers, admin, finished["id"], tmp_path)
    assert (result["restored"], result["kept"]) == (ROWS // 2, 0)
    after = content(customers)
    lines = [one for one in after.pop("ownerships") if one["how"] == "import"]
    assert after == {name: before[name] for name in after}
    assert lines == before["ownerships"]  # the history is only ever added to
