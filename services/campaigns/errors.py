"""The refusals of campaigns."""

from chassis.errors import Conflict, Invalid


class CampaignExists(Conflict):
    """The id that the client brought is taken."""

    slug, title = "campaign-exists", "There is a campaign of this id already"


class NotADraft(Conflict):
    """What is or was being sent cannot be changed any more."""

    slug, title = "not-a-draft", "Only a draft can be changed"


class WrongState(Conflict):
    """The campaign is in a state that this does not lead on from."""

    slug, title = "wrong-campaign-state", "The campaign is not in a state for this"


class NothingUncertain(Conflict):
    """Only what is uncertain can be resolved."""

    slug, title = "nothing-uncertain", "It is not uncertain whether this message was sent"


class AlreadyUnsubscribed(Conflict):
    """The address is on the list already."""

    slug, title = "already-unsubscribed", "This address is unsubscribed already"


class AlreadyLifted(Conflict):
    """The address may be written to again already."""

    slug, title = "already-lifted", "This unsubscription was lifted already"


class NotRenderable(Conflict):
    """The template copes with the sample, but not with this customer."""

    slug, title = "not-renderable", "The template gives no message for this customer"


class UnusableTemplate(Invalid):
    """A part of the template is not of its language, or gives no message."""

    slug, title = "unusable-template", "The template cannot be used"


class TimeIsOver(Invalid):
    """A campaign cannot be sent in the past."""

    slug, title = "time-is-over", "This time is over"


class UnknownCustomer(Invalid):
    """The customer that is named is not there, or cannot be seen."""

    slug, title = "unknown-customer", "There is no such customer that you may see"
