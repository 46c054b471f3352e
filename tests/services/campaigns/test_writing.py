"""Writing a campaign: create, change, list, and who may."""

import pytest

from chassis.ids import new_id
from chassis.testing.tested import together
from tests.services.campaigns.factories import EVERYBODY, MARKETER, TEMPLATE, drafted, known_customer, known_customers

NEW = {"name": "Autumn news", "audience": EVERYBODY, "template": TEMPLATE}


def test_a_campaign_begins_as_a_draft_of_its_author_and_his_team(campaigns, marketer):
    answer = campaigns.call("create_campaign", marketer, **NEW)
    assert (answer.status, answer.etag) == (201, '"1"')
    campaign = answer.json()
    assert (campaign["state"], campaign["owner_id"], campaign["team_id"]) == (
        "draft",
        str(marketer.id),
        str(marketer.caller.main_team),
    )
    assert campaign["template"] == {**TEMPLATE, "text": None}
    read = campaigns.call("get_campaign", marketer, campaign_id=campaign["id"])
    assert (read.etag, read.json()) == (answer.etag, campaign)


def test_a_client_may_bring_the_id_but_only_once(campaigns, marketer):
    campaign_id = str(new_id())
    answers = together(4, lambda _: campaigns.call("create_campaign", marketer, id=campaign_id, **NEW))
    assert sorted(answer.status for answer in answers) == [201, 409, 409, 409]
    assert {answer.body["type"] for answer in answers if answer.status == 409} == {"campaign-exists"}


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"name": " "}, "/name"),
        ({"name": "x" * 201}, "/name"),
        ({"throttle_per_minute": 0}, "/throttle_per_minute"),
        ({"throttle_per_minute": True}, "/throttle_per_minute"),
        ({"throttle_per_minute": "5"}, "/throttle_per_minute"),
        ({"throttle_per_minute": 5.5}, "/throttle_per_minute"),
        ({"audience": {"field": "sector", "op": "eq"}}, "/audience/value"),
        ({"audience": {"and": [EVERYBODY, {"field": "secret", "op": "eq", "value": 1}]}}, "/audience/and/1/field"),
        ({"audience": {"field": "revenue", "op": "gt", "value": "1e999999"}}, "/audience/value"),
        ({"audience": "nonsense"}, "/audience"),
        ({"template": {"subject": "x"}}, "/template/html"),
        ({"template": {**TEMPLATE, "text": ""}}, "/template/text"),
        ({"colour": "blue"}, "/colour"),
    ],
)
def test_each_complaint_names_the_field(campaigns, marketer, fields, pointer):
    answer = campaigns.call("create_campaign", marketer, **(NEW | fields))
    assert answer.status == 422
    assert [error["pointer"] for error in answer.body["errors"]] == [pointer]
    assert campaigns.scalar("SELECT count(*) FROM campaigns") == 0


def test_a_mistake_in_a_template_is_answered_with_its_part_and_line(campaigns, marketer):
    html = "<p>Dear\n{{ contact.name }},</p>\n<p>{{ customer.nmae }}</p>"
    answer = campaigns.call("create_campaign", marketer, **NEW | {"template": {"subject": "{{ x", "html": html}})
    errors = {error["pointer"]: error["detail"] for error in answer.body["errors"]}
    assert errors["/template/html"].startswith("Line 3: customer has no 'nmae'")
    assert errors["/template/subject"].startswith("Line 1: ")


def test_a_draft_is_changed_only_by_who_saw_its_newest_version(campaigns, marketer):
    campaign = drafted(campaigns, marketer)

    def change(**fields):
        return campaigns.call("change_campaign", marketer, campaign_id=campaign["id"], **fields)

    assert change(name="Winter").status == 428
    assert change(name="Winter", if_match='"7"').status == 412
    changed = change(name="Winter", throttle_per_minute=5.0, if_match='"1"')
    assert (changed.status, changed.etag) == (200, '"2"')
    assert (changed.json()["name"], changed.json()["throttle_per_minute"]) == ("Winter", 5)
    assert changed.json()["template"] == campaign["template"]
    assert change(template={"subject": "x", "html": "{% include 'y' %}"}, if_match='"2"').status == 422


def test_what_is_being_sent_cannot_be_changed(campaigns, marketer):
    campaign = drafted(campaigns, marketer)
    sending = campaigns.call("send_campaign", marketer, campaign_id=campaign["id"])
    answer = campaigns.call(
        "change_campaign", marketer, campaign_id=campaign["id"], name="Winter", if_match=sending.etag
    )
    assert (answer.status, answer.body["type"]) == (409, "not-a-draft")


def test_a_campaign_out_of_reach_is_not_there(campaigns, marketer):
    campaign = drafted(campaigns, marketer)
    colleague = campaigns.person("Colleague", MARKETER, teams=list(marketer.caller.teams))
    stranger = campaigns.person("Stranger", MARKETER, teams=[campaigns.team("Elsewhere")])

    assert campaigns.call("get_campaign", colleague, campaign_id=campaign["id"]).status == 200
    reading = ("get_campaign", "report", "find_recipients", "preview_audience")
    changing = ("pause_campaign", "cancel_campaign", "send_campaign")
    for operation in (*reading, *changing):
        assert campaigns.call(operation, stranger, campaign_id=campaign["id"]).status == 404
    for operation in changing:
        assert campaigns.call(operation, colleague, campaign_id=campaign["id"]).status == 404
    assert campaigns.call("find_campaigns", stranger).json()["items"] == []
    assert campaigns.scalar("SELECT state FROM campaigns") == "draft"


@pytest.mark.parametrize(
    ("operation", "permission"),
    [
        ("create_campaign", "campaigns:create"),
        ("find_campaigns", "campaigns:read"),
        ("send_campaign", "campaigns:send"),
        ("add_unsubscription", "campaigns:change"),
    ],
)
def test_each_operation_needs_its_permission(campaigns, operation, permission):
    others = campaigns.person("Others", {name: "all" for name in MARKETER if name != permission})
    assert campaigns.call(operation, others).status == 403


def test_campaigns_are_listed_in_pages_sorted_and_filtered(campaigns, marketer):
    names = [drafted(campaigns, marketer, name=f"News {number}")["name"] for number in range(5)]
    cancelled = campaigns.call("find_campaigns", marketer, sort="name").json()["items"][1]
    campaigns.call("cancel_campaign", marketer, campaign_id=cancelled["id"])

    def listed(**search) -> list[str]:
        found: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            page = campaigns.call("find_campaigns", marketer, limit=2, **search, **cursor).json()
            found += [item["name"] for item in page["items"]]
            if page["next_cursor"] is None:
                return found
            cursor = {"cursor": page["next_cursor"]}

    assert listed() == names[::-1]
    assert listed(sort="created_at") == names
    assert listed(sort="-name") == names[::-1]
    assert listed(filter='{"field": "state", "op": "eq", "value": "cancelled"}') == ["News 1"]
    assert campaigns.call("find_campaigns", marketer, sort="template").status == 422
    assert (
        campaigns.call("find_campaigns", marketer, filter='{"field": "template", "op": "eq", "value": 1}').status == 422
    )


def test_the_audience_is_counted_before_it_is_sent_with_who_is_left_out_and_why(campaigns, sink):
    team = campaigns.team("East")
    rep = campaigns.person("Rep", MARKETER | {"customers:read": "team"}, teams=[team])
    known_customer(campaigns, "a@one.example", "b@one.example", name="Two people", team_id=team)
    known_customer(campaigns, "A@one.example", name="Same address", team_id=team)
    known_customer(campaigns, None, "nonsense", name="No address", team_id=team)
    known_customer(campaigns, name="No addressee", team_id=team)
    known_customer(campaigns, "gone@two.example", name="Unsubscribed", team_id=team)
    known_customer(campaigns, "x@three.example", name="Out of sight")
    campaigns.call("add_unsubscription", rep, address="GONE@two.example")
    campaign = drafted(campaigns, rep)

    preview = campaigns.call("preview_audience", rep, campaign_id=campaign["id"]).json()
    assert preview["customers"] == 5
    assert preview["recipients"] == 2
    assert preview["excluded"] == {"no_address": 2, "unsubscribed": 1}
    assert {item["name"]: (item["recipients"], item["excluded"]) for item in preview["items"]} == {
        "Two people": (2, None),
        "Same address": (1, None),
        "No address": (0, "no_address"),
        "No addressee": (0, "no_address"),
        "Unsubscribed": (0, "unsubscribed"),
    }
    assert sink.messages == []


def test_at_the_most_twenty_customers_are_shown(campaigns, marketer):
    known_customers(campaigns, 25)
    preview = campaigns.call("preview_audience", marketer, campaign_id=drafted(campaigns, marketer)["id"]).json()
    assert (preview["customers"], len(preview["items"])) == (25, 20)
