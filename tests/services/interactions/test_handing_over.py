"""Somebody leaves: whoever takes over has his open follow-ups and unread reminders."""

from services.interactions.service import InteractionsService
from tests.services.customer_events import known_customer
from tests.services.handing_over import handed_over, leaves
from tests.services.interactions.factories import REP, in_seconds, planned


def states(service, who):
    listed = "SELECT json_object_agg(id, state) FROM follow_ups WHERE user_id = :id"
    return service.scalar(listed, id=str(who.id)) or {}


def test_open_follow_ups_go_over_with_their_reminders(tested):
    service = tested(InteractionsService)
    rep, heir = service.person("Rep", REP), service.person("Heir", REP)
    customers = [known_customer(service, rep) for _ in range(3)]
    late, coming, done = (planned(service, rep, one)["id"] for one in customers)
    with service.session() as session:
        connection = session.connection()
        connection.exec_driver_sql("UPDATE timers SET due_at = now() WHERE key = %s", (late,))
    service.fire_timers()
    service.call("finish_follow_up", rep, follow_up_id=done)

    leaves(service, rep, heir)
    told = handed_over(service)

    assert told[-1]["moved"] == {"follow_ups": 2, "reminders": 1}
    assert states(service, heir) == {late: "open", coming: "open"}
    assert states(service, rep) == {done: "done"}
    (reminder,) = service.call("find_reminders", heir).body["items"]
    assert reminder["follow_up_id"] == late
    assert service.scalar("SELECT array_agg(key) FROM timers WHERE kind = 'follow_up_due'") == [coming]
    with service.session() as session:
        session.connection().exec_driver_sql("UPDATE timers SET due_at = now()")
    service.fire_timers()
    assert len(service.call("find_reminders", heir).body["items"]) == 2


def test_of_two_dates_with_one_customer_the_earlier_one_stands(tested):
    service = tested(InteractionsService)
    rep, heir = service.person("Rep", REP), service.person("Heir", {**REP, "customers:read": "all"})
    first, second = known_customer(service, rep), known_customer(service, rep)
    kept = planned(service, heir, first, due_at=in_seconds(100))["id"]
    moved = planned(service, heir, second, due_at=in_seconds(900))["id"]
    later, earlier = (planned(service, rep, one, due_at=in_seconds(500))["id"] for one in (first, second))

    leaves(service, rep, heir)
    handed_over(service)

    assert states(service, rep) == {later: "cancelled", earlier: "cancelled"}
    assert states(service, heir) == {kept: "open", moved: "open"}
    due = "SELECT due_at < now() + interval '600 seconds' FROM follow_ups WHERE id = :id"
    assert service.scalar(due, id=moved) is True
    timers = service.scalar("SELECT array_agg(key) FROM timers WHERE kind = 'follow_up_due'")
    assert sorted(timers) == sorted([kept, moved])
    assert service.scalar("SELECT bool_and(t.due_at = f.due_at) FROM timers t JOIN follow_ups f ON f.id::text = t.key")
