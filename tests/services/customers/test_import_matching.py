"""What makes a row and a customer the same."""

import pytest

from services.customers.imports import run as importing
from tests.services.customers.factories import REP, created, imported, result_rows, seen


@pytest.fixture
def rep(customers):
    return customers.person("Rep", REP, teams=[customers.team("East")])


def outcomes(customers, rep, finished):
    return [(row["status"], row["code"]) for row in result_rows(customers, rep, finished)]


def test_a_row_finds_its_customer_by_number_then_by_mail_then_by_id(customers, rep):
    by_phone = created(customers, rep, name="One", phone="+49 40 123456")
    by_mail = created(customers, rep, name="Two", email="two@example.com")
    by_id = created(customers, rep, name="Three")
    rows = [
        {"id": "", "name": "Eins", "phone": "040 123456", "email": "", "country": "Germany"},
        {"id": "", "name": "Zwei", "phone": "", "email": "TWO@example.com", "country": ""},
        {"id": by_id["id"], "name": "Drei", "phone": "", "email": "", "country": "Germany"},
        {"id": "", "name": "Vier", "phone": "+49 40 4", "email": "four@example.com", "country": ""},
        {"id": rep.id, "name": "Nobody", "phone": "", "email": "", "country": ""},
    ]
    order = {"match_on": ["phone", "email", "id"], "on_match": "update"}
    rehearsed = imported(customers, rep, rows, dry_run=True, **order)
    finished = imported(customers, rep, rows, **order)
    expected = [("updated", ""), ("updated", ""), ("updated", ""), ("created", ""), ("failed", "no-such-id")]
    assert outcomes(customers, rep, finished) == outcomes(customers, rep, rehearsed) == expected
    assert [seen(customers, rep, one["id"])["name"] for one in (by_phone, by_mail, by_id)] == ["Eins", "Zwei", "Drei"]


def test_a_number_twice_in_the_file_makes_one_customer(customers, rep, monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 2)
    rows = [{"name": f"Name {n}", "phone": phone} for n, phone in enumerate(["+4940111111", "+49 40 111111"] * 2)]
    order = {"match_on": ["phone"], "into_pool": True}
    blind = customers.person("Blind", {"customers:read": "own", "customers:import": "own"})
    for dry_run in (True, False):
        finished = imported(customers, blind, rows, dry_run=dry_run, **order)
        assert outcomes(customers, blind, finished) == [("created", ""), *[("skipped", "duplicate-in-file")] * 3]
    assert customers.scalar("SELECT count(*) FROM customers") == 1


def test_rows_can_be_for_customers_that_are_there_only(customers, rep):
    there = created(customers, rep, name="There")
    rows = [{"name": "There", "city": "Bonn"}, {"name": "New", "city": "Bonn"}]
    finished = imported(customers, rep, rows, on_match="update", on_new="skip")
    assert outcomes(customers, rep, finished) == [("updated", ""), ("skipped", "unknown")]
    assert seen(customers, rep, there["id"])["city"] == "Bonn"
    by_id = [{"id": there["id"], "city": "Köln"}]
    finished = imported(customers, rep, by_id, on_match="update", on_new="skip", match_on=["id"])
    assert outcomes(customers, rep, finished) == [("updated", "")]


def test_the_same_file_again_creates_nothing_whatever_it_is_matched_by(customers, rep):
    rows = [{"name": f"Name {n}", "phone": f"+49401111{n:02}", "email": f"{n}@example.com"} for n in range(5)]
    for keys in (["name"], ["phone"], ["email"], ["id", "email", "phone", "name"]):
        imported(customers, rep, rows, match_on=keys)
        assert customers.scalar("SELECT count(*) FROM customers") == 5


def test_a_number_that_another_customer_has_fails_the_row_also_in_a_rehearsal(customers, rep, monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 2)
    stranger = customers.person("Stranger", REP)
    created(customers, stranger, name="Hidden", phone="+49 40 123456")
    mine = created(customers, rep, name="Mine", email="mine@example.com")
    rows = [
        {"name": "New", "phone": "+49 40 123456", "email": "new@example.com"},
        {"name": "First", "phone": "+49 40 777777", "email": "first@example.com"},
        {"name": "Second", "phone": "", "email": "first@example.com"},
        {"name": "Mine", "phone": "+49 40 777777", "email": "mine@example.com"},
        {"name": "Free", "phone": "", "email": "new@example.com"},
    ]
    for dry_run in (True, False):
        finished = imported(customers, rep, rows, on_match="update", dry_run=dry_run)
        failed = ("failed", "customer-exists")
        expected = [failed, ("created", ""), failed, failed, ("created", "")]
        assert outcomes(customers, rep, finished) == expected, dry_run
    assert seen(customers, rep, mine["id"])["phone"] is None
    assert customers.scalar("SELECT count(*) FROM customer_keys") == 5
