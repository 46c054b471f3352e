"""No customer twice: the check before one is entered, and the keys that no two may have."""

import pytest

from chassis.testing.tested import together
from tests.services.customers.factories import ADMIN, REP, created, enforcing, etag, imported, pooled, seen

NUMBER = "+8613800000005"
MASKED = {"phone": {"own": "full", "others": "masked"}}
HIDDEN = {"phone": {"own": "full", "others": "hidden"}}


@pytest.fixture
def east(customers):
    return customers.team("East")


@pytest.fixture
def rep(customers, east):
    return customers.person("Rep", REP, teams=[east])


@pytest.fixture
def other(customers):
    return customers.person("Other", REP, teams=[customers.team("West")])


def check(customers, who, **described):
    answer = customers.call("check_customer", who, **described)
    assert answer.status == 200, answer.body
    return answer.body


def test_of_two_hundred_parallel_creates_of_one_number_one_customer_comes(customers, rep):
    spellings = ["+8613800000005", "138 0000 0005", "0086 138-0000-0005"]

    def create(number):
        return customers.call("create_customer", rep, name=f"N {number}", phone=spellings[number % 3], country="China")

    answers = together(200, create)
    assert sorted(answer.status for answer in answers) == [201, *[409] * 199]
    assert {answer.body["type"] for answer in answers if answer.status == 409} == {"customer-exists"}
    assert customers.scalar("SELECT count(*) FROM customers") == 1
    assert customers.scalar("SELECT count(*) FROM outbox WHERE type = 'CustomerCreated'") == 1
    (entered,) = (answer.body for answer in answers if answer.status == 201)
    assert {answer.body["matches"][0]["customer_id"] for answer in answers if answer.status == 409} == {entered["id"]}


def test_whoever_wants_two_keys_at_once_does_not_wait_for_ever(customers, rep):
    def create(number):
        pair = {"phone": f"+86138000000{10 + number % 3}", "email": f"a{(number + number // 3) % 3}@example.com"}
        return customers.call("create_customer", rep, name="Pair", **pair)

    statuses = [answer.status for answer in together(60, create)]
    assert set(statuses) == {201, 409}
    assert statuses.count(201) <= 3
    held = "SELECT count(*) FROM customer_keys k LEFT JOIN customers c ON c.id = k.customer_id WHERE c.id IS NULL"
    assert customers.scalar(held) == 0


@pytest.mark.parametrize("given", [{"phone": NUMBER}, {"email": "Sales@Example.com"}])
def test_somebody_elses_customer_is_only_told_to_exist_and_whose_team_it_is(customers, rep, other, given):
    created(customers, other, name="Secret Trading", phone=NUMBER, email="sales@example.com")
    (reason,) = given
    refused = customers.call("create_customer", rep, name="Mine", **given)
    assert (refused.status, refused.body["type"]) == (409, "customer-exists")
    told = {"customer_id": None, "name": None, "owner_id": None, "in_pool": False, "team": "West", "reasons": [reason]}
    assert refused.body["matches"] == [told]
    assert check(customers, rep, **given) == {"matches": [told], "enters": False}
    assert customers.scalar("SELECT count(*) FROM customers") == 1


def test_a_customer_in_sight_is_named(customers, rep, other):
    mine = created(customers, rep, name="Mine", phone=NUMBER)
    free = pooled(customers, other, name="Free", email="free@example.com")
    found = check(customers, rep, phone=NUMBER, email="free@example.com")
    assert [(one["customer_id"], one["name"], one["reasons"]) for one in found["matches"]] == [
        (mine["id"], "Mine", ["phone"]),
        (free["id"], "Free", ["email"]),
    ]
    assert [one["in_pool"] for one in found["matches"]] == [False, True]


def test_names_and_contacts_are_told_of_but_refuse_nothing(customers, rep, other):
    first = created(customers, other, name="Example  Trading")
    customers.call("add_contact", other, customer_id=first["id"], name="Switchboard", phone=NUMBER)
    found = check(customers, rep, name="EXAMPLE TRADING", phone=NUMBER)
    assert [one["reasons"] for one in found["matches"]] == [["name", "contact_phone"]]
    assert found["enters"] is True
    created(customers, rep, name="Example Trading", phone=NUMBER)


def test_who_must_not_know_what_stands_in_a_field_is_not_led_to_its_customer_by_it(customers, other):
    created(customers, other, name="Theirs", phone=NUMBER)
    everything = REP | {"customers:read": "all"}
    masked = customers.person("Masked", everything, field_rules={"customers": MASKED})
    hidden = customers.person("Hidden", everything, field_rules={"customers": HIDDEN})
    assert check(customers, masked, phone=NUMBER)["matches"][0]["name"] == "Theirs"
    assert check(customers, hidden, phone=NUMBER)["matches"][0]["name"] is None
    blind = customers.person("Blind", everything, field_rules={"customers": {"phone": "hidden"}})
    assert customers.call("check_customer", blind, phone=NUMBER).status == 422


def test_having_one_twice_takes_a_permission(customers, rep, other):
    first = created(customers, other, phone=NUMBER)
    refused = customers.call("create_customer", rep, name="Again", phone=NUMBER, allow_duplicate=True)
    assert (refused.status, customers.scalar("SELECT count(*) FROM customers")) == (403, 1)
    lead = customers.person("Lead", REP | {"customers:duplicate": "team"})
    again = created(customers, lead, phone=NUMBER, allow_duplicate=True)
    assert customers.scalar("SELECT customer_id FROM customer_keys") is not None
    assert {first["phone"], again["phone"]} == {NUMBER}
    assert len(check(customers, customers.person("Admin", ADMIN), phone=NUMBER)["matches"]) == 2


def test_a_change_is_checked_like_a_create_and_frees_what_it_gives_up(customers, rep):
    first = created(customers, rep, name="First", phone=NUMBER)
    second = created(customers, rep, name="Second", phone="+8613800000006")
    taken = customers.call(
        "change_customer", rep, customer_id=second["id"], phone=NUMBER, name="Third", if_match=etag(second)
    )
    assert (taken.status, taken.body["type"]) == (409, "customer-exists")
    assert seen(customers, rep, second["id"]) == second
    freed = customers.call("change_customer", rep, customer_id=first["id"], phone=None, if_match=etag(first))
    assert freed.status == 200
    again = customers.call("change_customer", rep, customer_id=second["id"], phone=NUMBER, if_match=etag(second))
    assert (again.status, again.body["phone"]) == (200, NUMBER)
    assert customers.scalar("SELECT count(*) FROM customer_keys") == 1


def test_what_came_by_an_import_counts_too(customers, rep, other):
    imported(customers, other, [{"name": "Imported", "phone": NUMBER}])
    assert customers.call("create_customer", rep, name="Mine", phone=NUMBER).status == 409


def test_an_organisation_is_known_by_its_registration_number(customers, rep, other):
    created(customers, other, name="Registered", registration_number="91110000600037341L")
    created(customers, other, name="Elsewhere", registration_number="HRB 4711", country="Germany")
    found = check(customers, rep, registration_number="91110000 6000 37341l")
    assert ([one["reasons"] for one in found["matches"]], found["enters"]) == ([["registration_number"]], False)
    again = customers.call("create_customer", rep, name="Again", registration_number="91110000600037341L")
    assert (again.status, again.body["matches"][0]["team"]) == (409, "West")
    created(customers, rep, name="Other country", registration_number="HRB 4711", country="France")
    same = customers.call("create_customer", rep, name="Same", registration_number="HRB 4711", country="Germany")
    assert same.status == 409


def test_what_is_no_number_tells_nobody_apart(customers, rep):
    for name in ("One", "Two"):
        created(customers, rep, name=name, phone="4711")


def test_an_administrator_says_which_keys_are_enforced(customers, rep):
    admin = customers.person("Admin", ADMIN)
    assert customers.call("get_duplicate_rules", rep).status == 403
    before = customers.call("get_duplicate_rules", admin)
    assert (before.body["enforced"], before.etag) == (["phone", "email", "registration_number"], '"1"')
    stale = customers.call("change_duplicate_rules", admin, enforced=[], if_match='"7"')
    assert stale.status == 412
    after = customers.call("change_duplicate_rules", admin, enforced=["email"], if_match=before.etag)
    assert (after.status, after.body["enforced"]) == (200, ["email"])
    for name in ("One", "Two"):
        created(customers, rep, name=name, phone=NUMBER)
    assert check(customers, rep, phone=NUMBER)["enters"] is True
    enforcing(customers, "phone")
    assert customers.call("create_customer", rep, name="Three", phone=NUMBER).status == 409
