"""Trying a campaign out: the preview for one customer, and test messages to colleagues."""

from tests.services.campaigns.factories import MARKETER, addressee, drafted, known_customer

TEMPLATE = {
    "subject": "{{ customer.name }} in {{ customer.city|default('your town', true) }}",
    "html": "<p>Dear {{ contact.name }} &lt;{{ contact.email }}&gt;, yours {{ sender.name }}</p>",
}


def test_the_preview_is_the_message_as_the_customer_would_read_it(campaigns, marketer):
    customer_id = known_customer(campaigns, name="A & B", addressees=[addressee("li@one.example", "Li")])
    campaign = drafted(campaigns, marketer, template=TEMPLATE)
    answer = campaigns.call("preview_message", marketer, campaign_id=campaign["id"], customer_id=customer_id)

    assert answer.status == 200
    assert answer.json()["subject"] == "A & B in your town"
    assert "<p>Dear Li &lt;li@one.example&gt;, yours Marketer</p>" in answer.json()["html"]
    assert answer.json()["text"].startswith("Dear Li <li@one.example>, yours Marketer")


def test_only_customers_in_sight_can_be_previewed(campaigns, marketer):
    rep = campaigns.person("Rep", MARKETER | {"customers:read": "own"})
    customer_id = known_customer(campaigns, "li@one.example")
    campaign = drafted(campaigns, rep, template=TEMPLATE)
    for operation, fields in (("preview_message", {}), ("send_test", {"to": "a@b.example"})):
        answer = campaigns.call(operation, rep, campaign_id=campaign["id"], customer_id=customer_id, **fields)
        assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, "/customer_id")


def test_a_template_that_says_nothing_to_one_customer_is_shown_as_such(campaigns, marketer):
    customer_id = known_customer(campaigns, name="Nobody")
    template = {"subject": "x", "html": "{% if customer.name != 'Nobody' %}hello{% endif %}"}
    campaign = drafted(campaigns, marketer, template=template)
    answer = campaigns.call("preview_message", marketer, campaign_id=campaign["id"], customer_id=customer_id)
    assert (answer.status, answer.body["type"]) == (409, "not-renderable")


def test_a_test_message_goes_to_the_colleague_alone_and_counts_as_nothing(campaigns, marketer, sink):
    customer_id = known_customer(campaigns, "li@one.example", city="上海")
    campaign = drafted(campaigns, marketer, template=TEMPLATE)
    started = campaigns.call(
        "send_test", marketer, campaign_id=campaign["id"], to="colleague@rockpool.example", customer_id=customer_id
    )
    assert started.status == 202
    campaigns.run_jobs()

    job = campaigns.call("look_at_job", marketer, job_id=started.json()["job_id"]).json()
    assert (job["state"], job["result"]) == ("done", {"sent": True})
    assert sink.recipients == ["colleague@rockpool.example"]
    assert sink.messages[0][1]["Subject"] == "[Test] Example Trading in 上海"
    assert campaigns.scalar("SELECT count(*) FROM recipients") == 0
    assert campaigns.scalar("SELECT state FROM campaigns") == "draft"


def test_without_a_customer_the_test_message_is_about_a_made_up_one(campaigns, marketer, sink):
    campaign = drafted(campaigns, marketer, template=TEMPLATE)
    campaigns.call("send_test", marketer, campaign_id=campaign["id"], to="colleague@rockpool.example")
    campaigns.run_jobs()
    assert "示例公司" in sink.messages[0][1]["Subject"]


def test_a_test_message_that_cannot_be_sent_says_why(campaigns, marketer, sink):
    campaign = drafted(campaigns, marketer)

    def outcome() -> tuple[str, str]:
        started = campaigns.call("send_test", marketer, campaign_id=campaign["id"], to="colleague@rockpool.example")
        campaigns.run_jobs()
        job = campaigns.call("look_at_job", marketer, job_id=started.json()["job_id"]).json()
        return job["state"], job["error"]

    sink.at_recipient = lambda _: "550 Unknown here"
    assert outcome() == ("failed", "The mail server answered: 550 Unknown here")
    sink.stop()
    state, error = outcome()
    assert state == "failed"
    assert "does not answer" in error


def test_a_test_message_needs_an_address(campaigns, marketer):
    campaign = drafted(campaigns, marketer)
    for wrong in ("", "nobody", "a@b@c.example", "a b@c.example", "x" * 300 + "@c.example"):
        assert campaigns.call("send_test", marketer, campaign_id=campaign["id"], to=wrong).status == 422
