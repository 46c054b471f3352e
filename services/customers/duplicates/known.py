"""What customers are compared by: opened and taken apart once, however often they are compared, and kept small."""

import marshal
from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, Select, any_, literal, select
from sqlalchemy.orm import Session

from chassis.encryption.columns import vault_of
from chassis.merging.working import UUIDS
from services.customers.duplicates.likeness import Features, features_of
from services.customers.models import Customer

CUSTOMERS = Customer.__table__.c
DESCRIBED = ("id", "name", "registration_number", "phone", "email", "address", "city")
QUERY = select(*(CUSTOMERS[name] for name in DESCRIBED)).where(CUSTOMERS.erased_at.is_(None))
SEALED = [name for name in DESCRIBED if isinstance(CUSTOMERS[name].type, LargeBinary)]
MOST_KEPT = 1_500_000
"""Some 300 bytes each; of more customers than that some are opened again."""


class Known:
    """The features of customers by the bytes of their ids."""

    def __init__(self) -> None:
        self._kept: dict[bytes, bytes] = {}

    def read(self, session: Session, ids: Collection[bytes]) -> None:
        """Open those of these customers that are not known yet."""
        missing = [UUID(bytes=one) for one in ids if one not in self._kept]
        if len(self._kept) + len(missing) > MOST_KEPT:
            self._kept.clear()
            missing = [UUID(bytes=one) for one in ids]
        if missing:
            self.keep(opened(session, QUERY.where(CUSTOMERS.id == any_(literal(missing, UUIDS)))))

    def keep(self, features: dict[bytes, Features]) -> None:
        """Have these at hand from now on."""
        self._kept.update((one, marshal.dumps(tuple(each))) for one, each in features.items())

    def of(self, ids: Iterable[bytes]) -> dict[bytes, Features]:
        """The features of those of these customers that are known: who was erased meanwhile is not."""
        kept, make = self._kept, Features._make
        return {one: make(marshal.loads(kept[one])) for one in ids if one in kept}


def opened(session: Session, query: Select[Any]) -> dict[bytes, Features]:
    """The features of the customers that such a query (``QUERY``) finds."""
    rows = [dict(zip(DESCRIBED, row, strict=True)) for row in session.execute(query)]
    clear = vault_of(session).open_rows(rows, "customers", SEALED)
    return {row.pop("id").bytes: features_of(**row) for row in clear}
