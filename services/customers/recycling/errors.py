"""What protection refuses."""

from services.customers.pool_errors import RuleRefuses


class ProtectionOver(RuleRefuses):
    """A customer can be protected for so long and no longer."""

    slug, title, rule = "protection-over", "It cannot be protected for so long", "protect_days"


class TooManyProtected(RuleRefuses):
    """Whoever protects everything keeps everything to himself."""

    slug, title, rule = "too-many-protected", "You protect as many customers as you may", "protected"
