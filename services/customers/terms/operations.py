"""The part of customers' table of contents that is about the dictionaries."""

from chassis.operations import operation
from services.customers.errors import IdTaken, TermExists, UnknownParentTerm
from services.customers.terms import commands
from services.customers.terms.schemas import NewTerm, TermChange, TermPage, TermSearch, TermView


class Terms:
    """The words that customers are classified with."""

    find_terms = operation("GET /terms", commands.find_terms, takes=TermSearch, gives=TermPage, needs="customers:read")
    add_term = operation(
        "POST /terms",
        commands.add_term,
        takes=NewTerm,
        gives=TermView,
        needs="customers:configure",
        status=201,
        errors=(IdTaken, TermExists, UnknownParentTerm),
    )
    change_term = operation(
        "PATCH /terms/{term_id}",
        commands.change_term,
        takes=TermChange,
        gives=TermView,
        needs="customers:configure",
        guarded=True,
    )
