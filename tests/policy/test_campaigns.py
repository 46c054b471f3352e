"""Campaigns: every operation, for every built-in role, on campaigns of every relation, does what the policy says."""

from uuid import UUID

import pytest

from chassis.clock import now
from chassis.ids import new_id
from chassis.jobs import enqueue_for
from services.campaigns.models import Recipient
from services.campaigns.service import CampaignsService
from tests.policy.rules import ROLES, anybody, by_reach, has, only_own
from tests.policy.table import Row, differences, walk
from tests.policy.world import World
from tests.services.campaigns.factories import addressee, customer_event, drafted

RELATIONS = ("own", "team", "below", "stranger")
ONE = ("own",)
OWN = "UPDATE {table} SET owner_id = %s, team_id = %s WHERE id = %s"


class Campaigns(World):
    """Campaigns with a recipient, unsubscriptions, and a customer of one's own."""

    def __init__(self, service):
        super().__init__(service)
        self.records = {(role, relation): self._record(role, relation) for role in ROLES for relation in RELATIONS}

    def _record(self, role, relation):
        owner = self.owner(role, relation)
        team = owner.caller.main_team
        event = customer_event(owner_id=owner.id, team_id=team, addressees=[addressee("p@example.com")])
        self.service.deliver(event)
        campaign, recipient = drafted(self.service, self.admin)["id"], new_id()
        address = f"{new_id()}@example.com"
        unsubscription = self.done("add_unsubscription", self.admin, address=address)["id"]
        with self.service.session(self.admin) as session:
            connection = session.connection()
            for table, record_id in (("campaigns", campaign), ("unsubscriptions", unsubscription)):
                connection.exec_driver_sql(OWN.format(table=table), (owner.id, team, record_id))
            add_recipient(session, recipient, campaign, event.aggregate_id)
            job = enqueue_for(session, owner.id, "send_test_message", {})
        return {
            "campaign": campaign,
            "customer": event.aggregate_id,
            "job": job,
            "recipient": recipient,
            "unsubscription": unsubscription,
        }


def add_recipient(session, recipient_id, campaign_id, customer_id):
    """One who waits for the message."""
    recipient = Recipient(
        id=recipient_id,
        campaign_id=UUID(campaign_id),
        position=1,
        customer_id=customer_id,
        name="Purchasing",
        address=recipient_id.bytes,
        state="pending",
        attempts=0,
        due_at=now(),
        created_at=now(),
    )
    session.add(recipient)
    recipient.email = "p@example.com"


@pytest.fixture
def world(tested):
    settings = {"smtp_url": "smtp://nowhere", "mail_from": "News <news@rockpool.example>"}
    return Campaigns(tested(CampaignsService, public_url="https://crm.rockpool.example", **settings))


def table(world):
    read, change, send = (by_reach(f"campaigns:{action}") for action in ("read", "change", "send"))

    def campaign(**more):
        return lambda role, relation: {"campaign_id": world.records[role, relation]["campaign"], **more}

    def message(role, relation):
        return campaign()(role, relation) | {"customer_id": world.records[role, "own"]["customer"]}

    def recipient(role, relation):
        return campaign(sent=True)(role, relation) | {"recipient_id": world.records[role, relation]["recipient"]}

    def unsubscription(role, relation):
        return {"unsubscription_id": world.records[role, relation]["unsubscription"], "note": "Asked for it"}

    def job(role, relation):
        return {"job_id": world.records[role, relation]["job"]}

    rows = {
        "get_campaign": Row(read, campaign(), RELATIONS),
        "change_campaign": Row(change, campaign(name="Other", if_match='"1"'), RELATIONS),
        "preview_audience": Row(read, campaign(), RELATIONS),
        "preview_message": Row(read, message, RELATIONS),
        "send_test": Row(change, campaign(to="colleague@example.com"), RELATIONS),
        "find_recipients": Row(read, campaign(), RELATIONS),
        "report": Row(read, campaign(), RELATIONS),
        "resolve_recipient": Row(send, recipient, RELATIONS),
        "lift_unsubscription": Row(change, unsubscription, RELATIONS),
        "customer_campaigns": Row(
            anybody, lambda role, relation: {"customer_id": world.records[role, relation]["customer"]}, RELATIONS
        ),
        "create_campaign": Row(anybody, lambda *_: draft(), ONE),
        "find_campaigns": Row(anybody, lambda *_: {}, ONE),
        "find_unsubscriptions": Row(anybody, lambda *_: {}, ONE),
        "add_unsubscription": Row(anybody, lambda *_: {"address": "new@example.com"}, ONE),
    }
    rows |= {"list_jobs": Row(anybody, lambda *_: {}, ONE), "look_at_job": Row(only_own, job, RELATIONS)}
    moves = ("send_campaign", "pause_campaign", "resume_campaign", "cancel_campaign")
    return rows | {name: Row(send, campaign(), RELATIONS) for name in moves}


def draft():
    tree = {"field": "kind", "op": "eq", "value": "person"}
    return {"name": "New", "audience": tree, "template": {"subject": "News", "html": "<p>News</p>"}}


def test_every_operation_agrees_with_the_policy_and_refusals_leave_no_trace(world):
    whole = table(world)
    assert differences(CampaignsService, whole) == set()
    made, disagreements = walk(world, whole)
    assert disagreements == []
    assert made > 500


def test_lists_have_just_what_is_in_reach(world):
    for role in ROLES:
        if has(role, "campaigns:read"):
            for operation, kind in (("find_campaigns", "campaign"), ("find_unsubscriptions", "unsubscription")):
                found = world.done(operation, world.of_role[role], limit=200)["items"]
                assert {one["id"] for one in found} == {
                    record[kind]
                    for (of, relation), record in world.records.items()
                    if by_reach("campaigns:read")(role, relation if of == role or relation != "own" else "team")
                }


def test_who_was_written_to_shows_only_where_the_customer_is_in_sight(world):
    for role in ROLES:
        if has(role, "campaigns:read"):
            for relation in RELATIONS:
                record = world.records[role, relation]
                found = world.done("customer_campaigns", world.of_role[role], customer_id=record["customer"])["items"]
                assert bool(found) == by_reach("customers:read")(role, relation), (role, relation)
