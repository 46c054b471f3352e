"""What tickets refuses."""

from chassis.errors import Conflict, NotFound


class CustomerNotKnownHere(NotFound):
    """There is no such customer in sight, or it is so new that this service has not heard of it yet."""

    slug, title = "customer-not-known-here", "There is no such customer, or it is not known here yet"


class TicketIdTaken(Conflict):
    """The id that the client brought belongs to another ticket."""

    slug, title = "ticket-id-taken", "There is another ticket with this id"


class WrongState(Conflict):
    """A ticket goes only along the ways of its states, and rests for good once it is closed or cancelled."""

    slug, title = "wrong-state", "The ticket's state does not allow this"


class UnknownTeam(Conflict):
    """A ticket in a team that does not exist would be out of everybody's sight."""

    slug, title = "unknown-team", "There is no such team, or it is not known here yet"


class CannotHandleTickets(Conflict):
    """Only active people with tickets:change can be assigned, and only within the team that was named."""

    slug, title = "person-cannot-handle-tickets", "This person cannot be given the ticket"


class AccusedPerson(Conflict):
    """Nobody handles a complaint about himself."""

    slug, title = "accused-person", "The complaint is about this person"


class OnlyComplaintsAccuse(Conflict):
    """A service request is about a thing, not about one of us."""

    slug, title = "only-complaints-accuse", "Only a complaint is about one of us"


class NobodyToAssign(Conflict):
    """No member of the team can take the ticket."""

    slug, title = "nobody-to-assign", "Nobody in the team can be given the ticket"
