"""What campaigns knows of people."""

from chassis.privacy import Erasure, Kind, Link, PersonalData, PersonalField, Retained
from services.campaigns.forgetting import forget_person
from services.campaigns.sealing import PLACE

PERSONAL = PersonalData(
    (
        PersonalField("customers.name", Kind.NAME, "customer", Erasure.REPLACE),
        PersonalField("customers.city", Kind.ADDRESS, "customer"),
        PersonalField("customers.tags", Kind.FREE_TEXT, "customer", Erasure.REPLACE),
        PersonalField(
            *("customers.addressees", Kind.EMAIL, "customer", Erasure.REPLACE), sealed=True, place=PLACE, member="email"
        ),
        PersonalField("recipients.name", Kind.NAME, "recipient", Erasure.REPLACE),
        PersonalField(
            *("recipients.email", Kind.EMAIL, "recipient", Erasure.REPLACE),
            sealed=True,
            place=PLACE,
            bound_to="customer_id",
        ),
        PersonalField("recipients.address", Kind.EMAIL, "recipient", Erasure.REPLACE),
        PersonalField("recipients.reason", Kind.FREE_TEXT, "recipient"),
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
    ),
    (
        Link("customers.id", "customer"),
        Link("recipients.customer_id", "customer"),
        Link("recipients.contact_id", "contact"),
        Link("recipients.address", "address"),
        Link("unsubscriptions.customer_id", "customer"),
        Link("unsubscriptions.address_hash", "address"),
    ),
    forget_person,
    (
        Retained(
            name="recipients",
            said="Names and addresses of those to whom a campaign was sent, or not; the counts of its report stay.",
            table="recipients",
            since="created_at",
            only=lambda table: table.c.state.not_in(("pending", "sending", "uncertain")),
        ),
    ),
)
