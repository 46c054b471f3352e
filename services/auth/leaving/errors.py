"""What stands in the way of a departure."""

from chassis.errors import Conflict


class CannotTakeOver(Conflict):
    """Whoever takes over is somebody else, has an open account, and is in the reach of users:change, too."""

    slug, title = "cannot-take-over", "This person cannot take over"


class LeavesToAnother(Conflict):
    """What somebody owned goes to one person; that one can hand it on later."""

    slug, title = "leaves-to-another", "The person leaves, or has left, to somebody else"


class StillTakingOver(Conflict):
    """Somebody who is just being given a leaver's records cannot leave before he has them all."""

    slug, title = "still-taking-over", "The person is taking over from somebody; wait until that is done"


class LeavingOneself(Conflict):
    """Somebody else has to see to it."""

    slug, title = "leaving-oneself", "Let somebody else do this for you"
