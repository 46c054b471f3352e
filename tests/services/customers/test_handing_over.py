"""Somebody leaves: his customers go to whoever takes over, and nothing can become his afterwards."""

import threading

import pytest

from chassis import leaving
from tests.services.customers.factories import ADMIN, REP, created, started
from tests.services.handing_over import close, handed_over, leaves

EXPORTER = {**REP, "customers:export": "own"}


@pytest.fixture
def people(customers):
    sales, service = customers.team("Sales"), customers.team("Service")
    return customers.person("Rep", EXPORTER, teams=[sales]), customers.person("Heir", REP, teams=[service])


def owned_by(customers, who):
    return customers.scalar("SELECT count(*) FROM customers WHERE owner_id = :id", id=str(who.id))


def test_customers_go_over_in_chunks_with_history_and_news(customers, people, monkeypatch):
    monkeypatch.setattr(leaving, "CHUNK", 3)
    rep, heir = people
    for number in range(7):
        created(customers, rep, name=f"Company {number}")
    created(customers, heir, name="Heir's own")

    leaves(customers, rep, heir)
    told = handed_over(customers)

    assert (owned_by(customers, rep), owned_by(customers, heir)) == (0, 8)
    assert [(one["moved"]["customers"], one["left"]) for one in told] == [(3, 4), (6, 1), (7, 0), (7, 0)]
    teams = customers.scalar("SELECT array_agg(DISTINCT team_id) FROM customers")
    assert teams == [heir.caller.main_team]
    lines = customers.scalar(
        "SELECT count(*) FROM ownerships WHERE how = 'hand_over' AND from_id = :id", id=str(rep.id)
    )
    assert lines == 7
    changed = [event for event in customers.events() if event["type"] == "CustomerChanged"]
    assert len(changed) == 7
    assert changed[0]["version"] == 2
    assert changed[0]["actor"] == str(heir.id)


def test_a_hand_over_that_died_goes_on(customers, people, monkeypatch):
    monkeypatch.setattr(leaving, "CHUNK", 2)
    rep, heir = people
    for number in range(5):
        created(customers, rep, name=f"Company {number}")
    leaves(customers, rep, heir)
    tell, calls = leaving._Progress._tell, []

    def dying(self, session, **said):
        calls.append(said)
        if len(calls) == 2:
            raise RuntimeError("the process dies here")
        tell(self, session, **said)

    monkeypatch.setattr(leaving._Progress, "_tell", dying)
    told = handed_over(customers)
    assert owned_by(customers, rep) == 0
    assert told[-1]["moved"] == {"customers": 5}


def test_the_same_news_twice_is_one_hand_over(customers, people):
    rep, heir = people
    created(customers, rep)
    leaves(customers, rep, heir)
    leaves(customers, rep, heir)
    handed_over(customers)
    customers.run_jobs()
    assert customers.scalar("SELECT count(*) FROM ownerships WHERE how = 'hand_over'") == 1


def test_it_does_not_end_before_the_account_is_closed_here_too(customers, people):
    rep, heir = people
    leaves(customers, rep, heir, closed=False)
    with pytest.raises(AssertionError):
        handed_over(customers, seconds=2.5)
    created(customers, rep, name="At the last moment")
    close(customers, rep)
    handed_over(customers)
    assert owned_by(customers, rep) == 0


def test_it_waits_for_what_began_before_the_account_was_closed(customers, people):
    rep, heir = people
    begun, go_on = threading.Event(), threading.Event()

    def slowly():
        with customers.session(rep) as session:
            session.connection().exec_driver_sql("SELECT 1")
            begun.set()
            go_on.wait(10)
            statement = "UPDATE customers SET owner_id = %s"
            session.connection().exec_driver_sql(statement, (str(rep.id),))

    created(customers, heir)
    slow = threading.Thread(target=slowly)
    slow.start()
    begun.wait(10)
    leaves(customers, rep, heir)
    with pytest.raises(AssertionError):
        handed_over(customers, seconds=2.5)
    go_on.set()
    slow.join()
    handed_over(customers)
    assert owned_by(customers, rep) == 0


def test_his_imports_and_exports_end_and_what_he_exported_is_told(customers, people):
    rep, heir = people
    created(customers, rep, name="Mine")
    tree = {"field": "name", "op": "eq", "value": "Mine"}
    proven = customers.stepped_up(rep)
    customers.call("export_customers", proven, filter=tree)
    customers.run_jobs()
    customers.call("export_customers", proven)
    started(customers, rep, [{"name": "Late"}])

    leaves(customers, rep, heir)
    told = handed_over(customers)

    states = customers.scalar(
        "SELECT array_agg(state ORDER BY created_at) FROM jobs WHERE started_by = :id", id=str(rep.id)
    )
    assert states[0] == "done"
    assert set(states[1:]) <= {"cancelled", "failed"}
    assert customers.scalar("SELECT count(*) FROM customers WHERE name = 'Late'") == 0
    assert customers.scalar("SELECT array_agg(state ORDER BY at) FROM exports") == ["done", "stopped"]
    exports = [export for one in told for export in one["exports"]]
    assert [(one["rows"], one["state"]) for one in exports] == [(0, "stopped"), (1, "done")]
    assert exports[1]["filter"] == '{"field":"name","op":"eq","value":"Mine"}'


def test_exports_are_told_in_pieces_that_an_event_can_carry(customers, people, monkeypatch):
    monkeypatch.setattr(leaving, "AT_ONCE", 2)
    rep, heir = people
    proven = customers.stepped_up(rep)
    for number in range(5):
        customers.call("export_customers", proven, filter={"field": "name", "op": "eq", "value": f"{number}" * 200})
    customers.run_jobs()
    leaves(customers, rep, heir)
    told = handed_over(customers)
    assert [len(one["exports"]) for one in told] == [2, 2, 1, 0]
    bodies = customers.scalar("SELECT string_agg(encode(body, 'escape'), '') FROM outbox")
    assert "00000" not in bodies


def test_shares_with_him_are_gone(customers, people):
    rep, heir = people
    admin = customers.person("Admin", ADMIN)
    customer = created(customers, admin)
    customers.call("share_customer", admin, customer_id=customer["id"], grantee_id=rep.id)
    leaves(customers, rep, heir)
    handed_over(customers)
    assert customers.scalar("SELECT count(*) FROM shares WHERE ended_at IS NULL") == 0
