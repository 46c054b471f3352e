"""Who sees which tickets."""

from dataclasses import replace

import pytest

from chassis.ids import new_id
from chassis.testing.plugin import Tested
from chassis.testing.tested import Person, TestedService
from services.tickets.service import TicketsService
from tests.services.customer_events import customer_event, known_customer
from tests.services.tickets.factories import ADMIN, AGENT, LEAD, REP, done, ids, refusal, taken_in


@pytest.fixture
def service(tested: Tested) -> TestedService:
    return tested(TicketsService)


@pytest.fixture
def admin(service: TestedService) -> Person:
    return service.person("Admin", ADMIN)


def sees(service: TestedService, who: Person, ticket: dict[str, str]) -> bool:
    """Whether the person sees the ticket; every way of asking must give the same answer."""
    answers = {
        service.call(operation, who, ticket_id=ticket["id"]).status == 200
        for operation in ("get_ticket", "ticket_history", "ticket_comments")
    }
    answers.add(ticket["id"] in ids(service.call("find_tickets", who)))
    live = service.call("visible_records", who, resource="ticket", ids=[ticket["id"], str(new_id())])
    answers.add(live.json() == [ticket["id"]])
    (answer,) = answers
    return answer


def test_who_sees_only_what_is_shared_does_not_find_what_he_is_to_see_to(service: TestedService, admin: Person):
    partner = service.person("Partner", {**AGENT, "tickets:read": "shared"}, teams=[service.team("Desk")])
    ticket = taken_in(service, admin, assignee_id=partner.id)

    assert not sees(service, partner, ticket)
    assert ids(service.call("find_tickets", partner, assignee="me")) == []
    done(service, "share_ticket", admin, ticket, grantee_id=partner.id)
    assert ids(service.call("find_tickets", partner, assignee="me")) == [ticket["id"]]


def test_a_ticket_is_seen_by_those_whose_reach_covers_its_assignee_or_team(service: TestedService, admin: Person):
    region = service.team("Region")
    desk, west = service.team("Desk", parent=region), service.team("West", parent=region)
    assignee = service.person("Agent", {**AGENT, "tickets:read": "own"}, teams=[desk])
    ticket = taken_in(service, admin, assignee_id=assignee.id)

    assert sees(service, assignee, ticket)
    assert sees(service, service.person("Colleague", AGENT, teams=[desk]), ticket)
    assert sees(service, service.person("Lead", LEAD, teams=[region]), ticket)
    assert not sees(service, service.person("Agent elsewhere", AGENT, teams=[west]), ticket)
    assert not sees(service, service.person("Selfish", {**AGENT, "tickets:read": "own"}, teams=[desk]), ticket)


def test_whoever_took_a_ticket_in_goes_on_seeing_it(service: TestedService):
    desk = service.team("Desk")
    rep = service.person("Rep", REP)
    service.person("Agent", AGENT, teams=[desk])

    ticket = taken_in(service, rep, known_customer(service, rep), team_id=desk)

    assert ticket["assignee_id"] is not None
    assert sees(service, rep, ticket)


def test_without_the_permission_nobody_reads(service: TestedService, admin: Person):
    ticket = taken_in(service, admin)
    outsider = service.person("Outsider", {"customers:read": "all", "tickets:create": "all"})

    assert service.call("get_ticket", outsider, ticket_id=ticket["id"]).status == 403
    live = service.call("visible_records", outsider, resource="ticket", ids=[ticket["id"]])
    assert live.json() == []


def test_a_complaint_is_hidden_from_the_person_it_is_about(service: TestedService, admin: Person):
    desk = service.team("Desk")
    accused = service.person("Accused", LEAD, teams=[desk])
    customer_id = known_customer(service)

    complaint = taken_in(service, admin, customer_id, kind="complaint", team_id=desk, accused_id=accused.id)

    assert sees(service, admin, complaint)
    assert not sees(service, accused, complaint)
    assert ids(service.call("customer_tickets", accused, customer_id=customer_id)) == []
    assert service.call("cancel_ticket", accused, ticket_id=complaint["id"]).status == 404


def test_service_records_are_part_of_the_profile_of_the_customer(service: TestedService, admin: Person):
    rep = service.person("Rep", REP)
    customer_id = known_customer(service, rep)
    older = taken_in(service, admin, customer_id, description="Between us: they are late payers.")
    newer = taken_in(service, admin, customer_id, kind="complaint")
    taken_in(service, admin)
    done(service, "open_ticket", admin, older)
    done(service, "solve_ticket", admin, older, resolution="Replaced.")

    page = service.call("customer_tickets", rep, customer_id=customer_id)

    assert ids(page) == [newer["id"], older["id"]]
    record = page.json()["items"][1]
    assert (record["state"], record["resolution"]) == ("solved", "Replaced.")
    assert "description" not in record
    assert not sees(service, rep, older), "the whole ticket is for those whom it reaches"


def test_service_records_go_on_where_the_page_before_ended(service: TestedService, admin: Person):
    customer_id = known_customer(service)
    tickets = [taken_in(service, admin, customer_id)["id"] for _ in range(3)]

    first = service.call("customer_tickets", admin, customer_id=customer_id, limit="2")
    rest = service.call("customer_tickets", admin, customer_id=customer_id, cursor=first.json()["next_cursor"])

    assert ids(first) + ids(rest) == tickets[::-1]
    assert rest.json()["next_cursor"] is None


def test_the_records_of_a_customer_out_of_sight_are_not_found(service: TestedService, admin: Person):
    before, after = service.person("Before", REP), service.person("After", REP)
    created = customer_event(owner_id=before.id)
    service.deliver(created)
    taken_in(service, admin, created.aggregate_id)

    service.deliver(replace(created, version=2, owner_id=after.id))

    lost = service.call("customer_tickets", before, customer_id=created.aggregate_id)
    assert refusal(lost) == (404, "customer-not-known-here")
    assert len(ids(service.call("customer_tickets", after, customer_id=created.aggregate_id))) == 1
    assert service.call("customer_tickets", admin, customer_id=new_id()).status == 404
    assert ids(service.call("customer_tickets", admin, customer_id=known_customer(service))) == []


def test_the_name_of_a_customer_is_shown_only_to_those_who_see_it(service: TestedService, admin: Person):
    blind = service.person("Blind", {**AGENT, "customers:read": "own"})
    ticket = taken_in(service, admin, assignee_id=blind.id)

    assert service.call("get_ticket", blind, ticket_id=ticket["id"]).json()["customer_name"] is None
    (listed,) = service.call("find_tickets", blind).json()["items"]
    assert listed["customer_name"] is None
    assert service.call("get_ticket", admin, ticket_id=ticket["id"]).json()["customer_name"] == "Example Trading"
