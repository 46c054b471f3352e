"""The part of customers' table of contents that is about search."""

from chassis.operations import operation, timer
from services.customers.searching import filling, finding
from services.customers.searching.schemas import Hits, Question


class Searching:
    """Finding customers and contacts as a person thinks of them."""

    search = operation("GET /search", finding.search, takes=Question, gives=Hits, needs="customers:read")
    suggest = operation("GET /search/suggestions", finding.suggest, takes=Question, gives=Hits, needs="customers:read")
    fill_search = timer(filling.fill)
