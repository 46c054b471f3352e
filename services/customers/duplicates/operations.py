"""The part of the table of contents that keeps customers from being there twice."""

from chassis.job_operations import JobStarted
from chassis.operations import job, operation, timer
from services.customers.duplicates import checking, finding, queue, rules
from services.customers.duplicates.pairs import AlreadyDecided
from services.customers.duplicates.schemas import (
    Candidate,
    CheckView,
    DuplicatePage,
    DuplicateSearch,
    DuplicateView,
    RulesChange,
    RulesView,
)


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
    start_finding = operation(
        "POST /duplicates/find", finding.start_finding, gives=JobStarted, needs="duplicates:configure", status=202
    )
    find_duplicates = job(finding.find_duplicates)
    find_changed_duplicates = timer(finding.find_changed)
    list_duplicates = operation(
        "GET /duplicates", queue.find_duplicates, takes=DuplicateSearch, gives=DuplicatePage, needs="duplicates:read"
    )
    tell_apart = operation(
        "POST /duplicates/{pair_id}/distinct",
        queue.tell_apart,
        gives=DuplicateView,
        needs="duplicates:decide",
        errors=(AlreadyDecided,),
    )
