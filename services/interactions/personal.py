"""What interactions knows of people."""

from chassis.privacy import Erasure, Kind, Link, PersonalData, PersonalField, Retained

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
    retained=(
        Retained(
            name="interactions",
            said="The words of interactions: subject, text, participants, outcome; that there was one, when and with "
            "whom of us stays.",
            table="interactions",
            since="happened_at",
        ),
        Retained(
            name="follow_ups",
            said="The notes of follow-ups that are done or cancelled, from then on.",
            table="follow_ups",
            since="closed_at",
        ),
        Retained(
            name="reminders",
            said="The notes of reminders, from the moment that they came.",
            table="reminders",
            since="reminded_at",
        ),
    ),
)
