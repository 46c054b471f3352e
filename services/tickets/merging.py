"""What becomes of tickets when customers turn out to be one."""

from chassis.merging.following import FollowedMerging
from contracts.customers import CustomersMerged, CustomersUnmerged
from contracts.tickets import TicketsFollowedMerge
from services.tickets import replicas
from services.tickets.models import Customer

MERGING = FollowedMerging(
    model=Customer,
    pointer="customer_id",
    visible=replicas.customers_in_sight,
    merged=CustomersMerged,
    unmerged=CustomersUnmerged,
    followed=TicketsFollowedMerge,
)
