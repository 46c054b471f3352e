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


class UnknownPool(Conflict):
    """Customers go to pools that are open to whoever puts them there."""

    slug, title = "unknown-pool", "There is no such pool, or it is not open to you"


class TooManyContacts(Conflict):
    """A customer has room for a number of contacts."""

    slug, title = "too-many-contacts", "The customer has as many contacts as it can have"


class UnknownContact(Invalid):
    """The contact is none of this customer."""

    slug, title = "unknown-contact", "There is no such contact at this customer"


class UnknownTerm(Invalid):
    """Industries, grades, sizes and sources are those of the dictionaries."""

    slug, title = "unknown-term", "There is no such term in the dictionary"


class TermExists(Conflict):
    """A dictionary has each code once."""

    slug, title = "term-exists", "The dictionary has this code already"


class UnknownParentTerm(Conflict):
    """A branch of a tree hangs on a term that is there, and its code begins with that one's."""

    slug, title = "unknown-parent-term", "There is no such term above it, or the code does not begin with its code"


class NoWayToStage(Conflict):
    """Stages of life follow on each other."""

    slug, title = "no-way-to-stage", "From its present stage the customer cannot come to this one"


class ReasonNeeded(Conflict):
    """Whoever gives up a customer says why."""

    slug, title = "reason-needed", "To lose a customer takes a reason"


class UnusableDefaults(Invalid):
    """What an import is to put where a row has nothing would not be taken from a row either."""

    slug, title = "unusable-defaults", "The defaults of the import cannot be used"
