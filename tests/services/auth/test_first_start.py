"""The first start plants what nobody can do without, and later ones leave it alone."""

import pytest
from joserfc.jwk import OKPKey
from sqlalchemy import text

from chassis import description, migrating
from chassis.settings import MissingSettings
from services.auth.built_in_roles import BUILT_IN_ROLES
from services.auth.roles import role_id
from services.auth.service import AuthService
from services.auth.settings import AuthSettings
from tests.services.auth.factories import ADMIN_EMAIL, ADMIN_PASSWORD, House

SETTINGS = {"DATABASE_URL": "postgresql+psycopg2://x", "AMQP_URL": "amqp://x", "BLOB_STORE": "file:///x"}
SETTINGS |= {"SECRET_KEY": "A" * 43, "SMTP_URL": "smtp://x:25", "MAIL_FROM": "a@example.com", "PUBLIC_URL": "http://x"}
SETTINGS |= {"ENCRYPTION_KEYS": "1:" + "A" * 43, "SUITE_KEYS": "1:" + "A" * 43}


def test_the_migrations_make_just_the_tables_that_the_code_declares(tested):
    migrating.check(AuthService, tested(AuthService).settings)


def test_every_operation_is_described_and_internal_ones_have_no_route():
    fragment = description.of(AuthService)["openapi"]
    assert "/auth/login" in fragment["paths"]
    assert "publish_directory" not in str(fragment["paths"])
    assert fragment["paths"]["/auth/keys"]["get"]["x-rockpool"]["method"] == "published_keys"


def test_the_first_administrator_may_do_everything(house):
    me = house.done("get_me")
    assert (me["email"], me["permissions"]) == (ADMIN_EMAIL, {"*": "all"})
    assert [role["name"] for role in me["roles"]] == ["administrator"]


def test_a_password_is_generated_and_shown_once_if_none_is_set(tested, capsys):
    auth = tested(AuthService, admin_email=ADMIN_EMAIL)
    with auth.session() as session:
        AuthService.seed(session, auth.settings)
    shown = capsys.readouterr().err
    assert f"First administrator: {ADMIN_EMAIL}" in shown
    password = shown.split("password: ")[1].strip()
    assert auth.call("log_in", email=ADMIN_EMAIL, password=password).status == 200

    with auth.session() as session:
        AuthService.seed(session, auth.settings)
    assert "password" not in capsys.readouterr().err


def test_a_second_start_changes_nothing_and_tells_nothing(house):
    events = house.auth.events()
    house.seed()
    assert house.auth.events() == events
    assert house.auth.scalar("SELECT count(*) FROM users") == 1


def test_an_administrator_who_was_renamed_is_not_made_again(house):
    house.done("change_user", user_id=house.admin.id, email="somebody@example.com", if_match='"1"')
    house.seed()
    assert house.auth.scalar("SELECT count(*) FROM users") == 1


def test_the_built_in_roles_have_the_same_ids_everywhere(house):
    roles = {role["name"]: role for role in house.done("find_roles")["items"]}
    assert set(roles) == set(BUILT_IN_ROLES)
    assert all(role["id"] == str(role_id(name)) and role["built_in"] for name, role in roles.items())
    assert str(role_id("administrator")) == "a72f4d90-7e11-5812-a34a-6a897ea6e815"


def test_a_new_version_changes_the_built_in_roles_and_tells_it(house, monkeypatch):
    monkeypatch.setitem(BUILT_IN_ROLES, "analyst", {"customers:read": "all"})
    house.seed()
    role = house.done("get_role", role_id=role_id("analyst"))
    assert (role["permissions"], role["version"]) == ({"customers:read": "all"}, 2)
    assert house.told("RoleChanged", str(role_id("analyst")))[-1]["version"] == 2


def test_everything_planted_is_told(house):
    kinds = [event["type"] for event in house.auth.events()]
    assert kinds.count("SigningKeyChanged") == 2
    assert kinds.count("RoleChanged") == len(BUILT_IN_ROLES)
    assert kinds.count("UserChanged") == 1
    (user,) = house.told("UserChanged")
    assert user["payload"] == {
        "name": "Administrator",
        "active": True,
        "teams": [],
        "roles": [str(role_id("administrator"))],
    }


def test_published_keys_are_named_by_their_thumbprints_and_have_no_private_part(house):
    for key in house.call("published_keys").json()["keys"]:
        assert key["kid"] == OKPKey.import_key(key).thumbprint()
        assert {"kty", "crv", "x", "kid", "use"} == set(key)


def test_the_private_key_is_stored_sealed_and_bound_to_its_kid(house):
    house.auth.scalar("SELECT 1")
    with house.auth.database.transaction() as session:
        sealed = b"".join(map(bytes, session.scalars(text("SELECT sealed_private FROM signing_keys"))))
        assert b'"d"' not in sealed
        session.execute(text("UPDATE signing_keys SET kid = 'another ' || state"))
    assert house.attempt(ADMIN_EMAIL, ADMIN_PASSWORD).status == 500


def test_keys_that_the_secret_does_not_open_are_replaced_at_the_next_migration(tested):
    old = House(tested(AuthService, admin_email=ADMIN_EMAIL, admin_password=ADMIN_PASSWORD))
    before = {key["kid"] for key in old.call("published_keys").json()["keys"]}
    other = AuthSettings(**{**vars(old.auth.settings), "secret_key": b"x" * 32})
    with old.auth.session() as session:
        AuthService.seed(session, other)
    old.auth.directory.refresh()

    after = {key["kid"] for key in old.call("published_keys").json()["keys"]}
    assert not before & after
    assert [event["payload"]["active"] for event in old.told("SigningKeyChanged")][2:4] == [False, False]
    assert old.call("get_me", old.admin).status == 401


def test_wrong_settings_are_all_named():
    with pytest.raises(MissingSettings, match=r"ADMIN_EMAIL is not.*\n.*ADMIN_PASSWORD must have 12"):
        AuthSettings.load({**SETTINGS, "ADMIN_EMAIL": "nobody", "ADMIN_PASSWORD": "short"})
    assert AuthSettings.load(SETTINGS).admin_password is None
