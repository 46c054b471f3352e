"""What the audit trail tells of tickets: the texts without personal data, and what is not told."""

AUDITED: dict[str, tuple[str, ...] | None] = {
    "tickets": ("number", "kind", "priority", "state"),
    # The first repeats what the ticket tells; the others only count.
    "ticket_history": None,
    "ticket_numbers": None,
    "agents": None,
}
