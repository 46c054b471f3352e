"""What campaigns knows of people."""

from chassis.privacy import Erasure, Kind, PersonalData, PersonalField

PERSONAL = PersonalData(
    (
        PersonalField("customers.name", Kind.NAME, "customer", Erasure.REPLACE),
        PersonalField("customers.addressees", Kind.EMAIL, "customer", Erasure.REPLACE, sealed=True),
        PersonalField("recipients.name", Kind.NAME, "recipient", Erasure.REPLACE),
        PersonalField("recipients.email", Kind.EMAIL, "recipient", Erasure.REPLACE, sealed=True),
        PersonalField("recipients.address", Kind.EMAIL, "recipient", Erasure.REPLACE, sealed=True),
        PersonalField("unsubscriptions.address", Kind.EMAIL, "unsubscriber", sealed=True),
        PersonalField(
            "unsubscriptions.address_hash",
            Kind.EMAIL,
            "unsubscriber",
            Erasure.KEEP,
            why="Without it the person would be written to again after the erasure; it does not tell the address.",
        ),
        PersonalField("unsubscriptions.note", Kind.FREE_TEXT, "unsubscriber"),
        PersonalField("unsubscriptions.lift_note", Kind.FREE_TEXT, "unsubscriber"),
        PersonalField("campaigns.sender_name", Kind.NAME, "user", Erasure.REPLACE),
    )
)
