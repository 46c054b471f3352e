"""What is refused about relations."""

from chassis.errors import Conflict


class UnknownEnd(Conflict):
    """The other customer is not there, or cannot be seen."""

    slug, title = "unknown-end", "There is no such customer to relate to"


class WrongEnds(Conflict):
    """People work at organisations and report to people; only who works somewhere has a role there."""

    slug, title = "wrong-ends", "This relation does not fit these customers"


class RelationExists(Conflict):
    """The two have this relation already."""

    slug, title = "relation-exists", "There is such a relation already, and it lasts"


class WrongDays(Conflict):
    """A relation begins before it ends."""

    slug, title = "wrong-days", "The relation would end before it begins"
