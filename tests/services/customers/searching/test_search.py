"""Search: what is found, by what, and by whom."""

import pytest
from sqlalchemy import text

from tests.services.customers.factories import ADMIN, LEAD, REP, created, etag, imported, pooled, seen

MASKED_OF_OTHERS = {"customers": {name: {"own": "full", "others": "masked"} for name in ("phone", "email")}}
PHONE, EMAIL = "+8613800004711", "ming@example.com"


@pytest.fixture
def rep(customers):
    return customers.person("Rep", REP, teams=[customers.team("East")])


def hits(customers, who, q, operation="search", **more):
    answer = customers.call(operation, who, q=q, **more)
    assert answer.status == 200, answer.body
    return answer.body["items"]


def found(customers, who, q, **more):
    return [(hit["contact"] or hit["customer"])["name"] for hit in hits(customers, who, q, **more)]


@pytest.mark.parametrize(
    ("q", "by"),
    [
        ("李明朗", "name"),
        ("liminglang", "pinyin"),
        ("lml", "initials"),
        ("limnglang", "similar"),
        ("李名郎", "similar"),
    ],
)
def test_a_hit_says_by_what_it_was_found(customers, rep, q, by):
    created(customers, rep, name="李明朗", kind="person")
    created(customers, rep, name="Another")
    (hit,) = hits(customers, rep, q)
    assert (hit["customer"]["name"], hit["found_by"]) == ("李明朗", by)


def test_the_best_comes_first(customers, rep):
    for name in ("Great Harbour", "Harbourside Inn", "Harbour Ltd", "Arbour"):
        created(customers, rep, name=name)
    assert found(customers, rep, "harbour") == ["Harbour Ltd", "Harbourside Inn", "Great Harbour", "Arbour"]


def test_suggestions_make_no_guesses(customers, rep):
    created(customers, rep, name="Kestrel Motors")
    assert found(customers, rep, "kes", operation="suggest") == ["Kestrel Motors"]
    assert found(customers, rep, "kesrtel", operation="suggest") == []
    assert found(customers, rep, "kesrtel") == ["Kestrel Motors"]


@pytest.mark.parametrize("q", ["'", "\\", "&|!:*", "a' | 'b", "<->", "。。", "ﷺ", "\u200b", "(", "x" * 100, "龘" * 100])
def test_whatever_is_typed_is_no_error(customers, rep, q):
    created(customers, rep, name="A'B")
    assert found(customers, rep, q) in ([], ["A'B"])


def test_search_follows_new_names_of_customers_and_contacts(customers, rep):
    customer = created(customers, rep, name="Before Trading")
    contact = customers.call("add_contact", rep, customer_id=customer["id"], name="单小红", title="Buyer").body
    (hit,) = hits(customers, rep, "shanxiaohong")
    assert (hit["customer"]["id"], hit["contact"]["id"], hit["contact"]["title"]) == (
        customer["id"],
        contact["id"],
        "Buyer",
    )
    customers.call("change_contact", rep, contact_id=contact["id"], if_match=etag(contact), name="解晓东")
    whole = seen(customers, rep, customer["id"])
    customers.call("change_customer", rep, customer_id=customer["id"], if_match=etag(whole), name="After Trading")
    assert found(customers, rep, "shanxiaohong") == found(customers, rep, "before") == []
    assert found(customers, rep, "xiexiaodong") == ["解晓东"]
    assert found(customers, rep, "after") == ["After Trading"]
    customers.call("remove_contact", rep, contact_id=contact["id"])
    assert found(customers, rep, "xiexiaodong") == []


def test_what_was_imported_is_found(customers, rep):
    imported(customers, rep, [{"name": "深圳市星海达科技有限公司", "contact_name": "仇英杰"}])
    assert found(customers, rep, "xinghaida") == ["深圳市星海达科技有限公司"]
    assert found(customers, rep, "qyj") == ["仇英杰"]
    again = [{"name": "深圳市星海达科技有限公司", "contact_name": "解晓东"}]
    imported(customers, rep, again, on_match="update")
    assert found(customers, rep, "xiexiaodong") == ["解晓东"]


def test_contacts_of_merged_customers_are_found_at_the_one_that_stays(customers):
    admin = customers.person("Admin", ADMIN)
    stays, goes = created(customers, admin, name="Stays"), created(customers, admin, name="Goes")
    customers.call("add_contact", admin, customer_id=goes["id"], name="单小红")
    merge = customers.call("merge_customers", customers.stepped_up(admin), customer_id=stays["id"], losers=[goes["id"]])
    assert merge.status < 300, merge.body
    assert [hit["customer"]["id"] for hit in hits(customers, admin, "sxh")] == [stays["id"]]
    assert hits(customers, admin, "goes") == []


def test_only_what_is_in_sight_is_found(customers, rep):
    other = customers.person("Other", REP, teams=[customers.team("West")])
    reader = customers.person("Reader", {"customers:read": "own"})
    created(customers, other, name="李明朗")
    pooled(customers, other, name="李明亮")
    assert found(customers, other, "lm") == ["李明亮", "李明朗"]
    assert found(customers, rep, "liming") == found(customers, rep, "lml") == ["李明亮"]
    assert found(customers, reader, "李明") == []


def test_what_is_shared_is_found(customers):
    lead, admin = customers.person("Lead", LEAD, teams=[customers.team("East")]), customers.person("Admin", ADMIN)
    customer = created(customers, admin, name="李明朗")
    assert found(customers, lead, "lml") == []
    customers.call("share_customer", admin, customer_id=customer["id"], grantee_id=lead.id)
    assert found(customers, lead, "lml") == ["李明朗"]


@pytest.mark.parametrize(
    ("q", "by"), [("4711", "phone"), ("138 0000 4711", "none"), (PHONE, "phone"), (EMAIL, "email")]
)
def test_contact_data_is_found_exactly(customers, rep, q, by):
    created(customers, rep, name="Reached", phone=PHONE, email=EMAIL)
    created(customers, rep, name="Other", phone="+8613800004712", email="other@example.com")
    contacted = created(customers, rep, name="By contact")
    customers.call("add_contact", rep, customer_id=contacted["id"], name="Zhang Wei", phone=PHONE, email=EMAIL)
    what = hits(customers, rep, q)
    assert sorted((hit["contact"] or hit["customer"])["name"] for hit in what) == (
        [] if by == "none" else ["Reached", "Zhang Wei"]
    )
    assert {hit["found_by"] for hit in what} <= {by}


def test_a_registration_number_is_found_where_it_may_be_read(customers):
    rules = {"customers": {"registration_number": {"own": "full", "others": "masked"}}}
    admin, rep = customers.person("Admin", ADMIN), customers.person("Rep", REP, field_rules=rules)
    pooled(customers, admin, name="Registered", registration_number="HRB 12345")
    (hit,) = hits(customers, admin, "hrb 12345")
    assert (hit["customer"]["name"], hit["found_by"]) == ("Registered", "registration_number")
    assert hits(customers, rep, "hrb 12345") == []


@pytest.mark.parametrize("q", ["4711", PHONE, EMAIL])
def test_masked_contact_data_is_not_searched(customers, q):
    admin = customers.person("Admin", ADMIN)
    rep = customers.person("Rep", REP, teams=[customers.team("East")], field_rules=MASKED_OF_OTHERS)
    customer = pooled(customers, admin, name="Waiting", phone=PHONE)
    customers.call("add_contact", admin, customer_id=customer["id"], name="Zhang Wei", email=EMAIL, phone=PHONE)
    assert found(customers, rep, q) == []
    customers.call("claim_customer", rep, customer_id=customer["id"])
    assert set(found(customers, rep, q)) <= {"Waiting", "Zhang Wei"} != set()
    assert found(customers, rep, q)


def test_hidden_fields_are_not_in_the_answer(customers):
    rules = {"customers": {"city": "hidden", "sector": "hidden"}, "contacts": {"title": "hidden"}}
    rep = customers.person("Rep", REP, field_rules=rules)
    customer = pooled(customers, customers.person("Admin", ADMIN), name="Waiting", city="Hamburg", sector="software")
    admin = customers.person("Admin", ADMIN)
    customers.call("add_contact", admin, customer_id=customer["id"], name="Zhang Wei", title="Buyer")
    (hit,) = hits(customers, rep, "zhang")
    assert not {"city", "sector"} & set(hit["customer"])
    assert set(hit["contact"]) == {"id", "customer_id", "name"}


def test_customers_who_were_there_before_are_filled_in_bit_by_bit(customers, rep, monkeypatch):
    monkeypatch.setattr("services.customers.searching.filling.CUSTOMERS_AT_A_TIME", 2)
    for number in range(5):
        customer = created(customers, rep, name=f"李明朗 {number}")
        customers.call("add_contact", rep, customer_id=customer["id"], name=f"单小红 {number}")
    with customers.session() as session:
        session.execute(text("UPDATE customers SET search_tokens = NULL"))
        session.execute(
            text("INSERT INTO timers (kind, key, due_at, payload) VALUES ('fill_search', 'all', now(), '{}')")
        )
    assert found(customers, rep, "liminglang") == []
    customers.fire_timers()
    with customers.session() as session:
        assert session.scalar(text("SELECT count(*) FROM customers WHERE search_tokens IS NULL")) in (0, 3)
    while customers.fire_timers():
        pass
    assert len(found(customers, rep, "liminglang")) == len(found(customers, rep, "shanxiaohong")) == 5
    with customers.session() as session:
        assert session.scalar(text("SELECT payload FROM timers WHERE kind = 'fill_search'")) == {"again": True}
