"""What the tests of handing over in each service have in common."""

import time
from typing import Any
from uuid import UUID

from chassis.identity.events import PersonLeft, UserChanged
from chassis.ids import new_id
from chassis.testing.tested import Person, TestedService


def leaves(service: TestedService, who: Person, heir: Person, *, closed: bool = True) -> UUID:
    """What auth tells of somebody who leaves. Returns the id of the departure."""
    departure_id = new_id()
    if closed:
        close(service, who)
    service.deliver(PersonLeft(aggregate_id=departure_id, version=1, user_id=who.id, hand_over_to=heir.id, by=heir.id))
    return departure_id


def close(service: TestedService, who: Person) -> None:
    """Close the account."""
    teams = list(who.caller.teams)
    service.deliver(UserChanged(aggregate_id=who.id, version=9, name="Left", active=False, teams=teams, roles=[]))


def handed_over(service: TestedService, seconds: float = 30) -> list[dict[str, Any]]:
    """Run jobs until the hand-over has told that it has finished. Returns the payloads of what it told."""
    deadline = time.monotonic() + seconds
    while True:
        service.run_jobs()
        told = [event["payload"] for event in service.events() if event["type"].endswith("HandedOver")]
        if told and told[-1]["finished"]:
            return told
        assert time.monotonic() < deadline, told
        time.sleep(0.1)
