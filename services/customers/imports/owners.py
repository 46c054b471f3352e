"""Whose the new customers of an import will be: of whoever imports them, of a pool, or of somebody who is named."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chassis.errors import Invalid
from chassis.identity.caller import Caller
from services.customers import pool_scope as scope
from services.customers.changesets import ledger
from services.customers.changesets.ledger import Note
from services.customers.changesets.wording import note
from services.customers.errors import UnknownOwner
from services.customers.imports.drafting import NewCustomer
from services.customers.pool_models import CAPACITY
from services.customers.pools import limits

ASSIGN = "customers:assign"
FULL = "capacity-reached"


class Owners:
    """Gives the new customers of one chunk to whom the order says."""

    def __init__(self, session: Session, caller: Caller, job_id: UUID, order: dict[str, Any]) -> None:
        self._session, self._caller, self._job_id = session, caller, job_id
        self._dry, self._language = bool(order["dry_run"]), str(order["language"])
        self._pool_id = pool_of(session, caller, order)
        self._person = person_of(session, caller, order)
        self._room: int | None = None
        self._counted = False

    @property
    def own(self) -> bool:
        """Whether the new customers are the caller's own."""
        return self._pool_id is None and self._person.user_id == self._caller.user_id

    def refusal(self) -> Note | None:
        """Why there cannot be one more."""
        if self._pool_id or self._person is self._caller:
            return None
        if not self._counted:
            self._room, self._counted = self._room_left(), True
        return note(self._language, FULL, name=self._person.name) if self._room == 0 else None

    def give(self, new: NewCustomer) -> None:
        """Say whose a new customer is."""
        if self._pool_id:
            new.give_to(None, None, self._pool_id)
            return
        new.give_to(self._person.user_id, self._person.main_team)
        if self._room is not None:
            self._room -= 1

    def _room_left(self) -> int | None:
        """How many more the person can look after, whose lock is taken; None if there is no limit."""
        pool = scope.match(scope.ordered(self._session), self._person)
        most = pool.limit(CAPACITY, self._person)
        if most is None or pool.administered_by(self._caller.user_id):
            return None
        limits.lock(self._session, [self._person.user_id])
        has = limits.owned(self._session, self._person.user_id, pool, up_to=most)
        if self._dry:
            has += ledger.counts(self._session, self._job_id)[ledger.CREATED]
        return max(0, most - has)


def pool_of(session: Session, caller: Caller, order: dict[str, Any]) -> UUID | None:
    """The pool that new customers go into; raises UnknownPool for one that is not open to the caller."""
    if not order["into_pool"]:
        return None
    wanted = order.get("pool_id")
    return scope.open_pool(session, caller, UUID(str(wanted)) if wanted else None).id


def person_of(session: Session, caller: Caller, order: dict[str, Any]) -> Caller:
    """Who gets new customers; raises Forbidden if the caller may not assign, UnknownOwner and Invalid."""
    wanted = order.get("owner_id")
    if not wanted or UUID(str(wanted)) == caller.user_id:
        return caller
    caller.require(ASSIGN)
    if order["into_pool"]:
        raise Invalid.field("/owner_id", "New customers go to an owner or into a pool.")
    person = scope.person_of(session, UUID(str(wanted)))
    if person is None:
        raise UnknownOwner
    return person
