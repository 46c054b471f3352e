"""The chain of the audit trail: every entry once, in the order of its service, whatever the broker does."""

import pytest

from chassis.testing.tested import together
from services.auth.auditing.chain import OtherEntries
from tests.services.auth.trail import Trail, batch, entry


@pytest.fixture
def trail(house):
    made = Trail(house.auth)
    made.catch_up()
    return made


def numbers(trail, service):
    rows = f"SELECT array_agg(number ORDER BY sequence) FROM audit_chain WHERE service = '{service}'"
    return trail.auth.scalar(rows)


def test_what_auth_does_itself_is_chained_too(house, trail):
    before = trail.chained()
    house.done("create_role", name="Key accounts", permissions={"customers:read": "team"})
    trail.catch_up()
    assert trail.chained() == before + 1
    (found,) = house.done("find_entries", action="create_role")["items"]
    assert (found["service"], found["actor"]) == ("auth", str(house.admin.id))
    assert found["changes"][0]["after"]["permissions"] == {"customers:read": "team"}


def test_a_batch_that_comes_twice_is_chained_once(trail):
    event = batch("tickets", entry(1), entry(2))
    trail.auth.deliver(event)
    trail.auth.deliver(event)
    assert numbers(trail, "tickets") == [1, 2]
    assert trail.verdict().sound


def test_batches_in_any_order_are_chained_in_the_order_of_their_numbers(trail):
    entries = [entry(number) for number in range(1, 8)]
    trail.take("tickets", *entries[5:])
    trail.take("tickets", *entries[2:5])
    assert numbers(trail, "tickets") is None
    trail.take("tickets", *entries[:2])
    assert numbers(trail, "tickets") == [1, 2, 3, 4, 5, 6, 7]
    assert trail.verdict().sound


def test_batches_that_overlap_are_chained_without_repetition(trail):
    entries = [entry(number) for number in range(1, 7)]
    trail.take("tickets", *entries[2:4])
    trail.take("tickets", *entries[1:6])
    trail.take("tickets", *entries[:3])
    assert numbers(trail, "tickets") == [1, 2, 3, 4, 5, 6]


def test_many_services_at_once_make_one_chain(trail):
    def deliver(place):
        for number in range(1, 9, 2):
            trail.take(f"service_{'abcdef'[place]}", entry(number), entry(number + 1))

    before = trail.chained()
    together(6, deliver)
    assert trail.chained() == before + 48
    assert trail.verdict().sound


def test_a_gap_is_asked_for_and_alerted_when_that_does_not_help(house, trail):
    trail.take("tickets", entry(1))
    trail.take("tickets", entry(4))

    ask_for_missing(house)
    asked = house.told("EntriesMissed")[-1]["payload"]
    assert asked == {"source": "tickets", "first": 2}
    assert house.done("find_alerts", open=True)["items"] == []

    with house.auth.session() as session:
        session.connection().exec_driver_sql("UPDATE audit_arrivals SET arrived_at = arrived_at - interval '1 minute'")
    ask_for_missing(house)
    (alert,) = house.done("find_alerts", open=True)["items"]
    assert (alert["kind"], alert["details"]) == ("entries_missing", {"service": "tickets", "from": 2, "to": 3})


def ask_for_missing(house):
    with house.auth.session() as session:
        session.connection().exec_driver_sql("UPDATE timers SET due_at = now() WHERE kind = 'ask_for_missing'")
    house.auth.fire_timers()


def test_a_chain_that_has_only_been_begun_gets_no_checkpoint(house):
    trail = Trail(house.auth)
    trail.take("tickets", entry(2))  # waits for the first
    assert trail.auth.scalar("SELECT sequence FROM audit_head") == 0
    assert trail.sign() is None
    trail.take("tickets", entry(1))
    assert trail.sign().sequence == 2


def test_numbers_that_come_again_with_other_entries_are_not_taken(trail):
    trail.take("tickets", entry(1), entry(2))
    with pytest.raises(OtherEntries):
        trail.take("tickets", entry(1), entry(2))
    assert numbers(trail, "tickets") == [1, 2]


def test_a_log_in_and_its_failures_are_told_with_the_account(house, trail):
    lena = house.user("Lena")
    house.attempt(lena["email"], "wrong wrong wrong")
    house.log_in(lena["email"])
    trail.catch_up()
    done, failed = house.done("find_entries", action="log_in", limit=2)["items"]
    assert (done["kind"], done["outcome"], done["actor"]) == ("login", "done", lena["id"])
    assert (failed["kind"], failed["outcome"], failed["actor"]) == ("login", "refused", None)
    assert failed["details"]["account"] == lena["id"]
    assert failed["remote_addr"] == "192.0.2.1"


def test_neither_passwords_nor_addresses_stand_in_the_trail(house, trail):
    lena = house.user("Lena")
    house.log_in(lena["email"])
    house.done("change_user", user_id=lena["id"], email="lena.new@example.com", if_match='"1"')
    trail.catch_up()
    told = str(house.done("find_entries", limit=200))
    assert "example.com" not in told
    assert "a password of a person" not in told
    assert "argon2" not in told
