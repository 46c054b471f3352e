"""What the audit trail tells of customers: the texts without personal data, and what is not told."""

AUDITED: dict[str, tuple[str, ...] | None] = {
    "customers": ("kind", "sector", "country", "industry", "size", "source", "grade", "lifecycle_stage"),
    "customer_tasks": ("kind", "subject", "state"),
    "channel_reports": ("kind", "source", "state"),
    "needs": ("kind", "source"),
    "external_ids": ("source_system",),
    "relations": ("kind", "role"),
    "standings": ("field", "before", "after"),
    "terms": ("dictionary", "code", "name", "name_zh", "parent_code"),
    "tags": ("name", "colour", "replaced_by"),
    "tag_groups": ("name",),
    "tag_rules": (),
    "quality_standards": ("kind", "lifecycle_stage", "criteria", "tasks"),
    "ownerships": ("how", "why"),
    "pools": ("name", "time_zone", "hidden_fields"),
    "release_reasons": ("name",),
    "privacy_states": ("kept_for",),
    "retention_policy": ("rules",),
    "retention_classes": None,
    "change_sets": ("kind", "state"),
    "import_rows": None,
}
