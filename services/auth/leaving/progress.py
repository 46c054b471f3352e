"""How far a departure is: what the services tell is kept here, and a job ends when all have done their part."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import exports, leaving
from chassis.database import dicts
from chassis.encryption.columns import vault_of
from chassis.encryption.documents import SealedDocument
from chassis.errors import NotFound
from chassis.identity.caller import Caller
from chassis.identity.events import RecordsHandedOver
from chassis.jobs import JobPostponed, JobRun
from contracts.campaigns import CampaignsHandedOver
from contracts.customers import CustomersHandedOver
from contracts.interactions import InteractionsHandedOver
from contracts.tickets import TicketsHandedOver
from services.auth.authority import visible_users
from services.auth.leaving.models import Departure, DepartureExport, DeparturePart
from services.auth.models import User

JOB = "departure"
LOOK_AGAIN = timedelta(seconds=0.5)

HAND_OVERS: tuple[type[RecordsHandedOver], ...] = (
    CustomersHandedOver,
    InteractionsHandedOver,
    TicketsHandedOver,
    CampaignsHandedOver,
)
SERVICES = tuple(event.service for event in HAND_OVERS)
"""Who has a part in each departure."""


def note(session: Session, event: RecordsHandedOver) -> None:
    """Take over how far a service is, and what it tells of exports."""
    key = {"departure_id": event.aggregate_id, "service": event.service}
    part = session.get(DeparturePart, key, with_for_update=True)
    if part is None:
        return
    if part.version < event.version:
        part.version, part.moved, part.left = event.version, event.moved, event.left
        part.finished = event.finished
    for export in event.exports:
        _keep(session, event.aggregate_id, event.service, export)


def _keep_own(session: Session, departure: Departure) -> None:
    """What he has exported of auth."""
    exports.stop_those_of(session, departure.user_id)
    for export in leaving.told_exports(session, departure.user_id):
        _keep(session, departure.id, "auth", export)


def _keep(session: Session, departure_id: UUID, service: str, export: dict[str, Any]) -> None:
    export_id = UUID(str(export["id"]))
    row = insert(DepartureExport).values(
        departure_id=departure_id,
        id=export_id,
        service=service,
        resource=export["resource"],
        filter=vault_of(session).seal_json(export["filter"], place_of(departure_id, export_id)),
        rows=export["rows"],
        state=export["state"],
        at=datetime.fromisoformat(str(export["at"])),
    )
    session.execute(row.on_conflict_do_nothing())


def watch(run: JobRun) -> dict[str, Any]:
    """Wait until each service has done its part; the result is the whole departure."""
    with run.chunk() as session:
        departure = session.get_one(Departure, UUID(run.input["departure_id"]), with_for_update=True)
        told = _told(session, departure)
        moved, left = (_sum(told["services"], name) for name in ("moved", "left"))
        run.save(session, done=moved, total=moved + left)
        if all(part["finished"] for part in told["services"]):
            departure.finish()
            _keep_own(session, departure)
            return {"services": told["services"], "exports": _exports(session, departure.id)}
    raise JobPostponed(LOOK_AGAIN)


def get_departure(session: Session, caller: Caller, user_id: UUID) -> dict[str, Any]:
    """Look at how far the latest departure of a person is, by service, and at what he has exported."""
    seen = select(Departure).join(User, User.id == Departure.user_id)
    seen = seen.where(Departure.user_id == user_id, visible_users(caller, "users:change"))
    departure = session.scalar(seen.order_by(Departure.at.desc()).limit(1))
    if departure is None:
        raise NotFound
    return _told(session, departure)


def _told(session: Session, departure: Departure) -> dict[str, Any]:
    parts = select(DeparturePart).where(DeparturePart.departure_id == departure.id).order_by(DeparturePart.service)
    return {
        "user_id": departure.user_id,
        "hand_over_to": departure.hand_over_to,
        "by": departure.by,
        "at": departure.at,
        "finished_at": departure.finished_at,
        "job_id": departure.job_id,
        "services": [
            {"service": part.service, "moved": part.moved, "left": part.left, "finished": part.finished}
            for part in session.scalars(parts)
        ],
        "exports": _exports(session, departure.id),
    }


def _exports(session: Session, departure_id: UUID) -> list[dict[str, Any]]:
    names = ("id", "service", "resource", "filter", "rows", "state", "at")
    query = select(*(getattr(DepartureExport, name) for name in names))
    query = query.where(DepartureExport.departure_id == departure_id)
    rows = dicts(session.execute(query.order_by(DepartureExport.at.desc(), DepartureExport.id)))
    for row in rows:
        row["filter"] = vault_of(session).open_json(row["filter"], place_of(departure_id, row["id"]))
    return rows


def _sum(parts: list[dict[str, Any]], name: str) -> int:
    return sum(sum(part[name].values()) if name == "moved" else part[name] or 0 for part in parts)


def place_of(departure_id: UUID, export_id: UUID) -> str:
    """What the filter of an export is sealed for."""
    return f"departure_exports.filter {departure_id} {export_id}"


COLUMNS = DepartureExport.__table__.c
FILTERS = SealedDocument(
    COLUMNS.filter, lambda row: place_of(row["departure_id"], row["id"]), (COLUMNS.departure_id, COLUMNS.id)
)
