"""That a job enters nobody whom another customer's number or address says is there (``duplicates.keys``)."""

from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.encryption.columns import vault_of
from services.customers.changesets import ledger
from services.customers.duplicates import keys, rules
from services.customers.duplicates.keys import Key
from services.customers.models import Customer

EXISTS = "customer-exists"

HELD = text(
    "SELECT one.kind, one.mark, one.customer_id FROM customer_keys AS one"
    " JOIN unnest(CAST(:kinds AS varchar[]), CAST(:marks AS bytea[])) AS wanted (kind, mark) USING (kind, mark)"
)


class Keyed(Protocol):
    """A new customer that is not stored yet."""

    @property
    def customer(self) -> Any:
        """What it will be."""

    @property
    def keys(self) -> frozenset[Key]:
        """What tells it apart from others."""


class Apart:
    """What tells the customers of a chunk apart from all others."""

    def __init__(self, session: Session, job_id: UUID, *, dry: bool) -> None:
        self._session = session
        self._vault = vault_of(session)
        self._job_id = job_id
        self._dry = dry
        self._enforced = rules.enforced(session)
        self._held: set[Key] = set()
        """The keys that a row of the chunk cannot have any more."""

    def look(self, created: Iterable[Keyed]) -> None:
        """Find out which keys are held before the rows are looked at one by one."""
        wanted = {key for new in created for key in new.keys if key[0] in self._enforced}
        self._held = set(_held(self._session, wanted))
        if self._dry:  # what earlier chunks would have entered holds nothing yet
            known = ledger.known(self._session, self._job_id, (mark for _, mark in wanted))
            self._held |= {key for key in wanted if key[1] in known}

    def admits(self, new: Keyed) -> bool:
        """Whether a new customer has nothing that another one has; it has it from then on."""
        wanted = {key for key in new.keys if key[0] in self._enforced}
        if not self._held.isdisjoint(wanted):
            return False
        self._held |= wanted
        return True

    def admits_change(self, customer: Customer, fields: dict[str, Any]) -> bool:
        """Whether a customer may have these values; it is given the keys that follow from them."""
        before = keys.keys_of(self._vault, customer)
        described = ("phone", "email", "channels", "registration_number", "kind", "country")
        then = SimpleNamespace(**{name: fields.get(name, getattr(customer, name)) for name in described})
        now = keys.keys_of(self._vault, then)
        refusable = {key for key in now - before if key[0] in self._enforced}
        if not self._held.isdisjoint(refusable):
            return False
        if not self._dry:
            keys.claim(self._session, [(customer.id, key) for key in now - before])
        if any(owner != customer.id for owner in _held(self._session, refusable).values()):
            keys.release(self._session, customer.id, now - before)
            return False
        if not self._dry:
            keys.release(self._session, customer.id, before - now)
        return True

    def claim(self, created: Sequence[Keyed]) -> set[UUID]:
        """Give the new customers their keys; the ids of those who came too late for one, who get none."""
        wanted = [(new.customer.id, key) for new in created for key in new.keys]
        if keys.claim(self._session, wanted):
            return set()
        held = _held(self._session, {key for _, key in wanted if key[0] in self._enforced})
        late = {customer_id for customer_id, key in wanted if held.get(key, customer_id) != customer_id}
        self.let_go(new for new in created if new.customer.id in late)
        return late

    def let_go(self, created: Iterable[Keyed]) -> None:
        """Take back the keys of new customers that are not to be entered after all."""
        for new in created:
            keys.release(self._session, new.customer.id, new.keys)


def _held(session: Session, wanted: set[Key]) -> dict[Key, UUID]:
    """Who has these keys."""
    if not wanted:
        return {}
    kinds, marks = zip(*wanted, strict=True)
    rows = session.execute(HELD, {"kinds": list(kinds), "marks": list(marks)})
    return {(row.kind, bytes(row.mark)): row.customer_id for row in rows}
