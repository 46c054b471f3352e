"""An erased person is nowhere any more, and does not come back."""

import pytest

from chassis.jobs import JobRun
from tests.services.privacy.planted import OFFICER, entered, plant
from tests.services.privacy.suite import Suite


@pytest.fixture
def suite(tested):
    return Suite(tested)


@pytest.fixture
def who(suite):
    return suite.person("Officer", OFFICER)


@pytest.fixture
def planted(suite, who):
    return plant(suite, who)


def ordered(suite, who, **person):
    customers = suite.customers
    answer = customers.call("order_erasure", customers.stepped_up(who["customers"]), **person)
    assert answer.status == 202, answer.body
    return answer.body


def looked_at(suite, who, request):
    return suite.customers.call("get_privacy_request", who["customers"], request_id=request["id"]).body


def erased(suite, who, **person):
    request = ordered(suite, who, **person)
    suite.settle()
    seen = looked_at(suite, who, request)
    assert (seen["state"], seen["missing"]) == ("done", [])
    return seen


def found(suite, canaries):
    """Where a canary still stands, plain or once it is opened."""
    dumped = suite.dump() | suite.opened()
    return {(place, one) for place, content in dumped.items() for one in canaries if one.lower() in content.lower()}


def test_nothing_of_a_customer_is_left_in_any_database(suite, who, planted):
    assert found(suite, planted.canaries)
    seen = erased(suite, who, customer_id=planted.customer_id)
    assert found(suite, planted.canaries) == set()
    assert {one["service"] for one in seen["receipts"]} == set(suite.services)
    done = {
        (one["service"], line["what"], line["done"]): line["rows"] for one in seen["receipts"] for line in one["lines"]
    }
    assert done["customers", "customers", "anonymised"] == 1
    assert done["customers", "contacts", "deleted"] == 1
    assert done["tickets", "tickets", "anonymised"] == 1
    assert done["customers", "idempotency_keys", "deleted"] >= 1
    assert done["campaigns", "unsubscriptions.address_hash", "kept"] == 1
    assert not any(one in str(seen) for one in planted.canaries)


def test_a_contact_is_gone_and_his_company_stays(suite, who, planted):
    erased(suite, who, contact_id=planted.contact_id)
    his = ["Kanarina Goldfeder", "canary-contact@example.com", "+4940222000222", "canary-title"]
    assert found(suite, his) == set()
    company = suite.customers.call("get_customer", who["customers"], customer_id=planted.customer_id).body
    assert (company["name"], company["contacts"]) == ("Kanaria Vogelhaus", [])
    assert planted.only_of_company in str(suite.dump())


def test_search_does_not_find_who_was_erased(suite, who, planted):
    def hits(q):
        return suite.customers.call("search", who["customers"], q=q).body["items"]

    assert hits("goldfeder")
    assert hits("vogelhaus")
    erased(suite, who, contact_id=planted.contact_id)
    assert hits("goldfeder") == []
    assert hits("vogelhaus")
    erased(suite, who, customer_id=planted.customer_id)
    assert hits("vogelhaus") == []


def test_a_dry_run_tells_the_same_and_changes_nothing(suite, who, planted):
    would = erased(suite, who, customer_id=planted.customer_id, dry_run=True)
    assert {place for place, _ in found(suite, planted.canaries)} >= {"tickets.tickets", "customers.customers"}
    assert suite.customers.call("get_customer", who["customers"], customer_id=planted.customer_id).body["city"]
    lines = {(one["service"], line["what"], line["done"]) for one in would["receipts"] for line in one["lines"]}
    assert ("tickets", "comments", "anonymised") in lines
    reasons = [line["why"] for one in would["receipts"] for line in one["lines"] if line["done"] == "kept"]
    assert any("written to again" in why for why in reasons)


def test_old_events_do_not_bring_the_person_back(suite, who, planted):
    before = suite.envelopes()
    erased(suite, who, customer_id=planted.customer_id)
    suite.empty_replicas()
    suite.bring(before)
    assert found(suite, planted.canaries) == set()


def test_twice_is_the_same_as_once(suite, who, planted):
    erased(suite, who, customer_id=planted.customer_id)
    erased(suite, who, customer_id=planted.customer_id)
    assert found(suite, planted.canaries) == set()
    assert suite.customers.scalar("SELECT count(*) FROM customers WHERE erased_at IS NOT NULL") == 1


def test_an_erasure_that_is_killed_in_the_middle_goes_on(suite, who, planted, monkeypatch):
    """After each single step the process dies once."""
    saved, killed = JobRun.save, []

    def save_and_die(run, session, **progress):
        saved(run, session, **progress)
        place = (run._kind, run.id, progress.get("done"))
        if run._kind == "erase_person" and place not in killed:
            killed.append(place)
            raise KeyboardInterrupt

    monkeypatch.setattr(JobRun, "save", save_and_die)
    request = ordered(suite, who, customer_id=planted.customer_id)
    suite.settle()
    assert len(killed) > len(suite.services) * 3
    assert looked_at(suite, who, request)["state"] == "done"
    assert found(suite, planted.canaries) == set()


def test_the_export_that_was_made_before_is_gone_too(suite, who, planted):
    customers = suite.customers
    request = customers.call(
        "order_export", customers.stepped_up(who["customers"]), customer_id=planted.customer_id
    ).body
    suite.settle()
    erased(suite, who, customer_id=planted.customer_id)
    answer = customers.call("get_person_file", customers.stepped_up(who["customers"]), request_id=request["id"])
    assert answer.status == 409


def test_the_erased_customer_is_shared_with_nobody(suite, who, planted):
    partner = suite.customers.person("Partner", {"customers:read": "shared"})
    entered(
        *(suite.customers, who, "share_customer"),
        customer_id=planted.customer_id,
        grantee_id=partner.id,
        may_change=False,
    )
    erased(suite, who, customer_id=planted.customer_id)
    assert suite.customers.call("get_customer", partner, customer_id=planted.customer_id).status == 404


def test_who_may_not_erase_is_refused(suite, who, planted):
    stranger = suite.customers.person("Stranger", {"privacy:erase": "own", "privacy:read": "own"})
    asked = {"customer_id": planted.customer_id}
    assert suite.customers.call("order_erasure", suite.customers.stepped_up(stranger), **asked).status == 404
    assert suite.customers.call("order_erasure", who["customers"], **asked).body["type"] == "step-up-required"
