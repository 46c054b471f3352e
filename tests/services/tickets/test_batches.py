"""Taking many tickets in at once."""

from collections import Counter
from typing import Any
from uuid import UUID

import pytest

from chassis.ids import new_id
from chassis.testing.plugin import Tested
from chassis.testing.tested import Person, TestedService, together
from services.tickets.service import TicketsService
from tests.services.customer_events import known_customer
from tests.services.tickets.factories import ADMIN, AGENT, LEAD, request, taken_in


@pytest.fixture
def service(tested: Tested) -> TestedService:
    return tested(TicketsService)


@pytest.fixture
def admin(service: TestedService) -> Person:
    return service.person("Admin", ADMIN)


def item(customer_id: UUID, **said: Any) -> dict[str, Any]:
    return {"id": str(new_id()), **request(customer_id, **said)}


def results(answer: Any) -> list[str]:
    assert answer.status == 200, answer.body
    return [one["result"] for one in answer.json()["items"]]


def test_five_hundred_tickets_are_taken_in_numbered_and_spread_in_one_go(service: TestedService, admin: Person):
    desk = service.team("Desk")
    agents = [service.person(f"Agent {number}", AGENT, teams=[desk]) for number in range(4)]
    customer_id = known_customer(service)

    answer = service.call("create_tickets", admin, items=[item(customer_id, team_id=desk) for _ in range(500)])

    assert (answer.json()["created"], answer.json()["refused"]) == (500, 0)
    assert len(service.events()) == 500
    assert service.scalar("SELECT max(number) FROM tickets").endswith("-000500")
    loads = [service.scalar("SELECT count(*) FROM tickets WHERE assignee_id = :id", id=one.id) for one in agents]
    assert loads == [125] * 4


def test_tickets_of_another_system_come_with_their_age_and_state(service: TestedService, admin: Person):
    customer_id = known_customer(service)
    old = {"created_at": "2024-05-01T09:00:00Z"}
    items = [
        item(customer_id, state="closed", resolution="Replaced.", **old),
        item(customer_id, state="waiting", **old),
        item(customer_id, state="cancelled", **old),
    ]

    assert results(service.call("create_tickets", admin, items=items)) == ["created"] * 3

    closed, waiting, cancelled = (service.call("get_ticket", admin, ticket_id=one["id"]).json() for one in items)
    assert [one["state"] for one in (closed, waiting, cancelled)] == ["closed", "waiting", "cancelled"]
    assert (closed["number"], closed["created_at"]) == ("SR-2024-000001", "2024-05-01T09:00:00Z")
    assert closed["resolution"] == "Replaced."
    of_closed = [event for event in service.events() if event["aggregate_id"] == closed["id"]]
    assert [(event["type"], event["payload"]["state"], event["version"]) for event in of_closed] == [
        ("TicketOpened", "new", 1),
        ("TicketMoved", "closed", closed["version"]),
    ]
    history = service.call("ticket_history", admin, ticket_id=closed["id"]).json()["items"]
    assert [one["after"] for one in history] == ["new", "open", "solved", "closed"]


def test_an_item_that_is_refused_does_not_hinder_the_others(service: TestedService, admin: Person):
    lead = service.person("Lead", {**LEAD, "customers:read": "own"})
    creator = service.person("Creator", {"customers:read": "all", "tickets:create": "all"})
    customer_id = known_customer(service, lead)
    taken = taken_in(service, admin)["id"]
    items = [
        item(customer_id),
        item(known_customer(service)),
        item(customer_id) | {"id": taken},
        item(customer_id, team_id=str(new_id())),
        item(customer_id, state="solved"),
        item(customer_id),
    ]

    answer = service.call("create_tickets", lead, items=items)

    assert results(answer) == ["created", "refused", "refused", "refused", "refused", "created"]
    assert [one["problem"] and one["problem"]["type"] for one in answer.json()["items"][1:5]] == [
        "customer-not-known-here",
        "ticket-id-taken",
        "unknown-team",
        "invalid",
    ]
    beyond_new = service.call("create_tickets", creator, items=[item(customer_id, state="open")])
    assert beyond_new.json()["items"][0]["problem"]["type"] == "forbidden"


def test_a_batch_that_is_sent_again_takes_in_nothing_twice(service: TestedService, admin: Person):
    customer_id = known_customer(service)
    items = [item(customer_id) for _ in range(3)]

    service.call("create_tickets", admin, items=items[:2])
    again = service.call("create_tickets", admin, items=[*items, items[2]])

    assert results(again) == ["known", "known", "created", "known"]
    assert service.scalar("SELECT count(*) FROM tickets") == 3
    assert len(service.events()) == 3


def test_batches_for_several_teams_at_once_spread_evenly_and_block_nobody(service: TestedService, admin: Person):
    teams = [service.team(f"Team {number}") for number in range(3)]
    for first, second in ((0, 1), (1, 2), (2, 0)):
        service.person("Agent", AGENT, teams=[teams[first], teams[second]])
    customer_id = known_customer(service)

    def batch(index: int) -> list[dict[str, Any]]:
        kinds = ("service_request", "complaint")[:: (-1) ** index]
        return [item(customer_id, team_id=team, kind=kind) for team in teams[:: (-1) ** index] for kind in kinds * 2]

    answers = together(6, lambda index: service.call("create_tickets", admin, items=batch(index)))

    assert all(answer.status == 200 and answer.json()["created"] == 12 for answer in answers)
    with service.session() as session:
        rows = session.connection().exec_driver_sql("SELECT assignee_id FROM tickets")
        loads = Counter(row[0] for row in rows).values()
    assert sum(loads) == 72
    assert max(loads) - min(loads) <= 2, "not everybody can take everything, so it need not come out even"


def test_a_malformed_item_is_named_and_the_whole_batch_refused(service: TestedService, admin: Person):
    customer_id = known_customer(service)

    answer = service.call("create_tickets", admin, items=[item(customer_id), item(customer_id, kind="wish")])

    assert answer.status == 422
    assert answer.json()["errors"][0]["pointer"] == "/items/1/kind"
    assert service.scalar("SELECT count(*) FROM tickets") == 0
