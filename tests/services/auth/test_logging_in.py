"""Logging in lets in who knows the password, and tells nothing to those who do not."""

import time

from chassis.requests import Request
from services.auth import passwords
from services.auth.service import AuthService
from tests.services.auth.factories import ADMIN_EMAIL, ADMIN_PASSWORD, PASSWORD, House

WRONG = "a wrong password"


def test_address_and_password_open_the_door(house):
    answer = house.attempt(ADMIN_EMAIL, ADMIN_PASSWORD)
    assert answer.status == 200
    assert (answer.body["token_type"], answer.body["expires_in"]) == ("Bearer", 300)
    claims = house.auth.directory._verifier.verify(answer.body["access_token"])
    assert claims.subject == house.admin.id
    assert claims.expires_at - time.time() <= 300


def test_the_address_is_taken_in_any_case(house):
    assert house.attempt("  Admin@Example.COM ", ADMIN_PASSWORD).status == 200


def test_unknown_address_wrong_password_and_closed_account_look_the_same(house):
    closed = house.user("Agent")
    house.done("change_user", user_id=closed["id"], active=False, if_match='"1"')
    answers = [
        house.attempt("nobody@example.com", WRONG),
        house.attempt(ADMIN_EMAIL, WRONG),
        house.attempt(closed["email"], PASSWORD),
    ]
    assert [answer.status for answer in answers] == [401] * 3
    assert answers[0].body == answers[1].body == answers[2].body
    assert answers[0].body["type"] == "login-refused"


def test_unknown_addresses_cost_the_same_work(real_work_for_passwords, tested, monkeypatch):
    house = House(tested(AuthService, admin_email=ADMIN_EMAIL, admin_password=ADMIN_PASSWORD))
    compared = []
    verify = passwords._verify

    def watched(password_hash, password):
        compared.append(password_hash)
        return verify(password_hash, password)

    monkeypatch.setattr(passwords, "_verify", watched)
    house.attempt(ADMIN_EMAIL, WRONG)
    house.attempt("nobody@example.com", WRONG)
    known, unknown = compared
    assert known[:30] == unknown[:30] == "$argon2id$v=19$m=19456,t=2,p=1"


def test_no_password_and_no_token_is_stored_or_told(house):
    somebody = house.person("Agent")
    house.attempt(somebody.email, WRONG)
    stored = house.stored_text()
    for secret in (PASSWORD, WRONG, somebody.refresh_token, somebody.person.token):
        assert secret not in stored
    assert "agent@example.com" not in str(house.auth.events())


def test_a_token_of_the_directory_opens_calls_at_once(house):
    fresh = house.user("Agent")
    answer = house.auth.call("log_in", email=fresh["email"], password=PASSWORD)
    token = Request(token=answer.body["access_token"])
    assert house.auth.call("get_me", request=token).status == 200
