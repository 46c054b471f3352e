"""What auth knows of people."""

from chassis.privacy import Erasure, Kind, PersonalData, PersonalField

PERSONAL = PersonalData(
    (
        PersonalField("users.name", Kind.NAME, "user", Erasure.REPLACE),
        PersonalField("users.name_key", Kind.NAME, "user", Erasure.REPLACE),
        PersonalField("users.email", Kind.EMAIL, "user", Erasure.REPLACE),
        PersonalField("users.email_key", Kind.EMAIL, "user", Erasure.REPLACE),
        PersonalField("users.password_hash", Kind.SECRET, "user", Erasure.REPLACE),
        PersonalField("login_sessions.remote_addr", Kind.ADDRESS, "user"),
        PersonalField("totp_devices.secret", Kind.SECRET, "user", Erasure.WITH_ROW, sealed=True),
        PersonalField("recovery_codes.code_hash", Kind.SECRET, "user", Erasure.WITH_ROW),
        PersonalField("linked_identities.subject", Kind.ID_NUMBER, "user", Erasure.WITH_ROW),
        PersonalField(
            "identity_providers.client_secret",
            Kind.SECRET,
            "provider",
            Erasure.KEEP,
            sealed=True,
            why="It is ours with the provider, and tells of nobody.",
        ),
        PersonalField("passkeys.name", Kind.FREE_TEXT, "user", Erasure.WITH_ROW),
        PersonalField("passkeys.credential_id", Kind.SECRET, "user", Erasure.WITH_ROW),
    )
)
