"""What is known of the pools that customers wait in, of how they are taken, and of when they go back."""

from chassis.identity.policy import NOBODY, Resource

POOLS = Resource(
    "pools",
    fixed=(
        *("id", "version", "name", "priority", "enabled", "is_default", "time_zone", "everybody", "teams", "roles"),
        *("people", "administrators", "hidden_fields", "limits", "not_counted", "cool_down_hours", "fresh_hours"),
        *("reason_required", "created_at", "updated_at"),
    ),
    owner=NOBODY,
)
"""Where customers without an owner wait, for whom, and under which rules they are taken."""

RELEASE_REASONS = Resource(
    "release_reasons",
    fixed=("id", "version", "name", "enabled", "created_at", "updated_at"),
    owner=NOBODY,
    permissions="pools",
)
"""Why customers are put back."""
