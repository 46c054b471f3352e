"""What customers publishes: each event carries the whole state that replicas need, and its version."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from chassis.custom_fields.events import CustomFieldChanged
from chassis.events import Event
from chassis.identity import masks
from chassis.identity.events import RecordsHandedOver, RecordShared, RecordsMerged, RecordsUnmerged
from chassis.identity.policy import NOBODY, Access, Field, Resource


@dataclass(frozen=True, kw_only=True)
class CustomerState(Event):
    """The state of a customer after something happened to it."""

    service: ClassVar[str] = "customers"
    aggregate: ClassVar[str] = "customer"
    sealed: ClassVar[frozenset[str]] = frozenset({"addressees", "custom"})

    kind: str
    """``person`` or ``organisation``."""
    name: str
    owner_id: UUID | None
    team_id: UUID | None
    in_pool: bool
    """Whether it waits in a pool, without an owner."""
    sector: str | None
    country: str | None
    city: str | None
    tags: list[str]
    employees: int | None
    revenue: Decimal | None
    """Yearly, in millions of US dollars."""
    parent_id: UUID | None
    addressees: list[dict[str, Any]]
    """Whom mail reaches: ``{"contact_id": id or null for the customer itself, "name", "email"}``."""
    created_at: datetime
    erased: bool = False
    """Whether it is what remained after the person was erased."""
    industry: str | None = None
    size: str | None = None
    source: str | None = None
    grade: str | None = None
    """Codes of terms; of these four."""
    lifecycle_stage: str | None = None
    contract_ends_at: datetime | None = None
    last_deal_at: datetime | None = None
    pool_id: UUID | None = None
    """Where it waits, if it does."""
    pool_for_all: bool = True
    """Whether that is for everybody who may claim; if not, only customers knows for whom it is."""
    custom: dict[str, Any] | None = None
    """The values of the fields that the house has added, by key, without those that are kept sealed."""
    changed: list[str] | None = None
    """The fields that are different now, also sealed ones (custom ones as ``custom.<key>``); null if all are new."""
    before: dict[str, Any] | None = None
    """What those of them were that hold no personal data; what they are now stands above."""


@dataclass(frozen=True, kw_only=True)
class CustomerCreated(CustomerState):
    """A customer was entered or imported."""


@dataclass(frozen=True, kw_only=True)
class CustomerChanged(CustomerState):
    """A customer's data, contacts, tags, owner or parent company changed."""

    changes_of: ClassVar[str] = "customers"


@dataclass(frozen=True, kw_only=True)
class CustomerClaimed(CustomerState):
    """Somebody took a customer from the shared pool."""

    changes_of: ClassVar[str] = "customers"


@dataclass(frozen=True, kw_only=True)
class CustomerReleased(CustomerState):
    """A customer went back to the shared pool."""

    changes_of: ClassVar[str] = "customers"


@dataclass(frozen=True, kw_only=True)
class CustomerRemoved(Event):
    """A customer is there no more, because the import that entered it was undone."""

    service: ClassVar[str] = "customers"
    aggregate: ClassVar[str] = "customer"


CUSTOMER_EVENTS = (CustomerCreated, CustomerChanged, CustomerClaimed, CustomerReleased)


@dataclass(frozen=True, kw_only=True)
class CustomerFieldChanged(CustomFieldChanged):
    """A field that the house has added to customers was defined, changed or closed."""

    service: ClassVar[str] = "customers"


@dataclass(frozen=True, kw_only=True)
class CustomerShared(RecordShared):
    """A customer was shared with a person or a team, or that was changed or ended."""

    service: ClassVar[str] = "customers"


CUSTOMERS = Resource(
    "customers",
    fields={
        "name": Field(least=Access.READ),
        "kind": Field(least=Access.READ),
        "parent_id": Field(least=Access.READ),
        "sector": Field(),
        "country": Field(),
        "city": Field(),
        "address": Field(mask=masks.text),
        "website": Field(mask=masks.text),
        "phone": Field(mask=masks.phone),
        "email": Field(mask=masks.email),
        "employees": Field(),
        "revenue": Field(),
        "established_year": Field(),
        "description": Field(),
        "tags": Field(),
        "registration_number": Field(mask=masks.text),
        "industry": Field(),
        "size": Field(),
        "source": Field(),
        "grade": Field(),
        "lifecycle_stage": Field(),
        "contract_ends_at": Field(),
        "last_deal_at": Field(),
        "custom": Field(),
    },
    fixed=(
        *("id", "version", "owner_id", "team_id", "in_pool", "pool_id", "contacts", "created_at", "updated_at"),
        *("allow_duplicate", "external_ids"),
    ),
    internal=(
        *("name_key", "name_grams", "search_tokens", "marks", "pooled_at", "owned_at", "addressees", "erased_at"),
        *("custom_private", "channels", "addresses"),
    ),
    custom=True,
    withheld="withheld",
)
"""The people and organisations that we deal with."""

CONTACTS = Resource(
    "contacts",
    fields={
        "name": Field(least=Access.READ),
        "title": Field(),
        "email": Field(mask=masks.email, within=(CUSTOMERS, "email")),
        "phone": Field(mask=masks.phone, within=(CUSTOMERS, "phone")),
        "is_primary": Field(least=Access.READ),
    },
    fixed=("id", "version", "customer_id", "owner_id"),
    internal=("marks", "created_at", "updated_at", "channels", "addresses"),
    withheld="withheld",
    permissions="customers",
)
"""Those whom we reach at a customer; they are the own of whoever owns the customer."""

TERMS = Resource(
    "terms",
    fixed=("id", "version", "dictionary", "code", "name", "name_zh", "parent_code", "rank", "active"),
    internal=("created_at", "updated_at"),
    owner=NOBODY,
    permissions="customers",
)
"""The words that customers are classified with."""

NEEDS = Resource(
    "needs",
    fixed=(
        *("id", "version", "customer_id", "kind", "topic", "value", "source", "evidence", "evidence_id"),
        *("confidence", "known_since", "noted_by"),
    ),
    internal=("created_at", "updated_at"),
    owner=NOBODY,
    permissions="customers",
)
"""What customers need, are interested in and prefer."""

EXTERNAL_IDS = Resource(
    "external_ids",
    fixed=("id", "customer_id", "source_system", "external_id", "created_at"),
    owner=NOBODY,
    permissions="customers",
)
"""The ids that customers have in other systems."""

RELATIONS = Resource(
    "relations",
    fixed=("id", "version", "from_id", "to_id", "kind", "role", "note", "since", "until"),
    internal=("created_at", "updated_at"),
    owner=NOBODY,
    permissions="customers",
)
"""How customers are related to each other."""

STANDINGS = Resource(
    "standings",
    fixed=("id", "customer_id", "field", "before", "after", "reason", "by_id", "at"),
    owner=NOBODY,
    permissions="customers",
)
"""How a customer's grade and stage have changed."""

OWNERSHIPS = Resource(
    "ownerships",
    fixed=("id", "customer_id", "from_id", "to_id", "by_id", "how", "reason", "at", "pool_id", "reason_id", "why"),
    owner=NOBODY,
    permissions="customers",
)
"""Who has owned a customer."""


@dataclass(frozen=True, kw_only=True)
class CustomersHandedOver(RecordsHandedOver):
    """How far customers is with what somebody who has left owned there."""

    service: ClassVar[str] = "customers"


PRIVACY_REQUESTS = Resource(
    "privacy_requests",
    fixed=(
        *("id", "kind", "state", "customer_id", "contact_id", "owner_id", "receipts", "missing", "file_until"),
        *("created_at", "finished_at", "cancelled_by"),
    ),
    internal=("team_id", "subject", "ordered_at"),
    permissions="privacy",
)
"""What was asked for about a person's data: to have it all, or to have it erased."""

MARKETING = "marketing"
"""The purpose of campaigns."""


@dataclass(frozen=True, kw_only=True)
class ConsentNoted(Event):
    """A person agreed to something, or took it back."""

    service: ClassVar[str] = "customers"
    aggregate: ClassVar[str] = "consent"

    customer_id: UUID
    contact_id: UUID | None
    purpose: str
    channel: str
    given: bool
    at: datetime


CONSENTS = Resource(
    "consents",
    fixed=(
        *("id", "customer_id", "contact_id", "purpose", "channel", "state", "how", "evidence", "evidence_file"),
        *("at", "noted_by", "noted_at", "present"),
    ),
    owner=NOBODY,
    permissions="customers",
)
"""What people have agreed to, and taken back."""

RETENTION = Resource(
    "retention",
    fixed=("version", "rules", "classes", "next_run_at", "changed_by", "created_at", "updated_at"),
    internal=("only_row",),
    owner=NOBODY,
    permissions="privacy",
)
"""For how long the house keeps which records."""

PRIVACY_STATES = Resource(
    "privacy_states",
    fixed=("customer_id", "reason", "held_by", "held_at", "open_tickets", "last_contact_at", "kept_for"),
    internal=("id", "version", "created_at", "updated_at", "erasure_id"),
    owner=NOBODY,
    permissions="privacy",
)
"""What keeps a customer from being erased because of his age."""

DUPLICATE_RULES = Resource(
    "duplicate_rules",
    fixed=("version", "enforced", "updated_at"),
    internal=("name", "created_at"),
    owner=NOBODY,
    permissions="duplicates",
)
"""Which keys no two customers may have."""

CHANGE_SETS = Resource(
    "change_sets",
    fixed=("id", "owner_id", "kind", "state", "created_at", "until", "created", "updated", "undo_job_id"),
    permissions="customers",
)
"""What imports and bulk changes have done to customers, so that it can be undone."""


@dataclass(frozen=True, kw_only=True)
class CustomersMerged(RecordsMerged):
    """Customers turned out to be one."""

    service: ClassVar[str] = "customers"


@dataclass(frozen=True, kw_only=True)
class CustomersUnmerged(RecordsUnmerged):
    """They are several after all."""

    service: ClassVar[str] = "customers"


MERGES = Resource(
    "merges",
    fixed=(
        *("id", "version", "survivor_id", "loser_ids", "state", "values_from", "acks", "missing", "owner_id"),
        *("created_at", "updated_at"),
    ),
    internal=("team_id",),
    permissions="customers",
)
"""Customers that were made one, and how far the services are with it."""

DUPLICATES = Resource(
    "duplicates",
    fixed=("id", "one_id", "other_id", "one_name", "other_name", "likeness", "reasons", "state", "created_at"),
    internal=("decided_by", "decided_at"),
    owner=NOBODY,
)
"""Pairs of customers that may be one."""
