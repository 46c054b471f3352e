"""The part of customers' table of contents that is about tasks."""

from chassis.operations import operation
from services.customers.tasks import commands
from services.customers.tasks import schemas as ts
from services.customers.tasks.errors import TaskClosed


class Tasks:
    """What people have to put right about customers."""

    find_tasks = operation(
        "GET /customer-tasks",
        commands.find_tasks,
        takes=ts.TaskSearch,
        gives=ts.CustomerTaskPage,
        needs="customers:read",
    )
    count_tasks = operation(
        "GET /customer-tasks/counts",
        commands.count_tasks,
        takes=ts.TaskCountSearch,
        gives=ts.TaskCounts,
        needs="customers:read",
    )
    get_task = operation(
        "GET /customer-tasks/{task_id}", commands.get_task, gives=ts.CustomerTaskView, needs="customers:read"
    )
    dismiss_task = operation(
        "POST /customer-tasks/{task_id}/dismiss",
        commands.dismiss_task,
        takes=ts.Dismissal,
        gives=ts.CustomerTaskView,
        needs="customers:change",
        errors=(TaskClosed,),
    )
