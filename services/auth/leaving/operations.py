"""What auth offers when somebody leaves: a part of its table of contents."""

from chassis.job_operations import JobStarted
from chassis.operations import job, on, operation
from services.auth.errors import BeyondOwnRights, LastAdministrator
from services.auth.leaving import progress, starting
from services.auth.leaving.errors import CannotTakeOver, LeavesToAnother, LeavingOneself, StillTakingOver
from services.auth.leaving.schemas import DepartureView, Leave


class LeavingOperations:
    """Closing an account for good, and handing over what was its owner's."""

    let_leave = operation(
        "POST /users/{user_id}/leave",
        starting.let_leave,
        takes=Leave,
        gives=JobStarted,
        needs="users:change",
        step_up=True,
        status=202,
        errors=(
            CannotTakeOver,
            LeavesToAnother,
            StillTakingOver,
            LeavingOneself,
            LastAdministrator,
            BeyondOwnRights,
        ),
    )
    get_departure = operation(
        "GET /users/{user_id}/departure", progress.get_departure, gives=DepartureView, needs="users:change"
    )
    note_hand_over = on(progress.HAND_OVERS, progress.note)
    departure = job(progress.watch)
