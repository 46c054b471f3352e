"""What cannot be undone."""

from chassis.errors import Conflict


class NotToBeUndone(Conflict):
    """The job is still at work, or has been undone."""

    slug, title = "not-to-be-undone", "This cannot be undone now"
