"""The part of the table of contents that keeps customers from being there twice."""

from chassis.operations import operation
from services.customers.duplicates import checking, rules
from services.customers.duplicates.schemas import Candidate, CheckView, RulesChange, RulesView


class Duplicates:
    """No customer twice."""

    check_customer = operation(
        "POST /customers/check",
        checking.check_customer,
        takes=Candidate,
        gives=CheckView,
        needs="customers:create",
    )
    get_duplicate_rules = operation(
        "GET /duplicates/rules", rules.get_rules, gives=RulesView, needs="duplicates:configure"
    )
    change_duplicate_rules = operation(
        "PUT /duplicates/rules",
        rules.change_rules,
        takes=RulesChange,
        gives=RulesView,
        needs="duplicates:configure",
        guarded=True,
    )
