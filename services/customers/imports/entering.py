"""What becomes of the rows of a chunk: new customers, changed ones, or none."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chassis import audit
from chassis.copying import copy_entities
from chassis.custom_fields import values
from chassis.custom_fields.errors import ValueTaken
from chassis.custom_fields.values import forget_marks
from chassis.encryption.columns import vault_of
from chassis.identity.caller import Caller
from chassis.ids import new_id
from chassis.outbox import record
from contracts.customers import CustomerChanged, CustomerCreated
from services.customers import sight
from services.customers.changesets import images, ledger
from services.customers.changesets.apart import EXISTS, Apart
from services.customers.changesets.ledger import CREATED, FAILED, SKIPPED, UPDATED, Note, Outcome
from services.customers.changesets.wording import note
from services.customers.duplicates.checking import CustomerExists
from services.customers.external_ids.commands import ExternalIdTaken
from services.customers.imports import outside, permitted, standing
from services.customers.imports.added import TAKEN, Adding
from services.customers.imports.assessing import assess_later
from services.customers.imports.drafting import Draft, NewCustomer, new_contact
from services.customers.imports.matching import ID, NAME, Key, Matches, keys_of, written
from services.customers.imports.outside import Outside
from services.customers.imports.owners import Owners
from services.customers.imports.reading import Reading
from services.customers.imports.tagging import Tagging
from services.customers.models import MAX_CONTACTS, Contact, Customer, Ownership
from services.customers.news import news
from services.customers.phones import normal_phone
from services.customers.recycling.winding import touch
from services.customers.standing.history import first_standings, lines_of_change
from services.customers.standing.models import Standing


class Entry:
    """The rows of one chunk, on behalf of whoever started the import."""

    def __init__(self, session: Session, caller: Caller, job_id: UUID, order: dict[str, Any]) -> None:
        self._session = session
        self._vault = vault_of(session)
        self._caller = caller
        self._job_id = job_id
        self._order = order
        self._language: str = order["language"]
        self._updates = order["on_match"] == "update"
        self._owners = Owners(session, caller, job_id, order)
        self._created: list[NewCustomer] = []
        self._changed: list[Customer] = []
        self._moved: list[dict[str, Any]] = []
        """Lines of the history of grades and stages."""
        self._taken: set[Key] = set()
        """What earlier rows are known by."""
        self._touched: set[UUID] = set()
        """Customers that earlier rows have created or changed."""
        lock = self._updates and not order["dry_run"]
        system = order.get("source_system")
        self._matches = Matches(session, caller, contacts=self._updates, lock=lock, system=system)
        self._apart = Apart(session, job_id, dry=order["dry_run"])
        self._adding = Adding(session, caller, job_id, order)
        self._tagging = Tagging(session)
        self._outside = Outside(session, job_id, order)

    def decide(self, readings: list[Reading]) -> list[Outcome]:
        """What is to become of each row; nothing is stored yet."""
        self._adding.look(readings)
        self._outside.look(readings)
        kinds = self._order["match_on"]
        keys = [[] if one.failed else keys_of(self._vault, one, kinds) for one in readings]
        if kinds:
            self._taken = self._taken_before({key for some in keys for key in some})
            self._matches.find(key for some in keys for key in some if key not in self._taken)
            self._touched = ledger.touched(self._session, self._job_id, self._matches.ids())
        self._tagging.look(readings)
        self._apart.look(reading.new for reading in readings if reading.new)
        outcomes = [self._outcome(reading, some) for reading, some in zip(readings, keys, strict=True)]
        return outcomes if self._order["dry_run"] else self._admitted(outcomes)

    def store(self) -> None:
        """Do what was decided."""
        enter(self._session, self._caller, self._created)
        if self._created:
            assess_later(self._session, self._job_id)
        self._session.flush()
        copy_entities(self._session, Standing, self._moved)
        record(self._session, *(news(CustomerChanged, customer) for customer in self._changed))

    def _taken_before(self, keys: set[Key]) -> set[Key]:
        """Those of the keys that customers have which earlier chunks have created."""
        names = {key[1]: key for key in keys if key[0] == NAME}
        others = {written(key): key for key in keys if key[0] != NAME}
        named = ledger.entered(self._session, self._job_id, names)
        known = ledger.known(self._session, self._job_id, others)
        return {names[name] for name in named} | {others[one] for one in known}

    def _admitted(self, outcomes: list[Outcome]) -> list[Outcome]:
        """The outcomes, now that the new customers have what tells them apart: somebody may have been quicker."""
        refused = self._apart.claim(self._created)
        beaten = {one: note(self._language, EXISTS) for one in refused}
        late = self._adding.claim({new.customer.id for new in self._created} - refused)
        beaten |= {one: note(self._language, TAKEN, says=f"{TAKEN}-now") for one in late}
        later = self._outside.claim({new.customer.id for new in self._created} - beaten.keys())
        beaten |= {one: note(self._language, outside.TAKEN) for one in later}
        forget_marks(self._session, list(later))
        self._apart.let_go(new for new in self._created if new.customer.id in late | later)
        if not beaten:
            return outcomes
        self._created = [new for new in self._created if new.customer.id not in beaten]
        return [self._beaten(one, beaten[one.customer_id]) if one.customer_id in beaten else one for one in outcomes]

    def _beaten(self, outcome: Outcome, told: Note) -> Outcome:
        return Outcome(number=outcome.number, status=FAILED, notes=[*outcome.notes, told])

    def _outcome(self, reading: Reading, keys: list[Key]) -> Outcome:
        if reading.failed:
            return Outcome(number=reading.number, status=FAILED, notes=reading.notes)
        kind, there = self._matches.of(keys)
        if not self._taken.isdisjoint(keys) or (len(there) == 1 and there[0].id in self._touched):
            return self._without_effect(reading, SKIPPED, "duplicate-in-file")
        outcome = self._matched(reading, kind, there) if there else self._unmatched(reading, keys)
        if outcome.customer_id:
            self._taken.update(keys)
            self._touched.add(outcome.customer_id)
        return outcome

    def _without_effect(self, reading: Reading, status: str, code: str, **values: object) -> Outcome:
        told = note(self._language, code, says="", warning=False, **values)
        return Outcome(number=reading.number, status=status, notes=[*reading.notes, told])

    def _unmatched(self, reading: Reading, keys: list[Key]) -> Outcome:
        if reading.record_id:
            return self._without_effect(reading, FAILED, "no-such-id")
        if self._order["on_new"] == "skip":
            return self._without_effect(reading, SKIPPED, "unknown")
        return self._new(reading, keys)

    def _new(self, reading: Reading, keys: list[Key]) -> Outcome:
        new = reading.new
        refusal = self._adding.refusal(reading, own=self._owners.own) or self._outside.refusal(reading, None)
        if refusal := refusal or self._owners.refusal() or self._tagging.refusal_of_new(new):
            return Outcome(number=reading.number, status=FAILED, notes=[*reading.notes, refusal])
        if not self._apart.admits(new):
            return self._without_effect(reading, FAILED, EXISTS)
        self._owners.give(new)
        self._created.append(new)
        self._adding.give(new.customer.id, reading)
        self._outside.give(new.customer.id, reading)
        return Outcome(
            number=reading.number,
            status=CREATED,
            notes=reading.notes,
            customer_id=new.customer.id,
            name_key=reading.name_key,
            known_by=self._known_by(new, keys, reading),
            parent_key=reading.parent_key,
            version=1,
        )

    def _known_by(self, new: NewCustomer, keys: list[Key], reading: Reading) -> list[bytes] | None:
        """What later rows may know it by that its row in the table does not tell, at least not yet."""
        known = {written(key) for key in keys if key[0] != NAME}
        if self._order["dry_run"]:
            known |= {mark for _, mark in new.keys} | self._adding.known_by(reading) | self._outside.known_by(reading)
        return sorted(known) or None

    def _matched(self, reading: Reading, kind: str | None, there: list[Customer]) -> Outcome:
        if not self._updates:
            return self._without_effect(reading, SKIPPED, "exists")
        if len(there) > 1:
            return self._without_effect(reading, FAILED, "ambiguous", count=len(there))
        return self._updated(reading, there[0], reading.given - {kind, ID})

    def _updated(self, reading: Reading, customer: Customer, given: set[str]) -> Outcome:
        if not sight.may_change(self._session, self._caller, customer):
            return self._without_effect(reading, FAILED, "may-not-change")
        own = customer.owner_id == self._caller.user_id
        if refused := permitted.not_writable(self._caller, given, own=own):
            return self._without_effect(reading, FAILED, "may-not-write", fields=", ".join(refused))
        fields = {name: value for name, value in reading.fields.items() if name in given}
        if "phone" in fields:
            known = fields.get("country", sight.known_country(self._caller, customer))
            fields["phone"] = normal_phone(fields["phone"], known)
        outcome = Outcome(number=reading.number, status=SKIPPED, notes=reading.notes)
        if problem := standing.no_way(customer, fields):
            outcome.status = FAILED
            outcome.notes.append(Note(problem.slug, problem.detail or problem.title))
            return outcome
        if refusal := self._tagging.refusal(fields, customer.tags):
            return Outcome(number=reading.number, status=FAILED, notes=[*reading.notes, refusal])
        contact = self._missing_contact(customer, reading.contact, outcome)
        different, added = customer.differences(fields), self._adding.changes(customer, reading)
        called = self._outside.new_to(customer.id, reading)
        before = images.values_of(customer) if different or contact or added or called else {}
        if refusal := self._refusal(customer, fields if different else {}, added, reading):
            return Outcome(number=reading.number, status=FAILED, notes=[*reading.notes, refusal])
        if before:
            outcome.status = UPDATED
            self._change(customer, before, fields, contact, outcome, called)
        else:
            outcome.notes.append(note(self._language, "unchanged"))
        outcome.customer_id, outcome.parent_key = customer.id, reading.parent_key
        return outcome

    def _refusal(
        self, customer: Customer, fields: dict[str, Any], added: dict[str, Any], reading: Reading
    ) -> Note | None:
        """Why the customer cannot have these values; if it can, it has those that no column holds from then on."""
        if taken := self._outside.refusal(reading, customer.id) or self._adding.refused_change(customer, added):
            return taken
        exists = note(self._language, EXISTS)
        if not added and not reading.external_id:
            return exists if fields and not self._apart.admits_change(customer, fields) else None
        try:
            with self._session.begin_nested():
                self._outside.add(customer.id, reading)
                if not self._order["dry_run"]:
                    values.write(self._session, customer, added)
                if fields and not self._apart.admits_change(customer, fields):
                    raise CustomerExists([])
        except CustomerExists:
            return exists
        except ValueTaken:
            return note(self._language, TAKEN, says=f"{TAKEN}-now")
        except ExternalIdTaken:
            return note(self._language, outside.TAKEN)
        return None

    def _change(
        self,
        customer: Customer,
        before: dict[str, Any],
        fields: dict[str, Any],
        contact: dict[str, Any] | None,
        outcome: Outcome,
        called: str | None,
    ) -> None:
        if self._order["dry_run"]:
            return
        added = []
        if contact:
            primary = not any(one.is_primary for one in customer.contacts)
            country = sight.known_country(self._caller, customer)
            entered = Contact(**new_contact(customer.id, contact | {"is_primary": primary}, country))
            customer.contacts.append(entered)
            customer.retoken()
            added.append(entered.id)
        self._moved += lines_of_change(self._caller.user_id, customer, fields, standing.REASON)
        if not customer.change(fields):
            customer.touch()
        self._changed.append(customer)
        image = {"values": images.difference(before, customer), "contacts": added}
        image |= {"external_id": [self._order["source_system"], called]} if called else {}
        outcome.before = images.sealed(self._vault, self._job_id, outcome.number, image)
        outcome.version = customer.version

    def _missing_contact(
        self, customer: Customer, contact: dict[str, Any] | None, outcome: Outcome
    ) -> dict[str, Any] | None:
        """The row's contact, unless the customer has one of this address or name already, or has room for no more."""
        if contact is None or any(_same(one, contact) for one in customer.contacts):
            return None
        if len(customer.contacts) < MAX_CONTACTS:
            return contact
        outcome.notes.append(note(self._language, "too-many-contacts", warning=True))
        return None


def enter(session: Session, caller: Caller, created: list[NewCustomer]) -> None:
    """Store many new customers, with their contacts, in few statements, and tell of them."""
    if not created:
        return
    copy_entities(session, Customer, [new.row for new in created])
    copy_entities(session, Contact, [row for new in created for row in new.contact_rows])
    copy_entities(session, Ownership, [_first_owner(caller, new.customer) for new in created])
    copy_entities(session, Standing, [one for new in created for one in first_standings(caller.user_id, new.customer)])
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
        "pool_id": customer.pool_id if customer.in_pool else None,
        "reason": None,
        "at": customer.created_at,
    }


def _same(one: Contact, contact: dict[str, Any]) -> bool:
    email = contact.get("email")
    return one.email == email if email else one.name == contact["name"]
