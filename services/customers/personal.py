"""What customers knows of people."""

from chassis.privacy import Erasure, Kind, Link, PersonalData, PersonalField, Retained
from services.customers.privacy.forgetting import forget_person
from services.customers.privacy.retention.letting_go import CUSTOMERS, POOL

PERSONAL = PersonalData(
    (
        PersonalField("customers.name", Kind.NAME, "customer", Erasure.REPLACE),
        PersonalField("customers.name_key", Kind.NAME, "customer", Erasure.REPLACE),
        PersonalField("customers.name_grams", Kind.NAME, "customer", Erasure.REPLACE),
        PersonalField("customers.email", Kind.EMAIL, "customer", sealed=True),
        PersonalField("customers.phone", Kind.PHONE, "customer", sealed=True),
        PersonalField("customers.address", Kind.ADDRESS, "customer", sealed=True),
        PersonalField("customers.marks", Kind.PHONE, "customer", Erasure.REPLACE),
        PersonalField("customers.registration_number", Kind.ID_NUMBER, "customer"),
        PersonalField("customers.custom", Kind.FREE_TEXT, "customer"),
        PersonalField("customers.custom_private", Kind.FREE_TEXT, "customer", sealed=True),
        PersonalField("customers.city", Kind.ADDRESS, "customer"),
        PersonalField("customers.tags", Kind.FREE_TEXT, "customer", Erasure.REPLACE),
        PersonalField("customers.website", Kind.FREE_TEXT, "customer"),
        PersonalField("customers.description", Kind.FREE_TEXT, "customer"),
        PersonalField("contacts.name", Kind.NAME, "contact", Erasure.WITH_ROW),
        PersonalField("contacts.title", Kind.FREE_TEXT, "contact", Erasure.WITH_ROW),
        PersonalField("contacts.email", Kind.EMAIL, "contact", Erasure.WITH_ROW, sealed=True),
        PersonalField("contacts.phone", Kind.PHONE, "contact", Erasure.WITH_ROW, sealed=True),
        PersonalField("ownerships.reason", Kind.FREE_TEXT, "customer"),
        PersonalField("standings.reason", Kind.FREE_TEXT, "customer"),
        PersonalField("consents.evidence", Kind.FREE_TEXT, "customer"),
        PersonalField("consents.evidence_file", Kind.FREE_TEXT, "customer"),
        PersonalField("privacy_states.reason", Kind.FREE_TEXT, "customer"),
        PersonalField("customer_keys.mark", Kind.PHONE, "customer", Erasure.WITH_ROW),
        PersonalField("duplicate_blocks.block", Kind.FREE_TEXT, "customer", Erasure.WITH_ROW),
        PersonalField("import_rows.name_key", Kind.NAME, "customer", Erasure.WITH_ROW),
        PersonalField("import_rows.known_by", Kind.PHONE, "customer", Erasure.WITH_ROW),
        PersonalField("import_rows.before", Kind.FREE_TEXT, "customer", Erasure.WITH_ROW),
        PersonalField("import_rows.parent_key", Kind.NAME, "customer", Erasure.WITH_ROW),
    ),
    (
        Link("customers.id", "customer"),
        Link("contacts.id", "contact"),
        Link("contacts.customer_id", "customer"),
        Link("ownerships.customer_id", "customer"),
        Link("standings.customer_id", "customer"),
        Link("consents.customer_id", "customer"),
        Link("consents.contact_id", "contact"),
        Link("customer_keys.customer_id", "customer"),
        Link("duplicate_blocks.customer_id", "customer"),
        Link("import_rows.customer_id", "customer"),
        Link("privacy_states.id", "customer"),
    ),
    forget_person,
    (
        CUSTOMERS,
        POOL,
        Retained(
            name="ownerships",
            said="The reasons why customers came to other owners; that they did, when and from whom to whom stays.",
            table="ownerships",
            since="at",
        ),
    ),
)
