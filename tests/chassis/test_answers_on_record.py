"""A refusal that a command returns is committed, and what is told once is told once."""

from tests.chassis.probe.door import DoorService


def test_a_returned_problem_is_answered_and_what_the_command_did_is_kept(tested):
    door = tested(DoorService)
    anna = door.person("Anna", {})

    answer = door.call("knock", anna, name="Tides")

    assert (answer.status, answer.retry_after) == (403, 5)
    assert answer.body == {"type": "forbidden", "title": "You may not do this", "status": 403, "detail": "Not today"}
    assert door.scalar("SELECT count(*) FROM pages") == 1


def test_a_returned_problem_is_not_kept_under_the_idempotency_key(tested):
    door = tested(DoorService)
    anna = door.person("Anna", {})
    assert door.call("knock", anna, name="Tides", idempotency_key="k").status == 403
    assert door.call("knock", anna, name="Waves", idempotency_key="k").replayed is False
    assert door.scalar("SELECT count(*) FROM idempotency_keys") == 0


def test_what_is_told_once_is_null_when_the_answer_is_replayed(tested):
    door = tested(DoorService)
    anna = door.person("Anna", {})

    first = door.call("tell", anna, name="safe", idempotency_key="k")
    again = door.call("tell", anna, name="safe", idempotency_key="k")

    assert first.json() == {"name": "safe", "code": "open sesame"}
    assert (again.replayed, again.json()) == (True, {"name": "safe", "code": None})
    assert b"sesame" not in bytes(door.scalar("SELECT body FROM idempotency_keys"))
