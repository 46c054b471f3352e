"""Deleting what nobody needs any more: spent tokens, old sessions, forgotten failures, passwords in result files."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, or_
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.context import blobs_of
from chassis.timers import DueTimer, set_timer
from services.auth.api_keys import commands as api_keys
from services.auth.elsewhere import attempts as login_attempts
from services.auth.guessing import attempts, devices
from services.auth.house_policy.models import policy_of
from services.auth.letters import links, sending
from services.auth.models import LoginSession
from services.auth.signing_in import ceremonies, tickets

EVERY = timedelta(hours=1)
SESSIONS_KEPT_FOR = timedelta(days=1)
"""After their end; much longer than an access token lives."""
RESULT_FILES_KEPT_FOR = timedelta(days=7)


def start(session: Session) -> None:
    """Tidy from now on."""
    set_timer(session, "tidy", "hourly", now())


def tidy(session: Session, timer: DueTimer) -> None:
    """Delete dead sessions with their tokens, and failures and devices that no longer count, then wait an hour."""
    at, policy = now(), policy_of(session)
    dead = or_(
        LoginSession.ended_at < at - SESSIONS_KEPT_FOR,
        LoginSession.expires_at < at,
        LoginSession.created_at < at - policy.absolute_limit,
        LoginSession.last_used_at < at - policy.idle_limit,
    )
    session.execute(delete(LoginSession).where(dead))
    attempts.forget_old(session)
    devices.forget_old(session)
    api_keys.forget_old(session)
    links.forget_old(session)
    sending.forget_old(session)
    tickets.forget_old(session)
    ceremonies.forget_old(session)
    login_attempts.forget_old(session)
    set_timer(session, timer.kind, timer.key, at + EVERY)


def drop_result_later(session: Session, job_id: UUID, key: str) -> None:
    """Delete the result file of an import, which holds initial passwords, in a week."""
    set_timer(session, "drop_result", str(job_id), now() + RESULT_FILES_KEPT_FOR, {"file": key})


def drop_result(session: Session, timer: DueTimer) -> None:
    """Delete a result file."""
    blobs_of(session).delete(timer.payload["file"])
