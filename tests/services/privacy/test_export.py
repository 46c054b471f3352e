"""A person gets everything that any service knows of him."""

from dataclasses import replace

import orjson
import pytest

from tests.services.privacy.planted import OFFICER, plant
from tests.services.privacy.suite import Suite


@pytest.fixture
def suite(tested):
    return Suite(tested)


def ordered(suite, who, **person):
    customers = suite.customers
    answer = customers.call("order_export", customers.stepped_up(who["customers"]), **person)
    assert answer.status == 202, answer.body
    return answer.body


def fetched(suite, who, request):
    customers = suite.customers
    answer = customers.call("get_person_file", customers.stepped_up(who["customers"]), request_id=request["id"])
    if answer.status != 200:
        return answer
    with customers.blobs.open(answer.body["file"]) as file:
        return replace(answer, body=orjson.loads(file.read()))


def looked_at(suite, who, request):
    return suite.customers.call("get_privacy_request", who["customers"], request_id=request["id"]).body


def test_the_file_holds_everything_that_was_planted(suite):
    who = suite.person("Officer", OFFICER)
    planted = plant(suite, who)
    request = ordered(suite, who, customer_id=planted.customer_id)
    assert request["state"] == "running"
    suite.settle()
    seen = looked_at(suite, who, request)
    assert (seen["state"], seen["missing"]) == ("done", [])
    assert {one["service"] for one in seen["receipts"]} == set(suite.services)
    document = fetched(suite, who, request).body
    missing = [canary for canary in planted.canaries if canary not in str(document)]
    assert missing == []
    given = {(one["service"], line["what"]): line["rows"] for one in seen["receipts"] for line in one["lines"]}
    assert given["customers", "contacts"] == 1
    assert given["tickets", "comments"] == 1


def test_a_contact_gets_what_mentions_him_but_not_what_is_his_companys(suite):
    who = suite.person("Officer", OFFICER)
    planted = plant(suite, who)
    request = ordered(suite, who, contact_id=planted.contact_id)
    suite.settle()
    text = str(fetched(suite, who, request).body)
    assert planted.contact_email in text
    assert planted.mention in text
    assert planted.only_of_company not in text


def test_a_person_is_found_by_his_address(suite):
    who = suite.person("Officer", OFFICER)
    planted = plant(suite, who)
    request = ordered(suite, who, email=planted.contact_email)
    suite.settle()
    assert planted.mention in str(fetched(suite, who, request).body)


def test_a_service_that_is_down_is_named_and_does_its_part_later(suite):
    who = suite.person("Officer", OFFICER)
    planted = plant(suite, who)
    suite.down.add("tickets")
    request = ordered(suite, who, customer_id=planted.customer_id)
    suite.settle()
    seen = looked_at(suite, who, request)
    assert (seen["state"], seen["missing"]) == ("running", ["tickets"])
    assert fetched(suite, who, request).status == 409
    suite.down.clear()
    suite.settle()
    assert looked_at(suite, who, request)["missing"] == []
    assert fetched(suite, who, request).status == 200


def test_it_takes_the_permission_and_a_proof_once_more(suite):
    stranger = suite.customers.person("Stranger", {"customers:read": "all"})
    assert suite.customers.call("order_export", stranger, email="a@example.com").body["type"] == "forbidden"
    officer = suite.customers.person("Officer", OFFICER)
    assert suite.customers.call("order_export", officer, email="a@example.com").body["type"] == "step-up-required"
    answer = suite.customers.call("order_export", suite.customers.stepped_up(officer))
    assert answer.status == 422


def test_the_order_and_the_file_are_in_the_audit_trail_as_exports(suite):
    who = suite.person("Officer", OFFICER)
    planted = plant(suite, who)
    ordered(suite, who, customer_id=planted.customer_id)
    suite.settle()
    exports = {entry["action"] for entry in suite.customers.audited() if entry["kind"] == "export"}
    assert {"order_export", "export_person", "person_exported"} <= exports


def test_nothing_of_the_person_lies_open_in_the_store_of_files(suite, tmp_path):
    who = suite.person("Officer", OFFICER)
    planted = plant(suite, who)
    ordered(suite, who, customer_id=planted.customer_id)
    suite.settle()
    files = [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    assert [path.name for path in files] == ["person.json"]
    content = files[0].read_bytes()
    assert not any(canary.encode() in content for canary in planted.canaries)
