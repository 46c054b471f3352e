"""The part of the table of contents that makes one customer of several, and several of one again."""

from chassis.custom_fields.errors import ValueTaken
from chassis.merging.redirecting import Merged
from chassis.operations import on, operation
from chassis.paging import PageRequest
from contracts.campaigns import CampaignsFollowedMerge
from contracts.interactions import InteractionsFollowedMerge
from contracts.tickets import TicketsFollowedMerge
from services.customers.errors import ParentCycle, TooManyContacts
from services.customers.merging import errors, following, merge, queries, unmerge
from services.customers.merging.schemas import MergeOrder, MergePage, MergePreview, MergeView

REFUSALS = (errors.NotTwo, errors.NotInFull, errors.UnknownChoice, errors.OnHold, Merged)


class Merges:
    """Customers that are one."""

    merge_customers = operation(
        "POST /customers/{customer_id}/merge",
        merge.merge_customers,
        takes=MergeOrder,
        gives=MergeView,
        needs="customers:merge",
        step_up=True,
        status=202,
        timeout=30,
        errors=(*REFUSALS, TooManyContacts, ParentCycle),
    )
    preview_merge = operation(
        "POST /customers/{customer_id}/merge/preview",
        merge.preview_merge,
        takes=MergeOrder,
        gives=MergePreview,
        needs="customers:merge",
        errors=REFUSALS,
    )
    unmerge_customers = operation(
        "POST /merges/{merge_id}/unmerge",
        unmerge.unmerge_customers,
        gives=MergeView,
        needs="customers:merge",
        step_up=True,
        status=202,
        timeout=30,
        errors=(
            *(errors.NotMerged, errors.MergedFurther, errors.NothingToRestore, errors.NotInFull),
            *(ParentCycle, ValueTaken),
        ),
    )
    find_merges = operation(
        "GET /merges", queries.find_merges, takes=PageRequest, gives=MergePage, needs="customers:merge"
    )
    get_merge = operation("GET /merges/{merge_id}", queries.get_merge, gives=MergeView, needs="customers:merge")

    note_follower = on(
        (CampaignsFollowedMerge, InteractionsFollowedMerge, TicketsFollowedMerge), following.note_follower
    )
    merge_settled = following.MERGING.settling
