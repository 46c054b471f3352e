"""What the audit trail tells of campaigns: the texts without personal data, and what is not told."""

AUDITED: dict[str, tuple[str, ...] | None] = {
    "campaigns": ("name", "state"),
    "unsubscriptions": ("source",),
    # Who was written to, and what came of it, stands in the campaign's own report.
    "recipients": None,
}
