"""One customer of a bulk change: all of it, or nothing and why not."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chassis.custom_fields import values as custom
from chassis.encryption.columns import vault_of
from chassis.errors import Conflict, Problem
from chassis.identity.caller import Caller
from chassis.outbox import record
from contracts.customers import CUSTOMERS, CustomerChanged
from services.customers import parents, sight
from services.customers.changesets import images
from services.customers.changesets.apart import EXISTS, Apart
from services.customers.changesets.ledger import FAILED, SKIPPED, UPDATED, Note, Outcome
from services.customers.changesets.wording import note
from services.customers.fields import MAX_TAGS
from services.customers.imports.permitted import not_writable
from services.customers.models import Customer
from services.customers.news import news
from services.customers.phones import normal_phone
from services.customers.pools import owning
from services.customers.tag_book import TagBook


class TooManyTags(Conflict):
    """A customer has room for a number of tags."""

    slug, title = "too-many-tags", f"A customer has at most {MAX_TAGS} tags"


class Changing:
    """What is to be different, on behalf of whoever ordered it."""

    def __init__(self, session: Session, caller: Caller, job_id: UUID, order: dict[str, Any]) -> None:
        self._session, self._caller, self._job_id, self._order = session, caller, job_id, order
        self._language: str = order["language"]
        self._apart = Apart(session, job_id, dry=False)
        self._touches_tags = bool(order["add_tags"] or order["remove_tags"])
        self._replaced = frozenset(order.get("replaced", ()))
        self._book = TagBook(session)
        self._moves = bool(order["owner_id"] or order["to_pool"])

    def change(self, number: int, customer: Customer) -> Outcome:
        """Do it, and say what became of it; of what fails, nothing stays."""
        outcome = Outcome(number=number, status=SKIPPED, customer_id=customer.id)
        before = images.values_of(customer)
        try:
            with self._session.begin_nested():
                changed = self._described(customer) | self._moved(customer)
        except Problem as problem:
            outcome.status = FAILED
            outcome.notes.append(self._told(problem))
            return outcome
        if not changed:
            outcome.notes.append(note(self._language, "unchanged"))
            return outcome
        image = {"values": images.difference(before, customer), "contacts": []}
        outcome.status, outcome.version = UPDATED, customer.version
        outcome.before = images.sealed(vault_of(self._session), self._job_id, number, image)
        return outcome

    def _described(self, customer: Customer) -> bool:
        """Change what describes it."""
        wanted = self._wanted(customer)
        if not wanted:
            return False
        if not self._replaced and not sight.may_change(self._session, self._caller, customer):
            raise Refused("may-not-change")
        own = customer.owner_id == self._caller.user_id
        given = wanted.pop("custom", None)
        if refused := not_writable(self._caller, wanted, own=own):
            raise Refused("may-not-write", fields=", ".join(refused))
        if wanted.get("parent_id"):
            parents.check(self._session, self._caller, wanted["parent_id"], customer.id)
        if customer.differences(wanted) and not self._apart.admits_change(customer, wanted):
            raise Refused(EXISTS)
        values = custom.checked(self._session, self._caller, CUSTOMERS, given, own=own, new=False)
        added = custom.write(self._session, customer, values)
        if not customer.change(wanted, touched=bool(added)):
            return False
        if not self._moves:
            record(self._session, news(CustomerChanged, customer))
        return True

    def _wanted(self, customer: Customer) -> dict[str, Any]:
        wanted = dict(self._order["set"])
        if wanted.get("parent_id"):
            wanted["parent_id"] = UUID(wanted["parent_id"])
        if "phone" in wanted:
            country = wanted.get("country", sight.known_country(self._caller, customer))
            wanted["phone"] = normal_phone(wanted["phone"], country)
        if "tags" in wanted:
            wanted["tags"] = self._book.checked(wanted["tags"], customer.tags)
        if self._touches_tags:
            before = wanted.get("tags", customer.tags)
            wanted["tags"] = self._book.added(before, self._order["add_tags"], self._order["remove_tags"])
            if len(wanted["tags"]) > MAX_TAGS:
                raise TooManyTags
        if self._replaced:
            wanted["tags"] = self._book.checked(self._with_new_names(customer.tags), customer.tags)
        return wanted

    def _with_new_names(self, tags: list[str]) -> list[str]:
        """The tags, with those that are replaced under their new name or left out."""
        into = self._order["into"]
        renamed = (into if tag in self._replaced else tag for tag in tags)
        return [tag for tag in renamed if tag is not None]

    def _moved(self, customer: Customer) -> bool:
        """Give it to its new owner, or back to a pool."""
        if not self._moves:
            return False
        before, reason = customer.version, self._order["reason"]
        described = self._session.is_modified(customer)
        if self._order["owner_id"]:
            owning.check_reach(self._caller, "customers:assign", customer)
            owner_id = UUID(self._order["owner_id"])
            owning.assign(self._session, self._caller, customer, owner_id, reason=reason, why=None)
        elif not customer.in_pool:
            pool_id = self._order["pool_id"] and UUID(self._order["pool_id"])
            owning.release(self._session, self._caller, customer, reason=reason, reason_id=None, pool_id=pool_id)
        if customer.version == before and described:
            record(self._session, news(CustomerChanged, customer))
        return customer.version != before

    def _told(self, problem: Problem) -> Note:
        if isinstance(problem, Refused):
            return note(self._language, problem.code, says="", warning=False, **problem.values)
        return Note(problem.slug, problem.detail or problem.title)


class Refused(Conflict):
    """What a row of the result says in its own language."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__()
        self.code, self.values = code, values
