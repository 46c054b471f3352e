"""What tickets knows of people."""

from chassis.privacy import Erasure, Kind, Link, PersonalData, PersonalField, Retained

PERSONAL = PersonalData(
    (
        PersonalField("customers.name", Kind.NAME, "customer", Erasure.REPLACE),
        PersonalField("tickets.subject", Kind.FREE_TEXT, "customer", Erasure.REPLACE),
        PersonalField("tickets.description", Kind.FREE_TEXT, "customer"),
        PersonalField("tickets.resolution", Kind.FREE_TEXT, "customer"),
        PersonalField("ticket_history.note", Kind.FREE_TEXT, "customer"),
        PersonalField("comments.text", Kind.FREE_TEXT, "customer", Erasure.REPLACE),
    ),
    (
        Link("customers.id", "customer"),
        Link("tickets.customer_id", "customer"),
        Link("ticket_history.ticket_id", "tickets"),
        Link("comments.ticket_id", "tickets"),
    ),
    retained=(
        Retained(
            name="tickets",
            said="The words of tickets that are closed or cancelled, from then on: subject, description, resolution, "
            "comments, notes. The ticket stays, with its number, states and times.",
            table="tickets",
            since="closed_at",
        ),
    ),
)
