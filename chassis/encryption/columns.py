"""Entities with sealed text: attributes that read and write clear text, over columns that never hold it."""

from typing import Any, cast
from uuid import UUID

from sqlalchemy import MetaData
from sqlalchemy.orm import Session, object_session

from chassis.encryption.vault import Vault
from chassis.ids import new_id

VAULT = "vault"


def vault_of(session: Session) -> Vault:
    """The vault of the service whose session this is."""
    return cast(Vault, session.info[VAULT])


def install(metadata: MetaData, vault: Vault) -> None:
    """Let entities of these tables seal and open; once for each process."""
    metadata.info[VAULT] = vault


class HoldsSealed:
    """An entity with sealed text has its id from the first moment, because the text is bound to it."""

    id: Any

    def __init__(self, **values: Any) -> None:
        super().__init__(**{"id": values.pop("id", None) or new_id(), **values})


class SealedText:
    """The clear text of the column ``<name>``, whose mapped attribute is called ``<name>_sealed``.

    ``then`` names a method of the entity that is called after a change, to renew its blind index. ``place`` and
    ``bound_to`` are for values that are copied from elsewhere, unopened: what they were sealed for there.
    """

    def __init__(self, then: str | None = None, *, place: str | None = None, bound_to: str = "id") -> None:
        self._then, self._place, self._bound_to = then, place, bound_to

    def __set_name__(self, owner: type, name: str) -> None:
        self._name, self._stored = name, f"{name}_sealed"

    def __get__(self, entity: Any, owner: type | None = None) -> Any:
        if entity is None:
            return self
        return _vault(entity).open(getattr(entity, self._stored), self._column(entity), getattr(entity, self._bound_to))

    def __set__(self, entity: Any, text: str | None) -> None:
        row_id: UUID = getattr(entity, self._bound_to)
        setattr(entity, self._stored, _vault(entity).seal(text, self._column(entity), row_id))
        if self._then:
            getattr(entity, self._then)()

    def _column(self, entity: Any) -> str:
        return self._place or f"{entity.__tablename__}.{self._name}"


def vault_at(entity: Any) -> Vault:
    """The vault for an entity: its session's, or for one that is in none its process's."""
    return _vault(entity)


def _vault(entity: Any) -> Vault:
    session = object_session(entity)
    found = session.info.get(VAULT) if session is not None else None
    return cast(Vault, found or entity.metadata.info[VAULT])
