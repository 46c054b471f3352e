"""The part of customers' table of contents that is about grades and stages."""

from chassis.operations import operation
from chassis.paging import PageRequest
from services.customers.errors import NoWayToStage, ReasonNeeded, UnknownTerm
from services.customers.schemas import CustomerView
from services.customers.standing import commands
from services.customers.standing.schemas import Grading, Move, StandingPage


class Standings:
    """Grades and stages of life."""

    grade_customer = operation(
        "POST /customers/{customer_id}/grade",
        commands.grade_customer,
        takes=Grading,
        gives=CustomerView,
        needs="customers:change",
        errors=(UnknownTerm,),
    )
    move_customer = operation(
        "POST /customers/{customer_id}/stage",
        commands.move_customer,
        takes=Move,
        gives=CustomerView,
        needs="customers:change",
        errors=(NoWayToStage, ReasonNeeded),
    )
    customer_standings = operation(
        "GET /customers/{customer_id}/standings",
        commands.customer_standings,
        takes=PageRequest,
        gives=StandingPage,
        needs="customers:read",
    )
