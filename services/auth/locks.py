"""What waits for each other in auth until the transaction ends, whichever rows it is about."""

from enum import IntEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

SPACE = 7101
"""Two-part advisory locks do not meet the one-part locks of the chassis."""


class Lock(IntEnum):
    """The locks of auth, each with a number of its own."""

    IDENTITY = 1
    """People, teams and roles."""
    SIGNING_KEYS = 2
    PROVIDERS = 3
    REVIEWS = 4


def hold(session: Session, lock: Lock) -> None:
    """Wait for the lock, and hold it until the transaction ends."""
    session.execute(select(func.pg_advisory_xact_lock(SPACE, lock)))


def try_to_hold(session: Session, lock: Lock) -> bool:
    """The same for timers, which must not wait: they hold what others set under the lock. False if somebody has it."""
    return bool(session.scalar(select(func.pg_try_advisory_xact_lock(SPACE, lock))))
