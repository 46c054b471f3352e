"""Logging in with an account elsewhere, against a real provider in a process of its own."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from sqlalchemy import text

from chassis.outgoing import networks
from chassis.testing.tested import together
from devservers.ports import answers, free_port, wait_until
from services.auth.elsewhere import openid_connect
from services.auth.elsewhere.models import IdentityProvider
from services.auth.elsewhere.ways import Begun
from services.auth.service import AuthService
from tests.services.auth.factories import ADMIN_EMAIL, ADMIN_PASSWORD, House, etag

PEOPLE = [
    {"sub": "there-1", "email": "Agent@Example.com", "email_verified": True},
    {"sub": "there-2", "email": "agent@example.com", "email_verified": False},
    {"sub": "there-3", "email": "nobody@example.com", "email_verified": True},
    {"sub": "there-4", "email": "agent@example.com", "email_verified": True},
]


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The mock warns of its own libraries at import: it lives in a process where nobody minds."""
    port = free_port()
    people = [word for one in PEOPLE for word in ("--user-claims", json.dumps(one))]
    words = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port), *people]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: answers(port), "the provider answers", 60)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


@pytest.fixture
def house(tested):
    """Auth that may call providers on this machine."""
    settings = {"admin_email": ADMIN_EMAIL, "admin_password": ADMIN_PASSWORD}
    return House(tested(AuthService, **settings, outgoing_networks=networks("127.0.0.0/8")))


class Door:
    """A provider that the administrator has added, and browsers that go there."""

    def __init__(self, house: House, issuer: str, *, trusted: bool = False) -> None:
        self.house = house
        fields: dict[str, Any] = {
            "name": "Company",
            "issuer": issuer,
            "client_id": "rockpool",
            "client_secret": "s3cret",
        }
        self.view = house.done("create_provider", **fields, trusted=trusted)
        self.id = self.view["id"]

    def visit(self, url: str, sub: str) -> dict[str, str]:
        """Log in there; what it sends back by the address of the callback."""
        answer = requests.post(url, data={"sub": sub}, allow_redirects=False, timeout=10)
        assert answer.status_code == 302, answer.text
        assert answer.headers["Location"].startswith(f"{self.house.auth.settings.public_url}/sign-in/callback?")  # type: ignore[attr-defined]
        came = parse_qs(urlsplit(answer.headers["Location"]).query)
        return {"state": came["state"][0], "code": came["code"][0]}

    def came_back(self, sub: str, operation: str = "begin_provider_log_in", who: Any = None) -> dict[str, Any]:
        begun = self.house.call(operation, who, provider_id=self.id)
        assert begun.status == 200, begun.body
        return {"attempt": begun.body["attempt"], **self.visit(begun.body["url"], sub)}

    def log_in(self, sub: str):
        return self.house.call("log_in_with_provider", **self.came_back(sub))

    def link(self, who, sub: str):
        return self.house.call("link_identity", who, **self.came_back(sub, "begin_link", who))


def test_what_goes_to_the_provider_is_bound_to_the_attempt(house, issuer):
    door = Door(house, issuer)
    begun = [house.call("begin_provider_log_in", provider_id=door.id).body for _ in range(2)]
    first, second = (parse_qs(urlsplit(one["url"]).query) for one in begun)
    assert first["code_challenge_method"] == ["S256"]
    assert first["redirect_uri"] == [f"{house.auth.settings.public_url}/sign-in/callback"]
    assert first["response_type"] == ["code"]
    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name]
    assert begun[0]["attempt"] not in begun[0]["url"]


def test_the_verifier_goes_to_the_provider_with_the_code(monkeypatch):
    monkeypatch.setattr(openid_connect, "_basic", lambda _: "Basic cjpz")
    begun = Begun("state", "nonce", "v" * 64, "https://crm.example.com/sign-in/callback")
    sent = []

    class Outgoing:
        def json(self, url, *, form=None, headers=None):
            sent.append((url, form, headers))
            return {
                **dict.fromkeys(("authorization_endpoint", "token_endpoint", "jwks_uri"), url),
                "issuer": "https://i",
            }

        def check(self, url):
            pass

    with pytest.raises(ValueError, match="ID token"):
        openid_connect.OpenIdConnect().identity(provider_of("https://i"), begun, "the code", Outgoing())  # type: ignore[arg-type]
    form = next(form for _, form, _ in sent if form)
    assert (form["code_verifier"], form["code"], form["redirect_uri"]) == ("v" * 64, "the code", begun.redirect_uri)
    assert openid_connect.challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == (
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    )


def test_a_linked_account_opens_the_door(house, issuer):
    door, agent = Door(house, issuer), house.step_up(house.person("Agent"))
    assert door.log_in("there-1").body["type"] == "not-linked"
    linked = door.link(agent, "there-1")
    assert (linked.status, linked.body["provider"]) == (201, "Company")
    answer = door.log_in("there-1")
    assert house.auth.directory.authenticate(answer.body["access_token"]).user_id == agent.id
    assert house.done("find_identities", agent)["items"][0]["last_used_at"] is not None


def test_an_address_opens_nothing_unless_the_provider_is_trusted_and_it_is_verified(house, issuer):
    door, agent = Door(house, issuer), house.person("Agent")
    assert door.log_in("there-1").body["type"] == "not-linked"
    house.done("change_provider", provider_id=door.id, trusted=True, if_match=etag(door.view))
    assert door.log_in("there-2").body["type"] == "not-linked"
    assert door.log_in("there-3").body["type"] == "not-linked"
    answer = door.log_in("there-1")
    assert house.auth.directory.authenticate(answer.body["access_token"]).user_id == agent.id
    assert door.log_in("there-4").body["type"] == "not-linked", "the account has another one there already"


def test_an_answer_works_once_also_in_parallel(house, issuer):
    door = Door(house, issuer, trusted=True)
    house.person("Agent")
    came = door.came_back("there-1")
    replies = together(3, lambda _: house.auth.call("log_in_with_provider", **came))
    assert sorted(one.status for one in replies) == [200, 401, 401]


def test_the_answer_to_somebody_elses_attempt_is_refused(house, issuer):
    door = Door(house, issuer, trusted=True)
    house.person("Agent")
    mine, other = door.came_back("there-1"), door.came_back("there-3")
    mixed = house.call("log_in_with_provider", attempt=mine["attempt"], state=other["state"], code=other["code"])
    assert (mixed.status, mixed.body["type"]) == (401, "provider-refused")
    swapped = door.came_back("there-1") | {"code": other["code"]}
    assert house.call("log_in_with_provider", **swapped).body["type"] == "provider-refused", "another nonce"
    assert house.call("log_in_with_provider", attempt="made up", state="x", code="y").body["type"] == "provider-refused"


def test_a_log_in_is_no_link_and_a_link_is_nobody_elses(house, issuer):
    door = Door(house, issuer, trusted=True)
    agent, other = (house.step_up(house.person(name)) for name in ("Agent", "Other"))
    assert house.call("link_identity", agent, **door.came_back("there-1")).body["type"] == "provider-refused"
    begun = door.came_back("there-1", "begin_link", agent)
    assert house.call("link_identity", other, **begun).body["type"] == "provider-refused"
    assert house.call("log_in_with_provider", **door.came_back("there-1", "begin_link", agent)).status == 401


def test_an_account_there_belongs_to_one_here(house, issuer):
    door = Door(house, issuer)
    agent, other = (house.step_up(house.person(name)) for name in ("Agent", "Other"))
    assert door.link(agent, "there-1").status == 201
    assert door.link(other, "there-1").body["type"] == "identity-taken"
    assert door.link(agent, "there-3").body["type"] == "identity-taken"
    identity = house.done("find_identities", agent)["items"][0]["id"]
    assert house.call("remove_identity", other, identity_id=identity).status == 404
    assert house.call("remove_identity", agent, identity_id=identity).status == 204
    assert door.log_in("there-1").body["type"] == "not-linked"


def test_a_second_factor_is_asked_for_here_too(house, issuer):
    import pyotp

    door, agent = Door(house, issuer, trusted=True), house.step_up(house.person("Agent"))
    secret = house.done("begin_totp", agent)["secret"]
    house.done("confirm_totp", agent, code=pyotp.TOTP(secret).at(int(time.time())))
    assert door.log_in("there-1").body["type"] == "second-factor-required"


def test_a_closed_account_and_a_provider_that_is_off_open_nothing(house, issuer):
    door, agent = Door(house, issuer, trusted=True), house.person("Agent")
    assert door.log_in("there-1").status == 200
    view = house.done("get_user", user_id=agent.id)
    house.done("change_user", user_id=agent.id, active=False, if_match=etag(view))
    assert door.log_in("there-1").body["type"] == "not-linked"
    came = door.came_back("there-1")
    house.done("change_provider", provider_id=door.id, active=False, if_match=etag(door.view))
    assert house.call("log_in_with_provider", **came).body["type"] == "provider-refused"
    assert house.call("begin_provider_log_in", provider_id=door.id).status == 404
    assert house.call("find_login_providers").body["items"] == []


def test_providers_take_the_right_and_a_step_up_and_keep_their_secret(house, issuer):
    door = Door(house, issuer)
    fields = {"name": "Other", "issuer": issuer, "client_id": "x", "client_secret": "y"}
    analyst = house.step_up(house.person("Analyst", roles=("analyst",)))
    assert house.call("create_provider", analyst, **fields).body["type"] == "forbidden"
    fresh = house.log_in(ADMIN_EMAIL, ADMIN_PASSWORD)
    assert house.call("create_provider", fresh, **fields).body["type"] == "step-up-required"
    assert (
        house.call("create_provider", house.admin, **fields | {"name": "Company"}).body["type"] == "provider-name-taken"
    )
    assert "client_secret" not in door.view
    with house.auth.database.reading() as session:
        assert b"s3cret" not in bytes(session.scalar(text("SELECT client_secret FROM identity_providers")))
    assert "s3cret" not in str(house.done("list_providers"))


@pytest.mark.parametrize(
    "address", ["https://10.0.0.1", "https://169.254.169.254", "http://127.0.0.1:9", "https://name.invalid"]
)
def test_an_issuer_that_must_not_be_called_or_is_none_is_refused(house, address):
    fields = {"name": "Other", "issuer": address, "client_id": "x", "client_secret": "y"}
    answer = house.call("create_provider", house.admin, **fields)
    assert (answer.status, answer.body["type"]) == (422, "provider-unusable")
    assert house.auth.scalar("SELECT count(*) FROM identity_providers") == 0


def test_an_issuer_that_calls_itself_otherwise_is_refused(house, issuer):
    fields = {"name": "Other", "issuer": issuer + "/", "client_id": "x", "client_secret": "y"}
    assert house.call("create_provider", house.admin, **fields).body["type"] == "provider-unusable"


KEY = RSAKey.generate_key(2048, {"kid": "theirs"}, private=True)
PUBLISHED = {"keys": [KEY.as_dict(private=False)]}


def provider_of(issuer: str) -> IdentityProvider:
    provider = IdentityProvider(kind="oidc", name="P", issuer=issuer, client_id="rockpool", trusted=False, active=True)
    provider.__dict__["client_secret_sealed"] = None
    return provider


def id_token(key=KEY, alg="RS256", **changes):
    now = int(time.time())
    claims = {"iss": "https://i", "aud": "rockpool", "sub": "s", "nonce": "n", "iat": now, "exp": now + 60} | changes
    given = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": alg, "kid": "theirs"}, given, key, algorithms=[alg])


def test_a_good_id_token_tells_the_subject():
    assert openid_connect.checked(id_token(), PUBLISHED, provider_of("https://i"), "n")["sub"] == "s"
    several = id_token(aud=["rockpool", "other"], azp="rockpool")
    assert openid_connect.checked(several, PUBLISHED, provider_of("https://i"), "n")["sub"] == "s"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other"},
        {"aud": "another client"},
        {"aud": ["rockpool", "other"]},
        {"azp": "another client"},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"sub": None},
        {"sub": ""},
        {"key": RSAKey.generate_key(2048, {"kid": "theirs"}, private=True)},
        {"key": OctKey.import_key(str(KEY.as_dict(private=False)["n"])), "alg": "HS256"},
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_a_bad_id_token_is_refused(changes):
    with pytest.raises(ValueError, match="ID token"):
        openid_connect.checked(id_token(**changes), PUBLISHED, provider_of("https://i"), "n")


@pytest.mark.parametrize("token", ["", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzIn0."])
def test_what_is_no_signed_token_is_refused(token):
    with pytest.raises(ValueError, match="ID token"):
        openid_connect.checked(token, PUBLISHED, provider_of("https://i"), "n")
