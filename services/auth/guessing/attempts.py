"""Counting failed attempts: after a few that are free each failure makes the next attempt wait twice as long.

A log-in counts for the account as tried from one network, and for the account as tried from anywhere. So a single
guesser is slow, and many together are hardly faster than one. From a device that is known (``devices``) it counts for
that device alone: whatever others do, the owner has his own allowance there.

Unknown accounts are counted like known ones, and an attempt that has to wait is not examined: neither tells whether
the account exists or whether the password was right.
"""

import hashlib
import hmac
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.context import request_of, settings_of
from chassis.database import affected
from chassis.identity.caller import Caller
from chassis.networks import network_of
from services.auth.errors import TooManyAttempts
from services.auth.models import FailedLogins, search_key

FORGOTTEN_AFTER = timedelta(hours=24)
"""Without a failure."""


@dataclass(frozen=True)
class Allowance:
    """How many failures are free, and how long the waits are that follow."""

    free: int
    first_wait: timedelta
    longest_wait: timedelta

    def wait(self, failures: int) -> timedelta:
        """How long the next attempt has to wait after so many failures."""
        if failures < self.free:
            return timedelta(0)
        return min(self.first_wait * 2 ** min(failures - self.free, 20), self.longest_wait)


FROM_ONE_NETWORK = Allowance(10, timedelta(seconds=30), timedelta(hours=1))
FROM_ANYWHERE = Allowance(50, timedelta(seconds=30), timedelta(minutes=15))
"""At most some 160 guesses a day, whatever the number of guessers."""
FROM_ONE_DEVICE = Allowance(10, timedelta(seconds=30), timedelta(minutes=15))
IN_A_SESSION = Allowance(10, timedelta(seconds=30), timedelta(hours=1))


@dataclass(frozen=True)
class Tally:
    """One count: whose it is, as a keyed hash (the table names nobody), and its allowance."""

    key: bytes
    allowance: Allowance


@dataclass(frozen=True)
class Watch:
    """The counts that an attempt belongs to; the first is the one that success begins anew."""

    tallies: tuple[Tally, ...]

    def check(self, session: Session) -> None:
        """Raises TooManyAttempts with the time to wait unless an attempt is free now."""
        keys = [tally.key for tally in self.tallies]
        latest = session.scalar(select(func.max(FailedLogins.blocked_until)).where(FailedLogins.key.in_(keys)))
        if latest is not None and latest > now():
            raise _too_many(latest)

    def failed(self, session: Session) -> TooManyAttempts | None:
        """Count a failure; TooManyAttempts if others, working in parallel, have used up what was free.

        Answer that instead of the verdict: parallel guesses get no more verdicts than those that come one by one.
        """
        refusals = [_count(session, tally) for tally in self.tallies]
        return next(filter(None, refusals), None)

    def passed(self, session: Session) -> None:
        """Begin at nought again, after the right password; what was counted from anywhere stays."""
        session.execute(delete(FailedLogins).where(FailedLogins.key == self.tallies[0].key))


def at_the_door(session: Session, email: str, known_device: bytes | None = None) -> Watch:
    """A log-in, from where the request comes, or from a device that is known (the hash of its token)."""
    if known_device is not None:
        return Watch((_tally(session, FROM_ONE_DEVICE, "device", known_device.hex()),))
    account, place = search_key(email), network_of(request_of(session).remote_addr or "unknown")
    return Watch(
        (
            _tally(session, FROM_ONE_NETWORK, "network", account, place),
            _tally(session, FROM_ANYWHERE, "account", account),
        )
    )


def in_the_session(session: Session, caller: Caller) -> Watch:
    """Proving once more who one is while logged in; it does not touch what is counted at the door."""
    return Watch((_tally(session, IN_A_SESSION, "session", str(caller.session_id or caller.user_id)),))


def asking_for(session: Session, what: str, whom: str | UUID, allowance: Allowance) -> Watch:
    """Asking for something that must not be had too often; every request is counted as a failure."""
    return Watch((_tally(session, allowance, what, str(whom)),))


def forget_old(session: Session) -> int:
    """Delete what no longer counts. Returns how many rows."""
    return affected(session, delete(FailedLogins).where(FailedLogins.since < now() - FORGOTTEN_AFTER))


def _tally(session: Session, allowance: Allowance, *whose: str) -> Tally:
    content = "\n".join(("failed attempts", *whose)).encode(errors="replace")
    return Tally(hmac.digest(settings_of(session).secret_key, content, hashlib.sha256), allowance)


def _count(session: Session, tally: Tally) -> TooManyAttempts | None:
    """Count in one row, behind its lock; the clock is read when it is ours, so that others' failures are past."""
    session.execute(
        insert(FailedLogins)
        .values(key=tally.key, failures=0, since=now())
        .on_conflict_do_nothing(index_elements=["key"])
    )
    row = session.scalars(
        select(FailedLogins).where(FailedLogins.key == tally.key).with_for_update(),
        execution_options={"populate_existing": True},
    ).one()
    at = now()
    if row.blocked_until is not None and row.blocked_until > at:
        return _too_many(row.blocked_until)
    row.fail(at, tally.allowance.wait, FORGOTTEN_AFTER)
    return None


def _too_many(until: datetime) -> TooManyAttempts:
    return TooManyAttempts(retry_after=max(1, math.ceil((until - now()).total_seconds())))
