"""What roles say about the fields of tickets holds in tickets, lists and the records of a customer."""

import pytest

from services.tickets.service import TicketsService
from tests.services.customer_events import known_customer
from tests.services.tickets.factories import ADMIN, AGENT, done, taken_in

RULES = {
    "tickets": {
        "description": {"own": "full", "others": "hidden"},
        "channel": "hidden",
        "priority": "read_only",
    }
}


@pytest.fixture
def tickets(tested):
    return tested(TicketsService)


@pytest.fixture
def agent(tickets):
    rights = AGENT | {"tickets:change": "team"}
    return tickets.person("Agent", rights, teams=[tickets.team("Service")], field_rules=RULES)


@pytest.fixture
def others(tickets, agent):
    lead = tickets.person("Lead", ADMIN, teams=list(agent.caller.teams))
    return taken_in(tickets, lead, assignee_id=lead.id, description="Hums.", channel="phone")


def test_what_is_hidden_is_not_there(tickets, agent, others):
    assert others["description"] == "Hums."
    seen = tickets.call("get_ticket", agent, ticket_id=others["id"]).body
    (listed,) = tickets.call("find_tickets", agent).body["items"]
    (record,) = tickets.call("customer_tickets", agent, customer_id=others["customer_id"]).body["items"]
    assert all("description" not in one and "channel" not in one for one in (seen, listed, record))


def test_what_may_not_be_written_is_not_written(tickets, agent, others):
    def change(**fields):
        answer = tickets.call("change_ticket", agent, ticket_id=others["id"], if_match='"1"', **fields)
        return answer.status, answer.body["errors"][0]["pointer"]

    assert change(description="x") == (422, "/description")
    assert change(channel="x") == (422, "/channel")
    assert change(priority="high") == (403, "/priority")
    assert tickets.call("create_ticket", agent, customer_id=known_customer(tickets), priority="high").status in (
        403,
        422,
    )


def test_who_lacks_a_field_takes_tickets_in_without_it(tickets, agent):
    mine = taken_in(tickets, agent, description="Hums.", assignee_id=agent.id)
    assert mine["description"] == "Hums."
    assert "channel" not in mine
    assert done(tickets, "open_ticket", agent, mine)["state"] == "open"
