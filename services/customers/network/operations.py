"""The part of customers' table of contents that is about the network."""

from chassis.operations import operation
from services.customers.errors import IdTaken
from services.customers.network import around, relations
from services.customers.network import schemas as s
from services.customers.network.errors import RelationExists, UnknownEnd, WrongDays, WrongEnds
from services.customers.network.group import group


class Network:
    """Relations between customers, and what they tell."""

    add_relation = operation(
        "POST /customers/{customer_id}/relations",
        relations.add_relation,
        takes=s.NewRelation,
        gives=s.RelationView,
        needs="customers:change",
        status=201,
        errors=(IdTaken, UnknownEnd, WrongEnds, WrongDays, RelationExists),
    )
    customer_relations = operation(
        "GET /customers/{customer_id}/relations",
        relations.customer_relations,
        takes=s.RelationSearch,
        gives=s.RelationPage,
        needs="customers:read",
    )
    change_relation = operation(
        "PATCH /relations/{relation_id}",
        relations.change_relation,
        takes=s.RelationChange,
        gives=s.RelationView,
        needs="customers:change",
        guarded=True,
        errors=(WrongEnds, WrongDays, RelationExists),
    )
    remove_relation = operation("DELETE /relations/{relation_id}", relations.remove_relation, needs="customers:change")
    customer_network = operation(
        "GET /customers/{customer_id}/network",
        around.network,
        takes=s.NetworkSearch,
        gives=s.NetworkView,
        needs="customers:read",
    )
    customer_path = operation(
        "GET /customers/{customer_id}/paths/{to_id}",
        around.path,
        takes=s.PathSearch,
        gives=s.PathView,
        needs="customers:read",
    )
    customer_position = operation(
        "GET /customers/{customer_id}/position", around.position, gives=s.PositionView, needs="customers:read"
    )
    customer_suggestions = operation(
        "GET /customers/{customer_id}/suggestions",
        around.suggestions,
        takes=s.SuggestionSearch,
        gives=s.SuggestionsView,
        needs="customers:read",
    )
    customer_group = operation("GET /customers/{customer_id}/group", group, gives=s.GroupView, needs="customers:read")
