"""What the audit trail tells of interactions: the texts without personal data, and what is not told."""

AUDITED: dict[str, tuple[str, ...] | None] = {
    "interactions": ("kind", "direction"),
    "follow_ups": ("state",),
    # They repeat what the follow-up tells.
    "reminders": None,
}
