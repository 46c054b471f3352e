"""What customers refuses."""

from chassis.errors import Conflict, Invalid


class IdTaken(Conflict):
    """The id that the client brought belongs to another record."""

    slug, title = "id-taken", "There is a record with this id"


class UnknownParent(Conflict):
    """The parent company is not there, or cannot be seen."""

    slug, title = "unknown-parent", "There is no such parent company"


class ParentCycle(Conflict):
    """A company cannot stand above itself, not even by way of others."""

    slug, title = "parent-cycle", "A customer cannot be above itself"


class AlreadyClaimed(Conflict):
    """Somebody else took the customer from the pool first."""

    slug, title = "already-claimed", "The customer has an owner already"


class AlreadyInPool(Conflict):
    """What lies in the pool cannot be put there."""

    slug, title = "already-in-pool", "The customer is in the pool already"


class UnknownOwner(Conflict):
    """A customer is assigned to people who can work."""

    slug, title = "unknown-owner", "There is no active person with this id"


class TooManyContacts(Conflict):
    """A customer has room for a number of contacts."""

    slug, title = "too-many-contacts", "The customer has as many contacts as it can have"


class UnusableDefaults(Invalid):
    """What an import is to put where a row has nothing would not be taken from a row either."""

    slug, title = "unusable-defaults", "The defaults of the import cannot be used"
