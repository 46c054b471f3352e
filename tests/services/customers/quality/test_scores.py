"""What a score follows from, and who is told of it."""

from datetime import timedelta
from uuid import UUID

import pytest

from tests.services.customers.factories import ADMIN, LEAD, REP, created, enforcing, etag, pooled
from tests.services.customers.quality.factories import (
    agreed,
    asked,
    begin_day,
    contacted,
    follow_fields,
    frozen,
    items,
    kept,
    quality,
    standard,
)

DAY = timedelta(days=1)


@pytest.fixture
def admin(customers):
    enforcing(customers)
    return customers.person("Admin", ADMIN)


@pytest.fixture
def clock(monkeypatch):
    return frozen(monkeypatch)


def test_a_score_follows_from_what_is_there_valid_and_new(customers, admin):
    criteria = asked(phone=(3, 365), email=(1, None), website=(1, None), contacted=(2, 90))
    standard(customers, admin, criteria=criteria, completeness=2, validity=1, freshness=1)
    customer = created(customers, admin, phone="no number 1", website="https://example.com/")
    told = quality(customers, admin, customer)
    assert {one["field"]: (one["state"], one["why"]) for one in told["items"]} == {
        "phone": ("invalid", "form"),
        "email": ("missing", None),
        "website": ("ok", None),
        "contacted": ("ok", None),
    }
    assert [told[name] for name in ("completeness", "validity", "freshness")] == [80, 25, 100]
    assert told["score"] == 71  # (2 * 80 + 25 + 100) / 4 = 71.25
    assert kept(customers, customer)["score"] == 71


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("phone", "0800 none", "form"),
        ("phone", "+49 40 123456", None),
        ("country", "Nowhere", "term"),
        ("country", "中国", None),
        ("registration_number", "91110000600037341L", None),
        ("source", "fair", None),
    ],
)
def test_what_is_there_is_valid_or_says_why_not(customers, admin, field, value, why):
    standard(customers, admin, criteria=asked(**{field: (1, None)}))
    customer = created(customers, admin, **{field: value})
    assert items(customers, admin, customer)[field]["why"] == why


def test_a_closed_term_is_not_valid_any_more_once_the_job_has_run(customers, admin):
    standard(customers, admin, criteria=asked(source=(1, None)))
    customer = created(customers, admin, source="fair")
    assert kept(customers, customer)["invalid"] == []
    (fair,) = [
        one for one in customers.call("find_terms", admin, dictionary="source").body["items"] if one["code"] == "fair"
    ]
    customers.call("change_term", admin, term_id=fair["id"], if_match=etag(fair), active=False)
    assert customers.run_jobs() == 1
    assert kept(customers, customer)["invalid"] == ["source"]


def test_a_contact_counts_if_it_can_be_reached(customers, admin):
    standard(customers, admin, criteria=asked(contact=(1, None)))
    customer = created(customers, admin)
    customers.call("add_contact", admin, customer_id=customer["id"], name="Nobody knows how")
    assert items(customers, admin, customer)["contact"]["state"] == "missing"
    ann = customers.call("add_contact", admin, customer_id=customer["id"], name="Ann", email="ann@example.com").body
    assert kept(customers, customer)["score"] == 100
    customers.call("remove_contact", admin, contact_id=ann["id"])
    assert kept(customers, customer)["missing"] == ["contact"]


def test_custom_fields_are_asked_for_by_their_rules(customers, admin):
    choices = [{"code": code, "label": code} for code in ("gold", "iron")]
    metal = {"key": "metal", "label": "Metal", "kind": "choice", "options": {"choices": choices}}
    field = customers.call("add_custom_field", admin, **metal).body
    customers.runtime.refresh()
    standard(customers, admin, criteria=asked(**{"custom.metal": (1, None)}))
    customer = created(customers, admin, custom={"metal": "iron"})
    assert kept(customers, customer)["score"] == 100
    closed = [choices[0], choices[1] | {"active": False}]
    answer = customers.call(
        "change_custom_field", admin, field_id=field["id"], if_match='"1"', options={"choices": closed}
    )
    assert answer.status == 200, answer.body
    follow_fields(customers)
    assert kept(customers, customer)["invalid"] == ["custom.metal"]


def test_scores_fall_on_the_day_on_which_something_becomes_too_old(customers, admin, clock):
    standard(customers, admin, criteria=asked(phone=(1, 10), contacted=(1, 20)))
    customer = created(customers, admin, phone="+49 40 123456")
    clock.pass_by(days=10)
    begin_day(customers)
    assert kept(customers, customer)["freshness"] == 100
    clock.pass_by(days=1)
    assert items(customers, admin, customer)["phone"]["state"] == "stale"
    begin_day(customers)
    row = kept(customers, customer)
    assert (row["freshness"], row["stale"]) == (50, ["phone"])
    clock.pass_by(days=10)
    begin_day(customers)
    row = kept(customers, customer)
    assert (row["freshness"], row["stale"], row["falls_on"]) == (0, ["phone", "contacted"], None)
    contacted(customers, customer, clock.now)
    assert kept(customers, customer)["stale"] == ["phone"]


def test_a_field_is_as_new_as_its_last_change_or_confirmation(customers, admin, clock):
    standard(customers, admin, criteria=asked(phone=(1, 10), email=(1, 10), verified=(1, 10)))
    customer = created(customers, admin, phone="+49 40 123456", email="sales@example.com")
    clock.pass_by(days=11)
    begin_day(customers)
    assert kept(customers, customer)["stale"] == ["phone", "email", "verified"]
    customers.call("change_customer", admin, customer_id=customer["id"], if_match=etag(customer), phone="+49 40 9999")
    assert kept(customers, customer)["stale"] == ["email", "verified"]
    told = customers.call("verify_customer", admin, customer_id=customer["id"], fields=["email"]).body
    assert {one["field"]: one["verified_by"] for one in told["items"]} == {
        "phone": None,
        "email": str(admin.id),
        "verified": None,
    }
    assert kept(customers, customer)["stale"] == ["verified"]
    told = customers.call("verify_customer", admin, customer_id=customer["id"]).body
    assert (told["score"], told["verified_by"], told["verified_at"] is not None) == (100, str(admin.id), True)
    assert kept(customers, customer)["stale"] == []
    (*_, one) = [one for one in customers.events() if one["type"] == "CustomerVerified"]
    assert (one["aggregate_id"], one["payload"]["by_id"]) == (customer["id"], str(admin.id))


def test_another_standard_is_versioned_and_holds_for_all(customers, admin):
    first, second = created(customers, admin, name="One", city="Kiel"), created(customers, admin, name="Two")
    before = standard(customers, admin)
    standard(customers, admin, criteria=asked(city=(1, None)))
    assert (kept(customers, first)["score"], kept(customers, second)["missing"]) == (100, ["city"])
    assert {row["standard_version"] for row in agreed(customers).values()} == {before["version"] + 1}
    stale = customers.call(
        "change_quality_standard", admin, standard_id=before["id"], if_match=etag(before), due_days=3
    )
    assert stale.status == 412
    (entry,) = [one for one in customers.audited() if one["action"] == "change_quality_standard"]
    assert entry["changes"][0]["after"]["criteria"] == asked(city=(1, None))


@pytest.mark.parametrize(
    ("criteria", "pointer"),
    [
        (asked(verified=(1, None)), "/criteria/0/max_age_days"),
        (asked(city=(1, None)) * 2, "/criteria/0/field"),
        (asked(**{"custom.nothing": (1, None)}), "/criteria/0/field"),
        (asked(marks=(1, None)), "/criteria/0/field"),
    ],
)
def test_a_standard_asks_for_what_there_is(customers, admin, criteria, pointer):
    one = standard(customers, admin)
    answer = customers.call(
        "change_quality_standard", admin, standard_id=one["id"], if_match=etag(one), criteria=criteria
    )
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, pointer)
    nothing = {"completeness": 0, "validity": 0, "freshness": 0}
    answer = customers.call("change_quality_standard", admin, standard_id=one["id"], if_match=etag(one), **nothing)
    assert answer.status == 422


def test_nobody_is_told_what_follows_from_fields_that_are_hidden_from_him(customers, admin):
    team = customers.team("East")
    rules = {"customers": {"phone": {"own": "full", "others": "hidden"}, "contract_ends_at": "hidden"}}
    blind = customers.person("Blind", LEAD, teams=[team], field_rules=rules)
    rep = customers.person("Rep", REP, teams=[team])
    standard(customers, admin, criteria=asked(phone=(3, None), city=(1, None)))
    customer = created(customers, rep, name="With", city="Kiel")
    with_phone = created(customers, rep, name="Without", city="Kiel", phone="+49 40 123456")
    told = [quality(customers, blind, one) | {"customer_id": None} for one in (customer, with_phone)]
    assert told[0] == told[1]
    assert (told[0]["score"], [one["field"] for one in told[0]["items"]]) == (100, ["city"])
    assert quality(customers, rep, customer)["score"] == 63
    assert standard(customers, blind)["criteria"] == asked(phone=(3, None), city=(1, None))  # of his own he sees both
    assert customers.call("verify_customer", blind, customer_id=customer["id"], fields=["phone"]).status == 422
    report = customers.call("report_quality", blind).body
    assert (report["all"]["customers"], report["items"]) == (0, [])
    assert customers.call("customers_by_quality", blind).body["items"] == []
    own = created(customers, blind, name="Own")
    listed = customers.call("customers_by_quality", blind).body["items"]
    assert [one["customer_id"] for one in listed] == [own["id"]]


def test_whoever_does_not_see_the_stage_is_not_told_by_what_it_is_judged(customers, admin):
    hidden = {"customers": {"lifecycle_stage": "hidden"}}
    blind = customers.person("Blind", ADMIN | {"*": "own"}, field_rules=hidden)
    told = quality(customers, blind, created(customers, blind, name="His"))
    assert (told["score"], told["items"], told["standard_id"]) == (None, [], None)


def test_what_a_pool_hides_is_not_judged_in_it(customers, admin):
    rep = customers.person("Rep", REP)
    standard(customers, admin, criteria=asked(phone=(1, None), city=(1, None)))
    customer = pooled(customers, admin, city="Kiel")
    assert quality(customers, rep, customer)["score"] == 75
    assert [one["customer_id"] for one in customers.call("customers_by_quality", rep).body["items"]] == [customer["id"]]
    pool = customers.call("get_pool", admin, pool_id=customer["pool_id"]).body
    changed = {"pool_id": pool["id"], "if_match": etag(pool), "hidden_fields": ["phone"]}
    assert customers.call("change_pool", admin, **changed).status == 200
    told = quality(customers, rep, customer)
    assert (told["score"], [one["field"] for one in told["items"]]) == (100, ["city"])
    assert customers.call("customers_by_quality", rep).body["items"] == []
    assert quality(customers, admin, customer)["score"] == 75
    assert kept(customers, customer)["pool_id"] == UUID(pool["id"])
