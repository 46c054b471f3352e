"""What the pools refuse: each refusal by a rule names the rule and the instant at which it will pass."""

from datetime import datetime
from typing import Any, ClassVar

from chassis.errors import Conflict, Invalid


class OneOfTwo(Invalid):
    """Two ways of saying it shut each other out."""

    slug, title = "one-of-two", "Give exactly one of the two"


class UnknownMember(Invalid):
    """A pool is for people, teams and roles that there are."""

    slug, title = "unknown-member", "A person, team or role that is named is not there"


class UnknownReason(Conflict):
    """The reason is a word of the list."""

    slug, title = "unknown-reason", "There is no such reason for a release"


class ReasonRequired(Conflict):
    """The pool that takes the customer wants to know why it comes."""

    slug, title = "reason-required", "The pool takes nothing without a reason of the list"


class PoolNameTaken(Conflict):
    """Two pools, or two reasons, cannot be told apart."""

    slug, title = "name-taken", "There is one of this name already"


class TooManyPools(Conflict):
    """There is room for a number of pools."""

    slug, title = "too-many-pools", "There are as many pools as there can be"


class DefaultPoolOpen(Conflict):
    """Something must take what no other pool takes."""

    slug, title = "default-pool-open", "The default pool stays open to everybody"


class NotForYou(Conflict):
    """The customer waits in a pool for others."""

    slug, title = "not-for-you", "The pool of this customer is not for you"


class RuleRefuses(Conflict):
    """A rule of the pool refuses it for now."""

    rule: ClassVar[str] = ""
    members: ClassVar[dict[str, Any]] = {
        "rule": {
            "type": "string",
            "description": "Which rule of the pool refuses it.",
            "example": "claims_per_day",
        },
        "passes_at": {
            "type": ["string", "null"],
            "format": "date-time",
            "description": "The instant from which the rule does not refuse it any more; null if no time is set.",
            "example": "2026-02-01T00:00:00Z",
        },
    }

    def __init__(self, detail: str, *, passes_at: datetime | None, retry_after: int | None = None) -> None:
        super().__init__(detail, retry_after=retry_after)
        self.passes_at = passes_at

    def as_dict(self) -> dict[str, Any]:
        """The problem with the rule and the instant."""
        return super().as_dict() | {"rule": self.rule, "passes_at": self.passes_at}


class ClaimQuotaReached(RuleRefuses):
    """A day has a number of claims for each; what was released is not given back."""

    slug, title, rule = "claim-quota-reached", "You have claimed as many today as you may", "claims_per_day"


class CapacityReached(RuleRefuses):
    """A person looks after a number of customers."""

    slug, title, rule = "capacity-reached", "There is no room for another customer", "capacity"


class CoolingDown(RuleRefuses):
    """Whoever gave a customer back cannot take it again at once."""

    slug, title, rule = "cooling-down", "You owned it last; leave it to others for a while", "cool_down"


class NobodyFree(RuleRefuses):
    """Everybody whom it could go to has as many as he can have."""

    slug, title, rule = "nobody-free", "There is nobody whom it could go to", "capacity"

    def __init__(self) -> None:
        super().__init__(self.title, passes_at=None)


class NoRuleMatches(RuleRefuses):
    """The rules of the pool say nothing of such a customer."""

    slug, title, rule = "no-rule-matches", "No rule says whom it goes to", "assignment_rules"

    def __init__(self) -> None:
        super().__init__(self.title, passes_at=None)


class StillFresh(RuleRefuses):
    """What has just come can be taken a little later, by everybody."""

    slug, title, rule = "still-fresh", "It has just come into the pool", "fresh"


class ViewQuotaReached(RuleRefuses):
    """A day has a number of customers in pools that each may open."""

    slug, title, status = "view-quota-reached", "You have opened as many today as you may", 429
    rule = "views_per_day"


CLAIM_RULES = (NotForYou, ClaimQuotaReached, CapacityReached, CoolingDown, StillFresh)
"""What can stand in the way of a claim."""
