"""Which columns of a service hold sealed values, how to tell that one has an older key, and how to seal it anew.

They are those of the registry of personal data, the documents that the service names, and those that the chassis keeps:
what goes into jobs and comes out of them, answers kept for repeated requests, filters of exports.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, and_, exists, func, literal, select
from sqlalchemy import column as sql_column
from sqlalchemy.dialects.postgresql import JSONB

from chassis import exports, idempotency, jobs
from chassis.encryption.vault import SEALED, Vault, from_json, to_json
from chassis.merging import tables as tables_of_merges
from chassis.privacy import PersonalField

Row = dict[str, Any]


@dataclass(frozen=True)
class SealedColumn:
    """A column with sealed values."""

    column: Any
    bound_to: tuple[Any, ...]
    """The columns that tell, beside the place, what a value was sealed for."""
    older: Callable[[Vault], ColumnElement[bool]]
    renew: Callable[[Vault, Row], Any]


def sealed_columns(service: Any) -> list[tuple[Any, list[SealedColumn]]]:
    """The tables of a service, and of the chassis in its database, with their sealed columns."""
    tables = service.metadata.tables
    found: dict[Any, list[SealedColumn]] = {}
    for field in service.personal.fields:
        if field.sealed:
            found.setdefault(tables[field.table], []).append(_personal(tables[field.table], field))
    for one in service.documents:
        found.setdefault(one.column.table, []).append(_json(one.column, one.place, one.bound_to))
    for name in ("input", "checkpoint", "result"):
        found.setdefault(jobs.jobs, []).append(_json(jobs.jobs.c[name], _of_job(name), (jobs.jobs.c.id,)))
    found[exports.exports] = [
        _json(exports.exports.c.filter, lambda row: exports.place_of(row["id"]), (exports.exports.c.id,))
    ]
    images = tables_of_merges.merge_images.c
    found[images.image.table] = [_json(images.image, lambda row: tables_of_merges.place_of(row["id"]), (images.id,))]
    found[idempotency.idempotency_keys] = [_answers()]
    return list(found.items())


def _personal(table: Any, field: PersonalField) -> SealedColumn:
    column, bound, place = table.c[field.name], table.c[field.bound_to], field.place or field.column
    if field.member:
        return _array(column, bound, place, field.member)

    def renew(vault: Vault, row: Row) -> bytes:
        return vault.reseal(row[column.name], place, row[bound.name])

    return SealedColumn(column, (bound,), lambda vault: _older(column, vault.columns.header), renew)


def _array(column: Any, bound: Any, place: str, name: str) -> SealedColumn:
    """A JSON array of objects, each with a sealed value under this name."""

    def older(vault: Vault) -> ColumnElement[bool]:
        newest = to_json(vault.columns.header) or ""
        elements = func.jsonb_array_elements(column).table_valued(sql_column("value", JSONB))
        text = elements.c.value[name].astext
        return exists(select(literal(1)).select_from(elements).where(func.left(text, len(newest)) != newest))

    def renew(vault: Vault, row: Row) -> list[Row]:
        return [inner | {name: anew(vault, inner.get(name), row)} for inner in row[column.name]]

    def anew(vault: Vault, text: str | None, row: Row) -> str | None:
        sealed = from_json(text)
        return None if sealed is None else to_json(vault.reseal(sealed, place, row[bound.name]))

    return SealedColumn(column, (bound,), older, renew)


def _json(column: Any, place: Callable[[Row], str], bound_to: tuple[Any, ...]) -> SealedColumn:
    """A document that ``Vault.seal_json`` sealed, or one that was stored in clear before."""

    def older(vault: Vault) -> ColumnElement[bool]:
        sealed = func.decode(column[SEALED].astext, "base64")
        return and_(func.jsonb_typeof(column) == "object", func.coalesce(_older(sealed, vault.documents.header), True))

    def renew(vault: Vault, row: Row) -> Any:
        return vault.seal_json(vault.open_json(row[column.name], place(row)), place(row))

    return SealedColumn(column, bound_to, older, renew)


def _of_job(name: str) -> Callable[[Row], str]:
    return lambda row: jobs.place_of(name, row["id"])


def _answers() -> SealedColumn:
    columns = idempotency.idempotency_keys.c

    def renew(vault: Vault, row: Row) -> bytes:
        place = idempotency.place_of(row["user_id"], row["key"])
        return vault.seal_document(vault.open_document(row["body"], place), place)

    return SealedColumn(
        columns.body, (columns.user_id, columns.key), lambda vault: _older(columns.body, vault.documents.header), renew
    )


def _older(value: Any, header: bytes) -> ColumnElement[bool]:
    return func.substring(value, 1, len(header)) != literal(header, LargeBinary)
