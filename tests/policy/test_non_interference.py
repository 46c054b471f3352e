"""Nobody can tell two databases apart that differ only in what he may not see, whatever he asks."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import strategies as st
from sqlalchemy import select

from chassis.identity import masks
from chassis.ids import new_id
from contracts.customers import CONTACTS, CUSTOMERS
from services.auth.built_in_roles import ADMINISTRATOR, BUILT_IN_RULES
from services.customers.models import Customer
from services.customers.service import CustomersService
from tests.policy.rules import ROLES, sight
from tests.policy.test_customers import Customers, other
from tests.policy.twins import Twins, check_alike, world_of

REQUESTS = 2_000
OTHER: dict[str, Any] = {
    "phone": "+8613899990005",
    "email": "zoe@example.com",
    "address": "1 Mountain View",
    "revenue": 99,
    "employees": 77,
    "description": "Sells pumps.",
    "tags": ["hidden"],
    "sector": "finance",
    "custom": {"budget": "9"},
    "source": "call",
    "grade": "C",
    "lifecycle_stage": "lost",
    "contract_ends_at": datetime(2033, 1, 1, tzinfo=UTC),
    "last_deal_at": datetime(2025, 1, 1, tzinfo=UTC),
}


def change(session: Any, role: str, world: Any) -> None:
    """Give other values to fields that the role may not read, and another face to customers that it does not see."""
    for customer in session.scalars(select(Customer).order_by(Customer.id)):
        relation = relation_to(world, role, str(customer.id))
        if not sight(role, relation):
            change_unseen(customer)
            continue
        own = relation == "own"
        for name, rule in BUILT_IN_RULES.get(role, {}).get("customers", {}).items():
            access = rule if isinstance(rule, str) else rule["own" if own else "others"]
            if access in ("hidden", "masked"):
                setattr(customer, name, OTHER[name])
                if name in ("phone", "email"):
                    for contact in customer.contacts:
                        setattr(contact, name, OTHER[name] if getattr(contact, name) else None)


def relation_to(world, role, customer_id):
    for (of, relation), record in world.records.items():
        if record["id"] == customer_id and (of == role or relation in ("team", "below", "stranger", "pool")):
            return relation
    (relation,) = {relation for (_, relation), record in world.records.items() if record["id"] == customer_id}
    return other(relation)


def change_unseen(customer):
    """Everything but what its subsidiaries in sight would show."""
    for name, value in OTHER.items():
        setattr(customer, name, value)
    customer.name, customer.name_key = "Aardvark", "aardvark"
    customer.version += 3
    for contact in customer.contacts:
        contact.name, contact.phone, contact.email = "Zoe", OTHER["phone"], OTHER["email"]
        contact.version += 2


def test_the_other_values_look_alike_where_they_are_masked():
    for name, mask in {"phone": masks.phone, "email": masks.email, "address": masks.text}.items():
        first = {"phone": "+8613800000005", "email": "zhang.wei@example.com", "address": "1 Harbour Street"}[name]
        assert mask(first) == mask(OTHER[name])


VALUES = st.sampled_from(
    [
        *(
            "software",
            "finance",
            "12.5",
            "99",
            7,
            77,
            "1",
            "Makes pumps.",
            "hidden",
            "key",
            "Aardvark",
            "stranger",
            "own",
        ),
        *(
            "+8613800000005",
            "+8613899990005",
            "zhang.wei@example.com",
            "zoe@example.com",
            None,
            True,
            False,
            [],
            ["key"],
        ),
    ]
)
NAMES = st.sampled_from([*CUSTOMERS.fields, *CUSTOMERS.fixed, *CUSTOMERS.internal, "fur"])
OPERATORS = st.sampled_from(["eq", "ne", "in", "lt", "gte", "is_null", "contains", "starts_with", "has", "has_any"])
TESTS = st.fixed_dictionaries(
    {"field": NAMES, "op": OPERATORS}, optional={"value": VALUES | st.lists(VALUES, max_size=3)}
)
PLAIN = st.sampled_from(
    [
        {"field": "sector", "op": "eq", "value": "software"},
        {"field": "sector", "op": "in", "value": ["finance", "retail"]},
        {"field": "employees", "op": "gte", "value": 50},
        {"field": "revenue", "op": "lt", "value": "50"},
        {"field": "tags", "op": "has", "value": "key"},
        {"field": "name", "op": "contains", "value": "own"},
        {"field": "in_pool", "op": "eq", "value": False},
        {"field": "parent_id", "op": "is_null", "value": True},
    ]
)
TREES = st.recursive(
    PLAIN | PLAIN | TESTS,
    lambda inner: st.one_of(
        st.builds(lambda trees: {"and": trees}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda trees: {"or": trees}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda tree: {"not": tree}, inner),
    ),
    max_leaves=4,
)
SORTS = st.sampled_from(["name", "-name", "created_at", "-updated_at", "revenue", "-phone", "fur"])
LISTS = {
    "q": st.sampled_from(["own", "strang", "aard", "of", "zz", "a"]),
    "filter": TREES.map(lambda tree: orjson.dumps(tree).decode()),
    "sort": SORTS,
    "limit": st.integers(1, 30),
    "email": st.sampled_from(["zhang.wei@example.com", "zoe@example.com"]),
    "phone": st.sampled_from(["+8613800000005", "+8613899990005"]),
    "phone_tail": st.sampled_from(["0005", "9990005"]),
    "revenue": VALUES,
}
PLAIN_LISTS = {
    "q": LISTS["q"],
    "filter": PLAIN.map(lambda tree: orjson.dumps(tree).decode()),
    "sort": st.sampled_from(["name", "-name", "created_at", "-updated_at"]),
    "limit": LISTS["limit"],
}
FIELD_VALUES = st.dictionaries(st.sampled_from([*CUSTOMERS.fields, "owner_id", "name_key", "fur"]), VALUES, max_size=3)
CONTACT_VALUES = st.dictionaries(st.sampled_from([*CONTACTS.fields, "fur"]), VALUES, max_size=3)


def requests_to(world, role, cursors):
    """Requests of all kinds for records of all kinds, in sight or not, or not there at all."""
    records = [*world.records.values(), {"id": str(new_id()), "contact": str(new_id()), "etag": '"1"'}]
    some = st.sampled_from(records)
    customer = some.map(lambda record: {"customer_id": record["id"]})
    contact = some.map(lambda record: {"contact_id": record["contact"]})
    lists = st.fixed_dictionaries({}, optional=LISTS | {"cursor": st.sampled_from(cursors)})

    def named(operation, *parts):
        return st.tuples(st.just(operation), st.builds(merged, *parts))

    changes = named("change_customer", customer, FIELD_VALUES, guards(records))
    writing = [
        changes,
        named("change_contact", contact, CONTACT_VALUES, st.just({"if_match": '"1"'})),
        named("add_contact", customer, CONTACT_VALUES.map(lambda fields: {"name": "New"} | fields)),
        named("create_customer", FIELD_VALUES.map(lambda fields: {"name": "New"} | fields)),
        named("remove_contact", contact),
        named("claim_customer", some.filter(owned).map(lambda record: {"customer_id": record["id"]})),
        named("release_customer", customer),
        named("assign_customer", customer, st.just({"owner_id": str(world.people["team"].id)})),
        named("share_customer", customer, st.just({"grantee_id": str(world.people["below"].id)})),
    ]
    reading = [
        named("get_customer", customer),
        named("get_contact", contact),
        named("find_subsidiaries", customer),
        named("customer_owners", customer),
        named("customer_channels", customer),
        named("customer_addresses", customer),
        named("find_pool_customers", lists),
        named("visible_records", st.lists(some, min_size=1, max_size=9).map(known)),
    ]
    plain = st.fixed_dictionaries({}, optional=PLAIN_LISTS)
    pooled = st.fixed_dictionaries({}, optional={"in_pool": st.sampled_from(["true", "false"])})
    listing = named("find_customers", plain | plain | lists, pooled)
    return st.one_of(listing, listing, listing, changes, *reading, *writing)


def owned(record):
    """Not one in the pool: claiming that makes it one's own, and its data may be seen from then on."""
    return not record.get("pooled")


def guards(records):
    return st.sampled_from(sorted({record["etag"] for record in records})).map(lambda etag: {"if_match": etag})


def known(records):
    return {"resource": "customer", "ids": [record["id"] for record in records]}


def merged(*parts):
    return {name: value for part in parts for name, value in part.items()}


def cursors_of(world, role):
    """Cursors of lists in several orders, as the person gets them."""
    found = []
    for sort in ("name", "-name", "created_at", "-updated_at"):
        answer = world.service.call("find_customers", world.of_role[role], sort=sort, limit=2)
        found.append((answer.body.get("next_cursor") or "") if answer.status == 200 else "")
    return [cursor or "x" for cursor in found]


@pytest.fixture(scope="module")
def shared_world(databases, tmp_path_factory):
    """One world for all roles; it is only read."""
    with world_of(CustomersService, Customers, databases, tmp_path_factory.mktemp("twins")) as world:
        link_some(world)
        yield world


def link_some(world):
    """Companies above others, in sight and out of it."""
    for role in ROLES:
        ids = [world.records[role, relation]["id"] for relation in ("own", "shared", "lent")]
        with world.service.session(world.admin) as session:
            own, shared, lent = (session.get(Customer, one) for one in ids)
            own.parent_id, shared.parent_id = lent.id, own.id
    world.service.directory.refresh()


@pytest.mark.parametrize("role", [role for role in ROLES if role != ADMINISTRATOR])
def test_customers_tell_nobody_what_he_may_not_see(shared_world, databases, role):
    with Twins(shared_world, role, databases, change) as twins:
        statuses = check_alike(twins, requests_to(shared_world, role, cursors_of(shared_world, role)), REQUESTS)
    assert sum(statuses.values()) >= REQUESTS
    assert statuses.keys().isdisjoint({401, 500})


def test_somebody_who_may_see_it_would_tell_them_apart(shared_world, databases):
    """The administrator meets the difference within a few requests: the twins do differ."""
    with Twins(shared_world, "sales_rep", databases, change) as twins:
        twins.person = shared_world.admin
        with pytest.raises(AssertionError):
            check_alike(twins, requests_to(shared_world, ADMINISTRATOR, ["x"]), 200)
