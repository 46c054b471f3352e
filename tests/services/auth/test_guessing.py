"""Whoever guesses passwords is slowed down, alone or in a crowd, and the owner is not locked out."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from chassis.clock import now
from chassis.testing.tested import together
from services.auth import passwords
from services.auth.guessing import attempts, devices
from tests.services.auth.factories import ADMIN_EMAIL, ADMIN_PASSWORD, PASSWORD

WRONG = "a wrong password"
ELSEWHERE = "203.0.113.9"


@pytest.fixture
def clock(monkeypatch):
    """Lets time pass for what is counted."""

    class Clock:
        passed = timedelta()

        def advance(self, **amount):
            self.passed += timedelta(**amount)

    clock = Clock()
    monkeypatch.setattr(attempts, "now", lambda: now() + clock.passed)
    return clock


@pytest.fixture
def cheap(monkeypatch):
    """Compares passwords without argon2, for tests of thousands of guesses. Returns how often it was done."""
    examined = []

    def matches(password_hash, password):
        examined.append(password)
        return bool(password_hash) and password == ADMIN_PASSWORD

    monkeypatch.setattr(passwords, "matches", matches)
    return examined


def test_after_ten_failures_even_the_right_password_has_to_wait(house, clock):
    assert {house.attempt(ADMIN_EMAIL, WRONG).status for _ in range(10)} == {401}
    answer = house.attempt(ADMIN_EMAIL, ADMIN_PASSWORD)
    assert (answer.status, answer.body["type"]) == (429, "too-many-attempts")
    assert 0 < answer.retry_after <= 30
    clock.advance(seconds=31)
    assert house.attempt(ADMIN_EMAIL, ADMIN_PASSWORD).status == 200


def test_each_further_failure_doubles_the_wait_up_to_an_hour(house, clock, cheap):
    for _ in range(10):
        house.attempt(ADMIN_EMAIL, WRONG)
    waits = []
    for _ in range(9):
        waits.append(house.attempt(ADMIN_EMAIL, WRONG).retry_after)
        clock.advance(seconds=waits[-1] + 1)
        assert house.attempt(ADMIN_EMAIL, WRONG).status == 401
    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]


def test_the_right_password_begins_the_count_anew(house, cheap):
    for _ in range(3):
        for _ in range(9):
            house.attempt(ADMIN_EMAIL, WRONG)
        assert house.attempt(ADMIN_EMAIL, ADMIN_PASSWORD).status == 200


def test_a_day_without_a_failure_is_forgotten(house, clock, cheap):
    for _ in range(10):
        house.attempt(ADMIN_EMAIL, WRONG)
    clock.advance(hours=25)
    assert {house.attempt(ADMIN_EMAIL, WRONG).status for _ in range(10)} == {401}


def test_the_owner_still_comes_in_from_elsewhere_and_others_from_the_same_place(house):
    house.user("Agent")
    for _ in range(11):
        house.attempt(ADMIN_EMAIL, WRONG, remote_addr=ELSEWHERE)
    assert house.attempt(ADMIN_EMAIL, ADMIN_PASSWORD, remote_addr=ELSEWHERE).status == 429
    assert house.attempt(ADMIN_EMAIL, ADMIN_PASSWORD, remote_addr="198.51.100.1").status == 200
    assert house.attempt("agent@example.com", PASSWORD, remote_addr=ELSEWHERE).status == 200


def test_addresses_of_one_network_count_together(house, cheap):
    for number in range(10):
        assert house.attempt(ADMIN_EMAIL, WRONG, remote_addr=f"2001:db8:1:2::{number:x}").status == 401
    assert house.attempt(ADMIN_EMAIL, WRONG, remote_addr="2001:db8:1:2:ffff::1").status == 429
    assert house.attempt(ADMIN_EMAIL, WRONG, remote_addr="2001:db8:1:3::1").status == 401


def test_a_thousand_guesses_from_many_addresses_get_nobody_in_and_leave_the_owner_his_way(house, cheap):
    device_token = house.attempt(ADMIN_EMAIL, ADMIN_PASSWORD).body["device_token"]
    cheap.clear()

    guesses = [f"guess number {number}" for number in range(999)]
    guesses.insert(500, ADMIN_PASSWORD)
    answers = [
        house.attempt(ADMIN_EMAIL, guess, remote_addr=f"198.51.{number // 250}.{number % 250}")
        for number, guess in enumerate(guesses)
    ]

    assert [answer.status for answer in answers] == [401] * 50 + [429] * 950
    assert len(cheap) == 50, "the others were not even examined"
    stranger = house.attempt(ADMIN_EMAIL, ADMIN_PASSWORD, remote_addr="192.0.2.200")
    assert stranger.status == 429
    assert house.attempt(ADMIN_EMAIL, ADMIN_PASSWORD, device_token=device_token).status == 200
    assert house.attempt(ADMIN_EMAIL, ADMIN_PASSWORD, device_token=device_token, remote_addr=ELSEWHERE).status == 200


def test_a_patient_crowd_gets_few_guesses_a_day(house, clock, cheap):
    for number in range(24 * 60):
        house.attempt(ADMIN_EMAIL, WRONG, remote_addr=f"198.51.{number // 250}.{number % 250}")
        clock.advance(minutes=1)
    assert len(cheap) <= 160


def test_a_known_device_has_an_allowance_of_its_own(house, cheap):
    device_token = house.attempt(ADMIN_EMAIL, ADMIN_PASSWORD).body["device_token"]
    statuses = [house.attempt(ADMIN_EMAIL, WRONG, device_token=device_token).status for _ in range(11)]
    assert statuses == [401] * 10 + [429]
    assert house.attempt(ADMIN_EMAIL, ADMIN_PASSWORD, device_token=device_token).status == 429
    assert house.attempt(ADMIN_EMAIL, ADMIN_PASSWORD).status == 200, "others and other devices are not concerned"


@pytest.mark.parametrize("whose", ["nobody", "another"])
def test_a_token_of_another_account_or_a_made_up_one_helps_nobody(house, cheap, whose):
    house.user("Agent")
    token = house.attempt(ADMIN_EMAIL, ADMIN_PASSWORD).body["device_token"] if whose == "another" else "made up"
    for _ in range(10):
        house.attempt("agent@example.com", WRONG)
    assert house.attempt("agent@example.com", WRONG, device_token=token).status == 429


def test_a_device_keeps_its_token_and_a_new_one_gets_another(house):
    first = house.attempt(ADMIN_EMAIL, ADMIN_PASSWORD).body["device_token"]
    assert house.attempt(ADMIN_EMAIL, ADMIN_PASSWORD, device_token=first).body["device_token"] == first
    assert house.attempt(ADMIN_EMAIL, ADMIN_PASSWORD).body["device_token"] != first
    with house.auth.database.reading() as session:
        stored = str(session.execute(text("SELECT token_hash::text FROM known_devices")).all())
    assert first not in stored


def test_only_the_devices_that_were_used_last_are_known(house, cheap):
    tokens = [house.attempt(ADMIN_EMAIL, ADMIN_PASSWORD).body["device_token"] for _ in range(devices.MOST + 1)]
    assert house.auth.scalar("SELECT count(*) FROM known_devices") == devices.MOST
    assert house.attempt(ADMIN_EMAIL, ADMIN_PASSWORD, device_token=tokens[0]).body["device_token"] != tokens[0]
    assert house.attempt(ADMIN_EMAIL, ADMIN_PASSWORD, device_token=tokens[-1]).body["device_token"] == tokens[-1]


def test_unknown_accounts_are_slowed_down_just_like_known_ones(house, clock, cheap):
    house.user("Agent")
    told = {}
    for email in ("agent@example.com", "nobody@example.com"):
        answers = [house.attempt(email, WRONG) for _ in range(12)]
        answers += [house.attempt(email, WRONG, remote_addr=f"198.51.100.{number}") for number in range(45)]
        told[email] = [(answer.status, answer.body, answer.retry_after) for answer in answers]
    assert told["agent@example.com"] == told["nobody@example.com"]


def test_parallel_guesses_get_no_more_verdicts_than_one_after_the_other(house):
    answers = together(20, lambda _: house.auth.call("log_in", email=ADMIN_EMAIL, password=WRONG))
    assert sum(answer.status == 401 for answer in answers) <= 10
    assert {answer.status for answer in answers} <= {401, 429}


def test_a_request_without_an_address_counts_as_well(house, cheap):
    for _ in range(10):
        house.attempt(ADMIN_EMAIL, WRONG, remote_addr=None)
    assert house.attempt(ADMIN_EMAIL, ADMIN_PASSWORD, remote_addr=None).status == 429


def test_what_no_longer_counts_is_deleted(house, clock, cheap):
    house.attempt("nobody@example.com", WRONG)
    assert house.auth.scalar("SELECT count(*) FROM failed_logins") == 2
    clock.advance(hours=25)
    house.auth.fire_timers()
    assert house.auth.scalar("SELECT count(*) FROM failed_logins") == 0
