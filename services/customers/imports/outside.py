"""The ids that rows have in the system that a file comes from (``external_ids``)."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.customers.changesets import ledger
from services.customers.changesets.ledger import Note
from services.customers.changesets.wording import note
from services.customers.external_ids import models as external
from services.customers.external_ids.commands import ExternalIdTaken
from services.customers.imports.reading import Reading

TAKEN = "external-id-taken"


class Outside:
    """The ids of the rows of one chunk."""

    def __init__(self, session: Session, job_id: UUID, order: dict[str, Any]) -> None:
        self._session, self._job_id = session, job_id
        self._system: str | None = order.get("source_system")
        self._dry, self._language = bool(order["dry_run"]), str(order["language"])
        self._held: dict[str, UUID | None] = {}
        """Whose the ids are; nobody's yet if an earlier row of a rehearsal would have it."""
        self._new: dict[UUID, str] = {}

    def look(self, readings: Iterable[Reading]) -> None:
        """Find out who has the ids of all rows."""
        wanted = {one.external_id for one in readings if one.external_id} if self._system else set()
        self._held = dict(external.holders(self._session, self._system or "", wanted))
        if self._dry:
            known = ledger.known(self._session, self._job_id, (_written(one) for one in wanted))
            self._held |= {one: None for one in wanted if _written(one) in known and one not in self._held}

    def refusal(self, reading: Reading, customer_id: UUID | None) -> Note | None:
        """Why a new customer, or this one, cannot have the id of the row."""
        one = reading.external_id
        taken = one in self._held and (customer_id is None or self._held[one] != customer_id)
        return note(self._language, TAKEN) if one and taken else None

    def give(self, customer_id: UUID, reading: Reading) -> None:
        """Let a new customer have the id of its row."""
        if reading.external_id:
            self._new[customer_id] = reading.external_id
            self._held[reading.external_id] = customer_id

    def new_to(self, customer_id: UUID, reading: Reading) -> str | None:
        """The id of a row if the customer does not have it yet."""
        one = reading.external_id
        return one if one and self._held.get(one) != customer_id else None

    def add(self, customer_id: UUID, reading: Reading) -> None:
        """Give a customer that is there the id of its row; raises ExternalIdTaken if somebody was quicker."""
        one = self.new_to(customer_id, reading)
        if not one:
            return
        if not self._dry and not external.claim(self._session, self._system or "", [(customer_id, one)]):
            raise ExternalIdTaken
        self._held[one] = customer_id

    def known_by(self, reading: Reading) -> set[bytes]:
        """By which later rows of a rehearsal know that the id is taken."""
        return {_written(reading.external_id)} if reading.external_id else set()

    def claim(self, customer_ids: Collection[UUID]) -> set[UUID]:
        """Give the new customers their ids; those who came too late get none."""
        wanted = {customer_id: one for customer_id, one in self._new.items() if customer_id in customer_ids}
        if external.claim(self._session, self._system or "", wanted.items()):
            return set()
        held = external.holders(self._session, self._system or "", wanted.values())
        return {customer_id for customer_id, one in wanted.items() if held.get(one) != customer_id}


def _written(external_id: str) -> bytes:
    return f"external_id:{external_id}".encode()
