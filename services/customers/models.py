"""Customers, their contacts and who has owned them."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Numeric, String, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from chassis.clock import now
from chassis.database import Identified, Owned, Versioned, declarative_base
from chassis.encryption.columns import HoldsSealed, SealedText, vault_at
from chassis.ids import new_id
from contracts.customers import CONTACTS, CUSTOMERS, OWNERSHIPS
from services.customers.address_book import FIELDS as ADDRESS_FIELDS
from services.customers.address_book import AddressBook
from services.customers.channel_book import FIELDS, Book
from services.customers.channel_marks import marks_of_all
from services.customers.errors import AlreadyClaimed, AlreadyInPool, TooManyContacts
from services.customers.names import LONGEST_KEY, grams_of, key_of
from services.customers.naming.tokens import document_of

KINDS = ("person", "organisation")
HOW = ("create", "import", "claim", "release", "assign", "hand_over", "recycle", "merge", "unmerge")
"""How customers come to other owners."""
FIRST_STAGE = "lead"
TIMES = ("created_at", "updated_at")
DEFAULT_POOL = UUID("00000000-0000-7000-8000-000000000001")
"""The pool that is there from the first start, and that is always open."""
MAX_CONTACTS = 50
"""An event carries them all, and has 64 KiB."""

Base: Any = declarative_base()


def _sorted_by(column: str) -> list[Index]:
    """The indexes for a list in this order: of all customers, of an owner's, of a team's and of a pool.

    A list of what a caller sees merges some of them, so it costs the same however many customers there are. Each is
    partial, also the one that has all customers, lest one of them be taken for another's list: looking for the few
    customers of an owner among all of them, in order, can take until the end of the table.
    """
    return [
        Index(None, column, "id", postgresql_where="version > 0"),
        Index(None, "owner_id", column, "id", postgresql_where="owner_id IS NOT NULL"),
        Index(None, "team_id", column, "id", postgresql_where="team_id IS NOT NULL"),
        Index(f"ix_customers_pooled_{column}_id", "pool_id", column, "id", postgresql_where="in_pool"),
    ]


def _where_given(column: str) -> Index:
    """An index that costs nothing for customers who have no such value."""
    return Index(None, column, postgresql_where=f"{column} IS NOT NULL")


class Described(Versioned):
    """An entity whose version grows only with what is really different."""

    def change(self, fields: dict[str, Any]) -> bool:
        """Take over new values. Returns whether anything is different now."""
        different = {name: value for name, value in fields.items() if getattr(self, name) != value}
        for name, value in different.items():
            setattr(self, name, value)
        if different:
            self.touch()
        return bool(different)


class Reachable(HoldsSealed):
    """Somebody with contact data: sealed, and found by ``marks``, which tell nothing to who has not the key."""

    phone_sealed: Mapped[bytes | None] = mapped_column("phone", LargeBinary)
    email_sealed: Mapped[bytes | None] = mapped_column("email", LargeBinary)
    marks: Mapped[list[bytes]] = mapped_column(ARRAY(LargeBinary), default=list)
    channels_sealed: Mapped[bytes | None] = mapped_column("channels", LargeBinary)
    addresses_sealed: Mapped[bytes | None] = mapped_column("addresses", LargeBinary)

    phone = SealedText(then="remark")
    email = SealedText(then="remark")
    channels = SealedText(then="remark")
    """What ``channel_book`` keeps beside the fields."""
    addresses = SealedText()
    """What ``address_book`` keeps beside them."""

    def remark(self) -> None:
        """Let searches find the present contact data."""
        self.marks = marks_of_all(vault_at(self), self)

    def book(self) -> Book:
        """All its channels."""
        return Book(self.id, {name: getattr(self, name) for name in FIELDS if hasattr(self, name)}, self.channels)

    def addresses_book(self) -> AddressBook:
        """All its postal addresses."""
        values = {name: getattr(self, name) for name in ADDRESS_FIELDS if hasattr(self, name)}
        return AddressBook(self.id, values, self.addresses)

    def keep(self, book: Book) -> bool:
        """Take over what the book says now. Returns whether anything is different."""
        return bool(self.change({**book.values, "channels": book.text}))  # type: ignore[attr-defined]  # each has it


class Customer(Reachable, Identified, Versioned, Owned, Base):
    """A person or an organisation that we deal with."""

    __tablename__ = "customers"
    __resource__ = CUSTOMERS
    __table_args__ = (
        CheckConstraint("in_pool = (owner_id IS NULL)", name="owner_or_pool"),
        *_sorted_by("name_key"),
        *_sorted_by("created_at"),
        *_sorted_by("updated_at"),
        # Which blocks have rows of a time: a search intersects them with what it finds in the index of names.
        *(Index(None, time, postgresql_using="brin", postgresql_with={"autosummarize": True}) for time in TIMES),
        Index(None, "parent_id", "name_key", "id", postgresql_where="parent_id IS NOT NULL"),
        Index(None, "sector"),
        Index(None, "country"),
        *(_where_given(column) for column in ("registration_number", "industry", "grade", "contract_ends_at")),
        Index(None, "tags", postgresql_using="gin"),
        Index(
            None,
            "custom",
            postgresql_using="gin",
            postgresql_ops={"custom": "jsonb_path_ops"},
            postgresql_where="custom IS NOT NULL",
        ),
        Index(None, "marks", postgresql_using="gin"),
        # The list of pending entries is read in each search, so it is kept short (kB).
        Index(None, "name_grams", postgresql_using="gin", postgresql_with={"gin_pending_list_limit": 512}),
        Index(None, "search_tokens", postgresql_using="gin", postgresql_with={"gin_pending_list_limit": 512}),
        Index("ix_customers_without_search_tokens", "id", postgresql_where="search_tokens IS NULL"),
    )

    kind: Mapped[str] = mapped_column(String(12))
    name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(String(LONGEST_KEY, collation="C"))
    name_grams: Mapped[str] = mapped_column(TSVECTOR, deferred=True)
    search_tokens: Mapped[str | None] = mapped_column(TSVECTOR, deferred=True)
    """What search finds it by: its name and its contacts'; null until what was there before is filled in."""
    sector: Mapped[str | None] = mapped_column(String(60))
    country: Mapped[str | None] = mapped_column(String(60))
    city: Mapped[str | None] = mapped_column(String(100))
    address_sealed: Mapped[bytes | None] = mapped_column("address", LargeBinary)
    address = SealedText()
    website: Mapped[str | None] = mapped_column(String(300))
    employees: Mapped[int | None]
    revenue: Mapped[Decimal | None] = mapped_column(Numeric())
    """Yearly, in millions of US dollars."""
    established_year: Mapped[int | None]
    description: Mapped[str | None] = mapped_column(Text)
    tags: Mapped[list[str]] = mapped_column(ARRAY(String(50)))
    registration_number: Mapped[str | None] = mapped_column(String(60))
    industry: Mapped[str | None] = mapped_column(String(20))
    size: Mapped[str | None] = mapped_column(String(20))
    source: Mapped[str | None] = mapped_column(String(20))
    grade: Mapped[str | None] = mapped_column(String(20))
    """Like the three above it the code of a term (``terms``)."""
    custom: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """The values of custom fields by key, but for those that are sealed."""
    custom_private_sealed: Mapped[bytes | None] = mapped_column("custom_private", LargeBinary)
    custom_private = SealedText()
    lifecycle_stage: Mapped[str] = mapped_column(String(10), server_default=FIRST_STAGE)
    contract_ends_at: Mapped[datetime | None]
    last_deal_at: Mapped[datetime | None]
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("customers.id"))
    in_pool: Mapped[bool]
    pool_id: Mapped[UUID] = mapped_column(default=DEFAULT_POOL, server_default=str(DEFAULT_POOL))
    """Where it lies, or lay last."""
    owned_at: Mapped[datetime | None]
    """Since when the present owner has it."""
    pooled_at: Mapped[datetime | None]
    """When it last came into the pool; null if it never was there."""
    erased_at: Mapped[datetime | None]
    """When the person was erased; what is left is a record without a name."""

    pool: Mapped[Any] = relationship("Pool", primaryjoin="foreign(Customer.pool_id) == Pool.id", viewonly=True)

    external_ids: Mapped[list[Any]] = relationship(
        "ExternalId",
        primaryjoin="foreign(ExternalId.customer_id) == Customer.id",
        order_by="(ExternalId.source_system, ExternalId.id)",
        viewonly=True,
    )
    contacts: Mapped[list["Contact"]] = relationship(
        back_populates="customer", order_by="(Contact.is_primary.desc(), Contact.id)"
    )

    @property
    def withheld(self) -> list[str]:
        """The fields that are not shown as long as it waits in its pool."""
        return list(self.pool.hidden_fields) if self.in_pool else []

    def change(self, fields: dict[str, Any], *, touched: bool = False) -> bool:
        """Take over new values of the descriptive fields. Returns whether anything is different now.

        ``touched`` says that something else is in any case.
        """
        different = self.differences(fields)
        self._set(different)
        if different or touched:
            self.touch()
        return bool(different) or touched

    def differences(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Those of the fields that have other values now."""
        return {name: value for name, value in fields.items() if getattr(self, name) != value}

    def claim(self, owner_id: UUID, team_id: UUID | None) -> None:
        """Take it from the pool."""
        if not self.in_pool:
            raise AlreadyClaimed
        self._give_to(owner_id, team_id)

    def assign(self, owner_id: UUID, team_id: UUID | None) -> bool:
        """Give it to somebody, whoever had it. Returns whether anything is different now."""
        if (self.owner_id, self.team_id) == (owner_id, team_id):
            return False
        self._give_to(owner_id, team_id)
        return True

    def release(self, pool_id: UUID = DEFAULT_POOL) -> None:
        """Put it back into a pool."""
        if self.in_pool:
            raise AlreadyInPool
        self.pool_id, self.owned_at = pool_id, None
        self.owner_id = self.team_id = None
        self.in_pool, self.pooled_at = True, now()
        self.touch()

    def add_contact(self, contact: "Contact") -> None:
        """Add somebody whom we can reach there."""
        if len(self.contacts) >= MAX_CONTACTS:
            raise TooManyContacts
        self.contacts.append(contact)
        self.retoken()
        self.touch()

    def retoken(self) -> None:
        """Let searches find the present names, those of its contacts among them."""
        self.search_tokens = document_of([self.name, *(contact.name for contact in self.contacts)])

    def forget(self) -> None:
        """What told of the person is gone; others must know, and must not believe what they heard before."""
        self.erased_at = self.erased_at or now()
        self.touch()

    def _give_to(self, owner_id: UUID, team_id: UUID | None) -> None:
        if owner_id != self.owner_id:
            self.owned_at = now()
        self.owner_id, self.team_id, self.in_pool = owner_id, team_id, False
        self.touch()

    def _set(self, fields: dict[str, Any]) -> None:
        for name, value in (fields | _naming(fields)).items():
            setattr(self, name, value)
        if "name" in fields:
            self.retoken()


def new_customer(
    owner_id: UUID | None, team_id: UUID | None, fields: dict[str, Any], contact_names: Sequence[str] = ()
) -> dict[str, Any]:
    """What is known of a new customer of this owner, or in the pool if there is none."""
    moment = now()
    return (
        {"marks": []}
        | dict.fromkeys(CUSTOMER_COLUMNS)
        | {  # the marks follow from what is set after them
            "id": new_id(),
            "version": 1,
            "created_at": moment,
            "updated_at": moment,
            "owner_id": owner_id,
            "team_id": team_id,
            "in_pool": owner_id is None,
            "pooled_at": moment if owner_id is None else None,
            "pool_id": DEFAULT_POOL,
            "owned_at": None if owner_id is None else moment,
            "tags": [],
            "lifecycle_stage": FIRST_STAGE,
            **fields,
            **_naming(fields),
            "search_tokens": document_of([fields["name"], *contact_names]),
        }
    )


def _naming(fields: dict[str, Any]) -> dict[str, str]:
    """What is kept of a name for comparing and searching, if there is a name among the fields."""
    if "name" not in fields:
        return {}
    key = key_of(fields["name"])
    return {"name_key": key, "name_grams": grams_of(key)}


CUSTOMER_COLUMNS = [str(column.key) for column in Customer.__table__.columns if column.key != "marks"]


class Contact(Reachable, Identified, Described, Base):
    """Somebody whom we reach at a customer."""

    __tablename__ = "contacts"
    __resource__ = CONTACTS
    __table_args__ = (
        Index("uq_contacts_primary", "customer_id", unique=True, postgresql_where="is_primary"),
        Index(None, "customer_id"),
        Index(None, "marks", postgresql_using="gin"),
    )

    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    name: Mapped[str] = mapped_column(String(100))
    title: Mapped[str | None] = mapped_column(String(100))
    is_primary: Mapped[bool] = mapped_column(default=False)

    customer: Mapped[Customer] = relationship(back_populates="contacts")

    @property
    def face(self) -> tuple[str | None, ...]:
        """What is the same of contacts that are one."""
        return self.name, self.email, self.phone, self.channels, self.addresses

    @property
    def owner_id(self) -> UUID | None:
        """Whoever owns the customer."""
        return self.customer.owner_id

    @property
    def withheld(self) -> list[str]:
        """The fields that are not shown as long as the customer waits in its pool."""
        return self.customer.withheld


class Ownership(Identified, Base):
    """One line of the history of a customer's owners; nobody means the pool."""

    __tablename__ = "ownerships"
    __resource__ = OWNERSHIPS
    __table_args__ = (Index(None, "customer_id", "at", "id"),)

    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    from_id: Mapped[UUID | None]
    to_id: Mapped[UUID | None]
    by_id: Mapped[UUID | None]
    """Who did it; nobody if a rule of the pool did."""
    how: Mapped[str] = mapped_column(String(10))
    pool_id: Mapped[UUID | None]
    """From which pool, or into which one."""
    reason_id: Mapped[UUID | None]
    """The word of the list of reasons."""
    why: Mapped[str | None] = mapped_column(String(300))
    """What decided that it should be this owner, or which rule took it from the owner."""
    reason: Mapped[str | None] = mapped_column(String(500))
    at: Mapped[datetime]
