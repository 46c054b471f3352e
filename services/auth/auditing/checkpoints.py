"""Checkpoints: signed statements of how far the chain goes, kept outside of the database.

Without them, whoever may write into the database could cut off the end of the chain and nobody would know that there
had been more. A checkpoint is only signed if the chain still holds what the one before it said.
"""

import base64
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, Self

import orjson
import structlog
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from chassis.blobs import BlobStore
from chassis.clock import now
from chassis.context import blobs_of, settings_of
from chassis.identity.caller import Caller
from chassis.timers import DueTimer, set_timer
from services.auth.auditing import watching
from services.auth.auditing.chain import seals_of
from services.auth.auditing.seals import Seals, canonical, chained
from services.auth.auditing.tables import audit_chain, audit_checkpoints, audit_head

log = structlog.get_logger()

EVERY = timedelta(seconds=2)
"""So much of the end can be cut off unseen at the most."""
NEWEST = "audit/checkpoints/newest.json"


class Checkpoint:
    """A signed statement: the chain had so many entries, and this was the hash of the last."""

    def __init__(self, *, sequence: int, hash: bytes, at: datetime, key_id: str, signature: bytes = b"") -> None:
        self.sequence, self.hash, self.at, self.key_id, self.signature = sequence, hash, at, key_id, signature

    @classmethod
    def read(cls, text: bytes | str) -> Self:
        """A checkpoint from a file; raises ValueError or KeyError for anything else."""
        told = orjson.loads(text)
        return cls(
            sequence=int(told["sequence"]),
            hash=bytes.fromhex(told["hash"]),
            at=datetime.fromisoformat(told["at"]),
            key_id=str(told["key_id"]),
            signature=base64.b64decode(told["signature"]),
        )

    def signed(self, seals: Seals) -> Self:
        """The same with a signature."""
        self.signature = seals.sign(self.statement)
        return self

    def is_signed(self, seals: Seals) -> bool:
        """Whether a trusted key has signed it."""
        return seals.is_signed(self.statement, self.signature, self.key_id)

    @property
    def statement(self) -> str:
        """What is signed."""
        return canonical({name: value for name, value in self.as_dict().items() if name != "signature"})

    def as_dict(self) -> dict[str, Any]:
        """The checkpoint as it stands in a file."""
        return {
            "sequence": self.sequence,
            "hash": self.hash.hex(),
            "at": self.at.isoformat(),
            "key_id": self.key_id,
            "signature": base64.b64encode(self.signature).decode(),
        }


def start(session: Session) -> None:
    """Sign checkpoints from now on."""
    set_timer(session, "checkpoint", "chain", now())


def checkpoint(session: Session, due: DueTimer) -> None:
    """Sign how far the chain goes if it has grown, and keep that elsewhere; then wait two seconds."""
    set_timer(session, due.kind, due.key, now() + EVERY)
    make(session)


def make(session: Session) -> Checkpoint | None:
    """Sign the end of the chain, unless it is signed already or something is wrong with what came since."""
    head = session.execute(select(audit_head)).one_or_none()
    before = kept_elsewhere(blobs_of(session)) or newest_in_database(session)
    if head is None or _says_all(session, before, head):
        return None
    seals = seals_of(session)
    if complaint := _complaint(session, seals, before, head):
        log.error("the audit trail is not sound: no checkpoint", complaint=complaint)
        watching.raise_alert(session, watching.UNSOUND, {"complaint": complaint})
        return None
    made = Checkpoint(sequence=head.sequence, hash=head.hash, at=now(), key_id=seals.key_id).signed(seals)
    _keep(session, made)
    return made


def newest_in_database(session: Session) -> Checkpoint | None:
    """The newest checkpoint that the database has."""
    newest = select(audit_checkpoints).order_by(audit_checkpoints.c.sequence.desc()).limit(1)
    row = session.execute(newest).one_or_none()
    return Checkpoint(**row._mapping) if row else None


def kept_elsewhere(blobs: BlobStore) -> Checkpoint | None:
    """The newest checkpoint of the store of files, None before the first."""
    if not blobs.exists(NEWEST):
        return None
    with blobs.open(NEWEST) as file:
        return Checkpoint.read(file.read())


def kept_in_file(path: Path) -> Checkpoint | None:
    """The last checkpoint of a file that has one in each line."""
    if not path.exists():
        return None
    lines = path.read_bytes().split()
    return Checkpoint.read(lines[-1]) if lines else None


def _says_all(session: Session, before: Checkpoint | None, head: Any) -> bool:
    """Whether nothing has been chained since the last checkpoint; a chain that has only been begun needs none."""
    if before is None:
        return bool(head.sequence == 0)
    return bool(before.sequence >= head.sequence) and _still_there(session, before)


def _still_there(session: Session, one: Checkpoint) -> bool:
    kept = select(audit_chain.c.hash).where(audit_chain.c.sequence == one.sequence)
    return bool(session.scalar(kept) == one.hash)


def _complaint(session: Session, seals: Seals, before: Checkpoint | None, head: Any) -> str | None:
    """What is wrong with the chain since the last checkpoint."""
    sequence, previous = 0, bytes(32)
    if before is not None:
        if not before.is_signed(seals):
            return f"the checkpoint at {before.sequence} is not signed by a trusted key"
        if not _still_there(session, before):
            return f"the entry {before.sequence}, up to which the chain was signed, is not what it was"
        sequence, previous = before.sequence, before.hash
    links = select(audit_chain.c.sequence, audit_chain.c.body, audit_chain.c.hash, audit_chain.c.seal)
    grown = links.where(audit_chain.c.sequence > sequence, audit_chain.c.sequence <= head.sequence)
    for row in session.execute(grown.order_by(audit_chain.c.sequence).execution_options(yield_per=1_000)):
        sequence += 1
        tied = chained(previous, sequence, row.body)
        if row.sequence != sequence or tied != row.hash or seals.sealed_with(tied, row.seal) is None:
            return f"the entry {sequence} is missing or not what was chained"
        previous = tied
    return None if (sequence, previous) == (head.sequence, head.hash) else "the end of the chain is missing"


def _keep(session: Session, made: Checkpoint) -> None:
    """In the database; in the store of files, where the newest of each day stays; and in a file, if there is one."""
    row = {name: getattr(made, name) for name in audit_checkpoints.c.keys()}  # noqa: SIM118  # no dict
    session.execute(insert(audit_checkpoints).values(row))
    text = orjson.dumps(made.as_dict())
    for key in (f"audit/checkpoints/{made.at:%Y-%m-%d}.json", NEWEST):
        blobs_of(session).put(key, BytesIO(text))
    if path := settings_of(session).audit_checkpoints:
        with Path(path).open("ab") as file:
            file.write(text + b"\n")


def get_checkpoint(session: Session, caller: Caller) -> dict[str, Any]:
    """Fetch the newest signed checkpoint, with the key that verifies it.

    Keep it where nobody can change it: it proves how far the audit trail went, and what its entries were.
    """
    newest = kept_elsewhere(blobs_of(session)) or newest_in_database(session)
    told = newest.as_dict() if newest else None
    return {"checkpoint": told, "public_key": seals_of(session).public_key}
