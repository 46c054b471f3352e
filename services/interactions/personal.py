"""What interactions knows of people."""

from chassis.privacy import Erasure, Kind, Link, PersonalData, PersonalField

PERSONAL = PersonalData(
    (
        PersonalField("customers.name", Kind.NAME, "customer", Erasure.REPLACE),
        PersonalField("interactions.subject", Kind.FREE_TEXT, "customer", Erasure.REPLACE),
        PersonalField("interactions.text", Kind.FREE_TEXT, "customer"),
        PersonalField("interactions.participants", Kind.NAME, "customer", Erasure.REPLACE),
        PersonalField("interactions.outcome", Kind.FREE_TEXT, "customer"),
        PersonalField("follow_ups.note", Kind.FREE_TEXT, "customer"),
        PersonalField("reminders.note", Kind.FREE_TEXT, "customer"),
    ),
    (
        Link("customers.id", "customer"),
        Link("interactions.customer_id", "customer"),
        Link("follow_ups.customer_id", "customer"),
        Link("reminders.customer_id", "customer"),
    ),
)
