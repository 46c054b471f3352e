"""The part of customers' table of contents that is about postal addresses."""

from chassis.operations import operation
from services.customers.addresses import commands
from services.customers.addresses.errors import AddressExists, TooManyAddresses
from services.customers.addresses.schemas import AddressChange, AddressesView, NewAddress
from services.customers.errors import UnknownContact
from services.customers.pool_errors import ViewQuotaReached


class Addresses:
    """Several addresses of a customer and of each contact."""

    customer_addresses = operation(
        "GET /customers/{customer_id}/addresses",
        commands.customer_addresses,
        gives=AddressesView,
        needs="customers:read",
        errors=(ViewQuotaReached,),
    )
    add_address = operation(
        "POST /customers/{customer_id}/addresses",
        commands.add_address,
        takes=NewAddress,
        gives=AddressesView,
        needs="customers:change",
        status=201,
        errors=(AddressExists, TooManyAddresses, UnknownContact),
    )
    change_address = operation(
        "PATCH /customers/{customer_id}/addresses/{address_id}",
        commands.change_address,
        takes=AddressChange,
        gives=AddressesView,
        needs="customers:change",
        guarded=True,
        errors=(AddressExists,),
    )
    remove_address = operation(
        "DELETE /customers/{customer_id}/addresses/{address_id}",
        commands.remove_address,
        gives=AddressesView,
        needs="customers:change",
        guarded=True,
    )
