"""Other services learn who is here, and everybody finds whom to assign things to."""

from operator import itemgetter

from chassis.testing.tested import together
from services.auth import directory_publication
from services.auth.built_in_roles import BUILT_IN_ROLES


def test_everything_is_told_once_more_with_the_same_versions(house):
    rep = house.person("Rep", teams=(house.team("East"),))
    house.call("log_out", rep)
    before = house.auth.events()

    assert house.call("publish_directory").status == 204

    told = house.auth.events()[len(before) :]
    counts = {kind: sum(event["type"] == kind for event in told) for kind in {event["type"] for event in told}}
    assert counts == {
        "SigningKeyChanged": 2,
        "RoleChanged": len(BUILT_IN_ROLES),
        "TeamChanged": 1,
        "UserChanged": 2,
        "SessionEnded": 1,
    }
    state = itemgetter("type", "aggregate_id", "version", "payload")
    known = [state(event) for event in before]
    assert all(state(event) in known for event in told)


def test_it_is_told_at_most_once_in_two_seconds_however_many_ask(house, monkeypatch):
    before = len(house.auth.events())
    together(8, lambda _: house.auth.call("publish_directory"))
    once = len(house.auth.events())
    assert once - before == 2 + len(BUILT_IN_ROLES) + 1

    later = directory_publication.now() + directory_publication.PUBLISHED_AT_MOST_EVERY * 1.5
    monkeypatch.setattr(directory_publication, "now", lambda: later)
    house.call("publish_directory")
    assert len(house.auth.events()) > once


def test_everybody_finds_active_people_and_teams(house):
    east = house.team("East")
    north = house.team("North", east)
    rep = house.person("Rep", teams=(north, east))
    closed = house.user("Closed")
    house.done("change_user", user_id=closed["id"], active=False, if_match='"1"')

    items = house.done("find_in_directory", rep)["items"]

    assert items == [
        {"kind": "person", "id": str(house.admin.id), "name": "Administrator", "team_id": None},
        {"kind": "team", "id": east, "name": "East", "team_id": None},
        {"kind": "team", "id": north, "name": "North", "team_id": east},
        {"kind": "person", "id": str(rep.id), "name": "Rep", "team_id": north},
    ]


def test_the_directory_is_searched_and_paged(house):
    for number in range(5):
        house.user(f"Rep {number}")
        house.team(f"Team {number}")
    assert [item["name"] for item in house.done("find_in_directory", search="rep 3")["items"]] == ["Rep 3"]
    assert {item["kind"] for item in house.done("find_in_directory", kind="team")["items"]} == {"team"}
    seen, cursor = [], None
    while True:
        page = house.done("find_in_directory", limit=4, **({"cursor": cursor} if cursor else {}))
        seen += [item["name"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == 11
    assert seen == sorted(seen)


def test_the_directory_needs_a_log_in(house):
    assert house.call("find_in_directory").status == 401


def test_a_partner_finds_nobody_but_himself(house):
    house.user("Colleague")
    house.team("Sales")
    partner = house.person("Partner", roles=("partner",))
    found = house.done("find_in_directory", partner)["items"]
    assert [item["name"] for item in found] == ["Partner"]
    assert house.done("find_in_directory", partner, search="Coll")["items"] == []
    both = house.person("Both", roles=("partner", "sales_rep"))
    assert len(house.done("find_in_directory", both)["items"]) > 1
