"""Verifying the audit trail: the first entry that was changed, removed, put in, reordered or cut off."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import orjson
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from chassis.blobs import BlobStore
from chassis.context import blobs_of, settings_of
from chassis.runtime import Runtime
from services.auth.auditing.chain import columns_of
from services.auth.auditing.checkpoints import Checkpoint, kept_elsewhere, kept_in_file
from services.auth.auditing.seals import BEGINNING, Seals, canonical, chained
from services.auth.auditing.tables import audit_chain, audit_checkpoints, audit_head, audit_sources

AT_A_TIME = 1_000


@dataclass(frozen=True)
class BadEntry:
    """The first entry that is not what was chained."""

    sequence: int
    why: str
    service: str | None = None
    number: int | None = None
    id: UUID | None = None


@dataclass(frozen=True)
class Verdict:
    """What came of verifying."""

    entries: int
    """That are as they were chained, from the beginning on."""
    first_bad: BadEntry | None

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return self.first_bad is None

    def as_dict(self) -> dict[str, Any]:
        """The verdict as JSON types."""
        bad = asdict(self.first_bad) if self.first_bad else None
        return {"entries": self.entries, "sound": self.sound, "first_bad": bad}


class Verification:
    """One walk along the chain; ``session`` must see one state of the database all the time (repeatable read)."""

    def __init__(self, session: Session, seals: Seals, blobs: BlobStore, file: str | None) -> None:
        self._session = session
        self._seals = seals
        self._kept = [kept for kept in (kept_elsewhere(blobs), kept_in_file(Path(file)) if file else None) if kept]
        self._checkpoints = self._known_checkpoints()
        self._numbers: dict[str, int] = {}
        self._key = len(seals.seal_keys)
        """The key that sealed the last entry: after a new one, an older one seals no more."""

    def verdict(self) -> Verdict:
        """Walk from the first entry to the last."""
        sequence, previous = 0, BEGINNING
        for row in self._rows():
            bad = self._judged(row, sequence + 1, previous)
            if bad:
                return Verdict(sequence, bad)
            sequence, previous = row.sequence, row.hash
        return Verdict(sequence, self._missing_end(sequence, previous))

    def _judged(self, row: Any, expected: int, previous: bytes) -> BadEntry | None:
        if row.sequence != expected:
            return BadEntry(expected, f"removed: the next entry is {row.sequence}")
        why = self._complaint(row, previous)
        return BadEntry(row.sequence, why, row.service, row.number, row.id) if why else None

    def _complaint(self, row: Any, previous: bytes) -> str | None:
        if row.previous != previous:
            return "not tied to the entry before it"
        tied = chained(previous, row.sequence, row.body)
        if tied != row.hash:
            return "its text is not what was chained"
        key = self._seals.sealed_with(tied, row.seal)
        if key is None or key > self._key:
            return "not chained by this service: the seal is not its own"
        self._key = key
        if _differs(row):
            return "its columns do not say what its text says"
        checkpoint = self._checkpoints.get(row.sequence)
        if checkpoint and checkpoint.hash != tied:
            return "not what was signed"
        expected = self._numbers.get(row.service, 0) + 1
        self._numbers[row.service] = row.number
        if row.number != expected:
            return f"entries of {row.service} from {expected} on are missing before it"
        return None

    def _missing_end(self, sequence: int, previous: bytes) -> BadEntry | None:
        head = self._session.execute(select(audit_head)).one_or_none()
        for kept in (*self._kept, *self._checkpoints.values()):
            if not kept.is_signed(self._seals):
                return BadEntry(kept.sequence, "its checkpoint is not signed by a trusted key")
        furthest = max([head.sequence if head else 0, *(kept.sequence for kept in self._kept), *self._checkpoints])
        if sequence < furthest:
            return BadEntry(sequence + 1, f"cut off: there were {furthest} entries")
        if head is None and sequence:
            return BadEntry(sequence, "the end of the chain is not noted")
        if head and (head.sequence, head.hash) != (sequence, previous):
            return BadEntry(head.sequence + 1, "put in behind the end of the chain")
        if {row.service: row.last for row in self._session.execute(select(audit_sources)) if row.last} != self._numbers:
            return BadEntry(sequence + 1, "the numbers of the services are not those of their last entries")
        return None

    def _known_checkpoints(self) -> dict[int, Checkpoint]:
        rows = self._session.execute(select(audit_checkpoints))
        known = {row.sequence: Checkpoint(**row._mapping) for row in rows}
        return known | {kept.sequence: kept for kept in self._kept if kept.sequence}

    def _rows(self) -> Iterator[Any]:
        walk = select(audit_chain).order_by(audit_chain.c.sequence)
        yield from self._session.execute(walk.execution_options(yield_per=AT_A_TIME))


def _differs(row: Any) -> bool:
    """Whether the searchable columns of an entry say something else than its text."""
    entry = orjson.loads(row.body)
    if canonical(entry) != row.body:
        return True
    return any(getattr(row, name) != value for name, value in columns_of(entry["service"], entry).items())


def verify(runtime: Runtime) -> Verdict:
    """Verify the whole audit trail of a running or stopped installation."""
    return _verdict(runtime.database.engine, runtime.settings, runtime.blobs)


def verify_beside(session: Session) -> Verdict:
    """Verify the whole audit trail on a connection of its own, beside the session's."""
    return _verdict(cast(Engine, session.get_bind()), settings_of(session), blobs_of(session))


def _verdict(engine: Engine, settings: Any, blobs: BlobStore) -> Verdict:
    seals = Seals.of(settings.secret_key, settings.audit_former_keys)
    with engine.connect() as plain:
        one_state = plain.execution_options(isolation_level="REPEATABLE READ")
        with Session(one_state) as session:
            return Verification(session, seals, blobs, settings.audit_checkpoints).verdict()
