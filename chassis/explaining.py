"""Why somebody can or cannot see and change a record: each service tells it of its own records, by its own queries."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from chassis.context import directory_of
from chassis.database import Owned
from chassis.errors import NotFound, Unauthenticated
from chassis.identity.caller import Caller
from chassis.identity.visibility import covered, visible

OWN, TEAM, TEAM_BELOW, OTHERS, NOBODYS = "own", "team", "team_below", "others", "nobodys"


class AccessQuestion(Schema):
    """Whose access, to what."""

    user_id = fields.UUID(required=True)
    resource = fields.String(required=True, validate=validate.Length(1, 100))
    record_id = fields.UUID(required=True)


def explain_access(session: Session, caller: Caller, user_id: UUID, resource: str, record_id: UUID) -> dict[str, Any]:
    """Whether a person sees and may change a record, and how it is related to him.

    Raises NotFound unless the caller sees the record himself: what he cannot see he shall not hear of.
    """
    visible_ids = session.info["resources"].get(resource.removesuffix("s"))
    if visible_ids is None or not _is_among(session, visible_ids(caller), record_id):
        raise NotFound
    try:
        person = directory_of(session).caller(user_id)
    except Unauthenticated:
        raise NotFound("The person is not known here (yet), or the account is closed") from None
    model = session.info["explained"].get(resource)
    facts = _facts(session, model, person, resource, record_id) if model else {}
    return {"sees": _is_among(session, visible_ids(person), record_id), **facts}


def owned_models(metadata: Any) -> dict[str, Any]:
    """The entities that belong to people and teams, by the resource that they are records of."""
    registry = metadata.info.get("registry")
    mapped = [mapper.class_ for mapper in registry.mappers] if registry else []
    owned = [one for one in mapped if hasattr(one, "owner_id") and hasattr(one, "team_id")]
    return {one.__resource__.name: one for one in owned if one.__resource__ is not None}


def _facts(session: Session, model: type[Owned], person: Caller, resource: str, record_id: UUID) -> dict[str, Any]:
    permission = f"{resource}:change"
    record: Any = model
    asked = select(
        record.owner_id,
        record.team_id,
        visible(record, person, permission).label("changes"),
        covered(record, person, f"{resource}:read").label("by_reach"),
        visible(record, person, f"{resource}:read").label("by_either"),
    )
    row = session.execute(asked.where(record.id == record_id)).one()
    return {
        "changes": bool(row.changes),
        "relation": _relation(person, row.owner_id, row.team_id),
        "by_share": bool(row.by_either and not row.by_reach),
    }


def _relation(person: Caller, owner_id: UUID | None, team_id: UUID | None) -> str:
    if owner_id == person.user_id:
        return OWN
    if team_id is not None and team_id in person.teams:
        return TEAM
    if team_id is not None and team_id in person.team_tree:
        return TEAM_BELOW
    return NOBODYS if owner_id is None else OTHERS


def _is_among(session: Session, ids: Select[Any], record_id: UUID) -> bool:
    (column,) = ids.selected_columns
    return session.scalar(ids.where(column == record_id)) is not None
