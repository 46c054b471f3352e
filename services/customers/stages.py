"""The stages of a customer's life, and the ways between them."""

from services.customers.errors import NoWayToStage, ReasonNeeded

LEAD, PROSPECT, CUSTOMER, LOST = STAGES = ("lead", "prospect", "customer", "lost")

WAYS = {
    LEAD: {PROSPECT, CUSTOMER, LOST},
    PROSPECT: {LEAD, CUSTOMER, LOST},
    CUSTOMER: {LOST},
    LOST: {LEAD, PROSPECT, CUSTOMER},
}
"""From who has bought nothing leads a way to all others; who has bought stays a customer until he is lost."""


def check_way(before: str, after: str, reason: str | None) -> None:
    """Raises NoWayToStage, and ReasonNeeded where somebody is given up without one."""
    if after not in WAYS[before]:
        raise NoWayToStage(f"It is {before}; from there it can become {', '.join(sorted(WAYS[before]))}")
    if after == LOST and reason is None:
        raise ReasonNeeded
