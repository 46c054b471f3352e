"""Roles are given and changed only by those who have just proved once more that it is they."""

from datetime import timedelta

from chassis.testing.tested import together
from services.auth import models
from services.auth.roles import role_id
from tests.services.auth.factories import ADMIN_EMAIL, ADMIN_PASSWORD, PASSWORD, etag

IMPORT = {"mapping": {"name": "name"}, "options": {"email_domain": "example.com"}, "dry_run": True}


def admin_without_step_up(house):
    return house.log_in(ADMIN_EMAIL, ADMIN_PASSWORD)


def dangerous(house, who):
    """The answers to everything that gives or changes rights."""
    rep = house.user("Rep")
    role = house.done("create_role", name="Key accounts", permissions={})
    roles = [role_id("analyst")]
    return [
        house.call("create_user", who, name="New", email="new@example.com", roles=roles),
        house.call("change_user", who, user_id=rep["id"], roles=roles, if_match=etag(rep)),
        house.call("change_role", who, role_id=role["id"], permissions={"users:read": "all"}, if_match=etag(role)),
        house.call("import_users", who, file=house.upload(b"name\nRep\n", who), **IMPORT),
    ]


def test_giving_and_changing_rights_takes_a_step_up(house):
    refused = dangerous(house, admin_without_step_up(house))
    assert {(answer.status, answer.body["type"]) for answer in refused} == {(403, "step-up-required")}


def test_after_a_step_up_it_is_done(house):
    done = dangerous(house, house.step_up(admin_without_step_up(house), ADMIN_PASSWORD))
    assert [answer.status for answer in done] == [201, 200, 200, 202]


def test_what_gives_no_rights_takes_none(house):
    admin = admin_without_step_up(house)
    rep = house.done("create_user", admin, name="New", email="new@example.com", password=PASSWORD)
    assert house.call("change_user", admin, user_id=rep["id"], name="Other", roles=[], if_match=etag(rep)).status == 200


def test_a_wrong_password_is_no_step_up_and_counts_like_a_failed_log_in(house):
    agent = house.person("Agent")
    answers = [house.call("step_up", agent, password="a wrong password") for _ in range(11)]
    assert [(answer.status, answer.body["type"]) for answer in answers[:10]] == [(403, "wrong-password")] * 10
    assert answers[10].status == 429
    assert house.call("step_up", agent, password=PASSWORD).status == 429


def test_the_proof_lives_on_in_refreshed_tokens_of_this_session_only(house):
    agent = house.step_up(house.person("Agent"))
    other = house.log_in(agent.email)
    refreshed = house.call("refresh", refresh_token=agent.refresh_token).body["access_token"]
    at = house.auth.directory.authenticate(refreshed).stepped_up_at
    assert at == agent.person.caller.stepped_up_at is not None
    assert other.person.caller.stepped_up_at is None


def test_the_refresh_token_from_before_is_spent(house):
    before = house.person("Agent")
    house.step_up(before)
    assert house.call("refresh", refresh_token=before.refresh_token).body["type"] == "refresh-refused"


def test_a_session_that_is_over_cannot_step_up(house, monkeypatch):
    agent = house.person("Agent")
    much_later = models.now() + timedelta(days=31)
    monkeypatch.setattr(models, "now", lambda: much_later)
    assert house.call("step_up", agent, password=PASSWORD).status == 401


def test_a_replay_tells_no_tokens(house):
    agent = house.person("Agent")
    first = house.call("step_up", agent, password=PASSWORD, idempotency_key="k")
    again = house.call("step_up", agent, password=PASSWORD, idempotency_key="k")
    assert (first.status, again.status, again.replayed) == (200, 200, True)
    assert (again.body["access_token"], again.body["refresh_token"]) == (None, None)
    assert first.body["access_token"] not in house.stored_text()


def test_steps_up_in_parallel_leave_every_session_sound(house):
    agent = house.person("Agent")
    answers = together(4, lambda _: house.auth.call("step_up", agent.person, password=PASSWORD))
    assert {answer.status for answer in answers} == {200}
    assert house.call("get_me", agent).status == 200
