"""What customers offers for taking back imports and bulk changes: a part of its table of contents."""

from chassis.job_operations import JobStarted
from chassis.operations import job, operation, timer
from chassis.paging import PageRequest
from services.customers.changesets import keeping, queries, undoing
from services.customers.changesets.errors import NotToBeUndone
from services.customers.changesets.schemas import ChangeSetPage, ChangeSetView, UndoOrder


class ChangeSets:
    """What was done to many customers at once, and taking it back."""

    find_change_sets = operation(
        "GET /change-sets", queries.find_change_sets, takes=PageRequest, gives=ChangeSetPage, needs=undoing.UNDO
    )
    get_change_set = operation(
        "GET /change-sets/{change_set_id}", queries.get_change_set, gives=ChangeSetView, needs=undoing.UNDO
    )
    undo_change_set = operation(
        "POST /change-sets/{change_set_id}/undo",
        undoing.undo_change_set,
        takes=UndoOrder,
        gives=JobStarted,
        needs=undoing.UNDO,
        step_up=True,
        status=202,
        errors=(NotToBeUndone,),
    )
    undo_changes = job(undoing.undo_changes)
    drop_change_set = timer(keeping.drop_change_set)
