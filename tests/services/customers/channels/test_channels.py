"""Several ways to reach a customer and its contacts, of which the fields hold the primary ones."""

import pytest

from services.customers.channels.commands import MOST
from services.customers.service import CustomersService
from tests.services.customers.channels.factories import add, added, change, listed, told
from tests.services.customers.factories import ADMIN, LEAD, REP, created, enforcing, etag, imported, pooled, seen

HEAD, MOBILE, OTHER = "+4940123456", "+8613812345678", "+4940999999"


@pytest.fixture
def customers(tested):
    return tested(CustomersService)


@pytest.fixture
def rep(customers):
    return customers.person("Rep", REP)


@pytest.fixture
def customer(customers, rep):
    return created(customers, rep, phone=HEAD, email="info@example.com", website="https://example.com/")


def test_the_fields_are_the_primary_channels(customers, rep, customer):
    channels = listed(customers, rep, customer)
    assert [(one["kind"], one["value"]) for one in channels] == [
        ("phone", HEAD),
        ("mail", "info@example.com"),
        ("website", "https://example.com/"),
    ]
    assert all(one["primary"] and one["state"] == "unverified" and one["source"] is None for one in channels)


def test_a_number_tells_its_country_its_network_and_its_kind(customers, rep, customer):
    one = added(customers, rep, customer, "mobile", MOBILE, label="work", source="call")
    said = {"region": "CN", "carrier": "China Mobile", "line": "mobile", "label": "work", "source": "call"}
    assert said.items() <= one.items()
    assert (one["primary"], one["state"], one["since"] is None) == (False, "unverified", False)
    head = listed(customers, rep, customer)[0]
    assert (head["region"], head["carrier"], head["line"]) == ("DE", None, "fixed")


def test_a_local_number_is_read_as_in_the_country_and_stored_once(customers, rep):
    customer = created(customers, rep, country="Germany", phone=HEAD)
    assert add(customers, rep, customer, "phone", "040 123456").body["type"] == "channel-exists"
    assert add(customers, rep, customer, "phone", "040 999999").body["items"][1]["value"] == OTHER


@pytest.mark.parametrize(
    ("kind", "value"), [("phone", "see above"), ("mail", "nobody"), ("website", "example.com"), ("wechat", "x" * 101)]
)
def test_what_is_none_of_its_kind_is_refused(customers, rep, customer, kind, value):
    answer = add(customers, rep, customer, kind, value)
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, "/value")
    assert seen(customers, rep, customer["id"])["version"] == customer["version"]


def test_another_one_becomes_the_primary_one_and_the_field_follows(customers, rep, customer):
    one = added(customers, rep, customer, "mobile", MOBILE)
    answer = change(customers, rep, customer, one, primary=True)
    assert answer.status == 200
    assert told(answer.body["items"])[:2] == [(MOBILE, True, "unverified"), (HEAD, False, "unverified")]
    assert seen(customers, rep, customer["id"])["phone"] == MOBILE
    assert answer.body["version"] == seen(customers, rep, customer["id"])["version"]


def test_a_stale_primary_one_makes_room_for_a_verified_one_and_stays_as_history(customers, rep, customer):
    added(customers, rep, customer, "phone", OTHER)
    verified = added(customers, rep, customer, "mobile", MOBILE)
    assert change(customers, rep, customer, verified, state="verified").status == 200
    head = listed(customers, rep, customer)[0]
    change(customers, rep, customer, head, state="stale")
    known = {one["value"]: one for one in listed(customers, rep, customer)}
    assert (known[HEAD]["primary"], known[HEAD]["state"], known[HEAD]["until"] is None) == (False, "stale", False)
    assert (known[MOBILE]["primary"], known[MOBILE]["state"]) == (True, "verified")
    assert known[MOBILE]["verified_by"] == str(rep.id)
    assert seen(customers, rep, customer["id"])["phone"] == MOBILE


def test_what_is_known_of_a_value_is_not_said_of_another_one(customers, rep, customer):
    head = listed(customers, rep, customer)[0]
    change(customers, rep, customer, head, state="verified")
    now = seen(customers, rep, customer["id"])
    customers.call("change_customer", rep, customer_id=customer["id"], if_match=etag(now), phone=OTHER)
    phones = [one for one in listed(customers, rep, customer) if one["kind"] == "phone"]
    assert told(phones) == [(OTHER, True, "unverified"), (HEAD, False, "stale")]
    assert phones[0]["id"] != phones[1]["id"]
    now = seen(customers, rep, customer["id"])
    customers.call("change_customer", rep, customer_id=customer["id"], if_match=etag(now), phone=HEAD)
    assert (HEAD, True, "verified") in told(listed(customers, rep, customer))


def test_an_import_that_brings_another_number_is_undone_with_what_was_known(customers, rep, customer):
    change(customers, rep, customer, listed(customers, rep, customer)[0], state="verified")
    before = listed(customers, rep, customer)
    rows = [{"name": customer["name"], "email": "info@example.com", "phone": OTHER}]
    done = imported(customers, rep, rows, match_on=["email"], on_match="update")
    assert done["result"]["updated"] == 1, done
    assert seen(customers, rep, customer["id"])["phone"] == OTHER
    customers.call("undo_change_set", customers.stepped_up(rep), change_set_id=done["id"])
    customers.run_jobs()
    assert listed(customers, rep, customer) == before


def test_a_messenger_has_a_primary_one_of_its_own_kind(customers, rep, customer):
    added(customers, rep, customer, "wechat", "lml88")
    second = added(customers, rep, customer, "wechat", "lml99", primary=True)
    assert second["primary"]
    assert [one["value"] for one in listed(customers, rep, customer) if one["primary"]][3:] == ["lml99"]


def test_a_removed_one_is_gone_and_the_next_one_takes_its_place(customers, rep, customer):
    added(customers, rep, customer, "phone", OTHER)
    now = seen(customers, rep, customer["id"])
    head = listed(customers, rep, customer)[0]
    ids = {"customer_id": customer["id"], "channel_id": head["id"]}
    assert customers.call("remove_channel", rep, **ids, if_match='"1"').status == 412
    answer = customers.call("remove_channel", rep, **ids, if_match=etag(now))
    assert told(answer.body["items"])[0] == (OTHER, True, "unverified")
    assert seen(customers, rep, customer["id"])["phone"] == OTHER
    assert change(customers, rep, customer, head, state="verified").status == 404


def test_contacts_have_channels_of_their_own(customers, rep, customer):
    contact = customers.call("add_contact", rep, customer_id=customer["id"], name="Li", email="li@example.com").body
    one = added(customers, rep, customer, "mobile", MOBILE, contact_id=contact["id"])
    assert (one["contact_id"], one["primary"]) == (contact["id"], True)
    after = seen(customers, rep, customer["id"])
    assert (after["contacts"][0]["phone"], after["phone"]) == (MOBILE, HEAD)
    assert after["contacts"][0]["version"] == contact["version"] + 1
    answer = add(customers, rep, customer, "mobile", MOBILE, contact_id=customer["id"])
    assert (answer.status, answer.body["type"]) == (422, "unknown-contact")


def test_there_is_room_for_so_many_and_the_oldest_history_goes_first(customers, rep, customer):
    for number in range(MOST - 3):
        added(customers, rep, customer, "other", f"one {number}")
    assert add(customers, rep, customer, "other", "more").body["type"] == "too-many-channels"
    change(customers, rep, customer, listed(customers, rep, customer)[5], state="stale")
    assert add(customers, rep, customer, "other", "more").status == 201
    assert len(listed(customers, rep, customer)) == MOST


def test_each_change_is_told_and_on_record_without_the_values(customers, rep, customer):
    added(customers, rep, customer, "mobile", MOBILE)
    assert customers.events()[-1]["type"] == "CustomerChanged"
    entry = customers.audited()[-1]
    assert entry["action"] == "add_channel"
    assert "channels" in str(entry["changes"])
    assert MOBILE not in str(entry)


def test_mail_that_came_back_reaches_nobody_until_another_address_is_the_primary_one(customers, rep, customer):
    mail = listed(customers, rep, customer)[1]
    change(customers, rep, customer, mail, state="bounced")
    assert customers.events()[-1]["payload"]["addressees"] == []
    other = added(customers, rep, customer, "mail", "new@example.com")
    change(customers, rep, customer, other, primary=True)
    assert seen(customers, rep, customer["id"])["email"] == "new@example.com"


def test_masks_and_hidden_fields_hold_for_every_channel(customers, rep):
    enforcing(customers)
    east = customers.team("East")
    admin = customers.person("Admin", ADMIN, teams=[east])
    rules = {"customers": {"phone": {"own": "full", "others": "masked"}, "email": "hidden"}}
    reader = customers.person("Reader", LEAD, teams=[east], field_rules=rules)
    customer = created(customers, admin, phone=HEAD, email="info@example.com")
    one = added(customers, admin, customer, "mobile", MOBILE)
    added(customers, admin, customer, "mail", "boss@example.com")
    added(customers, admin, customer, "wechat", "lml88")
    shown = listed(customers, reader, customer)
    assert [(one["value"], one["carrier"], one["region"]) for one in shown] == [
        ("+49****3456", None, None),
        ("+86138****5678", None, None),
        ("****", None, None),
    ]
    assert change(customers, reader, customer, one, state="stale").body["type"] == "field-read-only"
    assert add(customers, reader, customer, "phone", OTHER).body["type"] == "field-read-only"
    assert add(customers, reader, customer, "mail", "x@example.com").status == 422
    mail = next(one for one in listed(customers, admin, customer) if one["kind"] == "mail")
    assert change(customers, reader, customer, mail, state="stale").status == 404


def test_what_a_pool_hides_is_hidden_of_every_channel(customers, rep):
    admin = customers.person("Admin", ADMIN)
    customer = pooled(customers, admin, phone=HEAD)
    added(customers, admin, customer, "mobile", MOBILE)
    pool = customers.call("find_pools", admin).body["items"][0]
    guard = {"pool_id": pool["id"], "if_match": etag(pool)}
    assert customers.call("change_pool", admin, **guard, hidden_fields=["phone"]).status == 200
    assert [one["value"] for one in listed(customers, rep, customer)] == ["+49****3456", "+86138****5678"]
    assert customers.call("claim_customer", rep, customer_id=customer["id"]).status == 200
    assert [one["value"] for one in listed(customers, rep, customer)] == [HEAD, MOBILE]


def test_they_are_as_far_away_as_their_customer(customers, rep, customer):
    other = customers.person("Other", REP)
    one = listed(customers, rep, customer)[0]
    ids = {"customer_id": customer["id"], "channel_id": one["id"], "if_match": etag(customer)}
    answers = [
        customers.call("customer_channels", other, customer_id=customer["id"]),
        add(customers, other, customer, "phone", OTHER),
        customers.call("change_channel", other, **ids, state="stale"),
        customers.call("remove_channel", other, **ids),
    ]
    assert [answer.status for answer in answers] == [404] * 4
    assert len(listed(customers, rep, customer)) == 3
