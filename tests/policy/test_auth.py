"""auth: every operation, for every built-in role, on people and teams of every relation, does what the policy says."""

import pytest

from chassis.ids import new_id
from services.auth.models import Team, User
from services.auth.roles import role_id
from services.auth.service import AuthService
from tests.policy.rules import ROLES, anybody, by_reach, has
from tests.policy.table import Row, not_in, walk, walk_the_rest
from tests.policy.world import World

PEOPLE = ("own", "team", "below", "stranger")
TEAMS = ("team", "below", "stranger")
ONE = ("own",)
POLICY = {
    "second_factor": "required",
    "second_factor_roles": [],
    "session_idle_hours": 1,
    "session_absolute_hours": 8,
    "initial_password_days": 1,
}


class Identity(World):
    """The people and teams of the world as accounts and teams of auth."""

    def __init__(self, service):
        super().__init__(service)
        with service.session(self.admin) as session:
            AuthService.seed(session, service.settings)
            teams = {self.teams.east: "East", self.teams.below: "Below", self.teams.west: "West"}
            session.add_all(Team.of(name, None, id=team_id) for team_id, name in teams.items())
            session.flush()
            people = [*self.of_role.values(), *self.people.values()]
            session.add_all(
                User.of(
                    id=one.id,
                    name=one.caller.name,
                    email=f"{one.id}@example.com",
                    password_hash="none",
                    teams=one.caller.teams,
                    roles=[],
                )
                for one in people
            )
        service.directory.refresh()

    def user(self, **more):
        return lambda role, relation: {"user_id": self.owner(role, relation).id, **more}

    def team_of(self, **more):
        places = {"team": self.teams.east, "below": self.teams.below, "stranger": self.teams.west}
        return lambda _, relation: {"team_id": places[relation], **more}


@pytest.fixture
def world(tested):
    return Identity(tested(AuthService))


def table(world):
    copied = role_id("analyst")
    guard = {"if_match": '"1"'}
    return {
        "get_user": Row(by_reach("users:read"), world.user(), PEOPLE),
        "change_user": Row(by_reach("users:change"), world.user(name="Other", **guard), PEOPLE),
        "get_team": Row(by_reach("teams:read"), world.team_of(), TEAMS),
        "change_team": Row(by_reach("teams:change"), world.team_of(name="Other", **guard), TEAMS),
        "delete_team": Row(by_reach("teams:change"), world.team_of(**guard), TEAMS),
        "create_team": Row(anybody, lambda *_: {"name": "New"}, ONE),
        "find_users": Row(anybody, lambda *_: {}, ONE),
        "find_teams": Row(anybody, lambda *_: {}, ONE),
        "get_policy": Row(anybody, lambda *_: {}, ONE),
        "set_policy": Row(anybody, lambda *_: {**POLICY, **guard}, ONE),
        "reset_password": Row(by_reach("users:change"), world.user(), PEOPLE),
        "find_roles": Row(anybody, lambda *_: {}, ONE),
        "get_role": Row(anybody, lambda *_: {"role_id": copied}, ONE),
        "create_role": Row(anybody, lambda *_: {"name": "New", "permissions": {"customers:read": "own"}}, ONE),
        "copy_role": Row(anybody, lambda *_: {"role_id": copied, "name": "Copy"}, ONE),
        "change_role": Row(anybody, lambda *_: {"role_id": copied, "permissions": {}, **guard}, ONE),
        "reset_role": Row(anybody, lambda *_: {"role_id": copied, **guard}, ONE),
        "delete_role": Row(anybody, lambda *_: {"role_id": copied, **guard}, ONE),
    }


def test_every_operation_agrees_with_the_policy_and_refusals_leave_no_trace(world):
    made, disagreements = walk(world, table(world))
    assert disagreements + walk_the_rest(world, not_in(world, table(world))) == []
    assert made > 200


def test_the_list_of_people_has_just_those_in_reach(world):
    everybody = {str(one.id): "team" for one in world.of_role.values()}
    everybody |= {str(one.id): relation for relation, one in world.people.items()}
    for role in ROLES:
        if has(role, "users:read"):
            found = {one["id"] for one in world.done("find_users", world.of_role[role], limit=200)["items"]}
            own = str(world.of_role[role].id)
            seen = {
                one
                for one, relation in everybody.items()
                if by_reach("users:read")(role, "own" if one == own else relation)
            }
            assert found & everybody.keys() == seen


def test_a_stranger_to_the_suite_is_let_in_nowhere(world):
    for name, one in AuthService.operations().items():
        if ":" in one.needs:
            arguments = {parameter: new_id() for parameter in one.path_parameters}
            assert world.service.call(name, None, **arguments).status == 401, name
