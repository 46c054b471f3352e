"""Who gets a ticket."""

from collections import Counter
from uuid import UUID

import pytest

from chassis.ids import new_id
from chassis.testing.plugin import Tested
from chassis.testing.tested import Person, TestedService, together
from services.tickets.service import TicketsService
from tests.services.customer_events import known_customer
from tests.services.tickets.factories import ADMIN, AGENT, LEAD, REP, done, refusal, request, taken_in


@pytest.fixture
def service(tested: Tested) -> TestedService:
    return tested(TicketsService)


@pytest.fixture
def admin(service: TestedService) -> Person:
    return service.person("Admin", ADMIN)


def agents(service: TestedService, team: UUID, count: int) -> list[Person]:
    return [service.person(f"Agent {number}", AGENT, teams=[team]) for number in range(count)]


def test_a_ticket_goes_to_whoever_of_the_team_has_the_fewest_to_work_on(service: TestedService, admin: Person):
    desk = service.team("Desk")
    first, second, third = agents(service, desk, 3)
    for agent in (first, first, third):
        taken_in(service, admin, assignee_id=agent.id)

    assert taken_in(service, admin, team_id=desk)["assignee_id"] == str(second.id)


def test_among_equals_it_goes_to_whoever_has_waited_longest_for_a_new_one(service: TestedService, admin: Person):
    desk = service.team("Desk")
    first, second, third = agents(service, desk, 3)
    tickets = {agent.id: taken_in(service, admin, assignee_id=agent.id) for agent in (second, third, first)}

    for agent in (first, third, second):
        done(service, "cancel_ticket", admin, tickets[agent.id])

    order = [taken_in(service, admin, team_id=desk)["assignee_id"] for _ in range(3)]
    assert order == [str(second.id), str(third.id), str(first.id)]


def test_solved_tickets_are_no_load(service: TestedService, admin: Person):
    desk = service.team("Desk")
    first, second = agents(service, desk, 2)
    for _ in range(3):
        ticket = taken_in(service, admin, assignee_id=first.id)
        done(service, "open_ticket", admin, ticket)
        done(service, "solve_ticket", admin, ticket, resolution="Done.")
    taken_in(service, admin, assignee_id=second.id)

    assert taken_in(service, admin, team_id=desk)["assignee_id"] == str(first.id)


def test_thirty_tickets_at_once_spread_evenly_over_three_agents(service: TestedService, admin: Person):
    desk = service.team("Desk")
    agents(service, desk, 3)
    customer_id = known_customer(service)

    tickets = together(30, lambda _: taken_in(service, admin, customer_id, team_id=desk))

    assert sorted(Counter(ticket["assignee_id"] for ticket in tickets).values()) == [10, 10, 10]


def test_members_of_two_teams_get_their_share_of_both_and_no_more(service: TestedService, admin: Person):
    east, west = service.team("East"), service.team("West")
    both = [service.person(f"Agent {number}", AGENT, teams=[east, west]) for number in range(2)]
    customer_id = known_customer(service)

    tickets = together(
        20, lambda index: taken_in(service, admin, customer_id, team_id=[east, west][index % 2])["assignee_id"]
    )

    assert Counter(tickets) == {str(agent.id): 10 for agent in both}


def test_only_members_of_the_team_who_can_handle_tickets_get_them(service: TestedService, admin: Person):
    desk = service.team("Desk")
    service.person("Rep", REP, teams=[desk])
    service.person("Agent elsewhere", AGENT, teams=[service.team("West")])
    customer_id = known_customer(service)

    unassigned = taken_in(service, admin, customer_id, team_id=desk)
    assert (unassigned["assignee_id"], unassigned["team_id"]) == (None, str(desk))

    (agent,) = agents(service, desk, 1)
    assert taken_in(service, admin, customer_id, team_id=desk)["assignee_id"] == str(agent.id)


def test_a_complaint_never_goes_to_the_person_it_is_about(service: TestedService, admin: Person):
    desk = service.team("Desk")
    accused, other = agents(service, desk, 2)
    for _ in range(3):
        taken_in(service, admin, assignee_id=other.id)

    complaint = taken_in(service, admin, kind="complaint", team_id=desk, accused_id=accused.id)

    assert complaint["assignee_id"] == str(other.id)
    by_hand = service.call("assign_ticket", admin, ticket_id=complaint["id"], assignee_id=accused.id)
    assert refusal(by_hand) == (409, "accused-person")
    at_once = request(known_customer(service), kind="complaint", accused_id=accused.id, assignee_id=accused.id)
    assert refusal(service.call("create_ticket", admin, **at_once)) == (409, "accused-person")


def test_a_lead_assigns_to_a_person(service: TestedService):
    desk = service.team("Desk")
    lead, (first, second) = service.person("Lead", LEAD, teams=[desk]), agents(service, desk, 2)
    ticket = taken_in(service, lead, assignee_id=first.id)

    assigned = done(service, "assign_ticket", lead, ticket, assignee_id=second.id, note="Knows the pump.")

    assert (assigned["assignee_id"], assigned["team_id"], assigned["version"]) == (str(second.id), str(desk), 2)
    event = service.events()[-1]
    assert (event["type"], event["version"]) == ("TicketChanged", 2)
    assert event["payload"]["assignee_id"] == str(second.id)
    history = service.call("ticket_history", lead, ticket_id=ticket["id"]).json()["items"]
    assert [history[-1][name] for name in ("what", "before", "after", "note", "by")] == [
        "assignee",
        str(first.id),
        str(second.id),
        "Knows the pump.",
        str(lead.id),
    ]


def test_assigning_without_a_person_chooses_the_least_busy_of_the_team(service: TestedService, admin: Person):
    desk = service.team("Desk")
    busy, free = agents(service, desk, 2)
    taken_in(service, admin, assignee_id=busy.id)
    ticket = taken_in(service, admin)

    assert done(service, "assign_ticket", admin, ticket, team_id=desk)["assignee_id"] == str(free.id)


def test_a_ticket_can_be_left_to_a_team(service: TestedService, admin: Person):
    desk, west = service.team("Desk"), service.team("West")
    agents(service, desk, 1)
    ticket = taken_in(service, admin, team_id=desk)

    left = done(service, "assign_ticket", admin, ticket, team_id=west, auto=False)

    assert (left["assignee_id"], left["team_id"]) == (None, str(west))
    nobody = service.call("assign_ticket", admin, ticket_id=ticket["id"])
    assert refusal(nobody) == (409, "nobody-to-assign")
    assert refusal(service.call("assign_ticket", admin, ticket_id=ticket["id"], team_id=new_id())) == (
        409,
        "unknown-team",
    )


def test_a_ticket_follows_the_person_to_another_team(service: TestedService, admin: Person):
    desk, west = service.team("Desk"), service.team("West")
    agents(service, desk, 1)
    (other,) = agents(service, west, 1)

    ticket = done(service, "assign_ticket", admin, taken_in(service, admin, team_id=desk), assignee_id=other.id)

    assert (ticket["assignee_id"], ticket["team_id"]) == (str(other.id), str(west))


def test_parallel_assignments_spread_evenly_too(service: TestedService, admin: Person):
    desk = service.team("Desk")
    customer_id = known_customer(service)
    tickets = [taken_in(service, admin, customer_id) for _ in range(12)]
    agents(service, desk, 3)

    assigned = together(12, lambda index: done(service, "assign_ticket", admin, tickets[index], team_id=desk))

    assert sorted(Counter(ticket["assignee_id"] for ticket in assigned).values()) == [4, 4, 4]


def test_assigning_needs_the_permission_and_its_reach(service: TestedService):
    desk, west = service.team("Desk"), service.team("West")
    agent, far_lead = agents(service, desk, 1)[0], service.person("Far lead", LEAD, teams=[west])
    ticket = taken_in(service, agent)

    assert service.call("assign_ticket", agent, ticket_id=ticket["id"], assignee_id=agent.id).status == 403
    assert service.call("assign_ticket", far_lead, ticket_id=ticket["id"]).status == 404
