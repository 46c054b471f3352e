"""Accounts: created, found, changed and closed by those who may."""

import pytest

from chassis.ids import new_id
from chassis.testing.tested import together
from services.auth.roles import role_id
from tests.services.auth.factories import PASSWORD, etag


def test_an_account_with_a_given_password_can_log_in(house):
    answer = house.call("create_user", house.admin, name="Rep", email="Rep@Example.com", password=PASSWORD)
    assert (answer.status, answer.etag, answer.body["initial_password"]) == (201, '"1"', None)
    assert answer.body["email"] == "Rep@Example.com"
    assert house.attempt("rep@example.com", PASSWORD).status == 200


def test_without_a_password_one_is_made_and_told_once(house):
    fields = {"name": "Rep", "email": "rep@example.com", "idempotency_key": "k"}
    first = house.call("create_user", house.admin, **fields).json()
    again = house.call("create_user", house.admin, **fields)
    assert len(first["initial_password"]) == 20
    assert (again.replayed, again.body) == (True, {**first, "initial_password": None})
    assert house.attempt("rep@example.com", first["initial_password"]).status == 200
    assert first["initial_password"] not in house.stored_text()


def test_a_new_account_is_told_with_its_teams_and_roles(house):
    east, west = house.team("East"), house.team("West")
    view = house.user("Rep", teams=(west, east, west), roles=("sales_rep",))
    assert view["teams"] == [west, east]
    (event,) = house.told("UserChanged", view["id"])
    assert event["payload"] == {
        "name": "Rep",
        "active": True,
        "teams": [west, east],
        "roles": [str(role_id("sales_rep"))],
    }
    assert (event["version"], event["actor"]) == (1, str(house.admin.id))


def test_an_address_belongs_to_one_account_whatever_its_case(house):
    house.user("Rep")
    answer = house.call("create_user", house.admin, name="Other", email="REP@example.com")
    assert (answer.status, answer.body["type"]) == (409, "email-taken")
    other = house.user("Other")
    answer = house.call("change_user", house.admin, user_id=other["id"], email="rEp@example.com", if_match='"1"')
    assert answer.body["type"] == "email-taken"


def test_of_parallel_creations_with_one_address_one_wins(house):
    answers = together(
        8, lambda n: house.auth.call("create_user", house.admin.person, name=f"Rep {n}", email="rep@example.com")
    )
    assert sorted(answer.status for answer in answers) == [201] + [409] * 7


def test_clients_may_bring_an_id(house):
    brought = new_id()
    assert house.user("Rep", id=brought)["id"] == str(brought)
    answer = house.call("create_user", house.admin, id=brought, name="Other", email="other@example.com")
    assert (answer.status, answer.body["type"]) == (409, "id-taken")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " \t"),
        ("name", "x" * 101),
        ("email", "nobody"),
        ("email", "a@b"),
        ("email", "名@example.com"),
        ("email", f"{'a' * 250}@example.com"),
        ("password", "short"),
        ("language", "fr"),
        ("teams", "all"),
        ("roles", ["nonsense"]),
        ("active", True),
    ],
)
def test_bad_fields_are_named(house, field, value):
    fields = {"name": "Rep", "email": "rep@example.com"} | {field: value}
    answer = house.call("create_user", house.admin, **fields)
    assert answer.status == 422
    assert answer.body["errors"][0]["pointer"].startswith(f"/{field}")


def test_unknown_teams_and_roles_are_named_and_refused(house):
    fields = {"name": "Rep", "email": "rep@example.com"}
    team = house.call("create_user", house.admin, **fields, teams=[new_id()])
    role = house.call("create_user", house.admin, **fields, roles=[role_id("analyst"), new_id()])
    assert (team.status, team.body["type"], team.body["errors"][0]["pointer"]) == (409, "unknown-team", "/teams/0")
    assert (role.status, role.body["type"], role.body["errors"][0]["pointer"]) == (409, "unknown-role", "/roles/1")


def test_a_change_leaves_alone_what_is_not_given(house):
    east = house.team("East")
    view = house.user("Rep", teams=(east,), roles=("sales_rep",))
    changed = house.done("change_user", user_id=view["id"], name="Lead", if_match=etag(view))
    assert (changed["name"], changed["version"]) == ("Lead", 2)
    for untouched in ("id", "email", "language", "active", "teams", "roles"):
        assert changed[untouched] == view[untouched]
    assert house.call("change_user", house.admin, user_id=view["id"], name="Late", if_match=etag(view)).status == 412


def test_the_main_team_is_the_first(house):
    east, west = house.team("East"), house.team("West")
    view = house.user("Rep", teams=(east, west))
    swapped = house.done("change_user", user_id=view["id"], teams=[west, east], if_match='"1"')
    assert swapped["teams"] == [west, east]
    assert str(house.auth.directory.team_of(house.log_in(view["email"]).id)) == west
    assert house.done("get_user", user_id=view["id"])["teams"] == [west, east]
    alone = house.done("change_user", user_id=view["id"], teams=[east], if_match='"2"')
    assert alone["teams"] == [east]


def test_a_forgotten_password_is_replaced_and_ends_the_sessions(house):
    rep = house.person("Rep")
    made = house.done("reset_password", user_id=rep.id)["initial_password"]
    assert house.call("get_me", rep).status == 401
    assert house.attempt(rep.email, PASSWORD).status == 401
    assert house.attempt(rep.email, made).status == 200


def test_people_are_found_by_the_beginning_of_name_or_address(house):
    house.user("Anna Rep")
    house.user("Bella Rep", email="zoe@example.com")
    house.user("安娜", email="annabel@example.com")
    names = lambda **search: [item["name"] for item in house.done("find_users", **search)["items"]]  # noqa: E731
    assert names(search="ANNA") == ["Anna Rep", "安娜"]
    assert names(search="zoe@") == ["Bella Rep"]
    assert names(search="安") == ["安娜"]
    assert names(search="%") == []
    assert names(search="rep") == []


def test_lists_are_filtered_and_sorted(house):
    east = house.team("East")
    house.user("Anna", teams=(east,), roles=("sales_rep",))
    closed = house.user("Bella", roles=("analyst",))
    house.done("change_user", user_id=closed["id"], active=False, if_match='"1"')
    emails = lambda **search: [item["email"] for item in house.done("find_users", **search)["items"]]  # noqa: E731
    assert emails(active="false") == ["bella@example.com"]
    assert emails(active="true", sort="-email") == ["anna@example.com", "admin@example.com"]
    assert emails(team=east) == ["anna@example.com"]
    assert emails(role=role_id("analyst")) == ["bella@example.com"]
    assert emails(sort="-created_at")[0] == "bella@example.com"
    assert house.call("find_users", house.admin, sort="password_hash").status == 422
    assert house.call("find_users", house.admin, active="1").status == 422


@pytest.mark.parametrize("sort", ["name", "-name", "email", "-updated_at"])
def test_pages_of_people_follow_each_other(house, sort):
    for number in range(7):
        house.user("Rep", email=f"rep{number}@example.com")
    seen, cursor = [], None
    while True:
        page = house.done("find_users", limit=3, sort=sort, **({"cursor": cursor} if cursor else {}))
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 8


def test_a_view_never_shows_the_password(house):
    assert "password" not in str(house.done("find_users")).replace("has_password", "")
    assert "password" not in str(house.done("get_user", user_id=house.admin.id)).replace("has_password", "")
