"""Contact data is sealed in the database, and found by exact search all the same."""

import psycopg2
import pytest
from alembic import command
from sqlalchemy import create_engine, text

from chassis import migrating
from chassis.ids import new_id
from chassis.testing.plugin import Databases, settings_for
from chassis.testing.tested import TestedService
from services.customers.service import CustomersService
from tests.services.customers.factories import ADMIN, REP, created, enforcing, etag, names, seen, upload

CLEAR = {"phone": "+4940987654", "email": "hidden@example.com", "address": "7 Secret Lane"}


def stored(customers):
    """All rows as text, binary values as characters where they are any."""
    connection = psycopg2.connect(customers.settings.database_url.replace("+psycopg2", ""))
    with connection, connection.cursor() as cursor:
        found = ""
        for table in ("customers", "contacts", "outbox", "idempotency_keys", "jobs", "import_rows"):
            cursor.execute(f"SELECT * FROM {table}")
            found += "".join(
                value.tobytes().decode("latin-1") if isinstance(value, memoryview) else str(value)
                for row in cursor.fetchall()
                for value in row
            )
    connection.close()
    return found


@pytest.fixture
def rep(customers):
    return customers.person("Rep", REP)


def search(customers, who, **asked):
    return names(customers.call("find_customers", who, **asked))


def test_the_tables_hold_no_contact_data_in_clear(customers, rep):
    customer = created(customers, rep, **CLEAR)
    added = customers.call(
        "add_contact", rep, customer_id=customer["id"], name="One", email="one@example.com", phone=CLEAR["phone"]
    )
    assert added.body["phone"] == CLEAR["phone"]
    content = stored(customers)
    assert "Example Trading" in content
    assert not [value for value in (*CLEAR.values(), "one@example.com", "987654") if value in content]
    whole = seen(customers, rep, customer["id"])
    assert CLEAR.items() <= whole.items()
    assert (whole["contacts"][0]["email"], whole["contacts"][0]["phone"]) == ("one@example.com", CLEAR["phone"])
    listed = customers.call("find_customers", rep).body["items"][0]
    assert CLEAR.items() <= listed.items()


@pytest.mark.parametrize(
    "asked",
    [
        {"email": "Hidden@Example.com"},
        {"phone": "+49 40 987654"},
        {"phone": "0049 40 987 654"},
        {"phone_tail": "7654"},
        {"phone_tail": "40987654"},
        {"email": "hidden@example.com", "phone_tail": "987654", "q": "found"},
    ],
)
def test_customers_are_found_by_exact_contact_data(customers, rep, asked):
    created(customers, rep, name="Found", **CLEAR)
    created(customers, rep, name="Other", phone="+4940123456", email="other@example.com")
    assert search(customers, rep, **asked) == ["Found"]


def test_customers_are_found_by_the_data_of_their_contacts(customers, rep):
    customer = created(customers, rep, name="By contact")
    customers.call(
        "add_contact", rep, customer_id=customer["id"], name="One", email="one@example.com", phone="0049301234567"
    )
    assert (
        search(customers, rep, email="one@example.com") == search(customers, rep, phone_tail="4567") == ["By contact"]
    )
    assert search(customers, rep, email="one@example.com", phone_tail="0000") == []


def test_what_is_asked_for_must_be_the_whole(customers, rep):
    created(customers, rep, **CLEAR)
    assert search(customers, rep, phone_tail="8765") == search(customers, rep, email="hidden@example.co") == []
    for wrong in ({"phone_tail": "765"}, {"phone_tail": "123456789"}, {"phone": "none"}, {"email": "hidden"}):
        assert customers.call("find_customers", rep, **wrong).status == 422


def test_search_follows_a_change_and_reach(customers, rep):
    customer = created(customers, rep, **CLEAR)
    stranger = customers.person("Stranger", REP)
    assert search(customers, stranger, email=CLEAR["email"]) == []
    change = {"email": "new@example.com", "phone": None}
    changed = customers.call("change_customer", rep, customer_id=customer["id"], if_match=etag(customer), **change)
    assert changed.status == 200
    assert search(customers, rep, email=CLEAR["email"]) == search(customers, rep, phone_tail="7654") == []
    assert search(customers, rep, email="new@example.com") == ["Example Trading"]


def test_search_pages_in_order(customers, rep):
    enforcing(customers)
    for number in range(5):
        created(customers, rep, name=f"Same {number}", email="same@example.com")
    asked = {"email": "same@example.com", "sort": "name", "limit": 2}
    pages, cursor = [], None
    for _ in range(3):
        answer = customers.call("find_customers", rep, **asked, **({"cursor": cursor} if cursor else {}))
        pages.append(names(answer))
        cursor = answer.body["next_cursor"]
    assert cursor is None
    assert pages == [["Same 0", "Same 1"], ["Same 2", "Same 3"], ["Same 4"]]


def test_imported_contact_data_is_sealed_and_found(customers, rep):
    row = {"name": "Imported", **CLEAR, "contact_email": "imported@example.com"}
    file = upload(customers, rep, [row])
    for order in ({}, {"on_match": "update"}):
        assert customers.call("import_customers", rep, file=file, **order).status == 202
        customers.run_jobs()
    assert not [value for value in (*CLEAR.values(), "imported@example.com") if value in stored(customers)]
    assert (
        search(customers, rep, phone_tail="7654")
        == search(customers, rep, email="imported@example.com")
        == ["Imported"]
    )
    assert customers.call("find_customers", rep).body["items"][0]["address"] == CLEAR["address"]


def test_a_value_that_was_moved_to_another_row_does_not_open(customers, rep):
    one, other = created(customers, rep, **CLEAR), created(customers, rep, phone="+4930111111")
    with customers.session() as session:
        session.execute(
            text("UPDATE customers SET phone = (SELECT phone FROM customers WHERE id = :other) WHERE id = :one"),
            {"one": one["id"], "other": other["id"]},
        )
    assert customers.call("get_customer", rep, customer_id=one["id"]).status == 500


def test_the_migration_seals_what_is_there(databases: Databases, tmp_path):
    url = databases.empty()
    settings = settings_for(CustomersService, tmp_path, database_url=url)
    command.upgrade(migrating.configuration(CustomersService, url), "customers_0001")
    ids = [new_id() for _ in range(3)]
    engine = create_engine(url)
    with engine.begin() as connection:
        for number, customer_id in enumerate(ids):
            connection.execute(
                text(
                    "INSERT INTO customers (id, version, created_at, updated_at, kind, name, name_key, name_grams, "
                    "tags, in_pool, phone, email, address) "
                    "VALUES (:id, 1, now(), now(), 'person', 'Old', 'old', '', '{}', true, :phone, :email, null)"
                ),
                {"id": customer_id, "phone": None if number else CLEAR["phone"], "email": f"old{number}@example.com"},
            )
    engine.dispose()
    with pytest.raises(RuntimeError):
        migrating.upgrade(CustomersService, url)
    migrating.migrate(CustomersService, settings)
    customers = TestedService(CustomersService, settings)
    try:
        admin = customers.person("Admin", ADMIN)
        first = seen(customers, admin, ids[0])
        assert (first["phone"], first["email"], first["address"]) == (CLEAR["phone"], "old0@example.com", None)
        assert len(search(customers, admin, email="old2@example.com")) == 1
        assert "example.com" not in stored(customers)
    finally:
        customers.close()
        databases.drop(url)


def test_nobody_searches_by_what_he_cannot_read(customers):
    masked = {"customers": {"email": "masked", "phone": {"own": "full", "others": "hidden"}}}
    rep = customers.person("Masked", REP, field_rules=masked)
    created(customers, customers.person("Admin", ADMIN), **CLEAR)
    refused = [
        customers.call("find_customers", rep, **asked) for asked in ({"email": "a@example.com"}, {"phone_tail": "7654"})
    ]
    unknown = customers.call("find_customers", rep, fax="1")
    assert [one.status for one in (*refused, unknown)] == [422, 422, 422]
    assert [one.body["errors"][0]["detail"] for one in (*refused, unknown)] == ["Unknown field."] * 3
