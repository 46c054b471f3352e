"""The catalogue of everything that tickets does."""

from collections.abc import Mapping
from typing import Any, ClassVar

from chassis.operations import on, operation, timer
from chassis.paging import PageRequest
from chassis.service import Service
from chassis.sharing import table as shares
from chassis.sharing.table import visible_share_ids
from contracts.customers import CUSTOMER_EVENTS, CustomerRemoved, CustomerShared
from services.tickets import batches, handling, intake, news, queries, replicas
from services.tickets.audited import AUDITED
from services.tickets.errors import (
    AccusedPerson,
    CannotHandleTickets,
    CustomerNotKnownHere,
    NobodyToAssign,
    OnlyComplaintsAccuse,
    TicketIdTaken,
    UnknownTeam,
    WrongState,
)
from services.tickets.handing_over import HANDING_OVER
from services.tickets.merging import MERGING
from services.tickets.models import Base
from services.tickets.personal import PERSONAL
from services.tickets.schemas import (
    Assignment,
    CommentPage,
    CommentView,
    HistoryPage,
    ListedTicketPage,
    ListedTicketView,
    Move,
    NewComment,
    NewTicket,
    ServiceRecordPage,
    Solution,
    TicketBatch,
    TicketChange,
    TicketResults,
    TicketSearch,
    TicketView,
)
from services.tickets.sharing import TICKET_SHARING


class TicketsService(Service):
    """Service requests and complaints of customers, from taking them in to their solution."""

    name = "tickets"
    metadata = Base.metadata
    personal = PERSONAL
    merging = MERGING
    audited = AUDITED
    resources: ClassVar[Mapping[str, Any]] = {"ticket": queries.visible_ids, "share": visible_share_ids}

    create_ticket = operation(
        "POST /tickets",
        intake.create_ticket,
        takes=NewTicket,
        gives=TicketView,
        needs="tickets:create",
        status=201,
        errors=(
            CustomerNotKnownHere,
            TicketIdTaken,
            UnknownTeam,
            CannotHandleTickets,
            OnlyComplaintsAccuse,
            AccusedPerson,
        ),
    )
    create_tickets = operation(
        "POST /tickets/batch",
        batches.create_tickets,
        takes=TicketBatch,
        gives=TicketResults,
        needs="tickets:create",
        timeout=30,
        errors=(TicketIdTaken,),
    )
    find_tickets = operation(
        "GET /tickets", queries.find_tickets, takes=TicketSearch, gives=ListedTicketPage, needs="tickets:read"
    )
    get_ticket = operation("GET /tickets/{ticket_id}", queries.get_ticket, gives=ListedTicketView, needs="tickets:read")
    ticket_history = operation(
        "GET /tickets/{ticket_id}/history",
        queries.ticket_history,
        takes=PageRequest,
        gives=HistoryPage,
        needs="tickets:read",
    )
    ticket_comments = operation(
        "GET /tickets/{ticket_id}/comments",
        queries.ticket_comments,
        takes=PageRequest,
        gives=CommentPage,
        needs="tickets:read",
    )
    customer_tickets = operation(
        "GET /customers/{customer_id}/tickets",
        queries.customer_tickets,
        takes=PageRequest,
        gives=ServiceRecordPage,
        needs="tickets:read",
        errors=(CustomerNotKnownHere,),
    )

    change_ticket = operation(
        "PATCH /tickets/{ticket_id}",
        handling.change_ticket,
        takes=TicketChange,
        gives=TicketView,
        needs="tickets:change",
        guarded=True,
        errors=(WrongState,),
    )
    assign_ticket = operation(
        "POST /tickets/{ticket_id}/assign",
        handling.assign_ticket,
        takes=Assignment,
        gives=TicketView,
        needs="tickets:assign",
        errors=(WrongState, UnknownTeam, CannotHandleTickets, AccusedPerson, NobodyToAssign),
    )
    comment_ticket = operation(
        "POST /tickets/{ticket_id}/comments",
        handling.comment_ticket,
        takes=NewComment,
        gives=CommentView,
        needs="tickets:comment",
        status=201,
        errors=(WrongState,),
    )

    open_ticket = operation(
        "POST /tickets/{ticket_id}/open",
        handling.open_ticket,
        takes=Move,
        gives=TicketView,
        needs="tickets:change",
        errors=(WrongState,),
    )
    wait_for_customer = operation(
        "POST /tickets/{ticket_id}/wait",
        handling.wait_for_customer,
        takes=Move,
        gives=TicketView,
        needs="tickets:change",
        errors=(WrongState,),
    )
    solve_ticket = operation(
        "POST /tickets/{ticket_id}/solve",
        handling.solve_ticket,
        takes=Solution,
        gives=TicketView,
        needs="tickets:change",
        errors=(WrongState,),
    )
    close_ticket = operation(
        "POST /tickets/{ticket_id}/close",
        handling.close_ticket,
        takes=Move,
        gives=TicketView,
        needs="tickets:change",
        errors=(WrongState,),
    )
    reopen_ticket = operation(
        "POST /tickets/{ticket_id}/reopen",
        handling.reopen_ticket,
        takes=Move,
        gives=TicketView,
        needs="tickets:change",
        errors=(WrongState,),
    )
    cancel_ticket = operation(
        "POST /tickets/{ticket_id}/cancel",
        handling.cancel_ticket,
        takes=Move,
        gives=TicketView,
        needs="tickets:change",
        errors=(WrongState,),
    )

    share_ticket = TICKET_SHARING.share_operation
    ticket_shares = TICKET_SHARING.list_operation
    revoke_ticket_share = TICKET_SHARING.revoke_operation
    grantee_left = TICKET_SHARING.departure_handler
    share_expired = TICKET_SHARING.expiry_timer

    follow_merge = MERGING.handler
    merge_settled = MERGING.settling
    person_left = HANDING_OVER.handler
    hand_over = HANDING_OVER.job
    tell_open_tickets = timer(news.tell_open_tickets)
    keep_customer = on(CUSTOMER_EVENTS, replicas.keep_customer)
    drop_customer = on(CustomerRemoved, replicas.drop_customer)
    keep_customer_share = on(CustomerShared, shares.keep)
