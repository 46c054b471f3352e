"""Somebody leaves: his campaigns go over, and what was to be sent in his name waits for another sender."""

from datetime import timedelta

from chassis.clock import now
from tests.services.campaigns.factories import drafted, known_customer, new_marketer, work_until
from tests.services.handing_over import handed_over, leaves


def test_campaigns_and_unsubscriptions_go_over_and_scheduled_ones_pause(campaigns, marketer):
    heir = new_marketer(campaigns)
    known_customer(campaigns, "one@one.example")
    draft, scheduled = (drafted(campaigns, marketer, name=name) for name in ("Draft", "Scheduled"))
    campaigns.call("send_campaign", marketer, campaign_id=scheduled["id"], scheduled_at=now() + timedelta(hours=1))
    noted = campaigns.call("add_unsubscription", marketer, address="two@two.example", note="By phone")
    assert noted.status == 201, noted.body

    leaves(campaigns, marketer, heir)
    told = handed_over(campaigns)

    assert told[-1]["moved"] == {"campaigns": 2, "unsubscriptions": 1}
    owners = campaigns.scalar("SELECT array_agg(DISTINCT owner_id) FROM campaigns")
    assert owners == [heir.id]
    view = campaigns.call("get_campaign", heir, campaign_id=scheduled["id"]).body
    assert (view["state"], view["trouble"] is not None) == ("paused", True)
    assert campaigns.scalar("SELECT count(*) FROM timers") == 0
    assert campaigns.call("resume_campaign", heir, campaign_id=scheduled["id"]).body["sender_id"] == str(heir.id)
    work_until(campaigns, scheduled["id"])
    assert campaigns.scalar("SELECT count(*) FROM unsubscriptions WHERE owner_id = :id", id=str(marketer.id)) == 0
    assert draft["state"] == "draft"
