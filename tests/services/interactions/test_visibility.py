"""Who sees which interactions: they follow the customer."""

from dataclasses import replace
from typing import Any

from chassis.ids import new_id
from chassis.live import visible_records
from chassis.testing.plugin import Tested
from contracts.customers import CustomerChanged, CustomerReleased
from services.interactions.service import InteractionsService
from tests.services.customer_events import customer_event, known_customer
from tests.services.interactions.factories import ADMIN, LEAD, REP, ids, logged, planned


def test_an_interaction_is_as_visible_as_its_customer(tested: Tested):
    service = tested(InteractionsService)
    region = service.team("Region")
    east, west = service.team("East", parent=region), service.team("West", parent=region)
    rep = service.person("Rep", REP, teams=[east])
    interaction = logged(service, rep, known_customer(service, rep))["id"]
    people = {
        "colleague with own customers only": (service.person("A", REP, teams=[east]), 404),
        "colleague who reads the team's": (service.person("B", {**REP, "customers:read": "team"}, teams=[east]), 200),
        "member of another team": (service.person("C", {**REP, "customers:read": "team"}, teams=[west]), 404),
        "lead of the region": (service.person("D", LEAD, teams=[region]), 200),
        "administrator": (service.person("E", ADMIN), 200),
        "without the permission": (service.person("F", {"customers:read": "all"}), 403),
    }

    for who, (person, status) in people.items():
        assert service.call("get_interaction", person, interaction_id=interaction).status == status, who
        listed = service.call("find_interactions", person)
        assert listed.status == 403 or (interaction in ids(listed)) == (status == 200), who


def test_interactions_go_with_the_customer_to_its_new_owner(tested: Tested):
    service = tested(InteractionsService)
    before, after = service.person("Before", REP), service.person("After", REP)
    created = customer_event(owner_id=before.id)
    service.deliver(created)
    interaction = logged(service, before, created.aggregate_id)["id"]

    service.deliver(replace(created, version=2, owner_id=after.id))

    assert service.call("get_interaction", after, interaction_id=interaction).status == 200
    assert service.call("get_interaction", before, interaction_id=interaction).status == 404
    answer = service.call("correct_interaction", before, interaction_id=interaction, subject="Mine!", if_match='"1"')
    assert answer.status == 404


def test_a_customer_in_the_pool_is_open_to_those_who_may_claim_it(tested: Tested):
    service = tested(InteractionsService)
    claimer = service.person("Claimer", REP)
    reader = service.person("Reader", {name: reach for name, reach in REP.items() if name != "customers:claim"})
    pooled = known_customer(service, in_pool=True)

    assert logged(service, claimer, pooled)
    assert service.call("customer_timeline", claimer, customer_id=pooled).status == 200
    assert service.call("customer_timeline", reader, customer_id=pooled).status == 404
    assert service.call("log_interaction", reader, customer_id=pooled, kind="call", subject="Hello").status == 404


def test_an_event_that_was_overtaken_does_not_bring_old_rights_back(tested: Tested):
    service = tested(InteractionsService)
    rep = service.person("Rep", REP)
    created = customer_event(owner_id=rep.id)
    state = {name: getattr(created, name) for name in created.payload()}
    service.deliver(created)

    service.deliver(CustomerReleased(aggregate_id=created.aggregate_id, version=3, **{**state, "owner_id": None}))
    service.deliver(CustomerChanged(aggregate_id=created.aggregate_id, version=2, **{**state, "name": "Older"}))

    assert service.call("customer_timeline", rep, customer_id=created.aggregate_id).status == 404
    assert service.scalar("SELECT version FROM customers") == 3


def test_live_news_reach_whoever_may_see_the_record(tested: Tested):
    service = tested(InteractionsService)
    rep, stranger = service.person("Rep", REP), service.person("Stranger", REP)
    customer_id = known_customer(service, rep)
    interaction, follow_up = logged(service, rep, customer_id)["id"], planned(service, rep, customer_id)["id"]

    for resource, record_id in (("interaction", interaction), ("follow_up", follow_up)):
        asked: dict[str, Any] = {"resource": resource, "ids": [record_id, str(new_id())]}
        assert service.call("visible_records", rep, **asked).json() == [record_id]
        assert service.call("visible_records", stranger, **asked).json() == []


def test_without_the_right_to_read_there_is_no_live_news_of_interactions(tested: Tested):
    service = tested(InteractionsService)
    admin, outsider = service.person("Admin", ADMIN), service.person("Outsider", {"customers:read": "all"})
    interaction = logged(service, admin, known_customer(service))["id"]

    with service.session(outsider) as session:
        assert visible_records(session, outsider.caller, "interaction", [interaction]) == []


def test_what_waits_in_a_pool_for_some_is_seen_by_nobody_by_way_of_the_pool(tested):
    service = tested(InteractionsService)
    rep = service.person("Rep", REP)
    everybody = known_customer(service, in_pool=True)
    some = known_customer(service, in_pool=True, pool_for_all=False)
    assert service.call("customer_timeline", rep, customer_id=everybody).status == 200
    assert service.call("customer_timeline", rep, customer_id=some).status == 404
