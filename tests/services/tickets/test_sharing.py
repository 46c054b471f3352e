"""Tickets that are shared, and tickets of customers that are."""

from chassis.clock import now
from chassis.ids import new_id
from chassis.live import visible_records
from contracts.customers import CustomerShared
from services.tickets.service import TicketsService
from tests.services.customer_events import known_customer
from tests.services.tickets.factories import LEAD, ids, taken_in

PARTNER = {"customers:read": "shared", "tickets:read": "shared", "tickets:change": "shared", "tickets:assign": "shared"}
SHARER = {**LEAD, "tickets:share": "team_tree"}


def people(service):
    lead = service.person("Lead", SHARER, teams=[service.team("Service")])
    return lead, service.person("Partner", PARTNER)


def shared(service, by, ticket, grantee_id, **terms):
    answer = service.call("share_ticket", by, ticket_id=ticket["id"], grantee_id=grantee_id, **terms)
    assert answer.status == 201, answer.body
    return answer.body


def sees(service, who, ticket):
    here = {"ticket_id": ticket["id"]}
    seen = {
        service.call("get_ticket", who, **here).status == 200,
        service.call("ticket_history", who, **here).status == 200,
        service.call("ticket_comments", who, **here).status == 200,
        ticket["id"] in ids(service.call("find_tickets", who)),
        ticket["id"] in ids(service.call("find_tickets", who, sort="priority")),
    }
    with service.session(who) as session:
        session.info["resources"] = TicketsService.resources
        caller = service.directory.caller(who.id)
        seen.add(bool(visible_records(session, caller, resource="ticket", ids=[ticket["id"]])))
    assert len(seen) == 1
    return seen.pop()


def test_a_shared_ticket_is_seen_until_it_is_revoked(tested):
    service = tested(TicketsService)
    lead, partner = people(service)
    ticket, other = taken_in(service, lead), taken_in(service, lead)
    assert not sees(service, partner, ticket)
    share = shared(service, lead, ticket, partner.id)
    assert sees(service, partner, ticket)
    assert not sees(service, partner, other)
    assert service.call("open_ticket", partner, ticket_id=ticket["id"]).status == 404
    service.call("revoke_ticket_share", lead, ticket_id=ticket["id"], share_id=share["id"])
    assert not sees(service, partner, ticket)


def test_a_partner_works_on_a_ticket_that_is_shared_for_changes_but_cannot_assign_it(tested):
    service = tested(TicketsService)
    lead, partner = people(service)
    ticket = taken_in(service, lead)
    shared(service, lead, ticket, partner.id, may_change=True)
    assert service.call("open_ticket", partner, ticket_id=ticket["id"]).status == 200
    assert service.call("assign_ticket", partner, ticket_id=ticket["id"], assignee_id=partner.id).status == 404
    assert service.events()[-1]["type"] == "TicketMoved"


def test_a_complaint_is_never_shown_to_whom_it_is_about(tested):
    service = tested(TicketsService)
    lead, partner = people(service)
    complaint = taken_in(service, lead, kind="complaint", accused_id=partner.id)
    shared(service, lead, complaint, partner.id)
    assert not sees(service, partner, complaint)
    about_lead = taken_in(service, partner_like(service, lead), kind="complaint", accused_id=lead.id)
    answer = service.call("share_ticket", lead, ticket_id=about_lead["id"], grantee_id=partner.id)
    assert answer.status == 404


def partner_like(service, lead):
    return service.person("Colleague", SHARER, teams=lead.caller.teams)


def test_the_service_records_of_a_shared_customer_are_seen_with_it(tested):
    service = tested(TicketsService)
    lead, partner = people(service)
    customer = known_customer(service)
    ticket = taken_in(service, lead, customer)
    assert service.call("customer_tickets", partner, customer_id=customer).status == 404
    service.deliver(
        CustomerShared(
            aggregate_id=new_id(),
            version=1,
            resource="customers",
            record_id=customer,
            grantee_kind="user",
            grantee_id=partner.id,
            may_change=False,
            expires_at=None,
            by=lead.id,
            at=now(),
            ended_at=None,
        )
    )
    assert ids(service.call("customer_tickets", partner, customer_id=customer)) == [ticket["id"]]
    assert not sees(service, partner, ticket), "the whole ticket is for those whom it reaches"
