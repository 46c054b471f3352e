"""Writing the values of a record: what the caller may write, of the right kind, and unique where it is to be."""

from typing import Any, cast
from uuid import UUID

import orjson
from marshmallow import ValidationError
from sqlalchemy import delete, insert, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chassis.custom_fields import kinds
from chassis.custom_fields.defined import Definition, Definitions, custom_fields_of
from chassis.custom_fields.errors import ValueTaken
from chassis.custom_fields.tables import custom_keys
from chassis.diffs import note_custom
from chassis.encryption.columns import vault_of
from chassis.encryption.vault import Vault
from chassis.errors import FieldError, Invalid
from chassis.events import encode
from chassis.field_policy.intake import UNKNOWN, read_only
from chassis.identity.caller import Caller
from chassis.identity.policy import Access, Resource

Values = dict[str, Any]


def checked(
    session: Session, caller: Caller, resource: Resource, given: Values | None, *, own: bool, new: bool
) -> Values:
    """The values that the caller gives, in the form in which they are kept; None empties a field.

    Raises Invalid, also for fields that he does not know and for required ones that are missing in a new record or
    emptied in an old one, and ReadOnlyField.
    """
    definitions, given = _definitions(session, resource, given or {}), given or {}
    accesses = {key: definitions.access(caller.field_rules, one, own=own) for key, one in definitions.by_key.items()}
    unknown = [key for key in given if accesses.get(key, Access.HIDDEN) is Access.HIDDEN]
    if unknown:
        raise Invalid(errors=[_error(key, UNKNOWN) for key in unknown])
    if refused := [key for key in given if accesses[key] < Access.WRITE]:
        raise read_only(f"/custom/{key}" for key in refused)
    loaded, errors = _loaded(session, caller, definitions, given)
    errors += _missing(definitions, accesses, given if not new else dict.fromkeys(definitions.by_key) | given)
    if errors:
        raise Invalid(errors=errors)
    return loaded


def stored(plain: Values | None, private: str | None) -> Values:
    """All values of a record by its two columns, also of fields that are closed."""
    return {**(plain or {}), **(orjson.loads(private) if private else {})}


def write(session: Session, entity: Any, given: Values) -> Values:
    """Let an entity with the columns ``custom`` and ``custom_private`` have these values beside those that it has.

    Answers those that are different now; raises ValueTaken. The entity has its id, and need not be stored yet.
    """
    definitions = custom_fields_of(session).of(entity.__resource__)
    plain, private = dict(entity.custom or {}), orjson.loads(entity.custom_private or "{}")
    changed: Values = {}
    for key, value in given.items():
        place = private if definitions.by_key[key].private else plain
        if place.get(key) != value:
            changed[key] = place[key] = value
    if changed:
        entity.custom = _given(plain) or None
        entity.custom_private = encode(_given(private)).decode() if _given(private) else None
        note_custom(session, entity.id, changed)
        mark(session, definitions, entity.id, changed)
    return changed


def mark(session: Session, definitions: Definitions, record_id: UUID, changed: Values) -> None:
    """Keep the marks of changed values; raises ValueTaken if another record has one of them."""
    marked = [definitions.by_key[key] for key in changed if definitions.by_key[key].marked]
    if not marked:
        return
    ids = [one.id for one in marked]
    session.execute(delete(custom_keys).where(custom_keys.c.record_id == record_id, custom_keys.c.field_id.in_(ids)))
    rows = [
        row_of(vault_of(session), one, record_id, changed[one.key]) for one in marked if changed[one.key] is not None
    ]
    if not rows:
        return
    try:
        with session.begin_nested():
            session.execute(insert(custom_keys), rows)
    except IntegrityError:
        errors = [_error(key, "Another record has it.") for key in _taken(session, marked, rows)]
        raise ValueTaken(errors=errors) from None


def row_of(vault: Vault, one: Definition, record_id: UUID, value: Any) -> dict[str, Any]:
    """The mark of a value of a record, as a row."""
    return {"field_id": one.id, "record_id": record_id, "mark": mark_of(vault, one, value), "is_unique": one.only}


def mark_of(vault: Vault, one: Definition, value: Any) -> bytes:
    """The mark of a value."""
    return vault.mark(f"custom {one.id}", encode(value).decode())


def forget_marks(session: Session, record_ids: list[UUID]) -> None:
    """Let nothing be found of records that are gone."""
    session.execute(delete(custom_keys).where(custom_keys.c.record_id.in_(record_ids)))


def _definitions(session: Session, resource: Resource, given: Values) -> Definitions:
    """The definitions; read again if a field is not known that somebody may just have added."""
    known = custom_fields_of(session)
    if given.keys() - known.of(resource).by_key.keys():
        known.refresh()
    return known.of(resource)


def _loaded(
    session: Session, caller: Caller, definitions: Definitions, given: Values
) -> tuple[Values, list[FieldError]]:
    loaded: Values = {}
    errors = []
    for key, value in given.items():
        one = definitions.by_key[key]
        try:
            loaded[key] = None if value is None else kinds.load(one.kind, one.options, value)
            if one.kind == kinds.REFERENCE and loaded[key] is not None:
                _check_reference(session, caller, definitions, one, loaded[key])
        except ValidationError as error:
            errors.append(_error(key, str(error.messages[0])))
    return loaded, errors


def _check_reference(session: Session, caller: Caller, definitions: Definitions, one: Definition, value: str) -> None:
    check = (definitions.records.targets or {})[one.options["target"]]
    if not check(session, caller, UUID(value)):
        raise ValidationError("There is no such record.")


def _missing(definitions: Definitions, accesses: dict[str, Access], given: Values) -> list[FieldError]:
    """Complaints about required fields that are given as nothing, of those that the caller could fill."""
    required = (one.key for one in definitions.by_key.values() if one.required)
    empty = [key for key in required if key in given and given[key] in (None, [])]
    return [_error(key, "Missing data for required field.") for key in empty if accesses[key] is Access.WRITE]


def _given(values: Values) -> Values:
    return {key: value for key, value in values.items() if value is not None}


def _taken(session: Session, marked: list[Definition], rows: list[dict[str, Any]]) -> list[str]:
    """The keys of the fields whose values others have."""
    pairs = [(row["field_id"], row["mark"]) for row in rows if row["is_unique"]]
    place = tuple_(custom_keys.c.field_id, custom_keys.c.mark)
    found = set(session.scalars(select(custom_keys.c.field_id).where(place.in_(pairs), custom_keys.c.is_unique)))
    return [one.key for one in marked if one.id in found]


def _error(key: str, detail: str) -> FieldError:
    return cast(FieldError, {"pointer": f"/custom/{key}", "detail": detail})
