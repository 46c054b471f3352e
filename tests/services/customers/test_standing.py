"""Grades, stages of life and the dictionaries that customers are classified with."""

import pytest

from tests.services.customers.factories import ADMIN, REP, created, etag, imported, names, result_rows, seen

CREDIT_CODE = "91110000600037341L"


@pytest.fixture
def rep(customers):
    return customers.person("Rep", REP)


@pytest.fixture
def admin(customers):
    return customers.person("Admin", ADMIN)


def history(customers, who, customer):
    answer = customers.call("customer_standings", who, customer_id=customer["id"])
    return [tuple(one[name] for name in ("field", "before", "after", "reason")) for one in answer.body["items"]]


def test_terms_are_said_by_code_or_by_either_name_and_kept_by_code(customers, rep):
    said = {"industry": "汽车制造业", "size": "Medium", "source": "REFERRAL", "grade": "b"}
    entered = created(customers, rep, **said)
    kept = {"industry": "C36", "size": "medium", "source": "referral", "grade": "B", "lifecycle_stage": "lead"}
    assert {name: entered[name] for name in kept} == kept
    changed = customers.call(
        "change_customer", rep, customer_id=entered["id"], industry="Retail", if_match=etag(entered)
    )
    assert changed.body["industry"] == "F52"
    event = customers.events()[-1]["payload"]
    assert {name: event[name] for name in kept} == kept | {"industry": "F52"}


@pytest.mark.parametrize("field", ["industry", "size", "source", "grade"])
def test_what_is_no_term_is_refused(customers, rep, field):
    answer = customers.call("create_customer", rep, name="New", **{field: "no such thing"})
    assert (answer.status, answer.body["type"]) == (422, "unknown-term")
    assert answer.body["errors"][0]["pointer"] == f"/{field}"
    assert customers.call("find_customers", rep).body["items"] == []


def test_a_branch_of_industries_is_found_by_the_beginning_of_its_code(customers, rep):
    for name, industry in {"Cars": "C36", "Food": "C14", "Shop": "F52"}.items():
        created(customers, rep, name=name, industry=industry)
    tree = '{"field": "industry", "op": "starts_with", "value": "C"}'
    assert set(names(customers.call("find_customers", rep, filter=tree))) == {"Cars", "Food"}


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (CREDIT_CODE.lower(), CREDIT_CODE),
        ("9111 0000 6000 3734 1l", CREDIT_CODE),
        (" hrb  12345 b", "HRB 12345 B"),
        (None, None),
    ],
)
def test_a_registration_number_is_kept_in_one_form(customers, rep, said, kept):
    assert created(customers, rep, registration_number=said)["registration_number"] == kept


@pytest.mark.parametrize("said", ["911100006000373410", "11010519491231002X"])
def test_a_wrong_credit_code_and_an_identity_card_are_refused(customers, rep, said):
    answer = customers.call("create_customer", rep, name="New", registration_number=said)
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, "/registration_number")


def test_a_grade_changes_with_a_reason_and_leaves_a_history(customers, rep):
    customer = created(customers, rep, grade="C")
    for grade, reason in (("A", "Bought much"), ("A", "Again"), (None, None)):
        answer = customers.call("grade_customer", rep, customer_id=customer["id"], grade=grade, reason=reason)
        assert (answer.status, answer.body["grade"]) == (200, grade)
    assert history(customers, rep, customer) == [
        ("grade", "A", None, None),
        ("grade", "C", "A", "Bought much"),
        ("grade", None, "C", None),
    ]


def test_stages_follow_the_ways_between_them(customers, rep):
    customer = created(customers, rep)

    def moved(stage, reason=None):
        answer = customers.call("move_customer", rep, customer_id=customer["id"], stage=stage, reason=reason)
        return answer.body["lifecycle_stage"] if answer.status == 200 else answer.body["type"]

    said = ["prospect", "customer", "customer", "lead", "prospect", "lost"]
    assert [moved(stage) for stage in said] == [
        *("prospect", "customer", "customer"),
        *("no-way-to-stage", "no-way-to-stage", "reason-needed"),
    ]
    assert [moved("lost", "Gone"), moved("customer")] == ["lost", "customer"]
    assert len(history(customers, rep, customer)) == 4


def test_neither_grade_nor_stage_changes_in_passing(customers, rep):
    customer = created(customers, rep)
    for field, value in {"grade": "A", "lifecycle_stage": "customer"}.items():
        answer = customers.call(
            "change_customer", rep, customer_id=customer["id"], if_match=etag(customer), **{field: value}
        )
        assert answer.status == 422
    assert seen(customers, rep, customer["id"]) == customer


def test_who_may_not_write_a_grade_cannot_give_one_and_who_cannot_read_it_hears_nothing(customers, admin):
    rules = {"customers": {"grade": "read_only", "lifecycle_stage": "hidden"}}
    reader = customers.person("Reader", {"*": "team"}, field_rules=rules)
    customer = created(customers, admin, grade="A", lifecycle_stage="prospect")
    customers.call("assign_customer", admin, customer_id=customer["id"], owner_id=reader.id)
    refused = customers.call("grade_customer", reader, customer_id=customer["id"], grade="B")
    unknown = customers.call("move_customer", reader, customer_id=customer["id"], stage="customer")
    assert (refused.status, unknown.status) == (403, 422)
    assert history(customers, reader, customer) == [("grade", None, "A", None)]


def test_a_dictionary_is_renamed_and_closed_without_touching_customers(customers, admin):
    customer = created(customers, admin, source="fair")
    listed = customers.call("find_terms", admin, dictionary="source").body["items"]
    (fair,) = [one for one in listed if one["code"] == "fair"]
    renamed = customers.call("change_term", admin, term_id=fair["id"], if_match=etag(fair), name="Exhibition")
    assert created(customers, admin, name="Two", source="exhibition")["source"] == "fair"
    customers.call("change_term", admin, term_id=fair["id"], if_match=renamed.etag, active=False)
    assert customers.call("create_customer", admin, name="Three", source="fair").status == 422
    assert seen(customers, admin, customer["id"]) == customer


def test_a_tree_grows_at_its_branches(customers, admin):
    branch = {"dictionary": "industry", "code": "C361", "name": "Vehicles", "parent_code": "C36"}
    assert customers.call("add_term", admin, **branch).status == 201
    refused = [
        customers.call("add_term", admin, **branch),
        customers.call("add_term", admin, **branch | {"code": "D361"}),
        customers.call("add_term", admin, **branch | {"code": "C99X", "parent_code": "C99"}),
    ]
    assert [one.body["type"] for one in refused] == ["term-exists", "unknown-parent-term", "unknown-parent-term"]
    below = customers.call("find_terms", admin, dictionary="industry", below="C36").body["items"]
    assert [one["code"] for one in below] == ["C361"]


def test_an_import_speaks_of_all_of_it_and_keeps_to_the_same_rules(customers, rep):
    rows = [
        {
            "name": "One",
            "industry": "零售业",
            "grade": "A",
            "lifecycle_stage": "customer",
            "contract_ends_at": "2031-01-31",
        },
        {"name": "Two", "industry": "nonsense"},
        {"name": "Three", "registration_number": CREDIT_CODE[:-1] + "0"},
    ]
    first = imported(customers, rep, rows)
    assert [one["status"] for one in result_rows(customers, rep, first)] == ["created", "failed", "failed"]
    (one,) = customers.call("find_customers", rep).body["items"]
    assert (one["industry"], one["grade"], one["contract_ends_at"]) == ("F52", "A", "2031-01-31T00:00:00Z")
    again = [{"name": "One", "lifecycle_stage": "lead"}]
    refused = result_rows(customers, rep, imported(customers, rep, again, on_match="update"))
    assert refused[0]["code"] == "no-way-to-stage"
    again = [{"name": "One", "lifecycle_stage": "lost", "grade": "C"}]
    assert imported(customers, rep, again, on_match="update")["result"]["updated"] == 1
    assert set(history(customers, rep, one)) == {
        ("grade", "A", "C", "Import"),
        ("lifecycle_stage", "customer", "lost", "Import"),
        ("grade", None, "A", None),
        ("lifecycle_stage", None, "customer", None),
    }
