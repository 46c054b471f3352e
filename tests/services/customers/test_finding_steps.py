"""Finding customers that may be one goes in steps: it can be stopped between any two, and does nothing twice."""

import pytest

from chassis.jobs import JobPostponed
from services.customers.duplicates import blocks, finding
from services.customers.duplicates.known import Known
from services.customers.service import CustomersService
from tests.services.customers.factories import ADMIN, created, enforcing

NAMES = ("Example Trading", "Different Foods", "Another Motors", "Quiet Harbour Tools", "Upper Valley Glass")


@pytest.fixture
def customers(tested, monkeypatch):
    monkeypatch.setattr(finding, "AT_ONCE", 3)
    monkeypatch.setattr(finding, "PART", 2)
    service = tested(CustomersService)
    enforcing(service)
    return service


@pytest.fixture
def admin(customers):
    admin = customers.stepped_up(customers.person("Admin", ADMIN))
    for number, name in enumerate(NAMES):
        for form in ("Ltd", "Inc"):
            created(customers, admin, name=f"{name} {form}", email=f"info@{number}.example.com")
    return admin


def scanned(customers, admin):
    job_id = customers.call("start_finding", admin).body["job_id"]
    customers.run_jobs()
    return customers.call("get_job", admin, job_id=job_id).body


def found(customers):
    order = "string_agg(one_id::text || other_id, ',' ORDER BY one_id, other_id)"
    return customers.scalar(f"SELECT {order} FROM duplicate_pairs")


def stopping_at(monkeypatch, module, name, stops):
    """Let the process be told to stop at each of these calls of the function; answers how often it was called."""
    function, calls = getattr(module, name), []

    def stop(*arguments):
        calls.append(arguments)
        if len(calls) in stops:
            raise JobPostponed
        return function(*arguments)

    monkeypatch.setattr(module, name, stop)
    return calls


def test_every_pair_is_found_and_counted_once_though_it_shares_blocks_in_several_parts(customers, admin):
    finished = scanned(customers, admin)
    assert (finished["done"], finished["total"]) == (10, 10)
    assert finished["result"] == {"compared": 10, "found": len(NAMES)}
    assert customers.scalar("SELECT count(*) FROM duplicate_pairs") == len(NAMES)


@pytest.mark.parametrize("step", ["put", "groups_in"])
def test_a_stopped_scan_goes_on_where_it_was(customers, admin, monkeypatch, step):
    undisturbed = stopping_at(monkeypatch, blocks, step, ())
    finished, pairs = scanned(customers, admin), found(customers)
    with customers.database.transaction() as session:
        session.connection().exec_driver_sql("DELETE FROM duplicate_pairs; DELETE FROM duplicate_blocks")
    expected = len(undisturbed) + 2
    calls = stopping_at(monkeypatch, blocks, step, (2, 4))
    assert scanned(customers, admin)["result"] == finished["result"]
    assert (len(calls), found(customers)) == (expected, pairs)


def test_a_cancelled_scan_stops_before_the_next_piece(customers, admin, monkeypatch):
    put = blocks.put

    def cancel(session, *arguments):
        put(session, *arguments)
        session.connection().exec_driver_sql("UPDATE jobs SET cancel_requested = true")

    monkeypatch.setattr(blocks, "put", cancel)
    finished = scanned(customers, admin)
    assert (finished["state"], finished["done"]) == ("cancelled", 1)
    assert found(customers) is None


def test_a_second_scan_writes_no_block_that_is_there_and_removes_those_that_are_over(customers, admin):
    scanned(customers, admin)
    written = "SELECT md5(string_agg(xmin::text || block, ',' ORDER BY block, customer_id)) FROM duplicate_blocks"
    before = customers.scalar(written)
    scanned(customers, admin)
    assert customers.scalar(written) == before
    with customers.database.transaction() as session:
        stale = "INSERT INTO duplicate_blocks SELECT 1, id FROM customers"
        session.connection().exec_driver_sql(stale)
    scanned(customers, admin)
    assert customers.scalar(written) == before


def test_a_block_that_many_share_is_passed_over(customers, admin, monkeypatch):
    monkeypatch.setattr(blocks, "LARGEST_BLOCK", 3)
    ids = [created(customers, admin, name=f"{letter * 5} Ltd", city="Springfield")["id"] for letter in "abcd"]
    with customers.database.transaction() as session:
        for block, members in ((7, ids), (8, ids[:3]), (9, ids[:1])):
            for one in members:
                row = f"INSERT INTO duplicate_blocks VALUES ({block}, '{one}')"
                session.connection().exec_driver_sql(row)
    every = [sorted(bytes.fromhex(one.replace("-", "")) for one in ids[:3])]
    with customers.database.reading() as session:
        parts = [blocks.groups_in(session, part, 4) for part in range(4)]
        assert [group for part in parts for group in part] == every
        assert blocks.groups_of(session, every[0][:1]) == every


def test_customers_are_opened_once(customers, admin, monkeypatch):
    reading = []
    read = Known.read

    def counted(known, session, ids):
        reading.append([one for one in ids if one not in known._kept])
        read(known, session, ids)

    monkeypatch.setattr(Known, "read", counted)
    scanned(customers, admin)
    assert not any(reading)
