"""What customers offers for ids in other systems: a part of its table of contents."""

from chassis.operations import operation
from services.customers.external_ids import commands
from services.customers.external_ids.commands import ExternalIdTaken, TooManyExternalIds
from services.customers.external_ids.schemas import ExternalIdPage, ExternalIdSearch, ExternalIdView, NewExternalId


class ExternalIds:
    """Which ids customers have in other systems."""

    add_external_id = operation(
        "POST /customers/{customer_id}/external-ids",
        commands.add_external_id,
        takes=NewExternalId,
        gives=ExternalIdView,
        needs="customers:change",
        status=201,
        errors=(ExternalIdTaken, TooManyExternalIds),
    )
    remove_external_id = operation(
        "DELETE /external-ids/{link_id}", commands.remove_external_id, needs="customers:change"
    )
    find_external_ids = operation(
        "GET /external-ids",
        commands.find_external_ids,
        takes=ExternalIdSearch,
        gives=ExternalIdPage,
        needs="customers:read",
    )
