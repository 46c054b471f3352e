"""auth: every operation, for every built-in role, on people and teams of every relation, does what the policy says."""

import pytest

from chassis.ids import new_id
from services.auth.roles import role_id
from services.auth.service import AuthService
from tests.policy.identity import Identity
from tests.policy.rules import ROLES, anybody, by_reach, has, mine_or, only_own
from tests.policy.table import Row, differences, walk

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


@pytest.fixture
def world(tested):
    return Identity(tested(AuthService))


def table(world):
    return accounts(world) | teams_and_roles(world) | own_account(world) | oversight(world)


def accounts(world):
    changing, email = by_reach("users:change"), "new@example.com"

    def session_of(role, relation):
        return world.user()(role, relation) | world.thing("session")(role, relation)

    return {
        "find_users": Row(anybody, lambda *_: {}, ONE),
        "get_user": Row(by_reach("users:read"), world.user(), PEOPLE),
        "explain": Row(by_reach("users:read"), world.user(), PEOPLE),
        "create_user": Row(anybody, lambda *_: {"name": "New", "email": email, "invite": True}, ONE),
        "import_users": Row(anybody, lambda *_: {"file": "none", "mapping": {"email": "E"}}, ONE, otherwise=(422,)),
        "change_user": Row(changing, world.user(name="Other", if_match='"1"'), PEOPLE),
        "reset_password": Row(changing, world.user(), PEOPLE),
        "invite": Row(changing, world.user(), PEOPLE),
        "send_password_link": Row(changing, world.user(), PEOPLE),
        "find_sessions_of": Row(changing, world.user(), PEOPLE),
        "end_sessions_of": Row(changing, world.user(), PEOPLE),
        "end_session_of": Row(changing, session_of, PEOPLE),
        "remove_factors": Row(changing, world.user(), PEOPLE),
        "let_leave": Row(changing, world.user(hand_over_to=world.people["below"].id), PEOPLE, otherwise=(422,)),
        "get_departure": Row(changing, world.user(), PEOPLE),
        "find_in_directory": Row(anybody, lambda *_: {}, ONE),
        "create_api_key": Row(anybody, lambda *_: {"name": "Shop", "role_id": role_id("analyst")}, ONE),
        "find_api_keys": Row(anybody, lambda *_: {}, ONE),
        "revoke_api_key": Row(mine_or(by_reach("api_keys:revoke")), world.thing("api_key"), PEOPLE),
    }


def teams_and_roles(world):
    copied = role_id("analyst")
    guard = {"if_match": '"1"'}
    return {
        "get_team": Row(by_reach("teams:read"), world.team_of(), TEAMS),
        "change_team": Row(by_reach("teams:change"), world.team_of(name="Other", **guard), TEAMS),
        "delete_team": Row(by_reach("teams:change"), world.team_of(**guard), TEAMS),
        "create_team": Row(anybody, lambda *_: {"name": "New"}, ONE),
        "find_teams": Row(anybody, lambda *_: {}, ONE),
        "find_roles": Row(anybody, lambda *_: {}, ONE),
        "get_role": Row(anybody, lambda *_: {"role_id": copied}, ONE),
        "create_role": Row(anybody, lambda *_: {"name": "New", "permissions": {"customers:read": "own"}}, ONE),
        "copy_role": Row(anybody, lambda *_: {"role_id": copied, "name": "Copy"}, ONE),
        "change_role": Row(anybody, lambda *_: {"role_id": copied, "permissions": {}, **guard}, ONE),
        "reset_role": Row(anybody, lambda *_: {"role_id": copied, **guard}, ONE),
        "delete_role": Row(anybody, lambda *_: {"role_id": copied, **guard}, ONE),
    }


def own_account(world):
    """What everybody does with his own account, and nobody with another's; wrong proofs are refused to all alike."""
    plain = (
        *("get_me", "find_factors", "find_identities", "find_sessions", "find_jobs", "log_out", "begin_totp"),
        *("begin_passkey_registration", "renew_recovery_codes", "begin_passkey_step_up"),
        *("remove_totp", "end_all_sessions"),
    )
    new_password, nothing = "correct horse battery staple", {"attempt": "none", "code": "none", "state": "none"}
    unproven = {
        "change_password": ({"old_password": "wrong", "new_password": new_password}, "wrong-password"),
        "step_up": ({"password": "wrong"}, "wrong-password"),
        "confirm_totp": ({"code": "000000"}, "totp-not-begun"),
        "register_passkey": ({"name": "Laptop", "ceremony_id": new_id(), "credential": {}}, "passkey-not-registered"),
        "link_identity": (nothing, "provider-refused"),
        "begin_link": ({"provider_id": world.provider}, "provider-unavailable"),
    }
    mine = {"end_session": "session", "remove_passkey": "passkey", "remove_identity": "identity"}
    mine |= dict.fromkeys(("get_job", "cancel_job", "get_job_file"), "job")
    return {
        "change_me": Row(anybody, lambda *_: {"language": "en", "if_match": '"1"'}, ONE),
        **{name: Row(anybody, lambda *_: {}, ONE) for name in plain},
        **{name: Row(anybody, lambda *_, it=it: it, ONE, (refused,)) for name, (it, refused) in unproven.items()},
        **{name: Row(only_own, world.thing(kind), PEOPLE) for name, kind in mine.items()},
    }


def oversight(world):
    """The audit trail, reviews, providers and keys: for auditors and administrators, and for reviewers their lines."""
    provider = {"provider_id": world.provider}
    new = {"name": "Other", "issuer": "https://id.example.com", "client_id": "us", "client_secret": "secret"}
    reviews = {"review_id": world.reviews["own"]}
    plain = {
        "find_entries": {},
        "export_entries": {},
        "verify_entries": {},
        "find_alerts": {},
        "acknowledge_alert": {"alert_id": world.alert},
        "begin_review": {},
        "find_reviews": {},
        "get_review": reviews,
        "find_keys": {},
        "rotate_keys": {},
        "list_providers": {},
        "change_provider": {**provider, "name": "Another", "if_match": '"1"'},
        "delete_provider": {**provider, "if_match": '"1"'},
    }
    deciding, reading = mine_or(holds("audit:review")), mine_or(holds("audit:read"))
    return {
        **{name: Row(anybody, lambda *_, it=given: it, ONE) for name, given in plain.items()},
        "create_provider": Row(anybody, lambda *_: new, ONE, otherwise=(422,)),
        "get_policy": Row(anybody, lambda *_: {}, ONE),
        "set_policy": Row(anybody, lambda *_: {**POLICY, "if_match": '"1"'}, ONE),
        "get_checkpoint": Row(anybody, lambda *_: {}, ONE, otherwise=(404,)),
        "find_lines": Row(reading, lambda _, relation: {"review_id": world.reviews[relation]}, ("own", "stranger")),
        "confirm_line": Row(deciding, world.thing("line"), PEOPLE),
        "revoke_line": Row(deciding, world.thing("line"), PEOPLE),
    }


def holds(permission):
    """Whoever has the permission, whatever the record."""
    return lambda role, _: has(role, permission)


def test_every_operation_agrees_with_the_policy_and_refusals_leave_no_trace(world):
    whole = table(world)
    assert differences(AuthService, whole) == set()
    made, disagreements = walk(world, whole)
    assert disagreements == []
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
