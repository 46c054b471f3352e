"""How soon somebody is refused who was let in a moment ago: waited for without hurry, and told."""

import time
from collections.abc import Callable, Mapping

from devservers.ports import wait_until
from tests.e2e.person import Person

EVERYWHERE = ("/me", "/customers", "/interactions", "/tickets", "/campaigns")
"""One path of each service."""
PATIENCE_SECONDS = 20.0


def seconds_until(began: float, **questions: Callable[[], bool]) -> dict[str, float]:
    """After how many seconds, counted from ``began``, each of the questions was first answered with yes."""
    after: dict[str, float] = {}

    def all_said() -> bool:
        for name, question in questions.items():
            if name not in after and question():
                after[name] = time.monotonic() - began
        return after.keys() == questions.keys()

    wait_until(all_said, " and ".join(questions), PATIENCE_SECONDS, interval=0.01)
    return after


def refusals(person: Person, statuses: Mapping[str, int]) -> dict[str, Callable[[], bool]]:
    """The questions whether somebody is refused on these paths, each with its status."""
    return {
        path: lambda path=path, status=status: person.get(path).status == status  # type: ignore[misc]
        for path, status in statuses.items()
    }


def seconds_until_refused(person: Person, status: int = 401) -> dict[str, float]:
    """After how many seconds each service refuses him, counted from now."""
    return seconds_until(time.monotonic(), **refusals(person, dict.fromkeys(EVERYWHERE, status)))


def span(seconds: Mapping[str, float]) -> str:
    """The first and the last of some times, as they are told."""
    return f"{min(seconds.values()):.2f} to {max(seconds.values()):.2f} s"
