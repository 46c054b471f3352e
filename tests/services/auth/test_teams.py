"""The tree of teams stays a tree, whoever moves what at the same time."""

import pytest

from chassis.ids import new_id
from chassis.testing.tested import together
from tests.services.auth.factories import etag


def team_of(house, team_id):
    return house.done("get_team", team_id=team_id)


def test_teams_hang_below_each_other_to_any_depth(house):
    parent, made = None, []
    for depth in range(12):
        parent = house.team(f"Level {depth}", parent)
        made.append(parent)
    head = house.person_who_may("Head", {"teams:read": "team_tree"}, teams=(made[0],))
    assert {item["id"] for item in house.done("find_teams", head)["items"]} == set(made)
    (event,) = house.told("TeamChanged", made[1])
    assert event["payload"] == {"name": "Level 1", "parent_id": made[0], "removed": False}


def test_names_are_unique_below_one_team(house):
    east, west = house.team("East"), house.team("West")
    house.team("Sales", east)
    house.team("Sales", west)
    for parent in (None, east):
        name = "East" if parent is None else "Sales"
        answer = house.call("create_team", house.admin, name=name, parent_id=parent)
        assert (answer.status, answer.body["type"]) == (409, "team-name-taken")


def test_of_parallel_creations_of_one_name_one_wins(house):
    answers = together(6, lambda _: house.auth.call("create_team", house.admin.person, name="East"))
    assert sorted(answer.status for answer in answers) == [201] + [409] * 5


def test_a_team_is_renamed_and_moved(house):
    east, west = house.team("East"), house.team("West")
    sales = house.team("Sales", east)
    moved = house.done("change_team", team_id=sales, parent_id=west, if_match='"1"')
    assert (moved["parent_id"], moved["name"], moved["version"]) == (west, "Sales", 2)
    top = house.done("change_team", team_id=sales, parent_id=None, name="Field sales", if_match=etag(moved))
    assert (top["parent_id"], top["name"]) == (None, "Field sales")
    assert house.call("change_team", house.admin, team_id=sales, name="Late", if_match='"1"').status == 412
    assert [event["version"] for event in house.told("TeamChanged", sales)] == [1, 2, 3]


def test_moving_onto_a_taken_name_is_refused(house):
    east, west = house.team("East"), house.team("West")
    house.team("Sales", east)
    other = house.team("Sales", west)
    answer = house.call("change_team", house.admin, team_id=other, parent_id=east, if_match='"1"')
    assert answer.body["type"] == "team-name-taken"


def test_a_team_cannot_hang_below_itself(house):
    top = house.team("Top")
    middle = house.team("Middle", top)
    low = house.team("Low", middle)
    for parent in (top, middle, low):
        answer = house.call("change_team", house.admin, team_id=top, parent_id=parent, if_match='"1"')
        assert (answer.status, answer.body["type"]) == (409, "team-below-itself")


def test_parallel_moves_make_no_circle(house):
    for number in range(5):
        teams = [house.team(f"Team {number}-{place}") for place in range(3)]

        def move(index, teams=teams):
            target = teams[(index + 1) % 3]
            return house.auth.call(
                "change_team", house.admin.person, team_id=teams[index], parent_id=target, if_match='"1"'
            )

        answers = together(3, move)
        assert sorted(answer.status for answer in answers) == [200, 200, 409]


def test_an_unknown_parent_is_refused(house):
    answer = house.call("create_team", house.admin, name="East", parent_id=new_id())
    assert (answer.status, answer.body["type"]) == (409, "unknown-team")


@pytest.mark.parametrize("content", ["a person", "a team"])
def test_only_an_empty_team_is_deleted(house, content):
    east = house.team("East")
    if content == "a person":
        house.user("Rep", teams=(east,))
    else:
        house.team("North", east)
    answer = house.call("delete_team", house.admin, team_id=east, if_match='"1"')
    assert (answer.status, answer.body["type"]) == (409, "team-not-empty")


def test_a_deleted_team_is_gone_and_told(house):
    east = house.team("East")
    assert house.call("delete_team", house.admin, team_id=east).status == 428
    assert house.call("delete_team", house.admin, team_id=east, if_match='"1"').status == 204
    assert house.call("get_team", house.admin, team_id=east).status == 404
    last = house.told("TeamChanged", east)[-1]
    assert (last["version"], last["payload"]["removed"]) == (2, True)


def test_nobody_joins_a_team_while_it_is_deleted(house):
    for number in range(5):
        team, rep = house.team(f"Team {number}"), house.user(f"Rep {number}")

        def act(index, team=team, rep=rep):
            if index:
                return house.auth.call("delete_team", house.admin.person, team_id=team, if_match='"1"')
            return house.auth.call("change_user", house.admin.person, user_id=rep["id"], teams=[team], if_match='"1"')

        joined, deleted = together(2, act)
        assert (joined.status, deleted.status) in ((200, 409), (409, 204))


def test_reach_decides_over_teams(house):
    east, west = house.team("East"), house.team("West")
    north = house.team("North", east)
    permissions = {"teams:read": "team_tree", "teams:create": "team_tree", "teams:change": "team_tree"}
    lead = house.person_who_may("Lead", permissions, teams=(east,))
    assert {item["name"] for item in house.done("find_teams", lead)["items"]} == {"East", "North"}
    assert house.call("create_team", lead, name="Mine").body["type"] == "out-of-reach"
    assert house.call("create_team", lead, name="Mine", parent_id=west).body["type"] == "out-of-reach"
    assert house.call("create_team", lead, name="Mine", parent_id=north).status == 201
    assert house.call("change_team", lead, team_id=west, name="Mine", if_match='"1"').status == 404
    assert house.call("change_team", lead, team_id=north, parent_id=None, if_match='"1"').status == 403
    assert house.call("delete_team", lead, team_id=west, if_match='"1"').status == 404


def test_teams_are_found_by_name_and_parent(house):
    east = house.team("East")
    north = house.team("North", east)
    house.team("Eastern", east)
    names = lambda **search: [item["name"] for item in house.done("find_teams", **search)["items"]]  # noqa: E731
    assert names() == ["East", "Eastern", "North"]
    assert names(search="eAST") == ["East", "Eastern"]
    assert names(parent=east) == ["Eastern", "North"]
    assert names(parent=north) == []
