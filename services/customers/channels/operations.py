"""The part of customers' table of contents that is about the ways to reach them."""

from chassis.operations import operation
from services.customers.channels import commands
from services.customers.channels.errors import ChannelExists, TooManyChannels, UnsuitableValue
from services.customers.channels.schemas import ChannelChange, ChannelsView, NewChannel
from services.customers.duplicates.checking import CustomerExists
from services.customers.errors import UnknownContact
from services.customers.pool_errors import ViewQuotaReached


class Channels:
    """Several numbers and addresses of a customer and of each contact, with what is known of them."""

    customer_channels = operation(
        "GET /customers/{customer_id}/channels",
        commands.customer_channels,
        gives=ChannelsView,
        needs="customers:read",
        errors=(ViewQuotaReached,),
    )
    add_channel = operation(
        "POST /customers/{customer_id}/channels",
        commands.add_channel,
        takes=NewChannel,
        gives=ChannelsView,
        needs="customers:change",
        status=201,
        errors=(ChannelExists, TooManyChannels, UnknownContact, UnsuitableValue, CustomerExists),
    )
    change_channel = operation(
        "PATCH /customers/{customer_id}/channels/{channel_id}",
        commands.change_channel,
        takes=ChannelChange,
        gives=ChannelsView,
        needs="customers:change",
        guarded=True,
        errors=(CustomerExists,),
    )
    remove_channel = operation(
        "DELETE /customers/{customer_id}/channels/{channel_id}",
        commands.remove_channel,
        gives=ChannelsView,
        needs="customers:change",
        guarded=True,
    )
