"""What the audit trail tells of accounts, teams and roles: the texts without personal data, and what is not told."""

AUDITED: dict[str, tuple[str, ...] | None] = {
    "users": ("language",),
    "teams": ("name",),
    "auth_policy": ("second_factor", "second_factor_roles"),
    "roles": ("name", "permissions", "field_rules"),
    "access_review_lines": ("kind", "decision"),
    "identity_providers": ("name", "issuer", "client_id"),
    "signing_keys": ("kid", "state"),
    "api_keys": ("prefix",),
    # They come and go with each quarter of an hour of work; the session that they belong to is told.
    "refresh_tokens": None,
    "imported_rows": None,
    "failed_logins": None,
    # The log-in and the letter that make them are told.
    "known_devices": None,
    "account_links": None,
    # So is what they finish.
    "login_tickets": None,
    "passkey_ceremonies": None,
    "recovery_codes": None,
    "login_attempts": None,
}
