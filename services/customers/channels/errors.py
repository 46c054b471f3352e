"""What is refused of channels."""

from chassis.errors import Conflict


class ChannelExists(Conflict):
    """A number or address stands once with a customer, and once with each contact."""

    slug, title = "channel-exists", "The customer or contact has this channel already"


class TooManyChannels(Conflict):
    """A customer, and each contact, has room for a number of channels."""

    slug, title = "too-many-channels", "There are as many channels as there can be"
