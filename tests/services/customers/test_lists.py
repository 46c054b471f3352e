"""Lists: order, pages, filters and search."""

import json
from itertools import product

import pytest
from sqlalchemy import text

from chassis.copying import copy_entities
from services.customers import listing
from services.customers.models import Customer, new_customer
from services.customers.names import grams_of, key_of, search_of
from services.customers.schemas import SORTS
from tests.services.customers.factories import ADMIN, REP, created, names, pooled


@pytest.fixture
def rep(customers):
    return customers.person("Rep", REP, teams=[customers.team("East")])


def pages(customers, who, limit, **search):
    """All names, page by page."""
    found: list[list[str]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = customers.call("find_customers", who, limit=limit, **search, **cursor)
        found.append(names(answer))
        if answer.body["next_cursor"] is None:
            return found
        cursor = {"cursor": answer.body["next_cursor"]}


def test_pages_have_every_customer_once_also_with_equal_values(customers, rep):
    for number in range(7):
        (pooled if number % 2 else created)(customers, rep, name="Same" if number < 5 else f"Other {number}")
    for sort, limit in product(SORTS, (1, 3, 7, 200)):
        found = pages(customers, rep, limit, sort=sort)
        together = [name for page in found for name in page]
        assert sorted(together) == ["Other 5", "Other 6", *["Same"] * 5], (sort, limit)
        if sort.endswith("name"):
            assert together == sorted(together, reverse=sort.startswith("-"))
        assert all(len(page) == limit for page in found[:-1])


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_pages_of_a_search_have_every_hit_once(customers, rep, limit, monkeypatch):
    monkeypatch.setattr(listing, "FIRST_LOOK", 2)
    monkeypatch.setattr(listing, "LONG_LOOK", 4)
    for number in range(9):
        (pooled if number % 2 else created)(customers, rep, name=f"{'Hit' if number % 3 else 'Miss'} {number}")
    for sort in ("name", "-created_at"):
        found = [name for page in pages(customers, rep, limit, sort=sort, q="hit") for name in page]
        assert sorted(found) == [f"Hit {number}" for number in (1, 2, 4, 5, 7, 8)]


@pytest.fixture
def slices(monkeypatch):
    """Searches look at 30 customers before they ask for slices; the places where these end."""
    monkeypatch.setattr(listing, "FIRST_LOOK", 30)
    ends, read = [], listing._read

    def noting(session, query, **values):
        ends.extend([values["end"]] if "end" in values else [])
        return read(session, query, **values)

    monkeypatch.setattr(listing, "_read", noting)
    return ends


@pytest.mark.parametrize("sort", ["-created_at", "created_at", "-updated_at"])
def test_pages_of_a_search_in_slices_have_every_hit_once(customers, rep, sort, slices):
    hits = numbered(customers, rep, 600, every=7)
    analyse(customers)
    found = [name for page in pages(customers, rep, 10, sort=sort, q="hit") for name in page]
    assert found == (hits[::-1] if sort.startswith("-") else hits)
    assert len(slices) > 3


def test_a_slice_that_was_too_narrow_is_widened(customers, rep, slices):
    hits = numbered(customers, rep, 700, every=40) + numbered(customers, rep, 30, every=5)
    analyse(customers)
    assert names(customers.call("find_customers", rep, limit=10, q="hit")) == hits[-1:-11:-1]
    assert slices[0] > slices[1]


def test_what_is_not_near_is_found_all_the_same(customers, rep, slices):
    numbered(customers, rep, 10, every=5)
    numbered(customers, rep, 700, every=1000)
    analyse(customers)
    assert names(customers.call("find_customers", rep, limit=3, q="hit")) == ["0 Hit", "5 Hit", "0 Hit"]
    assert len(slices) == 1


def numbered(customers, who, count, every):
    """So many customers, of which each so-manieth is called a hit. The names of the hits."""
    found = [f"{number} {'Miss' if number % every else 'Hit'}" for number in range(count)]
    owner = (who.id, who.caller.main_team)
    with customers.session() as session:
        rows = [new_customer(*owner, {"kind": "organisation", "name": name}) for name in found]
        copy_entities(session, Customer, rows)
    return found[::every]


def analyse(customers):
    """Let PostgreSQL gather what it does every minute where there is something to gather."""
    with customers.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE customers"))


def test_names_are_sorted_without_regard_to_case(customers, rep):
    for name in ("beta", "Alpha", "alpha 2", "BETA 2"):
        created(customers, rep, name=name)
    assert names(customers.call("find_customers", rep, sort="name")) == ["Alpha", "alpha 2", "beta", "BETA 2"]


def test_the_newest_come_first_unless_told_otherwise(customers, rep):
    for number in range(3):
        created(customers, rep, name=f"{number}")
    assert names(customers.call("find_customers", rep)) == ["2", "1", "0"]


def test_a_cursor_of_another_list_is_refused(customers, rep):
    for number in range(3):
        created(customers, rep, name=f"{number}")
    cursor = customers.call("find_customers", rep, limit=1).body["next_cursor"]
    for wrong in ({"sort": "name"}, {"cursor": "nonsense"}):
        answer = customers.call("find_customers", rep, **({"limit": 1, "cursor": cursor} | wrong))
        assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, "/cursor")


ACME, SH, CN, LAMP, FULL = "Acme Systems", "上海华盛科技有限公司", "华为", "50% _Lamps_ 'n' \\ more", "ＦＵＬＬ Width"


SEARCHES: tuple[tuple[str, set[str]], ...] = (
    ("acme", {ACME}),
    ("CME SYS", {ACME}),
    ("ms", {ACME}),
    ("  systems ", {ACME}),
    ("s", {ACME, LAMP}),
    ("华", {SH, CN}),
    ("华盛", {SH}),
    ("科技有限公司", {SH}),
    ("海华盛科技有限", {SH}),
    ("华为", {CN}),
    ("技科", set()),
    ("50%", {LAMP}),
    ("%", {LAMP}),
    ("_lamps_", {LAMP}),
    ("'n' \\", {LAMP}),
    ("\\", {LAMP}),
    ("full", {FULL}),
    ("ｗｉｄｔｈ", {FULL}),
    ("acmesystems", set()),
    ("xyz", set()),
)


@pytest.mark.parametrize("looks", [(2_000, 1), (1, 2_000), (1, 1)], ids=["by looking", "far", "by the index"])
def test_search_finds_parts_of_names_in_any_script(customers, rep, monkeypatch, looks):
    monkeypatch.setattr(listing, "FIRST_LOOK", looks[0])
    monkeypatch.setattr(listing, "LONG_LOOK", looks[1])
    for name in (ACME, SH, CN, LAMP, FULL):
        created(customers, rep, name=name)
    for part, found in SEARCHES:
        assert set(names(customers.call("find_customers", rep, q=part))) == found, part


def test_search_follows_a_new_name(customers, rep):
    entered = created(customers, rep, name="Before")
    customers.call("change_customer", rep, customer_id=entered["id"], if_match='"1"', name="After")
    assert names(customers.call("find_customers", rep, q="efore")) == []
    assert names(customers.call("find_customers", rep, q="after")) == ["After"]


def test_every_part_of_a_name_is_the_beginning_of_a_gram():
    key = key_of("上海 华盛 Trading 'n' \\ Co")
    parts = {key[i:j] for i in range(len(key)) for j in range(i + 1, min(len(key), i + 4) + 1)}
    grams = {key[i : i + 5] for i in range(len(key))}
    assert all(any(gram.startswith(part) for gram in grams) for part in parts)
    assert grams_of("ab'c").split(" ") != []
    assert search_of("ab'") == "'ab''':*"


def test_filters_test_fields_and_combine(customers, rep):
    created(customers, rep, name="A", sector="software", employees=10, tags=["north", "key"], revenue="5.5")
    created(customers, rep, name="B", sector="software", employees=500, tags=["south"])
    created(customers, rep, name="C", sector="retail", country="China", employees=500)
    pooled(customers, rep, name="D", sector="retail", established_year=1990)

    def found(tree):
        return "".join(sorted(names(customers.call("find_customers", rep, filter=json.dumps(tree)))))

    software = {"field": "sector", "op": "eq", "value": "software"}
    large = {"field": "employees", "op": "gte", "value": 500}
    assert found(software) == "AB"
    assert found({"and": [software, large]}) == "B"
    assert found({"or": [{"not": software}, large]}) == "BCD"
    assert found({"field": "tags", "op": "has", "value": "north"}) == "A"
    assert found({"field": "revenue", "op": "lt", "value": "6"}) == "A"
    assert found({"field": "in_pool", "op": "eq", "value": True}) == "D"
    assert found({"field": "name", "op": "in", "value": ["A", "C"]}) == "AC"
    assert found({"field": "country", "op": "is_null", "value": False}) == "C"
    both = customers.call("find_customers", rep, filter=json.dumps(large), q="b")
    assert names(both) == ["B"]


@pytest.mark.parametrize("field", ["name_key", "email", "phone", "description", "version", "1=1"])
def test_only_what_is_listed_can_be_filtered_on(customers, rep, field):
    tree = json.dumps({"field": field, "op": "eq", "value": "x"})
    answer = customers.call("find_customers", rep, filter=tree)
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, "/filter/field")


@pytest.mark.parametrize(
    "wrong", [{"sort": "revenue"}, {"limit": 0}, {"limit": 201}, {"q": "  "}, {"filter": "{"}, {"in_pool": "maybe"}]
)
def test_what_a_list_does_not_understand_is_refused(customers, rep, wrong):
    answer = customers.call("find_customers", rep, **wrong)
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, f"/{next(iter(wrong))}")


def test_an_item_has_what_the_list_promises_and_nothing_else(customers, rep):
    customer = pooled(customers, rep, description="Not in lists")
    admin = customers.person("Admin", ADMIN)
    elsewhere = ("description", "contacts", "external_ids")
    shown = {name: value for name, value in customer.items() if name not in elsewhere}
    for who, search in ((rep, {}), (admin, {"sort": "name"}), (rep, {"q": "example"})):
        assert customers.call("find_customers", who, **search).body["items"] == [shown]
    assert customers.call("find_pool_customers", rep).body["items"] == [shown]
