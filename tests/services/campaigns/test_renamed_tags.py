"""Audiences that name a tag which is renamed or merged."""

import pytest

from chassis.ids import new_id
from contracts.tags import TagsReplaced
from services.campaigns.service import CampaignsService
from tests.services.campaigns.factories import drafted, known_customer, new_marketer, started


@pytest.fixture
def campaigns(tested):
    return tested(CampaignsService)


def test_what_has_not_begun_finds_the_tag_by_all_of_its_names(campaigns):
    marketer = new_marketer(campaigns)
    known_customer(campaigns, "a@example.com", tags=["old"])
    known_customer(campaigns, "b@example.com", tags=["new"])
    known_customer(campaigns, "c@example.com", tags=["other"])
    by_tag = {"not": {"not": {"field": "tags", "op": "has", "value": "old"}}}
    other = {"field": "tags", "op": "has_any", "value": ["other", "else"]}
    draft = drafted(campaigns, marketer, audience=by_tag)
    planned = drafted(campaigns, marketer, audience=by_tag)
    later = {"scheduled_at": "2099-01-01T00:00:00Z"}
    assert campaigns.call("send_campaign", marketer, campaign_id=planned["id"], **later).status == 200
    untouched = drafted(campaigns, marketer, audience=other)
    begun = started(campaigns, marketer, audience=by_tag)
    campaigns.deliver(TagsReplaced(aggregate_id=new_id(), version=1, tags=["old", "older"], into="new"))

    def seen(campaign_id):
        return campaigns.call("get_campaign", marketer, campaign_id=campaign_id).body

    both = {"not": {"not": {"field": "tags", "op": "has_any", "value": ["old", "new"]}}}
    assert (seen(draft["id"])["audience"], seen(draft["id"])["version"]) == (both, 2)
    assert seen(planned["id"])["audience"] == both
    assert (seen(untouched["id"])["audience"], seen(untouched["id"])["version"]) == (other, 1)
    assert seen(begun)["audience"] == by_tag
    preview = campaigns.call("preview_audience", marketer, campaign_id=draft["id"]).body
    assert preview["customers"] == 2
