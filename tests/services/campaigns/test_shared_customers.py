"""Customers that are shared with the sender: he may write to them as long as that lasts."""

from datetime import timedelta

from chassis.clock import now
from chassis.ids import new_id
from contracts.customers import CustomerShared
from tests.services.campaigns.factories import MARKETER, drafted, known_customer, started, states, work_until

PARTNER = {**MARKETER, "customers:read": "shared", "campaigns:read": "own"}


def share(service, customer_id, grantee_id, **terms):
    state = {"may_change": False, "expires_at": None, "ended_at": None, "grantee_kind": "user"} | terms
    pair = {"resource": "customers", "record_id": customer_id, "grantee_id": grantee_id}
    service.deliver(CustomerShared(aggregate_id=new_id(), version=1, by=new_id(), at=now(), **pair, **state))


def test_the_audience_is_what_is_shared_with_the_sender(campaigns):
    partner = campaigns.person("Partner", PARTNER)
    known_customer(campaigns, "hidden@one.example")
    lasting, expired = (known_customer(campaigns, f"{name}@two.example") for name in ("lasting", "expired"))
    share(campaigns, lasting, partner.id)
    share(campaigns, expired, partner.id, expires_at=now() - timedelta(seconds=1))

    draft = drafted(campaigns, partner)
    preview = campaigns.call("preview_audience", partner, campaign_id=draft["id"]).body
    assert (preview["customers"], [one["id"] for one in preview["items"]]) == (1, [str(lasting)])

    campaign_id = started(campaigns, partner)
    work_until(campaigns, campaign_id)
    assert list(states(campaigns, campaign_id)) == ["lasting@two.example"]
    recipients = campaigns.call("find_recipients", partner, campaign_id=campaign_id).body["items"]
    assert [one["customer_id"] for one in recipients] == [str(lasting)]
    assert campaigns.call("customer_campaigns", partner, customer_id=lasting).body["items"]
    assert campaigns.call("customer_campaigns", partner, customer_id=expired).body["items"] == []


def test_recipients_go_out_of_sight_with_the_share(campaigns, marketer):
    partner = campaigns.person("Partner", {"customers:read": "shared", "campaigns:read": "all"})
    customer = known_customer(campaigns, "one@one.example")
    campaign_id = started(campaigns, marketer)
    work_until(campaigns, campaign_id)
    assert campaigns.call("find_recipients", partner, campaign_id=campaign_id).body["items"] == []
    share(campaigns, customer, partner.id)
    assert len(campaigns.call("find_recipients", partner, campaign_id=campaign_id).body["items"]) == 1
