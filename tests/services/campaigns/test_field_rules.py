"""What roles say about customers' fields holds in campaigns, too: recipients, previews of messages, audiences."""

import pytest

from tests.services.campaigns.factories import MARKETER, addressee, drafted, known_customer, work_until

RULES = {"customers": {"email": "masked", "city": "hidden", "revenue": "hidden"}}
TEMPLATE = {"subject": "News", "html": "<p>{{ customer.city }} {{ customer.sector }} {{ contact.email }}</p>"}


@pytest.fixture
def customer(campaigns):
    return known_customer(
        campaigns, addressees=[addressee("zhang.wei@example.com")], city="Shanghai", sector="software", revenue=None
    )


@pytest.fixture
def analyst(campaigns):
    rights = MARKETER | {"campaigns:read": "all"}
    return campaigns.person("Analyst", rights, teams=[campaigns.team("Analysts")], field_rules=RULES)


def test_recipients_are_shown_without_what_is_masked_or_tells_it(campaigns, marketer, analyst, customer):
    campaign = drafted(campaigns, marketer, template=TEMPLATE)["id"]
    campaigns.call("send_campaign", marketer, campaign_id=campaign)
    work_until(campaigns, campaign)
    (seen,) = campaigns.call("find_recipients", analyst, campaign_id=campaign).body["items"]
    assert seen["email"] == "z***@example.com"
    assert "reason" not in seen
    assert "owner_id" not in seen
    (whole,) = campaigns.call("find_recipients", marketer, campaign_id=campaign).body["items"]
    assert (whole["email"], whole["reason"]) == ("zhang.wei@example.com", None)


def test_the_preview_of_a_message_shows_no_more(campaigns, marketer, analyst, customer):
    campaign = drafted(campaigns, marketer, template=TEMPLATE)["id"]
    html = campaigns.call("preview_message", analyst, campaign_id=campaign, customer_id=customer).body["html"]
    assert "Shanghai" not in html
    assert "zhang.wei" not in html
    assert "software" in html


def test_an_audience_is_not_chosen_by_what_cannot_be_read(campaigns, analyst):
    def refused(name):
        tree = {"field": name, "op": "eq", "value": "Shanghai"}
        answer = campaigns.call("create_campaign", analyst, name="N", template=TEMPLATE, audience=tree)
        return answer.status, answer.body["errors"]

    assert refused("city") == refused("fur")
    assert refused("city")[0] == 422
    assert "city" not in refused("fur")[1][0]["detail"]
