"""What tasks refuse."""

from chassis.errors import Conflict


class TaskClosed(Conflict):
    """A task is done or dismissed once."""

    slug, title = "task-closed", "The task is done or dismissed already"
