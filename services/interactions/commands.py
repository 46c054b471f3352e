"""Recording interactions and setting them right."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Required, TypedDict, Unpack
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.context import directory_of
from chassis.errors import NotFound, PreconditionFailed
from chassis.identity.caller import Caller
from chassis.identity.visibility import visible
from chassis.ids import new_id
from chassis.outbox import record
from contracts.interactions import InteractionChanged, InteractionLogged
from services.interactions import replicas
from services.interactions.errors import InteractionIdTaken, PersonOutOfReach
from services.interactions.models import Customer, Interaction


class Particulars(TypedDict, total=False):
    """What may be said of an interaction."""

    direction: str | None
    channel: str | None
    text: str | None
    duration_seconds: int | None
    participants: list[str]
    outcome: str | None


class NewParticulars(Particulars, total=False):
    """What may be said of a new one."""

    id: UUID
    kind: Required[str]
    subject: Required[str]
    happened_at: datetime
    author_id: UUID


class Corrections(Particulars, total=False):
    """What may be set right."""

    subject: str
    happened_at: datetime


def log_interaction(
    session: Session, caller: Caller, customer_id: UUID, **particulars: Unpack[NewParticulars]
) -> Interaction:
    """Record a call, mail, meeting, message or note with a customer."""
    replicas.check_customer(session, caller, customer_id)
    values = complete(caller, customer_id, particulars)
    check_reach(session, caller, values["author_id"])
    interactions = add(session, [values])
    if not interactions:
        raise InteractionIdTaken
    return interactions[0]


def complete(caller: Caller, customer_id: UUID, particulars: NewParticulars) -> dict[str, Any]:
    """The columns of a new interaction."""
    moment = now()
    unsaid = {"direction": None, "channel": None, "text": None, "duration_seconds": None, "outcome": None}
    said_here = {"id": new_id(), "author_id": caller.user_id, "happened_at": moment, "participants": []}
    stamps = {"customer_id": customer_id, "version": 1, "created_at": moment, "updated_at": moment}
    return {**unsaid, **said_here, **particulars, **stamps}


def add(session: Session, rows: list[dict[str, Any]]) -> Sequence[Interaction]:
    """Add interactions and tell of them; those whose id is taken are left out.

    They go in by id, because two batches with the same ids in another order would wait for each other forever.
    """
    rows = sorted(rows, key=lambda row: row["id"])
    adding = insert(Interaction).values(rows).on_conflict_do_nothing(index_elements=["id"]).returning(Interaction)
    interactions = session.scalars(adding).all()
    record(session, *(_event(InteractionLogged, one) for one in interactions))
    return interactions


def check_reach(session: Session, caller: Caller, user_id: UUID) -> None:
    """Raises PersonOutOfReach unless the caller may act for this person: the reach of interactions:create."""
    if user_id == caller.user_id:
        return
    directory = directory_of(session)
    team_id = directory.team_of(user_id)
    if not directory.is_active(user_id) or not caller.reaches("interactions:create", owner_id=None, team_id=team_id):
        raise PersonOutOfReach


def correct_interaction(
    session: Session,
    caller: Caller,
    interaction_id: UUID,
    expected_version: int,
    **changes: Unpack[Corrections],
) -> Interaction:
    """Correct an interaction.

    Its author may, and whoever has interactions:change with a reach that covers the customer.
    """
    may_change = or_(Interaction.author_id == caller.user_id, visible(Customer, caller, "interactions:change"))
    query = select(Interaction).join(Customer, Customer.id == Interaction.customer_id)
    query = query.where(Interaction.id == interaction_id, replicas.in_sight(caller), may_change)
    interaction = session.scalar(query.with_for_update(of=Interaction))
    if interaction is None:
        raise NotFound
    if interaction.version != expected_version:
        raise PreconditionFailed
    interaction.correct(dict(changes))
    record(session, _event(InteractionChanged, interaction))
    return interaction


def _event(kind: type[InteractionLogged], interaction: Interaction) -> InteractionLogged:
    return kind(
        aggregate_id=interaction.id,
        version=interaction.version,
        customer_id=interaction.customer_id,
        kind=interaction.kind,
        author_id=interaction.author_id,
        happened_at=interaction.happened_at,
    )
