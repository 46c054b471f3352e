"""Codes of authenticator apps and on paper work once, and without them the password opens nothing any more."""

import time
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import text

from chassis.testing.tested import together
from services.auth.signing_in import models, totp
from tests.services.auth.factories import PASSWORD, House, LoggedIn, etag


@pytest.fixture
def clock(monkeypatch):
    """The clock of the codes, which stands still until it is set."""

    class Clock:
        at = float(int(time.time()) // 30 * 30)

        def time(self):
            return self.at

    clock = Clock()
    monkeypatch.setattr(totp, "time", clock)
    return clock


class Owner:
    """Somebody with an authenticator app and ten codes on paper."""

    def __init__(self, house: House, clock, name: str = "Agent") -> None:
        self.house, self.clock = house, clock
        self.session: LoggedIn = house.step_up(house.person(name))
        self.secret = house.done("begin_totp", self.session)["secret"]
        self.codes = house.done("confirm_totp", self.session, code=self.code())["recovery_codes"]
        clock.at += 30

    @property
    def email(self) -> str:
        return self.session.email

    def code(self, steps: int = 0) -> str:
        return pyotp.TOTP(self.secret).at(int(self.clock.at) + 30 * steps)

    def ticket(self) -> str:
        answer = self.house.attempt(self.email, PASSWORD)
        assert (answer.status, answer.body["type"]) == (401, "second-factor-required")
        return str(answer.body["ticket"])

    def finish(self, **proof):
        return self.house.call("finish_log_in", ticket=self.ticket(), **proof)


@pytest.fixture
def owner(house, clock):
    return Owner(house, clock)


def test_without_a_second_factor_the_password_lets_in_as_ever(house):
    answer = house.attempt(house.person("Agent").email, PASSWORD)
    assert (answer.status, answer.body["token_type"]) == (200, "Bearer")


def test_with_one_the_password_only_gives_a_ticket(owner):
    answer = owner.house.attempt(owner.email, PASSWORD)
    assert answer.status == 401
    assert answer.body["second_factor"] == ["totp", "recovery_code"]
    assert "access_token" not in answer.body
    assert owner.house.auth.scalar("SELECT count(*) FROM login_sessions") == 2


def test_the_code_of_the_app_finishes_the_log_in(owner):
    answer = owner.finish(totp=owner.code())
    assert answer.status == 200
    assert owner.house.auth.directory.authenticate(answer.body["access_token"]).user_id == owner.session.id
    assert answer.body["device_token"]


def test_an_app_counts_only_once_it_is_confirmed(house, clock):
    agent = house.step_up(house.person("Agent"))
    secret = house.done("begin_totp", agent)["secret"]
    assert house.attempt(agent.email, PASSWORD).status == 200
    wrong = house.call("confirm_totp", agent, code=pyotp.TOTP(secret).at(int(clock.at) + 300))
    assert (wrong.status, wrong.body["type"]) == (403, "wrong-code")
    assert house.attempt(agent.email, PASSWORD).status == 200


def test_setting_up_takes_a_step_up(house):
    agent = house.person("Agent")
    for operation in ("begin_totp", "remove_totp", "begin_passkey_registration", "renew_recovery_codes"):
        assert house.call(operation, agent).body["type"] == "step-up-required"


def test_a_second_app_needs_the_first_one_removed(owner):
    again = owner.house.call("begin_totp", owner.session)
    assert (again.status, again.body["type"]) == (409, "totp-there")
    assert owner.house.call("remove_totp", owner.session).status == 204
    assert owner.house.attempt(owner.email, PASSWORD).status == 200
    assert owner.house.done("find_factors", owner.session)["recovery_codes_left"] == 0


def test_a_code_works_once(owner):
    code = owner.code()
    assert owner.finish(totp=code).status == 200
    again = owner.finish(totp=code)
    assert (again.status, again.body["type"]) == (401, "second-factor-refused")


def test_the_code_that_confirmed_the_app_is_spent(house, clock):
    owner = Owner(house, clock)
    assert owner.finish(totp=owner.code(-1)).status == 401


def test_a_code_works_once_in_parallel_too(owner):
    code, tickets = owner.code(), [owner.ticket() for _ in range(6)]
    answers = together(6, lambda n: owner.house.auth.call("finish_log_in", ticket=tickets[n], totp=code))
    assert sorted(answer.status for answer in answers) == [200, 401, 401, 401, 401, 401]


def test_clocks_may_differ_by_one_step_either_way(owner):
    assert owner.finish(totp=owner.code(2)).status == 401
    assert owner.finish(totp=owner.code(1)).status == 200
    owner.clock.at += 120
    assert owner.finish(totp=owner.code(-2)).status == 401
    assert owner.finish(totp=owner.code(-1)).status == 200
    assert owner.finish(totp=owner.code(-1)).status == 401
    assert owner.finish(totp=owner.code()).status == 200


def test_each_recovery_code_works_once(owner):
    assert len(set(owner.codes)) == 10
    assert owner.finish(recovery_code=owner.codes[0].upper().replace("-", " ")).status == 200
    assert owner.finish(recovery_code=owner.codes[0]).status == 401
    assert owner.finish(recovery_code="aaaa-bbbb-cccc").status == 401
    assert owner.house.done("find_factors", owner.session)["recovery_codes_left"] == 9


def test_a_recovery_code_works_once_in_parallel_too(owner):
    tickets = [owner.ticket() for _ in range(4)]
    answers = together(
        4, lambda n: owner.house.auth.call("finish_log_in", ticket=tickets[n], recovery_code=owner.codes[0])
    )
    assert sorted(answer.status for answer in answers) == [200, 401, 401, 401]


def test_new_recovery_codes_void_the_old_ones(owner):
    fresh = owner.house.done("renew_recovery_codes", owner.session)["recovery_codes"]
    assert owner.finish(recovery_code=owner.codes[0]).status == 401
    assert owner.finish(recovery_code=fresh[0]).status == 200


def test_without_codes_on_paper_they_are_not_offered(owner):
    for code in owner.codes:
        owner.finish(recovery_code=code)
    assert owner.house.attempt(owner.email, PASSWORD).body["second_factor"] == ["totp"]


def test_somebody_elses_codes_are_worth_nothing(owner, house, clock):
    other = Owner(house, clock, "Other")
    assert owner.finish(recovery_code=other.codes[0]).status == 401
    assert other.finish(recovery_code=other.codes[0]).status == 200


def test_a_ticket_works_once_and_for_five_tries(owner):
    ticket = owner.ticket()
    assert owner.house.call("finish_log_in", ticket=ticket, totp=owner.code()).status == 200
    assert (
        owner.house.call("finish_log_in", ticket=ticket, recovery_code=owner.codes[0]).body["type"] == "ticket-refused"
    )
    ticket = owner.ticket()
    for _ in range(5):
        owner.house.call("finish_log_in", ticket=ticket, recovery_code="wrong")
    answer = owner.house.call("finish_log_in", ticket=ticket, recovery_code=owner.codes[0])
    assert answer.body["type"] == "ticket-refused"


def test_many_tickets_are_no_way_around_the_wait(owner):
    for _ in range(10):
        assert owner.finish(recovery_code="wrong").status == 401
    answer = owner.finish(recovery_code=owner.codes[0])
    assert (answer.status, answer.body["type"]) == (429, "too-many-attempts")


def test_a_ticket_is_over_after_five_minutes(owner, monkeypatch):
    ticket = owner.ticket()
    later = models.now() + models.TICKET_LIFE + timedelta(seconds=1)
    monkeypatch.setattr(models, "now", lambda: later)
    assert owner.house.call("finish_log_in", ticket=ticket, totp=owner.code()).body["type"] == "ticket-refused"


def test_a_new_password_and_a_closed_account_void_the_ticket(owner):
    house, ticket = owner.house, owner.ticket()
    changed = {"old_password": PASSWORD, "new_password": "another password of a person"}
    assert house.call("change_password", owner.session, **changed).status in (200, 204)
    assert house.call("finish_log_in", ticket=ticket, totp=owner.code()).body["type"] == "ticket-refused"
    closed = house.attempt(owner.email, "another password of a person").body["ticket"]
    view = house.done("get_user", user_id=owner.session.id)
    house.done("change_user", user_id=owner.session.id, active=False, if_match=etag(view))
    assert house.call("finish_log_in", ticket=closed, totp=owner.code()).body["type"] == "ticket-refused"


@pytest.mark.parametrize("proofs", [{}, {"totp": "123456", "recovery_code": "aaaa-bbbb-cccc"}])
def test_one_proof_is_wanted_and_one_only(owner, proofs):
    assert owner.finish(**proofs).status == 422


def test_a_made_up_ticket_is_refused(house):
    assert house.call("finish_log_in", ticket="made up", totp="123456").body["type"] == "ticket-refused"


def test_a_code_is_a_step_up_once(owner):
    fresh = owner.finish(totp=owner.code()).body["access_token"]
    assert owner.house.auth.directory.authenticate(fresh).stepped_up_at is None
    owner.clock.at += 30
    stepped = owner.house.call("step_up", owner.session, totp=owner.code())
    assert owner.house.auth.directory.authenticate(stepped.body["access_token"]).stepped_up_at is not None
    again = owner.house.call("step_up", owner.session, totp=owner.code())
    assert (again.status, again.body["type"]) == (403, "proof-refused")


def test_who_helps_takes_all_factors_and_ends_the_sessions(owner, house):
    assert house.call("remove_factors", house.admin, user_id=owner.session.id).status == 204
    assert house.call("get_me", owner.session).status == 401
    assert house.attempt(owner.email, PASSWORD).status == 200
    analyst = house.step_up(house.person("Analyst", roles=("analyst",)))
    assert house.call("remove_factors", analyst, user_id=owner.session.id).status == 403


def test_neither_secret_nor_codes_can_be_read_from_the_database(owner):
    with owner.house.auth.database.reading() as session:
        names = session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        stored = str([session.execute(text(f"SELECT t::text FROM {name} t")).all() for name in names])
    assert owner.secret not in stored
    assert owner.secret.encode().hex() not in stored
    assert not [code for code in owner.codes if code in stored or code.replace("-", "") in stored]


def test_what_is_told_once_is_not_in_a_replay(house):
    agent = house.step_up(house.person("Agent"))
    first = house.call("begin_totp", agent, idempotency_key="k")
    again = house.call("begin_totp", agent, idempotency_key="k")
    assert (again.status, again.replayed, again.body) == (200, True, {"secret": None, "uri": None})
    assert first.body["uri"].startswith("otpauth://totp/Rockpool:agent%40example.com?secret=")


def test_what_is_over_is_tidied_away(owner):
    owner.ticket()
    with owner.house.auth.session() as session:
        session.execute(text("UPDATE login_tickets SET expires_at = now()"))
    owner.house.auth.fire_timers()
    assert owner.house.auth.scalar("SELECT count(*) FROM login_tickets") == 0
