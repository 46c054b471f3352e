"""Two databases that differ only in what somebody may not see, and requests that must not tell them apart."""

import itertools
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

import chassis.clock
import chassis.ids
from chassis.identity.tokens import LIFETIME_SECONDS
from chassis.requests import Request
from chassis.service import Service
from chassis.testing.plugin import Databases, settings_for
from chassis.testing.tested import Person, TestedService
from tests.policy.world import Undone, World

SEED = int(os.environ.get("NON_INTERFERENCE_SEED") or secrets.randbits(32))

Change = Callable[[Any, str, World], None]
"""Changes what a role may not see, in a session."""

STILL = datetime.now(UTC) + timedelta(seconds=60)


@contextmanager
def stood_still() -> Iterator[None]:
    """The clock stands still, and ids are counted up from the same number."""
    numbers = itertools.count(0x0FFF_0000_0000_7000_8000_0000_0000_0000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chassis.clock, "datetime", SimpleNamespace(now=lambda _: STILL))
        patch.setattr(chassis.ids, "uuid7", lambda: UUID(int=next(numbers)))
        yield


class Twins:
    """A world and its copy, in which something else is hidden from people of one role."""

    def __init__(self, world: World, role: str, databases: Databases, change: Change) -> None:
        self.world, self.role = world, role
        self.person: Person = world.of_role.get(role, world.admin)
        self._fresh_until = 0.0
        self._databases = databases
        self.other = self._copy(world.service)
        with self.other.session(world.admin) as session:
            change(session, role, world)

    def _copy(self, service: TestedService) -> TestedService:
        service.close()
        name, original = f"twin_{secrets.token_hex(6)}", service.database.engine.url.database
        self._databases._run(f'CREATE DATABASE "{name}" TEMPLATE "{original}"')
        return TestedService(service.service, replace(service.settings, database_url=self._databases._url(name)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the copy."""
        self.other.close()
        self._databases.drop(self.other.settings.database_url)

    def answers(self, operation: str, arguments: dict[str, Any]) -> tuple[Any, Any]:
        """What each of the two answers to a request, in all of its bytes; neither keeps a change."""
        return tuple(self._answer(one, operation, dict(arguments)) for one in (self.world.service, self.other))  # type: ignore[return-value]

    def _answer(self, service: TestedService, operation: str, arguments: dict[str, Any]) -> Any:
        unit = service._units[operation]
        kept: Any = unit._database
        unit._database = Undone(kept)  # type: ignore[assignment]  # it has what the unit needs
        try:
            with stood_still():
                request = Request(
                    token=self._token(), if_match=arguments.pop("if_match", None), remote_addr="192.0.2.1"
                )
                answer = unit.answer(request, arguments)
                return answer.status, answer.body, answer.etag, answer.retry_after
        finally:
            unit._database = kept

    def _token(self) -> str:
        """A token that is good for a while: there are more requests than one lasts for."""
        if time.monotonic() > self._fresh_until:
            self.person = self.world.service.stepped_up(self.person)
            self._fresh_until = time.monotonic() + LIFETIME_SECONDS / 2
        return self.person.token


@contextmanager
def world_of(service: type[Service], world: type[World], databases: Databases, folder: Path) -> Iterator[World]:
    """A world in a database of its own."""
    made = settings_for(service, folder)
    made = replace(made, database_url=databases.of(service, made))
    opened = world(TestedService(service, made))
    yield opened
    opened.service.close()
    databases.drop(made.database_url)


def check_alike(twins: Twins, requests: SearchStrategy[tuple[str, dict[str, Any]]], count: int) -> dict[int, int]:
    """Compares the answers to so many generated requests; tells how many there were of each status."""
    statuses: dict[int, int] = {}

    @seed(SEED)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    @given(requests)
    def alike(request: tuple[str, dict[str, Any]]) -> None:
        one, other = twins.answers(*request)
        statuses[one[0]] = statuses.get(one[0], 0) + 1
        assert one == other, (SEED, twins.role, request)

    alike()
    sys.__stdout__.write(f"\n{twins.role}: {sum(statuses.values())} requests, seed {SEED}, {statuses}\n")  # type: ignore[union-attr]
    return statuses
