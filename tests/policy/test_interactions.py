"""Interactions: every operation, for every built-in role, with customers of every relation, obeys the policy."""

from datetime import UTC, datetime

import pytest

from chassis.ids import new_id
from contracts.customers import CustomerShared
from services.interactions.models import Reminder
from services.interactions.service import InteractionsService
from tests.policy.rules import RELATIONS, ROLES, anybody, both, by_reach, has, mine_or, only_own, sight
from tests.policy.table import Row, differences, walk
from tests.policy.world import World
from tests.services.customer_events import customer_event

ONE = ("own",)
DUE = datetime(2031, 1, 1, tzinfo=UTC)


class Interactions(World):
    """With each customer an interaction and a follow-up of its owner, or of somebody else if it has none."""

    def __init__(self, service):
        super().__init__(service)
        self.records = {(role, relation): self._record(role, relation) for role in ROLES for relation in RELATIONS}
        service.directory.refresh()

    def _record(self, role, relation):
        owner = self.owner(role, relation)
        team = owner.caller.main_team if owner else None
        event = customer_event(owner_id=owner and owner.id, team_id=team, in_pool=owner is None)
        self.service.deliver(event)
        customer_id = event.aggregate_id
        if relation in ("shared", "lent"):
            person = self.of_role[role]
            self.share_event(CustomerShared, "customers", customer_id, person, may_change=relation == "lent")
        author = owner or self.people["stranger"]
        logged = self.done(
            "log_interaction", self.admin, customer_id=customer_id, author_id=author.id, kind="call", subject="Prices"
        )
        follow_up = new_id()
        with self.service.session(self.admin) as session:
            session.connection().exec_driver_sql(
                "INSERT INTO follow_ups (id, version, customer_id, user_id, planned_by, due_at, state, created_at,"
                " updated_at) VALUES (%s, 1, %s, %s, %s, %s, 'open', now(), now())",
                (follow_up, customer_id, author.id, author.id, DUE),
            )
            reminder = new_id()
            told = Reminder(id=reminder, user_id=author.id, follow_up_id=follow_up, customer_id=customer_id, due_at=DUE)
            session.add(told)
        record = {"customer": customer_id, "interaction": logged["id"], "follow_up": follow_up}
        return record | {"reminder": reminder}


@pytest.fixture
def world(tested):
    return Interactions(tested(InteractionsService))


def table(world):
    def customer(**more):
        return lambda role, relation: {"customer_id": world.records[role, relation]["customer"], **more}

    def interaction(**more):
        return lambda role, relation: {"interaction_id": world.records[role, relation]["interaction"], **more}

    def follow_up(role, relation):
        return {"follow_up_id": world.records[role, relation]["follow_up"]}

    def reminder(role, relation):
        return {"reminder_id": world.records[role, relation]["reminder"]}

    def person_in_reach(role, relation):
        """The follow-up is of a stranger where the customer is nobody's."""
        return by_reach("interactions:create")(role, "stranger" if relation == "pool" else relation)

    closing = mine_or(both(person_in_reach, sight))
    return {
        "log_interaction": Row(sight, customer(kind="call", subject="Prices")),
        "plan_follow_up": Row(sight, customer(due_at="2031-01-01T09:00:00Z")),
        "customer_timeline": Row(sight, customer()),
        "get_interaction": Row(sight, interaction()),
        "correct_interaction": Row(both(sight, mine_or(changing)), interaction(subject="Other prices", if_match='"1"')),
        "finish_follow_up": Row(closing, follow_up),
        "cancel_follow_up": Row(closing, follow_up),
        "log_interactions": Row(anybody, batch(world), ONE),
        "find_interactions": Row(anybody, lambda *_: {}, ONE),
        "find_reminders": Row(anybody, lambda *_: {}, ONE),
        "read_reminder": Row(only_own, reminder),
        "find_follow_ups": Row(anybody, lambda *_: {"of": "everybody"}, ONE),
    }


def changing(role, relation):
    """Whose permission to change interactions covers the customer, or who may change the customer by a share."""
    lent = relation == "lent" and has(role, "interactions:change")
    return lent or by_reach("interactions:change")(role, relation)


def batch(world):
    def arguments(role, relation):
        customer_id = world.records[role, relation]["customer"]
        return {"items": [{"id": new_id(), "customer_id": customer_id, "kind": "call", "subject": "Prices"}]}

    return arguments


def test_every_operation_agrees_with_the_policy_and_refusals_leave_no_trace(world):
    whole = table(world)
    assert differences(InteractionsService, whole) == set()
    made, disagreements = walk(world, whole)
    assert disagreements == []
    assert made > 400


def test_lists_have_just_what_belongs_to_customers_in_sight_and_ones_own_follow_ups(world):
    for role in ROLES:
        if has(role, "interactions:read"):
            person = world.of_role[role]
            interactions = world.done("find_interactions", person, limit=200)["items"]
            follow_ups = world.done("find_follow_ups", person, limit=200, of="everybody")["items"]
            assert {one["id"] for one in interactions} == expected(world, role, "interaction", sight)
            assert {one["id"] for one in follow_ups} == expected(world, role, "follow_up", mine_or(sight))


def expected(world, role, kind, rule):
    """Other people's own customers are a colleague's to everybody, what is shared with them a stranger's."""
    others = {"own": "team", "shared": "stranger", "lent": "stranger"}
    return {
        str(record[kind])
        for (of, relation), record in world.records.items()
        if rule(role, relation if of == role else others.get(relation, relation))
    }
