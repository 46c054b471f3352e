"""An audit trail for tests: entries of several services, chained as they arrive."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from chassis.gathering import EntriesGathered, audit_id
from chassis.ids import new_id
from services.auth.auditing import checkpoints
from services.auth.auditing.seals import Seals
from services.auth.auditing.verifying import Verdict, Verification, verify

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def entry(number: int, **fields: Any) -> dict[str, Any]:
    """An entry as a service sends it."""
    made: dict[str, Any] = {
        "id": str(new_id()),
        "at": (START + timedelta(seconds=number)).isoformat(),
        "kind": "change",
        "action": "change_customer",
        "outcome": "done",
        "actor": str(new_id()),
        "session_id": str(new_id()),
        "remote_addr": "192.0.2.7",
        "trace_id": "0" * 32,
        "permission": "customers:change",
        "resource": "customers",
        "record_id": str(new_id()),
        "changes": [],
        "details": {},
        "number": number,
    }
    return made | fields


def batch(source: str, *entries: dict[str, Any]) -> EntriesGathered:
    """The event that carries entries."""
    last = entries[-1]["number"]
    return EntriesGathered(
        aggregate_id=audit_id(source), version=last, source=source, first=entries[0]["number"], entries=list(entries)
    )


class Trail:
    """The audit trail of a tested auth service."""

    def __init__(self, auth: Any) -> None:
        self.auth = auth
        self._taken = 0

    def take(self, source: str, *entries: dict[str, Any]) -> None:
        """Let a batch arrive."""
        self.auth.deliver(batch(source, *entries))

    def catch_up(self) -> None:
        """Chain what auth itself has noted."""
        for event in self.auth.gather()[self._taken :]:
            self.auth.deliver(event)
            self._taken += 1

    def sign(self) -> Any:
        """Sign a checkpoint."""
        with self.auth.session() as session:
            return checkpoints.make(session)

    def verdict(self) -> Verdict:
        """Verify as the command does."""
        return verify(self.auth.runtime)

    def verdict_in(self, session: Session) -> Verdict:
        """Verify what a transaction sees."""
        settings = self.auth.settings
        seals = Seals.of(settings.secret_key, settings.audit_former_keys)
        return Verification(session, seals, self.auth.blobs, settings.audit_checkpoints).verdict()

    def chained(self) -> int:
        """How many entries the chain has."""
        return self.auth.scalar("SELECT count(*) FROM audit_chain")
