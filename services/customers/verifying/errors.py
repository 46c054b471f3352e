"""What is refused of reports."""

from chassis.errors import Conflict


class AlreadyDecided(Conflict):
    """A report is confirmed or rejected once."""

    slug, title = "already-decided", "Somebody has confirmed or rejected this already"


class TooManyReports(Conflict):
    """Nobody can look at any number of reports about one customer."""

    slug, title = "too-many-reports", "There are as many open reports about the customer as there can be"
