"""What tickets knows of people."""

from chassis.privacy import Erasure, Kind, Link, PersonalData, PersonalField

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
)
