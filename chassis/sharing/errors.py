"""What sharing refuses."""

from chassis.errors import Conflict, Forbidden


class BeyondOwnAccess(Forbidden):
    """Nobody shares more than he has by a reach of his own."""

    slug, title = "beyond-own-access", "You may not change this record yourself"


class UnknownGrantee(Conflict):
    """Records are shared with people who can work, and with teams that exist."""

    slug, title = "unknown-grantee", "There is no such active person or team"


class SharedWithOneself(Conflict):
    """A share with oneself would outlast what one may see otherwise."""

    slug, title = "shared-with-oneself", "A record is shared with others"


class TooManyShares(Conflict):
    """A record that so many may see is better put into a team that they belong to."""

    slug, title = "too-many-shares", "The record is shared with as many as it can be; share it with a team"


class TooManyForOne(Conflict):
    """Lists gather what is shared with somebody, so there is an end to it; a role with a wider reach has none."""

    slug, title = "too-many-for-one", "As much is shared with him as can be; give him a role with a wider reach"
