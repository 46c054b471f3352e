"""As for customers: nobody can tell two databases of the other services apart that differ in what he may not see.

A few requests for each role with all tests; `make fuzz` makes 2,000 for each. `NON_INTERFERENCE_SEED=n` repeats a run.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from services.auth.built_in_roles import ADMINISTRATOR
from services.auth.service import AuthService
from services.campaigns.service import CampaignsService
from services.interactions.service import InteractionsService
from services.tickets.service import TicketsService
from tests.policy import hidden
from tests.policy.generated import Known, requests_to
from tests.policy.identity import Identity
from tests.policy.rules import ROLES, has
from tests.policy.test_campaigns import Campaigns
from tests.policy.test_interactions import Interactions
from tests.policy.test_tickets import Tickets
from tests.policy.twins import Change, Twins, check_alike, world_of
from tests.policy.world import World

FEW, MANY = 120, 2_000
COUNTS = [
    pytest.param(FEW, id="few"),
    pytest.param(MANY, id="many", marks=[pytest.mark.fuzz, pytest.mark.timeout(3600)]),
]


@dataclass(frozen=True)
class Case:
    """A service, its world, and what is hidden in it."""

    service: Any
    world: type[World]
    change: Change
    kinds: tuple[str, ...]
    apart: frozenset[str] = frozenset()
    settings: dict[str, Any] = field(default_factory=dict)


OF_ONESELF = frozenset(
    {"begin_passkey_registration", "begin_passkey_step_up", "change_password", "invite", "link_identity"}
    | {"register_passkey", "send_password_link"}
)
"""Of auth: what answers at random, and what takes a proof that generated requests do not have."""

CASES = {
    "tickets": Case(TicketsService, Tickets, hidden.tickets, ("ticket", "share")),
    "interactions": Case(InteractionsService, Interactions, hidden.interactions, ("interaction", "follow_up")),
    "campaigns": Case(CampaignsService, Campaigns, hidden.campaigns, ("campaign", "recipient", "unsubscription")),
    "auth": Case(AuthService, Identity, hidden.auth, ("user", "team", "role"), OF_ONESELF),
}


@pytest.fixture(scope="module", params=CASES)
def case(request) -> Case:
    return CASES[request.param]


@pytest.fixture(scope="module")
def shared_world(case, databases, tmp_path_factory) -> Iterator[World]:
    """One world for all roles; it is only read."""
    with world_of(case.service, case.world, databases, tmp_path_factory.mktemp("twins")) as world:
        yield world


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("role", [role for role in ROLES if role != ADMINISTRATOR])
def test_nobody_is_told_what_he_may_not_see(case, shared_world, databases, role, count):
    with Twins(shared_world, role, databases, case.change) as twins:
        statuses = check_alike(twins, requests_to(case.service, known(case, shared_world, role)), count)
    assert sum(statuses.values()) >= count
    assert statuses.keys().isdisjoint({401, 500})


def test_somebody_who_may_see_it_would_tell_them_apart(case, shared_world, databases):
    """The administrator meets the difference soon: the twins do differ."""
    with Twins(shared_world, "partner", databases, case.change) as twins:
        twins.person = shared_world.admin
        with pytest.raises(AssertionError):
            check_alike(twins, requests_to(case.service, known(case, shared_world, ADMINISTRATOR)), MANY)


def known(case: Case, world: Any, role: str) -> Known:
    ids: dict[str, set[str]] = {}
    for record in getattr(world, "records", {}).values():
        for name, one in record.items():
            if name != "etag":
                ids.setdefault(f"{name}_id", set()).add(str(one))
    people = {str(one.id) for one in [*world.people.values(), *world.of_role.values()]}
    teams = {str(one) for one in (world.teams.east, world.teams.below, world.teams.west)}
    ids |= dict.fromkeys(("user_id", "owner_id", "assignee_id", "author_id", "grantee_id", "accused_id"), people)
    ids |= {"team_id": teams, "team": teams, "parent_id": teams, "parent": teams}
    known_ids = {name: sorted(some) for name, some in ids.items()}
    return Known(known_ids, hidden.WORDS, cursors_of(case, world, role), case.apart, case.kinds)


def cursors_of(case: Case, world: World, role: str) -> tuple[str, ...]:
    """Cursors of the lists of the service, as the person gets them."""
    found = ["x"]
    for name, one in case.service.operations().items():
        takes = one.takes and one.takes._declared_fields
        if one.reads and takes and "cursor" in takes and not one.path_parameters and has(role, one.needs):
            answer = world.service.call(name, world.of_role.get(role, world.admin), limit=2)
            found.append((answer.body.get("next_cursor") if answer.status == 200 else None) or "x")
    return tuple(dict.fromkeys(found))
