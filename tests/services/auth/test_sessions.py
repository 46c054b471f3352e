"""Sessions live on refresh tokens that work once, and end everywhere when somebody wants them to."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from chassis.clock import now
from chassis.testing.tested import together
from services.auth import models
from tests.services.auth.factories import PASSWORD


def refresh(house, token):
    return house.call("refresh", refresh_token=token)


def test_a_refresh_token_is_changed_for_a_new_pair_of_the_same_session(house):
    agent = house.person("Agent")
    answer = refresh(house, agent.refresh_token)
    assert answer.status == 200
    assert answer.body["refresh_token"] != agent.refresh_token
    assert house.auth.directory._verifier.verify(answer.body["access_token"]).session == agent.session_id
    assert refresh(house, answer.body["refresh_token"]).status == 200


def test_a_used_token_ends_its_session_although_it_is_refused(house):
    agent = house.person("Agent")
    newer = refresh(house, agent.refresh_token).body["refresh_token"]

    again = refresh(house, agent.refresh_token)

    assert (again.status, again.body["type"]) == (401, "refresh-refused")
    assert refresh(house, newer).status == 401
    assert house.call("get_me", agent).status == 401
    assert [event["aggregate_id"] for event in house.told("SessionEnded")] == [str(agent.session_id)]


def test_of_parallel_uses_of_one_token_at_most_one_wins(house):
    agent = house.person("Agent")
    answers = together(8, lambda _: house.auth.call("refresh", refresh_token=agent.refresh_token))
    assert sorted(answer.status for answer in answers) == [200] + [401] * 7
    assert len(house.told("SessionEnded")) == 1


def test_a_made_up_token_is_refused(house):
    assert refresh(house, "made up").body["type"] == "refresh-refused"


@pytest.mark.parametrize("gap", [timedelta(days=7), timedelta(days=30)])
def test_an_idle_session_is_over(house, monkeypatch, gap):
    agent = house.person("Agent")
    at = now() + gap
    monkeypatch.setattr(models, "now", lambda: at)
    assert refresh(house, agent.refresh_token).status == 401


def test_even_a_busy_session_is_over_after_thirty_days(house, monkeypatch):
    agent = house.person("Agent")
    token, begin = agent.refresh_token, now()
    for day in range(6, 30, 6):
        monkeypatch.setattr(models, "now", lambda day=day: begin + timedelta(days=day))
        answer = refresh(house, token)
        assert answer.status == 200
        token = answer.body["refresh_token"]
    monkeypatch.setattr(models, "now", lambda: begin + timedelta(days=30))
    assert refresh(house, token).status == 401


def test_logging_out_ends_this_session_only(house):
    here, there = house.person("Agent"), house.log_in("agent@example.com")
    assert house.call("log_out", here).status == 204
    assert house.call("get_me", here).status == 401
    assert refresh(house, here.refresh_token).status == 401
    assert house.call("get_me", there).status == 200


def test_own_sessions_are_listed_newest_first(house):
    first = house.person("Agent")
    second = house.log_in("agent@example.com")
    items = house.done("find_sessions", second)["items"]
    assert [item["id"] for item in items] == [str(second.session_id), str(first.session_id)]
    assert [item["current"] for item in items] == [True, False]
    assert items[0]["remote_addr"] == "192.0.2.1"


def test_another_own_session_can_be_ended_but_nobody_elses(house):
    here, there = house.person("Agent"), house.log_in("agent@example.com")
    assert house.call("end_session", here, session_id=house.admin.session_id).status == 404
    assert house.call("end_session", here, session_id=there.session_id).status == 204
    assert house.call("get_me", there).status == 401
    assert house.call("end_session", here, session_id=there.session_id).status == 404
    assert len(house.done("find_sessions", here)["items"]) == 1


def test_closing_an_account_ends_all_its_sessions(house):
    agent, again = house.person("Agent"), house.log_in("agent@example.com")
    house.done("change_user", user_id=agent.id, active=False, if_match='"1"')
    assert house.call("get_me", agent).status == 401
    assert refresh(house, again.refresh_token).status == 401
    assert len(house.told("SessionEnded")) == 2

    house.done("change_user", user_id=agent.id, active=True, if_match='"2"')
    assert refresh(house, agent.refresh_token).status == 401
    assert house.attempt("agent@example.com", PASSWORD).status == 200


def test_dead_sessions_are_deleted_with_their_tokens_and_living_ones_kept(house):
    agent = house.person("Agent")
    house.call("log_out", agent)
    with house.auth.session() as session:
        session.execute(text("UPDATE login_sessions SET ended_at = ended_at - interval '2 days'"))
    house.auth.fire_timers()
    assert house.auth.scalar("SELECT count(*) FROM login_sessions") == 1
    assert house.auth.scalar("SELECT count(DISTINCT session_id) FROM refresh_tokens") == 1
    assert house.auth.scalar("SELECT count(*) FROM timers WHERE kind = 'tidy' AND due_at > now()") == 1


def test_one_can_log_out_everywhere_else_or_everywhere(house):
    here, there = house.person("Agent"), house.log_in("agent@example.com")
    other = house.person("Other")
    assert house.call("end_all_sessions", here).status == 204
    assert (house.call("get_me", there).status, house.call("get_me", here).status) == (401, 200)
    assert house.call("end_all_sessions", here, current=True).status == 204
    assert house.call("get_me", here).status == 401
    assert house.call("get_me", other).status == 200, "others stay"


def test_an_administrator_sees_and_ends_the_sessions_of_people_within_reach(house):
    east, west = house.team("East"), house.team("West")
    lead = house.person_who_may("Lead", {"users:change": "team"}, teams=(east,))
    rep, again = house.person("Rep", teams=(east,)), house.log_in("rep@example.com")
    stranger = house.person("Stranger", teams=(west,))

    listed = house.done("find_sessions_of", lead, user_id=rep.id)["items"]
    assert [item["id"] for item in listed] == [str(again.session_id), str(rep.session_id)]
    assert not any(item["current"] for item in listed)
    assert house.call("end_session_of", lead, user_id=rep.id, session_id=stranger.session_id).status == 404
    assert house.call("end_session_of", lead, user_id=rep.id, session_id=again.session_id).status == 204
    assert (house.call("get_me", again).status, house.call("get_me", rep).status) == (401, 200)
    assert house.call("end_sessions_of", lead, user_id=rep.id).status == 204
    assert house.call("get_me", rep).status == 401

    for operation in ("find_sessions_of", "end_sessions_of"):
        assert house.call(operation, lead, user_id=stranger.id).status == 404
        assert house.call(operation, stranger, user_id=stranger.id).status == 403
    assert house.call("get_me", stranger).status == 200


def test_nobody_ends_the_sessions_of_people_with_more_rights(house):
    lead = house.person_who_may("Lead", {"users:change": "all"})
    assert house.call("end_sessions_of", lead, user_id=house.admin.id).body["type"] == "beyond-own-rights"
    assert house.call("get_me", house.admin).status == 200
