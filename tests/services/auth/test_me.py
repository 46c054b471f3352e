"""What people see and change of their own account."""

from tests.services.auth.factories import PASSWORD, etag

NEW = "another password of a person"


def test_i_see_who_i_am_and_what_i_may_do(house):
    east = house.team("East")
    rep = house.person("Rep", roles=("analyst",), teams=(east,))
    me = house.done("get_me", rep)
    assert me["teams"] == [{"id": east, "name": "East"}]
    assert [role["name"] for role in me["roles"]] == ["analyst"]
    assert me["permissions"]["customers:read"] == "all"
    assert (me["name"], me["language"], me["session_id"]) == ("Rep", "zh", str(rep.session_id))


def test_two_roles_give_the_wider_reach(house):
    rep = house.person("Rep", roles=("sales_rep", "analyst"))
    assert house.done("get_me", rep)["permissions"]["customers:read"] == "all"


def test_i_change_my_name_and_language_against_the_version_i_saw(house):
    rep = house.person("Rep")
    answer = house.call("change_me", rep, name="Lead", language="en", if_match='"1"')
    assert (answer.status, answer.etag, answer.body["name"], answer.body["language"]) == (200, '"2"', "Lead", "en")
    assert house.call("change_me", rep, name="Late", if_match='"1"').status == 412
    assert house.call("change_me", rep, name="Late").status == 428
    assert house.told("UserChanged", str(rep.id))[-1]["payload"]["name"] == "Lead"


def test_i_cannot_change_more_than_that_about_myself(house):
    rep = house.person("Rep")
    answer = house.call("change_me", rep, roles=[], if_match='"1"')
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, "/roles")


def test_a_new_password_ends_my_other_sessions_and_keeps_this_one(house):
    here, there = house.person("Rep"), house.log_in("rep@example.com")
    assert house.call("change_password", here, old_password=PASSWORD, new_password=NEW).status == 204
    assert house.call("get_me", here).status == 200
    assert house.call("get_me", there).status == 401
    assert house.attempt("rep@example.com", PASSWORD).status == 401
    assert house.attempt("rep@example.com", NEW).status == 200


def test_the_present_password_is_asked_for_and_guesses_count(house):
    rep = house.person("Rep")
    for _ in range(10):
        wrong = house.call("change_password", rep, old_password="not this one", new_password=NEW)
        assert (wrong.status, wrong.body["type"]) == (403, "wrong-password")
        assert wrong.body["errors"][0]["pointer"] == "/old_password"
    assert house.call("change_password", rep, old_password=PASSWORD, new_password=NEW).status == 429
    assert house.attempt("rep@example.com", PASSWORD).status == 200, "the door has counts of its own"


def test_passwords_have_12_to_200_characters(house):
    rep = house.person("Rep")
    for bad in ("x" * 11, "x" * 201):
        answer = house.call("change_password", rep, old_password=PASSWORD, new_password=bad)
        assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, "/new_password")
    assert (
        house.call("change_password", rep, old_password=PASSWORD, new_password="海上明月共潮生春江潮水连").status == 204
    )
    assert house.attempt("rep@example.com", "海上明月共潮生春江潮水连").status == 200


def test_the_same_password_opens_however_its_accents_are_typed(house):
    rep = house.person("Rep")
    house.done("change_password", rep, old_password=PASSWORD, new_password="caf\u00e9 au lait au lit")
    assert house.attempt("rep@example.com", "cafe\u0301 au lait au lit").status == 200


def test_nobody_else_sees_me_without_the_permission(house):
    rep = house.person("Rep")
    assert house.call("find_users", rep).status == 403
    assert house.call("get_user", rep, user_id=rep.id).status == 403
    assert etag(house.done("get_me", rep)) == '"1"'
