"""Passkeys open the door without a password, and nothing else does in their name."""

import copy
from datetime import timedelta
from typing import cast

import pytest
from sqlalchemy import text

from chassis.ids import new_id
from chassis.testing.tested import together
from services.auth.settings import AuthSettings
from services.auth.signing_in import ceremonies
from tests.services.auth.authenticator import PRESENT, Authenticator
from tests.services.auth.factories import PASSWORD, House, LoggedIn, etag


class Owner:
    """Somebody with a passkey on a device."""

    def __init__(self, house: House, name: str = "Agent") -> None:
        self.house = house
        url = cast(AuthSettings, house.auth.settings).public_url
        self.device = Authenticator(origin=url, domain=url.partition("://")[2].partition(":")[0])
        self.session: LoggedIn = house.step_up(house.person(name))
        self.view = self.register().body

    def register(self, **changes):
        begun = self.house.done("begin_passkey_registration", self.session)
        answer = {"ceremony_id": begun["ceremony_id"], "credential": self.device.create(begun["options"])}
        return self.house.call("register_passkey", self.session, **({"name": "Laptop"} | answer | changes))

    def begin(self, **ticket):
        return self.house.call("begin_passkey_log_in", **ticket).body

    def log_in(self, **changes):
        begun = self.begin()
        answer = {"ceremony_id": begun["ceremony_id"], "credential": self.device.get(begun["options"])}
        return self.house.call("log_in_with_passkey", **(answer | changes))


@pytest.fixture
def owner(house):
    return Owner(house)


def assert_refused(answer, kind="passkey-refused"):
    assert (answer.status, answer.body["type"]) == (401, kind)


def test_registering_the_first_one_gives_codes_on_paper(owner):
    assert owner.view["name"] == "Laptop"
    assert len(owner.view["recovery_codes"]) == 10
    assert owner.register().body["recovery_codes"] is None
    factors = owner.house.done("find_factors", owner.session)
    assert [one["name"] for one in factors["passkeys"]] == ["Laptop", "Laptop"]
    assert factors["recovery_codes_left"] == 10


def test_a_passkey_logs_in_without_a_password(owner):
    answer = owner.log_in()
    assert answer.status == 200
    assert owner.house.auth.directory.authenticate(answer.body["access_token"]).user_id == owner.session.id
    assert answer.body["device_token"]


def test_options_name_nobody_and_ask_for_finger_or_pin(owner):
    options = owner.begin()["options"]
    assert options.get("allowCredentials", []) == []
    assert options["userVerification"] == "required"


def test_an_answer_works_once(owner):
    begun = owner.begin()
    answer = {"ceremony_id": begun["ceremony_id"], "credential": owner.device.get(begun["options"])}
    assert owner.house.call("log_in_with_passkey", **answer).status == 200
    assert_refused(owner.house.call("log_in_with_passkey", **answer))


def test_an_answer_works_once_in_parallel_too(owner):
    begun = owner.begin()
    answer = {"ceremony_id": begun["ceremony_id"], "credential": owner.device.get(begun["options"])}
    answers = together(4, lambda _: owner.house.auth.call("log_in_with_passkey", **answer))
    assert sorted(one.status for one in answers) == [200, 401, 401, 401]


def test_a_count_that_has_not_grown_tells_of_a_copy(owner):
    assert owner.log_in().status == 200
    owner.device.pairs[0].count -= 1
    assert_refused(owner.log_in())
    assert owner.log_in().status == 200


def test_devices_that_do_not_count_are_taken(owner):
    owner.device.counts = False
    assert [owner.log_in().status for _ in range(2)] == [200, 200]


def test_without_finger_or_pin_it_is_no_log_in(owner):
    owner.device.flags = PRESENT
    assert_refused(owner.log_in())


def test_an_answer_for_another_site_or_domain_is_refused(owner):
    origin, domain = owner.device.origin, owner.device.domain
    owner.device.origin = "https://phishing.example"
    assert_refused(owner.log_in())
    owner.device.origin, owner.device.domain = origin, "phishing.example"
    assert_refused(owner.log_in())
    owner.device.domain = domain
    assert owner.log_in().status == 200


def test_a_changed_answer_is_refused(owner):
    for member in ("signature", "clientDataJSON", "authenticatorData"):
        begun = owner.begin()
        credential = copy.deepcopy(owner.device.get(begun["options"]))
        credential["response"][member] = credential["response"][member][:-4] + "AAAA"
        answer = owner.house.call("log_in_with_passkey", ceremony_id=begun["ceremony_id"], credential=credential)
        assert_refused(answer)


@pytest.mark.parametrize(
    "credential", [{}, {"id": 1}, {"id": "x", "rawId": "x", "type": "public-key", "response": None}, {"response": []}]
)
def test_nonsense_is_refused(owner, credential):
    assert_refused(owner.log_in(credential=credential))
    registered = owner.register(credential=credential)
    assert (registered.status, registered.body["type"]) == (403, "passkey-not-registered")


def test_an_answer_that_names_somebody_else_is_refused(owner, house):
    other = Owner(house, "Other")
    owner.device.pairs[0].user_handle = other.session.id.bytes
    assert_refused(owner.log_in())


def test_an_unknown_passkey_or_challenge_is_refused(owner):
    owner.register(name="")  # on the device, but not with us
    begun = owner.begin()
    stranger = owner.device.get(begun["options"], owner.device.pairs[-1])
    assert_refused(owner.log_in(ceremony_id=begun["ceremony_id"], credential=stranger))
    assert_refused(owner.log_in(ceremony_id=str(new_id())))


def test_a_challenge_is_over_after_five_minutes(owner, monkeypatch):
    begun = owner.begin()
    later = ceremonies.now() + timedelta(minutes=5, seconds=1)
    monkeypatch.setattr(ceremonies, "now", lambda: later)
    credential = owner.device.get(begun["options"])
    assert_refused(owner.house.call("log_in_with_passkey", ceremony_id=begun["ceremony_id"], credential=credential))


def test_a_challenge_for_one_thing_is_no_good_for_another(owner):
    stepping = owner.house.done("begin_passkey_step_up", owner.session)
    credential = owner.device.get(stepping["options"])
    assert_refused(owner.log_in(ceremony_id=stepping["ceremony_id"], credential=credential))
    begun = owner.begin()
    passkey = {"ceremony_id": begun["ceremony_id"], "credential": owner.device.get(begun["options"])}
    assert owner.house.call("step_up", owner.session, passkey=passkey).body["type"] == "proof-refused"


def test_a_passkey_is_a_step_up(owner):
    fresh = owner.log_in().body["access_token"]
    assert owner.house.auth.directory.authenticate(fresh).stepped_up_at is None
    begun = owner.house.done("begin_passkey_step_up", owner.session)
    passkey = {"ceremony_id": begun["ceremony_id"], "credential": owner.device.get(begun["options"])}
    answer = owner.house.call("step_up", owner.session, passkey=passkey)
    assert owner.house.auth.directory.authenticate(answer.body["access_token"]).stepped_up_at is not None


def test_somebody_elses_passkey_is_no_step_up(owner, house):
    other = Owner(house, "Other")
    begun = house.done("begin_passkey_step_up", owner.session)
    credential = other.device.get({**begun["options"], "allowCredentials": []})
    passkey = {"ceremony_id": begun["ceremony_id"], "credential": credential}
    assert house.call("step_up", owner.session, passkey=passkey).body["type"] == "proof-refused"
    assert house.call("step_up", other.session, passkey=passkey).body["type"] == "proof-refused"


def test_with_a_passkey_the_password_takes_a_second_factor(owner):
    asked = owner.house.attempt(owner.session.email, PASSWORD)
    assert asked.body["second_factor"] == ["passkey", "recovery_code"]
    ticket = asked.body["ticket"]
    begun = owner.begin(ticket=ticket)
    assert len(begun["options"]["allowCredentials"]) == 1
    passkey = {"ceremony_id": begun["ceremony_id"], "credential": owner.device.get(begun["options"])}
    assert owner.house.call("finish_log_in", ticket=ticket, passkey=passkey).status == 200


def test_somebody_elses_passkey_does_not_finish_the_log_in(owner, house):
    other = Owner(house, "Other")
    ticket = house.attempt(owner.session.email, PASSWORD).body["ticket"]
    begun = house.call("begin_passkey_log_in", ticket=ticket).body
    credential = other.device.get({**begun["options"], "allowCredentials": []})
    passkey = {"ceremony_id": begun["ceremony_id"], "credential": credential}
    assert_refused(house.call("finish_log_in", ticket=ticket, passkey=passkey), "second-factor-refused")


def test_the_same_passkey_is_not_registered_twice(owner):
    begun = owner.house.done("begin_passkey_registration", owner.session)
    assert len(begun["options"]["excludeCredentials"]) == 1
    ceremony = owner.house.done("begin_passkey_registration", owner.session)
    credential = owner.device.create(ceremony["options"])
    with owner.house.auth.session() as session:
        known = owner.device.pairs[-1].credential_id
        session.execute(text("UPDATE passkeys SET credential_id = :known"), {"known": known})
    taken = owner.register(ceremony_id=ceremony["ceremony_id"], credential=credential)
    assert (taken.status, taken.body["type"]) == (409, "passkey-there")


def test_a_closed_account_has_no_way_in(owner):
    view = owner.house.done("get_user", user_id=owner.session.id)
    owner.house.done("change_user", user_id=owner.session.id, active=False, if_match=etag(view))
    assert_refused(owner.log_in())


def test_a_removed_passkey_opens_nothing(owner, house):
    other = Owner(house, "Other")
    passkey_id = owner.view["id"]
    assert house.call("remove_passkey", other.session, passkey_id=passkey_id).status == 404
    assert house.call("remove_passkey", owner.session, passkey_id=passkey_id).status == 204
    assert_refused(owner.log_in())
    assert house.attempt(owner.session.email, PASSWORD).status == 200


def test_twenty_are_enough(owner):
    with owner.house.auth.session() as session:
        copies = (
            "INSERT INTO passkeys (id, user_id, name, credential_id, public_key, sign_count, transports, created_at)"
            " SELECT gen_random_uuid(), user_id, name, decode(lpad(n::text, 8, '0'), 'hex'), public_key, 0, '[]', now()"
            " FROM passkeys, generate_series(1, 19) n"
        )
        session.execute(text(copies))
    refused = owner.register()
    assert (refused.status, refused.body["type"]) == (409, "too-many-passkeys")
