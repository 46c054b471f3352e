"""Sealing everything anew after a key was added: a job that goes through the tables while the service works on.

Rows are taken in small batches; one that somebody else holds is passed over and looked at again later, so the job waits
for nobody, and nobody waits for it longer than a batch takes. Versions stay: nothing that a person knows has changed.
"""

import time
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, literal, or_, select, tuple_, update
from sqlalchemy.orm import Session

from chassis import jobs
from chassis.database import dicts
from chassis.encryption.columns import VAULT
from chassis.encryption.sealed_columns import SealedColumn, sealed_columns
from chassis.encryption.vault import Vault

JOB = "rotate_encryption"
BATCH = 200
SLICE_SECONDS = 5.0
"""How long the job keeps others waiting."""
PAUSE = timedelta(seconds=1)
"""Before rows that others held are looked at again."""

Row = dict[str, Any]
Columns = list[SealedColumn]


def rotate(run: jobs.JobRun) -> dict[str, int]:
    """Seal all values anew that have an older key; progress counts rows."""
    with run.chunk() as session:
        passing = _Pass(run, session.info[VAULT], sealed_columns(session.info["service_class"]))
        if run.checkpoint is None:
            total = sum(remaining(session).values())
            run.save(session, done=0, total=total, checkpoint={"table": 0, "after": None})
    passing.go_on()
    with run.chunk() as session:
        left = sum(remaining(session).values())
        run.save(session, done=run.done, checkpoint={"table": 0, "after": None})
    if left:
        raise jobs.JobPostponed(PAUSE)
    return {"sealed_anew": run.done}


def start(session: Session) -> UUID:
    """Add the job to the present transaction. Returns its id."""
    return jobs.enqueue(session, None, JOB, {})


def remaining(session: Session) -> dict[str, int]:
    """How many rows of each table hold a value with an older key."""
    vault: Vault = session.info[VAULT]
    tables = sealed_columns(session.info["service_class"])
    return {str(table.name): _count_older(session, vault, table, columns) for table, columns in tables}


def _count_older(session: Session, vault: Vault, table: Any, columns: Columns) -> int:
    found = select(func.count()).select_from(table).where(or_(*(one.older(vault) for one in columns)))
    return session.scalars(found).one()


class _Pass:
    """One way through all tables, each in the order of its primary key."""

    def __init__(self, run: jobs.JobRun, vault: Vault, tables: list[tuple[Any, Columns]]) -> None:
        self._run, self._vault, self._tables = run, vault, tables
        self._end = time.monotonic() + SLICE_SECONDS

    def go_on(self) -> None:
        """From the checkpoint to the last table; raises JobPostponed when it is the turn of others."""
        while (at := self._run.checkpoint)["table"] < len(self._tables):
            if time.monotonic() > self._end:
                raise jobs.JobPostponed
            table, columns = self._tables[at["table"]]
            with self._run.chunk() as session:
                rows = self._rows(session, table, columns, at["after"])
                for row in rows:
                    self._seal(session, table, columns, row)
                keys = list(table.primary_key.columns)
                after = [str(rows[-1][key.name]) for key in keys] if len(rows) == BATCH else None
                following = {"table": at["table"] + (after is None), "after": after}
                self._run.save(session, done=self._run.done + len(rows), checkpoint=following)

    def _rows(self, session: Session, table: Any, columns: Columns, after: list[str] | None) -> list[Row]:
        keys = list(table.primary_key.columns)
        wanted = dict.fromkeys([*keys, *(part for one in columns for part in (one.column, *one.bound_to))])
        query = select(*wanted).where(or_(*(one.older(self._vault) for one in columns)))
        if after:
            values = [literal(key.type.python_type(text), key.type) for key, text in zip(keys, after, strict=True)]
            query = query.where(tuple_(*keys) > tuple_(*values))
        return dicts(session.execute(query.order_by(*keys).limit(BATCH).with_for_update(skip_locked=True)))

    def _seal(self, session: Session, table: Any, columns: Columns, row: Row) -> None:
        same = and_(*(key == row[key.name] for key in table.primary_key.columns))
        anew = {one.column: one.renew(self._vault, row) for one in columns if row[one.column.name] is not None}
        session.execute(update(table).where(same).values(anew))
