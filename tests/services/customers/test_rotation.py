"""Everything is sealed anew with a new key while people go on reading and writing."""

import threading

import pytest

from chassis.encryption import resealing
from chassis.encryption.columns import vault_of
from chassis.encryption.errors import UnknownKey
from chassis.jobs import enqueue
from chassis.testing import keys
from chassis.testing.plugin import settings_for
from chassis.testing.tested import TestedService
from services.customers.imports.drafting import NewCustomer
from services.customers.imports.entering import enter
from services.customers.imports.reading import Reading
from services.customers.queries import get_customer
from services.customers.service import CustomersService
from tests.services.customers.factories import ADMIN, created

CUSTOMERS = 1_500
BOTH = keys.ENCRYPTION_KEYS.with_new("2")
NEW = BOTH.without("1")


@pytest.fixture
def opened(tested, tmp_path):
    """Opens further processes on the same database, each with the keys that it was given."""
    first = tested(CustomersService, encryption_keys=keys.ENCRYPTION_KEYS)
    more = []

    def process(ring):
        url = first.settings.database_url
        settings = settings_for(CustomersService, tmp_path, database_url=url, encryption_keys=ring)
        more.append(TestedService(CustomersService, settings))
        return more[-1]

    yield first, process
    for one in more:
        one.close()


def fill(customers, admin):
    """Customers with contacts, and one of everything else that is sealed."""
    with customers.session(admin) as session:
        made = [NewCustomer(vault_of(session), Reading(number, described(number))) for number in range(CUSTOMERS)]
        for one in made:
            one.give_to(admin.id, None)
        enter(session, admin.caller, made)
        enqueue(session, admin.caller, "unknown", {"secret": "x"})
    for number in range(20):
        customer = created(customers, admin, name="With contact", phone=f"+493011111{number:02}")
        contact = {"name": "One", "email": f"one{number}@example.com"}
        customers.call("add_contact", admin, customer_id=customer["id"], idempotency_key=f"k{number}", **contact)
    return [str(one.customer.id) for one in made]


def described(number):
    contact_data = {"phone": f"+4940{number:07}", "email": f"c{number}@example.com", "address": "Lane"}
    return {"kind": "person", "name": f"Customer {number}"} | contact_data


def left(customers):
    with customers.session() as session:
        return sum(resealing.remaining(session).values())


def test_a_rotation_under_load_fails_nobody_and_leaves_nothing_behind(opened):
    old, process = opened
    admin = old.person("Admin", ADMIN)
    ids = fill(old, admin)
    assert left(old) == 0
    processes = [process(BOTH), process(BOTH)]
    for one in processes:
        one.directory.refresh()
    before = left(processes[0])
    assert before >= CUSTOMERS + 40

    wrong, calls, stop = [], [], threading.Event()

    def work_on(part):
        number = part
        while not stop.is_set():
            customers, customer_id = processes[number % 2], ids[number * 7 % len(ids)]
            number += 2
            seen = customers.call("get_customer", admin, customer_id=customer_id)
            listed = customers.call("find_customers", admin, email=seen.body["email"])
            changed = customers.call(
                "change_customer",
                admin,
                customer_id=customer_id,
                if_match=seen.etag,
                idempotency_key=f"{part}-{number}",
                address=f"{number} Lane",
            )
            calls.append(number)
            good = seen.status == 200 and [one["id"] for one in listed.body["items"]] == [customer_id]
            if not good or changed.status not in (200, 412):
                wrong.append((seen, listed, changed))

    threads = [threading.Thread(target=work_on, args=(part,)) for part in range(2)]
    for thread in threads:
        thread.start()
    try:
        with processes[0].session() as session:
            job_id = resealing.start(session)
        while processes[0].scalar("SELECT state FROM jobs WHERE id = :id", id=job_id) in ("queued", "running"):
            processes[0].run_jobs()
    finally:
        stop.set()
        for thread in threads:
            thread.join()

    assert not wrong, wrong[0]
    assert len(calls) > 10
    assert processes[0].scalar("SELECT done FROM jobs WHERE id = :id", id=job_id) >= before * 0.9
    assert left(processes[0]) == 0
    alone = process(NEW)
    alone.directory.refresh()
    for customer_id in ids[::50]:
        assert alone.call("get_customer", admin, customer_id=customer_id).body["email"].endswith("@example.com")
    assert alone.call("find_customers", admin, email="one3@example.com").body["items"][0]["phone"] == "+49301111103"
    again = {"name": "One", "email": "one3@example.com"}
    customer = alone.call("find_customers", admin, email="one3@example.com").body["items"][0]["id"]
    assert alone.call("add_contact", admin, customer_id=customer, idempotency_key="k3", **again).replayed


def test_without_the_new_key_nothing_opens_that_it_has_sealed(opened):
    old, process = opened
    both = process(BOTH)
    admin = both.person("Admin", ADMIN)
    both.directory.refresh()
    customer = created(both, admin, phone="+4930111111")
    with old.session() as session, pytest.raises(UnknownKey):
        get_customer(session, admin.caller, customer["id"])
