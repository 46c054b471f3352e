"""The directory: what auth tells takes effect at once, in whatever order it comes."""

from datetime import UTC, datetime, timedelta

from chassis.identity import directory, tokens
from chassis.identity.caller import Reach
from chassis.identity.events import RoleChanged, SessionEnded, SigningKeyChanged, TeamChanged, UserChanged
from chassis.ids import new_id
from chassis.testing.tested import Person, new_signing_key, signing_key_event
from tests.chassis.probe.service import ProbeService

ALL = {"pages:write": "own", "pages:read": "own"}


def status(probe, who: Person) -> int:
    return probe.call("find_pages", who).status


def test_an_ended_session_is_refused(tested):
    probe = tested(ProbeService)
    anna = probe.person("Anna", ALL)
    assert status(probe, anna) == 200
    probe.deliver(SessionEnded(aggregate_id=anna.caller.session_id, version=1, ended_at=datetime.now(UTC)))
    assert status(probe, anna) == 401


def test_a_disabled_person_is_refused_in_all_his_sessions(tested):
    probe = tested(ProbeService)
    anna = probe.person("Anna", ALL)
    assert status(probe, anna) == 200
    probe.deliver(UserChanged(aggregate_id=anna.id, version=2, name="Anna", active=False, teams=[], roles=[]))
    assert status(probe, anna) == 401


def test_a_key_that_is_no_longer_active_opens_nothing(tested):
    probe = tested(ProbeService)
    anna = probe.person("Anna", ALL)
    jwk = probe.signing_key.as_dict(private=False)
    key_id = probe.scalar("SELECT id FROM directory WHERE kind = 'signing_key'")
    probe.deliver(SigningKeyChanged(aggregate_id=key_id, version=2, jwk=jwk, active=False))
    assert status(probe, anna) == 401


def test_a_key_that_came_a_moment_ago_opens_before_the_next_look(tested):
    probe = tested(ProbeService)
    anna, key = probe.person("Anna", ALL), new_signing_key()
    assert status(probe, anna) == 200
    with probe.session() as session:
        directory.keep(session, signing_key_event(key))

    probe.directory._look_for_keys_at = 0.0
    token = tokens.issue(key, user_id=anna.id, session_id=new_id())
    assert status(probe, Person(anna.caller, token)) == 200


def test_an_older_state_that_arrives_late_is_skipped(tested):
    probe = tested(ProbeService)
    anna = probe.person("Anna", ALL)
    probe.deliver(UserChanged(aggregate_id=anna.id, version=3, name="Anna", active=False, teams=[], roles=[]))
    probe.deliver(UserChanged(aggregate_id=anna.id, version=2, name="Anna", active=True, teams=[], roles=[]))
    assert status(probe, anna) == 401


def test_roles_add_up_to_the_widest_reach(tested):
    probe = tested(ProbeService)
    own, team = new_id(), new_id()
    probe.deliver(RoleChanged(aggregate_id=own, version=1, name="One", permissions={"pages:read": "own"}))
    probe.deliver(
        RoleChanged(
            aggregate_id=team, version=1, name="Two", permissions={"pages:read": "team_tree", "pages:write": "own"}
        )
    )
    user = new_id()
    probe.deliver(UserChanged(aggregate_id=user, version=1, name="Anna", active=True, teams=[], roles=[own, team]))
    caller = probe.directory.caller(user)
    assert caller.permissions == {"pages:read": Reach.TEAM_TREE, "pages:write": Reach.OWN}


def test_moving_a_team_moves_what_its_people_see(tested):
    probe = tested(ProbeService)
    north, south = probe.team("North"), probe.team("South")
    inner = probe.team("Inner", parent=north)
    lead = probe.person("Lead", {"pages:read": "team_tree"}, teams=[north])
    writer = probe.person("Writer", ALL, teams=[inner])
    page = probe.call("write_page", writer, title="Tides").json()

    assert probe.call("read_page", lead, page_id=page["id"]).status == 200
    probe.deliver(TeamChanged(aggregate_id=inner, version=2, name="Inner", parent_id=south))
    assert probe.call("read_page", lead, page_id=page["id"]).status == 404


def test_the_reach_decides_which_records_there_are(tested):
    probe = tested(ProbeService)
    north, south = probe.team("North"), probe.team("South")
    own = probe.person("Own", ALL, teams=[north])
    mate = probe.person("Mate", ALL, teams=[north])
    stranger = probe.person("Stranger", ALL, teams=[south])
    for who in (own, mate, stranger):
        probe.call("write_page", who, title=f"Page of {who.caller.name}")

    def titles(reach: str) -> set[str]:
        with_reach = Person(own.caller, own.token)
        role = RoleChanged(aggregate_id=new_id(), version=1, name=f"Role {reach}", permissions={"pages:read": reach})
        probe.deliver(role)
        version = probe.scalar("SELECT version + 1 FROM directory WHERE id = :id", id=str(own.id))
        probe.deliver(
            UserChanged(
                aggregate_id=own.id, version=version, name="Own", active=True, teams=[north], roles=[role.aggregate_id]
            )
        )
        return {item["title"] for item in probe.call("find_pages", with_reach).json()["items"]}

    assert titles("own") == {"Page of Own"}
    assert titles("team") == {"Page of Own", "Page of Mate"}
    assert titles("all") == {"Page of Own", "Page of Mate", "Page of Stranger"}


def test_changes_are_only_told_to_those_who_may_see_the_record(tested):
    probe = tested(ProbeService)
    anna, bella = probe.person("Anna", ALL), probe.person("Bella", ALL)
    page = probe.call("write_page", anna, title="Tides").json()

    def heard(who, resource="page"):
        return probe.call("visible_records", who, resource=resource, ids=[page["id"]]).json()

    assert (heard(anna), heard(bella), heard(anna, "nothing")) == ([page["id"]], [], [])


def test_sessions_that_ended_long_ago_are_forgotten_and_nothing_else(tested):
    probe = tested(ProbeService)
    anna = probe.person("Anna", ALL)
    for ended_at in (datetime.now(UTC) - timedelta(days=2), datetime.now(UTC)):
        probe.deliver(SessionEnded(aggregate_id=new_id(), version=1, ended_at=ended_at))
    with probe.session() as session:
        assert directory.forget_old(session) == 1
    assert status(probe, anna) == 200
