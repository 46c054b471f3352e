"""What is refused of addresses."""

from chassis.errors import Conflict


class AddressExists(Conflict):
    """An address of a kind stands once with a customer, and once with each contact."""

    slug, title = "address-exists", "The customer or contact has this address already"


class TooManyAddresses(Conflict):
    """A customer, and each contact, has room for a number of addresses."""

    slug, title = "too-many-addresses", "There are as many addresses as there can be"
