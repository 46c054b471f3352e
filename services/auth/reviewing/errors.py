"""What reviewing refuses."""

from chassis.errors import Conflict


class AlreadyDecided(Conflict):
    """A line is decided once; the next review asks again."""

    slug, title = "already-decided", "This line has been decided"


class ReviewUnderWay(Conflict):
    """Two reviews at once would ask everybody the same twice."""

    slug, title = "review-under-way", "The last access review is not finished"
