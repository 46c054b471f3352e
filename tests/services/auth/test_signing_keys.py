"""Signing keys are known before they sign and good until their last token is over; 20 rotations harm nobody."""

import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from chassis.clock import now
from chassis.identity import tokens
from chassis.ids import new_id
from chassis.requests import Request
from services.auth.models import SigningKey
from services.auth.service import AuthService
from services.auth.signing_keys.pairs import opened
from tests.services.auth.factories import ADMIN_EMAIL, ADMIN_PASSWORD, House

AHEAD = 0.4
ROTATIONS = 20


@pytest.fixture
def house(tested):
    """Auth whose next key may sign after a moment."""
    settings = {"admin_email": ADMIN_EMAIL, "admin_password": ADMIN_PASSWORD}
    return House(tested(AuthService, **settings, signing_key_ahead_seconds=AHEAD))


def states(house):
    """The states of all keys, the newest key first."""
    with house.auth.database.reading() as session:
        return list(session.scalars(select(SigningKey.state).order_by(SigningKey.created_at.desc())))


def kid_of(house, state):
    return next(key["kid"] for key in house.done("find_keys")["keys"] if key["state"] == state)


def rotate(house, **why):
    """Rotate as soon as it is allowed."""
    while (answer := house.call("rotate_keys", house.admin, **why)).status == 409:
        time.sleep(0.05)
    assert answer.status == 200, answer.body


def forged(house, kid):
    """A fresh token for the administrator, made with the private part of a key."""
    with house.auth.session() as session:
        key = session.scalars(select(SigningKey).where(SigningKey.kid == kid)).one()
        pair = opened(key, house.auth.settings.secret_key)
    return lambda: tokens.issue(pair, user_id=house.admin.id, session_id=new_id())


def status_of(house, token):
    return house.auth.call("get_me", request=Request(token=token)).status


def test_one_key_signs_and_the_next_one_is_published_already(house):
    assert states(house) == ["next", "active"]
    assert {key["kid"] for key in house.call("published_keys").json()["keys"]} == {
        kid_of(house, "next"),
        kid_of(house, "active"),
    }
    assert len(house.told("SigningKeyChanged")) == 2


def test_the_next_key_signs_after_a_rotation_and_old_tokens_stay_good(house):
    awaited, before = kid_of(house, "next"), house.person("Agent")
    rotate(house)
    assert states(house) == ["next", "active", "retiring"]
    assert kid_of(house, "active") == awaited
    assert house.call("get_me", before).status == 200
    after = house.log_in(before.email)
    assert house.auth.directory._verifier.verify(after.person.token).key_id == awaited
    assert house.call("get_me", after).status == 200


def test_a_key_that_was_only_just_published_does_not_sign_yet(tested):
    house = House(tested(AuthService, admin_email=ADMIN_EMAIL, admin_password=ADMIN_PASSWORD))
    answer = house.call("rotate_keys", house.admin)
    assert (answer.status, answer.body["type"]) == (409, "next-key-too-young")
    assert 0 < (answer.retry_after or 0) <= 300
    assert states(house) == ["next", "active"]


def test_administrators_see_the_keys_without_their_private_parts(house):
    rotate(house)
    keys = house.done("find_keys")["keys"]
    assert [key["state"] for key in keys] == ["next", "active", "retiring"]
    assert set(keys[0]) == {"kid", "state", "created_at", "activated_at", "retired_at"}
    assert (keys[0]["activated_at"], keys[1]["retired_at"]) == (None, None)


def test_rotating_takes_the_permission_and_a_step_up(house):
    analyst = house.step_up(house.person("Analyst", roles=("analyst",)))
    assert house.call("rotate_keys", analyst).body["type"] == "forbidden"
    fresh = house.log_in(ADMIN_EMAIL, ADMIN_PASSWORD)
    assert house.call("rotate_keys", fresh).body["type"] == "step-up-required"


def test_a_retired_key_is_gone_when_its_last_token_has_expired(house, monkeypatch):
    kid = kid_of(house, "active")
    token = forged(house, kid)
    rotate(house)
    house.auth.fire_timers()  # what is due, which this is not yet
    assert status_of(house, token()) == 200

    with house.auth.session() as session:
        session.connection().exec_driver_sql("UPDATE timers SET due_at = now() WHERE kind = 'withdraw_signing_key'")
    house.auth.fire_timers()
    house.auth.directory.refresh()

    assert states(house) == ["next", "active", "gone"]
    assert status_of(house, token()) == 401
    assert kid not in {key["kid"] for key in house.call("published_keys").json()["keys"]}
    assert house.auth.scalar("SELECT length(sealed_private) FROM signing_keys WHERE kid = :kid", kid=kid) == 0


def test_the_wait_covers_the_life_of_a_token(house):
    rotate(house)
    due = house.auth.scalar("SELECT due_at FROM timers WHERE kind = 'withdraw_signing_key'")
    assert due - now() > timedelta(seconds=tokens.LIFETIME_SECONDS + 50)


def test_a_compromised_key_is_gone_at_once_and_people_go_on_with_their_refresh_tokens(house):
    agent = house.person("Agent")
    rotate(house, compromised=True)
    assert states(house) == ["next", "active", "gone"]
    assert house.call("get_me", agent).status == 401
    fresh = house.call("refresh", refresh_token=agent.refresh_token).body["access_token"]
    assert status_of(house, fresh) == 200


def test_the_timer_rotates_when_the_key_has_signed_for_long_enough(house):
    with house.auth.session() as session:
        session.connection().exec_driver_sql("UPDATE signing_keys SET activated_at = activated_at - interval '31 days'")
        session.connection().exec_driver_sql("UPDATE signing_keys SET created_at = created_at - interval '1 hour'")
        session.connection().exec_driver_sql("UPDATE timers SET due_at = now() WHERE kind = 'rotate_signing_keys'")
    house.auth.fire_timers()
    assert sorted(states(house)) == ["active", "next", "retiring"]
    due = house.auth.scalar("SELECT due_at FROM timers WHERE kind = 'rotate_signing_keys'")
    assert timedelta(days=29) < due - now() <= timedelta(days=30)


def test_the_timer_waits_if_somebody_rotated_in_the_meantime(house):
    rotate(house)
    with house.auth.session() as session:
        session.connection().exec_driver_sql("UPDATE timers SET due_at = now() WHERE kind = 'rotate_signing_keys'")
    house.auth.fire_timers()
    assert states(house) == ["next", "active", "retiring"]


def test_of_parallel_rotations_one_wins(house):
    time.sleep(AHEAD)
    answers = []
    rotate_once = lambda: answers.append(house.auth.call("rotate_keys", house.admin.person).status)  # noqa: E731
    threads = [threading.Thread(target=rotate_once) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 409, 409, 409]
