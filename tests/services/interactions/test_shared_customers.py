"""Customers that are shared: what belongs to them is shared with them, in this replica too."""

from datetime import timedelta

from chassis.clock import now
from chassis.ids import new_id
from chassis.live import visible_records
from contracts.customers import CustomerShared
from services.interactions.service import InteractionsService
from tests.services.customer_events import known_customer
from tests.services.interactions.factories import ADMIN, REP, ids, logged, planned

PARTNER = {
    "customers:read": "shared",
    "interactions:read": "shared",
    "interactions:create": "shared",
    "interactions:change": "shared",
}


def share(service, customer_id, grantee_id, version=1, share_id=None, **terms):
    state = {"may_change": False, "expires_at": None, "ended_at": None, "grantee_kind": "user"} | terms
    event = CustomerShared(
        aggregate_id=share_id or new_id(),
        version=version,
        resource="customers",
        record_id=customer_id,
        grantee_id=grantee_id,
        by=new_id(),
        at=now(),
        **state,
    )
    service.deliver(event)
    return event.aggregate_id


def test_the_timeline_of_a_shared_customer_is_open_until_the_share_ends(tested):
    service = tested(InteractionsService)
    rep, partner = service.person("Rep", REP), service.person("Partner", PARTNER)
    customer, other = known_customer(service, rep), known_customer(service, rep)
    interaction, hidden = (logged(service, rep, one)["id"] for one in (customer, other))
    follow_up = planned(service, rep, customer)["id"]

    def seen():
        timeline = service.call("customer_timeline", partner, customer_id=customer).status
        one = service.call("get_interaction", partner, interaction_id=interaction).status
        listed = ids(service.call("find_interactions", partner))
        follow_ups = ids(service.call("find_follow_ups", partner, of="everybody"))
        with service.session(partner) as session:
            session.info["resources"] = InteractionsService.resources
            caller = service.directory.caller(partner.id)
            live = visible_records(session, caller, resource="interaction", ids=[interaction, hidden])
        assert hidden not in listed
        return timeline == 200, one == 200, interaction in listed, follow_up in follow_ups, bool(live)

    assert set(seen()) == {False}
    share_id = share(service, customer, partner.id)
    assert set(seen()) == {True}
    share(service, customer, partner.id, 2, share_id, expires_at=now() - timedelta(seconds=1))
    assert set(seen()) == {False}
    share(service, customer, partner.id, 3, share_id)
    assert set(seen()) == {True}
    share(service, customer, partner.id, 4, share_id, ended_at=now())
    assert set(seen()) == {False}
    share(service, customer, partner.id, 3, share_id)
    assert set(seen()) == {False}, "an event that comes late changes nothing"


def test_what_others_logged_is_corrected_only_where_the_share_allows_changes(tested):
    service = tested(InteractionsService)
    rep, partner = service.person("Rep", REP), service.person("Partner", PARTNER)
    customer = known_customer(service, rep)
    interaction = logged(service, rep, customer)["id"]
    correction = {"interaction_id": interaction, "subject": "Better", "if_match": '"1"'}

    share_id = share(service, customer, partner.id)
    assert service.call("correct_interaction", partner, **correction).status == 404
    assert logged(service, partner, customer)
    share(service, customer, partner.id, 2, share_id, may_change=True)
    assert service.call("correct_interaction", partner, **correction).status == 200


def test_a_follow_up_can_be_planned_for_somebody_with_whom_the_customer_is_shared(tested):
    service = tested(InteractionsService)
    admin, partner = service.person("Admin", ADMIN), service.person("Partner", PARTNER)
    customer = known_customer(service)
    plan = {"customer_id": customer, "due_at": now() + timedelta(days=1), "user_id": partner.id}
    assert service.call("plan_follow_up", admin, **plan).body["type"] == "person-cannot-see-customer"
    share(service, customer, partner.id)
    assert service.call("plan_follow_up", admin, **plan).status == 200
