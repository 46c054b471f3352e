"""Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): the answer is kept in the transaction of its effect."""

import hashlib
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Column, DateTime, LargeBinary, SmallInteger, String, Table, Uuid, delete, func, insert, select
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.database import affected, chassis_metadata
from chassis.encryption.columns import vault_of
from chassis.encryption.vault import Vault
from chassis.errors import Conflict, Invalid
from chassis.events import encode
from chassis.requests import Answer

KEPT_FOR = timedelta(days=7)
MAX_KEY_LENGTH = 200
KEY = re.compile(rf"[!-~]{{1,{MAX_KEY_LENGTH}}}")

idempotency_keys = Table(
    "idempotency_keys",
    chassis_metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("key", String(MAX_KEY_LENGTH), primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("etag", String(50)),
    Column("answered_at", DateTime(timezone=True), nullable=False, index=True),
)


class StillRunning(Conflict):
    """The first request with this key has not finished."""

    slug, title = "idempotency-key-in-use", "A request with this Idempotency-Key is still running"


class KeyReused(Invalid):
    """The key was used for another request before."""

    slug, title = "idempotency-key-reused", "This Idempotency-Key belongs to another request"


def fingerprint(vault: Vault, operation: str, arguments: dict[str, Any]) -> bytes:
    """What makes two requests the same: the operation and everything it was given."""
    content = hashlib.sha256(encode([operation, sorted(arguments.items())])).hexdigest()
    return vault.mark("request", content)


def stored_answer(session: Session, user_id: UUID, key: str, request: bytes) -> Answer | None:
    """The answer given before under this key, or None for a new key, which is then ours until the transaction ends.

    Raises StillRunning while another transaction holds the key, KeyReused when it belongs to another request and
    Invalid for what is no key.
    """
    if not KEY.fullmatch(key):
        raise Invalid(f"Idempotency-Key must be of 1 to {MAX_KEY_LENGTH} visible ASCII characters")
    lock = func.pg_try_advisory_xact_lock(func.hashtextextended(f"{user_id}/{key}", 0))
    if not session.scalar(select(lock)):
        raise StillRunning(retry_after=1)
    table = idempotency_keys.c
    row = session.execute(select(idempotency_keys).where(table.user_id == user_id, table.key == key)).one_or_none()
    if row is None:
        return None
    if row.fingerprint != request:
        raise KeyReused
    body = vault_of(session).open_document(row.body, place_of(user_id, key))
    return Answer(status=row.status, body=body, etag=row.etag, replayed=True)


def store_answer(session: Session, user_id: UUID, key: str, request: bytes, answer: Answer) -> None:
    """Keep the answer for whoever asks again."""
    session.execute(
        insert(idempotency_keys).values(
            user_id=user_id,
            key=key,
            fingerprint=request,
            status=answer.status,
            body=vault_of(session).seal_document(answer.body, place_of(user_id, key)),
            etag=answer.etag,
            answered_at=now(),
        )
    )


def opened_body(session: Session, row: Any) -> bytes:
    """The body of a stored answer."""
    return vault_of(session).open_document(row.body, place_of(row.user_id, row.key))


def place_of(user_id: UUID, key: str) -> str:
    """What an answer is sealed for: it holds what its record holds."""
    return f"idempotency_keys.body {user_id}/{key}"


def forget_old(session: Session) -> int:
    """Delete answers older than seven days. Returns how many."""
    old = idempotency_keys.c.answered_at < now() - KEPT_FOR
    return affected(session, delete(idempotency_keys).where(old))
