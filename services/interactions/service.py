"""The catalogue of everything that interactions does."""

from collections.abc import Mapping
from typing import Any, ClassVar

from chassis.operations import AUTHENTICATED, on, operation, timer
from chassis.paging import PageRequest
from chassis.service import Service
from chassis.sharing import table as shares
from contracts.customers import CUSTOMER_EVENTS, CustomerRemoved, CustomerShared
from contracts.pools import RecycleAnnounced
from services.interactions import batches, commands, follow_ups, queries, reminders, replicas
from services.interactions.audited import AUDITED
from services.interactions.errors import (
    CustomerNotKnownHere,
    FollowUpClosed,
    InteractionIdTaken,
    PersonCannotSeeCustomer,
    PersonOutOfReach,
)
from services.interactions.handing_over import HANDING_OVER
from services.interactions.merging import MERGING
from services.interactions.models import Base
from services.interactions.personal import PERSONAL
from services.interactions.schemas import (
    BatchResults,
    FollowUpPage,
    FollowUpPlan,
    FollowUpSearch,
    FollowUpView,
    InteractionBatch,
    InteractionCorrection,
    InteractionPage,
    InteractionSearch,
    InteractionView,
    ListedInteractionPage,
    NewInteraction,
    ReminderPage,
    ReminderView,
    TimelineRequest,
)


class InteractionsService(Service):
    """What happens with customers — calls, mails, meetings, messages, notes — and when to turn to them next."""

    name = "interactions"
    metadata = Base.metadata
    personal = PERSONAL
    merging = MERGING
    audited = AUDITED
    resources: ClassVar[Mapping[str, Any]] = {"interaction": queries.visible_ids, "follow_up": follow_ups.visible_ids}

    log_interaction = operation(
        "POST /customers/{customer_id}/interactions",
        commands.log_interaction,
        takes=NewInteraction,
        gives=InteractionView,
        needs="interactions:create",
        status=201,
        errors=(CustomerNotKnownHere, InteractionIdTaken, PersonOutOfReach),
    )
    log_interactions = operation(
        "POST /interactions/batch",
        batches.log_interactions,
        takes=InteractionBatch,
        gives=BatchResults,
        needs="interactions:create",
        timeout=30,
    )
    get_interaction = operation(
        "GET /interactions/{interaction_id}", queries.get_interaction, gives=InteractionView, needs="interactions:read"
    )
    correct_interaction = operation(
        "PATCH /interactions/{interaction_id}",
        commands.correct_interaction,
        takes=InteractionCorrection,
        gives=InteractionView,
        needs="interactions:read",
        guarded=True,
    )
    find_interactions = operation(
        "GET /interactions",
        queries.find_interactions,
        takes=InteractionSearch,
        gives=ListedInteractionPage,
        needs="interactions:read",
    )
    customer_timeline = operation(
        "GET /customers/{customer_id}/timeline",
        queries.customer_timeline,
        takes=TimelineRequest,
        gives=InteractionPage,
        needs="interactions:read",
        errors=(CustomerNotKnownHere,),
    )

    plan_follow_up = operation(
        "POST /customers/{customer_id}/follow-up",
        follow_ups.plan_follow_up,
        takes=FollowUpPlan,
        gives=FollowUpView,
        needs="interactions:create",
        errors=(CustomerNotKnownHere, PersonOutOfReach, PersonCannotSeeCustomer),
    )
    find_follow_ups = operation(
        "GET /follow-ups",
        follow_ups.find_follow_ups,
        takes=FollowUpSearch,
        gives=FollowUpPage,
        needs="interactions:read",
    )
    finish_follow_up = operation(
        "POST /follow-ups/{follow_up_id}/done",
        follow_ups.finish_follow_up,
        gives=FollowUpView,
        needs="interactions:create",
        errors=(FollowUpClosed,),
    )
    cancel_follow_up = operation(
        "POST /follow-ups/{follow_up_id}/cancel",
        follow_ups.cancel_follow_up,
        gives=FollowUpView,
        needs="interactions:create",
        errors=(FollowUpClosed,),
    )

    find_reminders = operation(
        "GET /reminders", reminders.find_reminders, takes=PageRequest, gives=ReminderPage, needs=AUTHENTICATED
    )
    read_reminder = operation(
        "POST /reminders/{reminder_id}/read", reminders.read_reminder, gives=ReminderView, needs=AUTHENTICATED
    )

    keep_customer = on(CUSTOMER_EVENTS, replicas.keep_customer)
    drop_customer = on(CustomerRemoved, replicas.drop_customer)
    recycle_announced = on(RecycleAnnounced, reminders.note_recycle)
    keep_customer_share = on(CustomerShared, shares.keep)
    follow_merge = MERGING.handler
    merge_settled = MERGING.settling
    person_left = HANDING_OVER.handler
    hand_over = HANDING_OVER.job
    follow_up_due = timer(follow_ups.remind)
