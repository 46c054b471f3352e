"""Entering customers and changing what describes them."""

from uuid import uuid4

import pytest

from chassis.testing.tested import together
from tests.services.customers.factories import ADMIN, REP, created, etag, seen


@pytest.fixture
def team(customers):
    return customers.team("East")


@pytest.fixture
def rep(customers, team):
    return customers.person("Rep", REP, teams=[team])


def test_a_new_customer_belongs_to_whoever_enters_it_and_to_his_main_team(customers, rep, team):
    entered = created(customers, rep, name="  Example   Trading ", kind="organisation", sector=" Software ")
    assert (entered["owner_id"], entered["team_id"]) == (str(rep.id), str(team))
    assert (entered["in_pool"], entered["version"]) == (False, 1)
    assert entered["sector"] == "software"
    assert seen(customers, rep, entered["id"]) == entered


def test_a_new_customer_may_go_to_the_pool_directly(customers, rep):
    entered = created(customers, rep, in_pool=True)
    assert (entered["owner_id"], entered["team_id"], entered["in_pool"]) == (None, None, True)


def test_everything_that_was_said_is_kept(customers, rep):
    said = {
        "name": "Example Trading",
        "kind": "organisation",
        "sector": "shipbuilding",
        "country": "德国",
        "city": "Hamburg",
        "address": "1 Harbour Street",
        "website": "https://example.com/",
        "phone": "040 123456",
        "email": "Sales@Example.com",
        "employees": 250,
        "revenue": "1100.040",
        "established_year": 1996,
        "description": "Makes\nengines.",
        "tags": ["Key  Account", "key account", "north"],
    }
    entered = created(customers, rep, **said)
    kept = {name: entered[name] for name in said}
    normal = {"country": "Germany", "phone": "+4940123456", "email": "sales@example.com", "revenue": "1100.040"}
    assert kept == said | normal | {"tags": ["key account", "north"]}
    assert seen(customers, rep, entered["id"]) == entered


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "  "),
        ("name", "x" * 201),
        ("name", "two\nlines"),
        ("kind", "alien"),
        ("employees", -1),
        ("employees", 2**31),
        ("employees", "5"),
        ("employees", True),
        ("revenue", "1e5"),
        ("revenue", 5),
        ("revenue", "1" * 13),
        ("established_year", 99999),
        ("email", "nobody"),
        ("website", "javascript:alert(1)"),
        ("tags", [str(number) for number in range(31)]),
        ("tags", [""]),
        ("sector", "x" * 61),
        ("in_pool", 1),
        ("owner_id", str(uuid4())),
    ],
)
def test_what_breaks_the_rules_is_refused_with_its_place(customers, rep, field, value):
    answer = customers.call("create_customer", rep, **({"name": "Example"} | {field: value}))
    assert answer.status == 422
    assert answer.body["errors"][0]["pointer"].startswith(f"/{field}")
    assert customers.scalar("SELECT count(*) FROM customers") == 0


def test_clients_may_bring_the_id_but_only_once(customers, rep):
    mine = str(uuid4())
    assert created(customers, rep, id=mine)["id"] == mine
    answer = customers.call("create_customer", rep, id=mine, name="Other")
    assert (answer.status, answer.body["type"]) == (409, "id-taken")


def test_fifty_parallel_creates_with_one_key_make_one_customer(customers, rep):
    def create(_):
        return customers.call("create_customer", rep, idempotency_key="once", name="Example")

    answers = together(50, create)
    assert {answer.status for answer in answers} <= {201, 409}
    assert len({answer.body["id"] for answer in answers if answer.status == 201}) == 1
    assert customers.scalar("SELECT count(*) FROM customers") == 1
    assert customers.call("create_customer", rep, idempotency_key="once", name="Example").replayed


def test_a_change_keeps_what_is_not_named_and_empties_what_is_null(customers, rep):
    entered = created(customers, rep, city="Hamburg", sector="retail", phone="+49 40 123456")
    answer = customers.call(
        "change_customer", rep, customer_id=entered["id"], if_match=etag(entered), city=None, name="Renamed"
    )
    assert answer.status == 200
    assert (answer.body["city"], answer.body["sector"], answer.body["name"]) == (None, "retail", "Renamed")
    assert (answer.body["version"], answer.etag) == (2, '"2"')


def test_a_change_that_changes_nothing_leaves_the_version(customers, rep):
    entered = created(customers, rep, city="Hamburg")
    answer = customers.call("change_customer", rep, customer_id=entered["id"], if_match=etag(entered), city=" Hamburg ")
    assert (answer.status, answer.body) == (200, entered)
    assert len(customers.events()) == 1


def test_a_change_needs_the_version_that_was_read(customers, rep):
    entered = created(customers, rep)
    assert customers.call("change_customer", rep, customer_id=entered["id"], city="A").status == 428
    stale = customers.call("change_customer", rep, customer_id=entered["id"], if_match='"7"', city="A")
    assert stale.status == 412
    assert seen(customers, rep, entered["id"]) == entered


def test_of_parallel_changes_of_one_version_one_wins(customers, rep):
    entered = created(customers, rep)

    def change(number):
        return customers.call(
            "change_customer", rep, customer_id=entered["id"], if_match=etag(entered), city=f"City {number}"
        ).status

    assert sorted(together(10, change)) == [200] + [412] * 9


def test_events_carry_the_whole_state_and_its_version(customers, rep, team):
    entered = created(customers, rep, email="sales@example.com", revenue="12.50", tags=["north"])
    customers.call("change_customer", rep, customer_id=entered["id"], if_match='"1"', city="Hamburg")
    first, second = customers.events()
    assert (first["type"], first["version"], first["actor"]) == ("CustomerCreated", 1, str(rep.id))
    assert (second["type"], second["version"]) == ("CustomerChanged", 2)
    assert second["payload"] == {
        "kind": "organisation",
        "name": "Example Trading",
        "owner_id": str(rep.id),
        "team_id": str(team),
        "in_pool": False,
        "sector": None,
        "country": None,
        "city": "Hamburg",
        "tags": ["north"],
        "employees": None,
        "revenue": "12.50",
        "parent_id": None,
        "addressees": [{"contact_id": None, "name": "Example Trading", "email": "sales@example.com"}],
        "erased": False,
        "lifecycle_stage": "lead",
        **dict.fromkeys(("industry", "size", "source", "grade", "contract_ends_at", "last_deal_at")),
        "pool_id": None,
        "pool_for_all": True,
        "custom": None,
        "created_at": entered["created_at"],
        "changed": ["city"],
        "before": {},
    }


def test_the_parent_company_must_be_in_sight(customers, rep):
    stranger = customers.person("Stranger", REP)
    hidden = created(customers, stranger)
    for parent_id in (hidden["id"], str(uuid4())):
        answer = customers.call("create_customer", rep, name="Daughter", parent_id=parent_id)
        assert (answer.status, answer.body["type"]) == (409, "unknown-parent")


def test_subsidiaries_are_listed_by_name_as_far_as_they_are_in_sight(customers, rep):
    admin = customers.person("Admin", ADMIN)
    mother = created(customers, rep, name="Mother")
    for name in ("beta", "Alpha"):
        created(customers, rep, name=name, parent_id=mother["id"])
    created(customers, admin, name="Hidden", parent_id=mother["id"])

    def subsidiaries(who):
        answer = customers.call("find_subsidiaries", who, customer_id=mother["id"])
        return [item["name"] for item in answer.body["items"]]

    assert subsidiaries(rep) == ["Alpha", "beta"]
    assert subsidiaries(admin) == ["Alpha", "beta", "Hidden"]
    assert customers.call("find_subsidiaries", rep, customer_id=uuid4()).status == 404


def test_nobody_gets_above_himself(customers, rep):
    top = created(customers, rep, name="Top")
    middle = created(customers, rep, name="Middle", parent_id=top["id"])
    bottom = created(customers, rep, name="Bottom", parent_id=middle["id"])
    for parent in (top, middle, bottom):
        answer = customers.call("change_customer", rep, customer_id=top["id"], if_match='"1"', parent_id=parent["id"])
        assert (answer.status, answer.body["type"]) == (409, "parent-cycle")
    freed = customers.call("change_customer", rep, customer_id=middle["id"], if_match='"1"', parent_id=None)
    assert freed.status == 200
    turned = customers.call("change_customer", rep, customer_id=top["id"], if_match='"1"', parent_id=bottom["id"])
    assert turned.status == 200


def test_two_parallel_moves_cannot_close_a_circle(customers, rep):
    for attempt in range(5):
        pair = [created(customers, rep, name=f"{side} {attempt}") for side in ("Left", "Right")]

        def move(index, pair=pair):
            return customers.call(
                "change_customer",
                rep,
                customer_id=pair[index]["id"],
                if_match='"1"',
                parent_id=pair[1 - index]["id"],
            ).status

        assert sorted(together(2, move)) == [200, 409]
