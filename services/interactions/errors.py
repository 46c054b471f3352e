"""What interactions refuses."""

from chassis.errors import Conflict, NotFound


class CustomerNotKnownHere(NotFound):
    """There is no such customer in sight, or it is so new that this service has not heard of it yet."""

    slug, title = "customer-not-known-here", "There is no such customer, or it is not known here yet"


class InteractionIdTaken(Conflict):
    """The id that the client brought belongs to another interaction."""

    slug, title = "interaction-id-taken", "There is another interaction with this id"


class PersonOutOfReach(Conflict):
    """Acting in the name of a colleague needs a right that reaches him."""

    slug, title = "person-out-of-reach", "You cannot act for this person, or there is no such person"


class PersonCannotSeeCustomer(Conflict):
    """A follow-up is no use to somebody who may not see the customer."""

    slug, title = "person-cannot-see-customer", "This person may not see the customer"


class FollowUpClosed(Conflict):
    """What is done or cancelled is not planned any more."""

    slug, title = "follow-up-closed", "The follow-up is closed"
