"""The inbox of reminders."""

from dataclasses import replace
from datetime import timedelta

from chassis.clock import now
from chassis.ids import new_id
from chassis.testing.plugin import Tested
from chassis.testing.tested import Person, TestedService
from contracts.pools import RecycleAnnounced
from services.interactions.service import InteractionsService
from tests.services.customer_events import customer_event, known_customer
from tests.services.interactions.factories import REP, ids, in_seconds, planned


def reminded(service: TestedService, who: Person, count: int) -> list[str]:
    """The ids of that many reminders, oldest first."""
    for number in range(count):
        planned(service, who, known_customer(service, who), due_at=in_seconds(number - 100))
    service.fire_timers()
    return ids(service.call("find_reminders", who))[::-1]


def test_unread_reminders_come_first_and_the_newest_of_them_foremost(tested: Tested):
    service = tested(InteractionsService)
    rep = service.person("Rep", REP)
    oldest, middle, newest = reminded(service, rep, 3)

    read = service.call("read_reminder", rep, reminder_id=newest)

    assert (read.status, read.json()["unread"]) == (200, False)
    first = service.call("find_reminders", rep, limit="2")
    assert ids(first) == [middle, oldest]
    assert ids(service.call("find_reminders", rep, cursor=first.json()["next_cursor"])) == [newest]


def test_reading_again_changes_nothing(tested: Tested):
    service = tested(InteractionsService)
    rep = service.person("Rep", REP)
    (reminder,) = reminded(service, rep, 1)

    first = service.call("read_reminder", rep, reminder_id=reminder).json()
    again = service.call("read_reminder", rep, reminder_id=reminder)

    assert (again.status, again.json()) == (200, first)


def test_an_inbox_is_private(tested: Tested):
    service = tested(InteractionsService)
    rep, admin = service.person("Rep", REP), service.person("Admin", {"*": "all"})
    (reminder,) = reminded(service, rep, 1)

    assert ids(service.call("find_reminders", admin)) == []
    assert service.call("read_reminder", admin, reminder_id=reminder).status == 404


def test_a_reminder_of_a_customer_that_was_passed_on_does_not_name_it(tested: Tested):
    service = tested(InteractionsService)
    rep = service.person("Rep", REP)
    created = customer_event(owner_id=rep.id, name="Example Trading")
    service.deliver(created)
    planned(service, rep, created.aggregate_id, due_at=in_seconds(-1))
    service.deliver(replace(created, version=2, owner_id=None))

    service.fire_timers()

    (reminder,) = service.call("find_reminders", rep).json()["items"]
    assert reminder["customer_name"] is None
    (follow_up,) = service.call("find_follow_ups", rep).json()["items"]
    assert follow_up["customer_name"] is None


def test_who_loses_a_customer_and_who_answers_for_him_are_told_once(tested: Tested):
    service = tested(InteractionsService)
    rep, lead, other = (service.person(name, REP) for name in ("Rep", "Lead", "Other"))
    customer_id, message = known_customer(service, rep), new_id()
    for days, people in ((3, [rep]), (1, [rep, lead])):
        told = RecycleAnnounced(
            aggregate_id=customer_id,
            version=1,
            owner_id=rep.id,
            user_ids=[one.id for one in people],
            recycle_at=now() + timedelta(days=days),
            days=days,
            rule="30 days without a follow-up",
            pool_id=new_id(),
        )
        service.deliver(told, message_id=message)
        assert not service.deliver(told, message_id=message), "it has come twice"
        message = new_id()
    lines = service.call("find_reminders", rep).json()["items"]
    assert [(one["kind"], one["follow_up_id"], one["note"]) for one in lines] == [
        ("recycle", None, "Goes back to its pool in 1 day: 30 days without a follow-up"),
        ("recycle", None, "Goes back to its pool in 3 days: 30 days without a follow-up"),
    ]
    assert len(ids(service.call("find_reminders", lead))) == 1
    assert ids(service.call("find_reminders", other)) == []
