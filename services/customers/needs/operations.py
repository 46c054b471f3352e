"""The part of customers' table of contents that is about what customers want."""

from chassis.operations import operation
from services.customers.errors import IdTaken
from services.customers.needs import commands
from services.customers.needs.schemas import NeedChange, NeedPage, NeedSearch, NeedView, NewNeed


class Needs:
    """Needs, interests and preferences, with the evidence for them."""

    note_need = operation(
        "POST /customers/{customer_id}/needs",
        commands.note_need,
        takes=NewNeed,
        gives=NeedView,
        needs="customers:change",
        status=201,
        errors=(IdTaken,),
    )
    customer_needs = operation(
        "GET /customers/{customer_id}/needs",
        commands.customer_needs,
        takes=NeedSearch,
        gives=NeedPage,
        needs="customers:read",
    )
    change_need = operation(
        "PATCH /needs/{need_id}",
        commands.change_need,
        takes=NeedChange,
        gives=NeedView,
        needs="customers:change",
        guarded=True,
    )
    remove_need = operation("DELETE /needs/{need_id}", commands.remove_need, needs="customers:change")
