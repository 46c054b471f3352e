"""What differs between twins: everything, of each service, that somebody of a role may not see."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.ids import new_id
from services.auth.built_in_roles import BUILT_IN_RULES
from services.auth.models import Grant, LoginSession, Role, Team, User
from services.auth.roles import role_id
from services.campaigns.models import Campaign, Recipient, Unsubscription
from services.campaigns.models import Customer as CampaignsCustomer
from services.interactions.models import Customer as InteractionsCustomer
from services.interactions.models import FollowUp, Interaction
from services.tickets.models import Comment, HistoryEntry, Ticket
from services.tickets.models import Customer as TicketsCustomer
from tests.policy.rules import by_reach, covers, has, mine_or, sight
from tests.policy.world import World

OTHERS = {"own": "team", "shared": "stranger", "lent": "stranger"}
"""What is somebody else's own is a colleague's, what is shared with somebody else a stranger's."""

WORDS = ("Aardvark", "zoe", "Prices", "own", "News", "hidden", "p@example.com", "zoe@example.com", "open", "call")


def related(world: Any, role: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each record with its relation to somebody of the role."""
    for (of, relation), record in world.records.items():
        yield relation if of == role else OTHERS.get(relation, relation), record


def is_hidden(role: str, resource: str, name: str, *, own: bool = False) -> bool:
    """Whether the built-in rules hide or mask the field."""
    rule = BUILT_IN_RULES.get(role, {}).get(resource, {}).get(name, "full")
    return (rule if isinstance(rule, str) else rule["own" if own else "others"]) in ("hidden", "masked")


def tickets(session: Session, role: str, world: World) -> None:
    """Tickets out of reach; of those whose customer is in sight, what is no part of the customer's service record."""
    for relation, record in related(world, role):
        in_sight = sight(role, relation)
        if not in_sight:
            session.get_one(TicketsCustomer, record["customer"]).name = "Aardvark"
        if "ticket" not in record:
            continue
        ticket = session.get_one(Ticket, UUID(record["ticket"]))
        if not covers("tickets:read")(role, relation):
            _other_ticket(session, ticket)
            if not in_sight:
                ticket.subject, ticket.channel, ticket.kind, ticket.priority = (
                    "Aardvark",
                    "hidden",
                    "complaint",
                    "urgent",
                )
        elif is_hidden(role, "tickets", "accused_id"):
            ticket.accused_id = new_id()


def _other_ticket(session: Session, ticket: Ticket) -> None:
    ticket.description, ticket.reopened, ticket.accused_id = "hidden", 3, new_id()
    ticket.version += 3
    session.add(Comment(ticket_id=ticket.id, author_id=new_id(), text="hidden", public=True))
    entry = HistoryEntry(ticket_id=ticket.id, at=ticket.created_at, by=new_id(), what="priority", note="hidden")
    entry.before, entry.after = "low", "high"
    session.add(entry)


def interactions(session: Session, role: str, world: World) -> None:
    """Interactions with customers out of sight, follow-ups of others there, and what partners do not see."""
    for relation, record in related(world, role):
        interaction = session.get_one(Interaction, UUID(record["interaction"]))
        follow_up = session.get_one(FollowUp, record["follow_up"])
        if not sight(role, relation):
            session.get_one(InteractionsCustomer, record["customer"]).name = "Aardvark"
            interaction.subject, interaction.text, interaction.kind = "Aardvark", "hidden", "note"
            interaction.outcome, interaction.participants = "hidden", ["zoe"]
            interaction.version += 3
        elif is_hidden(role, "interactions", "participants"):
            interaction.participants = ["zoe"]
        if not mine_or(sight)(role, relation):
            follow_up.note, follow_up.state, follow_up.planned_by = "hidden", "done", new_id()
            follow_up.version += 3


def campaigns(session: Session, role: str, world: World) -> None:
    """Campaigns and unsubscriptions out of reach, customers out of sight, and addresses that are masked."""
    may_read = by_reach("campaigns:read")
    for relation, record in related(world, role):
        in_sight = by_reach("customers:read")(role, relation)
        recipient = session.get_one(Recipient, record["recipient"])
        if not in_sight:
            _other_customer(session.get_one(CampaignsCustomer, record["customer"]))
            recipient.name = "Zoe"
        if not in_sight or is_hidden(role, "customers", "email", own=relation == "own"):
            recipient.email = "paula@example.com"
        if not may_read(role, relation):
            _other_campaign(session.get_one(Campaign, UUID(record["campaign"])), shown=in_sight)
            unsubscription = session.get_one(Unsubscription, UUID(record["unsubscription"]))
            unsubscription.note, unsubscription.source = "hidden", "link"


def _other_customer(customer: CampaignsCustomer) -> None:
    customer.name, customer.sector, customer.country, customer.tags = "Aardvark", "finance", "Kenya", ["hidden"]
    customer.kind, customer.employees, customer.addressees = "person", 77, []


def _other_campaign(campaign: Campaign, *, shown: bool) -> None:
    """``shown``: by its name, to who sees a customer that it was sent to."""
    campaign.template = campaign.template | {"subject": "hidden"}
    campaign.throttle_per_minute, campaign.trouble = 7, "hidden"
    campaign.version += 3
    if not shown:
        campaign.name, campaign.state = "Aardvark", "paused"


def auth(session: Session, role: str, world: World) -> None:
    """Accounts and teams out of reach, but for their names, which the directory tells everybody; roles likewise."""
    people = {one.id: "team" for one in world.of_role.values()} | {one.id: name for name, one in world.people.items()}
    people[world.of_role[role].id] = "own"
    for user in session.scalars(select(User).order_by(User.id)):
        relation = people.get(user.id, "stranger")
        if relation != "own" and not by_reach("users:read")(role, relation):
            _other_user(session, user)
    teams = {world.teams.east: "team", world.teams.below: "below", world.teams.west: "stranger"}
    for team in session.scalars(select(Team).order_by(Team.id)):
        if not by_reach("teams:read")(role, teams[team.id]):
            team.version += 3
    for one in session.scalars(select(Role).order_by(Role.id)):
        if not has(role, "roles:read"):
            one.name, one.permissions = f"Aardvark {one.name}", {"customers:read": "own"}
            one.version += 3


def _other_user(session: Session, user: User) -> None:
    user.email = user.email_key = f"zoe.{user.email}"
    user.language, user.password_hash = "en", "other"
    user.version += 3
    session.add(Grant(user_id=user.id, role_id=role_id("analyst")))
    session.add(LoginSession.begin(user.id, "192.0.2.9", timedelta(days=1)))
