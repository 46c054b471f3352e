"""What the audit trail tells of customers: the texts without personal data, and what is not told."""

AUDITED: dict[str, tuple[str, ...] | None] = {
    "customers": ("kind", "sector", "country"),
    "ownerships": ("how",),
}
