"""The blocks that customers are in, and who shares one. A block that many share tells nothing and is passed over."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Select, any_, func, literal, literal_column, select, text, true
from sqlalchemy.orm import Session

from chassis.copying import copy_into
from chassis.encryption.columns import vault_of
from chassis.encryption.vault import Vault
from chassis.merging.working import UUIDS
from services.customers.duplicates.likeness import Features, blocks_of
from services.customers.duplicates.pairs import DuplicateBlock

LARGEST_BLOCK = 50
TABLE: Any = DuplicateBlock.__table__
ID_BYTES = 16
LEAST, NUMBERS = -(2**63), 2**64
"""The first number of a block, and how many there are; keyed hashes are spread evenly over them."""

LEAVE = text(
    "DELETE FROM duplicate_blocks USING"
    " unnest(CAST(:blocks AS bigint[]), CAST(:customers AS uuid[])) AS former (block, customer_id)"
    " WHERE duplicate_blocks.block = former.block AND duplicate_blocks.customer_id = former.customer_id"
)

Group = list[bytes]
"""The ids of customers that share a block, in order."""


def put(session: Session, ids: Collection[bytes], features: dict[bytes, Features]) -> None:
    """Have each customer in its present blocks and in no others; one without features is in none.

    Only what is different is written, in the order of the index.
    """
    vault, before = vault_of(session), _present(session, ids)
    former: list[tuple[int, str]] = []
    new: list[tuple[int, str]] = []
    for one in ids:
        there = before.get(one, frozenset())
        now = {_number(vault, block) for block in blocks_of(features[one])} if one in features else set()
        if now != there:
            written = one.hex()
            former += [(block, written) for block in there - now]
            new += [(block, written) for block in now - there]
    if former:
        numbers, customers = (list(column) for column in zip(*former, strict=True))
        session.execute(LEAVE, {"blocks": numbers, "customers": customers})
    copy_into(session, "duplicate_blocks", ["block", "customer_id"], sorted(new))


def groups_in(session: Session, part: int, parts: int) -> list[Group]:
    """Who shares a block, of one of so many equal parts of all blocks."""
    begin, end = (LEAST + NUMBERS * place // parts for place in (part, part + 1))
    members = func.string_agg(func.uuid_send(TABLE.c.customer_id), literal_column("''::bytea"))
    query = select(members).where(TABLE.c.block.between(begin, end - 1)).group_by(TABLE.c.block)
    return _groups(session, query)


def groups_of(session: Session, ids: Collection[bytes]) -> list[Group]:
    """Who shares a block with one of these customers; of a block that many share, no more than one too many is read."""
    mine = select(TABLE.c.block).where(TABLE.c.customer_id == any_(_uuids(ids))).distinct().subquery()
    every = TABLE.alias()
    some = select(every.c.customer_id).where(every.c.block == mine.c.block).limit(LARGEST_BLOCK + 1).lateral()
    members = func.string_agg(func.uuid_send(some.c.customer_id), literal_column("''::bytea"))
    return _groups(session, select(members).join_from(mine, some, true()).group_by(mine.c.block))


def _groups(session: Session, query: Select[Any]) -> list[Group]:
    few = query.having(func.count().between(2, LARGEST_BLOCK))
    return [sorted(_parted(bytes(members))) for members in session.scalars(few)]


def _parted(members: bytes) -> Iterable[bytes]:
    return (members[place : place + ID_BYTES] for place in range(0, len(members), ID_BYTES))


def _present(session: Session, ids: Collection[bytes]) -> dict[bytes, frozenset[int]]:
    """The blocks that these customers are in by now."""
    query = select(func.uuid_send(TABLE.c.customer_id), func.array_agg(TABLE.c.block))
    mine = query.where(TABLE.c.customer_id == any_(_uuids(ids))).group_by(TABLE.c.customer_id)
    return {bytes(one): frozenset(blocks) for one, blocks in session.execute(mine)}


def _uuids(ids: Iterable[bytes]) -> Any:
    return literal([UUID(bytes=one) for one in ids], UUIDS)


def _number(vault: Vault, block: str) -> int:
    return int.from_bytes(vault.mark("block", block)[:8], signed=True)
