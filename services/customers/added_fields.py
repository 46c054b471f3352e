"""The fields that a house adds to customers (see ``chassis.custom_fields``)."""

from uuid import UUID

from sqlalchemy.orm import Session

from chassis.context import directory_of
from chassis.custom_fields.defined import Records
from chassis.custom_fields.operations import CustomFieldOperations
from chassis.identity.caller import Caller
from contracts.customers import CUSTOMERS, CustomerFieldChanged
from services.customers import sight
from services.customers.models import Customer


def _sees_customer(session: Session, caller: Caller, customer_id: UUID) -> bool:
    return session.scalar(sight.visible_ids(caller).where(Customer.id == customer_id)) is not None


def _is_active(session: Session, _: Caller, user_id: UUID) -> bool:
    return directory_of(session).is_active(user_id)


RECORDS = Records(
    CUSTOMERS,
    inputs=("name", "kind", "sector", "country", "city", "employees", "revenue", "established_year", "grade"),
    targets={"customers": _sees_customer, "users": _is_active},
)

ADDED_FIELDS = CustomFieldOperations(records=RECORDS, event=CustomerFieldChanged)
