"""customers tells why somebody sees or changes a record, by the conditions of its own queries."""

from tests.services.customers.factories import ADMIN, created, pooled

ASKING = {"users:read": "all", "customers:read": "all"}
REP = {"customers:read": "team", "customers:change": "own", "customers:claim": "all"}


def test_relation_sight_and_change_are_told(customers):
    east = customers.team("East")
    asker = customers.person("Admin", ASKING)
    rep = customers.person("Rep", REP, teams=[east])
    colleague = customers.person("Colleague", ADMIN, teams=[east])
    stranger = customers.person("Stranger", ADMIN)
    mine = created(customers, colleague, name="Mine")
    customers.call("assign_customer", colleague, customer_id=mine["id"], owner_id=rep.id)
    records = {
        "mine": mine["id"],
        "team": created(customers, colleague, name="Team")["id"],
        "others": created(customers, stranger, name="Others")["id"],
        "pool": pooled(customers, stranger, name="Pool")["id"],
        "shared": created(customers, stranger, name="Shared")["id"],
    }
    customers.call("share_customer", stranger, customer_id=records["shared"], grantee_id=rep.id, may_change=True)
    customers.directory.refresh()
    told = {name: explained(customers, asker, rep, record_id) for name, record_id in records.items()}
    assert told == {
        "mine": {"sees": True, "changes": True, "relation": "own", "by_share": False},
        "team": {"sees": True, "changes": False, "relation": "team", "by_share": False},
        "others": {"sees": False, "changes": False, "relation": "others", "by_share": False},
        "pool": {"sees": True, "changes": False, "relation": "nobodys", "by_share": False},
        "shared": {"sees": True, "changes": True, "relation": "others", "by_share": True},
    }


def explained(customers, asker, rep, record_id):
    answer = customers.call("explain_access", asker, user_id=rep.id, resource="customers", record_id=record_id)
    assert answer.status == 204, answer.body
    return answer.body


def test_nothing_is_told_of_records_that_the_asker_does_not_see(customers):
    rep = customers.person("Rep", REP)
    asker = customers.person("Lead", {"users:read": "all", "customers:read": "own"})
    record = created(customers, customers.person("Stranger", ADMIN))
    for record_id in (record["id"], rep.id):
        question = {"user_id": rep.id, "resource": "customers", "record_id": record_id}
        assert customers.call("explain_access", asker, **question).status == 404
    assert customers.call("explain_access", rep, **question).status == 403
