"""What a page costs does not depend on how many customers there are: it reads the rows of the page, not the table."""

import pytest
from sqlalchemy import text

from chassis.copying import copy_entities
from chassis.ids import new_id
from chassis.sharing.table import Terms, put
from contracts.customers import CustomerShared
from services.customers.listing import FIRST_LOOK
from services.customers.models import Customer, new_customer
from tests.services.customers.factories import ADMIN
from tests.services.customers.plans import noted, plan_of, steps_of

CUSTOMERS = 6_000
LIMIT = 50
MOST = 2 * (LIMIT + 1)
"""A customer may be found on two ways: as the caller's own and as his team's."""
REACHES = {
    "own": {"customers:read": "own"},
    "own and pool": {"customers:read": "own", "customers:claim": "own"},
    "team and pool": {"customers:read": "team", "customers:claim": "own"},
    "tree and pool": {"customers:read": "team_tree", "customers:claim": "own"},
    "shared": {"customers:read": "shared"},
    "own and shared": {"customers:read": "own"},
    "tree, pool and shared": {"customers:read": "team_tree", "customers:claim": "own"},
    "all": ADMIN,
}
SHARED = 80
"""Customers that are shared with each of those who are named after it."""


@pytest.fixture
def people(customers):
    top = customers.team("Top")
    below = [customers.team(f"Below {number}", parent=top) for number in range(3)]
    people = {name: customers.person(name, rights, teams=[top]) for name, rights in REACHES.items()}
    holders = [(person.id, top) for person in people.values()]
    holders += [(customers.person("Other", {}).id, team) for team in below] + [(None, None)]
    rows = [
        new_customer(*holders[number % len(holders)], {"kind": "organisation", "name": f"Company {number:05}"})
        for number in range(CUSTOMERS)
    ]
    with customers.session() as session:
        copy_entities(session, Customer, rows)
        for name, person in people.items():
            if "shared" in name:
                share(session, person, [row["id"] for row in rows[: 60 * SHARED : 60]])
    with customers.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE customers, shares"))
    return people


def share(session, person, customers):
    for customer_id in customers:
        terms = Terms(grantee_kind="user", grantee_id=person.id)
        put(session, CustomerShared, "customers", customer_id, terms, by=new_id())


@pytest.mark.parametrize("sort", ["name", "-name", "-created_at", "updated_at"])
def test_a_list_reads_little_more_than_its_page(customers, people, sort):
    for name, person in people.items():
        assert most_rows(customers, person, sort=sort) <= MOST, name


def test_a_later_page_costs_no_more_than_the_first(customers, people):
    for name, person in people.items():
        cursor = customers.call("find_customers", person, sort="name", limit=200).body["next_cursor"]
        assert most_rows(customers, person, sort="name", cursor=cursor) <= MOST, name


def test_a_search_looks_at_so_many_rows_and_then_asks_the_index(customers, people):
    for name, person in people.items():
        assert most_rows(customers, person, q="compan") <= 2 * FIRST_LOOK, name
        assert most_rows(customers, person, q="ny 04999") <= 2 * FIRST_LOOK, name
        assert most_rows(customers, person, q="nothing like it") <= 2 * FIRST_LOOK, name


def most_rows(customers, person, **search):
    """The most rows that any step of the plans of a request has read or passed on."""
    with noted(customers) as statements:
        answer = customers.call("find_customers", person, limit=LIMIT, **search)
    assert answer.status == 200, answer.body
    return max(rows for statement in statements for rows in rows_of(plan_of(customers, statement)))


def rows_of(plan):
    """Of each step of a plan, the rows that it has answered and those that it has thrown away."""
    return (step["Actual Rows"] + step.get("Rows Removed by Filter", 0) for step in steps_of(plan))
