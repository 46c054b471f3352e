"""What is asked of one customer, or of a page of them, reads no large table as a whole."""

from functools import partial

from sqlalchemy import text

from chassis.copying import copy_entities
from chassis.ids import new_id
from services.customers.duplicates import finding
from services.customers.models import Customer, new_customer
from tests.services.customers.factories import ADMIN, etag, seen
from tests.services.customers.plans import read_as_a_whole
from tests.services.customers.pools.factories import most
from tests.services.customers.recycling.factories import default_pool, rule

ENTERED, TIMES = 1_000, 20
"""Customers that are entered, and how often each is there in the end."""

MANY_COPIES = {
    "id": "gen_random_uuid()",
    "name": "name || ' ' || number",
    "name_key": "name_key || ' ' || number",
    "created_at": "created_at - number * interval '1 hour'",
    "updated_at": "updated_at - number * interval '1 hour'",
    "marks": "ARRAY[decode(md5(id::text || number), 'hex')]",
    "registration_number": "md5(id::text || number)",
}
FROM_CUSTOMERS = {
    "contacts (id, version, created_at, updated_at, customer_id, name, is_primary, marks)": (
        "SELECT gen_random_uuid(), 1, now(), now(), id, 'Anna', true, ARRAY[decode(md5(id::text), 'hex')]"
    ),
    "ownerships (id, customer_id, to_id, how, at)": "SELECT gen_random_uuid(), id, owner_id, 'create', created_at",
    "standings (id, customer_id, field, after, by_id, at)": (
        "SELECT gen_random_uuid(), id, 'grade', 'a', gen_random_uuid(), now()"
    ),
    "customer_keys": "SELECT 'phone', decode(md5(id::text), 'hex'), id",
    "relations (id, version, created_at, updated_at, from_id, to_id, kind)": (
        "SELECT gen_random_uuid(), 1, now(), now(), id, coalesce(lag(id) OVER w, lead(id) OVER w), 'partner_of'"
    ),
    "pool_states (customer_id, last_follow_up_at)": "SELECT id, now()",
    "customer_tickets": "SELECT gen_random_uuid(), id, 1, true",
    "recycle_warnings": "SELECT id, now(), 3, now()",
    "timers (kind, key, due_at, payload)": (
        """SELECT 'pool_clock', id::text, now() + interval '9 days', '{"days": null}'"""
    ),
    "claim_ledger": "SELECT pool_id, gen_random_uuid(), current_date, 1, id, now()",
    "pool_views": "SELECT pool_id, gen_random_uuid(), current_date, 1, id",
    "duplicate_blocks": "SELECT ('x' || md5(id::text))::bit(64)::bigint, id",
    "duplicate_pairs (id, one_id, other_id, likeness, reasons, state, created_at)": (
        "SELECT gen_random_uuid(), id, coalesce(lag(id) OVER w, lead(id) OVER w), 600, '{}', 'open', now()"
    ),
    'shares (id, version, resource, record_id, grantee_kind, grantee_id, may_change, "by", at)': (
        "SELECT gen_random_uuid(), 1, 'customers', id, 'user', gen_random_uuid(), false, gen_random_uuid(), now()"
    ),
}
MOST = 1_000
"""Rows of one table that a statement may read."""
OF_ONE = (
    *("get_customer", "pool_clock_of", "customer_owners", "customer_standings", "customer_relations"),
    *("customer_network", "customer_group", "find_subsidiaries", "customer_shares", "customer_suggestions"),
)
LARGE = {name.split()[0] for name in FROM_CUSTOMERS} | {"customers"}


def test_no_large_table_is_read_as_a_whole(customers):
    top = customers.team("Top")
    admin = customers.stepped_up(customers.person("Admin", ADMIN, teams=[top]))
    rep = customers.person("Rep", {**ADMIN, "customers:read": "own"}, teams=[top])
    manager = customers.person("Manager", {**ADMIN, "customers:read": "team_tree"}, teams=[top])
    default_pool(customers, admin, recycling=True, recycle_rules=[rule()], limits=[most("capacity", 50_000)])
    fill(customers, [(person.id, top) for person in (rep, manager)])
    calls = of_many(customers, admin)
    for who in (rep, manager, admin):
        calls |= named(who, of_one(customers, who, one_of(customers, f"owner_id = '{rep.id}'")))
        calls |= named(who, of_pages(customers, who)) | named(who, changes(customers, who))
    read = {name: read_as_a_whole(customers, call, MOST) for name, call in calls.items()}
    of_large = {name: {one for one in found if one[0] in LARGE} for name, found in read.items()}
    assert {name: found for name, found in of_large.items() if found} == {}


def test_a_table_that_is_read_as_a_whole_is_noticed(customers):
    fill(customers, [])
    along = "SELECT name FROM customers WHERE version > 0 ORDER BY name_key, id LIMIT 2000"
    for statement in ("SELECT max(description) FROM customers", f"SELECT max(name) FROM ({along}) AS first"):
        assert read_as_a_whole(customers, partial(customers.scalar, statement), MOST) == {("customers", statement)}


def named(who, calls):
    return {f"{name} of {who.caller.name}": call for name, call in calls.items()}


def one_of(customers, condition):
    return customers.scalar(f"SELECT id FROM customers WHERE {condition} ORDER BY md5(id::text) LIMIT 1")


def of_one(customers, who, customer_id):
    """What is asked about one customer."""
    contact_id = customers.scalar(f"SELECT id FROM contacts WHERE customer_id = '{customer_id}'")
    asked = {one: asking(customers, who, one, customer_id=customer_id) for one in OF_ONE}
    return asked | {"get_contact": asking(customers, who, "get_contact", contact_id=contact_id)}


def of_pages(customers, who):
    """What is asked for page by page."""
    return {
        f"{operation} by {sort}": asking(customers, who, operation, limit=50, sort=sort)
        for operation in ("find_customers", "find_pool_customers")
        for sort in ("created_at", "-name", "updated_at")
    }


def changes(customers, who):
    """What changes a customer, and looks for others that are like it."""
    pooled = one_of(customers, f"in_pool AND id::text > md5('{who.id}')")
    number = one_of(customers, "registration_number IS NOT NULL").hex
    described = {"name": f"Company {who.caller.name}", "phone": "+4940123456", "registration_number": number}

    def change():
        fields = {"phone": f"+494012345{len(who.caller.name)}", "if_match": etag(seen(customers, who, pooled))}
        asking(customers, who, "change_customer", customer_id=pooled, **fields)()

    return {
        "check": asking(customers, who, "check_customer", **described, email="info@example.com"),
        "create": asking(customers, who, "create_customer", name="Other", allow_duplicate=True),
        "claim": asking(customers, who, "claim_customer", customer_id=pooled),
        "change": change,
        "release": asking(customers, who, "release_customer", customer_id=pooled),
    }


def of_many(customers, who):
    """What is done in the background, and the queue of somebody who sees all."""
    ids = [one_of(customers, "NOT in_pool")]
    with customers.session() as session:
        session.execute(text("UPDATE timers SET due_at = now() WHERE key IN (SELECT key FROM timers LIMIT 3)"))

    def compare():
        with customers.session() as session:
            finding.compare_anew(session, ids)

    queue = asking(customers, who, "list_duplicates")
    return {"clocks that strike": customers.fire_timers, "changed duplicates": compare, "duplicates": queue}


def asking(customers, who, operation, **arguments):
    return lambda: answered(customers.call(operation, who, **arguments))


def answered(answer):
    assert answer.status < 300, answer.body
    return answer


def fill(customers, holders):
    """Each tenth customer waits in the pool; most of the others belong to people who are not asked about."""
    strangers = [(new_id(), new_id()) for _ in range(18)]
    rows = []
    for number in range(ENTERED):
        owner_id, team_id = [*holders, *strangers, (None, None), (None, None)][number % (len(holders) + 20)]
        rows.append(new_customer(owner_id, team_id, {"kind": "organisation", "name": f"Company {number:05}"}))
    columns = [column.name for column in Customer.__table__.columns]
    copies = ", ".join(MANY_COPIES.get(name, name) for name in columns)
    with customers.session() as session:
        copy_entities(session, Customer, rows)
        session.flush()
        copied = f"SELECT {copies} FROM customers, generate_series(2, {TIMES}) AS number"
        session.execute(text(f"INSERT INTO customers ({', '.join(columns)}) {copied}"))
        for table, selected in FROM_CUSTOMERS.items():
            session.execute(text(f"INSERT INTO {table} {selected} FROM customers WINDOW w AS (ORDER BY id)"))
    with customers.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
