"""An API key acts with what both its role and its owner may do, and as far as both may."""

from uuid import UUID

import pytest

from chassis.errors import Forbidden, Unauthenticated
from chassis.identity.api_keys import KeyRing, hash_of, narrowed
from chassis.identity.caller import Caller, Reach
from chassis.identity.policy import NO_LIMITS, NO_RULES, Access, Field, FieldRules, Resource
from chassis.ids import new_id

KEY = "rp_Ab3dE6gH_" + "s" * 43
THINGS = Resource("things", fields={"phone": Field(mask=str), "email": Field(), "secret": Field(default=Access.HIDDEN)})


def owner(permissions: dict[str, Reach], rules: FieldRules = NO_RULES) -> Caller:
    return Caller(user_id=new_id(), session_id=new_id(), name="Owner", permissions=permissions, field_rules=rules)


@pytest.mark.parametrize(
    ("of_owner", "of_role", "common"),
    [
        ({"*": Reach.ALL}, {"things:read": Reach.TEAM}, {"things:read": Reach.TEAM}),
        ({"things:read": Reach.OWN}, {"things:read": Reach.ALL}, {"things:read": Reach.OWN}),
        ({"things:read": Reach.ALL}, {"things:read": Reach.OWN}, {"things:read": Reach.OWN}),
        ({"things:read": Reach.ALL}, {"things:change": Reach.ALL}, {}),
        ({"things:read": Reach.TEAM}, {"*": Reach.ALL}, {"things:read": Reach.TEAM}),
        ({"*": Reach.TEAM}, {"*": Reach.ALL}, {"*": Reach.TEAM}),
        ({}, {"*": Reach.ALL}, {}),
    ],
)
def test_permissions_are_those_of_both(of_owner, of_role, common):
    assert narrowed(owner(of_owner), of_role, NO_RULES).permissions == common


def rules(**fields: str) -> FieldRules:
    return FieldRules.of_roles([{"things": fields}])


def test_fields_are_as_open_as_both_say():
    key = narrowed(owner({}, rules(phone="masked", secret="full")), {}, rules(email="hidden", secret="read_only"))
    accesses = {name: key.access(THINGS, name) for name in THINGS.fields}
    assert accesses == {"phone": Access.MASKED, "email": Access.HIDDEN, "secret": Access.READ}
    assert not key.field_rules.reads(THINGS, "email")


def test_an_owner_without_limits_narrows_nothing():
    key = narrowed(owner({"*": Reach.ALL}, NO_LIMITS), {}, rules(phone="masked"))
    assert key.access(THINGS, "phone") is Access.MASKED
    assert key.access(THINGS, "email") is Access.WRITE


def test_a_role_without_limits_is_limited_by_its_owner():
    key = narrowed(owner({}, rules(phone="hidden")), {"*": Reach.ALL}, NO_LIMITS)
    assert key.access(THINGS, "phone") is Access.HIDDEN
    assert key.access(THINGS, "secret") is Access.HIDDEN, "the default holds for the owner"


def test_callers_with_the_same_rules_are_equal():
    first, second = (narrowed(owner({}, rules(phone="hidden")), {}, NO_LIMITS).field_rules for _ in range(2))
    assert first == second
    assert hash(first) == hash(second)
    assert first != rules(phone="hidden")


def test_what_only_a_person_may_do_is_refused():
    with pytest.raises(Forbidden):
        narrowed(owner({"*": Reach.ALL}, NO_LIMITS), {"*": Reach.ALL}, NO_LIMITS).require_log_in()


def state(key_id: UUID, *, removed: bool = False, expires_at: str = "2999-01-01T00:00:00Z") -> dict[str, object]:
    made = {"owner_id": str(key_id), "role_id": str(key_id), "hash": hash_of(KEY)}
    return {**made, "removed": removed, "expires_at": expires_at}


def test_a_ring_knows_good_keys_and_remembers_that_others_are_over():
    ring, key_id = KeyRing(), new_id()
    with pytest.raises(Unauthenticated):
        ring.shown(KEY)
    assert not ring.has_ended(key_id), "it may be a session"
    ring.take(str(key_id), state(key_id))
    assert ring.shown(KEY).id == key_id
    assert ring.named(key_id) == ring.shown(KEY)
    ring.take(str(key_id), state(key_id, removed=True))
    assert ring.has_ended(key_id)
    with pytest.raises(Unauthenticated):
        ring.shown(KEY)


def test_a_key_after_its_time_is_over():
    ring, key_id = KeyRing(), new_id()
    ring.take(str(key_id), state(key_id, expires_at="2020-01-01T00:00:00Z"))
    assert ring.has_ended(key_id)
    with pytest.raises(Unauthenticated):
        ring.shown(KEY)
