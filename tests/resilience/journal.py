"""What the clients under load did: every command with the answer that it got in the end, and how often it was sent."""

import threading
from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Command:
    """One thing that a client wants to be done exactly once."""

    kind: str
    """create, claim, release, log or open_ticket."""
    marker: str
    """Its Idempotency-Key; also the name or subject of what it creates, so that a second effect can be seen."""
    path: str
    body: dict[str, object] | None = None


@dataclass
class Journal:
    """The commands that were answered with success, and what the clients went through until then."""

    done: list[tuple[Command, str]] = field(default_factory=list)
    """Each with the id of the customer that it is about."""
    refused: list[tuple[Command, str]] = field(default_factory=list)
    """Answers that no repetition can better; there should be none."""
    trouble: Counter[str] = field(default_factory=Counter)
    """Requests that had to be sent again, by what came instead of an answer."""
    requests: int = 0
    replayed: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note_trouble(self, what: str) -> None:
        """A request came to nothing; the client will try again."""
        with self._lock:
            self.requests += 1
            self.trouble[what] += 1

    def note_done(self, command: Command, customer_id: str, *, replayed: bool) -> None:
        """A command has been answered with success."""
        with self._lock:
            self.requests += 1
            self.replayed += replayed
            self.done.append((command, customer_id))

    def note_refused(self, command: Command, why: str) -> None:
        """A command has been refused for good."""
        with self._lock:
            self.requests += 1
            self.refused.append((command, why))

    def customers_of(self, kind: str) -> Counter[str]:
        """How many commands of a kind were done, by customer."""
        return Counter(customer for command, customer in self.done if command.kind == kind)

    def markers_of(self, kind: str) -> set[str]:
        """The markers of the commands of a kind that were done."""
        return {command.marker for command, _ in self.done if command.kind == kind}
