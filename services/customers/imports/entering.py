"""What becomes of the rows of a chunk: new customers, changed ones, or none."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from chassis import audit
from chassis.copying import copy_entities
from chassis.encryption.columns import vault_of
from chassis.identity.caller import Caller
from chassis.identity.visibility import visible
from chassis.ids import new_id
from chassis.outbox import record
from contracts.customers import CustomerChanged, CustomerCreated
from services.customers import sight
from services.customers.duplicates import keys
from services.customers.imports import ledger, permitted, standing
from services.customers.imports.drafting import Draft, NewCustomer, new_contact
from services.customers.imports.ledger import CREATED, FAILED, SKIPPED, UPDATED, Note, Outcome
from services.customers.imports.reading import Reading
from services.customers.models import MAX_CONTACTS, Contact, Customer, Ownership
from services.customers.news import news
from services.customers.phones import normal_phone
from services.customers.recycling.winding import touch
from services.customers.standing.history import first_standings
from services.customers.standing.models import Standing

CHANGE = "customers:change"


class Entry:
    """The rows of one chunk, on behalf of whoever started the import."""

    def __init__(self, session: Session, caller: Caller, job_id: UUID, order: dict[str, Any]) -> None:
        self._session = session
        self._caller = caller
        self._job_id = job_id
        self._order = order
        self._created: list[NewCustomer] = []
        self._changed: list[Customer] = []
        self._moved: list[dict[str, Any]] = []
        """Lines of the history of grades and stages."""
        self._earlier: dict[str, list[UUID]] = {}
        self._there: dict[str, list[Customer]] = {}

    def decide(self, readings: list[Reading]) -> list[Outcome]:
        """What is to become of each row; nothing is stored yet."""
        names = {reading.name_key for reading in readings if not reading.failed}
        if self._order["match_on"]:
            self._earlier = ledger.entered(self._session, self._job_id, names)
            self._there = self._customers_named(names - set(self._earlier))
        return [self._outcome(reading) for reading in readings]

    def store(self) -> None:
        """Do what was decided."""
        enter(self._session, self._caller, self._created)
        self._session.flush()
        copy_entities(self._session, Standing, self._moved)
        record(self._session, *(news(CustomerChanged, customer) for customer in self._changed))

    def _customers_named(self, keys: Iterable[str]) -> dict[str, list[Customer]]:
        query = select(Customer).where(Customer.name_key.in_(list(keys)), sight.in_sight(self._caller))
        if self._order["on_match"] == "update":
            query = query.options(selectinload(Customer.contacts))
            query = query if self._order["dry_run"] else query.with_for_update()
        found: dict[str, list[Customer]] = {}
        for customer in self._session.scalars(query.order_by(Customer.id)):
            found.setdefault(customer.name_key, []).append(customer)
        return found

    def _outcome(self, reading: Reading) -> Outcome:
        if reading.failed:
            return Outcome(number=reading.number, status=FAILED, notes=reading.notes)
        key = reading.name_key
        if key in self._earlier:
            note = Note("duplicate-in-file", "An earlier row has this name")
            return Outcome(number=reading.number, status=SKIPPED, notes=[*reading.notes, note])
        there = self._there.get(key)
        outcome = self._matched(reading, there) if there else self._new(reading)
        if self._order["match_on"] and outcome.customer_id:
            self._earlier[key] = [outcome.customer_id]
        return outcome

    def _new(self, reading: Reading) -> Outcome:
        new = reading.new
        assert new is not None
        owner = (None, None) if self._order["into_pool"] else (self._caller.user_id, self._caller.main_team)
        new.give_to(*owner)
        self._created.append(new)
        return Outcome(
            number=reading.number,
            status=CREATED,
            notes=reading.notes,
            customer_id=new.customer.id,
            name_key=reading.name_key,
            parent_key=reading.parent_key,
        )

    def _matched(self, reading: Reading, there: list[Customer]) -> Outcome:
        outcome = Outcome(number=reading.number, status=SKIPPED, notes=reading.notes)
        if self._order["on_match"] == "skip":
            outcome.notes.append(Note("exists", "There is a customer of this name"))
        elif len(there) > 1:
            outcome.status = FAILED
            outcome.notes.append(Note("ambiguous", f"There are {len(there)} customers of this name"))
        else:
            self._update(reading, there[0], outcome)
        return outcome

    def _update(self, reading: Reading, customer: Customer, outcome: Outcome) -> None:
        if not self._may_change(customer):
            outcome.status = FAILED
            outcome.notes.append(Note("may-not-change", "You may not change the customer of this name"))
            return
        own = customer.owner_id == self._caller.user_id
        if refused := permitted.not_writable(self._caller, reading.given - {"name"}, own=own):
            outcome.status = FAILED
            outcome.notes.append(Note("may-not-write", f"You may not write {', '.join(refused)} of this customer"))
            return
        fields = {name: value for name, value in reading.fields.items() if name in reading.given - {"name"}}
        if "phone" in fields:
            known = fields.get("country", sight.known_country(self._caller, customer))
            fields["phone"] = normal_phone(fields["phone"], known)
        if problem := standing.no_way(customer, fields):
            outcome.status = FAILED
            outcome.notes.append(Note(problem.slug, problem.detail or problem.title))
            return
        contact = _missing_contact(customer, reading.contact, outcome)
        if customer.differences(fields) or contact:
            outcome.status = UPDATED
            self._change(customer, fields, contact)
        else:
            outcome.notes.append(Note("unchanged", "The customer is like this already"))
        outcome.customer_id, outcome.parent_key = customer.id, reading.parent_key

    def _may_change(self, customer: Customer) -> bool:
        if self._caller.reaches(CHANGE, owner_id=customer.owner_id, team_id=customer.team_id):
            return True
        shared = select(Customer.id).where(Customer.id == customer.id, visible(Customer, self._caller, CHANGE))
        return self._session.scalar(shared) is not None

    def _change(self, customer: Customer, fields: dict[str, Any], contact: dict[str, Any] | None) -> None:
        if self._order["dry_run"]:
            return
        if contact:
            primary = not any(one.is_primary for one in customer.contacts)
            country = sight.known_country(self._caller, customer)
            customer.contacts.append(Contact(**new_contact(customer.id, contact | {"is_primary": primary}, country)))
        self._moved += standing.changes(self._caller.user_id, customer, fields)
        if not customer.change(fields):
            customer.touch()
        self._changed.append(customer)


def enter(session: Session, caller: Caller, created: list[NewCustomer]) -> None:
    """Store many new customers, with their contacts, in few statements, and tell of them."""
    if not created:
        return
    copy_entities(session, Customer, [new.row for new in created])
    copy_entities(session, Contact, [row for new in created for row in new.contact_rows])
    copy_entities(session, Ownership, [_first_owner(caller, new.customer) for new in created])
    copy_entities(session, Standing, [one for new in created for one in first_standings(caller.user_id, new.customer)])
    vault = vault_of(session)
    keys.claim(session, ((new.customer.id, key) for new in created for key in keys.keys_of(vault, new.customer)))
    record(session, *(news(CustomerCreated, new.customer) for new in created))
    ids = [new.customer.id for new in created]
    touch(session, ids)
    audit.note(session, "import_customers", resource="customers", records=ids, outcome=CREATED)


def _first_owner(caller: Caller, customer: Draft) -> dict[str, Any]:
    return {
        "id": new_id(),
        "customer_id": customer.id,
        "from_id": None,
        "to_id": customer.owner_id,
        "by_id": caller.user_id,
        "how": "import",
        "reason": None,
        "at": customer.created_at,
    }


def _missing_contact(customer: Customer, contact: dict[str, Any] | None, outcome: Outcome) -> dict[str, Any] | None:
    """The row's contact, unless the customer has one of this address or name already, or has room for no more."""
    if contact is None or any(_same(one, contact) for one in customer.contacts):
        return None
    if len(customer.contacts) < MAX_CONTACTS:
        return contact
    outcome.notes.append(Note("too-many-contacts", "The customer has room for no more contacts", warning=True))
    return None


def _same(one: Contact, contact: dict[str, Any]) -> bool:
    email = contact.get("email")
    return one.email == email if email else one.name == contact["name"]
