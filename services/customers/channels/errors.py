"""What is refused of channels."""

from chassis.errors import Conflict, Invalid


class ChannelExists(Conflict):
    """A number or address stands once with a customer, and once with each contact."""

    slug, title = "channel-exists", "The customer or contact has this channel already"


class UnknownChannel(Invalid):
    """What is said to be replaced has to be there, and not stale."""

    slug, title = "unknown-channel", "The customer or contact has no such channel"


class UnsuitableValue(Invalid):
    """Telephone numbers, mail addresses and the like each have a form."""

    slug, title = "unsuitable-value", "The value is none of this kind"


class TooManyChannels(Conflict):
    """A customer, and each contact, has room for a number of channels."""

    slug, title = "too-many-channels", "There are as many channels as there can be"
