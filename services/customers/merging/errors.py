"""What merging refuses."""

from chassis.errors import Conflict, Forbidden, Invalid


class NotMerged(Conflict):
    """Only what is merged can be taken apart."""

    slug, title = "not-merged", "The customers are not merged by this any more"


class MergedFurther(Conflict):
    """The customer was merged into another one since: that has to be taken back first."""

    slug, title = "merged-further", "A later merge has to be taken back first"


class NothingToRestore(Conflict):
    """A person was erased; what was known of him is not there to come back."""

    slug, title = "nothing-to-restore", "What was known before the merge was erased"


class OnHold(Conflict):
    """What must be kept as it is becomes no part of something else."""

    slug, title = "on-hold", "One of the customers is under a legal hold"


class NotInFull(Forbidden):
    """Who merges moves everything that is known, so he must be able to read and write all of it."""

    slug, title = "not-in-full", "You may not read and write all fields of these customers"


class NotTwo(Invalid):
    """A merge makes one of several."""

    slug, title = "not-two", "Each customer once, and not the one that stays"


class UnknownChoice(Invalid):
    """A field is taken from one of the customers that are merged."""

    slug, title = "unknown-choice", "A field can only be taken from one of these customers"
