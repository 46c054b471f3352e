"""Tickets: every operation, for every built-in role, on tickets of every relation, does what the policy says."""

import pytest

from chassis.ids import new_id
from contracts.customers import CustomerShared
from services.tickets.service import TicketsService
from tests.policy.rules import RELATIONS, ROLES, anybody, by_reach, covers, has, sight
from tests.policy.table import Row, differences, walk
from tests.policy.world import World
from tests.services.customer_events import customer_event
from tests.services.tickets.factories import request

TICKETS = tuple(relation for relation in RELATIONS if relation != "pool")
ONE = ("own",)


class Tickets(World):
    """Tickets of customers that are as far from the person as the ticket is, or lie in the pool."""

    def __init__(self, service):
        super().__init__(service)
        self.records = {(role, relation): self._record(role, relation) for role in ROLES for relation in RELATIONS}
        service.directory.refresh()

    def _record(self, role, relation):
        owner = self.owner(role, relation)
        team = owner.caller.main_team if owner else None
        event = customer_event(owner_id=owner and owner.id, team_id=team, in_pool=owner is None)
        self.service.deliver(event)
        customer_id, person = event.aggregate_id, self.of_role[role]
        if relation in ("shared", "lent"):
            self.share_event(CustomerShared, "customers", customer_id, person, may_change=relation == "lent")
        if relation == "pool":
            return {"customer": customer_id}
        ticket = self.done("create_ticket", self.admin, **request(customer_id, assignee_id=self.admin.id))
        self._hand_over(ticket["id"], owner.id, team)
        share = {"id": new_id()}
        if relation in ("shared", "lent"):
            terms = {"grantee_id": person.id, "may_change": relation == "lent"}
            share = self.done("share_ticket", self.admin, ticket_id=ticket["id"], **terms)
        version = self.service.scalar("SELECT version FROM tickets WHERE id = :id", id=ticket["id"])
        return {"customer": customer_id, "ticket": ticket["id"], "etag": f'"{version}"', "share": share["id"]}

    def _hand_over(self, ticket_id, owner_id, team_id):
        """Also to those who could not be assigned any: the policy speaks of whoever has a ticket."""
        statement = "UPDATE tickets SET assignee_id = %s, team_id = %s, version = version + 1 WHERE id = %s"
        with self.service.session(self.admin) as session:
            session.connection().exec_driver_sql(statement, (owner_id, team_id, ticket_id))

    def ticket(self, **more):
        return lambda role, relation: {"ticket_id": self.records[role, relation]["ticket"], **more}


@pytest.fixture
def world(tested):
    return Tickets(tested(TicketsService))


def table(world):
    read, change, assign = covers("tickets:read"), covers("tickets:change"), by_reach("tickets:assign")
    records, person = world.records, world.people["stranger"].id

    def guarded(role, relation):
        record = records[role, relation]
        return {"ticket_id": record["ticket"], "if_match": record["etag"], "subject": "Other"}

    def new(role, relation):
        return request(records[role, relation]["customer"], assignee_id=world.of_role[role].id)

    def customer(role, relation):
        return {"customer_id": records[role, relation]["customer"]}

    def share(role, relation):
        return {"ticket_id": records[role, relation]["ticket"], "share_id": records[role, relation]["share"]}

    def sharing(role, relation):
        return by_reach("tickets:read")(role, relation) and by_reach("tickets:share")(role, relation)

    moves = ("open_ticket", "wait_for_customer", "close_ticket", "reopen_ticket", "cancel_ticket")
    return {
        **{name: Row(change, world.ticket(), TICKETS) for name in moves},
        "solve_ticket": Row(change, world.ticket(resolution="Done"), TICKETS),
        "change_ticket": Row(change, guarded, TICKETS),
        "assign_ticket": Row(assign, world.ticket(assignee_id=person), TICKETS),
        "comment_ticket": Row(read, world.ticket(text="Spare part ordered."), TICKETS),
        "get_ticket": Row(read, world.ticket(), TICKETS),
        "ticket_history": Row(read, world.ticket(), TICKETS),
        "ticket_comments": Row(read, world.ticket(), TICKETS),
        "ticket_shares": Row(sharing, world.ticket(), TICKETS),
        "share_ticket": Row(sharing, world.ticket(grantee_id=person), TICKETS),
        "revoke_ticket_share": Row(
            lambda role, relation: sharing(role, relation) and relation in ("shared", "lent"), share, TICKETS
        ),
        "create_ticket": Row(sight, new),
        "create_tickets": Row(anybody, lambda *_: {"items": []} | {"items": [batch(world)]}, ONE),
        "customer_tickets": Row(sight, customer),
        "find_tickets": Row(anybody, lambda *_: {}, ONE),
    }


def batch(world):
    return request(world.records[ROLES[0], "stranger"]["customer"], id=new_id())


def test_every_operation_agrees_with_the_policy_and_refusals_leave_no_trace(world):
    whole = table(world)
    assert differences(TicketsService, whole) == set()
    made, disagreements = walk(world, whole)
    assert disagreements == []
    assert made > 700


def test_the_list_has_just_the_tickets_in_reach(world):
    """Those of other roles' people are a colleague's to everybody, what is shared with them a stranger's."""
    others = {"own": "team", "shared": "stranger", "lent": "stranger"}
    for role in ROLES:
        if has(role, "tickets:read"):
            answer = world.done("find_tickets", world.of_role[role], limit=200)
            assert {one["id"] for one in answer["items"]} == {
                record["ticket"]
                for (of, relation), record in world.records.items()
                if relation != "pool"
                and covers("tickets:read")(role, relation if of == role else others.get(relation, relation))
            }
