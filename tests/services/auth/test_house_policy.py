"""The house says who needs a second factor, how long sessions last, and for how long an initial password is good."""

from datetime import timedelta

import pyotp
import pytest

from chassis.clock import now
from services.auth import models
from services.auth.house_policy import models as policy_models
from services.auth.roles import role_id
from tests.services.auth.authenticator import Authenticator
from tests.services.auth.factories import PASSWORD, etag

DEFAULT = {
    "second_factor": "optional",
    "second_factor_roles": [],
    "session_idle_hours": 168,
    "session_absolute_hours": 720,
    "initial_password_days": 7,
}


def policy(house, **wanted):
    """Let another policy hold."""
    present = house.done("get_policy")
    return house.done("set_policy", if_match=etag(present), **{**DEFAULT, **wanted})


def later(monkeypatch, **time):
    at = now() + timedelta(**time)
    for module in (models, policy_models):
        monkeypatch.setattr(module, "now", lambda: at)


def ticket(house, email, password=PASSWORD):
    answer = house.attempt(email, password)
    assert (answer.status, answer.body["type"]) == (401, "second-factor-to-set-up")
    assert "access_token" not in answer.body
    return answer.body["enrolment_ticket"]


def enrolled(house, email):
    """Somebody who has just set up an app to come in; the answer, and the secret."""
    good = ticket(house, email)
    secret = house.done("begin_enrolling_totp", ticket=good)["secret"]
    return house.call("enrol_totp", ticket=good, code=pyotp.TOTP(secret).now()), good


def test_a_house_begins_with_a_free_choice_and_the_limits_of_before(house):
    seen = house.done("get_policy")
    assert {name: seen[name] for name in DEFAULT} == DEFAULT
    assert seen["version"] == 1


def test_changing_it_is_checked_versioned_audited_and_takes_a_step_up(house):
    wanted = {**DEFAULT, "second_factor": "required"}
    fresh = house.log_in("admin@example.com", "only for the tests of auth")
    assert house.call("set_policy", fresh, if_match='"1"', **wanted).body["type"] == "step-up-required"
    assert house.call("set_policy", house.admin, **wanted).status == 428
    for wrong in ({"session_idle_hours": 0}, {"session_absolute_hours": 8761}, {"second_factor": "never"}):
        assert house.call("set_policy", house.admin, if_match='"1"', **{**wanted, **wrong}).status == 422
    unknown = {**wanted, "second_factor_roles": [str(house.admin.id)]}
    assert house.call("set_policy", house.admin, if_match='"1"', **unknown).body["type"] == "unknown-role"
    assert policy(house, second_factor="required")["version"] == 2
    assert house.call("set_policy", house.admin, if_match='"1"', **wanted).status == 412
    (entry,) = [one for one in house.auth.audited() if one["action"] == "set_policy" and one["outcome"] == "done"]
    assert entry["details"]["before"]["second_factor"] == "optional"
    assert entry["details"]["after"]["second_factor"] == "required"


def test_who_has_none_is_led_to_set_up_one_and_comes_in(house):
    agent = house.user("Agent")
    policy(house, second_factor="required")
    answer, good = enrolled(house, agent["email"])
    assert answer.status == 200
    assert len(answer.body["recovery_codes"]) == 10
    assert house.auth.directory.authenticate(answer.body["access_token"]).name == "Agent"
    again = house.call("begin_enrolling_totp", ticket=good)
    assert (again.status, again.body["type"]) == (401, "ticket-refused")
    assert house.attempt(agent["email"], PASSWORD).body["type"] == "second-factor-required"


def test_a_passkey_does_as_well(house):
    agent = house.user("Agent")
    policy(house, second_factor="required")
    good = ticket(house, agent["email"])
    url = house.auth.settings.public_url
    device = Authenticator(origin=url, domain=url.partition("://")[2].partition(":")[0])
    begun = house.done("begin_enrolling_passkey", ticket=good)
    made = {"ceremony_id": begun["ceremony_id"], "credential": device.create(begun["options"]), "name": "Laptop"}
    answer = house.call("enrol_passkey", ticket=good, **made)
    assert (answer.status, len(answer.body["recovery_codes"])) == (200, 10)


def test_the_ticket_opens_nothing_else(house):
    agent = house.user("Agent")
    policy(house, second_factor="required")
    good = ticket(house, agent["email"])
    assert house.call("finish_log_in", ticket=good, totp="123456").body["type"] == "ticket-refused"
    assert house.call("begin_passkey_log_in", ticket=good).body["type"] == "ticket-refused"
    assert house.call("refresh", refresh_token=good).body["type"] == "refresh-refused"
    assert house.auth.scalar("SELECT count(*) FROM login_sessions WHERE user_id = :id", id=agent["id"]) == 0


def test_the_ticket_of_a_log_in_sets_nothing_up(house):
    agent = house.user("Agent")
    policy(house, second_factor="required")
    enrolled(house, agent["email"])
    other = house.attempt(agent["email"], PASSWORD).body["ticket"]
    assert house.call("begin_enrolling_totp", ticket=other).body["type"] == "ticket-refused"


def test_of_two_tickets_the_second_is_void_once_there_is_a_factor(house):
    agent = house.user("Agent")
    policy(house, second_factor="required")
    stolen = ticket(house, agent["email"])
    enrolled(house, agent["email"])
    assert house.call("begin_enrolling_totp", ticket=stolen).body["type"] == "ticket-refused"


def test_wrong_codes_use_the_ticket_up(house):
    agent = house.user("Agent")
    policy(house, second_factor="required")
    good = ticket(house, agent["email"])
    secret = house.done("begin_enrolling_totp", ticket=good)["secret"]
    wrong = pyotp.TOTP(secret).at(0)
    answers = [house.call("enrol_totp", ticket=good, code=wrong).body["type"] for _ in range(6)]
    assert answers == ["wrong-code"] * 5 + ["ticket-refused"]


def test_it_can_be_asked_of_some_roles_only(house):
    policy(house, second_factor_roles=[str(role_id("auditor"))])
    auditor, agent = house.user("Auditor", roles=("auditor",)), house.user("Agent", roles=("sales_rep",))
    assert ticket(house, auditor["email"])
    assert house.attempt(agent["email"], PASSWORD).status == 200


def test_a_session_without_a_factor_is_over_at_its_next_refresh(house):
    agent = house.person("Agent")
    policy(house, second_factor="required")
    answer = house.call("refresh", refresh_token=agent.refresh_token)
    assert (answer.status, answer.body["type"]) == (401, "refresh-refused")
    assert house.call("get_me", agent).status == 401


@pytest.mark.parametrize("asked", [True, False])
def test_the_last_factor_stays_where_one_is_asked_for(house, asked):
    agent = house.step_up(house.person("Agent"))
    secret = house.done("begin_totp", agent)["secret"]
    house.done("confirm_totp", agent, code=pyotp.TOTP(secret).now())
    policy(house, second_factor="required" if asked else "optional")
    answer = house.call("remove_totp", agent)
    assert answer.status == (409 if asked else 204)
    if asked:
        assert answer.body["type"] == "last-factor"
        assert len(house.done("find_factors", agent)["passkeys"]) == 0
        assert house.done("find_factors", agent)["totp_since"]
        assert house.done("find_factors", agent)["recovery_codes_left"] == 10


def test_session_limits_are_those_of_the_house(house, monkeypatch):
    agent = house.person("Agent")
    policy(house, session_idle_hours=2)
    later(monkeypatch, minutes=119)
    newer = house.call("refresh", refresh_token=agent.refresh_token)
    assert newer.status == 200
    later(monkeypatch, hours=4)
    assert house.call("refresh", refresh_token=newer.body["refresh_token"]).status == 401


def test_a_shorter_life_counts_for_sessions_that_have_begun(house, monkeypatch):
    agent = house.person("Agent")
    policy(house, session_absolute_hours=1)
    (seen,) = house.done("find_sessions", agent)["items"]
    assert seen["expires_at"] < (now() + timedelta(hours=1)).isoformat()
    later(monkeypatch, minutes=61)
    assert house.call("refresh", refresh_token=agent.refresh_token).status == 401


def test_a_password_that_others_know_is_good_for_some_days(house, monkeypatch):
    agent = house.user("Agent")
    policy(house, initial_password_days=2)
    later(monkeypatch, hours=47)
    assert house.attempt(agent["email"], PASSWORD).status == 200
    later(monkeypatch, hours=49)
    answer = house.attempt(agent["email"], PASSWORD)
    assert (answer.status, answer.body["type"]) == (401, "initial-password-expired")
    assert house.attempt(agent["email"], "wrong password of his").body["type"] == "login-refused"


def test_ones_own_password_stays_good_and_a_reset_begins_anew(house, monkeypatch):
    agent = house.person("Agent")
    own = "quite another password"
    house.done("change_password", agent, old_password=PASSWORD, new_password=own)
    later(monkeypatch, days=100)
    assert house.attempt(agent.email, own).status == 200
    assert house.attempt("admin@example.com", "only for the tests of auth").status == 200
    made = house.done("reset_password", user_id=agent.id)["initial_password"]
    assert house.attempt(agent.email, made).status == 200
    later(monkeypatch, days=108)
    assert house.attempt(agent.email, made).body["type"] == "initial-password-expired"


def test_another_ones_password_and_address_take_a_step_up(house):
    agent, admin = house.user("Agent"), house.log_in("admin@example.com", "only for the tests of auth")
    asked = {"user_id": agent["id"]}
    assert house.call("reset_password", admin, **asked).body["type"] == "step-up-required"
    moved = house.call("change_user", admin, if_match=etag(agent), email="elsewhere@example.com", **asked)
    assert moved.body["type"] == "step-up-required"
    assert house.call("change_user", admin, if_match=etag(agent), name="Other", **asked).status == 200
    assert house.attempt(agent["email"], PASSWORD).status == 200
