"""Slowing down whoever guesses passwords, for each account and address apart, so that the owner is not locked out."""

import hashlib
import hmac
import math
from datetime import timedelta

from sqlalchemy import case, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.context import request_of, settings_of
from chassis.database import affected
from services.auth.errors import TooManyAttempts
from services.auth.models import FailedLogins, search_key

ALLOWED = 10
WINDOW = timedelta(minutes=15)


def key_of(session: Session, email: str) -> bytes:
    """The account and the address that the request comes from, as a keyed hash: the table names nobody."""
    place = request_of(session).remote_addr or "unknown"
    content = f"{search_key(email)}\n{place}".encode(errors="replace")
    return hmac.digest(settings_of(session).secret_key, b"failed logins\n" + content, hashlib.sha256)


def check(session: Session, key: bytes) -> None:
    """Raises TooManyAttempts with the time to wait after ten failures within a quarter of an hour."""
    over = select(FailedLogins).where(FailedLogins.key == key, FailedLogins.failures >= ALLOWED)
    row = session.scalar(over.execution_options(populate_existing=True))
    if row is not None and row.since + WINDOW > now():
        raise _too_many(row)


def count_failure(session: Session, key: bytes) -> TooManyAttempts | None:
    """Count a failure; TooManyAttempts if others, working in parallel, have used up what is allowed."""
    row = insert(FailedLogins).values(key=key, failures=1, since=now())
    old = FailedLogins.since < now() - WINDOW
    counted = row.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "failures": case((old, 1), else_=FailedLogins.failures + 1),
            "since": case((old, row.excluded.since), else_=FailedLogins.since),
        },
    )
    counted_row = session.scalars(counted.returning(FailedLogins), execution_options={"populate_existing": True}).one()
    return _too_many(counted_row) if counted_row.failures > ALLOWED else None


def forget(session: Session, key: bytes) -> None:
    """Begin at nought again, after the right password."""
    session.execute(delete(FailedLogins).where(FailedLogins.key == key))


def forget_old(session: Session) -> int:
    """Delete what no longer counts. Returns how many rows."""
    return affected(session, delete(FailedLogins).where(FailedLogins.since < now() - WINDOW))


def _too_many(row: FailedLogins) -> TooManyAttempts:
    wait = (row.since + WINDOW - now()).total_seconds()
    return TooManyAttempts(retry_after=max(1, math.ceil(wait)))
