"""Invitations and links to a new password: sent by mail, good once and for a while, and telling strangers nothing."""

from datetime import timedelta

import pytest

from chassis.clock import now
from chassis.requests import Request
from chassis.testing.tested import together
from services.auth.letters import links, sending
from services.auth.service import AuthService
from tests.mail_sink import MailSink
from tests.services.auth.factories import ADMIN_EMAIL, ADMIN_PASSWORD, PASSWORD, House
from tests.services.auth.letterbox import Letterbox, text_of

REP = "rep@example.com"
CHOSEN = "the rep has chosen this one"
OTHER = "and this is quite another one"


@pytest.fixture
def post():
    """A mail server, and what it has taken."""
    sink = MailSink().start()
    yield Letterbox(sink)
    sink.stop()


@pytest.fixture
def house(tested, post):
    """A seeded auth service that sends its letters to the mail server."""
    settings = {"admin_email": ADMIN_EMAIL, "admin_password": ADMIN_PASSWORD}
    return House(tested(AuthService, seeded=True, **settings, smtp_url=post.sink.url))


def invited(house, name="Rep", **fields):
    view = house.user(name, password=None, invite=True, **fields)
    house.auth.run_jobs()
    return view


def ask(house, email, remote_addr="192.0.2.1"):
    answer = house.call("forgot_password", request=Request(remote_addr=remote_addr), email=email)
    house.auth.run_jobs()
    return answer


def choose(house, which, token, password=CHOSEN):
    return house.call(f"choose_{which}_password", token=token, password=password)


def test_an_invitation_leads_to_a_first_password(house, post):
    view = invited(house)
    assert (view["initial_password"], view["has_password"]) == (None, False)
    address, token = post.link_to(REP)
    assert address == "https://crm.rockpool.example/first-password"

    answer = choose(house, "first", token)

    assert answer.status == 200
    assert house.attempt(REP, CHOSEN, device_token=answer.body["device_token"]).status == 200
    assert house.done("get_user", user_id=view["id"])["has_password"] is True


def test_who_was_invited_cannot_log_in_before(house):
    invited(house)
    assert [house.attempt(REP, guess).status for guess in ("!", "x" * 12, PASSWORD)] == [401] * 3


@pytest.mark.parametrize(("language", "first", "second"), [("en", "Welcome", "欢迎"), ("zh", "欢迎", "Welcome")])
def test_a_letter_is_written_in_both_languages_the_readers_own_first(house, post, language, first, second):
    invited(house, language=language)
    (message,) = post.letters_to(REP)
    assert message["Subject"].index(first) < message["Subject"].index(second)
    assert message["From"] == "Rockpool <rockpool@example.com>"
    text = text_of(message)
    assert "72" in text
    assert "您好" in text
    assert "Dear Rep" in text
    assert f'href="{post.link_to(REP)[0]}#token=' in message.get_body(("html",)).get_content()


def test_a_name_is_no_markup(house, post):
    invited(house, name="<b>Rep</b>", email=REP)
    assert "<b>Rep" not in post.letters_to(REP)[0].get_body(("html",)).get_content()


def test_a_password_and_an_invitation_exclude_each_other(house):
    answer = house.call("create_user", house.admin, name="Rep", email=REP, password=PASSWORD, invite=True)
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, "/password")


def test_an_invitation_can_be_sent_again_and_then_only_the_new_link_works(house, post):
    view = invited(house)
    first = post.token_to(REP)
    job = house.done("invite", user_id=view["id"])["job_id"]
    house.auth.run_jobs()
    assert house.done("get_job", job_id=job)["result"] == {"sent": True}
    assert choose(house, "first", first).body["type"] == "link-refused"
    assert choose(house, "first", post.token_to(REP)).status == 200
    again = house.call("invite", house.admin, user_id=view["id"])
    assert (again.status, again.body["type"]) == (409, "has-password")


def test_a_forgotten_password_is_replaced(house, post):
    rep = house.person("Rep")
    device_token = house.attempt(REP, PASSWORD).body["device_token"]
    assert ask(house, "  REP@example.com ").status == 204
    address, token = post.link_to(REP)
    assert address == "https://crm.rockpool.example/new-password"

    answer = choose(house, "new", token)
    house.auth.run_jobs()

    assert answer.status == 200
    assert house.call("get_me", rep).status == 401, "sessions have ended"
    assert house.attempt(REP, PASSWORD).status == 401
    assert house.attempt(REP, CHOSEN, device_token=device_token).body["device_token"] != device_token
    assert ["changed" in subject for subject in post.subjects()] == [False, True]


def test_whoever_has_the_link_comes_in_while_others_guess(house, post):
    house.user("Rep")
    for number in range(60):
        house.attempt(REP, "a wrong password", remote_addr=f"198.51.100.{number}")
    assert house.attempt(REP, PASSWORD).status == 429
    ask(house, REP)
    device_token = choose(house, "new", post.token_to(REP)).body["device_token"]
    assert house.attempt(REP, CHOSEN, device_token=device_token).status == 200


def test_an_administrator_has_a_link_sent(house, post):
    view = house.user("Rep")
    assert house.call("send_password_link", house.admin, user_id=view["id"]).status == 202
    house.auth.run_jobs()
    assert house.attempt(REP, PASSWORD).status == 200, "until he chooses another one"
    assert choose(house, "new", post.token_to(REP)).status == 200


def test_links_are_sent_for_people_within_reach_only(house, post):
    lead = house.person_who_may("Lead", {"users:change": "all"})
    new = house.user("New", password=None, invite=True)
    assert house.call("invite", lead, user_id=new["id"]).status == 202
    assert house.call("send_password_link", lead, user_id=house.admin.id).body["type"] == "beyond-own-rights"
    assert house.call("send_password_link", lead, user_id=new["id"]).body["type"] == "has-no-password"
    house.done("change_user", user_id=new["id"], active=False, if_match='"1"')
    assert house.call("invite", lead, user_id=new["id"]).body["type"] == "account-closed"


def test_a_link_works_once(house, post):
    invited(house)
    token = post.token_to(REP)
    answers = together(6, lambda number: choose(house, "first", token, f"{CHOSEN} {number}"))
    assert sorted(answer.status for answer in answers) == [200] + [403] * 5


def test_a_link_is_good_for_its_purpose_only(house, post):
    invited(house)
    assert choose(house, "new", post.token_to(REP)).body["type"] == "link-refused"
    assert choose(house, "first", post.token_to(REP)).status == 200


@pytest.mark.parametrize(("which", "hours"), [("first", 72), ("new", 1)])
def test_a_link_is_too_old_after_a_while(house, post, monkeypatch, which, hours):
    invited(house) if which == "first" else (house.user("Rep"), ask(house, REP))
    at = now() + timedelta(hours=hours, minutes=1)
    monkeypatch.setattr(links, "now", lambda: at)
    assert choose(house, which, post.token_to(REP)).body["type"] == "link-refused"
    monkeypatch.setattr(links, "now", lambda: at - timedelta(minutes=2))
    assert choose(house, which, post.token_to(REP)).status == 200


def test_a_weak_password_does_not_use_the_link_up(house, post):
    invited(house)
    token = post.token_to(REP)
    weak = choose(house, "first", token, "password1234")
    assert (weak.status, weak.body["errors"][0]["pointer"]) == (422, "/password")
    assert choose(house, "first", token).status == 200


@pytest.mark.parametrize(
    "changes", [{"email": "new@example.com"}, {"active": False}, {"password": True}], ids=["moved", "closed", "changed"]
)
def test_a_link_works_no_more_when_the_account_has_changed(house, post, changes):
    rep = house.person("Rep")
    ask(house, REP)
    if "password" in changes:
        house.done("change_password", rep, old_password=PASSWORD, new_password=OTHER)
    else:
        house.done("change_user", user_id=rep.id, if_match='"1"', **changes)
    assert choose(house, "new", post.token_to(REP)).body["type"] == "link-refused"


def test_no_token_stands_in_the_database(house, post):
    invited(house)
    ask(house, ADMIN_EMAIL)
    stored = house.stored_text() + str(
        house.auth.scalar("SELECT string_agg(account_links::text, '') FROM account_links")
    )
    for email in (REP, ADMIN_EMAIL):
        assert post.token_to(email) not in stored


def test_asking_for_a_link_tells_nothing_and_does_the_same_work(house, post):
    closed = house.user("Closed")
    house.done("change_user", user_id=closed["id"], active=False, if_match='"1"')
    house.user("Rep")
    told = {}
    for email in (REP, "nobody@example.com", closed["email"]):
        before = house.auth.scalar("SELECT count(*) FROM jobs WHERE kind = 'send_letter'")
        answers = [ask(house, email) for _ in range(6)]
        made = house.auth.scalar("SELECT count(*) FROM jobs WHERE kind = 'send_letter'") - before
        told[email] = ([(answer.status, answer.body, answer.retry_after) for answer in answers], made)
    assert told[REP] == told["nobody@example.com"] == told[closed["email"]]
    assert [status for status, _, _ in told[REP][0]] == [204] * 5 + [429]
    assert set(post.sink.recipients) == {REP}


def test_nobodys_mailbox_is_filled_by_strangers(house, post):
    house.user("Rep")
    for number in range(20):
        assert ask(house, REP, f"198.51.100.{number}").status == 204
    assert len(post.letters_to(REP)) == 5


def test_a_changed_password_is_told_by_mail(house, post):
    rep = house.person("Rep")
    house.done("change_password", rep, old_password=PASSWORD, new_password=OTHER)
    house.auth.run_jobs()
    (message,) = post.letters_to(REP)
    assert "password was changed" in message["Subject"]
    assert "#token" not in text_of(message)


def test_a_letter_waits_for_a_mail_server_that_is_away(house, post, monkeypatch):
    monkeypatch.setattr(sending, "TRIED_AGAIN_AFTER", timedelta(0))
    tries = []

    def away_twice(_):
        tries.append(1)
        return "421 not now" if len(tries) <= 2 else None

    post.sink.at_sender = away_twice
    invited(house)
    assert len(tries) == 3
    assert choose(house, "first", post.token_to(REP)).status == 200


def test_a_letter_that_is_refused_says_so_to_whoever_ordered_it(house, post):
    post.sink.at_recipient = lambda _: "550 no such mailbox"
    view = invited(house)
    job = house.done("invite", user_id=view["id"])["job_id"]
    house.auth.run_jobs()
    told = house.done("get_job", job_id=job)
    assert told["state"] == "failed"
    assert "550 no such mailbox" in told["error"]
