"""Looking at customers."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from chassis.custom_fields.conditions import CustomTests
from chassis.custom_fields.defined import custom_fields_of
from chassis.custom_fields.fields import put_into
from chassis.database import dicts
from chassis.encryption.columns import vault_of
from chassis.encryption.vault import Vault, from_json
from chassis.errors import Invalid, NotFound
from chassis.filters import SeenFilter
from chassis.identity.caller import Caller
from chassis.paging import paged
from contracts.customers import CONTACTS, CUSTOMERS
from services.customers import contacts, pool_hiding, sight
from services.customers import pool_viewing as viewing
from services.customers.external_ids.commands import shown_with
from services.customers.listing import LISTED, QUERIES_KEPT, ROWS, SEALED, TABLE, list_customers, shown
from services.customers.models import Contact, Customer

REACHED_AT = {"email": "email", "phone": "phone", "phone_tail": "phone"}
"""Parameters of searches, and the fields that they look into."""


def _contacts() -> Any:
    """The contacts of each customer as a JSON array, the primary one first."""
    pairs = [part for column in contacts.SHOWN for part in (column.key, column)]
    ordered = aggregate_order_by(func.json_build_object(*pairs), Contact.is_primary.desc(), Contact.id)
    rows = select(func.coalesce(func.json_agg(ordered), literal_column("'[]'::json")))
    return rows.where(Contact.customer_id == TABLE.id).correlate(Customer.__table__).scalar_subquery()


OWN = tuple(TABLE[name] for name in (*LISTED, "custom_private", "description"))
WHOLE = select(*OWN, _contacts().label("contacts"), shown_with(TABLE.id).label("external_ids"))


def get_customer(session: Session, caller: Caller, customer_id: UUID) -> dict[str, Any]:
    """Look at a customer, with its contacts."""
    rows = dicts(session.execute(_one(caller), {"customer_id": customer_id}))
    if not rows:
        raise NotFound
    if rows[0]["in_pool"]:
        viewing.open_in_pool(session, caller, customer_id, rows[0])
    row = opened(vault_of(session), rows[0])
    put_into(custom_fields_of(session).of(CUSTOMERS), row)
    return row


def opened(vault: Vault, row: dict[str, Any]) -> dict[str, Any]:
    """A whole customer with its contacts, contact data in clear."""
    vault.open_rows([row], "customers", SEALED)
    for contact in row["contacts"]:
        contact_id = UUID(contact["id"])
        for name in contacts.SEALED:
            contact[name] = vault.open(from_json(contact[name]), f"contacts.{name}", contact_id)
    return row


@lru_cache(QUERIES_KEPT)
def _one(caller: Caller) -> Select[*tuple[Any, ...]]:
    """The query for one customer, remembered: making it takes longer than answering it."""
    return WHOLE.where(TABLE.id == bindparam("customer_id"), sight.in_sight(caller))


def find_customers(session: Session, caller: Caller, *, in_pool: bool | None, **search: Any) -> dict[str, Any]:
    """List the customers that you see, filtered, searched by name, in order.

    Those in the pools that are for you are among them if you may claim.
    """
    pools = sight.pools_for(session, caller)
    paths = sight.paths(caller, pools, in_pool=in_pool)
    page = list_customers(session, paths, **_as_seen_by(session, caller, search))
    return pool_hiding.withhold(session, caller, page)


def find_pool_customers(session: Session, caller: Caller, pool_id: UUID | None, **search: Any) -> dict[str, Any]:
    """List the customers in the pools that are for you, or in one of them."""
    pools = tuple(one for one in sight.pools_for(session, caller) if pool_id in (None, one))
    page = list_customers(session, sight.waiting_in(pools), **_as_seen_by(session, caller, search))
    return pool_hiding.withhold(session, caller, page)


def _as_seen_by(session: Session, caller: Caller, search: dict[str, Any]) -> dict[str, Any]:
    """The search with its filter on the fields that the caller may read."""
    _check_asked(caller, search)
    asked = [field for parameter, field in REACHED_AT.items() if search.get(parameter) is not None]
    return search | {"filter": searched(session, caller, search["filter"], asked)}


def searched(
    session: Session, caller: Caller, tree: dict[str, Any] | None, more: Iterable[str] = ()
) -> pool_hiding.OpenFilter | None:
    """What compiles the tree of a search that is also for these fields; it finds nothing by what is hidden."""
    seen = filtering(session, caller, tree) if tree else None
    return pool_hiding.open_filter(caller, seen, tree, more)


def filtering(session: Session, caller: Caller, tree: dict[str, Any]) -> SeenFilter:
    """What compiles the tree, on the columns and custom fields that the caller may read."""
    more = CustomTests(custom_fields_of(session), vault_of(session), CUSTOMERS, caller.field_rules)
    return SeenFilter.of(tree, resource=CUSTOMERS, caller=caller, more=more)


def _check_asked(caller: Caller, search: dict[str, Any]) -> None:
    """Raises Invalid, as for a parameter that does not exist, for contact data that the caller cannot read in all."""
    for parameter, field in REACHED_AT.items():
        readable = all(caller.field_rules.reads(one, field) for one in (CUSTOMERS, CONTACTS))
        if search.get(parameter) is not None and not readable:
            raise Invalid.field(f"/{parameter}", "Unknown field.")


def find_subsidiaries(
    session: Session, caller: Caller, customer_id: UUID, limit: int, cursor: str | None
) -> dict[str, Any]:
    """List the companies directly below a customer that you see, by name."""
    if session.scalar(sight.visible_ids(caller).where(Customer.id == customer_id)) is None:
        raise NotFound
    below = ROWS.where(TABLE.parent_id == customer_id, sight.in_sight(caller))
    page = paged(session, below, order=TABLE.name_key, key=TABLE.id, descending=False, limit=limit, cursor=cursor)
    return pool_hiding.withhold(session, caller, shown(session, page))
