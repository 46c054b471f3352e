"""Customers can be shared with colleagues and partners."""

from chassis.sharing.operations import Sharing
from contracts.customers import CustomerShared
from services.customers.models import Customer

CUSTOMER_SHARING = Sharing(model=Customer, event=CustomerShared, path="/customers/{customer_id}")
