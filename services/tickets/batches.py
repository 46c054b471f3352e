"""Many tickets in one request, for imports and demo data: one transaction, a result of its own for each item."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.errors import Problem
from chassis.identity.caller import Caller
from services.tickets import intake, replicas
from services.tickets.errors import CustomerNotKnownHere, TicketIdTaken
from services.tickets.intake import Report
from services.tickets.models import Customer, Ticket


def create_tickets(session: Session, caller: Caller, items: list[dict[str, Any]]) -> dict[str, Any]:
    """Take in up to 500 tickets at once, also ones that another system has already worked on.

    Each item is taken in or refused for itself. Items are known by their ids: sending a batch again takes in nothing
    twice.
    """
    reports: dict[UUID, Report] = {}
    for item in items:
        reports.setdefault(item["id"], Report(**item))
    stored = _stored(session, reports)
    known = {key for key, origin in stored.items() if origin == (reports[key].customer_id, caller.user_id)}
    problems: dict[UUID, Problem] = {key: TicketIdTaken() for key in stored.keys() - known}
    problems |= _problems(session, caller, {key: one for key, one in reports.items() if key not in stored})
    intake.take_in(session, caller, [one for key, one in reports.items() if key not in known | problems.keys()])
    return _results(items, known, problems)


def _stored(session: Session, ids: Iterable[UUID]) -> dict[UUID, tuple[UUID, UUID]]:
    query = select(Ticket.id, Ticket.customer_id, Ticket.created_by).where(Ticket.id.in_(ids))
    return {row.id: (row.customer_id, row.created_by) for row in session.execute(query)}


def _problems(session: Session, caller: Caller, reports: dict[UUID, Report]) -> dict[UUID, Problem]:
    """What speaks against taking the reports in, by id."""
    customers = {report.customer_id for report in reports.values()}
    seen = set(session.scalars(replicas.customers_in_sight(caller).where(Customer.id.in_(customers))))
    problems: dict[UUID, Problem] = {}
    for key, report in reports.items():
        try:
            if report.customer_id not in seen:
                raise CustomerNotKnownHere
            intake.check(session, caller, report)
        except Problem as problem:
            problems[key] = problem
    return problems


def _results(items: list[dict[str, Any]], known: set[UUID], problems: dict[UUID, Problem]) -> dict[str, Any]:
    results = []
    done = set(known)
    for item in items:
        problem = problems.get(item["id"])
        result = "refused" if problem else "known" if item["id"] in done else "created"
        results.append({"id": item["id"], "result": result, "problem": _shown(problem) if problem else None})
        done.add(item["id"])
    counts = {word: sum(one["result"] == word for one in results) for word in ("created", "known", "refused")}
    return {**counts, "items": results}


def _shown(problem: Problem) -> dict[str, Any]:
    detail = problem.errors[0]["detail"] if problem.errors else problem.detail
    return {"type": problem.slug, "title": problem.title, "detail": detail}
