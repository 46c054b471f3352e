"""The job that writes a letter and hands it to the mail server.

The token of a link is made here, so it stands in no table, queue or log; a job that is run again makes another one.
A job without anybody to write to is as good as one with: whoever asks for a letter learns nothing from it.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.context import settings_of
from chassis.database import affected
from chassis.errors import Conflict, Unavailable
from chassis.identity.caller import Caller
from chassis.ids import new_id
from chassis.jobs import JobPostponed, JobRun, enqueue, jobs
from chassis.mail.addresses import domain_of
from chassis.mail.letters import Envelope, letter
from chassis.mail.server import MailServer, NoAnswer, Refused, ServerAway
from services.auth.guessing import attempts
from services.auth.guessing.attempts import Allowance
from services.auth.letters import links
from services.auth.letters.texts import LINK_IN, PAGES, Letter, written
from services.auth.models import User

JOB = "send_letter"
TRIED_FOR = timedelta(hours=1)
TRIED_AGAIN_AFTER = timedelta(seconds=30)
DONE_JOBS_KEPT_FOR = timedelta(days=1)
LETTERS_TO_ONE = Allowance(5, timedelta(minutes=15), timedelta(hours=4))
"""For letters that strangers can ask for: nobody's mailbox is filled."""


class LetterRefused(Conflict):
    """The mail server does not take the letter."""

    slug, title = "letter-refused", "The mail server refused the letter"


def order(
    session: Session,
    caller: Caller | None,
    kind: Letter,
    user_id: UUID | None,
    *,
    asked_by_stranger: bool = False,
    alerts: dict[str, int] | None = None,
) -> UUID:
    """Have a letter sent once the transaction has committed; ``user_id`` None sends nothing. Returns the job's id.

    ``alerts`` are counts by kind that the letter tells.
    """
    work = {
        "letter": kind.value,
        "user_id": user_id and str(user_id),
        "until": (now() + TRIED_FOR).isoformat(),
        "asked_by_stranger": asked_by_stranger,
        "alerts": alerts or {},
    }
    return enqueue(session, caller, JOB, work, total=1)


def send(run: JobRun) -> dict[str, Any]:
    """Write the letter and send it; while the mail server is away, try again for an hour."""
    with run.chunk() as session:
        server_url, mail_from = settings_of(session).smtp_url, settings_of(session).mail_from
        envelope = _written(session, run)
    if envelope is not None:
        _hand_over(run, server_url, mail_from, envelope)
    with run.transaction() as session:
        run.save(session, done=1)
    return {"sent": envelope is not None}


def forget_old(session: Session) -> int:
    """Delete jobs that are done with. Returns how many."""
    old = (jobs.c.kind == JOB) & (jobs.c.finished_at < now() - DONE_JOBS_KEPT_FOR)
    return affected(session, delete(jobs).where(old))


def _written(session: Session, run: JobRun) -> Envelope | None:
    user = session.get(User, UUID(run.input["user_id"])) if run.input["user_id"] else None
    if user is None or not user.active or _is_too_much(session, run, user):
        return None
    kind = Letter(run.input["letter"])
    settings = settings_of(session)
    link, alerts = _link(session, user, kind), run.input.get("alerts") or {}
    content = written(kind, name=user.name, language=user.language, link=link, alerts=alerts)
    headers = [
        ("Message-ID", f"<{new_id().hex}@{domain_of(settings.mail_from)}>"),
        ("Auto-Submitted", "auto-generated"),
    ]
    return letter(content, mail_from=settings.mail_from, to=user.email, name=user.name, headers=headers)


def _is_too_much(session: Session, run: JobRun, user: User) -> bool:
    """Whether strangers have asked for too many letters to this person lately; counts this one."""
    if not run.input["asked_by_stranger"] or run.checkpoint:
        return False
    refusal = attempts.asking_for(session, "letter", user.id, LETTERS_TO_ONE).failed(session)
    run.save(session, done=0, checkpoint={"counted": True})
    return refusal is not None


def _link(session: Session, user: User, kind: Letter) -> str | None:
    purpose = LINK_IN.get(kind)
    if purpose is None:
        return None
    # In the fragment, which no browser sends to a server, so that it stands in no log.
    return f"{settings_of(session).public_url}/{PAGES[purpose]}#token={links.issue(session, user.id, purpose)}"


def _hand_over(run: JobRun, server_url: str, mail_from: str, envelope: Envelope) -> None:
    try:
        with MailServer(server_url, domain_of(mail_from)) as server:
            server.send(envelope, before_last_dot=lambda: None)
    except Refused as refusal:
        if not refusal.temporary:
            raise LetterRefused(f"The mail server answered: {refusal}") from refusal
        _try_again(run, refusal)
    except ServerAway as away:
        _try_again(run, away)
    except NoAnswer:
        # It may have been taken. Another letter would make the link in this one useless.
        return


def _try_again(run: JobRun, reason: Exception) -> None:
    if now() > datetime.fromisoformat(run.input["until"]):
        raise Unavailable(f"The mail server does not take the letter: {reason}") from reason
    raise JobPostponed(TRIED_AGAIN_AFTER)
