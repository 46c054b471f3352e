"""The rules of the house for how long records are kept, and when they are carried out."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from chassis import audit, jobs
from chassis.clock import now
from chassis.context import ask_of
from chassis.errors import FieldError, Invalid, PreconditionFailed, Problem
from chassis.identity.caller import Caller
from chassis.jobs import NOBODY, JobPostponed, JobRun
from chassis.subjects.events import RETENTION, RETENTION_PREVIEW
from chassis.timers import DueTimer, cancel_timer, set_timer, timers
from contracts.suite import SERVICES
from services.customers.privacy.entering import enter
from services.customers.privacy.models import RUNNING, PrivacyRequest
from services.customers.privacy.retention.models import RetentionClass, RetentionPolicy
from services.customers.privacy.showing import as_shown

RUN_TIMER, LEARN_TIMER, LEARN_JOB = "carry_out_retention", "learn_retention", "learn_retention_classes"
DAILY = "daily"
AT_NIGHT = timedelta(hours=1, minutes=30)
"""After midnight, UTC."""
ASK_AGAIN_AFTER = timedelta(seconds=5)
ASKING_SECONDS = 3.0

Rules = list[dict[str, Any]]


def get_retention(session: Session, caller: Caller) -> dict[str, Any]:
    """Look at the rules for how long records are kept, and at what there can be rules for.

    Each service declares its classes in its registry of personal data; without a rule a class is kept.
    """
    return _shown(session, session.scalars(select(RetentionPolicy)).one())


def set_retention(session: Session, caller: Caller, rules: Rules, expected_version: int) -> dict[str, Any]:
    """Make other rules for how long records are kept; they are carried out each night from now on.

    Customers are erased from all services, unless they are held or have an open ticket; other records lose what tells
    of people. Try the rules with a preview first: what is gone does not come back.
    """
    policy = session.scalars(select(RetentionPolicy).with_for_update()).one()
    if policy.version != expected_version:
        raise PreconditionFailed
    _check(session, rules)
    before = policy.months
    policy.change(rules, by=caller.user_id)
    audit.tell(session, before=before, after=policy.months)
    if rules:
        set_timer(session, RUN_TIMER, DAILY, next_night(now()))
    else:
        cancel_timer(session, RUN_TIMER, DAILY)
    session.flush()
    return _shown(session, policy)


def preview_retention(session: Session, caller: Caller, rules: Rules | None) -> dict[str, Any]:
    """See what rules would do now, before they hold: how many records of each class, and which ten come first.

    The answer is a request to look at; each service's receipt has the numbers, also of what would stay, and why.
    """
    policy = session.scalars(select(RetentionPolicy)).one()
    if rules is not None:
        _check(session, rules)
    months = policy.months if rules is None else {rule["records"]: rule["months"] for rule in rules}
    whose = {"owner_id": caller.user_id, "team_id": caller.main_team}
    return as_shown(enter(session, RETENTION_PREVIEW, {"months": months}, by=caller.user_id, **whose))


def carry_out_retention(session: Session, timer: DueTimer) -> None:
    """The daily run, for all services; one that is still going on is not joined by another."""
    policy = session.scalars(select(RetentionPolicy).with_for_update()).one()
    if not policy.rules:
        return
    set_timer(session, RUN_TIMER, DAILY, next_night(now()))
    going_on = select(PrivacyRequest.id).where(PrivacyRequest.kind == RETENTION, PrivacyRequest.state == RUNNING)
    if session.scalar(going_on.limit(1)) is None:
        enter(session, RETENTION, {"months": policy.months}, by=NOBODY)


def next_night(moment: datetime) -> datetime:
    """When the rules are carried out next after a moment."""
    tonight = moment.replace(hour=0, minute=0, second=0, microsecond=0) + AT_NIGHT
    return tonight if tonight > moment else tonight + timedelta(days=1)


def begin_learning(session: Session, settings: Any = None) -> None:
    """Ask the services for their classes from now on, once a day; after a migration at once."""
    set_timer(session, LEARN_TIMER, DAILY, now())


def learn_retention(session: Session, timer: DueTimer) -> None:
    """Ask the services for their classes, and again tomorrow: there may be new versions of them, or new services."""
    jobs.enqueue(session, None, LEARN_JOB, {}, total=len(SERVICES))
    set_timer(session, timer.kind, timer.key, now() + timedelta(days=1))


def learn_retention_classes(run: JobRun) -> dict[str, Any]:
    """Ask each service which classes of records it has declared; one that is down is asked again."""
    known: list[str] = run.checkpoint or []
    with run.chunk() as session:
        ask = ask_of(session)
    for service in SERVICES:
        if service in known or (items := _classes(ask, service)) is None:
            continue
        with run.chunk() as session:
            session.execute(delete(RetentionClass).where(RetentionClass.service == service))
            session.add_all(RetentionClass(service=service, **item) for item in items)
            known = [*known, service]
            run.save(session, done=len(known), checkpoint=known)
    if len(known) < len(SERVICES):
        raise JobPostponed(ASK_AGAIN_AFTER)
    return {"services": len(known)}


def _classes(ask: Any, service: str) -> list[dict[str, Any]] | None:
    try:
        items: list[dict[str, Any]] = ask(service, "retained_classes", {}, timeout=ASKING_SECONDS)["items"]
    except Problem:
        return None
    return items


def _check(session: Session, rules: Rules) -> None:
    """Raises Invalid for a class that no service has declared, and for two rules for one class."""
    known, seen = set(session.scalars(select(RetentionClass.name))), set()
    errors: list[FieldError] = []
    for place, rule in enumerate(rules):
        pointer = f"/rules/{place}/records"
        if rule["records"] not in known:
            errors.append({"pointer": pointer, "detail": "No service has such a class of records."})
        elif rule["records"] in seen:
            errors.append({"pointer": pointer, "detail": "There is a rule for it already."})
        seen.add(rule["records"])
    if errors:
        raise Invalid(errors=errors)


def _shown(session: Session, policy: RetentionPolicy) -> dict[str, Any]:
    columns = (RetentionClass.name, RetentionClass.said, RetentionClass.outcome)
    classes = session.execute(select(*columns).order_by(RetentionClass.name))
    mine = (timers.c.kind == RUN_TIMER) & (timers.c.key == DAILY)
    names = ("version", "rules", "changed_by", "created_at", "updated_at")
    return {
        **{name: getattr(policy, name) for name in names},
        "classes": [dict(zip(("name", "said", "outcome"), row, strict=True)) for row in classes],
        "next_run_at": session.scalar(select(timers.c.due_at).where(mine)),
    }
